"""Sealed bids and scores: ranked as plain arithmetic says, ties by the stated rule, every place with its reason."""

import hashlib
from fractions import Fraction
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards import bids
from standards.bids import Bid

ROOT = "ab" * 32
AT = "2026-11-23T08:00:00+00:00"
LATER = "2026-11-23T08:00:00.001000+00:00"
METHODS = ("LOWEST", "DISCOUNT", "AVERAGE")
BIDS = st.lists(
    st.builds(
        Bid,
        uscc=st.text("0123456789ABC", min_size=18, max_size=18),
        value=st.integers(0, 40),
        credit=st.integers(0, 3),
        at=st.sampled_from([AT, LATER]),
    ),
    max_size=8,
    unique_by=lambda one: one.uscc,
)


def lot(uscc: str) -> str:
    return hashlib.sha256(bytes.fromhex(ROOT) + uscc.encode()).hexdigest()


def better(method: str, one: Bid, other: Bid, all: list[Bid]) -> bool:
    """Whether one comes before another, spelled out step by step."""
    middle = mean(Fraction(bid.value) for bid in all)
    far = {bid.uscc: abs(bid.value - middle) for bid in (one, other)}
    if method == "AVERAGE" and far[one.uscc] != far[other.uscc]:
        return far[one.uscc] < far[other.uscc]
    if one.value != other.value:
        return one.value > other.value if method == "DISCOUNT" else one.value < other.value
    if one.credit != other.credit:
        return one.credit > other.credit
    if one.at != other.at:
        return one.at < other.at
    return lot(one.uscc) < lot(other.uscc)


@given(BIDS, st.sampled_from(METHODS))
def test_whoever_is_better_stands_before(told: list[Bid], method: str) -> None:
    ranked = [place.uscc for place in bids.rank(method, told, ROOT)]
    assert sorted(ranked) == sorted(one.uscc for one in told)
    place = {uscc: number for number, uscc in enumerate(ranked)}
    for one in told:
        for other in told:
            assert one is other or better(method, one, other, told) == (place[one.uscc] < place[other.uscc])


@given(BIDS, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_the_order_they_are_told_in_does_not_matter(told: list[Bid], method: str, dice: object) -> None:
    shuffled = list(told)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bids.rank(method, shuffled, ROOT) == bids.rank(method, told, ROOT)


def test_every_place_tells_why() -> None:
    told = [Bid("A" * 18, 10_000, 90, AT), Bid("B" * 18, 10_000, 100, AT), Bid("C" * 18, 12_345, 100, AT)]
    first, second, third = bids.rank("LOWEST", told, ROOT)
    assert (first.uscc[0], first.why) == ("B", "报价100.00元；与下一名并列，信用分较高")
    assert (second.why, third.why) == ("报价100.00元", "报价123.45元")
    assert bids.rank("DISCOUNT", told[2:], ROOT)[0].why == "下浮率123.45%"
    assert bids.rank("AVERAGE", told, ROOT)[0].why.startswith("报价100.00元，平均价107.82元，相差7.82元")


def test_nobody_is_ranked_as_nobody() -> None:
    assert bids.rank("AVERAGE", [], ROOT) == [] and bids.scores([10_000], {}, {}, ROOT) == []


def test_the_average_is_exact_where_a_float_is_not() -> None:
    base = 10**14
    told = [Bid("A" * 18, base + 1, 0, AT), Bid("B" * 18, base + 2, 0, AT), Bid("C" * 18, base + 4, 0, AT)]
    assert [place.uscc[0] for place in bids.rank("AVERAGE", told, ROOT)] == ["B", "A", "C"]


@given(st.text(max_size=9), st.text("09AZ", min_size=1, max_size=18), st.integers(0, 10**14), st.integers(0, 2**64))
def test_a_bid_is_the_one_that_was_sealed_and_no_other(id: str, uscc: str, value: int, number: int) -> None:
    nonce = f"{number:064x}"
    sealed = bids.commitment(id, uscc, value, nonce)
    assert sealed == hashlib.sha256(f"{id}|{uscc}|{value}|{nonce}".encode()).hexdigest()
    assert bids.opened(sealed, id, uscc, value, nonce)
    for other in ((id + "x", uscc, value, nonce), (id, uscc + "1", value, nonce), (id, uscc, value + 1, nonce)):
        assert not bids.opened(sealed, *other)
    assert not bids.opened(sealed, id, uscc, value, f"{number + 1:064x}")


POINTS = st.lists(st.lists(st.integers(0, 100), min_size=2, max_size=2), min_size=3, max_size=7)


@given(st.lists(POINTS, min_size=1, max_size=4), st.integers(0, 10_000))
def test_scores_are_the_mean_without_the_extremes_of_five_and_more(given: list[list[list[int]]], weight: int) -> None:
    evaluators = min(len(rows) for rows in given)
    usccs = [f"{number:018}" for number in range(len(given))]
    weights = [weight, 10_000 - weight]
    told = {str(n): {uscc: given[at][n] for at, uscc in enumerate(usccs)} for n in range(evaluators)}
    ranked = bids.scores(weights, told, dict.fromkeys(usccs, (0, AT)), ROOT)
    expected = {}
    for at, uscc in enumerate(usccs):
        totals = sorted(Fraction(a * weights[0] + b * weights[1], 10_000) for a, b in given[at][:evaluators])
        expected[uscc] = mean(totals[1:-1] if evaluators >= 5 else totals)
    assert [expected[place.uscc] for place in ranked] == sorted(expected.values(), reverse=True)
    for place in ranked:
        assert abs(Fraction(place.value, 100) - expected[place.uscc]) <= Fraction(1, 200)
        assert ("去掉一个最高分" in place.why) == (evaluators >= 5)


@pytest.mark.parametrize(("credit", "at", "why"), [(1, AT, "信用分较高"), (0, AT, "报名较早"), (0, LATER, "摘要较小")])
def test_equal_scores_are_parted_by_the_stated_rule(credit: int, at: str, why: str) -> None:
    pair = sorted(("A" * 18, "B" * 18), key=lot)
    told = {"1": {uscc: [80] for uscc in pair}}
    facts = {pair[0]: (credit, at), pair[1]: (0, LATER)}
    ranked = bids.scores([10_000], told, facts, ROOT)
    assert [place.uscc for place in ranked] == pair and why in ranked[0].why
