"""Policies and payout items inside the test's process: who writes and opens them, texts and definitions that are sound."""

import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis.acts import Actor
from services.policy import store_dry_runs, store_enterprises, store_items, store_policies
from services.policy.model_facts import REPORTED, Fact
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, officer, supervisor
from tests.support.serving import Here, serving
from yiwang.policy.v1 import items_pb2, service_pb2
from yiwang.rules.v1 import rules_pb2

Db = Database[dict[str, Any]]
POLICIES, ITEMS = "PolicyService", "PayoutItemService"
CITY, ELSEWHERE = "990100", "990122"
NAME = "某市经济和信息化局"
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


def text(**told: Any) -> service_pb2.PolicyText:
    """A policy's text that is sound."""
    said: dict[str, Any] = {
        "title": "关于支持企业技术改造的若干措施",
        "document_number": "某政办〔2026〕3号",
        "issuer_name": "某某县人民政府办公室",
        "level": service_pb2.POLICY_LEVEL_COUNTY,
        "region": REGION,
        "kind": service_pb2.POLICY_KIND_MONEY,
        "summary": "对实施技术改造的规模以上工业企业给予奖补",
        "body": "为支持企业技术改造，制定本措施。",
        "clauses": [
            service_pb2.Clause(id="c1", number="第一条", text="设备投资五百万元以上的，按投资额的百分之五奖补。"),
            service_pb2.Clause(id="c2", number="第二条", text="单个企业最高一百万元。"),
        ],
        "effective_on": "2026-01-01",
        "tags": ["技术改造"],
    }
    return service_pb2.PolicyText(**said | told)


def leaf(id: str, cel: str, says: str = "") -> rules_pb2.Rule:
    """A condition."""
    return rules_pb2.Rule(leaf=rules_pb2.Leaf(id=id, cel=cel, says=says))


def all_of(*rules: rules_pb2.Rule) -> rules_pb2.Rule:
    """All of these."""
    return rules_pb2.Rule(all=rules_pb2.RuleList(rules=rules))


RULE = all_of(
    leaf("here", 'region.startsWith("990121")', "在本县注册"), leaf("old", "registered_on_days >= 365", "成立满一年")
)
AMOUNT = items_pb2.AmountFormula(cel="5000000", cap_fen=10_000_000, unit_fen=100, says="每户5万元")


def definition(policy_id: str, **told: Any) -> items_pb2.PayoutItemDefinition:
    """A definition that is sound and can be paid; None leaves a field out."""
    said: dict[str, Any] = {
        "policy_id": policy_id,
        "clauses": ["c1"],
        "title": "技术改造奖补",
        "object": "规模以上工业企业",
        "standard": "每户5万元",
        "mode": items_pb2.PAYOUT_MODE_INSTANT,
        "period": items_pb2.PERIOD_KIND_YEAR,
        "region": REGION,
        "rule": RULE,
        "amount": AMOUNT,
        "vetoes": ["dishonest"],
        "confirm_days": 10,
    }
    return items_pb2.PayoutItemDefinition(**{name: value for name, value in (said | told).items() if value is not None})


class ItemsHere(Here):
    """The api of policy inside this process, its policies and payout items."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.writer = officer("policy")
        self.opener = officer("policy")
        self.reviewer = officer("payout")
        self.finance = officer("finance", department=OTHER_DEPARTMENT)
        self.boss = supervisor()
        self.stranger = officer("policy", department=OTHER_DEPARTMENT)
        self.elsewhere = replace(officer("policy", department=OTHER_DEPARTMENT), region=ELSEWHERE)

    def policies(self, actor: Actor | None) -> Any:
        """PolicyService as this actor calls it."""
        return self.by(actor, service=POLICIES)

    def items(self, actor: Actor | None) -> Any:
        """PayoutItemService as this actor calls it."""
        return self.by(actor, service=ITEMS)

    # -- policies

    def save(self, by: Actor | None = None, id: str = "", version: int = 0, **told: Any) -> service_pb2.Policy:
        """A policy that is being written."""
        answer: service_pb2.Policy = self.policies(by or self.writer).SavePolicy(
            policy_id=id, text=text(**told), version=version, department_name=NAME
        )
        return answer

    def publish(self, by: Actor | None = None, id: str = "", **told: Any) -> service_pb2.Policy:
        """A policy in its next edition."""
        saved = self.save(by, id, **told)
        answer: service_pb2.Policy = self.policies(self.opener).PublishPolicy(
            policy_id=saved.policy_id, version=saved.version
        )
        return answer

    def policy_comes_due(self, id: str) -> Any:
        """As if the policy's last day were over, and the timer came round; its state."""
        all, past = store_policies.policies(self.database), datetime.now(UTC) - timedelta(seconds=1)
        all.collection.update_one({"_id": id}, {"$set": {"state.due": past}})
        store_policies.timing(self.database).round()
        return all.get(id).state

    # -- items

    def write(self, policy_id: str = "", id: str = "", version: int = 0, **told: Any) -> items_pb2.PayoutItem:
        """An item that is being written, of a published policy."""
        policy_id = policy_id or self.publish().policy_id
        answer: items_pb2.PayoutItem = self.items(self.writer).SavePayoutItem(
            item_id=id, definition=definition(policy_id, **told), version=version, department_name=NAME
        )
        return answer

    def open(self, policy_id: str = "", id: str = "", **told: Any) -> items_pb2.PayoutItem:
        """An item that is open, in its next edition."""
        saved = self.write(policy_id, id, **told)
        answer: items_pb2.PayoutItem = self.items(self.opener).OpenPayoutItem(
            item_id=saved.item_id, version=saved.version
        )
        return answer

    def item(self, id: str) -> Any:
        """An item as it is kept."""
        return store_items.items(self.database).get(id).state

    def run(self, id: str) -> Any:
        """A dry run as it is kept."""
        return store_dry_runs.runs(self.database).get(id).state

    # -- the base

    def enterprise(self, uscc: str, **facts: Any) -> str:
        """An enterprise of the base, of which departments told these facts."""
        told: Mapping[str, Any] = {"name": f"某公司{uscc[-6:]}", "region": REGION, **facts}
        known = [Fact(name, value, DEPARTMENT, NAME, REPORTED, UNTIL, "sheet", 1) for name, value in told.items()]
        self.database[store_enterprises.COLLECTION].insert_one(store_enterprises.document(uscc, known))
        return uscc


def another() -> str:
    """An id nothing has."""
    return str(uuid.uuid4())


def items_here(database: Db) -> AbstractContextManager[ItemsHere]:
    """policy inside this process."""
    return serving("policy", database, ItemsHere)
