"""Money over gRPC and through the worker's handlers: budgets, the ledger, the bank's calls, days compared with its statement."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.outside import Away
from services.policy import model, reconciling
from tests.fakes import program
from tests.fakes.bank import Bank
from tests.support.actors import OTHER_DEPARTMENT, machine, officer, person, supervisor
from tests.support.calling import at_once, refused
from tests.support.policy_claims import ClaimsHere, claims_here
from tests.support.policy_money import Company, Money
from yiwang.policy.v1 import money_pb2 as pb

Db = Database[dict[str, Any]]
Code = grpc.StatusCode
NOTIFY = "yiwang.policy.v1.MoneyService/NotifyPayment"
PERIOD = "2026"
MILLION = 1_000_000_00


@pytest.fixture
def bank() -> Iterator[Bank]:
    with program.running(Bank()) as running:
        yield running


@pytest.fixture
def here(database: Db, bank: Bank) -> Iterator[ClaimsHere]:
    with claims_here(database, bank) as found:
        yield found


@pytest.fixture
def money(database: Db, bank: Bank) -> Money:
    return Money(database, bank)


def service(here: ClaimsHere, actor: Any = None) -> Any:
    """MoneyService as this actor calls it; finance unless told otherwise."""
    return here.by(actor or here.treasurer, service="MoneyService")


def give(here: ClaimsHere, item: str, total: int, actor: Any = None, **told: Any) -> pb.Budget:
    said = {"item_id": item, "period": PERIOD, "total_fen": total, "document": "某财〔2026〕1号"} | told
    answer: pb.Budget = service(here, actor).SetBudget(**said)
    return answer


def paid(money: Money, **told: Any) -> Company:
    """A claim whose money was paid, and its task done."""
    one = money.company(**told)
    one.submit()
    for _ in range(6):
        money.fresh()
        money.work(one)
        one.review()
        one.approve()
        money.deliver(one)
    assert one.state.status == model.PAID and not one.state.task
    return one


# -- budgets ------------------------------------------------------------------------------------------------------------


def test_a_budget_is_set_raised_cut_and_closed_and_the_ledger_says_so(here: ClaimsHere, money: Money) -> None:
    item = here.open().item_id
    budget = give(here, item, 3 * MILLION, request_id="request-of-the-budget")
    assert (budget.total_fen, budget.available_fen, budget.status) == (3 * MILLION, 3 * MILLION, "OPEN")
    assert give(here, item, 3 * MILLION, request_id="request-of-the-budget") == budget
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        give(here, item, 4 * MILLION, request_id="request-of-the-budget")
    claim = here.submit(here.company(), item)
    with refused(Code.FAILED_PRECONDITION, "BELOW_COMMITTED"):
        give(here, item, claim.claimed_fen - 1, request_id="request-of-the-cut")
    with refused(Code.FAILED_PRECONDITION, "BELOW_COMMITTED"):
        give(here, item, claim.claimed_fen - 1, request_id="request-of-the-cut")
    cut = give(here, item, MILLION)
    assert (cut.total_fen, cut.reserved_fen) == (MILLION, claim.claimed_fen)
    assert [(one.delta_fen, one.state) for one in cut.changes] == [
        (3 * MILLION, "APPLIED"),
        (claim.claimed_fen - 1 - 3 * MILLION, "REFUSED"),
        (-2 * MILLION, "APPLIED"),
    ]
    closing = service(here).ClosePeriod(item_id=item, period=PERIOD)
    assert (closing.status, closing.available_fen) == ("CLOSING", MILLION - claim.claimed_fen)
    for act in (lambda: give(here, item, MILLION), lambda: service(here).ClosePeriod(item_id=item, period=PERIOD)):
        with refused(Code.FAILED_PRECONDITION, "PERIOD_CLOSED"):
            act()
    assert here.submit(here.company(), item).reason_code == "PERIOD_CLOSED"
    here.work()
    money.work()
    money.deliver()
    closed = service(here).GetBudget(item_id=item, period=PERIOD)
    told = (closed.status, closed.surplus_fen, closed.spent_fen, closed.available_fen, closed.reserved_fen)
    assert told == ("CLOSED", MILLION - claim.claimed_fen, claim.claimed_fen, 0, 0)
    balance = service(here).GetTrialBalance(item_id=item, period=PERIOD)
    assert balance.balanced and sum(balance.accounts.values()) == 0
    assert (balance.accounts["paid"], balance.accounts["appropriation"]) == (claim.claimed_fen, -claim.claimed_fen)
    records = money.budgets
    assert records.drift(records.collection.find_one({"_id": closed.budget_id}) or {}) == []


@pytest.mark.parametrize(
    ("told", "code", "reason"),
    [
        ({"period": "2026Q1"}, Code.INVALID_ARGUMENT, "WRONG_KIND"),
        ({"period": "2026-13"}, Code.INVALID_ARGUMENT, "WRONG_KIND"),
        ({"item_id": "7f8a4a4e-6f0e-5b1f-9d55-52a0f3f4b7d1"}, Code.NOT_FOUND, "NOT_FOUND"),
        ({"total_fen": -1}, Code.INVALID_ARGUMENT, None),
        ({"document": " "}, Code.INVALID_ARGUMENT, None),
    ],
)
def test_a_budget_that_is_no_budget_is_refused_and_leaves_nothing(
    here: ClaimsHere, money: Money, told: dict[str, Any], code: Code, reason: str | None
) -> None:
    said: dict[str, Any] = {"item": here.open().item_id, "total": MILLION} | _named(told)
    with refused(code, reason):
        give(here, **said)
    assert list(money.budgets.collection.find({})) == list(money.database["pots"].find({})) == []


def _named(told: dict[str, Any]) -> dict[str, Any]:
    names = {"item_id": "item", "total_fen": "total"}
    return {names.get(name, name): value for name, value in told.items()}


def test_many_who_set_a_budget_at_once_leave_the_total_of_one_of_them(here: ClaimsHere) -> None:
    item = here.open().item_id
    totals = [number * MILLION for number in range(1, 9)]
    got = at_once(8, lambda number: give(here, item, totals[number]))
    assert set(got) <= {"done", str(Code.ABORTED)} and got["done"] >= 1
    budget = service(here).GetBudget(item_id=item, period=PERIOD)
    assert budget.total_fen == budget.available_fen in totals
    assert sum(one.delta_fen for one in budget.changes if one.state == "APPLIED") == budget.total_fen


def test_money_is_there_for_its_department_and_region_and_for_nobody_else(here: ClaimsHere, money: Money) -> None:
    item = here.open().item_id
    give(here, item, MILLION)
    day = money.reconcile()
    key = {"item_id": item, "period": PERIOD}
    reads: dict[str, dict[str, Any]] = {
        "GetBudget": key,
        "ListPostings": key,
        "GetTrialBalance": key,
        "GetReconciliation": {"reconciliation_id": day.id},
    }
    acts: dict[str, dict[str, Any]] = {
        "SetBudget": key | {"total_fen": 1, "document": "某财〔2026〕2号"},
        "ClosePeriod": key,
        "SettleException": {"reconciliation_id": day.id, "exception_id": "x", "resolution": "已核对"},
        "NotifyPayment": {"order_id": "7f8a4a4e-6f0e-5b1f-9d55-52a0f3f4b7d1"},
    }
    readers = {
        "finance of the region": (here.treasurer, set(reads)),
        "finance of the city": (replace(here.treasurer, region="990100"), set(reads)),
        "supervision": (supervisor(), set(reads)),
        "the department": (officer("payout"), {"GetBudget"}),
        "who writes the policy": (officer("policy"), {"GetBudget"}),
        "finance of another region": (replace(here.treasurer, region="990122"), set()),
        "supervision of another region": (supervisor(region="990122"), set()),
        "another department": (officer("payout", department=OTHER_DEPARTMENT), set()),
        "an officer without a role": (officer("review"), set()),
        "a person": (person(level=3), set()),
        "an enterprise": (here.company().actor, set()),
        "a machine": (machine(NOTIFY), set()),
    }
    for who, (actor, allowed) in readers.items():
        one = service(here, actor)
        for name, told in reads.items():
            if name in allowed:
                getattr(one, name)(**told)
                continue
            with refused() as refusal:
                getattr(one, name)(**told)
            assert refusal.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED), (who, name, refusal)
        listed = {
            "GetBudget": ("ListBudgets", "budgets"),
            "GetReconciliation": ("ListReconciliations", "reconciliations"),
        }
        for name, (list_name, field) in listed.items():
            try:
                rows = len(getattr(getattr(one, list_name)(), field))
            except grpc.RpcError as error:
                assert error.code() == Code.PERMISSION_DENIED
                rows = 0
            assert rows == (name in allowed), (who, list_name)
        for name, told in acts.items() if "finance of the" not in who else ():
            with refused() as refusal:
                getattr(one, name)(**told)
            assert refusal.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED), (who, name, refusal)
    for name, told in (reads | acts).items():
        with refused(Code.UNAUTHENTICATED):
            getattr(here.by(None, service="MoneyService"), name)(**told)
    assert service(here).GetBudget(**key).version == 2, "nobody changed it"


def test_budgets_are_listed_newest_first_by_item_and_region_and_without_their_changes(here: ClaimsHere) -> None:
    items = [here.open(period=kind).item_id for kind in (2, 2, 2)]
    for item in items:
        give(here, item, MILLION, period="2026")
    first = service(here).ListBudgets(page_size=2)
    rest = service(here).ListBudgets(page_size=2, page_token=first.next_page_token)
    assert [one.item_id for one in (*first.budgets, *rest.budgets)] == items[::-1]
    assert all(one.available_fen == MILLION and not one.changes for one in first.budgets)
    assert [one.item_id for one in service(here).ListBudgets(item_id=items[1]).budgets] == [items[1]]


# -- the ledger ---------------------------------------------------------------------------------------------------------


def test_the_ledger_is_the_same_in_any_order_and_however_often_it_is_heard(money: Money) -> None:
    one = paid(money)
    lines = list(money.database["postings"].find({}))
    for seed in range(3):
        money.heard.clear()
        money.database["postings"].delete_many({})
        random.seed(seed)
        money.deliver(one, twice=True)
        assert sorted(map(str, money.database["postings"].find({}))) == sorted(map(str, lines))
    assert money.wrong(one.budget, one) == [] and money.balances(one.budget)["paid"] == one.right


def test_postings_are_read_page_by_page_newest_first(here: ClaimsHere, money: Money) -> None:
    item = here.open().item_id
    give(here, item, MILLION)
    claim = here.submit(here.company(), item)
    here.work()
    money.deliver()
    found: list[pb.Posting] = []
    token = ""
    while True:
        page = service(here).ListPostings(item_id=item, period=PERIOD, page_size=2, page_token=token)
        found += page.postings
        if not (token := page.next_page_token):
            break
    types = [(one.type, getattr(one, "from"), one.to) for one in found]
    assert len(types) == len({one.posting_id for one in found}) == 5
    assert types[-1] == ("BudgetChangeApplied", "appropriation", "available")
    assert types[0] == ("PaymentSettled", "in_transit", "paid")
    assert {one.claim_id for one in found[:-1]} == {claim.claim_id} and found[0].order_id
    with refused(Code.INVALID_ARGUMENT, "MALFORMED"):
        service(here).ListPostings(item_id=item, period=PERIOD, page_token="no token")


# -- the bank's calls ---------------------------------------------------------------------------------------------------


def test_calls_of_the_bank_are_believed_in_nothing(here: ClaimsHere, money: Money, bank: Bank) -> None:
    one = paid(money)
    order = one.state.orders[0].id
    caller = service(here, machine(NOTIFY))
    for _ in range(2):
        caller.NotifyPayment(order_id=order, request_id="call-of-the-bank")
    assert money.database["bank_notices"].count_documents({}) == 1
    before = one.state
    money.deliver(one, twice=True)
    assert one.state == before, "the bank says that it is as it was"
    bank.give_back(order)
    caller.NotifyPayment(order_id=order)
    money.deliver(one, twice=True)
    assert (one.state.status, one.state.orders[0].state) == (model.ACCOUNT, "RETURNED")
    caller.NotifyPayment(order_id=order)
    money.deliver(one)
    assert money.wrong(one.budget, one) == []
    with refused(Code.NOT_FOUND):
        caller.NotifyPayment(order_id="7f8a4a4e-6f0e-5b1f-9d55-52a0f3f4b7d1")
    with refused(Code.PERMISSION_DENIED):
        service(here, machine("yiwang.policy.v1.MoneyService/GetBudget")).NotifyPayment(order_id=order)


def test_a_call_while_the_bank_is_away_or_before_it_has_paid_loses_nothing(money: Money, bank: Bank) -> None:
    one = money.company()
    bank.answers = "late"
    bank.late = 9
    one.submit()
    for _ in range(3):
        money.fresh()
        money.work(one)
        one.review()
        one.approve()
    order = model.order(one.state)
    assert order is not None and order.state == model.ORDERED
    bank.away = True
    money.notify(order.id, one.id, "call-1")
    money.deliver(one)
    assert one.state.status == model.PAYING
    bank.away, bank.late = False, 0
    money.notify(order.id, one.id, "call-2")
    money.deliver(one, twice=True)
    assert one.state.status == model.PAID, "asked at once when it calls"


# -- recovery and return -----------------------------------------------------------------------------------------------


def test_what_is_given_back_can_be_had_again_and_no_more_is_taken_than_was_asked(money: Money, bank: Bank) -> None:
    one = paid(money)
    code = one.check(300_00)
    bank.receive(f"退回奖补资金 {code.lower()}", 100_00)
    bank.receive(code, 300_00)
    bank.receive(code, 200_00)
    bank.receive("ZHAAAAAAAA", 5)
    day = money.reconcile()
    assert sorted((each.kind, each.fen, each.expected_fen) for each in day.exceptions) == [
        ("UNKNOWN_INCOME", 5, 0),
        ("WRONG_AMOUNT", 300_00, 200_00),
    ]
    assert (one.state.status, one.state.recovered_fen) == (model.RECOVERED, 300_00)
    for _ in range(2):
        money.heard.clear()
        money.deliver(one, twice=True)
    pot = money.pot(one.budget)
    assert (pot["spent"], pot["available"]) == (500_00, 1000_00)
    assert money.wrong(one.budget, one) == []


def test_money_that_comes_back_after_the_period_is_closed_goes_back_to_finance(money: Money, bank: Bank) -> None:
    recovers, returns = paid(money), paid(money)
    for one in (recovers, returns):
        one.close()
        assert money.budgets.get(one.budget).state.surplus_fen == 700_00
    bank.receive(recovers.check(300_00), 300_00)
    bank.give_back(returns.state.orders[0].id)
    money.reconcile()
    assert returns.state.status == model.ACCOUNT
    returns.lapse()
    money.settle(recovers, returns)
    money.work()
    money.deliver(recovers, returns)
    for one, surplus in ((recovers, 1000_00), (returns, 1500_00)):
        budget = money.budgets.get(one.budget).state
        assert (budget.status, budget.surplus_fen, money.pot(one.budget)["available"]) == ("CLOSED", surplus, 0)
        assert money.wrong(one.budget, one) == []


def test_a_payment_that_came_back_is_paid_to_another_account_from_a_closed_period(money: Money, bank: Bank) -> None:
    one = paid(money)
    one.close()
    bank.give_back(one.state.orders[0].id)
    money.worker.paying.look(one.id)
    one.account("6222000000000002")
    money.settle(one)
    assert [each.state for each in one.state.orders] == ["RETURNED", "PAID"]
    assert money.pot(one.budget)["spent"] == one.right and money.wrong(one.budget, one) == []


# -- days ---------------------------------------------------------------------------------------------------------------


def test_a_day_with_everything_that_can_be_wrong_is_resolved_one_by_one(
    here: ClaimsHere, money: Money, bank: Bank
) -> None:
    fine, missing, twice, unknown, wrong = (paid(money) for _ in range(5))
    bank.hidden.add(missing.state.orders[0].id)
    bank.twice(twice.state.orders[0].id)
    bank.moved.append({**bank.moved[0], "line_id": "line-x", "subject": "00000000-no-such-order", "amount_fen": 7})
    other = next(line for line in bank.moved if line["subject"] == wrong.state.orders[0].id)
    other["amount_fen"] -= 1
    bank.moved.append({**bank.moved[0], "line_id": "line-y", "kind": "IN", "subject": "某人误转", "amount_fen": 9})
    day = money.reconcile()
    found = {(each.kind, each.order_id): (each.fen, each.expected_fen) for each in day.exceptions}
    assert found == {
        ("TWICE", twice.state.orders[0].id): (800_00, 0),
        ("UNKNOWN_ORDER", "00000000-no-such-order"): (7, 0),
        ("WRONG_AMOUNT", wrong.state.orders[0].id): (800_00 - 1, 800_00),
        ("UNKNOWN_INCOME", ""): (9, 0),
        ("NOT_IN_STATEMENT", missing.state.orders[0].id): (0, 800_00),
    }
    assert (day.status, day.lines, day.matched, day.in_fen) == ("EXCEPTIONS", 7, 3, 9)
    assert [one.state.orders[0].reconciled_on for one in (fine, twice, unknown)] == [bank.day] * 3
    assert [one.state.orders[0].reconciled_on for one in (missing, wrong)] == ["", ""]
    api = service(here)
    assert [one.reconciliation_id for one in api.ListReconciliations(open=True).reconciliations] == [day.id]
    with refused(Code.NOT_FOUND):
        api.SettleException(reconciliation_id=day.id, exception_id="no such", resolution="已核对")
    with refused(Code.INVALID_ARGUMENT, "PERSONAL_DATA"):
        api.SettleException(
            reconciliation_id=day.id, exception_id=day.exceptions[0].id, resolution="请联系 13800138000"
        )
    for number, each in enumerate(day.exceptions):
        told = {"reconciliation_id": day.id, "exception_id": each.id, "resolution": "银行次日更正"}
        view = api.SettleException(**told)
        assert view.status == ("CLOSED" if number == 4 else "EXCEPTIONS")
        with refused(Code.FAILED_PRECONDITION, "RESOLVED_ALREADY"):
            api.SettleException(**told)
    assert not api.ListReconciliations(open=True).reconciliations
    seen = api.GetReconciliation(reconciliation_id=day.id)
    assert all(each.resolution and each.resolved_at for each in seen.exceptions)
    assert seen.payer_account_masked == "****0001"
    days = money.worker.reconciling.days
    assert days.drift(days.collection.find_one({"_id": day.id}) or {}) == []


def test_a_day_without_exceptions_closes_by_itself_and_once(money: Money, bank: Bank) -> None:
    one = paid(money)
    day = money.reconcile()
    assert (day.status, day.lines, day.matched, day.out_fen) == ("CLOSED", 1, 1, 800_00)
    asked = len(bank.asked)
    journal = money.claims.get(one.id).journal
    assert money.reconcile() == day and len(bank.asked) == asked
    assert money.claims.get(one.id).journal == journal
    assert money.worker.reconciling.days.get(day.id).version == 2


def test_the_statement_is_ahead_of_what_we_know_and_the_bank_is_asked(money: Money, bank: Bank) -> None:
    ordered, returned = money.company(), paid(money)
    bank.answers, bank.late = "late", 9
    ordered.submit()
    for _ in range(3):
        money.fresh()
        money.work(ordered)
        ordered.review()
        ordered.approve()
    order = model.order(ordered.state)
    assert order is not None and order.state == model.ORDERED
    bank.moved.append({**bank.moved[0], "line_id": "line-x", "subject": order.id})
    with pytest.raises(reconciling.Unsettled):
        money.reconcile()
    assert [row.state.status for row in money.worker.reconciling.days.select({})] == ["OPEN"]
    bank.moved.pop()
    bank.late = 0
    bank.answers = ""
    bank._pay(bank.orders[order.id])
    bank.give_back(returned.state.orders[0].id)
    day = money.reconcile()
    assert (day.status, day.lines, day.matched) == ("CLOSED", 3, 3)
    assert (ordered.state.status, returned.state.status) == (model.PAID, model.ACCOUNT)
    money.settle(ordered, returned)
    assert money.wrong(ordered.budget, ordered) == money.wrong(returned.budget, returned) == []


def test_a_bank_that_is_away_or_has_not_closed_the_day_leaves_it_open(money: Money, bank: Bank) -> None:
    one = paid(money)
    bank.away = True
    with pytest.raises(Away):
        money.reconcile()
    bank.away, bank.complete = False, False
    with pytest.raises(reconciling.Unsettled):
        money.reconcile()
    days = money.worker.reconciling.days
    assert [each.status for each in (row.state for row in days.select({}))] == ["OPEN"]
    assert one.state.orders[0].reconciled_on == ""
    bank.complete = True
    assert money.worker.reconciling.round() >= 1
    assert money.reconcile().status == "CLOSED" and one.state.orders[0].reconciled_on == bank.day


def test_a_statement_that_is_wrong_as_a_whole_is_no_list_of_exceptions(money: Money, bank: Bank) -> None:
    paid(money)
    line = bank.moved[0]
    bank.moved += [{**line, "line_id": f"x{n}", "kind": "IN", "subject": "误转"} for n in range(401)]
    with pytest.raises(reconciling.Unsettled):
        money.reconcile()
    bank.moved.pop()
    assert len(money.reconcile().exceptions) == 400


def test_the_days_of_a_county_without_a_budget_or_a_bank_are_none(money: Money, bank: Bank) -> None:
    assert money.worker.reconciling.round() == 0
    money.company()
    assert money.worker.reconciling.round() == 1, "yesterday"
    bank.away = True
    assert money.worker.reconciling.round() == 0
