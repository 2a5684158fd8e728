"""What is kept of dry runs: a record for each, and beside it how far it has come.

The base is counted part by part. Each part's count is added in one write that says which part comes next: whoever counted the same part
beside it finds that it is done already, so nothing is counted twice, however often a worker dies.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Record, Records
from services.policy import model_dry_runs
from services.policy.model_dry_runs import DryRun
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
_PROGRESS: Final = "dry_run_progress"
# A worker that says nothing for so long is taken to be gone.
LEASE: Final = timedelta(seconds=20)


class Progress(NamedTuple):
    """How far a run has come: the part of the base that comes next, and what was counted before it, by name."""

    part: int
    counted: dict[str, Any]


def runs(database: Database[Document]) -> Records[DryRun]:
    """The dry runs."""
    return Records(database["dry_runs"], DryRun, model_dry_runs.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [runs(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of dry runs; safe to repeat."""
    runs(database).ensure_indexes(
        [("state.status", 1), ("state.started_at", 1)], [("state.item_id", 1), ("state.status", 1)]
    )
    for field in ("part", "until"):
        database[_PROGRESS].create_index([("_id", 1), (field, 1)], name=f"id_{field}")


def running(database: Database[Document], item_id: str = "") -> list[Record[DryRun]]:
    """The runs under way, of one item or of all, those that began first before the others."""
    query: Document = {"state.status": model_dry_runs.RUNNING}
    found = runs(database).select({"state.item_id": item_id, **query} if item_id else query)
    return sorted(found, key=lambda one: (one.state.started_at, one.id))


def take(database: Database[Document], run_id: str, now: datetime) -> bool:
    """Takes a run to count it for a while, unless another worker has it."""
    progress = database[_PROGRESS]
    try:
        progress.insert_one({"_id": run_id, "part": 0, "until": now + LEASE, "counted": "{}"})
    except DuplicateKeyError:
        free = {"_id": run_id, "until": {"$lt": now}}
        return bool(progress.update_one(free, {"$set": {"until": now + LEASE}}).matched_count)
    return True


def leave(database: Database[Document], run_id: str, now: datetime) -> None:
    """Lets another worker, or the next round, have it."""
    database[_PROGRESS].update_one({"_id": run_id}, {"$set": {"until": now - LEASE}})


def progress(database: Database[Document], run_id: str) -> Progress:
    """How far a run has come."""
    found = database[_PROGRESS].find_one({"_id": run_id})
    return Progress(found["part"], orjson.loads(found["counted"])) if found else Progress(0, {})


def advance(database: Database[Document], run_id: str, part: int, counted: Document, now: datetime) -> bool:
    """Notes what was counted up to this part, this one included; whether nobody did before."""
    told = {"part": part + 1, "counted": orjson.dumps(counted).decode(), "until": now + LEASE}
    return bool(database[_PROGRESS].update_one({"_id": run_id, "part": part}, {"$set": told}).matched_count)


def forget(database: Database[Document], run_id: str) -> None:
    """Its count is in its record now."""
    database[_PROGRESS].delete_one({"_id": run_id})
