"""Limits of different units are compared in working days, by one convention."""

from fractions import Fraction

import pytest

from standards.limits import DAYS, whole_days, working_days
from yiwang.catalog.v1 import service_pb2 as pb


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (20, pb.TIME_UNIT_WORKING_DAY, 20),
        (7, pb.TIME_UNIT_NATURAL_DAY, 5),
        (24, pb.TIME_UNIT_HOUR, Fraction(5, 7)),
        (1, pb.TIME_UNIT_MONTH, Fraction(150, 7)),
        (9, pb.TIME_UNIT_AT_ONCE, 0),
    ],
)
def test_a_limit_in_working_days(amount: int, unit: int, expected: Fraction) -> None:
    assert working_days(amount, unit) == expected


def test_every_unit_is_known_and_three_months_are_ninety_days() -> None:
    assert set(DAYS) == set(pb.TimeUnit.values()) - {pb.TIME_UNIT_UNSPECIFIED}
    assert working_days(3, pb.TIME_UNIT_MONTH) == working_days(90, pb.TIME_UNIT_NATURAL_DAY)


def test_a_begun_day_is_a_whole_one() -> None:
    assert [whole_days(Fraction(*days)) for days in ((0, 1), (1, 168), (5, 1), (36, 7))] == [0, 1, 5, 6]


def test_a_limit_nobody_states_or_below_nothing_is_refused() -> None:
    for amount, unit in ((5, pb.TIME_UNIT_UNSPECIFIED), (-1, pb.TIME_UNIT_WORKING_DAY), (1, 99)):
        with pytest.raises(ValueError, match="limit"):
            working_days(amount, unit)
