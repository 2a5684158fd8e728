"""Delegations as pure functions: one per act, one per event (委托代理, Civil Code art. 161-174)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from chassis.acts import PERSON, Actor, Evolve, Moment
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid, require
from services.identity.model_agents import AgentOrganization
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import delegations_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

REQUESTED, ACTIVE = pb.DELEGATION_STATUS_REQUESTED, pb.DELEGATION_STATUS_ACTIVE
DECLINED, REVOKED = pb.DELEGATION_STATUS_DECLINED, pb.DELEGATION_STATUS_REVOKED
EXPIRED = pb.DELEGATION_STATUS_EXPIRED
OPEN = (REQUESTED, ACTIVE)
# Every token of a session that acts under a delegation tells its items, and has to fit into a browser's cookie.
MOST_CODES = 500
ITEM_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
REQUESTS_A_DAY, LOOK_UPS_A_DAY = 50, 20


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegation; the holder is an agent organisation or a person. Names are in the files of the two, not here."""

    id: str
    person_id: str
    agent_organization_id: str
    holder_person_id: str
    item_codes: list[str]
    case_id: str
    until: datetime
    status: int
    created_at: datetime
    requested_at: datetime | None = None
    granted_at: datetime | None = None
    ended_at: datetime | None = None
    # agent:<id>, empty when the person gave it unasked.
    requested_by: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be delegated, and until when; checked."""

    item_codes: list[str]
    case_id: str
    until: datetime


def status_at(delegation: Delegation, now: datetime, void: bool = False) -> int:
    """The status at an instant. `void`: the holder's organisation is closed, or one of the two persons is forgotten."""
    if delegation.status not in OPEN:
        return delegation.status
    if delegation.until <= now:
        return EXPIRED
    return REVOKED if void else delegation.status


def side_of(delegation: Delegation, actor: Actor, organization: str) -> str:
    """`person` for who gave it, `holder` for who holds it (of an agent: his organisation), empty for everybody else."""
    if actor.realm == PERSON:
        sides = {delegation.person_id: "person", delegation.holder_person_id: "holder"}
        return sides.get(actor.id, "") if actor.id else ""
    return "holder" if organization and delegation.agent_organization_id == organization else ""


def void() -> Refused:
    """PERMISSION_DENIED DELEGATION_VOID, whatever made it so."""
    return Refused(PERMISSION_DENIED, "DELEGATION_VOID", "该委托未生效或已终止，不能代为办理")


# -- what is asked for -------------------------------------------------------------------------------------------------


def scope_of(wanted: pb.DelegationScope, until: str, organization: AgentOrganization | None, now: datetime) -> Scope:
    """The scope and the end as asked for; INVALID_ARGUMENT names every field at fault. None: the holder is a person."""
    end = _instant(until)
    found = [*_wrong_scope(wanted), *_not_listed(wanted, organization), *_wrong_end(end, now)]
    if found or end is None:
        raise invalid(*found)
    return Scope(sorted(wanted.item_codes), wanted.case_id.lower(), end)


def _wrong_scope(wanted: pb.DelegationScope) -> Iterator[Violation]:
    if not wanted.item_codes and not wanted.case_id:
        yield Violation("scope", "REQUIRED", "请选择委托的事项或办件")
    if wanted.item_codes and wanted.case_id:
        yield Violation("scope.case_id", "ONE_OF_TWO", "委托事项与委托办件只能选其一")
    if wanted.case_id and not _is_uuid(wanted.case_id):
        yield Violation("scope.case_id", "STRING_UUID", "不是有效的标识")
    for place, code in enumerate(wanted.item_codes):
        if not ITEM_CODE.fullmatch(code):
            yield Violation(f"scope.item_codes[{place}]", "ITEM_CODE", "事项编码格式不正确")
    if sum(len(code) for code in wanted.item_codes) > MOST_CODES:
        yield Violation("scope.item_codes", "SCOPE_TOO_LARGE", "一次委托的事项过多，请分次委托")


def _not_listed(wanted: pb.DelegationScope, organization: AgentOrganization | None) -> Iterator[Violation]:
    if organization is None or not organization.item_codes:
        return
    message = "不在该机构可代办的事项清单内"
    for place, code in enumerate(wanted.item_codes):
        if code not in organization.item_codes:
            yield Violation(f"scope.item_codes[{place}]", "ITEM_NOT_LISTED", message)
    if wanted.case_id:  # which item a case is of is not known here
        yield Violation("scope.case_id", "ITEM_NOT_LISTED", "该机构只办理清单内事项，请按事项委托")


def listed(item_codes: Sequence[str], organization: AgentOrganization) -> bool:
    """Whether an organisation may still help with these items; its list may have shrunk since they were delegated."""
    return not organization.item_codes or (bool(item_codes) and set(item_codes) <= set(organization.item_codes))


def _wrong_end(end: datetime | None, now: datetime) -> Iterator[Violation]:
    if end is None:
        yield Violation("until", "FORMAT", "截止时间格式不正确")
    elif end <= now:
        yield Violation("until", "PAST", "截止时间须晚于现在")
    elif end > _year_after(now):
        yield Violation("until", "TOO_FAR", "委托期限最长一年")


def _instant(text: str) -> datetime | None:
    """RFC 3339 with its zone, or a day, which ends at midnight in Shanghai; in UTC, to the second."""
    try:
        if len(text) == len("2026-01-01"):
            return _end_of(date.fromisoformat(text))
        instant = datetime.fromisoformat(text)
        # An instant without a zone, or one that leaves the calendar in ours, is none.
        return instant.astimezone(UTC).replace(microsecond=0) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI).astimezone(UTC)


def _year_after(now: datetime) -> datetime:
    """The end of the same day next year; 29 February has none, then it is the day after."""
    today = now.astimezone(SHANGHAI).date()
    leap = (today.month, today.day) == (2, 29)
    return _end_of(date(today.year + 1, 3, 1) if leap else today.replace(year=today.year + 1))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def holder_of(request: pb.GrantDelegationRequest) -> str:
    """`organization` or `person`, whichever is named; INVALID_ARGUMENT when it is not exactly one of the two."""
    named = bool(request.name.strip()), bool(request.id_number)
    if request.agent_organization_id and any(named):
        raise invalid(Violation("agent_organization_id", "ONE_OF_TWO", "受托机构与受托人只能填写其一"))
    if request.agent_organization_id:
        return "organization"
    if not any(named):
        raise invalid(Violation("agent_organization_id", "REQUIRED", "请选择受托机构或填写受托人"))
    missing = [field for field, given in zip(("name", "id_number"), named, strict=True) if not given]
    if missing:
        raise invalid(*(Violation(field, "REQUIRED", "请填写受托人姓名和身份证号码") for field in missing))
    return "person"


# -- acts --------------------------------------------------------------------------------------------------------------


def request(id: str, person: str, organization: str, scope: Scope, agent: str) -> events.DelegationRequested:
    """An agent asks for it; nothing holds until the person confirms."""
    return events.DelegationRequested(
        delegation_id=id,
        person_id=person,
        agent_organization_id=organization,
        item_codes=scope.item_codes,
        case_id=scope.case_id,
        until=scope.until.isoformat(),
        requested_by=agent,
    )


def grant(id: str, person: str, organization: str, holder: str, scope: Scope) -> events.DelegationGranted:
    """The person gives it unasked, to an organisation or to another person."""
    return events.DelegationGranted(
        delegation_id=id,
        person_id=person,
        agent_organization_id=organization,
        holder_person_id=holder,
        item_codes=scope.item_codes,
        case_id=scope.case_id,
        until=scope.until.isoformat(),
    )


def confirm(delegation: Delegation, organization: AgentOrganization | None, now: datetime) -> events.DelegationGranted:
    """The person says yes to what was requested; FAILED_PRECONDITION NOT_REQUESTED when nothing is asked any more."""
    _require_asked(delegation, now, organization is None or organization.closed)
    assert organization is not None
    require(listed(delegation.item_codes, organization), "ITEM_NOT_LISTED", "该机构已不再代办其中的事项")
    return events.DelegationGranted(
        delegation_id=delegation.id,
        person_id=delegation.person_id,
        agent_organization_id=delegation.agent_organization_id,
        item_codes=delegation.item_codes,
        case_id=delegation.case_id,
        until=delegation.until.isoformat(),
    )


def decline(delegation: Delegation, now: datetime) -> events.DelegationDeclined:
    """The person says no."""
    _require_asked(delegation, now, False)
    return events.DelegationDeclined(delegation_id=delegation.id, person_id=delegation.person_id)


def _require_asked(delegation: Delegation, now: datetime, void: bool) -> None:
    asked = status_at(delegation, now, void) == REQUESTED
    require(asked, "NOT_REQUESTED", "该委托申请已处理、已过期或已失效")


def revoke(delegation: Delegation, by: str, now: datetime) -> events.DelegationRevoked:
    """Either side ends it (Civil Code art. 173); FAILED_PRECONDITION DELEGATION_OVER when it is over already."""
    require(status_at(delegation, now) in OPEN, "DELEGATION_OVER", "该委托已终止")
    return _revoked_by(delegation, by)


def void_for_good(delegation: Delegation) -> events.DelegationRevoked | None:
    """One of its persons is forgotten; nothing when it is over already."""
    return _revoked_by(delegation, "system:identity") if delegation.status in OPEN else None


def _revoked_by(delegation: Delegation, by: str) -> events.DelegationRevoked:
    return events.DelegationRevoked(delegation_id=delegation.id, person_id=delegation.person_id, revoked_by=by)


# -- what each event changes -------------------------------------------------------------------------------------------


def _requested(_before: None, event: events.DelegationRequested, moment: Moment) -> Delegation:
    return Delegation(
        id=event.delegation_id,
        person_id=event.person_id,
        agent_organization_id=event.agent_organization_id,
        holder_person_id="",
        item_codes=list(event.item_codes),
        case_id=event.case_id,
        until=datetime.fromisoformat(event.until),
        status=REQUESTED,
        created_at=moment.at,
        requested_at=moment.at,
        requested_by=event.requested_by,
    )


def _granted(before: Delegation | None, event: events.DelegationGranted, moment: Moment) -> Delegation:
    if before:
        return replace(before, status=ACTIVE, granted_at=moment.at)
    return Delegation(
        id=event.delegation_id,
        person_id=event.person_id,
        agent_organization_id=event.agent_organization_id,
        holder_person_id=event.holder_person_id,
        item_codes=list(event.item_codes),
        case_id=event.case_id,
        until=datetime.fromisoformat(event.until),
        status=ACTIVE,
        created_at=moment.at,
        granted_at=moment.at,
    )


def _declined(delegation: Delegation, _event: events.DelegationDeclined, moment: Moment) -> Delegation:
    return replace(delegation, status=DECLINED, ended_at=moment.at)


def _revoked(delegation: Delegation, _event: events.DelegationRevoked, moment: Moment) -> Delegation:
    return replace(delegation, status=REVOKED, ended_at=moment.at)


EVOLVE: Evolve = {
    events.DelegationRequested: _requested,
    events.DelegationGranted: _granted,
    events.DelegationDeclined: _declined,
    events.DelegationRevoked: _revoked,
}
