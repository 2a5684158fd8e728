"""Working days of China and the days on which limits end.

The State Council publishes each year's holidays and working weekends (全国年节及纪念日放假办法); they stand in calendar/*.json, and
in the folder named by `use_folder`, where a new notice is dropped in (`calendars` tells the shape and which file wins).
`region` is an administrative code: an autonomous region's own holidays are free only there. "" is the whole country.
Years without a file come from the library `holidays`, loaded only then.
Counting: 行政许可法 art. 82 (working days), 民法典 art. 201 (first day not counted), 202 (months), 203 (last day).
"""

import calendar
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final, NamedTuple

from standards.calendars import Calendar, read

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Beijing time, UTC+8 without summer time since 1992; fixed, so that no zone database is needed."""

CALENDARS: Final = Path(__file__).parent / "calendar"
NOON: Final = 12
"""The hour in Beijing at which the first half of a working day ends."""
_DAY: Final = timedelta(days=1)
_NOON: Final = time(NOON, tzinfo=SHANGHAI)
_END_OF_DAY: Final = time(23, 59, 59, tzinfo=SHANGHAI)


class Due(NamedTuple):
    """The end of a limit: its last day in China, whether a calendar yet to come may move it, its end in UTC."""

    day: date
    provisional: bool
    instant: datetime


_in_force: Calendar | None = None


def _calendar() -> Calendar:
    """The calendar in force; a count takes it once, so that a notice landing meanwhile cannot be half seen."""
    global _in_force
    if _in_force is None:
        _in_force = Calendar(read([CALENDARS]))
    return _in_force


def use_folder(path: Path | str | None) -> str:
    """Count from now on with the files of this folder beside the ones shipped; None: with the shipped ones alone.

    Called again it reads again: so a service learns that a notice landed. Gives the digest of the calendar in force.
    ValueError (file and field, or the folder that is missing); the calendar of before then stays in force.
    """
    global _in_force
    found = Calendar(read([CALENDARS] if path is None else [CALENDARS, Path(path)]))
    if _in_force is None or _in_force.digest != found.digest:
        _in_force = found
    return _in_force.digest


def calendar_digest() -> str:
    """SHA-256 (hex) over what the files in force say: it changes when a notice lands, not when a file is only moved or worded anew."""
    return _calendar().digest


def last_published_year(region: str = "") -> int:
    """The last year holidays are published for, as far as this installation knows; later days are provisional."""
    known = _calendar()
    return known.last(known.area(region))


def is_working_day(day: date, region: str = "") -> bool:
    """Whether the day is worked: weekdays that are not holidays, and the working weekends of the notices."""
    known = _calendar()
    return _worked(day, known, known.area(region))


def is_holiday(day: date, region: str = "") -> bool:
    """Whether a notice or the law makes the day free; an ordinary weekend is not a holiday."""
    known = _calendar()
    return day.toordinal() in known.year(day.year, known.area(region)).free


def _worked(day: date, known: Calendar, area: str) -> bool:
    ordinals, ordinal = known.year(day.year, area).worked, day.toordinal()
    place = bisect_right(ordinals, ordinal)
    return place > 0 and ordinals[place - 1] == ordinal


def _due(day: date, known: Calendar, area: str, end: time = _END_OF_DAY) -> Due:
    """The limit that ends with this day, or at noon of it."""
    return Due(day, day.year > known.last(area), datetime.combine(day, end).astimezone(UTC))


def _working_day_from(day: date, known: Calendar, area: str) -> date:
    """The day itself, or the first working day after it (民法典 art. 203)."""
    while not _worked(day, known, area):
        day += _DAY
    return day


def _later(day: date, n: int, known: Calendar, area: str) -> date:
    """The n-th working day after the day; 0: the day itself or the next working day."""
    if n == 0:
        return _working_day_from(day, known, area)
    year = day.year
    worked = known.year(year, area).worked
    place = bisect_right(worked, day.toordinal()) + n - 1
    while place >= len(worked):
        place -= len(worked)
        year += 1
        worked = known.year(year, area).worked
    return date.fromordinal(worked[place])


def add_working_days(day: date, n: int, region: str = "") -> Due:
    """The n-th working day after `day`, which is not counted (民法典 art. 201, 行政许可法 art. 82).

    0 gives the day itself, or the next working day.
    """
    if n < 0:
        raise ValueError("a limit cannot be negative")
    known = _calendar()
    area = known.area(region)
    return _due(_later(day, n, known, area), known, area)


def working_day_before(day: date, n: int, region: str = "") -> date:
    """The n-th working day before `day`, which is not counted: the last day for what must be done n days before (n at least 1)."""
    if n < 1:
        raise ValueError("at least one day before")
    known = _calendar()
    area, year = known.area(region), day.year
    place = bisect_right(known.year(year, area).worked, day.toordinal() - 1) - n
    while place < 0:
        year -= 1
        place += len(known.year(year, area).worked)
    return date.fromordinal(known.year(year, area).worked[place])


def working_days_between(a: date, b: date, region: str = "") -> int:
    """Working days after `a` up to and including `b`; negative when `b` is before `a`. Undoes add_working_days."""
    known = _calendar()
    area, since = known.area(region), min(a.year, b.year)

    def until(day: date) -> int:
        whole = sum(len(known.year(year, area).worked) for year in range(since, day.year))
        return whole + bisect_right(known.year(day.year, area).worked, day.toordinal())

    return until(b) - until(a)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month (民法典 art. 202). Not yet moved off a holiday."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def local_day(instant: datetime) -> date:
    """The day it is in China."""
    return instant.astimezone(SHANGHAI).date()


def _hours(start: datetime, amount: int, _known: Calendar, _area: str) -> Due:
    """Hours run from the instant itself and through the night (民法典 art. 201), so no calendar moves them."""
    instant = (start + timedelta(hours=amount)).astimezone(UTC)
    return Due(local_day(instant), False, instant)


def _half_days(start: datetime, amount: int, known: Calendar, area: str) -> Due:
    """Halves of working days; the half it begins in is not counted, as the first day is not (民法典 art. 201 by analogy).

    No law knows half days (0.5个工作日 is a promise of cities), so this is the suite's convention: the first half ends at noon in
    Beijing, the second with the day; off working days the next working morning is the first half that counts.
    """
    local = start.astimezone(SHANGHAI)
    worked = _worked(local.date(), known, area)
    halves = amount + (local.hour >= NOON) if worked else max(amount, 1) + 1
    day = _later(local.date(), halves // 2, known, area)
    return _due(day, known, area, _END_OF_DAY if halves % 2 else _NOON)


def _natural(day: date, known: Calendar, area: str) -> Due:
    return _due(_working_day_from(day, known, area), known, area)


_UNITS: Final[dict[str, Callable[[datetime, int, Calendar, str], Due]]] = {
    "WORKING_DAY": lambda start, amount, known, area: _due(_later(local_day(start), amount, known, area), known, area),
    "HALF_DAY": _half_days,
    "NATURAL_DAY": lambda start, amount, known, area: _natural(local_day(start) + amount * _DAY, known, area),
    "MONTH": lambda start, amount, known, area: _natural(add_months(local_day(start), amount), known, area),
    "HOUR": _hours,
    "AT_ONCE": lambda start, _, known, area: _natural(local_day(start), known, area),
}
UNITS: Final = frozenset(_UNITS)


def due_at(start: datetime, amount: int, unit: str, region: str = "") -> Due:
    """The end of a limit that begins at `start`: WORKING_DAY, HALF_DAY (of a working day), NATURAL_DAY, MONTH, HOUR, AT_ONCE (same
    working day). Without pauses; with them see `clocks.due`."""
    if start.tzinfo is None:
        raise ValueError("the start needs a time zone")
    if amount < 0:
        raise ValueError("a limit cannot be negative")
    if unit not in _UNITS:
        raise ValueError(f"unknown unit: {unit}")
    known = _calendar()
    return _UNITS[unit](start, amount, known, known.area(region))
