"""Rules as data, with reasons: a tree of all, any and not over CEL leaves, judged in three values (yiwang.rules.v1).

Judging never raises, and the same facts give the same verdict: what an expression may cost is bound before it is run (chassis.rules_cel).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from chassis import rules_cel
from chassis.errors import Violation
from chassis.rules_cel import Odd, Program, compiled
from yiwang.rules.v1 import rules_pb2 as pb

TRUE, FALSE, UNKNOWN = pb.TRUTH_TRUE, pb.TRUTH_FALSE, pb.TRUTH_UNKNOWN
MOST_DEPTH, MOST_LEAVES = 8, 200
KINDS = {"all": pb.NODE_KIND_ALL, "any": pb.NODE_KIND_ANY, "not": pb.NODE_KIND_NOT, "leaf": pb.NODE_KIND_LEAF}


def faults(rule: pb.Rule, facts: Collection[str] | None, path: str) -> list[Violation]:
    """What keeps a rule from being used, each with the path of the node or leaf below `path`. `facts` are the names it may read;
    None = any. Nothing is run."""
    nodes = list(_nodes(rule, path, 1))
    leaves = [(node.leaf, f"{place}.leaf") for node, place, depth in nodes if node.WhichOneof("node") == "leaf"]
    found = [
        Violation(place, "RULE_EMPTY", "规则的这一部分没有内容")
        for node, place, _ in nodes
        if not node.WhichOneof("node") or (node.WhichOneof("node") in ("all", "any") and not _parts(node))
    ]
    if any(depth > MOST_DEPTH for _, _, depth in nodes):
        found.append(Violation(path, "RULE_TOO_DEEP", f"规则嵌套不得超过{MOST_DEPTH}层"))
    if len(leaves) > MOST_LEAVES:
        return [*found, Violation(path, "RULE_TOO_LARGE", f"一条规则的条件不得超过{MOST_LEAVES}个")]
    seen: set[str] = set()
    for leaf, place in leaves:
        if leaf.id in seen:
            found.append(Violation(f"{place}.id", "LEAF_TWICE", f"条件编号 {leaf.id} 重复"))
        seen.add(leaf.id)
        found += _leaf_faults(leaf, facts, f"{place}.cel")
    return found


def reads(rule: pb.Rule) -> frozenset[str]:
    """Names of the facts a rule reads; those of a leaf with faults are left out."""
    found: frozenset[str] = frozenset()
    for node, _, _ in _nodes(rule, "", 1):
        if node.WhichOneof("node") == "leaf":
            try:
                found |= compiled(node.leaf.cel).reads
            except Odd:
                continue
    return found


def judge(rule: pb.Rule, facts: Mapping[str, Any]) -> pb.Verdict:
    """The verdict of a rule that has no faults, over facts by name: bools, ints, texts and lists of them.

    A fact that is not there is not known (yet). One that is None is known not to exist: a condition that needs it is false."""
    return _judge(rule, facts, context(facts))


context = rules_cel.context


class Prepared(NamedTuple):
    """A rule made ready to be judged over many sets of facts: `judge(facts, context, seen)` is the truth that `judge` tells, decided by as
    few leaves as it takes. `seen` keeps what leaves of the same words said over the same facts."""

    judge: Callable[[Mapping[str, Any], Any, dict[str, int]], int]
    reads: frozenset[str]


def prepared(rule: pb.Rule) -> Prepared:
    """A rule that has no faults, made ready."""
    return Prepared(_prepare(rule), reads(rule))


def _prepare(rule: pb.Rule) -> Callable[[Mapping[str, Any], Any, dict[str, int]], int]:
    kind = rule.WhichOneof("node") or "any"
    if kind == "leaf":
        return _prepare_leaf(rule.leaf.cel)
    parts = [_prepare(part) for part in _parts(rule)]
    if kind == "not":
        one = parts[0]
        opposite: dict[int, int] = {TRUE: FALSE, FALSE: TRUE}
        return lambda facts, ready, seen: opposite.get(one(facts, ready, seen), UNKNOWN)
    decides, otherwise = (FALSE, TRUE) if kind == "all" else (TRUE, FALSE)

    def judge_parts(facts: Mapping[str, Any], ready: Any, seen: dict[str, int]) -> int:
        truth = otherwise
        for part in parts:
            said = part(facts, ready, seen)
            if said == decides:
                return decides
            if said == UNKNOWN:
                truth = UNKNOWN
        return truth

    return judge_parts


def _prepare_leaf(source: str) -> Callable[[Mapping[str, Any], Any, dict[str, int]], int]:
    try:
        program = compiled(source)
    except Odd:
        return lambda _facts, _ready, _seen: UNKNOWN

    def judge_leaf(facts: Mapping[str, Any], ready: Any, seen: dict[str, int]) -> int:
        truth = seen.get(source)
        if truth is None:
            truth = seen[source] = _said(program, facts, ready)[0]
        return truth

    return judge_leaf


def _said(program: Program, facts: Mapping[str, Any], ready: Any) -> tuple[int, str]:
    """The truth of a leaf, and why one whose facts are all known is unknown all the same."""
    try:
        result = program.run.execute(ready)
    except Exception:
        result = None
    if isinstance(result, bool):
        return (TRUE if result else FALSE), ""
    if program.reads - facts.keys():
        return UNKNOWN, ""
    if any(facts[name] is None for name in program.reads):
        return FALSE, ""
    return UNKNOWN, "EVALUATION" if result is None else "NOT_BOOLEAN"


class Whole(NamedTuple):
    """What a formula gives: a whole number, or why there is none, and the facts it needs and nobody told."""

    value: int | None
    fault: str = ""
    missing: tuple[str, ...] = ()


def formula_faults(source: str, facts: Collection[str] | None, path: str) -> list[Violation]:
    """What keeps a formula from being used, as `faults` of a leaf's expression; and NOT_WHOLE, a fraction on the way: 29% of 100 would be
    28 by it."""
    found = _leaf_faults(pb.Leaf(cel=source), facts, path)
    if not found and compiled(source).fractions:
        found.append(Violation(path, "NOT_WHOLE", "公式只能用整数计算，不能用小数：5%请写作 * 5 / 100"))
    return found


def formula_reads(source: str) -> frozenset[str]:
    """Names of the facts a formula reads; none when it has faults."""
    try:
        return compiled(source).reads
    except Odd:
        return frozenset()


def whole(source: str, facts: Mapping[str, Any], ready: Any = None) -> Whole:
    """What a formula gives over facts (`ready` is their context, where there is one): whole numbers of 64 bits throughout, so that it is
    exact. MISSING, DIVIDES_BY_ZERO, OVERFLOW, NOT_WHOLE, EVALUATION otherwise."""
    try:
        program = compiled(source)
    except Odd:
        return Whole(None, "EVALUATION")
    if program.fractions:
        return Whole(None, "NOT_WHOLE")
    # The library would take them for fractions.
    if any(type(value := facts.get(name)) is int and not -(2**63) <= value < 2**63 for name in program.reads):
        return Whole(None, "OVERFLOW")
    try:
        result = program.run.execute(context(facts) if ready is None else ready)
    except ZeroDivisionError:
        return Whole(None, "DIVIDES_BY_ZERO")
    except OverflowError:
        return Whole(None, "OVERFLOW")
    except Exception:
        missing = tuple(sorted(program.reads - facts.keys()))
        return Whole(None, "MISSING" if missing else "EVALUATION", missing)
    return Whole(result) if type(result) is int else Whole(None, "NOT_WHOLE")


def _judge(rule: pb.Rule, facts: Mapping[str, Any], ready: Any) -> pb.Verdict:
    kind = rule.WhichOneof("node") or "any"
    if kind == "leaf":
        return _judge_leaf(rule.leaf, facts, ready)
    parts = [_judge(part, facts, ready) for part in _parts(rule)]
    truths = [part.truth for part in parts]
    if kind == "not":
        truth = {TRUE: FALSE, FALSE: TRUE}.get(truths[0], UNKNOWN)
    else:
        decides, otherwise = (FALSE, TRUE) if kind == "all" else (TRUE, FALSE)
        truth = decides if decides in truths else UNKNOWN if UNKNOWN in truths else otherwise
    return pb.Verdict(truth=truth, kind=KINDS[kind], parts=parts)


def _judge_leaf(leaf: pb.Leaf, facts: Mapping[str, Any], ready: Any) -> pb.Verdict:
    verdict = pb.Verdict(kind=pb.NODE_KIND_LEAF, id=leaf.id, basis=leaf.basis, says=leaf.says)
    try:
        program = compiled(leaf.cel)
    except Odd:
        # Nobody asked for its faults before.
        verdict.truth, verdict.fault = UNKNOWN, "EVALUATION"
        return verdict
    for name in sorted(program.reads & facts.keys()):
        verdict.facts[name] = orjson.dumps(facts[name]).decode()
    verdict.truth, verdict.fault = _said(program, facts, ready)  # type: ignore[assignment]
    if verdict.truth == UNKNOWN:
        verdict.missing.extend(sorted(program.reads - facts.keys()))
    return verdict


def _nodes(rule: pb.Rule, path: str, depth: int) -> Iterator[tuple[pb.Rule, str, int]]:
    """Every node with its path and depth; what is deeper than a rule may be is not gone into."""
    yield rule, path, depth
    kind = rule.WhichOneof("node")
    if depth <= MOST_DEPTH:
        for position, part in enumerate(_parts(rule)):
            place = f"{path}.not" if kind == "not" else f"{path}.{kind}.rules[{position}]"
            yield from _nodes(part, place, depth + 1)


def _parts(rule: pb.Rule) -> list[pb.Rule]:
    kind = rule.WhichOneof("node")
    if kind == "not":
        return [getattr(rule, "not")]
    return list(getattr(rule, kind).rules) if kind in ("all", "any") else []


def _leaf_faults(leaf: pb.Leaf, facts: Collection[str] | None, path: str) -> list[Violation]:
    try:
        program = compiled(leaf.cel)
    except Odd as odd:
        reason, message = odd.args
        return [Violation(path, reason, message)]
    unknown = sorted(program.reads - set(facts)) if facts is not None else []
    return [Violation(path, "FACT_UNKNOWN", f"条件引用了不存在的事实 {name}") for name in unknown]
