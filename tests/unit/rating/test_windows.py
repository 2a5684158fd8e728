"""Who was on duty at a window, and which rating of a case is given there, as the model has them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Refused
from services.rating import model_windows
from services.rating.model import DEFAULTED, OPEN, RATED, Rating
from services.rating.model_windows import Duty, Window, WindowCodes
from yiwang.rating.v1 import service_pb2 as pb

# Ten in the morning in China.
TEN = datetime(2026, 11, 23, 2, tzinfo=UTC)
DEPARTMENT = "11990121MB0000001K"
WINDOW = Window("w", "3", "政务大厅", "综合受理", DEPARTMENT, "990121101")


def duty(turn: int, minute: int, until: int | None = None) -> Duty:
    end = None if until is None else TEN + timedelta(minutes=until)
    return Duty(f"duty-{turn}", "w", f"officer-{turn}", "sw-1", turn, TEN + timedelta(minutes=minute), end)


def at(minute: float) -> datetime:
    return TEN + timedelta(minutes=minute)


def test_a_duty_lasts_from_its_beginning_until_somebody_ends_it() -> None:
    one = duty(1, 0, until=30)
    assert [model_windows.lasts(one, at(minute)) for minute in (-1, 0, 29.9, 30)] == [False, True, True, False]


def test_a_duty_lasts_until_midnight_in_china_at_the_latest() -> None:
    one = duty(1, 0)
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert model_windows.lasts(one, midnight - timedelta(seconds=1))
    assert not model_windows.lasts(one, midnight)


def test_the_later_turn_is_the_latest_whichever_clock_says_what() -> None:
    behind, ahead = duty(2, 0), duty(1, 1)
    assert model_windows.latest([ahead, behind], at(5)) == behind
    assert model_windows.latest([ahead, behind], at(-1)) is None
    assert model_windows.latest([], at(5)) is None


def test_of_two_duties_with_one_turn_the_one_that_lasts_is_the_latest() -> None:
    ended, lasting = duty(1, 0, until=0), replace(duty(1, 1), id="another")
    assert model_windows.latest([ended, lasting], at(5)) == lasting
    both = [duty(1, 0), lasting]
    assert model_windows.latest(both, at(5)) == model_windows.latest(both[::-1], at(5)) == both[0]


def test_what_is_served_is_the_window_of_its_day_in_china() -> None:
    served = model_windows.served(WINDOW, "示范县水务局", ["o"], datetime(2026, 11, 23, 16, 30, tzinfo=UTC))
    assert (served.subject, served.day) == ("政务大厅3号窗口（综合受理）", "2026-11-24")
    assert (served.item_id, served.case_id, list(served.officer_ids)) == ("", "", ["o"])
    assert model_windows.served(replace(WINDOW, label=""), "", [], TEN).subject == "政务大厅3号窗口"


def rating(node: int, status: int, department: str = DEPARTMENT) -> Rating:
    return Rating(
        f"{node}", status, node, 1, "case", "990121261122000001", "", "item", "code", "取水许可", department, "水务局",
        "990121101", "990121", "", [], "2026-11-22", 0, "person", TEN,
    )  # fmt: skip


def reason(*found: Rating) -> str:
    with pytest.raises(Refused) as said:
        model_windows.of_case(found, DEPARTMENT)
    return said.value.reason


def test_a_case_is_rated_by_its_closing_and_before_by_its_application() -> None:
    apply = rating(pb.SERVICE_NODE_APPLY, OPEN)
    for status in (OPEN, RATED, DEFAULTED):
        close = rating(pb.SERVICE_NODE_CLOSE, status)
        assert model_windows.of_case([apply, close], DEPARTMENT) == close
    assert model_windows.of_case([apply, rating(pb.SERVICE_NODE_PAY, OPEN)], DEPARTMENT) == apply


def test_a_case_that_goes_on_and_waits_for_no_rating_is_not_closed() -> None:
    for status in (RATED, DEFAULTED):
        assert reason(rating(pb.SERVICE_NODE_APPLY, status)) == "CASE_NOT_CLOSED"
    assert reason(rating(pb.SERVICE_NODE_PAY, OPEN)) == "CASE_NOT_CLOSED"


def test_a_case_of_another_department_is_as_unknown_as_one_there_is_not() -> None:
    assert reason() == reason(rating(pb.SERVICE_NODE_CLOSE, OPEN, "11990121MB0000002H")) == "CASE_UNKNOWN"


def test_printed_codes_are_revoked_by_the_next_generation() -> None:
    first = model_windows.revoke(None, WINDOW)
    assert (first.generation, first.window_id, first.region) == (model_windows.FIRST + 1, "w", WINDOW.region)
    assert model_windows.revoke(WindowCodes("w", WINDOW.region, 5), WINDOW).generation == 6


def test_a_case_number_shows_its_last_four_characters() -> None:
    assert model_windows.masked("9901212611220001234") == "*" * 15 + "1234"
