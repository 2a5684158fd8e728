"""Events turn into the state of a roll: one pure function each; what follows from the rest stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chassis.acts import Evolve, Moment
from services.policy import model
from services.policy.model_rolls import (
    COMPUTED,
    COMPUTING,
    DROPPED,
    ISSUED,
    ISSUING,
    PUBLISHED,
    RESERVING,
    TASKS,
    Excluded,
    Objection,
    Roll,
)
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


def _begun(_none: None, event: events.RollBegun, moment: Moment) -> Roll:
    return Roll(
        id=event.roll_id,
        item_id=event.item_id,
        edition=event.edition,
        item_title=event.item_title,
        period=event.period,
        region=event.region,
        county=event.region[: model.COUNTY_DIGITS],
        department=event.department,
        department_name=event.department_name,
        day=event.day,
        status=COMPUTING,
        begun_at=moment.at,
        publicity_days=event.publicity_days,
        officers=[event.officer_id],
    )


def _computed(roll: Roll, event: events.RollComputed, moment: Moment) -> Roll:
    told = {"lines": event.lines, "total_fen": event.total_fen, "digest": event.digest}
    return replace(roll, status=COMPUTED, computed_at=moment.at, **told)  # type: ignore[arg-type]


def _line_excluded(roll: Roll, event: events.RollLineExcluded, moment: Moment) -> Roll:
    one = Excluded(event.uscc, event.name, event.fen, event.reason, moment.at)
    officers = roll.officers if event.officer_id in roll.officers else [*roll.officers, event.officer_id]
    return replace(roll, excluded=[*roll.excluded, one], officers=officers)


def _asked(roll: Roll, event: events.RollReservationAsked, _moment: Moment) -> Roll:
    until = instant(event.deadline)
    told = {"reserved_fen": event.fen, "reserve_until": until, "approved_by": event.officer_id}
    return replace(roll, status=RESERVING, reason="", **told)  # type: ignore[arg-type]


def _not_reserved(roll: Roll, event: events.RollReservationRefused, _moment: Moment) -> Roll:
    return replace(roll, status=COMPUTED, reserved_fen=0, reason=event.reason)


def _published(roll: Roll, event: events.RollPublished, moment: Moment) -> Roll:
    return replace(roll, status=PUBLISHED, published_at=moment.at, publicity_until=instant(event.until))


def _objected(roll: Roll, event: events.RollObjected, moment: Moment) -> Roll:
    one = Objection(event.objection_id, event.uscc, event.person_id, event.sealed_text, moment.at)
    return replace(roll, objections=[*roll.objections, one])


def _decided(roll: Roll, event: events.RollObjectionDecided, _moment: Moment) -> Roll:
    told = [
        replace(one, decision=event.decision, reason=event.reason) if one.id == event.objection_id else one
        for one in roll.objections
    ]
    return replace(roll, objections=told)


def _ended(roll: Roll, _event: events.RollPublicityEnded, _moment: Moment) -> Roll:
    return replace(roll, status=ISSUING)


def _issued(roll: Roll, event: events.RollIssued, moment: Moment) -> Roll:
    return replace(roll, status=ISSUED, issued_at=moment.at, claims=event.claims)


def _dropped(roll: Roll, event: events.RollDropped, _moment: Moment) -> Roll:
    return replace(roll, status=DROPPED, reason=event.reason)


def _settled(evolve: Callable[[Any, Any, Moment], Roll]) -> Callable[[Any, Any, Moment], Roll]:
    """The state after the event, with what follows from it."""

    def settled(before: Roll | None, event: Any, moment: Moment) -> Roll:
        roll = evolve(before, event, moment)
        task = TASKS.get(roll.status, "")
        waits = any(not one.decision for one in roll.objections)
        due = roll.publicity_until if roll.status == PUBLISHED and not waits else None
        at = (before.task_due if before and before.task == task else moment.at) if task else None
        return replace(roll, task=task, task_due=at, due=due, due_of="publicity" if due else "")

    return settled


_EVOLVE: Evolve = {
    events.RollBegun: _begun,
    events.RollComputed: _computed,
    events.RollLineExcluded: _line_excluded,
    events.RollReservationAsked: _asked,
    events.RollReservationRefused: _not_reserved,
    events.RollPublished: _published,
    events.RollObjected: _objected,
    events.RollObjectionDecided: _decided,
    events.RollPublicityEnded: _ended,
    events.RollIssued: _issued,
    events.RollDropped: _dropped,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
