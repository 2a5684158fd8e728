"""What case keeps of drafts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from services.case import model_drafts
from services.case.model_drafts import Draft
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]


def drafts(database: Database[Document]) -> Records[Draft]:
    """The drafts."""
    return Records(database["drafts"], Draft, model_drafts.EVOLVE, events)


def ensure_indexes(database: Database[Document]) -> None:
    """By whose they are, by their files, and by when they end."""
    drafts(database).ensure_indexes(
        [("state.open_of", 1), ("state.saved_at", 1)],
        [("state.attachments", 1)],
        [("state.ends_at", 1)],
    )


def newest(
    all: Records[Draft], person: str, keep: Callable[[Draft], bool], token: str, count: int
) -> tuple[list[Record[Draft]], str]:
    """A page of a person's open drafts that are to be kept, saved last first, and the next page's token; none is empty before the
    end."""
    return paging.kept(all, [{"state.open_of": person}], "saved_at", keep, token, count)


def count_open(all: Records[Draft], person: str) -> int:
    """How many a person has open; they are few."""
    return len(list(all.collection.find({"state.open_of": person}, {"_id": 1})))


def uses_file(all: Records[Draft], attachment: str) -> bool:
    """Whether an open draft has this file."""
    return all.collection.find_one({"state.attachments": attachment}, {"_id": 1}) is not None


def left_alone(all: Records[Draft], until: datetime) -> list[str]:
    """Ids of open drafts whose time was over by then; those that ended have no time, and are not asked for."""
    query: Filter = {"state.ends_at": {"$gte": until - paging.OLDEST, "$lt": until}}
    return [row["_id"] for row in all.collection.find(query, {"_id": 1})]
