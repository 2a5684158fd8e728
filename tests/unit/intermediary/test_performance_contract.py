"""What a contract must say before it is filed."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Refused
from services.intermediary import model, model_contract
from services.intermediary.model import Procurement
from services.intermediary.model_parts import Passed
from tests.support.intermediary_performance import AWARDED_AT, BUDGET, SIGNED, contract, procurement, signed_at

LOWEST, DISCOUNT, AVERAGE = (f"PRICE_METHOD_{name}" for name in ("LOWEST", "DISCOUNT", "AVERAGE"))


def faults(one: Procurement, told: Any, now: datetime | None = None) -> dict[str, str]:
    """What is wrong with a contract, by field."""
    try:
        model_contract.require_sound(one, told, now or signed_at())
    except Refused as refused:
        return {fault.field: fault.reason for fault in refused.violations}
    return {}


@pytest.mark.parametrize("method", [LOWEST, AVERAGE])
def test_where_the_price_won_the_amount_is_the_bid(method: str) -> None:
    one = procurement(mode=model.PRICE, need={"priceMethod": method}, value=8_000_00)
    assert faults(one, contract(8_000_00)) == {}
    for amount in (7_999_99, 8_000_01):
        assert faults(one, contract(amount)) == {"amount_fen": "NOT_THE_BID"}


def test_where_the_discount_won_the_amount_is_at_most_the_budget_less_it() -> None:
    one = procurement(mode=model.PRICE, need={"priceMethod": DISCOUNT, "budgetFen": "1001"}, value=1234)
    most = 1001 * (10_000 - 1234) // 10_000
    assert faults(one, contract(most)) == {}
    assert faults(one, contract(most + 1)) == {"amount_fen": "NOT_THE_BID"}
    free = procurement(mode=model.PRICE, need={"priceMethod": DISCOUNT, "budgetFen": "0"}, value=1234)
    assert faults(free, contract(99_999_99)) == {}


@pytest.mark.parametrize("mode", [model.DIRECT, model.CHOICE, model.DRAW])
def test_elsewhere_the_amount_is_at_most_the_budget_where_there_is_one(mode: int) -> None:
    assert faults(procurement(mode=mode), contract(BUDGET)) == {}
    assert faults(procurement(mode=mode), contract(BUDGET + 1)) == {"amount_fen": "ABOVE_BUDGET"}
    assert faults(procurement(mode=mode, need={"budgetFen": "0"}), contract(BUDGET * 9)) == {}


def test_a_contract_is_signed_between_the_result_and_today() -> None:
    one = procurement()
    result = date(2026, 11, 20)
    assert faults(one, contract(signed_on=str(result))) == {}
    assert faults(one, contract(signed_on=str(result - timedelta(days=1)))) == {"signed_on": "BEFORE_RESULT"}
    today = SIGNED
    assert faults(one, contract(signed_on=str(today))) == {}
    assert faults(one, contract(signed_on=str(today + timedelta(days=1)))) == {"signed_on": "FUTURE"}
    broken = contract()
    broken.signed_on = "2026-02-30"
    assert faults(one, broken)["signed_on"] == "MALFORMED"


def test_who_came_up_signs_nothing_before_he_did() -> None:
    passed = [Passed(1, "agency-0", "uscc", "别家", "GAVE_UP", AWARDED_AT)]
    one = procurement(passed=passed)
    assert faults(one, contract(signed_on="2026-11-22")) == {"signed_on": "BEFORE_RESULT"}
    assert faults(one, contract(signed_on="2026-11-23")) == {}


@pytest.mark.parametrize(
    ("steps", "field", "reason"),
    [
        (((10, 4000), (20, 5999)), "milestones", "SHARES"),
        (((10, 4000), (20, 6001)), "milestones", "SHARES"),
        (((10, 4000), (9, 6000)), "milestones[1].due", "DUE"),
        (((-1, 4000), (9, 6000)), "milestones[0].due", "DUE"),
        (((10, 4000), (31, 6000)), "milestones[1].due", "DUE"),
    ],
)
def test_milestones_add_up_in_order_within_the_days_of_the_need(
    steps: tuple[tuple[int, int], ...], field: str, reason: str
) -> None:
    assert faults(procurement(need={"days": 30}), contract(steps=steps)) == {field: reason}


def test_milestones_may_be_on_one_day_and_on_the_first_and_last() -> None:
    one = procurement(need={"days": 30})
    assert faults(one, contract(steps=((0, 1), (0, 0), (30, 9999)))) == {}
    assert faults(procurement(), contract(steps=((3000, 10_000),))) == {}, "a need without days has no last one"


def test_a_milestone_is_named_by_what_leads_to_nobody() -> None:
    told = contract()
    told.milestones[0].name = "由张伟先生13912345678验收"
    told.milestones[1].name = "  "
    assert faults(procurement(), told) == {"milestones[0].name": "PERSONAL_DATA", "milestones[1].name": "BLANK"}
    told.milestones[1].due = "2026-02-30"
    assert faults(procurement(), told)["milestones[1].due"] == "DUE"


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = contract(BUDGET + 1, steps=((3, 1),), signed_on="2026-12-30")
    assert faults(procurement(), told) == {
        "amount_fen": "ABOVE_BUDGET",
        "signed_on": "FUTURE",
        "milestones": "SHARES",
    }
