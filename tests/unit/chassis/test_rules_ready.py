"""Rules made ready for many sets of facts, and formulas in whole numbers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import rules
from tests.support.rules import all_of, any_of, leaf
from tests.unit.chassis.test_rules import FACTS, NAMES, TREES, F, U, truth
from yiwang.rules.v1 import rules_pb2 as pb


@given(st.lists(TREES, min_size=1, max_size=4), FACTS, st.sets(st.sampled_from(NAMES)))
def test_rules_made_ready_say_over_one_context_what_each_judged_alone_says(
    trees: list[pb.Rule], told: dict[str, Any], nowhere: set[str]
) -> None:
    facts = told | dict.fromkeys(nowhere)
    ready, seen = rules.context(facts), dict[str, int]()
    for rule in trees:
        one = rules.prepared(rule)
        assert one.judge(facts, ready, seen) == truth(rule, **facts)
        assert one.reads == rules.reads(rule)


def test_a_condition_is_asked_once_for_all_rules_and_none_after_the_answer_is_clear() -> None:
    seen: dict[str, int] = {}
    both, either = rules.prepared(all_of(leaf("a"), leaf("b"))), rules.prepared(any_of(leaf("a"), leaf("c")))
    facts = {"a": False, "b": True, "c": True}
    assert both.judge(facts, rules.context(facts), seen) == F and seen == {"a": F}
    # What is known already is taken as it is.
    seen["c"] = U
    assert either.judge(facts, rules.context(facts), seen) == U


@pytest.mark.parametrize(
    ("source", "facts", "found"),
    [
        ("a / b", {"a": 7, "b": -2}, rules.Whole(-3)),
        ("a / b", {"a": 7, "b": 0}, rules.Whole(None, "DIVIDES_BY_ZERO")),
        ("a % b", {"a": 7, "b": 0}, rules.Whole(None, "DIVIDES_BY_ZERO")),
        ("a / b", {"a": -(2**63), "b": -1}, rules.Whole(None, "OVERFLOW")),
        ("a + b", {"a": 2**63 - 1, "b": 1}, rules.Whole(None, "OVERFLOW")),
        ("b + c + a", {"a": 1}, rules.Whole(None, "MISSING", ("b", "c"))),
        ("a ? 1 : b", {"a": True}, rules.Whole(1)),
        ("a + 1", {"a": None}, rules.Whole(None, "EVALUATION")),
        ("a > 1", {"a": 2}, rules.Whole(None, "NOT_WHOLE")),
        ("a +", {"a": 2}, rules.Whole(None, "EVALUATION")),
    ],
)
def test_a_formula_gives_a_whole_number_or_says_why_not(source: str, facts: dict[str, Any], found: rules.Whole) -> None:
    assert rules.whole(source, facts) == found


@pytest.mark.parametrize(
    "source", ["int(double(a) * 0.29)", "int(0.29 * 100.0)", "int(1E2)", "double(a)", "a > 1.5 ? 1 : 0"]
)
def test_a_formula_with_a_fraction_on_the_way_is_refused(source: str) -> None:
    assert [(one.field, one.reason) for one in rules.formula_faults(source, ["a"], "cel")] == [("cel", "NOT_WHOLE")]
    assert rules.whole(source, {"a": 100}) == rules.Whole(None, "NOT_WHOLE")


def test_whole_numbers_in_any_writing_are_no_fractions() -> None:
    for source in ("a * 0x1e", 'a == "1.5" ? 1 : 2', "a[0] // 1.5"):
        assert rules.formula_faults(source, ["a"], "cel") == []
