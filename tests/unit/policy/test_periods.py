"""Periods: each day is in one of each kind, they follow each other without gap, and their names tell them apart."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy import model_periods
from yiwang.policy.v1 import items_pb2 as pb

KINDS = [one for one in pb.PeriodKind.values() if one]
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 30))


@pytest.mark.parametrize(
    ("kind", "day", "name", "first", "last"),
    [
        (pb.PERIOD_KIND_YEAR, "2026-06-15", "2026", "2026-01-01", "2026-12-31"),
        (pb.PERIOD_KIND_HALF_YEAR, "2026-06-30", "2026H1", "2026-01-01", "2026-06-30"),
        (pb.PERIOD_KIND_HALF_YEAR, "2026-07-01", "2026H2", "2026-07-01", "2026-12-31"),
        (pb.PERIOD_KIND_QUARTER, "2026-03-31", "2026Q1", "2026-01-01", "2026-03-31"),
        (pb.PERIOD_KIND_QUARTER, "2026-12-31", "2026Q4", "2026-10-01", "2026-12-31"),
        (pb.PERIOD_KIND_MONTH, "2024-02-29", "2024-02", "2024-02-01", "2024-02-29"),
        (pb.PERIOD_KIND_MONTH, "2026-12-01", "2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_periods_are_named_as_people_name_them(kind: int, day: str, name: str, first: str, last: str) -> None:
    assert model_periods.period_of(kind, date.fromisoformat(day)) == name
    assert model_periods.bounds(name) == (date.fromisoformat(first), date.fromisoformat(last))


@given(DAYS, st.sampled_from(KINDS))
def test_a_day_lies_in_its_period_and_the_next_one_begins_the_day_after_its_last(day: date, kind: int) -> None:
    name = model_periods.period_of(kind, day)
    first, last = model_periods.bounds(name)
    assert model_periods.valid(name) and first <= day <= last
    assert model_periods.kind_of(name) == kind
    if kind == pb.PERIOD_KIND_ONCE:
        assert name == model_periods.ONCE
        return
    assert {model_periods.period_of(kind, one) for one in (first, last)} == {name}
    following = model_periods.period_of(kind, last + timedelta(days=1))
    assert following > name and model_periods.bounds(following)[0] == last + timedelta(days=1)


@given(DAYS)
def test_a_name_is_of_one_kind_alone(day: date) -> None:
    assert len({model_periods.period_of(kind, day) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    "name", ["", "once", "0000", "26", "2026H3", "2026Q0", "2026-00", "2026-13", "2026-1", "2026\n", "２０２６"]
)
def test_what_is_no_period_is_none(name: str) -> None:
    assert not model_periods.valid(name)
    for read in (model_periods.bounds, model_periods.kind_of):
        with pytest.raises(ValueError, match="not a period"):
            read(name)


def test_a_kind_there_is_not_has_no_periods() -> None:
    with pytest.raises(KeyError):
        model_periods.period_of(0, date(2026, 1, 1))
