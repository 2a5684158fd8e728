"""Whether an enterprise may have an item, how much, and why: the item's rules, its vetoes, its benefit group and its period in one tree,
with every fact it read. What it says can be computed again from itself. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any, Final, NamedTuple

import orjson

from chassis import rules
from chassis.rules import FALSE, TRUE, UNKNOWN
from services.policy import model_amounts, model_matches, model_values
from services.policy.model_amounts import MISSING
from services.policy.model_facts import DERIVED, KINDS, Fact, Kind
from services.policy.model_values import BEST, CLAIMED_THIS_PERIOD, GROUP_CLAIMS, GROUP_FEN
from standards.instants import text
from standards.workdays import SHANGHAI
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

# As many ways to a truth are kept apart; of more the cheapest.
MOST_WAYS: Final = 64
HOW: Final[Mapping[int, str]] = {0: "由{}提供", 1: "由企业填报", 2: "由企业填报并提交证明材料"}
Ways = list[frozenset[str]]
Cost = Callable[[frozenset[str]], int]


class Taken(NamedTuple):
    """What an enterprise has of an item in a period, and of the item's benefit group beside it."""

    claims: int = 0
    group_fen: int = 0
    group_claims: int = 0


def whole_rule(definition: pb.PayoutItemDefinition) -> rules_pb2.Rule:
    """All that has to hold: the item's own rule, no veto (leaf `veto.<fact>`), its group (leaf `overlap`), once a period (leaf `once`)."""
    parts = [definition.rule] if definition.HasField("rule") else []
    parts += [_leaf(f"veto.{fact}", f"!{fact}", _veto(fact), "信用否决") for fact in definition.vetoes]
    if definition.overlap == pb.OVERLAP_NO_REPEAT:
        parts.append(_leaf("overlap", f"{GROUP_CLAIMS} == 0", "同类政策不重复享受", "不重复享受"))
    if definition.overlap == pb.OVERLAP_HIGHEST:
        parts.append(
            _leaf(
                "overlap",
                f"{GROUP_FEN} == 0 || {GROUP_FEN} < {BEST}",
                "同类政策就高不就低，高于已享受的金额",
                "就高不就低",
            )
        )
    parts.append(_leaf("once", f"{CLAIMED_THIS_PERIOD} == 0", "本期未享受过该事项", "一期一次"))
    return rules_pb2.Rule(all=rules_pb2.RuleList(rules=parts))


def _leaf(id: str, cel: str, says: str, basis: str) -> rules_pb2.Rule:
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=id, cel=cel, says=says, basis=basis))


def _veto(fact: str) -> str:
    kind = KINDS.get(fact)
    return f"无“{kind.title}”情形" if kind else f"无 {fact} 情形"


def explain(
    definition: pb.PayoutItemDefinition,
    item_id: str,
    edition: int,
    uscc: str,
    period: str,
    day: date,
    facts: Mapping[str, Fact],
    taken: Taken,
    kinds: Mapping[str, Kind] = KINDS,
) -> pb.Explanation:
    """The answer for an enterprise whose facts these are, on a day; `kinds` names facts for people."""
    values = model_matches.values({name: fact.value for name, fact in facts.items()}, day) | {
        CLAIMED_THIS_PERIOD: taken.claims,
        GROUP_CLAIMS: taken.group_claims,
        GROUP_FEN: taken.group_fen,
    }
    told = pb.Explanation(item_id=item_id, edition=edition, uscc=uscc, period=period, day=day.isoformat())
    _judge(told, definition, values, kinds)
    read = _read(definition) & values.keys()
    told.facts.extend(_used(name, values[name], facts, day, kinds) for name in sorted(read))
    return told


def recompute(
    told: pb.Explanation, definition: pb.PayoutItemDefinition, kinds: Mapping[str, Kind] = KINDS
) -> pb.Explanation:
    """The same answer from what an explanation carries alone, and the edition it was made under."""
    again = pb.Explanation(item_id=told.item_id, edition=told.edition, uscc=told.uscc, period=told.period, day=told.day)
    _judge(again, definition, {one.name: orjson.loads(one.value) for one in told.facts}, kinds)
    again.facts.extend(told.facts)
    return again


def same(one: pb.Explanation, other: pb.Explanation) -> bool:
    """Whether two answers decide the same, for the same reasons; how facts are called by now is no matter."""
    return (one.result, one.verdict, one.amount) == (other.result, other.verdict, other.amount)


def _judge(
    told: pb.Explanation, definition: pb.PayoutItemDefinition, values: Mapping[str, Any], kinds: Mapping[str, Kind]
) -> None:
    """Verdict, amount, result, and what is missing or lacks."""
    highest = definition.overlap == pb.OVERLAP_HIGHEST
    already = values.get(GROUP_FEN, 0) if highest else 0
    found = model_amounts.best(definition.amount, values)
    told.amount.CopyFrom(model_amounts.amount(definition.amount, values, already))
    # A formula that gives nothing whatever else is told gives nothing that is higher: known not to exist.
    ready = values if found.fault == MISSING else {**values, BEST: found.value}
    told.verdict.CopyFrom(rules.judge(whole_rule(definition), ready))
    told.result = result(told.verdict.truth, found.fault, told.amount.fen)
    if told.result == UNKNOWN:
        told.missing.extend(_missing(told.verdict, found, kinds))
    if told.result == FALSE:
        told.lacking.extend(_lacking(told.verdict, told.amount))


def result(truth: int, fault: str, fen: int) -> rules_pb2.Truth.ValueType:
    """The answer, of the tree's truth and the formula's outcome: yes only with an amount to pay."""
    if truth == FALSE or (truth == TRUE and fault != MISSING and fen <= 0):
        return FALSE
    return TRUE if truth == TRUE and not fault else UNKNOWN


def _read(definition: pb.PayoutItemDefinition) -> frozenset[str]:
    """Names of all facts that verdict and amount rest on."""
    return rules.reads(whole_rule(definition)) | rules.formula_reads(definition.amount.cel)


def _missing(verdict: rules_pb2.Verdict, found: rules.Whole, kinds: Mapping[str, Kind]) -> list[pb.FactWanted]:
    """The cheapest facts that, told rightly, make it a yes."""

    def leaf(one: rules_pb2.Verdict, want: int) -> Ways:
        if one.truth != UNKNOWN:
            return [frozenset()] if one.truth == want else []
        names = frozenset(one.missing) - {BEST}
        # What is wrong with an expression no fact mends.
        return [] if one.fault else [names | (set(found.missing) if BEST in one.missing else set())]

    def cost(names: frozenset[str]) -> int:
        return sum(1 + 10 * _cost(name, kinds) for name in names)

    every = _ways(verdict, TRUE, leaf, cost)
    names = min(every, key=lambda way: (cost(way), sorted(way))) if every else frozenset[str]()
    wanted = {model_values.base(name) for name in names | set(found.missing)}
    return [_wanted(name, kinds) for name in sorted(wanted, key=lambda name: (_cost(name, kinds), name))]


def _cost(name: str, kinds: Mapping[str, Kind]) -> int:
    kind = kinds.get(model_values.base(name))
    return kind.cost if kind else 2


def _wanted(name: str, kinds: Mapping[str, Kind]) -> pb.FactWanted:
    kind = kinds.get(name)
    how = HOW[kind.cost].format(kind.reporter or "主管部门") if kind else ""
    return pb.FactWanted(name=name, title=kind.title if kind else name, cost=_cost(name, kinds), how=how)


def _lacking(verdict: rules_pb2.Verdict, amount: pb.AmountTold) -> list[pb.Lacking]:
    """The fewest conditions that would have to be otherwise; `amount` where the formula has to be, too."""
    leaves: dict[str, rules_pb2.Verdict] = {}

    def leaf(one: rules_pb2.Verdict, want: int) -> Ways:
        leaves[one.id] = one
        return [frozenset() if one.truth == want else frozenset((one.id,))]

    every = _ways(verdict, TRUE, leaf, len)
    ids = min(every, key=lambda way: (len(way), sorted(way))) if every else frozenset[str]()
    found = [
        pb.Lacking(
            leaf=id,
            says=leaves[id].says,
            basis=leaves[id].basis,
            facts=sorted({*leaves[id].facts, *leaves[id].missing}),
        )
        for id in sorted(ids)
    ]
    if not found or amount.fault not in ("", MISSING):
        found.append(pb.Lacking(leaf="amount", says=model_amounts.FAULTS.get(amount.fault, "按公式计算的金额为零")))
    return found


def _ways(verdict: rules_pb2.Verdict, want: int, leaf: Callable[[rules_pb2.Verdict, int], Ways], cost: Cost) -> Ways:
    """The sets that, each by itself, make a tree this truth; none when nothing does."""
    if verdict.kind == rules_pb2.NODE_KIND_LEAF:
        return leaf(verdict, want)
    if verdict.kind == rules_pb2.NODE_KIND_NOT:
        return _ways(verdict.parts[0], FALSE if want == TRUE else TRUE, leaf, cost)
    each = [_ways(part, want, leaf, cost) for part in verdict.parts]
    together = (verdict.kind == rules_pb2.NODE_KIND_ALL) == (want == TRUE)
    if not together:
        return _least((way for ways in each for way in ways), cost)
    found: Ways = [frozenset()]
    for ways in each:
        found = _least((one | way for one in found for way in ways), cost)
    return found


def _least(ways: Iterable[frozenset[str]], cost: Cost) -> Ways:
    return sorted(set(ways), key=lambda way: (cost(way), sorted(way)))[:MOST_WAYS]


def _used(name: str, value: Any, facts: Mapping[str, Fact], day: date, kinds: Mapping[str, Kind]) -> pb.FactUsed:
    base = model_values.base(name)
    known, kind = facts.get(base), kinds.get(base)
    own = known is None
    at = text(datetime.combine(day, time_of_day(), SHANGHAI)) if known is None else text(known.at)
    return pb.FactUsed(
        name=name,
        title=model_values.title(name, kind.title if kind else name),
        value=orjson.dumps(value).decode(),
        source="本平台" if known is None else known.source_name or known.source,
        kind=DERIVED if own or base != name else known.kind if known else DERIVED,
        at=at,
        shown=model_values.shown(name, value, kind),
    )
