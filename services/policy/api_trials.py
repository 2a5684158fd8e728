"""PayoutItemService over gRPC, its trials: a definition judged over facts, and counted over the whole base."""

from collections.abc import Mapping
from datetime import date

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import Violation, invalid, not_found, require
from chassis.parts import Parts
from chassis.rpc import Call
from services.policy import (
    dry_runs,
    model_dry_runs,
    model_explain,
    model_facts,
    model_items,
    model_items_faults,
    model_periods,
    model_policies,
    store_dry_runs,
    store_enterprises,
    store_items,
    store_policies,
)
from services.policy.model_explain import Taken
from services.policy.model_facts import Fact
from services.policy.model_items import PayoutItem
from services.policy.model_items_faults import Known
from standards.codes import region_covers
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

STATED_BY = "试算时填写"


class Trials:
    """The methods that judge and write no item."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.items = store_items.items(parts.database)
        self.runs = store_dry_runs.runs(parts.database)

    def TryPayoutItem(self, request: pb.TryPayoutItemRequest, call: Call) -> pb.Explanation:
        definition = request.definition
        if found := self.faults(definition, call.actor):
            raise invalid(*found)
        require(model_items.payable(definition), "NOT_PAYABLE", "该事项没有兑付条件或计算公式，无法试算")
        day = _day(request.day)
        facts = self._facts(request.uscc, call.actor) | self._stated(request.facts)
        period = model_periods.period_of(definition.period, day)
        kinds = store_enterprises.kinds(self.database)
        return model_explain.explain(definition, "", 0, request.uscc, period, day, facts, Taken(), kinds)

    def StartDryRun(self, request: pb.StartDryRunRequest, call: Call) -> pb.DryRun:
        item = self._own(request.item_id, call.actor)
        day = local_day(now()).isoformat()

        def begin(id: str) -> events.DryRunStarted:
            running = bool(store_dry_runs.running(self.database, item.id))
            return model_dry_runs.start(id, item, day, running)

        record = self.runs.create(call.cause, begin)
        call.span.set(telemetry.RECORD, record.id)
        return dry_runs.view(self.database, record.state)

    def GetDryRun(self, request: pb.GetDryRunRequest, call: Call) -> pb.DryRun:
        run = self.runs.get(request.run_id).state
        self._own(run.item_id, call.actor)
        return dry_runs.view(self.database, run)

    def faults(
        self, definition: pb.PayoutItemDefinition, actor: Actor, item: PayoutItem | None = None, opening: bool = False
    ) -> list[Violation]:
        """What is wrong with a definition this officer writes, or opens."""
        policy = store_policies.state(self.database, definition.policy_id)
        seen = policy if policy and model_policies.sees(actor, policy) else None
        kinds = store_enterprises.kinds(self.database)
        periods = self._group_periods(definition, item.id if item else "")
        return model_items_faults.faults(definition, Known(kinds, seen, actor.region, item, opening, periods))

    def _group_periods(self, definition: pb.PayoutItemDefinition, id: str) -> frozenset[int]:
        group = definition.benefit_group
        open = store_items.open_definitions(self.database) if group else []
        same = [one for one in open if one.definition.benefit_group == group and one.id != id]
        return frozenset(one.definition.period for one in same)

    def _own(self, item_id: str, actor: Actor) -> PayoutItem:
        item = self.items.get(item_id).state
        if not model_items.writes(actor, item):
            raise not_found()
        return item

    def _facts(self, uscc: str, actor: Actor) -> dict[str, Fact]:
        if not uscc:
            return {}
        found = store_enterprises.enterprise(self.database, uscc)
        if found is None or not region_covers(actor.region, found["region"]):
            raise invalid(Violation("uscc", "ENTERPRISE_UNKNOWN", "您的区域内没有这家企业的数据"))
        return store_enterprises.facts_of(self.database, uscc)

    def _stated(self, told: Mapping[str, str]) -> dict[str, Fact]:
        kinds, facts, wrong = store_enterprises.kinds(self.database), dict[str, Fact](), list[Violation]()
        for name, said in sorted(told.items()):
            path = f"facts[{name}]"
            if name not in kinds:
                wrong.append(Violation(path, "FACT_UNKNOWN", f"不存在的事实 {name}"))
                continue
            value, fault = model_facts.read(kinds[name], said)
            if fault:
                wrong.append(Violation(path, fault, f"{kinds[name].title}的值不正确"))
            facts[name] = Fact(name, value, "", STATED_BY, model_facts.STATED, now())
        if wrong:
            raise invalid(*wrong)
        return facts


def _day(told: str) -> date:
    if not told:
        return local_day(now())
    found = model_policies.day_of(told)
    if found is None:
        raise invalid(Violation("day", "MALFORMED", "不是有效的日期"))
    return found
