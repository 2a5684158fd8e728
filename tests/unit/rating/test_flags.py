"""From how much on a rating is counted apart."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rating import model_flags
from services.rating.model_flags import ADDRESS, DEVICE, TERMINAL, Rule
from yiwang.rating.v1 import service_pb2 as pb

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def at(*seconds: float) -> list[tuple[datetime, str]]:
    return [(START + timedelta(seconds=one), str(number)) for number, one in enumerate(seconds)]


@pytest.mark.parametrize(("rule", "most", "seconds"), [(DEVICE, 3, 600), (ADDRESS, 20, 600), (TERMINAL, 5, 120)])
def test_one_more_than_the_most_within_its_time_is_a_burst_and_all_of_it_is_found(
    rule: Rule, most: int, seconds: int
) -> None:
    step = (seconds - 1) / most
    assert model_flags.bursts(rule, at(*(step * number for number in range(most)))) == {}
    burst = model_flags.bursts(rule, at(*(step * number for number in range(most + 1))))
    assert burst == {str(number): most + 1 for number in range(most + 1)}
    step = seconds / most
    assert model_flags.bursts(rule, at(*(step * number for number in range(most + 1)))) == {}, "just outside"


def test_who_rates_before_and_after_a_burst_is_no_part_of_it() -> None:
    rows = at(0, 2000, 2001, 2002, 2003, 4000)
    assert model_flags.bursts(DEVICE, rows) == {"1": 4, "2": 4, "3": 4, "4": 4}


@given(st.lists(st.integers(0, 5000), max_size=40))
def test_a_burst_is_what_counting_every_stretch_of_time_finds(seconds: list[int]) -> None:
    rows = at(*seconds)
    expected: dict[str, int] = {}
    for first, _ in rows:
        inside = [id for moment, id in rows if first <= moment < first + DEVICE.within]
        if len(inside) > DEVICE.most:
            expected.update({id: max(expected.get(id, 0), len(inside)) for id in inside})
    assert model_flags.bursts(DEVICE, rows) == expected


def test_a_terminal_of_the_hall_is_looked_at_by_a_rule_of_its_own() -> None:
    assert model_flags.rules_of(pb.RATING_CHANNEL_TABLET) == (TERMINAL,)
    assert model_flags.rules_of(pb.RATING_CHANNEL_TERMINAL) == (TERMINAL,)
    for channel in (pb.RATING_CHANNEL_PC, pb.RATING_CHANNEL_MOBILE, pb.RATING_CHANNEL_QR):
        assert model_flags.rules_of(channel) == (DEVICE, ADDRESS)


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("digit", ["1", "2", "3", "4", "5"])
def test_a_tag_of_another_grade_contradicts(grade: int, digit: str) -> None:
    """The first digit of a tag's code is the grade's by GB/T 39046: 1 = very satisfied."""
    raised = model_flags.contradiction(grade, [f"{digit}01"])
    same = 6 - int(digit) == grade
    assert (raised is None) == same
    if raised:
        assert raised.kind == pb.FLAG_KIND_CONTRADICTION
        assert model_flags.GRADES[6 - int(digit)] in raised.reason


def test_a_contradiction_says_how_much_of_what_was_ticked() -> None:
    raised = model_flags.contradiction(pb.GRADE_VERY_SATISFIED, ["101", "501", "421"])
    assert raised is not None
    assert raised.reason == "评价等级为“非常满意”，所选3项指标中有2项属于“不满意”、“非常不满意”"
    assert model_flags.contradiction(pb.GRADE_SATISFIED, []) is None


def test_a_text_is_the_same_whatever_stands_between_its_words() -> None:
    one = model_flags.plain("窗口的工作人员态度恶劣，办事拖拉，Very BAD！")
    assert one == model_flags.plain("　窗口的 工作人员\n态度恶劣。。办事拖拉（ｖｅｒｙ bad）")
    assert one != model_flags.plain("窗口的工作人员态度恶劣，办事不拖拉，Very BAD！")
    assert model_flags.plain("服务态度非常好，办事很快！！！！！！！！！") == "", "too short to tell"


def test_nothing_found_is_no_flag_and_a_reason_has_figures() -> None:
    assert model_flags.copied(0) is None
    assert model_flags.self_rated(0) is None
    for raised in (model_flags.copied(2), model_flags.self_rated(1), model_flags.burst(DEVICE, 7)):
        assert raised is not None
        assert re.search(r"\d", raised.reason)
    assert model_flags.burst(DEVICE, 7).reason == "同一设备10分钟内评价7次（超过3次）"
