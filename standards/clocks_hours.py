"""Service hours of a hall (办公时间, 延时服务), and from when a submission outside them is counted.

Service hours tell people when they can come. They never move a statutory day: a hall that opens on Saturday morning neither shortens
nor extends a legal limit, which the calendar of working days alone tells (行政许可法 art. 82).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from standards import workdays
from standards.workdays import SHANGHAI, local_day

_REACH: Final = 400
"""Days ahead in which an opening is looked for: longer than any hall is closed."""
_NO_DAYS: Final[Mapping[date, tuple["Opening", ...]]] = MappingProxyType({})


class Opening(NamedTuple):
    """Open from `start` up to, but not including, `end`, in Beijing time of one day."""

    start: time
    end: time


class ServiceHours(NamedTuple):
    """When a hall is open: by ISO weekday (1 is Monday), on days of its own (`extra` replaces the week's hours of that day, holidays
    included), and the days it is closed on whatever else is said. On public holidays it is closed; a weekend day that is worked
    has the hours of a Monday."""

    week: Mapping[int, tuple[Opening, ...]]
    extra: Mapping[date, tuple[Opening, ...]] = _NO_DAYS
    closed: frozenset[date] = frozenset()


def openings(hours: ServiceHours, day: date, region: str = "") -> tuple[Opening, ...]:
    """The opening times of a day, in the order they are told; none when the hall is closed."""
    if day in hours.closed:
        return ()
    if day in hours.extra:
        return hours.extra[day]
    if workdays.is_holiday(day, region):
        return ()
    worked_weekend = day.isoweekday() > 5 and workdays.is_working_day(day, region)
    return tuple(hours.week.get(1 if worked_weekend else day.isoweekday(), ()))


def is_open(hours: ServiceHours, instant: datetime, region: str = "") -> bool:
    """Whether the hall is open at the instant."""
    at = instant.astimezone(SHANGHAI).time()
    return any(one.start <= at < one.end for one in openings(hours, local_day(instant), region))


def next_opening(hours: ServiceHours, instant: datetime, region: str = "") -> datetime:
    """The instant itself when the hall is open, otherwise the next at which it opens (UTC). ValueError if it stays closed for a year."""
    return _opening(hours, instant, region, working=False)


def counted_from(
    received: datetime,
    hours: ServiceHours | None,
    region: str = "",
    *,
    unit: str = "WORKING_DAY",
    deemed_next_day: bool = False,
) -> datetime:
    """The start of the clock of an online submission; it counts as received at `received`, whatever the hour (民法典 art. 137).

    Inside the hours of a working day, or without hours, that is the start. After hours the clock begins with the next working day:
    - in days and half days `received` is the start all the same, for the day it lies in is not counted and the next working
      day is the first that is; so closing times and Saturday openings move no legal limit;
    - in HOUR, the first opening on a working day;
    - `deemed_next_day` is for places whose rule deems it received with the next opening on a working day (视为下一工作日收到): that
      day is then the one not counted. Openings on days that are not worked are passed over here too.
    """
    if hours is None or not (deemed_next_day or unit == "HOUR"):
        return received
    return _opening(hours, received, region, working=True)


def _opening(hours: ServiceHours, instant: datetime, region: str, working: bool) -> datetime:
    first = local_day(instant)
    for day in (first + timedelta(days=ahead) for ahead in range(_REACH)):
        if working and not workdays.is_working_day(day, region):
            continue
        for one in sorted(openings(hours, day, region)):
            start, end = (datetime.combine(day, at, SHANGHAI) for at in one)
            if instant < end:
                return max(instant, start).astimezone(UTC)
    raise ValueError("the hall does not open within a year")
