"""Events turn into the state of an appeal: one pure function each; when something is due by itself stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from services.policy import model_appeals as appeals
from services.policy.model_appeals import Appeal, Line, Rating
from services.policy.model_portal import COUNTY_DIGITS
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


def _submitted(_none: None, event: events.AppealSubmitted, moment: Moment) -> Appeal:
    return Appeal(
        id=event.appeal_id,
        number=event.number,
        organization_id=event.organization_id,
        uscc=event.uscc,
        enterprise_name=event.enterprise_name,
        kind=event.kind,
        status=appeals.RECEIVED,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        sealed=event.sealed,
        opened_at=moment.at,
        step_due=instant(event.due),
        lines=[Line(moment.at, appeals.ENTERPRISE, "AppealSubmitted")],
    )


def _routed(appeal: Appeal, event: events.AppealRouted, moment: Moment) -> Appeal:
    step = replace(
        _step(appeal, appeals.ROUTED, event.due), department=event.department, department_name=event.department_name
    )
    return _line(step, event, moment, appeals.ROUTER, event.sealed_note)


def _accepted(appeal: Appeal, event: events.AppealAccepted, moment: Moment) -> Appeal:
    return _line(_step(appeal, appeals.ACCEPTED, event.due), event, moment, appeals.DEPARTMENT)


def _returned(appeal: Appeal, event: events.AppealReturned, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.DEPARTMENT, event.sealed_reason)
    return replace(
        _step(said, appeals.RECEIVED, event.due), department="", department_name="", returns=appeal.returns + 1
    )


def _extended(appeal: Appeal, event: events.AppealExtended, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.DEPARTMENT, event.sealed_reason)
    return replace(said, step_due=instant(event.due), extended=True)


def _answered(appeal: Appeal, event: events.AppealAnswered, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.DEPARTMENT, event.sealed_text)
    step = _step(said, appeals.ANSWERED, event.rate_until)
    return replace(step, answered_at=moment.at, reopen_until=instant(event.reopen_until))


def _rated(appeal: Appeal, event: events.AppealRated, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.ENTERPRISE, event.sealed_reason)
    return _closed_with(said, Rating(event.score, moment.at, event.sealed_reason), moment)


def _closed(appeal: Appeal, event: events.AppealClosed, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.SYSTEM)
    return _closed_with(said, Rating(appeals.DEFAULT, moment.at), moment)


def _reopened(appeal: Appeal, event: events.AppealReopened, moment: Moment) -> Appeal:
    said = _line(appeal, event, moment, appeals.ENTERPRISE, event.sealed_reason)
    return replace(
        _step(said, appeals.RECEIVED, event.due),
        department="",
        department_name="",
        extended=False,
        returns=0,
        reopened=appeal.reopened + 1,
        answered_at=None,
        reopen_until=None,
        closed_at=None,
    )


def _overdue(appeal: Appeal, event: events.AppealOverdue, moment: Moment) -> Appeal:
    late = appeal.late if event.step in appeal.late else [*appeal.late, event.step]
    return replace(_line(appeal, event, moment, appeals.SYSTEM), overdue=True, late=late)


def _step(appeal: Appeal, status: int, due: str) -> Appeal:
    """The next step, by its due date."""
    return replace(appeal, status=status, step_due=instant(due), overdue=False)


def _closed_with(appeal: Appeal, rating: Rating, moment: Moment) -> Appeal:
    return replace(
        appeal,
        status=appeals.CLOSED,
        step_due=None,
        closed_at=moment.at,
        ratings=[*appeal.ratings, rating],
    )


def _line(appeal: Appeal, event: Any, moment: Moment, by: str, sealed: str = "") -> Appeal:
    name = appeal.department_name if by in (appeals.DEPARTMENT, appeals.ROUTER) else ""
    return replace(appeal, lines=[*appeal.lines, Line(moment.at, by, event.DESCRIPTOR.name, sealed, name)])


def _settled(evolve: Callable[[Any, Any, Moment], Appeal]) -> Callable[[Appeal | None, Any, Moment], Appeal]:
    """The state after the event, with when something is due by itself."""

    def settled(before: Appeal | None, event: Any, moment: Moment) -> Appeal:
        appeal = evolve(before, event, moment)
        due, due_of = _due(appeal)
        return replace(appeal, due=due, due_of=due_of)

    return settled


def _due(appeal: Appeal) -> tuple[datetime | None, str]:
    if appeal.status == appeals.ANSWERED:
        return appeal.step_due, appeals.CLOSE
    if appeal.status in appeals.STEPS and not appeal.overdue:
        return appeal.step_due, "overdue"
    return None, ""


_EVOLVE: Evolve = {
    events.AppealSubmitted: _submitted,
    events.AppealRouted: _routed,
    events.AppealAccepted: _accepted,
    events.AppealReturned: _returned,
    events.AppealExtended: _extended,
    events.AppealAnswered: _answered,
    events.AppealRated: _rated,
    events.AppealReopened: _reopened,
    events.AppealClosed: _closed,
    events.AppealOverdue: _overdue,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
