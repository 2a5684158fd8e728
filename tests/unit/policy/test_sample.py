"""The sample's policies: sound in every word, and decided for enterprises that qualify, that fail, and that are not known enough."""

import json

import pytest

from chassis import fields
from chassis.rules import FALSE, TRUE, UNKNOWN
from services.policy import model_explain, model_items_faults, model_matches, model_policies, model_sheets, sampling
from services.policy.model_explain import Taken
from services.policy.model_facts import KINDS, written
from services.policy.model_items_faults import Known
from services.policy.model_policies import Edition, Policy
from standards.identifiers import uscc_valid
from tests.support.policy_sample import (
    AT,
    CASES,
    DAY,
    FILES,
    ID,
    ITEMS,
    PAID,
    POLICIES,
    ROWS,
    SERVICES,
    TEXTS,
    WAN,
    conditions,
    explained,
    judged,
    leaves,
    without,
)
from yiwang.policy.v1 import items_pb2, service_pb2


def known(key: str) -> Known:
    """The policy of an item, published, as an officer of its region sees it."""
    row = POLICIES[ROWS[key]["policy"]]
    region = row["text"]["region"]
    told = (row["department"], row["departmentName"], region, region[:6], service_pb2.POLICY_STATUS_PUBLISHED, AT, AT)
    policy = Policy(ID, *told, text=row["text"], editions=[Edition(1, 1, AT)])
    return Known(KINDS, policy, region, opening=True)


# -- every word of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TEXTS)
def test_every_policy_may_be_published(key: str) -> None:
    fields.check(TEXTS[key])
    assert model_policies.faults(TEXTS[key], TEXTS[key].region) == []
    assert uscc_valid(POLICIES[key]["department"]) and POLICIES[key]["notes"]


@pytest.mark.parametrize("key", ITEMS)
def test_every_item_may_be_opened_and_rests_on_the_clauses_of_its_policy(key: str) -> None:
    item, policy = ITEMS[key], TEXTS[ROWS[key]["policy"]]
    fields.check(item)
    assert model_items_faults.faults(item, known(key)) == []
    numbers = {one.number for one in policy.clauses if one.id in item.clauses}
    assert {leaf.basis for leaf in conditions(item.rule)} <= numbers
    assert all(leaf.says for leaf in conditions(item.rule))
    if item.HasField("amount"):
        assert item.amount.basis in numbers and item.amount.says


def test_the_county_shows_every_mode_period_and_overlap() -> None:
    own = [ITEMS[row["key"]] for row in FILES["county"]["items"]]
    assert {one.mode for one in own} == set(items_pb2.PayoutMode.values()) - {0}
    assert {one.period for one in own} == set(items_pb2.PeriodKind.values()) - {0}
    assert {one.overlap for one in own} == set(items_pb2.Overlap.values())
    groups = [one.benefit_group for one in ITEMS.values() if one.benefit_group]
    assert all(groups.count(group) > 1 for group in groups)


def test_items_of_a_group_have_the_same_periods_and_exclude_each_other_in_the_same_way() -> None:
    groups = {one.benefit_group: (one.period, one.overlap) for one in ITEMS.values() if one.benefit_group}
    assert all(groups[one.benefit_group] == (one.period, one.overlap) for one in ITEMS.values() if one.benefit_group)


# -- who gets it, and how much -----------------------------------------------------------------------------------------


def test_every_item_has_its_enterprises() -> None:
    assert CASES.keys() == ITEMS.keys()
    for key, case in CASES.items():
        own = {leaf.id for leaf in conditions(ITEMS[key].rule)} - {"revenue_of_a_year", "growth"}
        assert own <= case.fails.keys(), key


@pytest.mark.parametrize("key", ITEMS)
def test_an_enterprise_that_qualifies_gets_exactly_so_much(key: str) -> None:
    case = CASES[key]
    for facts, fen in (({}, case.fen), *case.pays):
        assert judged(key, {**case.facts, **facts}).truth == TRUE
        if key not in PAID:
            continue
        told = explained(key, {**case.facts, **facts})
        assert (told.result, told.amount.fen, told.amount.fault) == (TRUE, fen, ""), facts
        assert model_explain.recompute(told, ITEMS[key]) == told


@pytest.mark.parametrize(("key", "leaf"), [(key, leaf) for key, case in CASES.items() for leaf in case.fails])
def test_an_enterprise_fails_by_the_one_condition_it_does_not_meet(key: str, leaf: str) -> None:
    facts = {**CASES[key].facts, **CASES[key].fails[leaf]}
    told = explained(key, facts)
    false = {id for id, truth in leaves(told.verdict).items() if truth == FALSE}
    assert told.result == FALSE and leaf in false
    # Beside it stands what decides nothing: growth, where a year reached 2 million yuan; a group's share of an amount of nothing.
    assert false - {leaf, "growth"} <= ({"overlap"} if leaf == "cost" else set())


@pytest.mark.parametrize(("key", "fact"), [(key, fact) for key, case in CASES.items() for fact in case.untold])
def test_an_enterprise_of_which_a_fact_is_not_known_is_asked_for_it(key: str, fact: str) -> None:
    told = explained(key, without(CASES[key].facts, fact))
    assert told.result == UNKNOWN
    if key in PAID:
        assert fact in {one.name for one in told.missing}


def test_a_fact_that_cannot_change_the_answer_is_not_asked_for() -> None:
    facts = without(without(CASES["hz-provincial-tech-sme"].facts, "invention_patents"), "design_patents")
    assert explained("hz-provincial-tech-sme", facts).result == TRUE
    never = {**CASES["hz-provincial-tech-center"].facts, "municipal_tech_center": False}
    assert explained("hz-provincial-tech-center", without(never, "municipal_tech_center_on")).result == FALSE


@pytest.mark.parametrize(
    ("key", "already", "fen"),
    [
        ("hz-provincial-rd-center", 20 * WAN, 10 * WAN),
        ("hz-national-high-tech", 20 * WAN, 40 * WAN),
        ("hz-municipal-rd-center", 30 * WAN, 0),
        ("sf-export", 3 * WAN, 2 * WAN),
    ],
)
def test_of_two_rungs_of_a_ladder_the_higher_one_is_paid_in_all(key: str, already: int, fen: int) -> None:
    told = explained(key, CASES[key].facts, Taken(group_fen=already, group_claims=1))
    assert (told.result, told.amount.fen) == (TRUE if fen else FALSE, fen)


@pytest.mark.parametrize("key", ["hz-major-project", "hz-competitive-project", "sf-equipment", "sf-loan-interest"])
def test_what_is_not_to_be_had_twice_is_paid_once_a_year(key: str) -> None:
    assert explained(key, CASES[key].facts, Taken(group_fen=1, group_claims=1)).result == FALSE


# -- enterprises -------------------------------------------------------------------------------------------------------


def test_made_up_enterprises_are_the_same_every_time_and_sound() -> None:
    some = list(sampling.enterprises(40))
    assert some == list(sampling.enterprises(40)) and some != list(sampling.enterprises(40, seed=2))
    assert some[7] == sampling.enterprise(7)
    many = list(sampling.enterprises(500))
    assert len({one.uscc for one in many}) == len({one.name for one in many}) == 500
    for one in many:
        # Codes of regions there are none of, so that no enterprise has them.
        assert uscc_valid(one.uscc) and one.uscc[2:8] in ("990121", "330120")
        rows = [(name, written(value)) for name, value in one.facts.items()]
        assert model_sheets.listed(rows, KINDS)[1] == []


def test_every_item_that_is_paid_has_made_up_enterprises_that_get_it() -> None:
    plan = [model_matches.judged(key, 1, ITEMS[key]) for key in PAID]
    told = [(one.region, {**one.facts, "region": one.region, "name": one.name}) for one in sampling.enterprises(2_000)]
    found = [model_matches.outcomes(plan, facts, region, DAY) for region, facts in told]
    assert {key for one in found for key, outcome in one.items() if outcome.truth == TRUE} == set(PAID)


def test_the_counties_organisations_are_those_of_its_catalogue() -> None:
    people = json.loads((SERVICES / "catalog/sample/people.json").read_text())
    there = {(one["uscc"], one["name"]) for one in people["organizations"]}
    own = FILES["county"]["enterprises"]
    assert {(one["uscc"], one["name"]) for one in own} <= there
    for one in own:
        rows = [(name, written(value)) for name, value in one["facts"].items()]
        assert model_sheets.listed(rows, KINDS)[1] == []
