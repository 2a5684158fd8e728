"""What matching costs: a base of enterprises against thirty payout items, and a fact that changed.

`python -m loadtests.bench_policy_match` measures it alone; ENTERPRISES=n says how many, figures are for 100,000.
"""

import os
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from pymongo.database import Database

from chassis import store as stores
from chassis.acts import Cause
from deploy.local.stores import Store, start_store
from loadtests.campaign import scratch
from loadtests.figures import Figure, publish
from services.policy import job_match, matching, store_enterprises, store_items, store_matches
from services.policy.model_facts import REPORTED, Fact
from services.policy.model_matches import Plan
from standards.identifiers import uscc_check_digit
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

FULL = 100_000
ENTERPRISES = int(os.environ.get("ENTERPRISES", "0")) or FULL
ITEMS, CHANGED, BATCH = 30, 200, 200
GOAL_SECONDS, GOAL_CHANGE = 60, 100
REGION, DEPARTMENT = "990121", "11990121MB0000001K"
# Conditions an item draws five of, with numbers of its own: each kind there is, about as often as real policies have them.
LEAVES = (
    "revenue_fen >= {n}000000",
    "rd_cost_fen * 100 >= revenue_fen * {n}",
    "revenue_fen - revenue_prev_fen > {n}00000",
    "registered_on_days >= {n}0",
    'national_high_tech_on >= "20{n:02}-01-01"',
    "national_high_tech",
    "employees >= {n} || insured_staff >= {n}",
    "invention_patents + utility_patents >= {n}",
    'industry.startsWith("C{n:02}") || industry.startsWith("C3")',
    "!abnormal_operation",
    "tax_paid_fen >= {n}0000",
    'scale in ["小型", "微型", "中型"]',
)
AMOUNTS = ("rd_cost_fen * 5 / 100", "20000000", "revenue_fen / 1000", "(revenue_fen - revenue_prev_fen) / 10")


def figures(folder: Path) -> list[Figure]:
    """Seconds of a full matching of so many enterprises with the items (goal for 100,000), and milliseconds of a fact that changed."""
    store = start_store("policy", folder / "match-store")
    try:
        return _measured(store)
    finally:
        store.stop()


def _measured(store: Store) -> list[Figure]:
    database = stores.connect(store.uri, "policy")
    for part in (store_enterprises, store_items, store_matches):
        part.ensure_indexes(database)
    chance, share = random.Random(1), FULL / ENTERPRISES
    for number in range(ITEMS):
        _open(database, _definition(number, chance))
    fill = time.monotonic()
    usccs = _fill(database, chance)
    fill = time.monotonic() - fill
    plan, day = matching.Plans(database).now(), local_day(datetime.now(UTC))
    first = _run(database, plan, day, store)
    change = _changes(database, plan, chance.sample(usccs, min(CHANGED, len(usccs))))
    gets = sum(len(row["qualifies"]) for row in database[store_matches.COLLECTION].find({}, {"qualifies": 1}))
    return [
        Figure("policy.match_100k_seconds", first["wall"] * share, "s", GOAL_SECONDS),
        Figure("policy.match_100k_cpu.job", first["job"] * share, "s"),
        Figure("policy.match_100k_cpu.store", first["store"] * share, "s"),
        Figure("policy.match_changed_fact", statistics.median(change), "ms", GOAL_CHANGE),
        Figure("policy.match_changed_fact_p99", sorted(change)[len(change) * 99 // 100], "ms", GOAL_CHANGE),
        Figure("policy.match_items_an_enterprise_gets", gets / len(usccs), "items"),
        Figure("policy.match_fill_seconds", fill, "s"),
    ]


def _run(database: Database[dict[str, Any]], plan: Plan, day: Any, store: Store) -> dict[str, float]:
    own, theirs, started = sum(psutil.Process().cpu_times()[:2]), store.cpu_seconds(), time.monotonic()
    if job_match.run(database, plan, day) != ENTERPRISES:
        raise RuntimeError("not every enterprise was matched")
    return {
        "wall": time.monotonic() - started,
        "job": sum(psutil.Process().cpu_times()[:2]) - own,
        "store": store.cpu_seconds() - theirs,
    }


def _changes(database: Database[dict[str, Any]], plan: Plan, usccs: list[str]) -> list[float]:
    """Milliseconds from a fact that is heard to matches that are right again."""
    took, kinds = [], store_enterprises.kinds(database)
    for number, uscc in enumerate(usccs):
        told = events.FactsStated(
            sheet_id=str(uuid.uuid4()), uscc=uscc, source=DEPARTMENT, kind=REPORTED, at=datetime.now(UTC).isoformat()
        )
        told.facts.add(name="revenue_fen", value=str(number * 7_000_000))
        started = time.perf_counter()
        names = store_enterprises.keep(database, told, 1, kinds)
        matching.facts_told(database, plan, uscc, names)
        took.append((time.perf_counter() - started) * 1000)
    return took


# -- what is matched ---------------------------------------------------------------------------------------------------


def _definition(number: int, chance: random.Random) -> items_pb2.PayoutItemDefinition:
    leaves = [
        rules_pb2.Rule(leaf=rules_pb2.Leaf(id=f"l{place}", cel=cel.format(n=chance.randrange(1, 20))))
        for place, cel in enumerate(chance.sample(LEAVES, 5))
    ]
    either = rules_pb2.Rule(any=rules_pb2.RuleList(rules=leaves[3:]))
    return items_pb2.PayoutItemDefinition(
        policy_id=str(uuid.uuid4()),
        title=f"压力测试奖补{number}",
        mode=items_pb2.PAYOUT_MODE_PROACTIVE,
        period=items_pb2.PERIOD_KIND_YEAR,
        region=REGION,
        rule=rules_pb2.Rule(all=rules_pb2.RuleList(rules=[*leaves[:3], either])),
        amount=items_pb2.AmountFormula(cel=chance.choice(AMOUNTS), cap_fen=100_000_000, unit_fen=100),
        vetoes=["dishonest", "tax_violation"],
    )


def _open(database: Database[dict[str, Any]], definition: items_pb2.PayoutItemDefinition) -> None:
    id = str(uuid.uuid4())
    told = [
        events.PayoutItemSaved(item_id=id, number=f"DF-{id[:6]}", definition=definition),
        events.PayoutItemOpened(item_id=id, edition=1, definition=definition, payable=True),
    ]
    store_items.items(database).create(Cause(f"bench/{id}", "bench"), lambda _: list(told), id)


def _fill(database: Database[dict[str, Any]], chance: random.Random) -> list[str]:
    usccs, batch = list[str](), list[dict[str, Any]]()
    for number in range(ENTERPRISES):
        first = f"91990121MA{number:07}"
        usccs.append(first + uscc_check_digit(first))
        batch.append(store_enterprises.document(usccs[-1], _facts(number, chance)))
        if len(batch) == BATCH or number == ENTERPRISES - 1:
            database[store_enterprises.COLLECTION].insert_many(batch)
            batch = []
    return usccs


def _facts(number: int, chance: random.Random) -> Iterator[Fact]:
    at = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(days=number % 300)
    revenue, staff = int(chance.paretovariate(1) * 10**7), int(chance.paretovariate(1.2) * 3)
    told: dict[str, Any] = {
        "name": f"压力测试企业{number}",
        "region": REGION,
        "registered_on": f"20{chance.randrange(26):02}-0{chance.randrange(1, 10)}-15",
        "revenue_fen": revenue,
        "revenue_prev_fen": revenue * chance.randrange(50, 150) // 100,
        "rd_cost_fen": revenue * chance.randrange(20) // 100,
        "tax_paid_fen": revenue // 20,
        "employees": staff,
        "insured_staff": staff * 9 // 10,
        "invention_patents": chance.randrange(5),
        "utility_patents": chance.randrange(9),
        "industry": f"C{chance.randrange(13, 43)}",
        "scale": chance.choice(["微型", "小型", "中型", "大型"]),
        "national_high_tech": number % 5 == 0,
        "national_high_tech_on": f"20{chance.randrange(10, 26)}-06-01" if number % 5 == 0 else None,
        "abnormal_operation": number % 40 == 0,
        "dishonest": number % 50 == 0,
        "tax_violation": number % 90 == 0,
    }
    # Of some nobody told everything.
    for name, value in told.items():
        if name in ("name", "region") or chance.random() > 0.05:
            yield Fact(name, value, DEPARTMENT, "某某局", REPORTED, at, f"sheet-{number}", 1)


def main() -> None:
    """These figures alone, into build/bench-policy-match.json."""
    publish("bench-policy-match", figures(scratch("bench-policy-match")))


if __name__ == "__main__":
    main()
