"""What catalog keeps of imports: how far each file got, and who is at it. By the digest of the file and its options."""

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Records

Document = dict[str, Any]

LEASE: Final = timedelta(seconds=30)
"""How long a run that says nothing keeps others from its file."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one file: its own until the lease ends. `rows` and `counts` are what the runs before it got done."""

    id: str
    owner: str
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: datetime | None = None


def records(database: Database[Document]) -> list[Records[Any]]:
    """Imports have no journal: what they do stands in the journals of what they bring."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """By the guards of the writes; safe to repeat."""
    database["imports"].create_index([("_id", 1), ("until", 1)], name="id_until")
    database["imports"].create_index([("_id", 1), ("owner", 1)], name="id_owner")


def begin(database: Database[Document], id: str, file: str, now: datetime, again: bool = False) -> Run | None:
    """Takes the file for this run; None while another has it. `again` forgets how far it got."""
    owner = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    _release_dead(database, id)
    change: Document = {"$set": {"owner": owner, "until": now + LEASE, "file": file, "began": now}}
    fresh = {"rows": 0, "counts": {}, "finished": None}
    if again:
        change["$set"] |= fresh
    else:
        change["$setOnInsert"] = fresh
    query = {"_id": id, "until": {"$lt": now}}
    try:
        database["imports"].update_one(query, change, upsert=True)
    except DuplicateKeyError:
        # It is there: somebody has it, or made it this instant.
        if not database["imports"].update_one(query, change).matched_count:
            return None
    kept = database["imports"].find_one({"_id": id})
    if kept is None or kept["owner"] != owner:
        return None
    return Run(id, owner, kept["rows"], kept["counts"], kept["finished"])


def keep(database: Database[Document], run: Run, rows: int, counts: Mapping[str, int], now: datetime) -> bool:
    """The checkpoint: so many rows are done. False when another run has taken the file over."""
    return _note(database, run, {"rows": rows, "counts": dict(counts), "until": now + LEASE})


def end(database: Database[Document], run: Run, rows: int, counts: Mapping[str, int], now: datetime) -> None:
    """The file is done; it is free again."""
    _note(database, run, {"rows": rows, "counts": dict(counts), "until": _FREE, "finished": now})


def release(database: Database[Document], run: Run) -> None:
    """The file is free again, as far as it got."""
    _note(database, run, {"until": _FREE})


def lease_of(database: Database[Document], id: str) -> datetime | None:
    """Until when a file is taken; None when nobody ever had it."""
    kept = database["imports"].find_one({"_id": id}, {"until": 1})
    return kept["until"] if kept else None


_FREE: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _note(database: Database[Document], run: Run, fields: Document) -> bool:
    return bool(database["imports"].update_one({"_id": run.id, "owner": run.owner}, {"$set": fields}).matched_count)


def _release_dead(database: Database[Document], id: str) -> None:
    """A run of this machine whose process is gone has no lease: a killed import is simply run again."""
    kept = database["imports"].find_one({"_id": id}, {"owner": 1, "until": 1})
    host, _, rest = (kept["owner"] if kept else "").partition("/")
    process = rest.split("/")[0]
    if kept and host == socket.gethostname() and process.isdecimal() and not _lives(int(process)):
        database["imports"].update_one({"_id": id, "owner": kept["owner"]}, {"$set": {"until": _FREE}})


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
