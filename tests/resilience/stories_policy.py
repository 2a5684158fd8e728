"""Short stories of policies: facts are told, corrected and told again; items come, pause and come back; claims are paid, rejected, taken
back, returned and recovered; a list is published and paid. An event heard late or twice must move no money and turn no fact back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import grpc
import orjson
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import Actor, holder
from deploy.local.suite import Suite
from loadtests import world
from services.policy import model, model_rolls, store_claims, store_rolls
from services.policy.model_budgets import CLOSED
from tests.fakes.bank import Bank
from tests.resilience.town import until
from tests.support import agencies, policy_ways
from tests.support.actors import OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.calling import As
from tests.support.policy_items import definition, text
from tests.support.policy_money import Money
from tests.support.serving import contract_of
from yiwang.policy.v1 import enterprises_pb2, items_pb2

# The bank of the suite, which the story can give money back and refuse accounts.
BANK: Final = Bank()
NAME = "某某县科学技术局"


class Desk:
    """The services of policy, those who call them, and the store behind them."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key, self._channel = key, grpc.insecure_channel(suite.address("policy"))
        self.database = world.database(suite.store("policy").uri, "policy")
        master = suite.places.environment("policy", "worker")["MASTER_KEY"]
        self.money = Money(self.database, BANK, master_key=master)
        self.writer, self.opener = officer("policy"), officer("policy")
        self.reviewer, self.checker = officer("payout"), officer("payout")
        self.treasurer, self.boss = officer("finance", department=OTHER_DEPARTMENT), supervisor()

    def by(self, actor: Actor, contract: str) -> As:
        """A contract as this actor calls it."""
        return As(self._channel, contract_of("policy", contract), None, tokens.mint(self._key, actor))

    def company(self) -> tuple[str, Actor]:
        """An enterprise, and who handles its matters."""
        code, one = agencies.uscc(), person(level=3)
        return code, handler(replace(one, holder=holder(one.id, code)))

    def tell(self, uscc: str, **facts: Any) -> None:
        """A department reports."""
        told = [enterprises_pb2.RowFact(name=name, value=orjson.dumps(one).decode()) for name, one in facts.items()]
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = enterprises_pb2.FactRow(uscc=uscc, name=f"某公司{uscc[-6:]}", region=REGION, facts=told, at=at)
        (outcome,) = self.by(self.writer, "EnterpriseService").ReportFacts(department_name=NAME, rows=[row]).outcomes
        assert outcome.taken, outcome

    def open(self, **told: Any) -> str:
        """A policy with an item that is open; the item's id."""
        policies, items = (self.by(self.writer, one) for one in ("PolicyService", "PayoutItemService"))
        saved = policies.SavePolicy(text=text(), department_name=NAME)
        published = {"policy_id": saved.policy_id, "version": saved.version}
        self.by(self.opener, "PolicyService").PublishPolicy(**published)
        item = items.SavePayoutItem(definition=definition(saved.policy_id, **told), department_name=NAME)
        id: str = item.item_id
        self.by(self.opener, "PayoutItemService").OpenPayoutItem(item_id=id, version=item.version)
        return id


def live_in(suite: Suite, key: OKPKey) -> None:
    """Every story, one after the other."""
    desk = Desk(suite, key)
    for story in (facts, items, claims, lists):
        story(desk)


def facts(desk: Desk) -> None:
    """A department reports, the enterprise states facts of its own; what is wrong is corrected, and reported anew after that."""
    code, handles = desk.company()
    desk.tell(code, employees=12, dishonest=True)
    own = desk.by(handles, "EnterpriseService")
    own.GetMyEnterprise(uscc=code)
    told = [enterprises_pb2.FactTold(name="revenue_fen", value="100000000")]
    own.StateFacts(uscc=code, facts=told)
    decides = desk.by(desk.writer, "EnterpriseService")
    for fact, wanted, accepted in (("employees", "18", False), ("dishonest", "false", True)):
        asks = {"uscc": code, "fact": fact, "wanted": wanted, "reason": "记录有误，请核对"}
        id = own.AskCorrection(**asks).correction_id
        decides.DecideCorrection(correction_id=id, accepted=accepted, reason="" if accepted else "请补充证明")
    desk.tell(code, employees=15)
    desk.tell(code, employees=14, dishonest=False)


def items(desk: Desk) -> None:
    """An item is paused, comes back, and is paused again."""
    item, way = desk.open(), desk.by(desk.writer, "PayoutItemService")
    way.PausePayoutItem(item_id=item, reason="资金调整")
    way.ResumePayoutItem(item_id=item)
    way.PausePayoutItem(item_id=item, reason="资金调整")


def claims(desk: Desk) -> None:
    """Claims go every way money can go. The suite's own worker does its part of each beside the story."""
    for way in policy_ways.WAYS.values():
        one = desk.money.company(total=None)
        way(desk.money, one)
        until(lambda one=one: not one.state.task and desk.money.wrong(one.budget, one) == [])
        one.close()
        until(lambda one=one: desk.money.budgets.get(one.budget).state.status == CLOSED)


def lists(desk: Desk) -> None:
    """A list for two enterprises is computed, published and becomes claims; one is known to the platform before, one comes later."""
    item = desk.open(mode=items_pb2.PAYOUT_MODE_PROACTIVE, publicity_days=5)
    known = [desk.company() for _ in range(2)]
    for code, _ in known:
        desk.tell(code, registered_on="2019-01-01", dishonest=False)
    desk.by(known[0][1], "EnterpriseService").GetMyEnterprise(uscc=known[0][0])
    roll = published(desk, item)
    _over(desk, roll)
    until(lambda: _roll(desk, roll).status == model_rolls.ISSUED)
    desk.by(known[1][1], "EnterpriseService").GetMyEnterprise(uscc=known[1][0])
    of = store_claims.claims(desk.database)
    ids = [model.claim_id(item, code, _roll(desk, roll).period) for code, _ in known]
    until(lambda: all(of.get(id).state.organization_id for id in ids))


def published(desk: Desk, item: str) -> str:
    """The list of an item, public; its id."""
    rolls = desk.by(desk.reviewer, "RollService")
    period = str(datetime.now(UTC).year)
    budget = {"item_id": item, "period": period, "total_fen": 100_000_000, "document": "某财预〔2026〕9号"}
    desk.by(desk.treasurer, "MoneyService").SetBudget(**budget)
    id: str = _granted(lambda: rolls.ComputeRoll(item_id=item).roll_id)
    until(lambda: _roll(desk, id).status == model_rolls.COMPUTED, 90)
    assert _roll(desk, id).lines >= 2
    desk.by(desk.checker, "RollService").ReviewRoll(roll_id=id, approved=True)
    until(lambda: _roll(desk, id).status == model_rolls.PUBLISHED)
    return id


def _granted(call: Callable[[], str]) -> str:
    """The budget's first change is applied by the worker, a moment after it was asked for."""
    found: list[str] = []

    def asked() -> bool:
        try:
            found.append(call())
        except grpc.RpcError as error:
            assert "BUDGET_MISSING" in str(error) or error.code() is grpc.StatusCode.FAILED_PRECONDITION
        return bool(found)

    until(asked)
    return found[0]


def _roll(desk: Desk, id: str) -> model_rolls.Roll:
    return store_rolls.rolls(desk.database).get(id).state


def _over(desk: Desk, id: str) -> None:
    """As if the days of publicity, and the minute before which nothing is freed, were over."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    for path in ("state.due", "state.reserve_until"):
        store_rolls.rolls(desk.database).collection.update_one({"_id": id}, {"$set": {path: past}})
