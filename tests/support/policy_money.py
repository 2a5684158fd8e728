"""The money of policy inside the test's process, without an api: claims driven by the model's own acts, the tasks and handlers of a
worker, and what has to be true of bank, budget and ledger once it is quiet."""

import inspect
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import orjson
from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import Records
from services.policy import (
    model,
    model_claims,
    model_ledger,
    model_payments,
    store_budgets,
    store_claims,
    store_ledger,
    store_notices,
    store_pots,
    worker_money,
)
from services.policy.budgeting import Budgeting
from services.policy.model import Claim
from services.policy.reserving import Reserving
from services.policy.store_items import OpenItem
from services.policy.tasks import Tasks
from tests.fakes.bank import Bank
from tests.support.actors import DEPARTMENT, REGION, officer, supervisor
from tests.support.agencies import uscc
from tests.support.serving import parts_of
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

Db = Database[dict[str, Any]]
PERIOD, GROUP = "2026", "技改类补贴"
PAYER = "3300000000000001"
REVIEWER, TREASURER, SUPERVISOR = officer("payout"), officer("finance"), supervisor()
QUIET: Final = 30


@dataclass
class Company:
    """A claim to be: of one item, with a budget of its own unless another's is given."""

    money: "Money"
    fen: int = 1000_00
    # What the reviewer finds right; the rest of what is reserved is free again.
    right: int = 800_00
    uscc: str = field(default_factory=uscc)
    item: str = field(default_factory=lambda: str(uuid.uuid4()))
    group: str = GROUP
    number: str = "6222000000000001"

    @property
    def id(self) -> str:
        """The claim's."""
        return model.claim_id(self.item, self.uscc, PERIOD)

    @property
    def budget(self) -> str:
        """The budget's id."""
        return model.budget_id(self.item, PERIOD)

    @property
    def state(self) -> Claim:
        """The claim as it stands."""
        return self.money.claims.get(self.id).state

    @property
    def there(self) -> bool:
        """Whether the claim is there."""
        return self.money.claims.find({"_id": self.id}) is not None

    # -- acts, each by a cause of its own: done again after a death they are the same act

    def give(self, total: int, name: str = "budget", item: str = "") -> str:
        """Finance sets the budget; what became of it."""
        definition = items_pb2.PayoutItemDefinition(title="技术改造奖补", period=items_pb2.PERIOD_KIND_YEAR)
        one = OpenItem(item or self.item, 1, REGION, "", DEPARTMENT, definition)
        _, change = self.money.budgeting.set(one, PERIOD, total, "某财〔2026〕1号", TREASURER, self._cause(name))
        return change.state

    def submit(self) -> None:
        """The enterprise claims, with its account, and the budget is asked."""
        explained = self._explained(self.fen)
        told = events.ClaimSubmitted(
            claim_id=self.id,
            item_id=self.item,
            period=PERIOD,
            mode=model.ORDINARY,
            uscc=self.uscc,
            name="某某公司",
            region=REGION,
            department=DEPARTMENT,
            explanation=explained,
            terms=events.ClaimTerms(benefit_group=self.group, overlap=model.NO_REPEAT),
        )

        def decide(before: Claim | None) -> list[Message]:
            return model_claims.submit(told, before, self._stated(1), now())

        record = store_claims.submit(self.money.claims, self.id, self._cause("submit"), decide)
        if record.state.reservation == model.ASKED:
            self.money.reserving.reserve(self.id)

    def review(self) -> None:
        """An officer finds less of it right."""
        explained = self._explained(self.fen)
        self._act(
            "review",
            model.REVIEWING,
            lambda one: model_claims.review(one, REVIEWER, explained, self.right, "sealed", now()),
        )

    def approve(self) -> None:
        """Finance releases the money."""
        self._act("approve", model.APPROVING, lambda one: model_claims.approve(one, TREASURER, now()))

    def withdraw(self) -> None:
        """The enterprise takes it back."""
        self.money.claims.change(self.id, self._cause("withdraw"), lambda one: model_claims.withdraw(one, ""))

    def lapse(self) -> None:
        """It did not answer in time."""
        told = events.ClaimLapsed(claim_id=self.id)
        self._act("lapse", model.ACCOUNT, lambda _: [told])

    def account(self, number: str) -> None:
        """Another account."""
        self.number = number

        def decide(one: Claim) -> Message:
            told = self._stated(one.account_number + 1)
            return model_claims.state_account(one, told.sealed_account, told.tail, told.bank_name)

        self._act(f"account/{number}", model.ACCOUNT, decide)

    def check(self, recover: int) -> str:
        """A spot check finds that so much is to be given back; the code to write on it."""
        code = f"ZH{self.money.parts.keyring.code(self.id)}"

        def decide(one: Claim) -> list[Message]:
            return [
                model_payments.open_check(one, SUPERVISOR, ""),
            ]

        self._act("check", model.PAID, decide)
        self._act(
            "conclude",
            model.PAID,
            lambda one: model_payments.conclude_check(one, SUPERVISOR, recover, "", code, now()),
        )
        return code

    def close(self) -> None:
        """Finance closes the period."""
        self.money.budgeting.close(self.budget, TREASURER, self._cause("close"))

    def _act(self, name: str, status: int, decide: Callable[[Claim], Any]) -> None:
        if self.there and self.state.status == status:
            self.money.claims.change(self.id, self._cause(name), decide)

    def _cause(self, name: str) -> Cause:
        return Cause(key=f"{self.id}/{name}", by="test", request=name)

    def _stated(self, number: int) -> events.AccountStated:
        told = orjson.dumps({"name": "某某公司", "number": self.number, "bank_code": "102331000018"}).decode()
        sealed = self.money.parts.keyring.seal(self.id, told)
        return events.AccountStated(
            claim_id=self.id, sealed_account=sealed, tail=self.number[-4:], bank_name="某行", number=number
        )

    def _explained(self, fen: int) -> items_pb2.Explanation:
        amount = items_pb2.AmountTold(fen=fen, computed_fen=fen)
        return items_pb2.Explanation(uscc=self.uscc, period=PERIOD, result=rules_pb2.TRUTH_TRUE, amount=amount)


class Money:
    """Store, worker and bank."""

    def __init__(self, database: Db, bank: Bank, **told: str) -> None:
        self.bank, self.database = bank, database
        self.parts: Parts = parts_of(database, "policy", bank_url=bank.url, payer_account=PAYER, **told)
        self.claims = store_claims.claims(database)
        self.budgets = store_budgets.budgets(database)
        self.heard: set[str] = set()
        self.fresh()

    def fresh(self) -> None:
        """Another process comes."""
        self.reserving, self.budgeting, self.tasks = Reserving(self.parts), Budgeting(self.parts), Tasks(self.parts)
        self.worker = worker_money.HearsMoney()
        self.worker.parts = self.parts
        worker_money.prepare(type(self.worker), self.parts)

    def company(self, **told: Any) -> Company:
        """A claim to be, with a budget unless told that it has none."""
        total = told.pop("total", 1500_00)
        one = Company(self, **told)
        if total is not None:
            one.give(total)
        return one

    def work(self, *companies: Company) -> None:
        """One round of a worker over its tasks; or over those of these claims and budgets, whose reservations' deadlines are over."""
        if not companies:
            self.tasks.round()
            self.budgeting.round()
        for one in companies:
            self.pass_deadline(one.id)
            if one.there and (task := one.state.task):
                self.tasks.attempt(one.id, task)
            self.budgeting.finish(one.budget)

    def pass_deadline(self, id: str) -> None:
        """As if the minute were over before which nothing is taken off a budget."""
        past = now() - timedelta(seconds=1)
        query = {"_id": id}
        found = self.claims.collection.find_one(query)
        if found and found["state"]["task"] in ("free", "spend", "restore"):
            over = {"state.reserve_until": past, "state.task_due": past}
            self.claims.collection.update_one(query, {"$set": over})

    def deliver(self, *companies: Company, twice: bool = False) -> None:
        """The relay and the broker: every event that was not heard is, of these claims and budgets or of all; each record's in order unless
        they come doubled and mixed."""
        waiting = list(self._unheard(*companies))
        if twice:
            waiting += waiting
            random.Random(7).shuffle(waiting)
        for record, seq, at, event in waiting:
            if handler := HANDLERS.get(type(event)):
                name = f"policy.{handler}"
                getattr(self.worker, handler)(Heard(f"{record}.{seq}", record, seq, "", at, event, name, ""))
            self.heard.add(f"{record}.{seq}")

    def _unheard(self, *companies: Company) -> Iterator[Any]:
        notices = store_notices.notices(self.database)
        queries: list[tuple[Records[Any], dict[str, Any]]] = [
            (kind, query)
            for one in companies
            for kind, query in (
                (self.budgets, {"_id": one.budget}),
                (self.claims, {"_id": one.id}),
                (notices, {"state.claim_id": one.id}),
            )
        ] or [(kind, {"unsent": True}) for kind in (self.budgets, self.claims, notices)]
        for kind, query in queries:
            for document in kind.collection.find(query):
                for entry in document["journal"]:
                    if f"{document['_id']}.{entry['seq']}" not in self.heard:
                        yield document["_id"], entry["seq"], entry["at"].isoformat(), kind.event(entry)

    def settle(self, *companies: Company, twice: bool = False) -> None:
        """Workers come, each a fresh process, until nothing is left to be done."""
        for _ in range(QUIET):
            self.fresh()
            self.work(*companies)
            self.deliver(*companies, twice=twice)
            if all(not one.there or not one.state.task for one in companies):
                return
        raise AssertionError(f"never quiet: {[one.state.task for one in companies if one.there]}")

    @property
    def today(self) -> date:
        """The day the bank moves money on."""
        return date.fromisoformat(self.bank.day)

    def reconcile(self) -> Any:
        """The bank's day is compared, as a worker does it; as it stands."""
        id = self.worker.reconciling.open(self.today, REGION)
        self.worker.reconciling.compare(id)
        return self.worker.reconciling.days.get(id).state

    def notify(self, order: str, claim: str, name: str) -> None:
        """The bank calls."""
        told = events.BankNotified(call_id=name, order_id=order, claim_id=claim)
        store_notices.notices(self.database).create(Cause(key=name, by="machine:bank"), lambda _: told, name)

    # -- what has to be true

    def pot(self, budget: str) -> dict[str, Any]:
        """The pot of a budget."""
        found = store_pots.pots(self.database).find_one({"_id": budget})
        assert found is not None
        return found

    def balances(self, budget: str) -> Mapping[str, int]:
        """The ledger's accounts."""
        return store_ledger.balances(self.database, budget)

    def wrong(self, budget: str, *companies: Company, quiet: bool = True) -> list[str]:
        """What of the promises of money does not hold for a budget and its claims; empty when all do."""
        pot, accounts = self.pot(budget), self.balances(budget)
        claims = [one.state for one in companies if one.there]
        orders = [order for claim in claims for order in claim.orders]
        paid = sum(one.fen - one.recovered_fen for one in claims if one.paid_at)
        outs = [sum(line["kind"] == "OUT" and line["subject"] == one.id for line in self.bank.moved) for one in orders]
        reserved = sum(pot["held"].values())
        sums = store_pots.sums(self.database, budget)
        agrees = model_ledger.agree(accounts, pot["total"], pot["available"], reserved + pot["spent"])
        told = {
            "the accounts sum up to nothing": sum(accounts.values()) == 0,
            "no account is below nothing": all(accounts[one] >= 0 for one in accounts if one != "appropriation"),
            "the pot adds up": (sums.reserved, pot["holds"]) == (reserved, len(pot["held"])) and pot["available"] >= 0,
            "ledger and pot agree": agrees or not quiet,
            "the ledger has paid what was approved": accounts["paid"] == paid,
            "the bank has paid what was approved": sum(self.bank.paid_fen(one.id) for one in orders)
            == sum(one.fen for one in claims if one.paid_at),
            "each order is paid once": all(times <= 1 for times in outs),
            "nothing is left on the way": not quiet or accounts["in_transit"] == 0,
        }
        return [name for name, holds in told.items() if not holds]

    def drift(self, company: Company) -> list[str]:
        """Fields of a claim that its journal does not give, but for the deadline that was passed."""
        document = self.claims.collection.find_one({"_id": company.id})
        return [one for one in self.claims.drift(document or {}) if one not in ("reserve_until", "task_due")]


HANDLERS: Final[Mapping[type[Message], str]] = {
    event: name
    for name, method in inspect.getmembers(worker_money.HearsMoney)
    if hasattr(method, "hears")
    for event in method.hears
}
