"""Claims of policy inside the test's process: an item with its budget, enterprises that claim, officers that decide, a bank that pays."""

import itertools
import uuid
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from pymongo.database import Database

from chassis.acts import Actor, Cause, holder, now
from services.policy import (
    model,
    model_claims,
    model_payments,
    model_periods,
    store_claims,
    store_enterprises,
    store_items,
    store_pots,
    tasks,
)
from services.policy.bank import OrderState
from services.policy.model import Claim
from services.policy.model_facts import REPORTED, Fact
from standards.identifiers import uscc_check_digit
from standards.workdays import local_day
from tests.fakes.bank import Bank
from tests.support.actors import DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.items import PDF
from tests.support.policy_items import NAME, ItemsHere
from tests.support.serving import serving
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import items_pb2

Db = Database[dict[str, Any]]
CLAIMS = "ClaimService"
PAYER = "3300000000000001"
BANK_CODE = "102331000018"
_numbers = itertools.count(1)


class Enterprise(NamedTuple):
    """An enterprise of the base and who acts for it."""

    uscc: str
    actor: Actor
    name: str
    account: pb.Account


class ClaimsHere(ItemsHere):
    """The api of policy inside this process, and the tasks of its worker."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.reviewer = officer("payout")
        self.second = officer("payout")
        self.treasurer = officer("finance", department="12990121MB0000030X")
        self.boss = supervisor()
        self.all = store_claims.claims(self.database)
        self.tasks = tasks.Tasks(self.parts)

    def claims(self, actor: Actor | None) -> Any:
        """ClaimService as this actor calls it."""
        return self.by(actor, service=CLAIMS)

    def company(self, **facts: Any) -> Enterprise:
        """An enterprise that qualifies unless facts say otherwise (None = nobody told)."""
        told = {"registered_on": "2019-01-01", "region": REGION, "dishonest": False} | facts
        uscc = another_uscc()
        name = f"某某科技有限公司{uscc[-6:]}"
        self.enterprise(uscc, name=name, **{key: value for key, value in told.items() if value is not None})
        organization = person(str(uuid.uuid4()))
        actor = handler(replace(organization, holder=holder(organization.id, uscc)))
        account = pb.Account(name=name, number=f"6222{next(_numbers):012}", bank_code=BANK_CODE, bank_name="某某银行")
        return Enterprise(uscc, actor, name, account)

    def told(self, company: Enterprise, **facts: Any) -> None:
        """Departments tell other facts of an enterprise."""
        base = self.database[store_enterprises.COLLECTION]
        known = [Fact(name, value, DEPARTMENT, NAME, REPORTED, now(), "sheet", 2) for name, value in facts.items()]
        fresh = store_enterprises.document(company.uscc, known)
        change = {f"{part}.{name}": fresh[part][name] for part in ("facts", "values") for name in facts}
        base.update_one({"_id": company.uscc}, {"$set": change})

    def handed(self, company: Enterprise, code: str) -> pb.HandedIn:
        """A material the enterprise has uploaded."""
        kept = self.claims(company.actor).UploadClaimFile(filename="材料.pdf", content=PDF)
        return pb.HandedIn(code=code, file_id=kept.file_id)

    def budget(self, item_id: str, fen: int, period: str = "") -> str:
        """A budget of so much, as finance set it; its id."""
        id = model.budget_id(item_id, period or self.period(item_id))
        store_pots.open_pot(self.database, id)
        assert store_pots.adjust(self.database, id, f"set-{uuid.uuid4()}", fen) == store_pots.APPLIED
        return id

    def period(self, item_id: str) -> str:
        """The period a claim of now is for."""
        kind = store_items.opened(self.database, item_id).definition.period
        return model_periods.period_of(kind, local_day(now()))

    def payable(self, fen: int = 100_000_000, **told: Any) -> items_pb2.PayoutItem:
        """An item that is open, with its budget."""
        item = self.open(**told)
        self.budget(item.item_id, fen)
        return item

    def submit(self, company: Enterprise, item_id: str, **told: Any) -> pb.Claim:
        """The enterprise claims."""
        asked = {"account": company.account} | told
        answer: pb.Claim = self.claims(company.actor).SubmitClaim(item_id=item_id, uscc=company.uscc, **asked)
        return answer

    def work(self, most: int = 20) -> None:
        """What a worker does until it is quiet; a deadline that has to be over first is over."""
        for _ in range(most):
            self.pass_deadlines()
            if not self.tasks.round():
                return

    def pass_deadlines(self) -> None:
        """As if a minute had gone by: what was reserved may be charged or freed."""
        past = now() - timedelta(seconds=1)
        collection = self.all.collection
        for row in collection.find({"state.task": {"$in": ["free", "spend", "restore"]}}, {"_id": 1}):
            over = {"state.reserve_until": past, "state.task_due": past}
            collection.update_one({"_id": row["_id"]}, {"$set": over})

    def comes_due(self, id: str) -> Claim:
        """As if what is due of a claim were over, and the timer came round."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.all.collection.update_one({"_id": id}, {"$set": {"state.due": past}})
        store_claims.timing(self.database, self.all).round()
        return self.claim(id)

    def tie(self, id: str, company: Enterprise) -> None:
        """Somebody acts for the enterprise for the first time, and the worker hears of it."""
        self.by(company.actor, service="EnterpriseService").GetMyEnterprise(uscc=company.uscc)
        for claim in store_claims.untied(self.all, company.uscc):
            self.all.change(
                claim,
                Cause(key=f"tie/{claim}", by="system:policy"),
                lambda one: model_claims.tie(one, company.actor.id),
            )
        assert self.claim(id).organization_id == company.actor.id

    def answer(self, claim: str, order: str, state: str) -> Claim:
        """The bank says this of an order, now."""
        told = OrderState(state, now(), f"ref-{order[-12:]}", "CLOSED")
        cause = Cause(key=f"told/{order}/{state}", by="system:policy")
        return self.all.change(claim, cause, lambda one: model_payments.answered(one, order, told, now())).state

    def claim(self, id: str) -> Claim:
        """A claim as it is kept."""
        return self.all.get(id).state

    def pot(self, item_id: str, period: str = "") -> dict[str, Any]:
        """What may be had of an item's budget."""
        id = model.budget_id(item_id, period or self.period(item_id))
        found = store_pots.pots(self.database).find_one({"_id": id})
        assert found is not None
        return found


def another_uscc() -> str:
    """A code no enterprise of the tests has."""
    first = f"91990121MA{next(_numbers):07}"
    return first + uscc_check_digit(first)


C = TypeVar("C", bound=ClaimsHere)


def claims_here(
    database: Db,
    bank: Bank | None = None,
    kind: type[C] = ClaimsHere,  # type: ignore[assignment]
) -> AbstractContextManager[C]:
    """policy inside this process, paying through this bank."""
    return serving("policy", database, kind, bank_url=bank.url if bank else "", payer_account=PAYER)
