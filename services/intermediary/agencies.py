"""What an agency states, on its way into its record: checked, sealed under the organisation's key, and found by blind indexes."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict

from chassis import acts, uploads
from chassis.acts import Actor, now
from chassis.errors import Violation, invalid
from chassis.parts import Parts
from chassis.records import record_id
from chassis.sealed import Keyring
from services.intermediary import files, store_files
from services.intermediary import model_agencies_stated as stated
from standards.codes import region_valid
from standards.identifiers import id_number_valid, uscc_valid
from standards.workdays import local_day
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events


def person_key(keyring: Keyring, number: str) -> str:
    """The blind index of a person by his citizen number: how an interest is found without knowing anybody."""
    return keyring.blind("person", stated.plain(number))


def owner_key(keyring: Keyring, number: str) -> str:
    """The blind index of a shareholder: a person, or an organisation. A citizen number can be a right USCC by chance, never the other
    way round: it is asked first."""
    plain = stated.plain(number)
    return person_key(keyring, plain) if id_number_valid(plain) else keyring.blind("organization", plain)


def require_right(request: pb.EnterAgencyRequest, actor: Actor) -> None:
    """INVALID_ARGUMENT that names every field at fault; `uscc` NOT_OWN for another organisation's."""
    found: list[Violation] = []
    if not uscc_valid(request.uscc):
        found.append(Violation("uscc", "USCC", "统一社会信用代码不正确，请核对"))
    elif acts.holder(actor.id, request.uscc) != actor.holder:
        found.append(Violation("uscc", "NOT_OWN", "不是您所代表单位的统一社会信用代码"))
    if not request.name.strip():
        found.append(Violation("name", "BLANK", "不能为空"))
    if not region_valid(request.region):
        found.append(Violation("region", "REGION", "没有此行政区划"))
    today = local_day(now())
    found += stated.profile_faults(request.profile, today)
    for at, one in enumerate(request.qualifications):
        found += stated.qualification_faults(one, today, f"qualifications[{at}]")
    if len({one.file_id for one in request.qualifications}) < len(request.qualifications):
        found.append(Violation("qualifications", "TWICE", "每项资质须有各自的证明文件"))
    if found:
        raise invalid(*found)


def require_right_profile(profile: pb.AgencyProfile) -> None:
    """INVALID_ARGUMENT that names every field at fault."""
    if found := stated.profile_faults(profile, local_day(now())):
        raise invalid(*found)


def require_right_qualification(told: pb.NewQualification) -> None:
    """INVALID_ARGUMENT that names every field at fault."""
    if found := stated.qualification_faults(told, local_day(now()), "qualification"):
        raise invalid(*found)


def profile_of(keyring: Keyring, organization: str, profile: pb.AgencyProfile) -> events.AgencyStated:
    """The profile as its event carries it: nobody's name in it, and nobody's number."""
    people = [(one, person_key(keyring, one.number)) for one in profile.people]
    legal = person_key(keyring, profile.legal_number)
    shareholders = [owner_key(keyring, one.number) for one in profile.shareholders]
    return events.AgencyStated(
        sealed=keyring.seal(organization, MessageToDict(profile, preserving_proto_field_name=True)),
        legal_key=legal,
        shareholder_keys=shareholders,
        address_key=keyring.blind("address", stated.normal_address(profile.address)),
        person_keys=sorted({legal, *shareholders, *(key for _, key in people)}),
        staff=[
            events.StaffCertificate(
                person_key=key, certificate_kind=one.certificate_kind.strip(), valid_to=one.valid_to
            )
            for one, key in people
        ],
        services=[one.strip() for one in profile.services],
        avoids=[one.uscc for one in profile.avoidances],
    )


def open_profile(keyring: Keyring, organization: str, sealed: str) -> pb.AgencyProfile | None:
    """The profile again; None when its organisation was erased."""
    told: dict[str, Any] | None = keyring.open(organization, sealed)
    return ParseDict(told, pb.AgencyProfile(), ignore_unknown_fields=True) if told else None


def qualifications_of(
    parts: Parts, told: Sequence[pb.NewQualification], actor: Actor, agency: str, key: str, path: str
) -> list[events.StatedQualification]:
    """Qualifications as events carry them, each with its proof, which the agency's record takes. `key` is the cause of the act: the same
    act again names them the same. INVALID_ARGUMENT FILE_UNKNOWN at `file_id` of the one, below `path`."""
    all, users = store_files.files(parts.database), store_files.users(parts.database)
    found = []
    for at, one in enumerate(told):
        place = path.format(at)
        (stored,) = uploads.claim(all, users, [one.file_id], actor, actor.id, agency, f"{place}.file_id")
        found.append(
            events.StatedQualification(
                qualification_id=record_id(f"qualification/{key}/{at}"),
                kind=one.kind,
                grade=one.grade,
                certificate_number=one.certificate_number.strip(),
                valid_from=one.valid_from,
                valid_to=one.valid_to,
                file=files.kept(stored),
            )
        )
    return found
