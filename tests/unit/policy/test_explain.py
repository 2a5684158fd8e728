"""Answers with reasons: computed again from themselves they are the same, they agree with a plain reading of the rules, and name the least
that lacks."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.rules import FALSE, TRUE, UNKNOWN
from services.policy import model_explain
from services.policy.model_explain import Taken
from services.policy.model_facts import DATE, DERIVED, INT, MONEY, REPORTED, Fact, Kind
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

NAMES = ("alpha", "beta", "gamma", "delta")
KINDS = {name: Kind(INT, name.upper(), cost=place % 3) for place, name in enumerate(NAMES)}
KINDS["sales_fen"] = Kind(MONEY, "营业收入", cost=1)
DAY, AT = date(2026, 7, 1), datetime(2026, 6, 1, tzinfo=UTC)
# A tree as nested tuples: a condition (`name op number`), or all, any, not of trees.
Tree = tuple[Any, ...]
CONDITIONS = st.tuples(st.just("leaf"), st.sampled_from(NAMES), st.sampled_from((">=", "<", "==")), st.integers(0, 3))
TREES: st.SearchStrategy[Tree] = st.recursive(
    CONDITIONS,
    lambda inner: (
        st.tuples(st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=3))
        | st.tuples(st.just("not"), st.lists(inner, min_size=1, max_size=1))
    ),
    max_leaves=6,
)
FACTS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3) | st.none(), max_size=4)
TAKEN = st.builds(Taken, st.integers(0, 1), st.integers(0, 300), st.integers(0, 2))
OVERLAPS = st.sampled_from((0, pb.OVERLAP_NO_REPEAT, pb.OVERLAP_HIGHEST))


def rule(tree: Tree, count: Any = None) -> rules_pb2.Rule:
    """The tree as the product has it."""
    count = count or itertools.count(1)
    if tree[0] == "leaf":
        _, name, sign, number = tree
        return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=f"c{next(count)}", cel=f"{name} {sign} {number}", says=name))
    parts = [rule(part, count) for part in tree[1]]
    if tree[0] == "not":
        found = rules_pb2.Rule()
        getattr(found, "not").CopyFrom(parts[0])
        return found
    both = rules_pb2.RuleList(rules=parts)
    return rules_pb2.Rule(all=both) if tree[0] == "all" else rules_pb2.Rule(any=both)


def plain(tree: Tree, facts: Mapping[str, int | None]) -> bool | None:
    """What the tree says, read plainly; None = nobody can tell."""
    if tree[0] == "leaf":
        _, name, sign, number = tree
        if name not in facts:
            return None
        value = facts[name]
        if value is None:
            return False
        return bool({">=": value >= number, "<": value < number, "==": value == number}[sign])
    said = [plain(part, facts) for part in tree[1]]
    if tree[0] == "not":
        return None if said[0] is None else not said[0]
    if tree[0] == "all":
        return False if False in said else None if None in said else True
    return True if True in said else None if None in said else False


def definition(tree: Tree, cel: str = "100", **told: Any) -> pb.PayoutItemDefinition:
    return pb.PayoutItemDefinition(rule=rule(tree), amount=pb.AmountFormula(cel=cel), **told)


def known(facts: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: Fact(name, value, "dept", "某局", REPORTED, AT) for name, value in facts.items()}


def explained(asked: pb.PayoutItemDefinition, facts: Mapping[str, Any], taken: Taken = Taken()) -> pb.Explanation:
    return model_explain.explain(asked, "item", 1, "uscc", "2026", DAY, known(facts), taken, KINDS)


TRUTHS = {True: TRUE, False: FALSE, None: UNKNOWN}


@given(TREES, FACTS, TAKEN, OVERLAPS)
def test_random_policies_on_random_facts_agree_with_a_plain_reading(
    tree: Tree, facts: dict[str, int | None], taken: Taken, overlap: int
) -> None:
    told = explained(definition(tree, overlap=overlap), facts, taken)
    excluded = overlap == pb.OVERLAP_NO_REPEAT and taken.group_claims > 0
    used_up = overlap == pb.OVERLAP_HIGHEST and taken.group_fen >= 100
    said = False if excluded or used_up or taken.claims else plain(tree, facts)
    assert told.result == TRUTHS[said]
    if said:
        assert told.amount.fen == 100 - (taken.group_fen if overlap == pb.OVERLAP_HIGHEST else 0)


@given(TREES, FACTS, TAKEN, OVERLAPS, st.sampled_from(("100", "alpha * 100 / (beta - 1)", "gamma - 2", "alpha * 1.5")))
def test_the_explanation_alone_recomputes_the_decision(
    tree: Tree, facts: dict[str, int | None], taken: Taken, overlap: int, cel: str
) -> None:
    asked = definition(tree, cel, overlap=overlap)
    told = explained(asked, facts, taken)
    # Through the wire, and with nothing else at hand.
    again = model_explain.recompute(pb.Explanation.FromString(told.SerializeToString()), asked, KINDS)
    assert again == told


@given(TREES, FACTS)
def test_the_missing_facts_are_the_cheapest_that_can_make_it_a_yes(tree: Tree, facts: dict[str, int | None]) -> None:
    told = explained(definition(tree, "delta * 100 + 100"), facts)
    if told.result != UNKNOWN:
        assert not told.missing
        return
    free = [name for name in NAMES if name not in facts]
    every = [set(names) for many in range(len(free) + 1) for names in itertools.combinations(free, many)]
    # The formula wants its own fact whatever the rule wants.
    formula = {"delta"} - facts.keys()
    deciding = [names for names in every if could(tree, facts, names)]
    named = {one.name for one in told.missing}
    assert formula <= named and named - facts.keys() == named
    assert any(names | formula == named for names in deciding)
    assert min(map(cost, deciding)) in {cost(names) for names in deciding if names | formula == named}


def cost(names: set[str]) -> int:
    """What it costs an enterprise to tell these: first by how dear they are, then by how many."""
    return sum(1 + 10 * KINDS[name].cost for name in names)


def could(tree: Tree, facts: Mapping[str, int | None], names: set[str], want: bool = True) -> bool:
    """Whether the tree could be what is wanted, were these facts told: conditions one by one, each as it is needed."""
    if tree[0] == "leaf":
        return tree[1] in names if tree[1] not in facts else plain(tree, facts) is want
    if tree[0] == "not":
        return could(tree[1][0], facts, names, not want)
    said = [could(part, facts, names, want) for part in tree[1]]
    return all(said) if (tree[0] == "all") == want else any(said)


@given(TREES, FACTS)
def test_what_lacks_is_the_least_and_turning_it_makes_it_a_yes(tree: Tree, facts: dict[str, int | None]) -> None:
    told = explained(definition(tree), facts)
    if told.result != FALSE:
        assert not told.lacking
        return
    ids = {one.leaf for one in told.lacking}
    truths = {leaf.id: leaf.truth for leaf in leaves(told.verdict)}
    assert turned(told.verdict, truths, ids)
    smaller = itertools.chain.from_iterable(itertools.combinations(sorted(truths), many) for many in range(len(ids)))
    assert not any(turned(told.verdict, truths, set(less)) for less in smaller)


def leaves(verdict: rules_pb2.Verdict) -> list[rules_pb2.Verdict]:
    return [leaf for part in verdict.parts for leaf in leaves(part)] if verdict.parts else [verdict]


def turned(verdict: rules_pb2.Verdict, truths: Mapping[str, int], ids: set[str], want: bool = True) -> bool:
    """Whether the tree is what is wanted with these leaves as they would have to be for it."""
    if not verdict.parts:
        return verdict.id in ids or truths[verdict.id] == (TRUE if want else FALSE)
    if verdict.kind == rules_pb2.NODE_KIND_NOT:
        return turned(verdict.parts[0], truths, ids, not want)
    said = [turned(part, truths, ids, want) for part in verdict.parts]
    return all(said) if (verdict.kind == rules_pb2.NODE_KIND_ALL) == want else any(said)


def test_every_fact_comes_with_its_source_its_date_and_words_for_people() -> None:
    told = explained(definition(("leaf", "alpha", ">=", 1), "sales_fen / 10"), {"alpha": 2, "sales_fen": 123_456_00})
    used = {one.name: (one.title, one.source, one.at, one.shown) for one in told.facts}
    assert used["sales_fen"] == ("营业收入", "某局", AT.isoformat(), "123,456.00元")
    assert told.amount.fen == 12_345_60


def test_a_veto_nobody_told_of_leaves_it_open_and_one_that_holds_ends_it() -> None:
    asked = definition(("leaf", "alpha", ">=", 0), vetoes=["beta"])
    assert explained(asked, {"alpha": 1}).result == UNKNOWN
    assert explained(asked, {"alpha": 1, "beta": False}).result == TRUE
    told = explained(asked, {"alpha": 1, "beta": True})
    assert (told.result, [one.leaf for one in told.lacking]) == (FALSE, ["veto.beta"])


@pytest.mark.parametrize(
    ("cel", "facts", "result", "fault"),
    [
        ("alpha / beta", {"alpha": 1, "beta": 0}, FALSE, "DIVIDES_BY_ZERO"),
        ("alpha * 9223372036854775807", {"alpha": 3}, FALSE, "OVERFLOW"),
        ("alpha - 5", {"alpha": 3}, FALSE, "NEGATIVE"),
        ("alpha * 1000000000000000", {"alpha": 1}, FALSE, "OVERFLOW"),
        ("double(alpha)", {"alpha": 3}, FALSE, "NOT_WHOLE"),
        ("alpha", {}, UNKNOWN, "MISSING"),
        ("alpha - 3", {"alpha": 3}, FALSE, ""),
    ],
)
@pytest.mark.parametrize("overlap", [pb.OVERLAP_UNSPECIFIED, pb.OVERLAP_NO_REPEAT, pb.OVERLAP_HIGHEST])
def test_a_formula_without_an_amount_pays_nothing_and_says_why(
    cel: str, facts: dict[str, int], result: int, fault: str, overlap: pb.Overlap.ValueType
) -> None:
    asked = pb.PayoutItemDefinition(amount=pb.AmountFormula(cel=cel), overlap=overlap)
    told = explained(asked, facts)
    assert (told.result, told.amount.fault, told.amount.fen) == (result, fault, 0)
    if result == FALSE:
        assert told.lacking[0].leaf == "amount" and told.lacking[0].says
    else:
        assert [one.name for one in told.missing] == ["alpha"]


def test_beside_what_the_group_paid_a_formula_that_fails_is_a_no_and_one_that_lacks_a_fact_is_open() -> None:
    asked = pb.PayoutItemDefinition(amount=pb.AmountFormula(cel="alpha / beta"), overlap=pb.OVERLAP_HIGHEST)
    paid = Taken(group_fen=5, group_claims=1)
    failed = explained(asked, {"alpha": 1, "beta": 0}, paid)
    assert (failed.result, [one.leaf for one in failed.lacking]) == (FALSE, ["overlap", "amount"])
    assert failed.lacking[1].says == "计算公式的除数为零"
    lacks = explained(asked, {"alpha": 1}, paid)
    assert (lacks.result, [one.name for one in lacks.missing]) == (UNKNOWN, ["beta"])
    assert explained(asked, {"alpha": 100, "beta": 10}, paid).amount.fen == 5


def test_a_condition_that_fails_beside_a_formula_that_fails_is_not_all_that_lacks() -> None:
    told = explained(definition(("leaf", "alpha", ">=", 5), "alpha / beta"), {"alpha": 1, "beta": 0})
    assert (told.result, [one.leaf for one in told.lacking]) == (FALSE, ["c1", "amount"])


def test_days_that_were_counted_are_told_by_the_day_and_a_fact_of_days_by_itself() -> None:
    asked = pb.PayoutItemDefinition(amount=pb.AmountFormula(cel="training_days * 100 + registered_on_days"))
    kinds = {"training_days": Kind(INT, "培训天数", "天"), "registered_on": Kind(DATE, "成立日期")}
    facts = known({"training_days": 3, "registered_on": "2026-06-01"})
    told = model_explain.explain(asked, "item", 1, "uscc", "2026", DAY, facts, Taken(), kinds)
    used = {one.name: (one.title, one.source, one.kind, one.shown) for one in told.facts}
    assert used["training_days"] == ("培训天数", "某局", REPORTED, "3天")
    assert used["registered_on_days"] == ("成立日期至今天数", "某局", DERIVED, "30天")
