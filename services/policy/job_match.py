"""`match [--anew]`: matches the whole base with all open items, part by part. A run that was interrupted goes on where it ended, as long as
items and day are the same; only what changed is written."""

import argparse
import hashlib
from datetime import date
from typing import Any

from pymongo.database import Database

from chassis.acts import now
from chassis.parts import Parts
from services.policy import matching, store_matches
from services.policy.model_enterprises import BUCKETS
from services.policy.model_matches import Plan
from standards.workdays import local_day


def main(parts: Parts, arguments: list[str]) -> None:
    """The job."""
    parser = argparse.ArgumentParser(prog="policy match")
    parser.add_argument("--anew", action="store_true", help="from the start of the base, whatever was done")
    wanted = parser.parse_args(arguments)
    plan = matching.Plans(parts.database).now()
    count = run(parts.database, plan, local_day(now()), wanted.anew)
    print(f"policy: {count} enterprises matched with {len(plan.items)} items")


def run(database: Database[dict[str, Any]], plan: Plan, day: date, anew: bool = False) -> int:
    """Matches every enterprise with every item; how many enterprises this run looked at."""
    count = 0
    for bucket in range(0 if anew else store_matches.reached(database, _run_of(plan, day)), BUCKETS):
        count += matching.match_part(database, plan, bucket, plan.items.keys())
        store_matches.reach(database, _run_of(plan, day), bucket + 1)
    return count


def _run_of(plan: Plan, day: date) -> str:
    """What a run is of: these editions, on this day."""
    editions = ",".join(sorted(f"{one.id}/{one.edition}" for one in plan.items.values()))
    return hashlib.sha256(f"{day}:{editions}".encode()).hexdigest()
