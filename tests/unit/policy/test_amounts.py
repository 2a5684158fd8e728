"""Amounts: exact in fen whatever the formula, cut at the cap, less what the group paid, rounded down."""

from fractions import Fraction
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from chassis import rules
from services.policy import model_amounts
from yiwang.policy.v1 import items_pb2 as pb

NAMES = ("sales", "cost", "staff")
MONEY = st.integers(0, 10**13)
Tree = tuple[Any, ...]
FORMULAS: st.SearchStrategy[Tree] = st.recursive(
    st.tuples(st.just("name"), st.sampled_from(NAMES)) | st.tuples(st.just("number"), st.integers(0, 10_000)),
    lambda inner: st.tuples(st.sampled_from("+-*/<"), inner, inner),
    max_leaves=6,
)


def cel(tree: Tree) -> str:
    """The formula as officers write it; `<` is the smaller of two."""
    if tree[0] in ("name", "number"):
        return str(tree[1])
    one, other = cel(tree[1]), cel(tree[2])
    return f"({one} < {other} ? {one} : {other})" if tree[0] == "<" else f"({one} {tree[0]} {other})"


def plain(tree: Tree, facts: dict[str, int]) -> int:
    """What it is by the arithmetic of whole numbers, where a division drops what is below one."""
    if tree[0] == "name":
        return facts[tree[1]]
    if tree[0] == "number":
        return int(tree[1])
    one, other = plain(tree[1], facts), plain(tree[2], facts)
    if tree[0] == "/":
        return int(Fraction(one, other))
    found = {"+": one + other, "-": one - other, "*": one * other, "<": min(one, other)}[tree[0]]
    if not -(2**63) <= found < 2**63:
        raise OverflowError
    return found


@given(FORMULAS, st.fixed_dictionaries(dict.fromkeys(NAMES, MONEY)))
def test_a_formula_is_exact_in_fen(tree: Tree, facts: dict[str, int]) -> None:
    source = cel(tree)
    assume(not rules.formula_faults(source, NAMES, "cel"))
    try:
        wanted = rules.Whole(plain(tree, facts))
    except ZeroDivisionError:
        wanted = rules.Whole(None, "DIVIDES_BY_ZERO")
    except OverflowError:
        wanted = rules.Whole(None, "OVERFLOW")
    assert rules.whole(source, facts) == wanted


@given(MONEY, st.integers(0, 10**9), st.sampled_from((0, 1, 100, 1_000_000)), st.integers(0, 10**9))
def test_cap_group_and_rounding_never_pay_too_much(computed: int, cap: int, unit: int, already: int) -> None:
    formula = pb.AmountFormula(cel="sales", cap_fen=cap, unit_fen=unit)
    told = model_amounts.amount(formula, {"sales": computed}, already)
    best = min(computed, cap) if cap else computed
    assert told.computed_fen == computed
    assert 0 <= told.fen <= max(0, best - already)
    assert told.fen % (unit or 1) == 0
    assert max(0, best - already) - told.fen < (unit or 1)
    assert told.capped == (best != computed)


def test_a_fact_beyond_what_can_be_computed_with_is_no_fraction_of_an_amount() -> None:
    assert rules.whole("sales / 2", {"sales": 2**63}).fault == "OVERFLOW"


def test_a_formula_that_names_an_unknown_fact_or_does_too_much_is_refused_by_its_field() -> None:
    assert [one.reason for one in rules.formula_faults("nothing * 2", NAMES, "amount.cel")] == ["FACT_UNKNOWN"]
    assert [one.reason for one in rules.formula_faults("sales *", NAMES, "amount.cel")] == ["CEL_SYNTAX"]
    assert [one.field for one in rules.formula_faults("sales *", NAMES, "amount.cel")] == ["amount.cel"]
