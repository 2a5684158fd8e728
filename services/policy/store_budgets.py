"""Budgets as they are kept: a record for each, beside its pot."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.message import Message
from pymongo.database import Database

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records
from chassis.timers import Groups
from services.policy.model import COUNTY_DIGITS
from services.policy.model_budgets import ADJUST, CLOSE, EVOLVE, ROOM, Budget
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
# A task that is due longer than this was looked at many times.
REACH: Final = timedelta(days=3660)
AT_ONCE: Final = 100


def budgets(database: Database[Document]) -> Records[Budget]:
    """The budgets; the id of one is model.budget_id(item, period)."""
    return Records(database["budgets"], Budget, EVOLVE, events)


def counties(database: Database[Document]) -> Groups:
    """Which counties have budgets."""
    return Groups(database["budget_counties"], COUNTY_DIGITS)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [budgets(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of budgets; safe to repeat."""
    lists = [[(f"state.{field}", 1), ("state.opened_at", 1)] for field in ("county", "department", "item_id")]
    budgets(database).ensure_indexes([("state.task", 1), ("state.task_due", 1)], *lists)


def ask(all: Records[Budget], id: str, cause: Cause, decide: Callable[[Budget | None], Message]) -> Record[Budget]:
    """A change of a budget, the first or another one; who loses the race to be first meets what is there."""
    if all.collection.find_one({"_id": id}, {"version": 1}) is None:
        try:
            return all.create(cause, lambda _: decide(None), id)
        except Refused:
            found = all.find({"_id": id})
            if found is None or any(entry["cause"] == cause.key for entry in found.journal):
                raise
    return all.change(id, cause, decide, room=ROOM)


def tasks(all: Records[Budget], now: datetime) -> list[str]:
    """Ids of the budgets a worker has something to do with."""
    found: list[str] = []
    for task in (ADJUST, CLOSE):
        query = {"state.task": task, "state.task_due": {"$gte": now - REACH, "$lte": now}}
        rows = all.collection.find(query, {"state.task": 1}).sort("state.task_due", 1).limit(AT_ONCE)
        found += [row["_id"] for row in rows]
    return found


def newest(
    all: Records[Budget], matches: Sequence[Filter], keep: Callable[[Budget], bool], token: str, count: int
) -> tuple[list[Record[Budget]], str]:
    """A page of the budgets that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "opened_at", keep, token, count)
