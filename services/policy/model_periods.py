"""Periods of a payout item: once in each an enterprise may have it. Pure.

Named ONCE, 2026, 2026H1, 2026Q1 or 2026-01, in days of China.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from yiwang.policy.v1 import items_pb2 as pb

ONCE: Final = "ONCE"
_PERIOD: Final = re.compile(r"([0-9]{4})(?:H([12])|Q([1-4])|-(0[1-9]|1[0-2]))?", re.ASCII)
# The months a period of each sort has, and where it stands in the pattern.
_MONTHS: Final[Mapping[int, int]] = {0: 12, 2: 6, 3: 3, 4: 1}
_NAMES: Final[Mapping[int, Callable[[date], str]]] = {
    pb.PERIOD_KIND_ONCE: lambda _: ONCE,
    pb.PERIOD_KIND_YEAR: lambda day: f"{day.year:04}",
    pb.PERIOD_KIND_HALF_YEAR: lambda day: f"{day.year:04}H{(day.month + 5) // 6}",
    pb.PERIOD_KIND_QUARTER: lambda day: f"{day.year:04}Q{(day.month + 2) // 3}",
    pb.PERIOD_KIND_MONTH: lambda day: f"{day.year:04}-{day.month:02}",
}


def period_of(kind: int, day: date) -> str:
    """The name of the period of this kind a day is in. KeyError for no kind."""
    return _NAMES[kind](day)


def valid(period: str) -> bool:
    """Whether it is the name of a period."""
    found = _PERIOD.fullmatch(period)
    return period == ONCE or (found is not None and int(found[1]) > 0)


def bounds(period: str) -> tuple[date, date]:
    """Its first and last day; of ONCE all days there are. ValueError when it is no period."""
    if not valid(period):
        raise ValueError(f"not a period: {period!r}")
    if period == ONCE:
        return date.min, date.max
    found = _PERIOD.fullmatch(period)
    assert found is not None
    year, place = int(found[1]), found.lastindex or 0
    months = _MONTHS[place if place > 1 else 0]
    first = (int(found[place]) - 1) * months + 1 if place > 1 else 1
    last = first + months - 1
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def kind_of(period: str) -> int:
    """The kind a period is of, by its name. ValueError when it is no period."""
    first, _ = bounds(period)
    day = date(2026, 1, 1) if period == ONCE else first
    return next(kind for kind in _NAMES if period_of(kind, day) == period)
