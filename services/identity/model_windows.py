"""Windows of service halls, and who was on duty at them, as pure functions.

A duty is a record of its own. Which one is in force follows from its turn: an officer is at the window of his latest duty, and a
window has the officer of its latest. So nobody is ever at two windows, nor two at one, whatever order the records are written in.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, require
from services.identity.model_departments import Department
from services.identity.model_officers import Officer, unknown_department
from standards.codes import region_valid
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import events_pb2 as events


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a hall; `department` is the USCC of the one that serves it."""

    id: str
    number: str
    hall: str
    region: str
    department: str
    label: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of time an officer was at a window. It ends by midnight in China at the latest."""

    id: str
    window_id: str
    officer_id: str
    staff_number: str
    region: str
    department: str
    turn: int
    since: datetime
    until: datetime | None = None
    # When the clock ends it; nothing once it has ended.
    due: datetime | None = None


def check(wanted: events.WindowSaved, department: Department | None) -> None:
    """INVALID_ARGUMENT for every field at fault."""
    found = []
    if not wanted.hall.strip():
        found.append(Violation("hall", "REQUIRED", "请填写大厅名称"))
    if not region_valid(wanted.region):
        found.append(Violation("region", "REGION_UNKNOWN", "行政区划代码不正确"))
    if department is None:
        found.append(unknown_department())
    if found:
        raise invalid(*found)


def save(window: Window | None, wanted: events.WindowSaved) -> events.WindowSaved | None:
    """The window as wanted; nothing when it is so already."""
    return None if window == _window(wanted) else wanted


def sign_on(id: str, window: Window, officer: Officer, actor: Actor, turn: int) -> events.DutyStarted:
    """An officer goes on duty at a window of his department; by his file, since a token may be of yesterday's post."""
    own = not officer.dismissed and officer.department == actor.department == window.department
    require(own, "WINDOW_OF_OTHER_DEPARTMENT", "只能在本部门的窗口值守")
    return events.DutyStarted(
        duty_id=id,
        window_id=window.id,
        officer_id=officer.id,
        staff_number=officer.staff_number,
        region=window.region,
        department=window.department,
        turn=turn,
    )


def end(duty: Duty, until: datetime) -> events.DutyEnded | None:
    """The end of a duty that lasts, not before it began nor after midnight; nothing when it has ended."""
    if duty.due is None:
        return None
    instant = min(max(until, duty.since), duty.due)
    return events.DutyEnded(
        duty_id=duty.id, window_id=duty.window_id, officer_id=duty.officer_id, until=instant.isoformat()
    )


def sign_off(duty: Duty, in_force: bool, now: datetime) -> events.DutyEnded:
    """The officer leaves his window; FAILED_PRECONDITION NOT_ON_DUTY when he is at none."""
    ended = end(duty, now) if in_force else None
    if ended is None:
        raise not_on_duty()
    return ended


def not_on_duty() -> Refused:
    """FAILED_PRECONDITION NOT_ON_DUTY: the officer is at no window."""
    return Refused(FAILED_PRECONDITION, "NOT_ON_DUTY", "您当前没有在窗口值守")


def lasts(duty: Duty, now: datetime) -> bool:
    """Whether a duty has not ended, by anybody or by midnight."""
    return duty.due is not None and now < duty.due


def midnight_after(instant: datetime) -> datetime:
    """The first midnight in China after an instant."""
    day = instant.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def _window(event: events.WindowSaved) -> Window:
    return Window(event.window_id, event.number, event.hall, event.region, event.department, event.label)


def _window_saved(_before: Window | None, event: events.WindowSaved, _moment: Moment) -> Window:
    return _window(event)


def _started(_before: None, event: events.DutyStarted, moment: Moment) -> Duty:
    return Duty(
        id=event.duty_id,
        window_id=event.window_id,
        officer_id=event.officer_id,
        staff_number=event.staff_number,
        region=event.region,
        department=event.department,
        turn=event.turn,
        since=moment.at,
        due=midnight_after(moment.at),
    )


def _ended(duty: Duty, event: events.DutyEnded, _moment: Moment) -> Duty:
    return replace(duty, until=datetime.fromisoformat(event.until), due=None)


WINDOW_EVOLVE: Evolve = {events.WindowSaved: _window_saved}
DUTY_EVOLVE: Evolve = {events.DutyStarted: _started, events.DutyEnded: _ended}
