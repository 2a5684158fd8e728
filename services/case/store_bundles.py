"""The parents (一件事) case keeps: collection `bundles`, and how they are found."""

from collections.abc import Callable
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Record, Records
from services.case.model import Case
from services.case.model_bundles import Bundle, Seen, seen
from services.case.model_bundles_evolve import EVOLVE
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]


def bundles(database: Database[Document]) -> Records[Bundle]:
    """The parents."""
    return Records(database["bundles"], Bundle, EVOLVE, events)


def ensure_indexes(database: Database[Document]) -> None:
    """By applicant and by department, newest first; by project; what waits for the worker; by file; and the number."""
    bundles(database).ensure_indexes(
        [("state.applicant_id", 1), ("state.submitted_at", 1)],
        [("state.departments", 1), ("state.submitted_at", 1)],
        [("state.project_code", 1), ("state.submitted_at", 1)],
        [("state.pending", 1)],
        [("state.files.attachment_id", 1)],
        unique=["state.number"],
    )


def waiting(all: Records[Bundle]) -> list[str]:
    """Ids of those the worker has something to do for."""
    found = all.collection.find({"state.pending": True}, {"_id": 1})
    return [document["_id"] for document in found]


def children(cases: Records[Case], bundle_id: str) -> list[Record[Case]]:
    """The cases of a parent, without their journals."""
    return cases.select({"state.bundle_id": bundle_id})


def seen_of(cases: Records[Case], bundle_id: str) -> list[Seen]:
    """How the cases of a parent stand, by key."""
    found = [seen(row.state, row.version) for row in children(cases, bundle_id)]
    return sorted(found, key=lambda one: one.key)


def uses_file(all: Records[Bundle], attachment: str) -> bool:
    """Whether a parent has this file."""
    return all.collection.find_one({"state.files.attachment_id": attachment}, {"_id": 1}) is not None


def newest(
    all: Records[Bundle], match: Document, keep: Callable[[Bundle], bool], token: str, count: int
) -> tuple[list[Record[Bundle]], str]:
    """A page of those that match one indexed field and are to be kept, newest first, and the next page's token. Shorter where something
    was not kept, never empty before the end."""
    return paging.kept(all, [match], "submitted_at", keep, token, count)
