"""The payment provider: what is ordered once, what became of it, and answers about other money than was asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.answers import Fault
from chassis.outside import Away
from services.case import payments
from services.case.payments import CLOSED, PAID, PENDING, UNKNOWN, Line, PaymentOrder, PaymentState, Refund
from tests.fakes.payment_provider import PaymentProvider
from tests.fakes.program import running

LINES = (Line("工本费", 500), Line("检验费", 12_000), Line("资料费", 0))
AT = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[PaymentProvider]:
    with running(PaymentProvider()) as provider:
        yield provider


def order(provider: PaymentProvider, id: str = "order-1") -> PaymentOrder:
    return payments.order(provider.url, id, LINES, 12_500, "990121260701ABCDEFG")


def state(provider: PaymentProvider, id: str = "order-1") -> PaymentState:
    return payments.state(provider.url, id, 12_500)


def refund(provider: PaymentProvider, amount: int = 500) -> Refund:
    return payments.refund(provider.url, "order-1", f"refund-{amount}", amount)


ANSWER = {"id": "order-1", "amount_fen": 12_500, "pay_url": "https://pay.example/1", "reference": "ref-1"}


def test_an_order_tells_where_to_pay_and_the_same_again_is_the_same(provider: PaymentProvider) -> None:
    first = order(provider, "order-1")
    assert first == PaymentOrder(f"{provider.url}/pay/order-1", "order-order-1")
    assert order(provider, "order-1") == first
    assert len(provider.orders) == 1
    assert (
        provider.of("ORDER")[0]
        == provider.of("ORDER")[1]
        == {
            "id": "order-1",
            "case_number": "990121260701ABCDEFG",
            "lines": [
                {"name": "工本费", "amount_fen": 500},
                {"name": "检验费", "amount_fen": 12_000},
                {"name": "资料费", "amount_fen": 0},
            ],
            "amount_fen": 12_500,
        }
    )


@pytest.mark.parametrize(
    ("lines", "amount"), [((), 0), ((Line("免费", 0),), 0), (LINES, 12_501), ((Line("a", 500), Line("b", -100)), 400)]
)
def test_nothing_is_ordered_for_nothing_or_for_lines_that_do_not_sum_up(
    provider: PaymentProvider, lines: tuple[Line, ...], amount: int
) -> None:
    with pytest.raises(ValueError, match="sum up"):
        payments.order(provider.url, "order-1", lines, amount, "1")
    assert provider.asked == []


def test_what_became_of_an_order_is_told(provider: PaymentProvider) -> None:
    assert state(provider, "order-1") == PaymentState(UNKNOWN)
    order(provider, "order-1")
    assert state(provider, "order-1") == PaymentState(PENDING, 12_500)
    provider.pay("order-1")
    assert state(provider, "order-1") == PaymentState(PAID, 12_500, AT, "pay-order-1")
    order(provider, "order-2")
    provider.close("order-2")
    assert state(provider, "order-2") == PaymentState(CLOSED, 12_500)


def test_an_id_with_signs_of_addresses_is_the_order_of_that_id(provider: PaymentProvider) -> None:
    provider.orders["a/../b?c#d"] = {"id": "a/../b?c#d", "amount_fen": 12_500, "state": "PENDING"}
    assert state(provider, "a/../b?c#d").state == PENDING


def test_what_was_paid_is_given_back_once_and_never_more_than_was_paid(provider: PaymentProvider) -> None:
    order(provider)
    provider.orders["order-1"]["state"] = "PAID"
    first = refund(provider, 12_000)
    assert (first.state, first.at) == ("REFUNDED", AT)
    assert refund(provider, 12_000) == first
    assert refund(provider, 501) == Refund("REFUSED")
    assert refund(provider, 500).state == "REFUNDED"
    with pytest.raises(ValueError, match="nothing"):
        refund(provider, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "order-2"},
        {"id": None},
        {"amount_fen": 12_501},
        {"amount_fen": "12500"},
        {"amount_fen": 12_500.0},
        {"amount_fen": None},
        {"reference": ""},
        {"reference": "缴款单"},
        {"pay_url": "http://pay.example/1"},
        {"pay_url": "javascript:alert(1)"},
        {"pay_url": "https://user:secret@pay.example"},
        {"pay_url": "https:///1"},
        {"pay_url": "https://[1"},
        {"pay_url": "https://pay.example/" + "x" * 1000},
    ],
)
def test_an_answer_about_another_order_amount_or_place_is_a_fault(
    provider: PaymentProvider, changed: dict[str, Any]
) -> None:
    provider.script("ORDER", {**ANSWER, **changed})
    with pytest.raises(Fault):
        order(provider)
    provider.script("ORDER", ANSWER)
    assert order(provider) == PaymentOrder("https://pay.example/1", "ref-1")


SAID = {"id": "order-1", "amount_fen": 12_500, "state": "PAID", "paid_at": "2026-07-01T01:30:00Z", "reference": "r"}


@pytest.mark.parametrize(
    "said",
    [
        400,
        b"{",
        {**SAID, "id": "order-2"},
        {**SAID, "amount_fen": 1},
        {**SAID, "state": "paid"},
        {**SAID, "state": ["PAID"]},
        {**SAID, "paid_at": "2026-07-01T01:30:00"},
        {**SAID, "paid_at": "yesterday"},
        {**SAID, "paid_at": None},
        {**SAID, "reference": None},
        {**SAID, "state": "CLOSED", "amount_fen": 1},
    ],
)
def test_a_state_of_other_money_or_without_when_is_a_fault(provider: PaymentProvider, said: Any) -> None:
    provider.script("STATE", said, SAID)
    with pytest.raises(Fault):
        state(provider)
    assert state(provider) == PaymentState(PAID, 12_500, AT, "r")


@pytest.mark.parametrize("changed", [{"id": "x"}, {"order_id": "order-2"}, {"amount_fen": 1}, {"state": "DONE"}])
def test_a_refund_of_other_money_is_a_fault(provider: PaymentProvider, changed: dict[str, Any]) -> None:
    said = {"id": "refund-500", "order_id": "order-1", "amount_fen": 500, "state": "PENDING"}
    provider.script("REFUND", {**said, **changed}, said)
    with pytest.raises(Fault):
        refund(provider)
    assert refund(provider) == Refund("PENDING")


def test_a_provider_that_is_away_is_no_answer(provider: PaymentProvider) -> None:
    provider.away = True
    for ask in (order, state, refund):
        with pytest.raises(Away, match="HTTP 503"):
            ask(provider)
    provider.away = False
    assert order(provider, "order-1").provider_ref == "order-order-1"
