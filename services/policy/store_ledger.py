"""The ledger as it is kept: lines that are only ever added, each once under the name of its event."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.records import Record, Records
from services.policy import model_ledger
from services.policy.model_ledger import Posting
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]


def lines(database: Database[Document]) -> Records[Posting]:
    """The lines, read as records; they have no journal, since nothing ever happens to one."""
    return Records(database["postings"], Posting, {}, events)


def ensure_indexes(database: Database[Document]) -> None:
    """By budget and time; safe to repeat."""
    database["postings"].create_index([("state.budget", 1), ("state.at", 1)], name="budget_at")


def post(database: Database[Document], id: str, at: datetime, event: Any) -> None:
    """Books an event under its id; the same again changes nothing."""
    for number, one in enumerate(model_ledger.postings(event, at)):
        state = {name: getattr(one, name) for name in Posting.__slots__}
        with suppress(DuplicateKeyError):
            database["postings"].insert_one({"_id": f"{id}.{number}", "version": 1, "state": state})


def newest(database: Database[Document], budget: str, token: str, count: int) -> tuple[list[Record[Posting]], str]:
    """A page of a budget's lines, newest first, and the next page's token."""
    return paging.newest(lines(database), {"state.budget": budget}, "at", token, count)


def balances(database: Database[Document], budget: str) -> dict[str, int]:
    """What each account of a budget holds, summed up over all its lines."""
    group = {"_id": {"source": "$state.source", "target": "$state.target"}, "fen": {"$sum": "$state.fen"}}
    rows = database["postings"].aggregate([{"$match": {"state.budget": budget}}, {"$group": group}])
    return model_ledger.balances({(row["_id"]["source"], row["_id"]["target"]): row["fen"] for row in rows})
