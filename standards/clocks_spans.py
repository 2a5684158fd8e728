"""The end of a clock that can be paused and extended, and how much of it is used: pure functions over the calendar of `workdays`.

Every unit is a line of whole numbers seen from the start of the clock (working days, half days, days, microseconds); a pause moves the
end along its unit's line by as much as the line advanced while the clock stood. So working days lost to a pause are those after the
day it began, up to and including the day it ended, and a pause over a holiday costs only the working days in it.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from standards import workdays
from standards.workdays import NOON, SHANGHAI, Due, local_day

_TICK: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1) // _TICK
# An end stands at the edge of its day or half day: so much earlier lies inside it.
_INSIDE: Final = timedelta(seconds=1)


class Span(NamedTuple):
    """A limit: an amount of a unit of `workdays.UNITS` (WORKING_DAY, HALF_DAY, NATURAL_DAY, MONTH, HOUR, AT_ONCE)."""

    amount: int
    unit: str


class Pause(NamedTuple):
    """Time that is not counted (行政许可法 art. 45); `end` is None while it lasts."""

    start: datetime
    end: datetime | None


class Elapsed(NamedTuple):
    """What of a clock is used and what is left, in whole units of `COUNTED_IN`; left is negative when it is overdue."""

    used: int
    left: int


COUNTED_IN: Final = {unit: unit for unit in workdays.UNITS} | {"MONTH": "NATURAL_DAY", "AT_ONCE": "WORKING_DAY"}
"""The unit `elapsed` counts a span of each unit in: months pass in days, what is due at once in working days."""


class _Line(NamedTuple):
    """A unit seen from a start: where an instant lies, where the limit ends when it ends at a position, the position of its end."""

    position: Callable[[datetime], int]
    end: Callable[[int], Due]
    length: int


def _working_line(start: datetime, amount: int, region: str) -> _Line:
    day = local_day(start)
    length = amount or int(not workdays.is_working_day(day, region))
    return _Line(
        lambda instant: workdays.working_days_between(day, local_day(instant), region),
        lambda position: workdays.add_working_days(day, position, region),
        length,
    )


def half_days_between(a: datetime, b: datetime, region: str = "") -> int:
    """Half working days begun after the one `a` lies in, up to and including the one `b` lies in; they turn at noon in Beijing."""

    def morning(instant: datetime) -> bool:
        local = instant.astimezone(SHANGHAI)
        return local.hour < NOON and workdays.is_working_day(local.date(), region)

    return 2 * workdays.working_days_between(local_day(a), local_day(b), region) + morning(a) - morning(b)


def _half_line(start: datetime, amount: int, region: str) -> _Line:
    return _Line(
        lambda instant: half_days_between(start, instant, region),
        lambda position: workdays.due_at(start, position, "HALF_DAY", region),
        amount or int(not workdays.is_working_day(local_day(start), region)),
    )


def _day_line(start: datetime, length: int, region: str) -> _Line:
    day = local_day(start)
    return _Line(
        lambda instant: (local_day(instant) - day).days,
        lambda position: workdays.due_at(start, position, "NATURAL_DAY", region),
        length,
    )


def _month_line(start: datetime, amount: int, region: str) -> _Line:
    day = local_day(start)
    return _day_line(start, (workdays.add_months(day, amount) - day).days, region)


def _hour_line(start: datetime, amount: int, _region: str) -> _Line:
    def end(position: int) -> Due:
        instant = (start + position * _TICK).astimezone(UTC)
        return Due(local_day(instant), False, instant)

    return _Line(lambda instant: (instant - start) // _TICK, end, amount * _HOUR)


_LINES: Final[dict[str, Callable[[datetime, int, str], _Line]]] = {
    "WORKING_DAY": _working_line,
    "HALF_DAY": _half_line,
    "NATURAL_DAY": _day_line,
    "MONTH": _month_line,
    "HOUR": _hour_line,
    "AT_ONCE": lambda start, _, region: _working_line(start, 0, region),
}


def _line(start: datetime, span: Span, region: str) -> _Line:
    workdays.due_at(start, *span, region)  # refuses what makes no sense
    return _LINES[span.unit](start, span.amount, region)


def merged(pauses: Iterable[Pause]) -> list[Pause]:
    """The union of pauses as pauses apart from each other, in order of time. ValueError for one that ends before it starts, or
    without a time zone."""
    apart: list[Pause] = []
    for pause in sorted(pauses, key=lambda one: one.start):
        if pause.start.tzinfo is None or (pause.end is not None and pause.end < pause.start):
            raise ValueError("a pause needs a time zone and cannot end before it starts")
        last = apart[-1] if apart else None
        if last is None or (last.end is not None and last.end < pause.start):
            apart.append(pause)
        elif last.end is not None:
            apart[-1] = last._replace(end=None if pause.end is None else max(last.end, pause.end))
    return apart


def due(
    start: datetime, span: Span, pauses: Iterable[Pause] = (), extension: Span | None = None, region: str = ""
) -> Due | None:
    """The end of a clock begun at `start`; None while a pause that began before the end is open, for no end can be told.

    First day not counted (民法典 art. 201), working days (行政许可法 art. 82), natural days and months that end on a free day end with
    the next working day (民法典 art. 203), paused time not counted (行政许可法 art. 45): working days and half days are moved by working
    days and half days, natural days and months by days, hours by the exact time. A pause that begins after the end changes nothing;
    whoever pauses on the last day has the day of resumption. An extension in the span's unit makes one longer limit, in another
    unit it begins with the end of the first. ValueError for limits and pauses without sense.
    """
    if extension is not None and extension.unit == span.unit:
        return due(start, Span(span.amount + extension.amount, span.unit), pauses, None, region)
    apart = merged(pauses)
    end = _paused(start, span, apart, region) if apart else workdays.due_at(start, *span, region)
    if end is None or extension is None:
        return end
    extended = due(end.instant, extension, apart, None, region)
    return extended and extended._replace(provisional=end.provisional or extended.provisional)


def _paused(start: datetime, span: Span, apart: list[Pause], region: str) -> Due | None:
    line = _line(start, span, region)
    # What is due at once on a free day begins with the next working day.
    length, since = line.length, 0 if span.amount and span.unit != "AT_ONCE" else min(line.length, 1)
    for pause in apart:
        if pause.start >= line.end(length).instant:
            break
        if pause.end is None:
            return None
        if pause.end > start:
            resumed = line.position(pause.end)
            lost = max(0, resumed - max(line.position(pause.start), since))
            # A limit whose last day is free ends later than its position: paused in between, it ends no sooner than resumed.
            length = max(length + lost, resumed)
    return line.end(length)


def elapsed(
    start: datetime,
    span: Span,
    pauses: Iterable[Pause],
    now: datetime,
    region: str = "",
    extension: Span | None = None,
) -> Elapsed:
    """How much of the clock is used by `now`, and how much is left: 已用 3 个工作日, 剩 2 个.

    In whole units of COUNTED_IN[span.unit]: the day of the start is not counted, today is (on the last day nothing is left beside
    today: 0); begun hours are not counted as used. While the clock stands, both are as they were when the pause began.
    """
    begun = [pause for pause in merged(pauses) if pause.start <= now]
    if begun and (begun[-1].end is None or begun[-1].end > now):
        standing = begun.pop()
        end = due(start, span, begun, extension, region)
        if end is not None and standing.start < end.instant:
            now = standing.start
    end = due(start, span, begun, extension, region)
    assert end is not None, "all pauses left have ended"
    line, now = _line(start, span, region), max(now, start)
    lost = sum(_lost(line, pause, start) for pause in begun if pause.start < end.instant)
    used, place = line.position(now) - lost, line.position(now)
    if span.unit == "HOUR":
        return Elapsed(used // _HOUR, -((place - line.position(end.instant)) // _HOUR))
    return Elapsed(used, line.position(end.instant - _INSIDE) - place)


def _lost(line: _Line, pause: Pause, start: datetime) -> int:
    assert pause.end is not None
    return max(0, line.position(max(pause.end, start)) - line.position(max(pause.start, start)))
