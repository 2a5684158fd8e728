"""What may decide where no officer looks."""

from datetime import UTC, date, datetime

import pytest

from services.policy import model_doubts, model_explain
from services.policy.model_explain import Taken
from services.policy.model_facts import CLAIMED, CORRECTED, EVENT, REPORTED, YEARLY, Fact
from tests.support.policy_items import definition, leaf
from yiwang.policy.v1 import items_pb2 as pb
from yiwang.rules.v1 import rules_pb2

DAY = date(2026, 11, 23)
NOW, LAST_YEAR = datetime(2026, 11, 1, tzinfo=UTC), datetime(2025, 12, 31, 15, 59, tzinfo=UTC)
TRUE, UNKNOWN, FALSE = rules_pb2.TRUTH_TRUE, rules_pb2.TRUTH_UNKNOWN, rules_pb2.TRUTH_FALSE


def fact(name: str, value: object, kind: str = CLAIMED, at: datetime = NOW) -> Fact:
    return Fact(name, value, "enterprise", "企业自报", kind, at, "sheet", 1)


def decided(rule: rules_pb2.Rule, *facts: Fact, mode: int = pb.PAYOUT_MODE_INSTANT, cel: str = "100") -> pb.Explanation:
    amount = pb.AmountFormula(cel=cel, says="每户一元")
    asked = definition("p", rule=rule, amount=amount, vetoes=[], mode=mode)
    return model_doubts.decided(asked, "i", 1, "u", "2026", DAY, {one.name: one for one in facts}, Taken())


@pytest.mark.parametrize(
    "told, expected",
    [
        (fact("doctors", 3), UNKNOWN),
        (fact("doctors", 3, REPORTED), TRUE),
        (fact("doctors", 3, CORRECTED), TRUE),
        (fact("doctors", 3, EVENT), TRUE),
        (fact("doctors", 0), FALSE),
        # It is asked to state it, and needs no proof.
        (fact("employees", 3), TRUE),
        # Of another year than it is read as; the last minute of it in China is its own.
        (fact("insured_staff_prev", 3, REPORTED), TRUE),
        (fact("insured_staff_prev", 3, REPORTED, LAST_YEAR), UNKNOWN),
        (fact("insured_staff", 3, REPORTED, LAST_YEAR), TRUE),
    ],
)
def test_a_yes_rests_on_facts_without_doubt_alone(told: Fact, expected: int) -> None:
    said = decided(leaf("some", f"{told.name} >= 1", "有人"), told)
    assert said.result == expected
    if expected == UNKNOWN:
        assert [one.name for one in said.missing] == [told.name]
        assert "工作人员核实" in said.missing[0].how


def test_what_is_doubted_and_decides_nothing_keeps_no_yes_away() -> None:
    either = rules_pb2.Rule(
        any=rules_pb2.RuleList(rules=[leaf("many", "insured_staff >= 1"), leaf("some", "doctors >= 1")])
    )
    told = (fact("insured_staff", 5, REPORTED), fact("doctors", 3))
    assert decided(either, *told).result == TRUE
    assert decided(leaf("many", "insured_staff >= 1"), *told, cel="doctors * 100").result == UNKNOWN


def test_where_an_officer_looks_the_word_of_the_enterprise_is_taken_and_his_own_is_replayed() -> None:
    rule = leaf("some", "doctors >= 1")
    assert decided(rule, fact("doctors", 3), mode=pb.PAYOUT_MODE_ORDINARY).result == TRUE
    asked = definition("p", rule=rule, amount=pb.AmountFormula(cel="100"), vetoes=[])
    said = model_doubts.decided(asked, "i", 1, "u", "2026", DAY, {"doctors": fact("doctors", 3)}, Taken())
    assert model_explain.same(model_explain.recompute(said, asked), said)


def test_who_and_where_an_enterprise_is_are_told_by_somebody_else() -> None:
    told = {"name": fact("name", "某某公司", EVENT), "region": fact("region", "990121", REPORTED)}
    assert model_doubts.of_whom("990121", told) == []
    assert model_doubts.of_whom("990100", told) == []
    for name in model_doubts.OF_WHOM:
        own = told | {name: told[name]._replace(kind=CLAIMED)}
        assert [one.name for one in model_doubts.of_whom("990121", own)] == [name]
        rest = {key: one for key, one in told.items() if key != name}
        assert [one.name for one in model_doubts.of_whom("990121", rest)] == [name]
    assert [one.name for one in model_doubts.of_whom("990122", told)] == ["region"]


def test_what_is_called_of_a_year_is_of_a_year() -> None:
    assert {"revenue_fen", "revenue_prev2_fen", "tax_violation", "new_graduates", "insured_staff_prev"} <= YEARLY
    assert not {"insured_staff", "registered_on", "dishonest", "subsidy_fraud", "name", "region"} & YEARLY
