"""The paying bank: an order is one payment however often it is sent, and an answer about other money than was asked for is none."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chassis import outside
from chassis.answers import Fault
from chassis.outside import Away
from services.policy import bank
from services.policy.bank import Account, Order, OrderState
from tests.fakes.bank import AT, DAY, PAGE, Bank
from tests.fakes.program import running

PAYEE = Account("示范科技有限公司", "6222000011112222", "105510000017")
ORDER = Order("order-1", 5_000_000, PAYEE, "惠企政策兑付 1", "9900112233")
PAID = OrderState(bank.PAID, datetime.fromisoformat(AT), "paid-order-1")
TOLD = {"id": "order-1", "amount_fen": 5_000_000, "state": "PAID", "at": AT, "reference": "ref-1"}
ROW = {"line_id": "l1", "kind": "OUT", "subject": "order-1", "amount_fen": 1, "at": AT, "reference": "r1"}


@pytest.fixture
def fake() -> Iterator[Bank]:
    with running(Bank()) as fake:
        yield fake


def send(fake: Bank, order: Order = ORDER) -> OrderState:
    return bank.send(fake.url, order)


def state(fake: Bank) -> OrderState:
    return bank.order_state(fake.url, ORDER.id, ORDER.fen)


def statement(fake: Bank) -> bank.Statement:
    return bank.statement(fake.url, ORDER.payer_account, DAY)


@pytest.mark.parametrize("result", sorted(bank.CHECKS))
def test_the_bank_says_whether_an_account_can_be_paid_to(fake: Bank, result: str) -> None:
    fake.checks[PAYEE.number] = result
    assert bank.check_account(fake.url, "check-1", PAYEE).result == result
    account = {"name": PAYEE.name, "number": PAYEE.number, "bank_code": PAYEE.bank_code}
    assert fake.of("CHECK") == [{"id": "check-1", **account}]


def test_an_account_the_bank_will_not_look_at_is_refused(fake: Bank) -> None:
    fake.script("CHECK", 422)
    assert bank.check_account(fake.url, "check-1", PAYEE).result == "REFUSED"


@pytest.mark.parametrize(
    "answer", [b"[]", {"id": "check-2", "result": "OK"}, {"id": "check-1"}, {"id": "check-1", "result": "ok"}]
)
def test_a_check_of_another_account_or_with_an_unknown_result_is_a_fault(fake: Bank, answer: Any) -> None:
    fake.script("CHECK", answer)
    with pytest.raises(Fault):
        bank.check_account(fake.url, "check-1", PAYEE)


def test_an_order_sent_again_is_the_same_payment(fake: Bank) -> None:
    assert state(fake) == OrderState(bank.UNKNOWN)
    assert [send(fake), send(fake), state(fake)] == [PAID] * 3
    assert (fake.paid_fen("order-1"), fake.total_paid()) == (5_000_000, 5_000_000)


@pytest.mark.parametrize(
    "other", [replace(ORDER, fen=5_000_001), replace(ORDER, payee=replace(PAYEE, number="6222000011113333"))]
)
def test_another_amount_or_payee_under_a_known_id_is_refused_and_pays_nothing(fake: Bank, other: Order) -> None:
    send(fake)
    with pytest.raises(Fault):
        send(fake, other)
    assert fake.total_paid() == 5_000_000


@pytest.mark.parametrize("how", ["no", "break"])
def test_who_got_no_answer_to_an_order_that_was_paid_learns_it_by_asking(fake: Bank, how: str) -> None:
    fake.answers = how
    for _ in range(2):
        with pytest.raises(Away):
            send(fake)
    assert state(fake) == PAID
    assert fake.total_paid() == 5_000_000


def test_an_answer_that_comes_too_late_is_none_and_the_order_is_paid_once(
    fake: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.slow = 0.3
    monkeypatch.setattr(outside, "SECONDS", 0.1)
    with pytest.raises(Away):
        send(fake)
    fake.slow = 0.0
    monkeypatch.setattr(outside, "SECONDS", 5.0)
    assert send(fake) == PAID
    assert fake.total_paid() == 5_000_000


def test_an_order_is_accepted_first_and_paid_later(fake: Bank) -> None:
    fake.answers = "late"
    assert [send(fake), state(fake), state(fake)] == [OrderState(bank.ACCEPTED), OrderState(bank.ACCEPTED), PAID]
    assert fake.total_paid() == 5_000_000


def test_an_order_is_rejected_or_comes_back(fake: Bank) -> None:
    send(fake)
    fake.give_back("order-1", "CLOSED")
    assert state(fake) == OrderState(bank.RETURNED, datetime.fromisoformat(AT), "back-order-1", "CLOSED")
    fake.refuse(PAYEE.number, "FROZEN")
    second = replace(ORDER, id="order-2")
    assert send(fake, second) == OrderState(bank.REJECTED, code="FROZEN")
    assert fake.total_paid() == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "order-2"},
        {"id": None},
        {"amount_fen": 5_000_001},
        {"amount_fen": "5000000"},
        {"amount_fen": 5_000_000.0},
        {"amount_fen": None},
        {"state": "paid"},
        {"state": None},
        {"state": ["PAID"]},
        {"at": "2026-07-01T09:30:00"},
        {"at": None},
        {"reference": ""},
        {"reference": "回单"},
        {"state": "REJECTED", "code": None},
        {"state": "RETURNED"},
        {"state": "RETURNED", "code": "CLOSED", "at": ""},
        {"state": "ACCEPTED", "amount_fen": 1},
    ],
)
@pytest.mark.parametrize("kind", ["SEND", "STATE"])
def test_an_answer_about_another_order_amount_or_state_is_a_fault(
    fake: Bank, kind: str, changed: dict[str, Any]
) -> None:
    fake.script(kind, TOLD | changed)
    with pytest.raises(Fault):
        send(fake) if kind == "SEND" else state(fake)


@pytest.mark.parametrize("answer", [400, 422, b"", b"paid", b"[]", b"null", b"{" + b" " * 70_000 + b"}"])
def test_a_refusal_and_what_nobody_can_read_is_a_fault(fake: Bank, answer: Any) -> None:
    fake.script("STATE", answer)
    with pytest.raises(Fault):
        state(fake)


@pytest.mark.parametrize("answer", [0, 301, 404, 429, 500, 503])
def test_no_answer_is_no_answer(fake: Bank, answer: int) -> None:
    for kind in ("STATE", "SEND", "CHECK", "STATEMENT"):
        fake.script(kind, answer)
    for ask in (state, send, statement, lambda one: bank.check_account(one.url, "check-1", PAYEE)):
        with pytest.raises(Away):
            ask(fake)


def test_a_bank_that_is_not_there_is_away() -> None:
    with running(Bank()) as gone:
        pass
    with pytest.raises(Away):
        state(gone)


def test_a_statement_is_read_to_its_last_page(fake: Bank) -> None:
    for number in range(2 * PAGE + 1):
        send(fake, replace(ORDER, id=f"order-{number}", fen=number + 1))
    found = statement(fake)
    assert [(one.kind, one.subject, one.fen) for one in found.lines] == [
        (bank.OUT, f"order-{number}", number + 1) for number in range(2 * PAGE + 1)
    ]
    assert found.complete
    assert len(fake.of("STATEMENT")) == 3


def test_a_statement_tells_what_went_out_twice_came_back_was_paid_in_and_is_left_out(fake: Bank) -> None:
    send(fake)
    fake.twice("order-1")
    fake.give_back("order-1")
    fake.receive("退回 ZH2345672A", 700)
    send(fake, replace(ORDER, id="order-2"))
    fake.hidden.add("order-2")
    assert [(one.kind, one.subject, one.fen) for one in statement(fake).lines] == [
        (bank.OUT, "order-1", 5_000_000),
        (bank.OUT, "order-1", 5_000_000),
        (bank.BACK, "order-1", 5_000_000),
        (bank.IN, "退回 ZH2345672A", 700),
    ]


def page(*rows: Any, next: str = "", complete: bool = True) -> dict[str, Any]:
    return {"day": DAY, "lines": list(rows), "next": next, "complete": complete}


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
def test_a_day_is_closed_only_when_every_page_says_so(fake: Bank, first: bool, second: bool) -> None:
    fake.script("STATEMENT", page(ROW, next="2", complete=first), page(ROW, complete=second))
    found = statement(fake)
    assert (len(found.lines), found.complete) == (1, False)


@pytest.mark.parametrize(
    "pages",
    [
        [page(ROW) | {"day": "2026-07-02"}],
        [page(ROW) | {"lines": None}],
        [page(ROW) | {"next": 2}],
        [page("OUT")],
        [page(ROW | {"line_id": ""})],
        [page(ROW | {"kind": "FEE"})],
        [page(ROW | {"kind": ["OUT"]})],
        [page(ROW | {"amount_fen": 0})],
        [page(ROW | {"amount_fen": -1})],
        [page(ROW | {"amount_fen": True})],
        [page(ROW | {"amount_fen": 1.0})],
        [page(ROW | {"at": DAY})],
        [page(ROW | {"subject": "a\nb"})],
        [page(ROW | {"reference": None})],
        [page(ROW, ROW | {"amount_fen": 2})],
        [page(ROW, next="2"), page(ROW | {"subject": "order-2"})],
        [page(next="2"), page(next="3"), page(next="2")],
        [page(ROW, next="2"), 422],
    ],
)
def test_nothing_is_taken_of_a_statement_with_anything_wrong_in_it(fake: Bank, pages: list[Any]) -> None:
    fake.script("STATEMENT", *pages)
    with pytest.raises(Fault):
        statement(fake)


def test_a_statement_that_breaks_off_is_no_statement(fake: Bank) -> None:
    fake.script("STATEMENT", page(ROW, next="2"), 503)
    with pytest.raises(Away):
        statement(fake)


def test_the_bank_does_as_it_is_told_from_another_process(fake: Bank) -> None:
    send(fake)
    told = {"twice": "order-1", "receive": {"subject": "x", "fen": 1}, "hide": ["x"], "complete": False}
    body = json.dumps(told).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{fake.url}/control", body)):
        assert fake.paid_fen("order-1") == 10_000_000
    found = statement(fake)
    assert ([one.subject for one in found.lines], found.complete) == (["order-1", "order-1"], False)
