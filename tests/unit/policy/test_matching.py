"""Matching: what is looked at again when something changes is enough, and says what the full explanation says."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import rules
from services.policy import model_explain, model_matches
from services.policy.model_explain import Taken
from services.policy.model_facts import REPORTED, Fact
from services.policy.model_matches import Judged, Plan
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = date(2026, 11, 20)
REGIONS = ("990121", "990122", "990100")


def leaf(cel: str) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=f"l{abs(hash(cel)) % 10**9}", cel=cel))


def node(kind: str, *parts: rules_pb2.Rule) -> rules_pb2.Rule:
    rule = rules_pb2.Rule()
    if kind == "not":
        getattr(rule, kind).CopyFrom(parts[0])
    else:
        getattr(rule, kind).rules.extend(parts)
    return rule


def definition(rule: rules_pb2.Rule, cel: str = "revenue / 100", **told: Any) -> pb.PayoutItemDefinition:
    amount = pb.AmountFormula(cel=cel, cap_fen=told.pop("cap", 5_000), unit_fen=told.pop("unit", 100))
    return pb.PayoutItemDefinition(
        title="某奖补",
        rule=rule,
        amount=amount,
        region=told.pop("region", "990121"),
        period=pb.PERIOD_KIND_YEAR,
        **told,
    )


leaves = st.sampled_from(
    [
        "revenue > 5000",
        "staff >= 3 && revenue > 100",
        "founded_on_days > 30",
        'founded_on > "2026-01-01"',
        "high_tech",
        '"b" in tags',
        'region.startsWith("990121")',
        "today > 20261121",
        "high_tech || staff > 2",
        "revenue / staff > 1000",
        "claimed_this_period == 0",
    ]
).map(leaf)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: node("all", *parts), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: node("any", *parts), st.lists(inner, min_size=1, max_size=3)),
        inner.map(lambda part: node("not", part)),
    ),
    max_leaves=5,
)


def unnamed(rule: rules_pb2.Rule) -> rules_pb2.Rule:
    """Leaves of one rule have ids of their own."""
    stack, number = [rule], 0
    while stack:
        one = stack.pop()
        kind = one.WhichOneof("node")
        if kind == "leaf":
            one.leaf.id, number = f"l{number}", number + 1
        else:
            stack += [getattr(one, "not")] if kind == "not" else list(getattr(one, str(kind)).rules)
    return rule


items = st.builds(
    lambda rule, cel, region, vetoes, unit: definition(unnamed(rule), cel, region=region, vetoes=vetoes, unit=unit),
    trees,
    st.sampled_from(["revenue / 100", "1000", "staff * 300 - 900", "100000 / staff", "bonus"]),
    st.sampled_from(REGIONS),
    st.sampled_from([[], ["dishonest"], ["dishonest", "fraud"]]),
    st.sampled_from([0, 100, 1000]),
)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "revenue": st.sampled_from([None, 0, 50, 6_000, 1_000_000]),
    "staff": st.integers(0, 5),
    "founded_on": st.sampled_from([None, "2026-11-01", "2026-10-20", "2020-05-05"]),
    "high_tech": st.sampled_from([None, True, False]),
    "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
    "bonus": st.sampled_from([0, 250, 2**53]),
    "dishonest": st.sampled_from([None, True, False]),
    "fraud": st.booleans(),
    "region": st.sampled_from(REGIONS),
}
facts = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))
known = st.dictionaries(st.sampled_from(sorted(VALUES)), st.none(), max_size=9).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in sorted(names)})
)


# -- an item, an enterprise --------------------------------------------------------------------------------------------


@given(items, known)
@settings(max_examples=300)
def test_many_are_judged_as_one_is_explained(definition: pb.PayoutItemDefinition, told: dict[str, Any]) -> None:
    one = model_matches.judged("item", 1, definition)
    facts = model_matches.values(told, DAY)
    short = model_matches.outcome(one, facts, rules.context(facts), {})
    all = {name: Fact(name, value, "s", "某局", REPORTED, NOW) for name, value in told.items()}
    full = model_explain.explain(definition, "item", 1, "uscc", "2026", DAY, all, Taken())
    assert (short.truth, short.fen) == (full.result, full.amount.fen if full.result == rules.TRUE else 0)


@given(items, known)
def test_what_is_missing_is_what_nobody_told(definition: pb.PayoutItemDefinition, told: dict[str, Any]) -> None:
    one = model_matches.judged("item", 1, definition)
    facts = model_matches.values(told, DAY)
    said = model_matches.outcome(one, facts, rules.context(facts), {})
    assert set(said.missing) == (set(one.reads) - facts.keys() if said.truth == rules.UNKNOWN else set())


def test_days_are_counted_to_the_day_of_judging() -> None:
    told = {"founded_on": "2026-11-01", "closed_on": None, "named_on": "某日"}
    assert model_matches.values(told, DAY) == {
        **told,
        "today": 20261120,
        "founded_on_days": 19,
        "closed_on_days": None,
        "claimed_this_period": 0,
        "group_claims": 0,
        "group_fen": 0,
    }


@pytest.mark.parametrize(
    ("item", "enterprise", "covered"),
    [
        ("990121", "990121", True),
        ("990100", "990121", True),
        ("990121", "990122", False),
        ("990121", "990100", False),
        ("990121", "", False),
    ],
)
def test_an_item_is_for_enterprises_of_its_region(item: str, enterprise: str, covered: bool) -> None:
    one = model_matches.judged("item", 1, definition(leaf("true"), "1000", region=item))
    assert bool(model_matches.outcomes([one], {}, enterprise, DAY)) == covered


def test_a_dry_run_names_the_one_condition_that_fails() -> None:
    high, old = leaf("high_tech"), leaf("staff > 3")
    either = node("any", leaf("revenue > 1"), leaf("staff > 9"))
    high.leaf.id, old.leaf.id = "high", "old"
    either.any.rules[0].leaf.id, either.any.rules[1].leaf.id = "rich", "large"
    asked = definition(node("all", high, old, either), vetoes=["dishonest"])
    ok = {"high_tech": True, "staff": 5, "revenue": 5, "dishonest": False}

    def failing(**told: Any) -> list[str]:
        return model_matches.failing(asked, ok | told)

    assert failing(high_tech=False) == ["high"]
    assert failing(dishonest=True) == ["veto.dishonest"]
    assert failing(revenue=0) == ["rich"]
    assert failing(high_tech=False, staff=1) == ["high", "old"]


# -- what changed ------------------------------------------------------------------------------------------------------

changes = st.lists(
    st.one_of(
        st.tuples(st.just("fact"), facts),
        st.tuples(st.just("open"), st.tuples(st.integers(0, 3), items)),
        st.tuples(st.just("close"), st.integers(0, 3)),
        st.tuples(st.just("day"), st.integers(1, 40)),
    ),
    max_size=12,
)


class World:
    """An enterprise, the open items, and its matches as they are kept."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {"region": "990121"}
        self.open: dict[str, Judged] = {}
        self.day, self.kept = DAY, dict[str, Any]()

    @property
    def plan(self) -> Plan:
        return model_matches.plan(self.open.values())

    def look(self, known: Mapping[str, Any], looked: Any) -> dict[str, Any]:
        judged = [self.open[id] for id in looked if id in self.open]
        fresh = model_matches.outcomes(judged, self.facts, self.facts["region"], self.day)
        return model_matches.renewed(known, fresh, looked, self.plan, NOW)

    def happens(self, what: str, told: Any) -> None:
        looked: Any = ()
        if what == "fact":
            name, self.facts[name] = told[0], told[1]
            looked = model_matches.affected(self.plan, [name])
        elif what == "open":
            id = f"item{told[0]}"
            edition = self.open[id].edition + 1 if id in self.open else 1
            self.open[id] = model_matches.judged(id, edition, told[1])
            looked = [id]
        elif what == "close":
            self.open.pop(f"item{told}", None)
        else:
            self.day += timedelta(days=told)
            looked = self.plan.daily
        self.kept = self.look(self.kept, looked)


@given(changes)
@settings(max_examples=300, deadline=None)
def test_what_changed_looked_at_again_is_the_whole_looked_at_again(told: list[tuple[str, Any]]) -> None:
    world = World()
    for what, how in told:
        world.happens(what, how)
        assert world.kept == world.look({}, world.open)


def test_what_goes_on_being_so_keeps_since_when() -> None:
    world = World()
    world.happens("open", (0, definition(leaf("staff > 3"), "staff * 1000")))
    world.happens("fact", ("staff", 4))
    first = world.kept["item0"]
    later = NOW + timedelta(days=1)
    world.facts["staff"] = 5
    fresh = model_matches.outcomes(world.open.values(), world.facts, "990121", DAY)
    again = model_matches.renewed(world.kept, fresh, ["item0"], world.plan, later)["item0"]
    assert (again["since"], again["fen"], first["fen"]) == (NOW, 5000, 4000)
    lost = model_matches.renewed(world.kept, {}, ["item0"], world.plan, later)
    assert lost == {}
    assert model_matches.renewed(lost, fresh, ["item0"], world.plan, later)["item0"]["since"] == later


def test_an_item_is_looked_at_by_the_day_only_if_it_counts_days() -> None:
    plain, days = definition(leaf("staff > 3"), "1000"), definition(leaf("founded_on_days > 3"), "1000")
    today = definition(leaf("true"), "today - 20260000")
    plan = model_matches.plan(model_matches.judged(id, 1, one) for id, one in (("p", plain), ("d", days), ("t", today)))
    assert plan.daily == {"d", "t"}
    assert model_matches.affected(plan, ["founded_on"]) == {"d"}
    assert model_matches.affected(plan, ["staff", "unread"]) == {"p"}
    assert model_matches.affected(plan, ["region"]) == {"p", "d", "t"}
