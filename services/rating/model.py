"""An invitation to rate as pure functions: one per act, one per event.

An act checks and returns the event; `EVOLVE` turns events into state; `visible` says whose invitations an actor may see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.acts import PERSON, Actor, Evolve, Moment, acting_id
from chassis.errors import require
from standards.workdays import SHANGHAI
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

UNRATED = pb.GRADE_UNSPECIFIED
# What a contribution to the totals counts as: asked, or asked and rated so.
INVITED = "invited"
KINDS: Mapping[int, str] = {
    pb.GRADE_VERY_SATISFIED: "very_satisfied",
    pb.GRADE_SATISFIED: "satisfied",
    pb.GRADE_FAIRLY_SATISFIED: "fairly_satisfied",
    pb.GRADE_DISSATISFIED: "dissatisfied",
    pb.GRADE_VERY_DISSATISFIED: "very_dissatisfied",
}
SCOPES: Mapping[int, str] = {
    pb.TOTAL_SCOPE_ITEM: "item",
    pb.TOTAL_SCOPE_DEPARTMENT: "department",
    pb.TOTAL_SCOPE_COUNTY: "county",
}
_COUNTY_DIGITS = 6
_FIRST_DAY, _LAST_DAY = "0000-00-00", "9999-99-99"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The present state of an invitation, and of the rating once it is given. The comment is sealed."""

    id: str
    case_id: str
    case_number: str
    applicant_id: str
    item_id: str
    item_name: str
    department: str
    department_name: str
    region: str
    day: str
    opened_at: datetime
    grade: int = UNRATED
    sealed_comment: str = ""
    rated_at: datetime | None = None
    # Who rated for an organisation, sealed.
    # Who rated for the organisation, and his name sealed under his own key.
    agent_id: str = ""
    sealed_agent_name: str = ""


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read: applicants see their own invitations, handlers of an organisation those of the organisation,
    nobody else sees any; a delegate is no judge of the service."""
    return {"state.applicant_id": actor.id if _is_applicant(actor) else ""}


def sees(actor: Actor, invitation: Invitation) -> bool:
    """The same as `visible`, as a predicate."""
    return _is_applicant(actor) and invitation.applicant_id == actor.id


def _is_applicant(actor: Actor) -> bool:
    return actor.realm == PERSON and (actor.acting is None or actor.acting.channel == "handler")


def open_invitation(id: str, closed: CaseClosed, now: datetime) -> events.InvitationOpened:
    """The applicant of a closed case is asked; counted on the day in China on which he is."""
    return events.InvitationOpened(
        invitation_id=id,
        case_id=closed.case_id,
        case_number=closed.number,
        applicant_id=closed.applicant_id,
        item_id=closed.item_id,
        item_name=closed.item_name,
        department=closed.department,
        department_name=closed.department_name,
        region=closed.region,
        day=now.astimezone(SHANGHAI).date().isoformat(),
    )


def require_unrated(invitation: Invitation) -> None:
    """FAILED_PRECONDITION RATED_ALREADY once a rating was given."""
    require(invitation.grade == UNRATED, "RATED_ALREADY", "您已评价过该办件，每个办件只能评价一次")


def rate(invitation: Invitation, grade: int, sealed_comment: str, sealed_agent_name: str = "") -> events.CaseRated:
    """The rating, given once and never changed."""
    require_unrated(invitation)
    return events.CaseRated(
        invitation_id=invitation.id,
        case_id=invitation.case_id,
        grade=grade,  # type: ignore[arg-type]
        sealed_comment=sealed_comment,
        item_id=invitation.item_id,
        department=invitation.department,
        region=invitation.region,
        day=invitation.day,
        sealed_agent_name=sealed_agent_name,
    )


def buckets(event: events.InvitationOpened | events.CaseRated) -> list[str]:
    """The totals a case counts in: its item, its department and its county, each by day."""
    ids = {"item": event.item_id, "department": event.department, "county": event.region[:_COUNTY_DIGITS]}
    return [f"{scope}:{id}:{event.day}" for scope, id in ids.items()]


def span(scope: int, id: str, from_day: str, to_day: str) -> tuple[str, str]:
    """The first and the last bucket of a total; days are both included, empty = all."""
    before = f"{SCOPES[scope]}:{id}:"
    return before + (from_day or _FIRST_DAY), before + (to_day or _LAST_DAY)


def totals(scope: int, id: str, counts: Mapping[str, int]) -> pb.Totals:
    """Counts by kind as totals: who rated was asked, too."""
    grades = {kind: counts.get(kind, 0) for kind in KINDS.values()}
    rated = sum(grades.values())
    invited = counts.get(INVITED, 0) + rated
    return pb.Totals(scope=scope, id=id, invited=invited, rated=rated, **grades)  # type: ignore[arg-type]


def _opened(_invitation: None, event: events.InvitationOpened, moment: Moment) -> Invitation:
    return Invitation(
        id=event.invitation_id,
        case_id=event.case_id,
        case_number=event.case_number,
        applicant_id=event.applicant_id,
        item_id=event.item_id,
        item_name=event.item_name,
        department=event.department,
        department_name=event.department_name,
        region=event.region,
        day=event.day,
        opened_at=moment.at,
    )


def _rated(invitation: Invitation, event: events.CaseRated, moment: Moment) -> Invitation:
    return replace(
        invitation,
        grade=event.grade,
        sealed_comment=event.sealed_comment,
        rated_at=moment.at,
        agent_id=acting_id(moment.by),
        sealed_agent_name=event.sealed_agent_name,
    )


EVOLVE: Evolve = {
    events.InvitationOpened: _opened,
    events.CaseRated: _rated,
}
