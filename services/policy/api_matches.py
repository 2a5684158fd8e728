"""Matches of EnterpriseService: what an enterprise gets, why, what is missing, and what is new of it."""

from collections.abc import Iterable
from typing import Any

from pymongo.database import Database

from chassis import rules
from chassis.acts import now
from chassis.errors import not_found
from chassis.records import Record, Records
from chassis.rpc import Call
from services.policy import (
    judging,
    model_enterprises,
    model_explain,
    model_matches,
    model_periods,
    store_enterprises,
    store_items,
    store_matches,
)
from services.policy.model_enterprises import Enterprise
from services.policy.store_items import OpenItem
from yiwang.policy.v1 import enterprises_pb2 as pb
from yiwang.policy.v1 import items_pb2

# What it gets comes first, then what it may get, then what it is near to.
_ORDER = {rules.TRUE: 0, rules.UNKNOWN: 1, rules.FALSE: 2}
# One condition away.
NEAR = 1


class MatchesApi:
    """The methods of matches, by name."""

    database: Database[dict[str, Any]]
    entries: Records[Enterprise]

    def ListMyMatches(self, request: pb.ListMyMatchesRequest, call: Call) -> pb.ListMyMatchesResponse:
        model_enterprises.require_own(call.actor, request.uscc)
        entry = store_enterprises.entry(self.database, request.uscc)
        found = self._matches(request.uscc, store_items.open_definitions(self.database), entry)
        shown = [one for one in found if one.result != rules.FALSE or one.near]
        return pb.ListMyMatchesResponse(
            matches=sorted(shown, key=lambda one: (_ORDER[one.result], -one.fen, one.title))
        )

    def ExplainMatch(self, request: pb.ExplainMatchRequest, call: Call) -> items_pb2.Explanation:
        model_enterprises.require_own(call.actor, request.uscc)
        open = store_items.open_definitions(self.database)
        item = next((one for one in open if one.id == request.item_id), None)
        if item is None:
            raise not_found()
        told, _ = judging.decided(self.database, item, request.uscc, judging.day_of(now()))
        return told

    def ListNewMatches(self, request: pb.ListNewMatchesRequest, call: Call) -> pb.ListNewMatchesResponse:
        model_enterprises.require_own(call.actor, request.uscc)
        return self._new(request.uscc, store_enterprises.entry(self.database, request.uscc))

    def AcknowledgeMatches(self, request: pb.AcknowledgeMatchesRequest, call: Call) -> pb.ListNewMatchesResponse:
        model_enterprises.require_own(call.actor, request.uscc)
        id = store_enterprises.entry_id(request.uscc)
        changed = self.entries.change(id, call.cause, lambda one: model_enterprises.acknowledge(one, request.items))
        return self._new(request.uscc, changed)

    def _new(self, uscc: str, entry: Record[Enterprise] | None) -> pb.ListNewMatchesResponse:
        fresh = model_enterprises.new(entry.state) if entry else []
        open = [one for one in store_items.open_definitions(self.database) if one.id in fresh]
        found = {one.item_id: one for one in self._matches(uscc, open, entry) if one.result == rules.TRUE}
        return pb.ListNewMatchesResponse(matches=[found[id] for id in fresh if id in found])

    def _matches(self, uscc: str, items: Iterable[OpenItem], entry: Record[Enterprise] | None) -> list[pb.Match]:
        """What the items of its region say of an enterprise today."""
        known, day = store_enterprises.enterprise(self.database, uscc), judging.day_of(now())
        region, facts = (known["region"], store_enterprises.facts_in(known)) if known else ("", {})
        matched = store_matches.get(self.database, uscc)
        out, kinds = entry.state.opted_out if entry else [], store_enterprises.kinds(self.database)
        found = []
        for item in items:
            if not model_matches.covers(item.region, region):
                continue
            period = model_periods.period_of(item.definition.period, day)
            had = judging.taken(self.database, item, uscc, period)
            told = model_explain.explain(item.definition, item.id, item.edition, uscc, period, day, facts, had, kinds)
            since = store_matches.since(matched, item.id, item.edition)
            found.append(_match(item, told, item.id in out, since))
        return found


def _match(item: OpenItem, told: items_pb2.Explanation, out: bool, since: Any) -> pb.Match:
    no = told.result == rules.FALSE
    return pb.Match(
        item_id=item.id,
        edition=item.edition,
        title=item.definition.title,
        mode=item.definition.mode,
        result=told.result,
        fen=told.amount.fen if told.result == rules.TRUE else 0,
        near=no and len(told.lacking) == NEAR,
        missing=told.missing,
        lacking=told.lacking,
        opted_out=out,
        since=since.isoformat() if since and told.result == rules.TRUE else "",
        fault=told.amount.fault,
    )
