"""What the stand-in answers is what the platform answers: comparisons, decisions, tokens of the watch, rows."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.kit import DEPARTMENT, REGION, many_cases, row, step, whole_case
from yiwang.case.v1 import exchange_pb2 as pb
from yiwang_kit.lessons import Lessons
from yiwang_kit.recorder import digest
from yiwang_kit.server_push import faults_of
from yiwang_kit.server_reconcile import compare, wanted_by
from yiwang_kit.server_report import _held_back
from yiwang_kit.settings import Settings
from yiwang_kit.stage import FIRST, Stage

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
KIND = pb.DifferenceKind


def differences(entries: list[tuple[str, int]], here: dict[str, set[int]], whole: bool = True) -> dict[str, str]:
    answer = compare(entries, here, whole)
    assert (answer.there, answer.here) == (len(dict(entries)), len(here))
    return {one.number: KIND.Name(one.kind).removeprefix("DIFFERENCE_KIND_") for one in answer.differences}


def test_each_kind_of_difference_is_told() -> None:
    assert differences([("A", 2)], {"A": {1, 2}}) == {}
    assert differences([("A", 2)], {}) == {"A": "MISSING_HERE"}
    assert differences([], {"A": {1}}) == {"A": "MISSING_THERE"}
    assert differences([("A", 3)], {"A": {1, 2}}) == {"A": "BEHIND_HERE"}
    assert differences([("A", 3)], {"A": {1, 3}}) == {"A": "BEHIND_HERE"}
    assert differences([("A", 1)], {"A": {1, 2}}) == {"A": "BEHIND_THERE"}
    assert differences([("A", 3)], {"A": {3}}, whole=False) == {}


def test_an_answer_asks_for_what_is_missing_here() -> None:
    answer = compare([("A", 3), ("B", 2), ("C", 1)], {"A": {1, 3}, "C": {1, 2}}, True)
    assert wanted_by(answer) == [("A", 2), ("B", 1), ("B", 2), ("B", 0)]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"granted": False}, ("reason", "REQUIRED")),
        ({"granted": False, "reason": " "}, ("reason", "REQUIRED")),
        ({"decided_at": "2026-11-20 12:00:00"}, ("decided_at", "MALFORMED")),
        ({"decided_at": "2026-11-20T12:05:01+08:00"}, ("decided_at", "FUTURE_TIME")),
        ({"decided_at": "2026-11-20T10:59:58+08:00"}, ("decided_at", "BEFORE_ACCEPTANCE")),
    ],
)
def test_a_decision_is_looked_at_as_on_the_platform(changes: dict[str, object], fault: tuple[str, str]) -> None:
    told = {"granted": True, "decided_at": "2026-11-20T12:05:00+08:00"}
    accepted_at = NOW - timedelta(hours=1)
    assert faults_of(pb.PushResultRequest(**told), accepted_at, NOW) == []
    assert faults_of(pb.PushResultRequest(**(told | changes)), accepted_at, NOW) == [fault]


def stage() -> Stage:
    return Stage(Settings(DEPARTMENT, REGION))


def test_a_token_of_the_watch_leads_to_where_it_was_given_and_another_to_none() -> None:
    one = stage()
    one.extend(FIRST)
    tokens = [one.message(place).token for place in range(len(FIRST))]
    assert [one.place_of(token) for token in tokens] == [1, 2, 3, 4, 5, 6]
    assert one.place_of("") == 6 and one.place_of("earliest") == 0
    for token in ("x", "kit1--1", f"kit1-{one.epoch}-7", f"kit1-{one.epoch}-²", f"kit1-{one.epoch}-" + "9" * 80):
        assert one.place_of(token) is None


def test_an_event_that_comes_twice_is_the_same_event() -> None:
    one = stage()
    one.extend(FIRST)
    told = [one.message(place) for place in range(len(FIRST))]
    assert told[1].event == told[4].event and told[1].token != told[4].token
    assert not told[0].HasField("event")


def test_rows_land_once_and_never_change() -> None:
    one, other = whole_case("A")[0], whole_case("A")[0]
    other.applied.item_name = "另一名称"
    held = stage()
    assert [held.land(each, digest(each)) for each in (one, one, other)] == ["landed", "known", "changed"]


def test_the_stand_in_forgets_a_case_and_the_last_row_of_another() -> None:
    held = stage()
    for one in many_cases(3):
        held.land(one, digest(one))
    day = next(iter(held.days.values()))
    gone = held.forget(day)
    assert gone == [*(("KIT-0000", seq) for seq in range(1, 9)), ("KIT-0001", 8)]
    assert held.seqs_of_day(day).keys() == {"KIT-0001", "KIT-0002"}


def test_two_rows_of_many_are_held_back_and_no_application_where_there_is_another() -> None:
    assert len(_held_back(many_cases(3))) == 2
    assert list(_held_back(whole_case("A")[:1])) == [("A", 1)]
    assert all(seq > 1 for _, seq in _held_back([one for n in range(9) for one in whole_case(f"A{n}")[:2]]))
    assert list(_held_back([row("A", 5, step())])) == [("A", 5)]


def test_a_lesson_is_taken_once_and_only_in_its_turn() -> None:
    lessons = Lessons("quick", silent=False)
    assert "silent" not in lessons.left["watch"]
    assert lessons.take("report", "quota") == "" and lessons.take("report", "expired") == "expired"
    assert lessons.next("report") == "quota" and not lessons.over()
    for rpc in lessons.left:
        while lessons.take(rpc):
            pass
    assert lessons.over() and lessons.next("report") == ""
