"""Who goes on and off duty. Going on writes one record; what it displaces is ended by a handler of its event, and counts for
nothing from the same instant (see store_windows)."""

from datetime import datetime

from chassis.acts import Actor, Cause, now
from chassis.parts import Parts
from chassis.records import Record
from services.identity import model_windows, store_officers, store_windows
from services.identity.model_windows import Duty
from yiwang.identity.v1 import events_pb2 as events


def sign_on(parts: Parts, window_id: str, cause: Cause, actor: Actor) -> Record[Duty]:
    """Puts an officer on duty at a window of his department; NOT_FOUND for a window there is not."""
    window = store_windows.windows(parts.database).get(window_id).state
    officer = store_officers.officers(parts.database).get(actor.id).state

    def decide(id: str) -> events.DutyStarted:
        turn = store_windows.next_turn(parts.database, window_id, actor.id)
        return model_windows.sign_on(id, window, officer, actor, turn)

    record = store_windows.duties(parts.database).create(cause, decide)
    store_windows.take_places(parts.database, record.state)
    return record


def sign_off(parts: Parts, cause: Cause, actor: Actor) -> Record[Duty]:
    """Ends the duty an officer is on; FAILED_PRECONDITION NOT_ON_DUTY when he is on none."""
    last = store_windows.last_duty(parts.database, actor.id)
    if not last:
        raise model_windows.not_on_duty()

    def decide(duty: Duty) -> events.DutyEnded:
        current = store_windows.in_force(parts.database, f"officer/{actor.id}", now())
        return model_windows.sign_off(duty, current is not None and current.id == duty.id, now())

    return store_windows.duties(parts.database).change(last, cause, decide)


def settle(parts: Parts, duty: Duty, cause: Cause) -> None:
    """Puts a duty where it belongs, and ends what it displaced, or itself when a later one came first. May be repeated."""
    store_windows.take_places(parts.database, duty)
    for one, until in store_windows.superseded(parts.database, duty):
        end(parts, one, until, cause)


def leave(parts: Parts, officer_id: str, department: str, until: datetime, cause: Cause) -> None:
    """Ends the duties an officer began before an instant, but those at windows of the department he is in (empty: all)."""
    for one in store_windows.lasting(parts.database, "officer_id", officer_id):
        if one.state.department != department and one.state.since <= until:
            end(parts, one, until, cause)


def clear(parts: Parts, window_id: str, department: str, until: datetime, cause: Cause) -> None:
    """Ends the duties at a window that another department serves from an instant on."""
    for one in store_windows.lasting(parts.database, "window_id", window_id):
        if one.state.department != department and one.state.since <= until:
            end(parts, one, until, cause)


def end_overdue(parts: Parts) -> None:
    """Ends the duties that lasted until midnight."""
    for one in store_windows.overdue(parts.database, now()):
        if one.state.due:
            end(parts, one, one.state.due, Cause(key=f"timer/duty/{one.id}", by="system:identity"))


def end(parts: Parts, duty: Record[Duty], until: datetime, cause: Cause) -> None:
    """Ends one duty at an instant; nothing when it has ended."""
    store_windows.duties(parts.database).change(duty.id, cause, lambda one: model_windows.end(one, until))
