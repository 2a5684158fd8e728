"""Both clocks of a case on real calendars, and the light that says how near the promise is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.case import model, model_acts, model_deadlines
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from standards.workdays import SHANGHAI
from tests.support.actors import officer
from tests.support.cases import case_in
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

WORKING, NATURAL = catalog.TIME_UNIT_WORKING_DAY, catalog.TIME_UNIT_NATURAL_DAY
HOUR, MONTH, AT_ONCE = catalog.TIME_UNIT_HOUR, catalog.TIME_UNIT_MONTH, catalog.TIME_UNIT_AT_ONCE


def at(text: str) -> datetime:
    """An instant in China."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def end_of(day: str) -> datetime:
    return at(f"{day}T23:59:59")


def accepted(when: datetime, promised: tuple[int, int], statutory: tuple[int, int] = (0, 0)) -> Case:
    case = case_in(model.SUBMITTED, promised=list(promised), statutory=list(statutory))
    event = model_acts.accept(case, officer(id="ann"), when)
    moment = type("Moment", (), {"at": when, "by": "officer:ann"})()
    after: Case = EVOLVE[events.CaseAccepted](case, event, moment)
    return after


EXAMPLES = [
    # National Day 2026: 1 to 7 October are free, Saturday 10 October is worked, Sunday 11 is not.
    ("2026-09-30T10:00", (5, WORKING), "2026-10-13"),
    ("2026-09-30T10:00", (3, WORKING), "2026-10-10"),
    ("2026-09-29T10:00", (1, WORKING), "2026-09-30"),
    ("2026-09-30T10:00", (1, WORKING), "2026-10-08"),
    # Accepted on a holiday itself, and on a Sunday that is worked.
    ("2026-10-03T10:00", (1, WORKING), "2026-10-08"),
    ("2026-09-20T10:00", (1, WORKING), "2026-09-21"),
    # Spring Festival 2026: 15 to 23 February free; the Saturdays 14 and 28 worked.
    ("2026-02-13T16:00", (1, WORKING), "2026-02-14"),
    ("2026-02-13T16:00", (2, WORKING), "2026-02-24"),
    ("2026-02-13T16:00", (6, WORKING), "2026-02-28"),
    # The day is the one in China: half past midnight there is still yesterday in UTC.
    ("2026-09-30T00:30", (1, WORKING), "2026-10-08"),
    ("2026-09-29T23:30", (1, WORKING), "2026-09-30"),
    # Natural days and months that end on a holiday end on the next working day.
    ("2026-09-25T10:00", (7, NATURAL), "2026-10-08"),
    ("2026-09-01T10:00", (1, MONTH), "2026-10-08"),
    ("2026-09-30T10:00", (0, AT_ONCE), "2026-09-30"),
]


@pytest.mark.parametrize(("when", "limit", "day"), EXAMPLES)
def test_the_promise_ends_with_the_right_day_in_china(when: str, limit: tuple[int, int], day: str) -> None:
    assert accepted(at(when), limit).promised_due == end_of(day)


def test_hours_run_through_night_and_holiday() -> None:
    assert accepted(at("2026-09-30T22:00"), (4, HOUR)).promised_due == at("2026-10-01T02:00")


def test_promised_and_statutory_clock_run_beside_each_other() -> None:
    case = accepted(at("2026-09-30T10:00"), (5, WORKING), (20, WORKING))
    assert (case.promised_due, case.statutory_due) == (end_of("2026-10-13"), end_of("2026-11-03"))
    assert case.accepted_at == at("2026-09-30T10:00")


def test_an_item_without_a_limit_gives_no_due_date() -> None:
    case = accepted(at("2026-09-30T10:00"), (0, catalog.TIME_UNIT_UNSPECIFIED))
    assert (case.promised_due, case.statutory_due, case.provisional) == (None, None, False)


def test_a_due_date_beyond_the_last_published_calendar_is_provisional() -> None:
    assert not accepted(at("2026-09-30T10:00"), (5, WORKING)).provisional
    assert accepted(at("2026-12-30T10:00"), (5, WORKING)).provisional
    assert accepted(at("2026-12-01T10:00"), (5, WORKING), (60, WORKING)).provisional, "one of the two is enough"


def test_the_event_says_the_due_dates_so_that_a_new_calendar_cannot_move_them() -> None:
    case = case_in(model.SUBMITTED, promised=[5, WORKING], statutory=[20, WORKING])
    event = model_acts.accept(case, officer(id="ann"), at("2026-09-30T10:00"))
    assert datetime.fromisoformat(event.promised_due) == end_of("2026-10-13")
    assert (event.officer_id, event.provisional) == ("ann", False)


def lit(case: Case, when: datetime) -> str:
    return pb.Light.Name(model_deadlines.light(case, when)).removeprefix("LIGHT_")  # type: ignore[arg-type]


LIGHTS = [
    ("2026-09-30T10:01", "GREEN"),
    ("2026-10-07T12:00", "GREEN"),
    ("2026-10-09T23:59", "GREEN"),  # three working days are left: 10, 12 and 13 October
    ("2026-10-10T00:01", "YELLOW"),
    ("2026-10-12T09:00", "YELLOW"),
    ("2026-10-13T23:59", "YELLOW"),
    ("2026-10-14T00:00", "RED"),
    ("2027-01-01T00:00", "RED"),
]


@pytest.mark.parametrize(("when", "colour"), LIGHTS)
def test_the_light_is_yellow_from_two_working_days_before_and_red_after(when: str, colour: str) -> None:
    assert lit(accepted(at("2026-09-30T10:00"), (5, WORKING)), at(when)) == colour


@pytest.mark.parametrize("unit", [AT_ONCE, HOUR, WORKING, NATURAL, MONTH])
@pytest.mark.parametrize("millisecond", [1, 333, 999])
def test_ends_are_instants_the_store_keeps_as_they_are(unit: int, millisecond: int) -> None:
    case = accepted(
        at("2026-11-23T09:25:07") + timedelta(milliseconds=millisecond), (0 if unit == AT_ONCE else 1, unit)
    )
    assert case.yellow_at and case.promised_due
    assert (case.yellow_at.microsecond % 1000, case.promised_due.microsecond % 1000) == (0, 0)


def test_there_is_no_light_before_acceptance_nor_after_the_end() -> None:
    late = at("2030-01-01T00:00")
    assert lit(case_in(model.SUBMITTED), late) == "UNSPECIFIED"
    for status in model.ENDED:
        assert lit(case_in(status, promised_due=end_of("2026-10-13")), late) == "UNSPECIFIED"


@given(
    st.integers(0, 500 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.integers(0, 40),
    st.lists(st.integers(0, 24 * 90), min_size=2, max_size=8).map(sorted),
)
def test_as_time_passes_the_light_only_gets_worse(start: datetime, days: int, hours: list[int]) -> None:
    case = accepted(start, (days, WORKING))
    lights = [model_deadlines.light(case, start + timedelta(hours=hour)) for hour in hours]
    assert lights == sorted(lights)
