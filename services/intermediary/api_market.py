"""MarketService over gRPC: a county's rules, what may be procured, the market's numbers, and who meets whom too often."""

import hashlib
from datetime import date
from functools import lru_cache

from chassis.acts import Actor, now
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid
from chassis.parts import Parts
from chassis.rpc import Call
from services.intermediary import (
    model_concentration,
    model_rules,
    model_statistics,
    store,
    store_frozen,
    store_services,
    store_statistics,
)
from standards.codes import region_covers
from yiwang.intermediary.v1 import market_pb2 as pb

MOST_SERVICES = 500
LISTS_KNOWN = 1_000


class MarketApi:
    """The methods of yiwang.intermediary.v1.MarketService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.procurements = store.procurements(parts.database)
        self.rules = store.rules(parts.database)
        # A list never changes: who lost is worked out once.
        self._losers = lru_cache(maxsize=LISTS_KNOWN)(self._lost)

    def GetMarketRules(self, request: pb.GetMarketRulesRequest, _call: Call) -> pb.MarketRules:
        found = self.rules.find({"_id": store.rules_id(request.county)})
        holding = model_rules.values(found.state if found else None)
        return model_rules.view(request.county, holding, found.version if found else 0)

    def SaveMarketRules(self, request: pb.SaveMarketRulesRequest, call: Call) -> pb.MarketRules:
        _require_covered(call.actor, request.county)
        told = model_rules.saved(request.county, call.actor.id, request.rules)
        saved = store.save_rules(self.rules, call.cause, told)
        return model_rules.view(request.county, model_rules.values(saved.state), saved.version)

    def ListServices(self, request: pb.ListServicesRequest, _call: Call) -> pb.ListServicesResponse:
        found, words = [], request.words.split()
        for row in sorted(store_services.all(self.database), key=lambda one: (one["code"], one["_id"])):
            if request.region and not _near(request.region, row["region"]):
                continue
            for service in row["services"]:
                if all(word in service or word in row["name"] for word in words):
                    found.append(_service(row, service))
        return pb.ListServicesResponse(services=found[:MOST_SERVICES])

    def GetStatistics(self, request: pb.GetStatisticsRequest, _call: Call) -> pb.Statistics:
        for field in ("from_month", "to_month"):
            _month(field, getattr(request, field))
        if request.to_month < request.from_month:
            raise invalid(Violation("to_month", "BEFORE_FROM", "结束月份早于开始月份"))
        counts = self.procurements.counts
        found = counts.between(request.county, request.from_month, request.to_month)
        return model_statistics.view(found, counts.standings(request.county))

    def ListConcentrations(self, request: pb.ListConcentrationsRequest, call: Call) -> pb.ListConcentrationsResponse:
        _require_covered(call.actor, request.county)
        awards = store_statistics.awards(self.procurements, request.county, model_concentration.since(now()))
        found = model_concentration.concentrations(awards, self._losers)
        return pb.ListConcentrationsResponse(concentrations=found, rule=model_concentration.RULE)

    def _lost(self, list_digest: str, winner: str) -> str:
        listed = store_frozen.get(self.database, list_digest)["candidates"]
        others = sorted(row["uscc"] for row in listed if row["uscc"] != winner)
        return hashlib.sha256(" ".join(others).encode()).hexdigest()


def _require_covered(actor: Actor, county: str) -> None:
    if not region_covers(actor.region, county):
        raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", "该县不在您的监管区域内")


def _near(region: str, other: str) -> bool:
    return region_covers(region, other) or region_covers(other, region)


def _month(field: str, told: str) -> None:
    try:
        date.fromisoformat(f"{told}-01")
    except ValueError:
        raise invalid(Violation(field, "MALFORMED", "月份无效")) from None


def _service(row: store_services.Document, service: str) -> pb.ItemService:
    return pb.ItemService(
        item_id=row["_id"],
        item_code=row["code"],
        item_name=row["name"],
        department=row["department"],
        department_name=row["department_name"],
        region=row["region"],
        service=service,
    )
