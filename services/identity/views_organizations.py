"""Organisations as their reader may see them, and what a session is that acts for one."""

from datetime import date, datetime

from chassis.acts import PERSON, Actor, holder, now
from chassis.errors import not_found
from chassis.parts import Parts
from chassis.records import Record
from services.identity import model_organizations, model_sessions, people, store, store_organizations
from services.identity.model_organizations import ACTIVE, PENDING, REFUSED, Handler, Organization
from services.identity.model_sessions import Session
from standards import real_names
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import organizations_pb2 as organizations_pb
from yiwang.identity.v1 import service_pb2 as pb


def today() -> date:
    """The day in China: from and until are days there."""
    return now().astimezone(SHANGHAI).date()


def file(parts: Parts, id: str) -> tuple[Actor, pb.Me]:
    """What a session that acts for an organisation is; NOT_FOUND when it is none any more."""
    record = store_organizations.organizations(parts.database).get(id)
    if not record.state.representative_id:
        raise not_found()
    known = parts.keyring.open(id, record.state.sealed) or {}
    own = pb.ActingOrganization(id=id, uscc=record.state.uscc, name=known.get("name", ""))
    actor = Actor(id=id, realm=PERSON, level=real_names.STRONG, holder=holder(id, record.state.uscc))
    return actor, pb.Me(organization=own)


def require_acting(parts: Parts, session: Session) -> None:
    """UNAUTHENTICATED SESSION_ENDED unless who acts in the session may do so still: he is its representative or a handler within his
    days, and nobody stopped his own account."""
    person_id = session.actor.partition(":")[2]
    organization = store_organizations.organizations(parts.database).get(session.principal_id).state
    person = store.persons(parts.database).get(person_id).state
    if person.erased or person.suspended or not model_organizations.may_act(organization, person_id, today()):
        raise model_sessions.ended()


def reader(actor: Actor) -> str:
    """The person who reads: the caller, or who acts for the organisation."""
    return actor.acting.agent.partition(":")[2] if actor.acting else actor.id


def organization(parts: Parts, record: Record[Organization], actor: Actor) -> organizations_pb.Organization:
    """An organisation as this person sees it: who only claims it sees his claim."""
    one, person_id = record.state, reader(actor)
    claim = model_organizations.claim_of(one, person_id)
    shown = organizations_pb.Organization(
        id=record.id,
        version=record.version,
        uscc=one.uscc,
        mine=person_id == one.representative_id,
        claimed=claim is not None and claim.open,
    )
    own = model_organizations.handler_of(one, person_id)
    if shown.mine or own is not None:
        shown.status = ACTIVE
        shown.representative_name = people.masked_name(parts, one.representative_id)
        shown.handlers.extend(_handler(parts, each) for each in (one.handlers if shown.mine else [own]) if each)
    else:
        shown.status = PENDING if shown.claimed else REFUSED
    sealed = one.sealed if shown.status == ACTIVE else claim.sealed if claim else ""
    known = parts.keyring.open(record.id, sealed) or {}
    shown.name, shown.address = known.get("name", ""), known.get("address", "")
    return shown


def _handler(parts: Parts, own: Handler) -> organizations_pb.Handler:
    return organizations_pb.Handler(
        person_id=own.person_id,
        name=people.masked_name(parts, own.person_id),
        until=own.last,
        revoked_at=_instant(own.revoked_at),
        **{"from": own.first},
    )


def _instant(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""
