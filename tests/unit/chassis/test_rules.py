"""Rules: three values, reasons at every leaf, and bounds on what an expression may cost."""

import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import rules
from tests.support.rules import all_of, any_of, leaf, not_
from tests.support.sources import ROOT
from yiwang.rules.v1 import rules_pb2 as pb

T, F, U = pb.TRUTH_TRUE, pb.TRUTH_FALSE, pb.TRUTH_UNKNOWN


def truth(rule: pb.Rule, **facts: Any) -> int:
    return rules.judge(rule, facts).truth


def reasons(cel: str, *facts: str) -> list[str]:
    return [one.reason for one in rules.faults(leaf(cel), facts or None, "when")]


# -- three values --------------------------------------------------------------------------------------------------------

CONSTANT = {T: leaf("true"), F: leaf("false"), U: leaf("nobody_told")}
AND = {(T, T): T, (T, F): F, (T, U): U, (F, F): F, (F, U): F, (U, U): U}
OR = {(T, T): T, (T, F): T, (T, U): T, (F, F): F, (F, U): U, (U, U): U}


@pytest.mark.parametrize("left", [T, F, U])
@pytest.mark.parametrize("right", [T, F, U])
def test_all_any_and_not_are_kleenes(left: int, right: int) -> None:
    both = (CONSTANT[left], CONSTANT[right])
    pair = (left, right) if (left, right) in AND else (right, left)
    assert truth(all_of(*both)) == AND[pair]
    assert truth(any_of(*both)) == OR[pair]
    assert truth(not_(CONSTANT[left])) == {T: F, F: T, U: U}[left]


def test_a_leaf_tells_what_it_read_what_it_lacks_and_where_it_is_from() -> None:
    rule = leaf('premises == "rented" && area > 60', id="rent", basis="条例第三条", says="经营场所为租赁")
    verdict = rules.judge(rule, {"premises": "rented", "unread": 1})
    assert (verdict.truth, verdict.id, verdict.basis, verdict.says) == (U, "rent", "条例第三条", "经营场所为租赁")
    assert dict(verdict.facts) == {"premises": '"rented"'} and list(verdict.missing) == ["area"]
    assert truth(rule, premises="rented", area=61) == T and truth(rule, premises="rented", area=60) == F


def test_a_condition_that_cel_decides_without_the_missing_fact_is_decided() -> None:
    assert truth(leaf("untold || a"), a=True) == T
    assert truth(leaf("untold && a"), a=False) == F
    assert truth(leaf("a ? b : untold"), a=True, b=False) == F
    assert list(rules.judge(leaf("untold || a"), {"a": True}).missing) == []


@pytest.mark.parametrize(
    ("cel", "fault"), [("area", "NOT_BOOLEAN"), ('area > "x"', "EVALUATION"), ("[1][area] == 1", "EVALUATION")]
)
def test_what_cannot_be_judged_although_all_is_told_is_unknown_with_its_fault(cel: str, fault: str) -> None:
    verdict = rules.judge(leaf(cel), {"area": 7})
    assert (verdict.truth, verdict.fault, list(verdict.missing)) == (U, fault, [])


def test_a_condition_on_what_is_known_not_to_exist_does_not_hold() -> None:
    assert truth(leaf("area > 60"), area=None) == F
    assert truth(leaf('kind != "x"'), kind=None) == F
    assert truth(leaf("kind || sure"), kind=None, sure=True) == T
    assert truth(leaf("kind || untold"), kind=None) == U
    assert truth(not_(leaf("area > 60")), area=None) == T


def test_lists_and_texts_can_be_asked() -> None:
    facts = {"goods": ["milk", "tea"], "name": "小张"}
    for cel in ('"tea" in goods', 'goods.exists(g, g.startsWith("mi"))', "size(goods) == 2", 'name.contains("张")'):
        assert truth(leaf(cel), **facts) == T, cel
    assert truth(leaf('goods.all(g, g == "tea")'), **facts) == F


# -- properties ----------------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c", "n")
LEAVES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "a || b",
        "a && !c",
        "n > 3",
        "n == 7 || a",
        'n > "x"',
        "a ? b : c",
        "n",
        "[1, 2].exists(x, x == n || a)",
    ]
).map(leaf)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: all_of(*parts)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: any_of(*parts)),
        inner.map(not_),
    ),
    max_leaves=8,
)
FACTS = st.fixed_dictionaries(
    {}, optional={"a": st.booleans(), "b": st.booleans(), "c": st.booleans(), "n": st.integers(-9, 9)}
)
KINDS = {"all": pb.NODE_KIND_ALL, "any": pb.NODE_KIND_ANY, "not": pb.NODE_KIND_NOT, "leaf": pb.NODE_KIND_LEAF}


@given(TREES, FACTS, FACTS)
def test_telling_more_never_turns_what_was_decided(rule: pb.Rule, some: dict[str, Any], more: dict[str, Any]) -> None:
    before, after = truth(rule, **some), truth(rule, **(more | some))
    assert before in (U, after)


@given(TREES, FACTS)
def test_the_same_facts_give_the_same_verdict_whatever_their_order(rule: pb.Rule, facts: dict[str, Any]) -> None:
    replayed = pb.Rule.FromString(rule.SerializeToString(deterministic=True))
    again = rules.judge(replayed, dict(reversed(facts.items())))
    assert again == rules.judge(rule, facts)


@given(TREES, FACTS)
def test_the_verdict_is_the_rule_again(rule: pb.Rule, facts: dict[str, Any]) -> None:
    def same(node: pb.Rule, verdict: pb.Verdict) -> None:
        kind = node.WhichOneof("node")
        assert kind and verdict.kind == KINDS[kind] and verdict.truth in (T, F, U)
        parts = [getattr(node, "not")] if kind == "not" else list(getattr(node, kind).rules) if kind != "leaf" else []
        assert len(parts) == len(verdict.parts)
        if kind == "leaf":
            read = rules.reads(node)
            assert set(verdict.facts) == read & facts.keys()
            assert set(verdict.missing) <= read - facts.keys()
            assert (verdict.truth == U) == bool(verdict.missing or verdict.fault)
        for part, shown in zip(parts, verdict.parts, strict=True):
            same(part, shown)

    same(rule, rules.judge(rule, facts))


@given(TREES)
def test_a_rule_reads_what_its_leaves_name(rule: pb.Rule) -> None:
    assert {one.reason for one in rules.faults(rule, NAMES, "when")} <= {"LEAF_TWICE"}
    assert rules.reads(rule) <= set(NAMES)


@settings(max_examples=300)
@given(st.text(alphabet="ab1 .,()[]{}!-+?:&|=<>\"'\\/xsize", max_size=60))
def test_no_expression_breaks_the_check_and_none_that_passes_breaks_the_judge(cel: str) -> None:
    if not rules.faults(leaf(cel), None, "when"):
        verdict = rules.judge(leaf(cel), {"a": True, "b": [1, 2]})
        assert verdict.truth in (T, F, U)


# -- what is refused before anything is run --------------------------------------------------------------------------------


def test_an_expression_that_does_not_parse_is_refused_with_its_place() -> None:
    (found,) = rules.faults(all_of(leaf("true"), not_(leaf("a > \n> 1", id="x2"))), None, "materials[2].when")
    assert found.field == "materials[2].when.all.rules[1].not.leaf.cel"
    assert found.reason == "CEL_SYNTAX" and "第2行第1个字符" in found.message


@pytest.mark.parametrize(
    ("cel", "reason"),
    [
        ("a == b", "FACT_UNKNOWN"),
        ('a.matches("(x+)+y")', "FUNCTION_UNKNOWN"),
        ("a.foo()", "FUNCTION_UNKNOWN"),
        ("[1, 2].exists(x, [1].all(y, x == y))", "CEL_NESTED"),
        ("a.filter(x, x > 1).filter(x, x > 2).filter(x, x > 0).exists(x, x > 3)", "CEL_NESTED"),
        ("a.map(x, a) == [a]", "FUNCTION_UNKNOWN"),
        ("a" + " + a" * 11 + " == a", "CEL_TOO_LONG"),
        ("[1].exists(x, x == 1) && x", "NAME_TWICE"),
        ('r"\\" == a', "CEL_UNSUPPORTED"),
        ('"""x""" == a', "CEL_UNSUPPORTED"),
        ('a == "x', "CEL_UNSUPPORTED"),
        ("Money{a: 1} == a", "CEL_UNSUPPORTED"),
        (".a == 1", "CEL_UNSUPPORTED"),
        ("a == 1" + " " * 1000, "CEL_TOO_LONG"),
        ("(" * 21 + "a" + ")" * 21, "CEL_TOO_DEEP"),
        ("a.exists(i, v, v == 1)", "FUNCTION_UNKNOWN"),
    ],
)
def test_what_could_cost_too_much_or_says_nothing_is_refused(cel: str, reason: str) -> None:
    assert reasons(cel, "a") == [reason]


@pytest.mark.parametrize(
    "cel",
    [
        'a == "(((((((((((((((((((((((((" ',
        'a in ["x", "y"]',
        "a in {'x': 1}",
        "// note (((\n a > 1",
        "a.exists(x, x > 1)",
    ],
)
def test_what_is_plain_passes(cel: str) -> None:
    assert reasons(cel, "a") == []


def test_rules_too_deep_too_large_empty_or_with_a_leaf_twice_are_refused() -> None:
    deep = leaf("a")
    for _ in range(8):
        deep = not_(deep)
    wide = all_of(*(any_of(*(leaf("a", id=f"x{row}_{n}") for n in range(50))) for row in range(5)))
    assert [one.reason for one in rules.faults(deep, ["a"], "when")] == ["RULE_TOO_DEEP"]
    assert [one.reason for one in rules.faults(wide, ["a"], "when")] == ["RULE_TOO_LARGE"]
    twice = any_of(leaf("a", id="same"), leaf("!a", id="same"))
    assert [one.reason for one in rules.faults(twice, ["a"], "when")] == ["LEAF_TWICE"]
    for empty in (pb.Rule(), pb.Rule(all=pb.RuleList()), not_(pb.Rule())):
        assert [one.reason for one in rules.faults(empty, None, "when")] == ["RULE_EMPTY"]


@pytest.mark.parametrize(
    "part", ["(", "!", "-", "[", "a?", "true?true:", "a.", "size(", "{1:", "a+", "a||", '"', "a[0]"]
)
def test_an_absurd_expression_is_refused_at_once_and_kills_nothing(part: str) -> None:
    """In a process of its own, and in a thread of it: what overflows a stack takes its process along."""
    program = (
        "import sys, threading, time\nfrom chassis import rules\nfrom yiwang.rules.v1 import rules_pb2 as pb\n"
        "def run():\n"
        "  for count in (40, 150, 10_000):\n"
        "    for text in (sys.argv[1] * count + 'a', (sys.argv[1] * count)[:999]):\n"
        "      began = time.perf_counter()\n"
        "      rule = pb.Rule(leaf=pb.Leaf(id='x', cel=text))\n"
        "      if not rules.faults(rule, None, 'when'): rules.judge(rule, {'a': True})\n"
        "      assert time.perf_counter() - began < 1, text[:20]\n"
        "  print('alive')\n"
        "rules.reads(pb.Rule(leaf=pb.Leaf(id='x', cel='a')))\n"
        "thread = threading.Thread(target=run); thread.start(); thread.join()\n"
    )
    path = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}
    done = subprocess.run([sys.executable, "-c", program, part], env=path, capture_output=True, text=True)
    assert done.stdout == "alive\n", (done.returncode, done.stderr[-300:])


DEAR = [
    "a.filter(x, x in b).exists(x, " + " || ".join(["x in b"] * 95) + ")",
    "a.exists(x, x in " + " + ".join(["b"] * 11) + ")",
    "a.exists(x, [" + ", ".join(["a"] * 240) + "] == [" + ", ".join(["a"] * 80) + ", b])",
    "a.exists(x, " + " || ".join(["a + b == b"] * 10) + " || " + " || ".join(["[a, a] == [a, b]"] * 40) + ")",
    " || ".join(["size(a) < 1"] * 66),
]


@pytest.mark.parametrize("cel", DEAR)
def test_the_dearest_expressions_that_pass_are_judged_in_a_wink(cel: str) -> None:
    facts = {"a": [f"value{n:034}" for n in range(50)], "b": [f"value{n:033}x" for n in range(50)]}
    assert rules.faults(leaf(cel), facts, "when") == []
    began = time.process_time()
    assert rules.judge(leaf(cel), facts).fault == ""
    assert time.process_time() - began < 0.3


def test_many_threads_judge_at_once() -> None:
    rule = all_of(leaf("n > 10"), any_of(leaf("a"), not_(leaf("b"))))
    wrong = []

    def run(number: int) -> None:
        for _ in range(500):
            if truth(rule, n=number, a=number % 2 == 0, b=True) != (T if number > 10 and number % 2 == 0 else F):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_engine_comes_without_its_command_line() -> None:
    program = "import sys; from chassis import rules_cel; rules_cel._engine(); print('typer' in sys.modules, 'rich' in sys.modules)"
    path = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}"}
    done = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
