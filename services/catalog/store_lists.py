"""What catalog keeps of lists: a record for each publication, which never changes."""

from functools import partial
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause
from chassis.errors import ABORTED, Refused
from chassis.records import Filter, Record, Records, record_id
from services.catalog import model_publications
from services.catalog.model_publications import EVOLVE, Fixed
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import lists_pb2 as pb

Document = dict[str, Any]
ATTEMPTS = 20


def publications(database: Database[Document]) -> Records[Fixed]:
    """The publications."""
    return Records(database["publications"], Fixed, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [publications(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat. Publications are only ever inserted, so that the unique index holds on every store."""
    publications(database).ensure_indexes(
        [("state.list", 1), ("state.number", 1)], [("state.published_at", 1)], unique=["state.slot"]
    )


def publish(all: Records[Fixed], cause: Cause, content: pb.Publication) -> Record[Fixed]:
    """Fixes a list under its next number. Of several at once each gets a number of its own, and each is compared with those before it.
    The same cause again answers with what it fixed. FAILED_PRECONDITION UNCHANGED."""
    for _ in range(ATTEMPTS):
        before = newest(all, content.kind, content.region)
        decide = partial(model_publications.publish, before.state if before else None, content=content)
        try:
            return all.create(cause, decide, record_id(cause.key))
        except DuplicateKeyError:
            # Somebody fixed it under this number meanwhile.
            continue
    raise Refused(ABORTED, "CHANGED_MEANWHILE", "该清单正被他人发布，请稍后重试")


def newest(all: Records[Fixed], kind: int, region: str) -> Record[Fixed] | None:
    """The publication with the highest number."""
    found = all.select({"state.list": model_publications.list_name(kind, region)})
    return max(found, key=lambda record: record.state.number, default=None)


def numbered(all: Records[Fixed], kind: int, region: str, number: int) -> Record[Fixed] | None:
    """The publication of a number."""
    return all.find({"state.slot": model_publications.slot(kind, region, number)})


def matching(kind: int, region: str) -> Filter:
    """The filter of the publications of a kind and of a region with all below it; 0 and empty = any."""
    prefix = codes.region_prefix(region)
    match: dict[str, Any] = {"state.kind": kind} if kind else {}
    return match | ({"state.region": {"$gte": prefix, "$lt": prefix + ":"}} if prefix else {})
