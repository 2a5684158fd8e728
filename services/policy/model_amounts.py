"""How much an item pays, in fen: the formula over facts in whole numbers, cut at the cap, less what its group paid, rounded down. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chassis import rules
from yiwang.policy.v1 import items_pb2 as pb

# More than a country's budget is no amount.
MOST_FEN: Final = 10**14
MISSING, NEGATIVE, OVERFLOW = "MISSING", "NEGATIVE", "OVERFLOW"
FAULTS: Final[Mapping[str, str]] = {
    MISSING: "计算金额所需的数据不全",
    "DIVIDES_BY_ZERO": "计算公式的除数为零",
    OVERFLOW: "计算结果超出范围",
    NEGATIVE: "计算结果为负数",
    "NOT_WHOLE": "计算公式的结果不是整数分",
    "EVALUATION": "计算公式无法得出结果",
}


def best(formula: pb.AmountFormula, values: Mapping[str, Any], ready: Any = None) -> rules.Whole:
    """What the formula gives, cut at the cap; or why it gives nothing (FAULTS)."""
    found = rules.whole(formula.cel, values, ready)
    if found.value is None:
        return found
    if found.value < 0:
        return rules.Whole(None, NEGATIVE)
    if found.value > MOST_FEN:
        return rules.Whole(None, OVERFLOW)
    return rules.Whole(_cut(formula, found.value))


def paid(formula: pb.AmountFormula, best_fen: int, already_fen: int) -> int:
    """What is paid of it beside what was paid already, in whole units."""
    left = max(0, best_fen - already_fen)
    return left - left % (formula.unit_fen or 1)


def amount(
    formula: pb.AmountFormula, values: Mapping[str, Any], already_fen: int = 0, ready: Any = None
) -> pb.AmountTold:
    """How much, and how that came about. `already_fen` is what the benefit group paid (就高不就低), `ready` the context of the values."""
    ready = rules.context(values) if ready is None else ready
    computed, found = rules.whole(formula.cel, values, ready), best(formula, values, ready)
    told = pb.AmountTold(computed_fen=computed.value or 0, already_fen=already_fen, fault=found.fault)
    if found.value is None:
        told.says = FAULTS[found.fault]
        return told
    told.fen = paid(formula, found.value, already_fen)
    told.capped = found.value != computed.value
    told.says = formula.says
    return told


def _cut(formula: pb.AmountFormula, fen: int) -> int:
    return min(fen, formula.cap_fen) if formula.cap_fen else fen
