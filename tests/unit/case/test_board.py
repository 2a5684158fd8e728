"""Boards: who may ask about what, figures that are what a plain look at each case says, and how long decisions took."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import MACHINE, Actor
from chassis.errors import Refused
from services.case import model, model_board, model_deadlines, store_board
from services.case.model import Case, Procedure
from services.case.model_board import Counted, Day, Group, Scope
from services.case.store_board import Kept
from standards.workdays import SHANGHAI
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, machine, officer, person, supervisor
from tests.support.cases import case_in
from yiwang.case.v1 import board_pb2 as pb
from yiwang.case.v1 import service_pb2

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
TODAY = NOW.astimezone(SHANGHAI).date()
NEAR = REGION[:4] + "22"


# -- who may ask -------------------------------------------------------------------------------------------------------

BOTH = supervisor("decide", department=DEPARTMENT)
CITY = supervisor(region="9901")


@pytest.mark.parametrize(
    ("actor", "region", "department", "scope"),
    [
        (officer("receive"), "", "", Scope("", DEPARTMENT)),
        (officer("issue"), "", DEPARTMENT, Scope("", DEPARTMENT)),
        (supervisor(), "", "", Scope(REGION, "")),
        (supervisor(), REGION, DEPARTMENT, Scope(REGION, DEPARTMENT)),
        (BOTH, "", "", Scope(REGION, "")),
        (BOTH, "", DEPARTMENT, Scope("", DEPARTMENT)),
        (BOTH, REGION, DEPARTMENT, Scope(REGION, DEPARTMENT)),
        (CITY, "", "", Scope("9901", "")),
        (CITY, "990100", "", Scope("990100", "")),
        (CITY, NEAR, OTHER_DEPARTMENT, Scope(NEAR, OTHER_DEPARTMENT)),
        (supervisor(region="990100"), "", "", Scope("990100", "")),
    ],
)  # fmt: skip
def test_desks_see_their_department_and_supervisors_their_region(
    actor: Actor, region: str, department: str, scope: Scope
) -> None:
    assert model_board.scope_of(actor, region, department) == scope


@pytest.mark.parametrize(
    ("actor", "region", "department", "reason"),
    [
        (officer("decide"), "", OTHER_DEPARTMENT, "NOT_FOUND"),
        (officer("decide"), REGION, "", "NOT_FOUND"),
        (officer("decide"), REGION, DEPARTMENT, "NOT_FOUND"),
        (officer("catalog"), "", "", "NOT_FOUND"),
        (officer("decide", department=""), "", "", "NO_DEPARTMENT"),
        (supervisor(), NEAR, "", "NOT_FOUND"),
        (supervisor(), "9901", "", "NOT_FOUND"),
        (supervisor(region="990121101"), "", "", "NOT_FOUND"),
        (supervisor(region=""), "", "", "NOT_FOUND"),
        (CITY, "", DEPARTMENT, "NOT_A_COUNTY"),
        (CITY, "990100", DEPARTMENT, "NOT_A_COUNTY"),
        (CITY, "450103", DEPARTMENT, "NOT_FOUND"),
        (person(), "", "", "NOT_FOUND"),
        (machine(), "", "", "NOT_FOUND"),
        (replace(supervisor("decide"), realm=MACHINE), "", "", "NOT_FOUND"),
    ],
)  # fmt: skip
def test_nobody_is_told_of_more(actor: Actor, region: str, department: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        model_board.scope_of(actor, region, department)
    assert refused.value.reason == reason


def test_a_case_counts_in_its_department_and_within_its_county_alone() -> None:
    case = case_in(model.IN_REVIEW, county=REGION)
    assert Scope("", DEPARTMENT).covers(case) and Scope(REGION, DEPARTMENT).covers(case)
    assert not Scope(NEAR, DEPARTMENT).covers(case) and not Scope("", OTHER_DEPARTMENT).covers(case)


# -- figures -----------------------------------------------------------------------------------------------------------

instants = st.none() | st.integers(-60, 60).map(lambda hours: NOW + timedelta(hours=hours))
open_cases = st.builds(
    lambda status, department, due, yellow: case_in(
        status, department=department, desk=department, promised_due=due, yellow_at=yellow
    ),
    st.sampled_from(sorted(set(range(1, 24)) - model.ENDED)),
    st.sampled_from([DEPARTMENT, OTHER_DEPARTMENT]),
    instants,
    instants,
)


def grouped(cases: Sequence[Case]) -> list[Group]:
    """As the store groups them."""
    alike = Counter((one.department, one.status, one.promised_due, one.yellow_at) for one in cases)
    return [Group(*key, many) for key, many in alike.items()]


def counted(cases: Sequence[Case] = (), **told: Any) -> Counted:
    days = [Day(day, 0, 0) for day in model_board.last_days(TODAY)]
    return Counted(**{"at": NOW, "open": grouped(cases), "findings": {}, "today": {}, "days": days} | told)


def plainly(cases: Sequence[Case]) -> tuple[int, int, int]:
    """Open, yellow and red, by a look at each case."""
    lights = Counter(model_deadlines.light(one, NOW) for one in cases)
    return len(cases), lights[service_pb2.LIGHT_YELLOW], lights[service_pb2.LIGHT_RED]


@given(st.lists(open_cases, max_size=12))
def test_open_yellow_and_red_are_what_a_look_at_each_case_says(cases: list[Case]) -> None:
    board = model_board.board(Scope(REGION, ""), {REGION: counted(cases)}, NOW)
    assert (board.whole.open, board.whole.yellow, board.whole.red) == plainly(cases)
    for row in board.rows:
        own = [one for one in cases if one.department == row.id]
        assert (row.figures.open, row.figures.yellow, row.figures.red) == plainly(own)
    assert {row.id for row in board.rows} == {one.department for one in cases}
    of_one = counted(cases).of(DEPARTMENT, counted().days)
    board = model_board.board(Scope(REGION, DEPARTMENT), {REGION: of_one}, NOW)
    own = [one for one in cases if one.department == DEPARTMENT]
    assert (board.whole.open, board.whole.yellow, board.whole.red) == plainly(own) and not board.rows


def test_a_row_has_all_there_is_of_a_department_and_the_whole_is_of_today() -> None:
    days = [*counted().days[:-1], Day(TODAY, 7, 3)]
    found = counted(findings={DEPARTMENT: 2}, today={OTHER_DEPARTMENT: Day(TODAY, 7, 3)}, days=days)
    board = model_board.board(Scope(REGION, ""), {REGION: found}, NOW)
    assert board.by == pb.BOARD_ROWS_DEPARTMENTS and [row.id for row in board.rows] == [DEPARTMENT, OTHER_DEPARTMENT]
    assert board.rows[0].figures == pb.Figures(findings=2)
    assert board.rows[1].figures == pb.Figures(received_today=7, closed_today=3)
    assert board.whole == pb.Figures(received_today=7, closed_today=3, findings=2)
    assert [(day.arrived, day.closed) for day in board.days] == [(0, 0)] * 13 + [(7, 3)]
    assert board.days[-1].day == "2026-11-24" and board.days[0].day == "2026-11-11"


def test_a_city_is_the_sum_of_its_counties() -> None:
    days = [*counted().days[:-1], Day(TODAY, 7, 3)]
    late = case_in(model.IN_REVIEW, promised_due=NOW - timedelta(days=1))
    parts = {NEAR: counted([late], days=days, findings={DEPARTMENT: 1}), REGION: counted([late, late], days=days)}
    board = model_board.board(Scope("9901", ""), parts, NOW)
    assert board.by == pb.BOARD_ROWS_COUNTIES and [row.id for row in board.rows] == [REGION, NEAR]
    assert board.whole == pb.Figures(received_today=14, closed_today=6, open=3, red=3, findings=1)
    assert (board.days[-1].arrived, board.days[-1].closed) == (14, 6)
    empty = model_board.board(Scope("9902", ""), {}, NOW)
    assert empty.whole == pb.Figures() and len(empty.days) == 14


def test_the_version_changes_with_every_figure_and_every_day_and_with_nothing_else() -> None:
    def version(now: datetime = NOW, scope: Scope = Scope(REGION, ""), **told: Any) -> str:
        return model_board.board(scope, {REGION: counted(**told)}, now).version

    first, days = version(), counted().days
    assert first and version(at=NOW - timedelta(seconds=5)) == first
    assert version(now=NOW + timedelta(seconds=9)) == first
    due = case_in(model.IN_REVIEW, promised_due=NOW + timedelta(hours=1), yellow_at=NOW - timedelta(hours=1))
    others = [
        version(findings={DEPARTMENT: 1}),
        version(findings={OTHER_DEPARTMENT: 1}),
        version(open=grouped([due])),
        version(now=NOW + timedelta(hours=2), open=grouped([due])),
        version(days=[Day(days[0].day, 1, 0), *days[1:]]),
        version(days=[Day(days[0].day, 0, 1), *days[1:]]),
        version(scope=Scope(REGION, DEPARTMENT)),
    ]
    tomorrow = NOW + timedelta(days=1)
    next_days = [Day(day, 0, 0) for day in model_board.last_days(TODAY + timedelta(days=1))]
    others.append(version(now=tomorrow, days=next_days))
    assert len({first, *others}) == len(others) + 1


# -- what officers do --------------------------------------------------------------------------------------------------


def shanghai(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def paused(start: datetime, end: datetime, pauses: bool = True) -> Procedure:
    return Procedure(1, 1, start, end, pauses, "", end)


# Monday the 2nd of November 2026 to the Friday of the week after.
ACCEPTED, DECIDED = shanghai(date(2026, 11, 2)), shanghai(date(2026, 11, 13))


@pytest.mark.parametrize(
    ("procedures", "days"),
    [
        ([], 9),
        ([paused(shanghai(date(2026, 11, 3)), shanghai(date(2026, 11, 5)))], 7),
        ([paused(shanghai(date(2026, 11, 3)), shanghai(date(2026, 11, 5)), pauses=False)], 9),
        ([paused(shanghai(date(2026, 11, 6)), shanghai(date(2026, 11, 9)))], 8),
        (
            [
                paused(shanghai(date(2026, 11, 3)), shanghai(date(2026, 11, 5))),
                paused(shanghai(date(2026, 11, 4)), shanghai(date(2026, 11, 6))),
            ],
            6,
        ),
    ],
)
def test_a_decision_took_the_working_days_its_clock_counted(procedures: list[Procedure], days: int) -> None:
    case = case_in(model.GRANTED, accepted_at=ACCEPTED, procedures=procedures)
    assert model_board.days_taken(case, DECIDED) == days


def test_a_decision_on_the_day_of_acceptance_or_on_the_weekend_after_took_none() -> None:
    friday = shanghai(date(2026, 11, 6))
    case = case_in(model.GRANTED, accepted_at=friday)
    assert model_board.days_taken(case, friday + timedelta(hours=3)) == 0
    assert model_board.days_taken(case, shanghai(date(2026, 11, 8))) == 0
    assert model_board.days_taken(case_in(model.GRANTED, accepted_at=None), friday) == 0


def test_ones_own_desk_counts_the_month_and_tells_the_last_days() -> None:
    late, soon = (
        case_in(model.IN_REVIEW, promised_due=NOW + timedelta(hours=hours), yellow_at=NOW - timedelta(hours=9))
        for hours in (-1, 1)
    )
    own = {
        "2026-10-31": {"accepted": 9, "decided/9": 9, "closed": 9},
        "2026-11-02": {"accepted": 1, "decided/4": 2},
        "2026-11-24": {"decided/0": 1, "decided/10": 1, "closed": 3},
    }
    desk = model_board.my_desk([late, soon, case_in(model.SUBMITTED)], own, {"decided/2": 8, "decided/12": 2}, NOW)
    assert (desk.open, desk.yellow, desk.red, desk.month) == (3, 1, 1, "2026-11")
    assert (desk.accepted, desk.decided, desk.closed) == (1, 4, 3)
    assert (desk.own.decisions, desk.own.days) == (4, 18)
    assert (desk.department.decisions, desk.department.days) == (10, 40)
    assert len(desk.days) == 14 and desk.days[0].day == "2026-11-11"
    assert (desk.days[-1].day, desk.days[-1].decided, desk.days[-1].closed) == ("2026-11-24", 2, 3)
    assert sum(day.accepted + day.decided + day.closed for day in desk.days) == 5


def test_nothing_done_is_nothing() -> None:
    desk = model_board.my_desk([], {}, {}, NOW)
    assert (desk.open, desk.decided, desk.own, desk.department) == (0, 0, pb.Taken(), pb.Taken())


# -- counted once for everybody ----------------------------------------------------------------------------------------


def test_a_hundred_who_ask_at_once_are_one_count() -> None:
    kept, counts, barrier = Kept(), list[int](), threading.Barrier(100)

    def count() -> int:
        counts.append(1)
        time.sleep(0.05)
        return len(counts)

    found = list[int]()

    def ask() -> None:
        barrier.wait()
        found.append(kept.get("county", count))

    threads = [threading.Thread(target=ask) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, counts) == ([1] * 100, [1])


@pytest.mark.parametrize(("takes", "again"), [(0.0, 1.0), (0.05, 1.0), (0.1, 2.0), (3.0, 60.0)])
def test_a_count_is_kept_a_second_or_twenty_times_as_long_as_it_took(
    monkeypatch: pytest.MonkeyPatch, takes: float, again: float
) -> None:
    clock, counts, kept = [100.0], list[float](), Kept()
    monkeypatch.setattr(store_board.time, "monotonic", lambda: clock[0])

    def count() -> float:
        clock[0] += takes
        counts.append(clock[0])
        return clock[0]

    first = kept.get("county", count)
    clock[0] += again - 0.01
    assert kept.get("county", count) == first and len(counts) == 1
    assert kept.get("another", lambda: "of another") == "of another"
    clock[0] += 0.02
    assert kept.get("county", count) > first and len(counts) == 2


def test_a_count_that_fails_is_made_again_by_the_next() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.get("county", lambda: 1 // 0)
    assert kept.get("county", lambda: 5) == 5


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_board, "MOST_KEPT", 10)
    monkeypatch.setattr(store_board, "SECONDS", 0.0)
    kept = Kept()
    for number in range(200):
        kept.get(f"{number}", lambda number=number: number)  # type: ignore[misc]
    assert len(kept._slots) <= 10
