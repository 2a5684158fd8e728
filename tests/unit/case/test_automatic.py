"""秒批: only a rule that holds decides; facts are what was told and looked up; the version of a rule is its content."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis import rules
from chassis.acts import Moment
from services.case import model, model_automatic, model_scenario
from services.case.model_evolve import EVOLVE
from services.case.replaying import tree
from tests.support.cases import case_in
from tests.support.items import simple
from tests.support.rules import all_of, any_of, leaf, not_
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
NAMES = ("area", "rooms", "kind", "licence_business")
leaves = st.sampled_from(
    [
        "area <= 60",
        "rooms > 2",
        'kind == "shop"',
        "licence_business",
        "area > rooms",
        "size(kind)",
        "applicant_level > 2",
    ]
).map(leaf)
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda some: all_of(*some)),
        st.lists(parts, min_size=1, max_size=3).map(lambda some: any_of(*some)),
        parts.map(not_),
    ),
    max_leaves=6,
)
told = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.integers(0, 99), st.booleans(), st.just("shop")))


def submitted(item: catalog.ItemDefinition, **more: Any) -> events.CaseSubmitted:
    return events.CaseSubmitted(case_id="c", number="n", applicant_id="p", item_code=item.code, **more)


@given(trees, told, st.integers(1, 5))
def test_a_decision_happens_only_where_the_rule_says_true(rule: Any, facts: dict[str, Any], level: int) -> None:
    facts = facts | {"applicant_level": level, "handed_in": []}
    found = model_automatic.judge(rule, facts)
    truth = rules.judge(rule, facts).truth
    assert (found.truth == "TRUE") == (truth == rules.TRUE)
    assert found == model_automatic.judge(rule, dict(reversed(facts.items()))), "the same facts, the same answer"
    if found.truth == "TRUE":
        kinds = [type(one) for one in model_automatic.decide(case_in(model.SUBMITTED), NOW)]
        assert kinds[:2] == [events.CaseAccepted, events.CaseDecided]


@given(told)
def test_without_a_fact_the_rule_needs_nothing_is_decided(facts: dict[str, Any]) -> None:
    facts.pop("area", None)
    rule = all_of(leaf("area <= 60"), leaf("true"))
    assert model_automatic.judge(rule, facts).truth == "UNKNOWN"


def test_facts_are_what_was_told_in_its_own_kind_and_what_was_looked_up() -> None:
    item = simple(
        form_fields=[
            catalog.FormField(key="area", kind=catalog.FIELD_KIND_NUMBER),
            catalog.FormField(key="width", kind=catalog.FIELD_KIND_NUMBER),
            catalog.FormField(key="note", kind=catalog.FIELD_KIND_TEXT),
            catalog.FormField(key="empty", kind=catalog.FIELD_KIND_TEXT),
            catalog.FormField(key="licence_business", kind=catalog.FIELD_KIND_TEXT),
        ],
        questions=[catalog.Question(key="rented", kind=catalog.QUESTION_KIND_YES_NO)],
    )
    answers = {"rented": catalog.Answer(values=["yes"])}
    scenario = model_scenario.of(item, answers, "i", 1)
    form = {"area": "58", "width": "3.5", "note": "7", "empty": "", "licence_business": "yes", "unlisted": "1"}
    facts = model_automatic.facts_of(item, scenario, form, 3, ["b", "a", "b"], {"plan": True})
    assert facts == {
        "rented": True,
        "area": 58,
        "width": "3.5",
        "note": "7",
        "licence_plan": True,
        "applicant_level": 3,
        "handed_in": ["a", "b"],
    }


def test_the_version_of_a_rule_is_its_content() -> None:
    one = all_of(leaf("area <= 60", "small"), leaf("rooms > 2", "rooms"))
    same, other = type(one).FromString(one.SerializeToString()), all_of(leaf("area <= 61", "small"))
    assert model_automatic.digest(one) == model_automatic.digest(same) != model_automatic.digest(other)


@pytest.mark.parametrize(
    "waits",
    [
        {"pre_review": True},
        {"receiving_department": "11990121MB0000002H"},
        {"stood_for": [events.StoodFor(material="m", manual=True)]},
    ],
)
def test_no_rule_is_run_while_a_person_is_waited_for(waits: dict[str, Any]) -> None:
    item = simple(automatic=catalog.Automatic(rule=leaf("true")))
    assert model_automatic.applies(item, submitted(item))
    assert not model_automatic.applies(item, submitted(item, **waits))
    assert not model_automatic.applies(simple(), submitted(simple()))


@pytest.mark.parametrize(
    ("has", "last"),
    [
        ({}, events.CaseClosed),
        ({"result_name": ""}, events.CaseClosed),
        ({"delivery": pb.DELIVERY_WAY_ELECTRONIC}, events.CaseClosed),
        ({"delivery": pb.DELIVERY_WAY_EXPRESS}, events.ResultIssued),
        ({"delivery": pb.DELIVERY_WAY_PICK_UP}, events.ResultIssued),
        ({"fees": [model.FeeLine("工本费", 500, False)]}, events.CaseDecided),
        ({"fees": [model.FeeLine("检验费", 0, True)]}, events.CaseDecided),
        ({"fees": [model.FeeLine("登记费", 0, False)]}, events.CaseClosed),
        ({"deferred": ["report"]}, events.CaseDecided),
    ],
)
def test_it_goes_as_far_as_nothing_stands_before_it(has: dict[str, Any], last: type[Message]) -> None:
    case = case_in(model.SUBMITTED, **has)
    follows = model_automatic.decide(case, NOW)
    assert type(follows[-1]) is last
    for event in follows:
        case = EVOLVE[type(event)](case, event, Moment(NOW, "person:p"))
    assert case.decided_by == "" and case.decision_kind == pb.DECISION_KIND_AUTOMATIC


def test_the_tree_of_a_replay_has_a_sign_at_every_node_and_no_value_of_anybody() -> None:
    rule = all_of(
        leaf("area <= 60", "small", "面积小", "第三条"),
        any_of(leaf("rooms > 2", "rooms"), not_(leaf('kind == "shop"'))),
    )
    lines = list(tree(rules.judge(rule, {"area": 58, "kind": "shop"})))
    assert lines[:4] == ["? 以下全部满足", "  ✓ 面积小（第三条）", "  ? 以下任一满足", "    ? rooms：缺少 rooms"]
    assert lines[4] == "    ✗ 以下不满足" and lines[5].startswith("      ✓ ")
    assert "58" not in "".join(lines)
