"""`python -m services.case restate`: cases of an older release get what this one keeps beside them, from their own journals.

An older release's case has no county, no earliest end and no parts in its stored state: the timer passes over it, and its journal
gives more than its state has. What stands there is never changed, only what is lacking filled in. Run after an upgrade, as often as one
likes, while everything works.
"""

from typing import Any

import cattrs
from pymongo.database import Database

from chassis.parts import Parts
from chassis.records import Document, Records
from services.case import store
from services.case.model import Case
from services.case.store_timers import Timers


def main(parts: Parts, _arguments: list[str]) -> None:
    """Restates all cases and says how many."""
    print(f"case: {run(parts.database)} cases restated")


def run(database: Database[dict[str, Any]]) -> int:
    """How many cases lacked something; their counties are known to the timer from now on."""
    cases, timers = store.cases(database), Timers(database)
    return sum(_restated(cases, timers, document) for document in cases.collection.find({}))


def _restated(cases: Records[Case], timers: Timers, document: Document) -> bool:
    state = document["state"]
    timers.know(state["region"])
    lacking = [name for name in cases.drift(document) if name not in state]
    if not lacking:
        return False
    told = cattrs.unstructure(cases.replay(document["journal"]))
    # Written by the version: whoever acts meanwhile writes what he changes himself, and the rest is filled in by the next run.
    guard = {"_id": document["_id"], "version": document["version"]}
    written = cases.collection.update_one(guard, {"$set": {f"state.{name}": told[name] for name in lacking}})
    return bool(written.matched_count)
