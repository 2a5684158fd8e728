"""Limits in one unit: working days. For comparing and adding up limits that are stated in different units; never for a due date,
which the calendar tells (`standards.workdays`).

No law converts units, so this is a convention, the same one wherever the suite compares limits:

- a working day is 1, half of one 1/2;
- a natural day is 5/7: a week has five working days. Holidays fall unevenly and are left out;
- a month is 30 natural days, as the sources themselves count (3个月 stand as 90);
- an hour is 1/24 of a natural day, since hours run through the night (民法典 art. 201);
- at once is 0, whatever amount stands beside it.
"""

from fractions import Fraction
from math import ceil
from typing import Final

from yiwang.catalog.v1 import service_pb2 as pb

PLACEHOLDER: Final = 999
"""The number sources put where no limit is stated."""
NATURAL_DAY: Final = Fraction(5, 7)
DAYS: Final[dict[int, Fraction]] = {
    pb.TIME_UNIT_WORKING_DAY: Fraction(1),
    pb.TIME_UNIT_NATURAL_DAY: NATURAL_DAY,
    pb.TIME_UNIT_HOUR: NATURAL_DAY / 24,
    pb.TIME_UNIT_MONTH: NATURAL_DAY * 30,
    pb.TIME_UNIT_AT_ONCE: Fraction(0),
    pb.TIME_UNIT_HALF_DAY: Fraction(1, 2),
}
"""Working days in one of each unit of yiwang.catalog.v1.TimeUnit."""


def working_days(amount: int, unit: int) -> Fraction:
    """A limit in working days, exact. ValueError for a limit without a unit (none is stated), or a negative one."""
    if amount < 0:
        raise ValueError("a limit cannot be negative")
    if unit not in DAYS:
        raise ValueError(f"no unit of a limit: {unit}")
    return amount * DAYS[unit]


def half_days(amount: int) -> str:
    """Half working days for people: 半个工作日, 1个工作日, 1.5个工作日."""
    if amount == 1:
        return "半个工作日"
    return f"{amount // 2}{'.5' if amount % 2 else ''}个工作日"


def whole_days(days: Fraction) -> int:
    """For people and sums: a begun working day is a whole one."""
    return ceil(days)
