"""Where one act meets another: processes that were asleep, requests that come again and again, journals that fill."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from services.policy import model
from services.policy.paying import Paying
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.calling import refused
from tests.support.policy_claims import BANK_CODE, ClaimsHere, Enterprise, claims_here
from yiwang.policy.v1 import claims_pb2 as pb


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def here(database: Database[dict[str, Any]], bank: Bank) -> Iterator[ClaimsHere]:
    with claims_here(database, bank) as found:
        yield found


def another_account(company: Enterprise, number: int = 1) -> pb.Account:
    return pb.Account(name=company.name, number=f"62229999{number:08}", bank_code=BANK_CODE, bank_name="某某银行")


def test_a_process_that_slept_sends_an_order_to_the_account_the_order_is_for(
    here: ClaimsHere, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, company = here.payable(), here.company()
    bank.refuse(company.account.number, "CLOSED")
    id = here.submit(company, item.item_id).claim_id
    here.tasks.attempt(id, "check")
    sleeper, other = Paying(here.parts), Paying(here.parts)
    ordered = sleeper._ordered

    def after_a_long_sleep(claim: model.Claim) -> model.Claim:
        here.work()
        here.claims(company.actor).ConfirmAccount(claim_id=id, account=another_account(company))
        here.tasks.attempt(id, "check")
        # Another wrote the next order down, and died before the bank heard of it.
        other._ordered(here.claim(id))
        return ordered(claim)

    monkeypatch.setattr(sleeper, "_ordered", after_a_long_sleep)
    sleeper.pay(id)
    first, second = here.claim(id).orders
    assert (first.state, bank.orders[second.id]["payee"]["number"]) == (model.REJECTED, "6222999900000001")
    here.work()
    assert (here.claim(id).status, bank.total_paid()) == (model.PAID, 5_000_000)


def test_who_applies_again_and_again_leaves_room_for_the_way_to_the_money(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company(dishonest=True)
    id = here.submit(company, item.item_id).claim_id
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "JOURNAL_FULL"):
        for _ in range(200):
            here.submit(company, item.item_id)
    assert len(here.all.get(id).journal) <= 300


def test_accounts_that_are_never_taken_leave_room_to_end_the_claim(here: ClaimsHere, bank: Bank) -> None:
    item, company = here.payable(), here.company()
    bank.checks = {another_account(company, number).number: "CLOSED" for number in range(300)}
    bank.checks[company.account.number] = "CLOSED"
    id = here.submit(company, item.item_id).claim_id
    here.tasks.attempt(id, "check")
    confirm = here.claims(company.actor).ConfirmAccount
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "JOURNAL_FULL"):
        for number in range(200):
            confirm(claim_id=id, account=another_account(company, number))
            here.tasks.attempt(id, "check")
    assert here.comes_due(id).status == model.LAPSED
    here.work()
    assert (here.pot(item.item_id)["available"], here.claim(id).reservation) == (100_000_000, model.FREE)
