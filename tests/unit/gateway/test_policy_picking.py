"""Conditions picked from lists: what is written is an expression the rules take, and says what was picked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import rules
from services.gateway.policy_picking import HOWS, picked
from services.gateway.policy_rules import LEAF, Row
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.rules.v1 import rules_pb2

ROW = Row(1, LEAF, "c1")
BOOL, INT, MONEY = pb.FACT_TYPE_BOOL, pb.FACT_TYPE_INT, pb.FACT_TYPE_MONEY
DATE, TEXT, LIST = pb.FACT_TYPE_DATE, pb.FACT_TYPE_TEXT, pb.FACT_TYPE_LIST


def kind(type: int, name: str = "thing", unit: str = "") -> pb.FactKind:
    return pb.FactKind(name=name, type=type, title="某事", unit=unit)


@pytest.mark.parametrize(
    ("type", "how", "typed", "cel", "says"),
    [
        (BOOL, "is", "", "thing", "某事是"),
        (BOOL, "not", "", "!thing", "某事不是"),
        (INT, "ge", "1,200", "thing >= 1200", "某事不少于 1,200 人"),
        (INT, "lt", "-3", "thing < -3", "某事少于 -3 人"),
        (MONEY, "le", "2000.50", "thing <= 200050", "某事不超过 2000.50 元"),
        (DATE, "since", "365", "thing_days >= 365", "某事至今不少于 365 天"),
        (TEXT, "equal", "C3569", 'thing == "C3569"', "某事等于 C3569"),
        (LIST, "has", "品牌", '"品牌" in thing', "某事包含 品牌"),
    ],
)
def test_what_is_picked_is_written(type: int, how: str, typed: str, cel: str, says: str):
    row, fault = picked(ROW, kind(type, unit="人"), how, typed)
    assert (row.cel, row.says, fault) == (cel, says, "")
    assert not rules.faults(_rule(row), {"thing", "thing_days"}, "rule")


@pytest.mark.parametrize(
    ("type", "how", "typed", "said"),
    [
        (None, "is", "", "请选择企业信息"),
        (BOOL, "ge", "3", "只能比较：是、不是"),
        (INT, "", "3", "只能比较：不少于"),
        (INT, "ge", "", "应填数字"),
        (INT, "ge", "1.5", "应填数字"),
        (MONEY, "ge", "一百", "应填数字"),
        (MONEY, "ge", "1.555", "应填数字"),
        (TEXT, "equal", 'x" || true || "', "应填文字"),
        (TEXT, "equal", "", "应填文字"),
        (LIST, "has", "a\\", "应填文字"),
    ],
)
def test_what_does_not_fit_is_named_and_the_row_stays(type: int | None, how: str, typed: str, said: str):
    row, fault = picked(ROW, None if type is None else kind(type), how, typed)
    assert row == ROW and said in fault


def test_words_that_stand_there_stay():
    row, _ = picked(ROW._replace(says="职工超过五人"), kind(INT), "gt", "5")
    assert (row.cel, row.says) == ("thing > 5", "职工超过五人")


@given(
    st.sampled_from((BOOL, INT, MONEY, DATE, TEXT, LIST)), st.sampled_from((*HOWS, "", "other")), st.text(max_size=12)
)
def test_whatever_is_typed_makes_one_comparison_or_nothing(type: int, how: str, typed: str):
    row, fault = picked(ROW, kind(type), how, typed)
    assert bool(row.cel) != bool(fault)
    if not fault:
        assert not rules.faults(_rule(row), {"thing", "thing_days"}, "rule"), row.cel


def _rule(row: Row) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=row.id, cel=row.cel, says=row.says))
