"""Working days of China and the days on which limits end.

The State Council publishes each year's holidays and working weekends (全国年节及纪念日放假办法); they stand in
calendar/*.json: {"year", "published", "notice", "off": [days], "work": [days]}. Of two files of a year the later
published wins. "published": null is a forecast by law for a year to come: days in it are provisional.
Years without a file come from the library `holidays`, loaded only then (it costs 18 MB).
Counting: 行政许可法 art. 82 (working days), 民法典 art. 201 (first day not counted), 202 (months), 203 (last day).
"""

import calendar
import json
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Beijing time, UTC+8 without summer time since 1992; fixed, so that no zone database is needed."""

CALENDARS: Final = Path(__file__).parent / "calendar"
_DAY: Final = timedelta(days=1)
_END_OF_DAY: Final = time(23, 59, 59, tzinfo=SHANGHAI)


class Due(NamedTuple):
    """The end of a limit: its last day in China, whether a calendar yet to come may move it, its end in UTC."""

    day: date
    provisional: bool
    instant: datetime


class _Published(NamedTuple):
    """What the files say: years they tell of, the last with a notice, free days, weekend days that are worked."""

    years: frozenset[int]
    last: int
    off: frozenset[date]
    work: frozenset[date]


def _days(texts: list[str]) -> set[date]:
    return {date.fromisoformat(text) for text in texts}


@cache
def _published() -> _Published:
    """The calendar files, read once; a notice may also name days of the year before its own."""
    files: dict[int, dict[str, Any]] = {}
    found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(CALENDARS.glob("*.json")))
    for notice in sorted(found, key=lambda content: content["published"] or ""):
        files[int(notice["year"])] = notice
    last = max(year for year, notice in files.items() if notice["published"])
    off = set[date]().union(*(_days(notice["off"]) for notice in files.values()))
    work = set[date]().union(*(_days(notice["work"]) for notice in files.values()))
    return _Published(frozenset(files), last, frozenset(off), frozenset(work))


def last_published_year() -> int:
    """The last year the State Council has published holidays for, as far as this installation knows."""
    return _published().last


def _library(year: int) -> tuple[set[date], set[date]]:
    """Free days and working weekends of a year without a file, from the library."""
    import holidays

    china = holidays.country_holidays("CN", years=year)
    worked: set[date] = getattr(china, "weekend_workdays", set())
    return {day for day in china if day.year == year}, {day for day in worked if day.year == year}


@cache
def _year(year: int) -> tuple[int, ...]:
    """Ordinals of the working days of a year, ascending."""
    known = _published()
    off, work = set(known.off), set(known.work)
    if year not in known.years:
        library_off, library_work = _library(year)
        off, work = off | library_off, (work | library_work) - known.off
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    days = (date.fromordinal(ordinal) for ordinal in range(first, last + 1))
    return tuple(day.toordinal() for day in days if day in work or (day.weekday() < 5 and day not in off))


def is_working_day(day: date) -> bool:
    """Whether the day is worked: weekdays that are not holidays, and the working weekends of the notices."""
    ordinals = _year(day.year)
    place = bisect_right(ordinals, day.toordinal())
    return place > 0 and ordinals[place - 1] == day.toordinal()


def _due(day: date) -> Due:
    """The limit that ends with this day."""
    return Due(day, day.year > last_published_year(), datetime.combine(day, _END_OF_DAY).astimezone(UTC))


def _working_day_from(day: date) -> date:
    """The day itself, or the first working day after it (民法典 art. 203)."""
    while not is_working_day(day):
        day += _DAY
    return day


def add_working_days(day: date, n: int) -> Due:
    """The n-th working day after `day`, which is not counted (民法典 art. 201, 行政许可法 art. 82).

    0 gives the day itself, or the next working day.
    """
    if n < 0:
        raise ValueError("a limit cannot be negative")
    if n == 0:
        return _due(_working_day_from(day))
    year = day.year
    place = bisect_right(_year(year), day.toordinal()) + n - 1
    while place >= len(_year(year)):
        place -= len(_year(year))
        year += 1
    return _due(date.fromordinal(_year(year)[place]))


def _worked_until(day: date, since: int) -> int:
    """Working days from the start of the year `since` up to and including `day`."""
    whole = sum(len(_year(year)) for year in range(since, day.year))
    return whole + bisect_right(_year(day.year), day.toordinal())


def working_days_between(a: date, b: date) -> int:
    """Working days after `a` up to and including `b`; negative when `b` is before `a`. Undoes add_working_days."""
    since = min(a.year, b.year)
    return _worked_until(b, since) - _worked_until(a, since)


def _add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month (民法典 art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _hours(start: datetime, amount: int) -> Due:
    """Hours run from the instant itself and through the night (民法典 art. 201), so no calendar moves them."""
    instant = (start + timedelta(hours=amount)).astimezone(UTC)
    return Due(instant.astimezone(SHANGHAI).date(), False, instant)


def _local_day(start: datetime) -> date:
    return start.astimezone(SHANGHAI).date()


_UNITS: Final[dict[str, Callable[[datetime, int], Due]]] = {
    "WORKING_DAY": lambda start, amount: add_working_days(_local_day(start), amount),
    "NATURAL_DAY": lambda start, amount: _due(_working_day_from(_local_day(start) + amount * _DAY)),
    "MONTH": lambda start, amount: _due(_working_day_from(_add_months(_local_day(start), amount))),
    "HOUR": _hours,
    "AT_ONCE": lambda start, _: _due(_working_day_from(_local_day(start))),
}


def due_at(start: datetime, amount: int, unit: str) -> Due:
    """The end of a limit that begins at `start`: WORKING_DAY, NATURAL_DAY, MONTH, HOUR, AT_ONCE (same working day)."""
    if start.tzinfo is None:
        raise ValueError("the start needs a time zone")
    if amount < 0:
        raise ValueError("a limit cannot be negative")
    if unit not in _UNITS:
        raise ValueError(f"unknown unit: {unit}")
    return _UNITS[unit](start.astimezone(UTC), amount)
