"""Limits in one unit: working days. For comparing and adding up limits that are stated in different units; never for a due date,
which the calendar tells (`standards.workdays`).

No law converts units, so this is a convention, the same one wherever the suite compares limits:

- a working day is 1;
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
}
"""Working days in one of each unit of yiwang.catalog.v1.TimeUnit."""


def working_days(amount: int, unit: int) -> Fraction:
    """A limit in working days, exact. ValueError for a limit without a unit (none is stated), or a negative one."""
    if amount < 0:
        raise ValueError("a limit cannot be negative")
    if unit not in DAYS:
        raise ValueError(f"no unit of a limit: {unit}")
    return amount * DAYS[unit]


def whole_days(days: Fraction) -> int:
    """For people and sums: a begun working day is a whole one."""
    return ceil(days)
