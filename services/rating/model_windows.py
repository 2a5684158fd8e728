"""Windows and who was on duty at them, as far as a rating has to know; and which printed codes of a window hold. Pure.

A duty is in force as identity has it (its README): of two duties of one officer, or at one window, the one with the higher turn is the
later, and the earlier one is over from the instant the later one began.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from chassis.acts import Evolve, Moment
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid
from services.rating import model
from services.rating.model import Rating
from standards.workdays import SHANGHAI
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

# Generation of the printed codes of a window of which none was revoked.
FIRST: Final = 1
SHOWN_OF_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a hall; `department` is the USCC of the one that serves it."""

    id: str
    number: str
    hall: str
    label: str
    department: str
    region: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of time an officer was at a window. It ends by midnight in China at the latest."""

    id: str
    window_id: str
    officer_id: str
    staff_number: str
    turn: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WindowCodes:
    """Which printed codes of a window hold: those of this generation."""

    window_id: str
    region: str
    generation: int


def latest(duties: Iterable[Duty], at: datetime) -> Duty | None:
    """Of duties that had begun by an instant, the latest; of two with one turn the one that lasts, else the one that began first."""
    begun = [one for one in duties if one.since <= at]
    return min(begun, key=lambda one: (-one.turn, not lasts(one, at), one.since, one.id), default=None)


def lasts(duty: Duty, at: datetime) -> bool:
    """Whether a duty had begun by an instant and nobody, nor midnight, had ended it."""
    return duty.since <= at and at < day_start(duty.since, 1) and (duty.until is None or at < duty.until)


def day_start(at: datetime, days: int = 0) -> datetime:
    """Midnight in China that began the day of an instant, or so many days later."""
    return datetime.combine(_day(at) + timedelta(days=days), time.min, SHANGHAI).astimezone(UTC)


def served(window: Window, department_name: str, officers: Sequence[str], now: datetime) -> events.ServiceServed:
    """The service of a window as it is rated: no item, no case."""
    label = f"（{window.label}）" if window.label else ""
    return events.ServiceServed(
        node=pb.SERVICE_NODE_WINDOW,
        occasion=1,
        subject=f"{window.hall}{window.number}号窗口{label}",
        department=window.department,
        department_name=department_name,
        region=window.region,
        window_id=window.id,
        officer_ids=officers,
        day=_day(now).isoformat(),
    )


def of_case(found: Iterable[Rating], department: str, field: str = "case_number") -> Rating:
    """The rating of a case that is given at a window of its department: of its closing, or of the application where no closing is known.

    INVALID_ARGUMENT CASE_UNKNOWN for a case there is not, or of another department; FAILED_PRECONDITION CASE_NOT_CLOSED when it goes on
    and nothing waits for a rating.
    """
    node = node_of(found, department, field)
    if node.node == pb.SERVICE_NODE_APPLY and node.status != model.OPEN:
        raise _not_closed()
    return node


def node_of(found: Iterable[Rating], department: str, field: str = "case_number") -> Rating:
    """The same, also when it was given already: of what is refused nobody learns whether it was."""
    nodes = {one.node: one for one in found if one.department == department}
    if not nodes:
        raise invalid(Violation(field, "CASE_UNKNOWN", "没有此办件，或不是本窗口部门的办件"))
    node = nodes.get(pb.SERVICE_NODE_CLOSE) or nodes.get(pb.SERVICE_NODE_APPLY)
    if node is None:
        raise _not_closed()
    return node


def _not_closed() -> Refused:
    return Refused(FAILED_PRECONDITION, "CASE_NOT_CLOSED", "该办件尚未办结，办结后即可评价")


def masked(number: str) -> str:
    """A case's number but for its last four characters."""
    return "*" * (len(number) - SHOWN_OF_NUMBER) + number[-SHOWN_OF_NUMBER:]


def revoke(codes: WindowCodes | None, window: Window) -> events.WindowCodesRevoked:
    """The next generation: every code printed before is worthless."""
    generation = (codes.generation if codes else FIRST) + 1
    return events.WindowCodesRevoked(window_id=window.id, generation=generation, region=window.region)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _revoked(_before: WindowCodes | None, event: events.WindowCodesRevoked, _moment: Moment) -> WindowCodes:
    return WindowCodes(event.window_id, event.region, event.generation)


EVOLVE: Evolve = {events.WindowCodesRevoked: _revoked}
