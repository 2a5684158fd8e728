"""Who saw whose data, and why: looked up and unmasked only for a purpose, each in the record that the person himself reads."""

import uuid
from contextlib import suppress
from datetime import date
from typing import Any

import grpc
import pytest
from bson import encode

from chassis.acts import AGENT, Actor, Cause
from services.identity import accesses, api_privacy, store_privacy
from standards.identifiers import case_number
from tests.support import actors
from tests.support.calling import refused
from tests.support.identity_here import IdentityHere, Person
from tests.support.identity_service import act, fresh_number
from yiwang.identity.v1 import privacy_pb2 as pb

Status = grpc.StatusCode
NAME, NUMBER, PHONE = pb.PERSON_FIELD_NAME, pb.PERSON_FIELD_ID_NUMBER, pb.PERSON_FIELD_PHONE
PURPOSE = "核对取水许可申请人身份"


def record_of(person: Person, **page: Any) -> pb.ListAccessesResponse:
    return person.at("PrivacyService").ListAccesses(**page)


def test_a_look_up_is_masked_and_stands_in_the_persons_record(here: IdentityHere) -> None:
    person, officer = here.person(), here.officer("review")
    found = here.by(officer, service="PrivacyService").FindPerson(id_number=person.number.lower(), purpose=PURPOSE)
    assert (found.id, found.name_masked) == (person.id, "诸葛***")
    assert (found.id_number_masked[:6], found.phone_masked[:3]) == (person.number[:6], person.phone[:3])
    assert not any(value in str(found) for value in (person.name, person.number, person.phone))
    [entry] = record_of(person).accesses
    assert (entry.by, entry.by_name) == (officer.principal, "示范县水务局 窗口岗 慕容**")
    assert (entry.what, entry.purpose, entry.service, list(entry.fields)) == ("查询", PURPOSE, "identity", [])


def test_nobody_is_found_by_a_number_nobody_has(here: IdentityHere) -> None:
    with refused(Status.NOT_FOUND):
        here.by(here.officer("receive"), service="PrivacyService").FindPerson(
            id_number="110105194912310021", purpose=PURPOSE
        )


def test_unmasking_shows_the_fields_asked_for_and_says_so(here: IdentityHere) -> None:
    person, officer = here.person(), here.officer("supervise")
    number = case_number("990121", date(2026, 11, 22), b"abcd")
    shown = here.by(officer, service="PrivacyService").UnmaskPerson(
        person_id=person.id, fields=[PHONE, NUMBER], purpose=PURPOSE, case_number=number
    )
    assert (shown.id_number, shown.phone, shown.name) == (person.number, person.phone, "")
    [entry] = record_of(person).accesses
    assert (entry.what, list(entry.fields), entry.case_number) == ("查看明文", ["身份证号码", "手机号码"], number)


def test_the_same_request_again_is_one_line(here: IdentityHere) -> None:
    person, officer = here.person(), here.officer("decide")
    service = here.by(officer, service="PrivacyService")
    fields = {"person_id": person.id, "fields": [NAME], "purpose": PURPOSE}
    request = pb.UnmaskPersonRequest(request_id="unmask-once", **fields)
    assert service.UnmaskPerson(request) == service.UnmaskPerson(request)
    assert len(record_of(person).accesses) == 1
    other = pb.UnmaskPersonRequest(request_id="unmask-once", **fields | {"fields": [PHONE]})
    with refused(Status.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        service.UnmaskPerson(other)


def test_without_the_line_there_is_no_answer(here: IdentityHere, monkeypatch: pytest.MonkeyPatch) -> None:
    person, officer = here.person(), here.officer("decide")
    service = here.by(officer, service="PrivacyService")

    def fails(*_: object, **__: object) -> bool:
        raise RuntimeError("the store is full")

    with monkeypatch.context() as broken:
        broken.setattr(api_privacy.accesses, "note", fails)
        with refused(Status.INTERNAL):
            service.UnmaskPerson(person_id=person.id, fields=[NAME], purpose=PURPOSE)
    with monkeypatch.context() as erased:
        erased.setattr(api_privacy.accesses, "note", lambda *_, **__: False)
        with refused(Status.NOT_FOUND):
            service.UnmaskPerson(person_id=person.id, fields=[NAME], purpose=PURPOSE)


def test_a_purpose_must_say_something_and_a_case_number_be_one(here: IdentityHere) -> None:
    person = here.person()
    service = here.by(here.officer("receive"), service="PrivacyService")
    with refused(Status.INVALID_ARGUMENT) as refusal:
        service.UnmaskPerson(person_id=person.id, fields=[NAME], purpose="      ", case_number="990121261122AAAAAAA")
    assert refusal.fields == {"purpose": "REQUIRED", "case_number": "CHECK_DIGIT"}
    with refused(Status.INVALID_ARGUMENT):
        service.UnmaskPerson(person_id=person.id, fields=[], purpose=PURPOSE)
    with refused(Status.INVALID_ARGUMENT):
        service.FindPerson(id_number='{"$gt": ""}', purpose=PURPOSE)
    assert not record_of(person).accesses


def test_the_record_is_read_newest_first_page_by_page_and_by_its_own_person_only(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    service = here.by(here.officer("receive"), service="PrivacyService")
    for turn in range(5):
        service.FindPerson(id_number=person.number, purpose=f"第{turn}次查询核对")
    said, token = [], ""
    while page := record_of(person, page_size=2, page_token=token).accesses:
        said += [entry.purpose for entry in page]
        token = record_of(person, page_size=2, page_token=token).next_page_token
        if not token:
            break
    assert said == [f"第{turn}次查询核对" for turn in (4, 3, 2, 1, 0)]
    assert not record_of(other).accesses


def test_an_erased_persons_record_is_closed_and_nobody_writes_into_it(here: IdentityHere) -> None:
    person, officer = here.person(), here.officer("receive")
    service = here.by(officer, service="PrivacyService")
    service.FindPerson(id_number=person.number, purpose=PURPOSE)
    token = person.session.access_token
    person.at("IdentityService").ErasePerson()
    with pytest.raises(grpc.RpcError):
        here.by(None, token, "PrivacyService").ListAccesses()
    own = actors.person(person.id)
    with refused(Status.NOT_FOUND):
        here.by(own, service="PrivacyService").ListAccesses()
    with refused(Status.NOT_FOUND):
        service.UnmaskPerson(person_id=person.id, fields=[NAME], purpose=PURPOSE)
    with refused(Status.NOT_FOUND):
        service.FindPerson(id_number=person.number, purpose=PURPOSE)
    cause = Cause("event.1/identity.note_something", "system:identity")
    assert not accesses.note(here.parts, cause, person.id, officer.principal, accesses.ACTED, "某部门")
    assert len(store_privacy.accesses(here.parts.database).select({"state.person_id": person.id})) == 1


@pytest.mark.parametrize(
    ("method", "roles"),
    [
        ("FindPerson", ("supervise",)),
        ("FindPerson", ("administer", "catalog")),
        ("UnmaskPerson", ("administer", "catalog")),
    ],
)
def test_officers_without_the_role_see_nobody(here: IdentityHere, method: str, roles: tuple[str, ...]) -> None:
    person = here.person()
    fields = {"id_number": person.number} if method == "FindPerson" else {"person_id": person.id, "fields": [NAME]}
    agent = Actor(id=str(uuid.uuid4()), realm=AGENT, session=uuid.uuid4().hex)
    for actor in (here.officer(*roles), actors.person(), agent):
        with refused(Status.PERMISSION_DENIED):
            getattr(here.by(actor, service="PrivacyService"), method)(purpose=PURPOSE, **fields)
    with refused(Status.PERMISSION_DENIED):
        here.by(here.officer("receive"), service="PrivacyService").ListAccesses()
    assert not record_of(person).accesses


def test_names_and_purposes_are_sealed_in_the_store(here: IdentityHere) -> None:
    person = here.person()
    service = here.by(here.officer("receive"), service="PrivacyService")
    service.UnmaskPerson(person_id=person.id, fields=[NAME, NUMBER, PHONE], purpose=PURPOSE)
    stored = b"".join(encode(row) for row in here.parts.database["accesses"].find())
    for clear in (person.name, person.number, person.phone, PURPOSE, "慕容"):
        assert clear.encode() not in stored


def test_a_line_is_written_once_whatever_wrote_it(here: IdentityHere) -> None:
    person = here.person()
    cause = Cause(f"{uuid.uuid4()}.3/identity.note_delegation", "system:identity")
    for _ in range(3):
        assert accesses.note(here.parts, cause, person.id, "agent:x", accesses.DELEGATION, "城关社区 王*")
    with pytest.raises(ValueError, match="LOOKED"):
        accesses.note(here.parts, Cause(act(), "system:identity"), person.id, "agent:x", "LOOKED", "")
    [entry] = record_of(person).accesses
    assert (entry.what, entry.by_name) == ("委托授权", "城关社区 王*")


def test_an_officer_looks_for_so_many_a_day_and_misses_count_too(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_privacy, "LOOK_UPS_A_DAY", 3)
    person, officer = here.person(), here.by(here.officer("receive"), service="PrivacyService")
    for number in (person.number, fresh_number(), fresh_number()):
        with suppress(grpc.RpcError):
            officer.FindPerson(id_number=number, purpose=PURPOSE)
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        officer.FindPerson(id_number=person.number, purpose=PURPOSE)
    other = here.by(here.officer("receive"), service="PrivacyService")
    assert other.FindPerson(id_number=person.number, purpose=PURPOSE).id == person.id
