"""An agency as its reader may see it: the agency itself all it stated; officers of its region the same with persons masked; everybody
name, USCC, qualifications, services, promise, credit and standing, and nothing of a person (个人信息保护法 art. 6, 25)."""

from datetime import datetime
from typing import NamedTuple

from chassis.acts import Actor
from chassis.parts import Parts
from chassis.records import Record
from services.intermediary import agencies as stating
from services.intermediary import files
from services.intermediary import model_agencies as agencies
from services.intermediary import model_agencies_moves as moves
from services.intermediary import model_qualifications as kinds
from services.intermediary.model_agencies import Agency, Objection, Qualification
from services.intermediary.model_credits import Mark, since
from standards import personal_data
from standards.identifiers import id_number_mask, id_number_valid, name_mask, phone_mask
from standards.instants import text
from standards.workdays import local_day
from yiwang.intermediary.v1 import agencies_pb2 as pb


class Credit(NamedTuple):
    """An agency's score, and the county's line."""

    score: int
    line: int


def full(record: Record[Agency], actor: Actor, parts: Parts, credit: Credit, now: datetime) -> pb.Agency:
    """The agency, for its reader."""
    agency, keyring = record.state, parts.keyring
    view = brief(record, actor, parts, credit, now)
    own, desk = agencies.belongs(actor, agency), agencies.at_desk(actor, agency)
    profile = stating.open_profile(keyring, agency.organization_id, agency.sealed)
    if profile:
        view.promise = personal_data.masked(profile.promise)
    if not (own or desk):
        return view
    if profile:
        view.profile.CopyFrom(profile if own else masked(profile))
        view.promise = profile.promise
    sealed = agency.sealed_reason or agency.sealed_held
    view.reason = keyring.open_text(agency.organization_id, sealed)
    view.objections.extend(objection(one, agency, parts, desk) for one in agency.objections)
    return view


def brief(record: Record[Agency], actor: Actor, parts: Parts, credit: Credit, now: datetime) -> pb.Agency:
    """The agency as it stands in a list."""
    agency = record.state
    within = agencies.belongs(actor, agency) or agencies.at_desk(actor, agency)
    shown = [one for one in agency.qualifications if within or one.status == agencies.APPROVED]
    view = pb.Agency(
        id=record.id,
        version=record.version,
        uscc=agency.uscc,
        name=agency.name,
        region=agency.region,
        standing=agency.standing,  # type: ignore[arg-type]
        suspended_for=agencies.suspended_for(agency),
        qualifications=[_qualification(one, at, agency, actor, parts, now) for at, one in enumerate(shown, 1)],
        services=agency.services,
        staff=_staff(agency, now),
        credit_score=credit.score,
        below_line=credit.score < credit.line,
        entered_at=text(agency.entered_at),
        notice_until=text(agency.notice_until),
        admitted_at=text(agency.admitted_at),
        left_at=text(agency.left_at),
        moves=moves.open_moves(agency, actor, now),
    )
    if entry := _blacklisting(agency, actor, parts):
        view.blacklisting.CopyFrom(entry)
    if agencies.at_desk(actor, agency):
        view.waits.extend(agency.waits)  # type: ignore[arg-type]
        if view.below_line:
            view.waits.append(pb.AGENCY_WAIT_BELOW_LINE)
    return view


def objection(one: Objection, agency: Agency, parts: Parts, told: bool) -> pb.AgencyObjection:
    """An objection; its text for officers and who objects (`told`)."""
    return pb.AgencyObjection(
        id=one.id,
        at=text(one.at),
        text=parts.keyring.open_text(one.person_id, one.sealed_text) if told else "",
        decision=one.decision,
        reason=parts.keyring.open_text(agency.organization_id, one.sealed_reason),
        decided_at=text(one.decided_at),
    )


def masked(profile: pb.AgencyProfile) -> pb.AgencyProfile:
    """A profile with names and numbers of persons as officers see them; organisations stay."""
    told = pb.AgencyProfile()
    told.CopyFrom(profile)
    told.legal_name, told.legal_number = name_mask(profile.legal_name), id_number_mask(profile.legal_number)
    told.contact_name, told.contact = name_mask(profile.contact_name), phone_mask(profile.contact)
    for owner in told.shareholders:
        if id_number_valid(owner.number.strip().upper()):
            owner.name, owner.number = name_mask(owner.name), id_number_mask(owner.number)
    for person in told.people:
        person.name, person.number = name_mask(person.name), id_number_mask(person.number)
    return told


def mark(mark: Mark, now: datetime) -> pb.CreditMark:
    """A mark as everybody may see it."""
    return pb.CreditMark(
        rule=mark.rule,
        points=mark.points,
        day=local_day(mark.at).isoformat(),
        procurement_number=mark.procurement_number,
        counts=mark.at >= since(now),
    )


def _qualification(
    one: Qualification, number: int, agency: Agency, actor: Actor, parts: Parts, now: datetime
) -> pb.Qualification:
    view = pb.Qualification(
        id=one.id,
        kind=one.kind,
        kind_name=kinds.name_of(one.kind),
        grade=one.grade,
        certificate_number=one.certificate_number,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        status=one.status,  # type: ignore[arg-type]
        valid=agencies.valid(one, now),
    )
    own = agencies.belongs(actor, agency)
    if own or agencies.at_desk(actor, agency):
        view.file.CopyFrom(files.shown(parts, one.file, number, own))
        view.reason = parts.keyring.open_text(agency.organization_id, one.sealed_reason)
    return view


def _staff(agency: Agency, now: datetime) -> list[pb.StaffCount]:
    """How many have which certificate: a number names nobody."""
    found: dict[str, set[str]] = {}
    for one in agency.staff:
        if agencies.within("", one.valid_to, now):
            found.setdefault(one.certificate_kind, set()).add(one.person_key)
    return [pb.StaffCount(certificate_kind=kind, count=len(found[kind])) for kind in sorted(found)]


def _blacklisting(agency: Agency, actor: Actor, parts: Parts) -> pb.Blacklisting | None:
    """Its present entry on the black list; to the agency and officers also one that is over."""
    within = agencies.belongs(actor, agency) or agencies.at_desk(actor, agency)
    entry = agency.blacklisting if within else agencies.listed(agency)
    if entry is None:
        return None
    keyring, organization = parts.keyring, agency.organization_id
    reason = keyring.open_text(organization, entry.sealed_reason)
    view = pb.Blacklisting(
        since=text(entry.since),
        until=text(entry.until),
        reason=reason if within else personal_data.masked(reason),
        appeal_until=text(entry.appeal_until),
        appeal=entry.appeal,
    )
    if within:
        view.appeal_text = keyring.open_text(organization, entry.sealed_appeal)
        view.appeal_reason = keyring.open_text(organization, entry.sealed_decision)
    return view
