"""红黄牌: how near the end of a clock is."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from standards import workdays
from standards.clocks_spans import Span, half_days_between
from standards.workdays import NOON, SHANGHAI, Due, local_day

YELLOW_WORKING_DAYS: Final = 2
"""Yellow is a clock with at most so many working days left after today."""
GREEN: Final = "GREEN"
YELLOW: Final = "YELLOW"
RED: Final = "RED"
_SECOND: Final = timedelta(seconds=1)


def light(due: Due | datetime, now: datetime, region: str = "", yellow: datetime | None = None) -> str:
    """GREEN, YELLOW or RED. Red after the end; yellow from `yellow` on (what `yellow_at` told), and where that is not known from
    the beginning of the second working day before the end's day."""
    end = due.instant if isinstance(due, Due) else due
    if now > end:
        return RED
    if yellow is None:
        yellow = _ordinary(end, region)
    return YELLOW if now >= yellow else GREEN


def yellow_at(start: datetime, span: Span, due: Due | datetime, region: str = "") -> datetime:
    """The instant (UTC) from which a clock of this span that ends at `due` is yellow, for a timer.

    It is the beginning of the second working day before the end's day. A span so short that it would be yellow as soon as it starts
    (two working days or less) is yellow in its last half: the later half of the half working days it has after its start; with
    fewer than two of them, or counted in hours, the later half of its time. Pauses and extensions move `due`, and the yellow
    with it. Never before `start`, never after the end.
    """
    end = due.instant if isinstance(due, Due) else due
    bare = workdays.due_at(start, *span, region).instant
    if _ordinary(bare, region) > start:
        yellow = _ordinary(end, region)
    else:
        # The end stands at the edge of its half day: a second earlier lies inside it.
        halves = 0 if span.unit == "HOUR" else half_days_between(start, bare - _SECOND, region) // 2
        yellow = _last_halves(end - _SECOND, halves, region) if halves else end - (bare - start) / 2
    return min(max(yellow, start), end).astimezone(UTC)


def _ordinary(end: datetime, region: str) -> datetime:
    """The beginning of the second working day before the day of the end."""
    day = workdays.working_day_before(local_day(end), YELLOW_WORKING_DAYS, region)
    return datetime.combine(day, time(0, tzinfo=SHANGHAI))


def _last_halves(inside: datetime, halves: int, region: str) -> datetime:
    """The beginning of so many half working days, the last of which is the one this instant of a working day lies in."""
    local = inside.astimezone(SHANGHAI)
    place = int(local.hour >= NOON) - (halves - 1)
    back = max(0, (1 - place) // 2)
    day = workdays.working_day_before(local.date(), back, region) if back else local.date()
    return datetime.combine(day, time(NOON * (place + 2 * back), tzinfo=SHANGHAI))
