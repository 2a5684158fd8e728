"""Organisations as pure functions: claimed, confirmed by the source, represented by one person, handled by others between two days.

Name and address are sealed under the organisation's own key; its code (USCC) is public by its nature.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import (
    FAILED_PRECONDITION,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    Refused,
    Violation,
    invalid,
    require,
)
from standards.identifiers import uscc_valid
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import organizations_pb2 as pb

PENDING, ACTIVE = pb.ORGANIZATION_STATUS_PENDING, pb.ORGANIZATION_STATUS_ACTIVE
REFUSED = pb.ORGANIZATION_STATUS_REFUSED
# Control, formatting and unassigned characters, and separators of lines: nobody sees them in a name.
HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
MOST_YEARS = 3
MOST_HANDLERS = 100
# A person may claim the same organisation so often in vain, and so many persons may claim one: the journal must have room
# for the acts of who truly represents it.
MOST_CLAIMS, MOST_CLAIMANTS = 3, 50
# Entries of the journal that claims and authorisations leave: every handler can be revoked still, every open claim settled.
ROOM = MOST_HANDLERS + MOST_CLAIMANTS
# Looks for a person by name and number, so that nobody finds out who is registered.
LOOK_UPS_A_DAY = 100


@dataclass(frozen=True, slots=True)
class Claim:
    """A person says that he is the legal representative; what he stated is sealed under the organisation's key."""

    person_id: str
    sealed: str
    times: int
    open: bool


@dataclass(frozen=True, slots=True)
class Handler:
    """A person who may act for it from one day to another, both included (YYYY-MM-DD in China)."""

    person_id: str
    first: str
    last: str
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """A legal person. `members` are all who may see it: itself (in a session that acts for it), and the persons of it."""

    id: str
    uscc: str
    sealed: str = ""
    representative_id: str = ""
    claims: list[Claim] = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    members: list[str] = field(default_factory=list)


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of organisations somebody may see: those he represents, claims or handles, or acts for."""
    return {"state.members": actor.id}


def sees(actor: Actor, one: Organization, today: date) -> bool:
    """The same on a day: a handler whose days are over sees nothing any more."""
    if actor.id in (one.id, one.representative_id) or claim_of(one, actor.id):
        return actor.id in one.members
    own = handler_of(one, actor.id)
    return own is not None and own.last >= today.isoformat()


def claim_of(one: Organization, person_id: str) -> Claim | None:
    """The person's claim, open or refused."""
    return next((claim for claim in one.claims if claim.person_id == person_id), None)


def handler_of(one: Organization, person_id: str) -> Handler | None:
    """The person's authorisation, unless it was revoked."""
    return next((own for own in one.handlers if own.person_id == person_id and own.revoked_at is None), None)


def may_act(one: Organization, person_id: str, today: date) -> bool:
    """Whether the person may act for it today: as its representative, or as a handler within his days."""
    if not one.representative_id:
        return False
    own = handler_of(one, person_id)
    return person_id == one.representative_id or (own is not None and own.first <= today.isoformat() <= own.last)


def acts_until(one: Organization, person_id: str) -> str:
    """RFC 3339: when a handler's last day ends in China; empty for the representative, whose time has no end."""
    own = handler_of(one, person_id)
    if own is None or person_id == one.representative_id:
        return ""
    end = date.fromisoformat(own.last) + timedelta(days=1)
    return datetime(end.year, end.month, end.day, tzinfo=SHANGHAI).isoformat()


def not_a_handler() -> Refused:
    """PERMISSION_DENIED NOT_A_HANDLER."""
    return Refused(PERMISSION_DENIED, "NOT_A_HANDLER", "您不是该单位的法定代表人或有效期内的经办人")


def check_registration(uscc: str, name: str, address: str) -> None:
    """INVALID_ARGUMENT for every field at fault; the code by its check character (GB 32100-2015)."""
    found = []
    if not uscc_valid(uscc):
        found.append(Violation("uscc", "USCC_CHECK_DIGIT", "统一社会信用代码不正确，请核对"))
    if len(name.strip()) < 2:
        found.append(Violation("name", "REQUIRED", "请填写单位名称"))
    for path, text in (("name", name), ("address", address)):
        if any(unicodedata.category(character) in HIDDEN for character in text):
            found.append(Violation(path, "NAME_UNCLEAR", "含有隐藏字符，请重新填写"))
    if found:
        raise invalid(*found)


def claim(one: Organization | None, id: str, uscc: str, sealed: str, person_id: str) -> events.OrganizationClaimed:
    """A person claims it; the source is to be asked. Its representative may too: so a new name or address comes in."""
    own = claim_of(one, person_id) if one else None
    require(own is None or not own.open, "CLAIM_OPEN", "您的申请正在核验，请稍候")
    others = len(one.claims) if one else 0
    if (own and own.times >= MOST_CLAIMS) or (own is None and others >= MOST_CLAIMANTS):
        raise Refused(RESOURCE_EXHAUSTED, "TOO_MANY_CLAIMS", "核验未通过次数过多，请持证照到窗口办理")
    return events.OrganizationClaimed(organization_id=id, uscc=uscc, sealed=sealed, person_id=person_id)


def waits(one: Organization, person_id: str, sealed: str) -> bool:
    """Whether the source is still to be asked about this claim."""
    own = claim_of(one, person_id)
    return own is not None and own.open and own.sealed == sealed


def settle(one: Organization, person_id: str, sealed: str, reason: str, reference: str) -> Message | None:
    """What the source said of a claim: confirmed, or refused for a reason of ours; nothing when it is settled already."""
    if not waits(one, person_id, sealed):
        return None
    if reason:
        return events.OrganizationRefused(organization_id=one.id, person_id=person_id, reason=reason)
    return events.OrganizationConfirmed(organization_id=one.id, representative_id=person_id, reference=reference)


def check_days(first: str, last: str, today: date) -> None:
    """INVALID_ARGUMENT for days that are none, in the wrong order, wholly past, or more than three years."""
    found = [Violation(path, "DATE", "日期不正确") for path, day in (("from", first), ("until", last)) if not _day(day)]
    if found:
        raise invalid(*found)
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    if end < start:
        raise invalid(Violation("until", "BEFORE_FROM", "截止日期不得早于起始日期"))
    if end < today:
        raise invalid(Violation("until", "PAST", "截止日期已过"))
    if (end.year - MOST_YEARS, end.month, end.day) > (start.year, start.month, start.day):
        raise invalid(Violation("until", "TOO_LONG", f"授权期限最长{MOST_YEARS}年"))


def _day(text: str) -> bool:
    try:
        # Of the last year no day has an end.
        return date.fromisoformat(text).year < date.max.year
    except ValueError:
        return False


def require_representative(one: Organization, person_id: str) -> None:
    """PERMISSION_DENIED NOT_REPRESENTATIVE for a handler or a claimant."""
    if one.representative_id != person_id:
        raise Refused(PERMISSION_DENIED, "NOT_REPRESENTATIVE", "仅法定代表人可以授权经办人")


def authorize(one: Organization, wanted: events.HandlerAuthorized, by: str, today: date) -> Sequence[Message]:
    """A handler between two days; in place of the days he had. Shorter ones than he had end what he has open."""
    require_representative(one, by)
    check_days(getattr(wanted, "from"), wanted.until, today)
    require(wanted.person_id != by, "HANDLER_IS_REPRESENTATIVE", "法定代表人无需授权本人")
    own = handler_of(one, wanted.person_id)
    in_force = [other for other in one.handlers if other.revoked_at is None and other.last >= today.isoformat()]
    if own not in in_force and len(in_force) >= MOST_HANDLERS:
        raise Refused(FAILED_PRECONDITION, "TOO_MANY_HANDLERS", f"有效的经办人最多{MOST_HANDLERS}名")
    shorter = own is not None and (
        getattr(wanted, "from") > max(own.first, today.isoformat()) or wanted.until < own.last
    )
    ended = [events.HandlerRevoked(organization_id=one.id, person_id=wanted.person_id)] if shorter else []
    return [*ended, wanted]


def revoke(one: Organization, person_id: str, by: str) -> events.HandlerRevoked | None:
    """The end of an authorisation, by the representative or by the handler himself; nothing when it ended already."""
    if by not in (one.representative_id, person_id):
        require_representative(one, by)
    if all(own.person_id != person_id for own in one.handlers):
        raise invalid(Violation("person_id", "NOT_A_HANDLER", "该人员不是经办人"))
    if handler_of(one, person_id) is None:
        return None
    return events.HandlerRevoked(organization_id=one.id, person_id=person_id)


def _with_members(one: Organization) -> Organization:
    """`members` by all the rest."""
    handlers = [own.person_id for own in one.handlers if own.revoked_at is None]
    persons = {one.representative_id, *(own.person_id for own in one.claims), *handlers} - {""}
    return replace(one, members=[one.id, *sorted(persons)])


def _claimed(one: Organization | None, event: events.OrganizationClaimed, _moment: Moment) -> Organization:
    before = one or Organization(event.organization_id, event.uscc)
    own = claim_of(before, event.person_id)
    mine = Claim(event.person_id, event.sealed, own.times + 1 if own else 1, open=True)
    return _with_members(replace(before, claims=[*_other_claims(before, event.person_id), mine]))


def _other_claims(one: Organization, person_id: str) -> list[Claim]:
    return [claim for claim in one.claims if claim.person_id != person_id]


def _confirmed(one: Organization, event: events.OrganizationConfirmed, _moment: Moment) -> Organization:
    own = claim_of(one, event.representative_id)
    claims = _other_claims(one, event.representative_id)
    sealed = own.sealed if own else one.sealed
    return _with_members(replace(one, representative_id=event.representative_id, sealed=sealed, claims=claims))


def _refused(one: Organization, event: events.OrganizationRefused, _moment: Moment) -> Organization:
    claims = [replace(own, open=False) if own.person_id == event.person_id else own for own in one.claims]
    return _with_members(replace(one, claims=claims))


def _authorized(one: Organization, event: events.HandlerAuthorized, _moment: Moment) -> Organization:
    others = [own for own in one.handlers if own.person_id != event.person_id]
    handler = Handler(event.person_id, getattr(event, "from"), event.until)
    return _with_members(replace(one, handlers=[*others, handler]))


def _revoked(one: Organization, event: events.HandlerRevoked, moment: Moment) -> Organization:
    handlers = [replace(own, revoked_at=moment.at) if own.person_id == event.person_id else own for own in one.handlers]
    return _with_members(replace(one, handlers=handlers))


EVOLVE: Evolve = {
    events.OrganizationClaimed: _claimed,
    events.OrganizationConfirmed: _confirmed,
    events.OrganizationRefused: _refused,
    events.HandlerAuthorized: _authorized,
    events.HandlerRevoked: _revoked,
}
