"""Thresholds of the sample's policies, held against fractions: no share, growth or count of points is off by a fen."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from chassis.rules import FALSE, TRUE
from tests.support.policy_sample import WAN, judged, leaves

fen = st.one_of(st.integers(0, 400 * WAN), st.integers(0, 40_000 * WAN), st.integers(0, 2**53 // 4))
percent = st.integers(0, 12)


def truth_of(key: str, leaf: str, facts: Mapping[str, Any]) -> bool:
    """What a condition says; it has to say something."""
    found = leaves(judged(key, facts))[leaf]
    assert found in (TRUE, FALSE)
    return found == TRUE


def tier(revenue: int, *steps: tuple[int, int], beyond: int) -> Fraction:
    """The percentage of the first step (up to so many 万元, included) that a revenue is within."""
    return Fraction(next((share for most, share in steps if revenue <= most * WAN), beyond), 100)


@given(st.tuples(fen, fen, fen), percent, st.integers(-2, 2))
@example((3_000 * WAN, 0, 0), 5, 0)
@example((3_000 * WAN + 1, 0, 0), 4, 0)
@example((10_000 * WAN, 0, 0), 4, 0)
@example((10_000 * WAN + 100, 0, 0), 3, 0)
@example((20_000 * WAN, 0, 0), 4, 0)
def test_the_share_of_research_over_three_years_is_held_to_exactly(
    years: tuple[int, int, int], share: int, off: int
) -> None:
    last, prev, prev2 = years
    cost = max(0, sum(years) * share // 100 + off)
    facts = {"revenue_fen": last, "revenue_prev_fen": prev, "revenue_prev2_fen": prev2}
    facts |= {"rd_cost_fen": cost, "rd_cost_prev_fen": 0, "rd_cost_prev2_fen": 0}
    is_share = last > 0 and Fraction(cost, sum(years)) >= tier(last, (3_000, 5), (10_000, 4), beyond=3)
    assert truth_of("hz-municipal-high-tech", "rd_share", facts) == is_share
    is_share = last > 0 and Fraction(cost, sum(years)) >= tier(last, (5_000, 5), (20_000, 4), beyond=3)
    assert truth_of("hz-national-high-tech", "rd_share", facts) == is_share


@given(fen, percent, st.integers(-2, 2))
@example(5_000 * WAN - 100, 6, 0)
@example(5_000 * WAN, 4, 0)
@example(20_000 * WAN, 4, 0)
@example(20_000 * WAN + 100, 3, 0)
def test_the_share_of_research_in_the_last_year_is_held_to_exactly(last: int, share: int, off: int) -> None:
    cost = max(0, last * share // 100 + off)
    facts = {"revenue_fen": last, "rd_cost_fen": cost}

    def at_least(least: Fraction) -> bool:
        return last > 0 and Fraction(cost, last) >= least

    own = 6 if last < 5_000 * WAN else 4 if last <= 20_000 * WAN else 3
    told = {
        "hz-municipal-rd-center": at_least(Fraction(3, 100)),
        "hz-provincial-rd-center": cost > 1_000 * WAN or at_least(Fraction(own, 100)),
        "hz-major-project": at_least(Fraction(15, 1000)),
        "hz-competitive-project": at_least(Fraction(5, 100)),
    }
    assert {key: truth_of(key, "rd_share", facts) for key in told} == told


small = st.one_of(st.integers(0, 200 * WAN - 1), st.integers(0, 100), st.just(200 * WAN))


@given(st.tuples(st.one_of(small, fen), st.one_of(small, fen), st.one_of(small, fen)))
@example((23, 20, 20))
@example((26, 20, 20))
@example((130, 100, 100))
@example((129, 100, 100))
@example((200 * WAN - 1, 1, 200 * WAN - 1))
def test_growth_or_two_million_yuan_in_a_year_is_held_to_exactly(years: tuple[int, int, int]) -> None:
    last, prev, prev2 = years
    grown = prev2 > 0 and prev > 0 and (Fraction(prev, prev2) + Fraction(last, prev)) / 2 - 1 >= Fraction(15, 100)
    facts = {"revenue_fen": last, "revenue_prev_fen": prev, "revenue_prev2_fen": prev2}
    found = judged("hz-national-high-tech", facts).parts[2]
    assert found.truth == (TRUE if grown or max(years) >= 200 * WAN else FALSE)
    assert {part.fault for part in found.parts} == {""}


@given(st.tuples(*3 * [st.integers(0, 40)]))
def test_patents_count_five_two_and_one(counts: tuple[int, int, int]) -> None:
    facts = dict(zip(("invention_patents", "utility_patents", "design_patents"), counts, strict=True))
    points = sum(count * worth for count, worth in zip(counts, (5, 2, 1), strict=True))
    assert truth_of("hz-patent-pilot", "points", facts) == (points >= 20)
    assert truth_of("hz-patent-model", "points", facts) == (points >= 30)
