"""Rolls as they are kept: a record for each, its lines beside it, and how far those that are being made are."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from chassis import paging
from chassis.records import Filter, Record, Records
from chassis.timers import Groups, Timing
from services.policy import model_rolls
from services.policy.model import COUNTY_DIGITS
from services.policy.model_rolls import Roll
from services.policy.model_rolls_evolve import EVOLVE
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
REACH: Final = timedelta(days=3660)
BATCH: Final = 200
_LISTS: Final = (("item_id",), ("department",), ("county",), ("county", "status"), ("department", "status"))


def rolls(database: Database[Document]) -> Records[Roll]:
    """The rolls."""
    return Records(database["rolls"], Roll, EVOLVE, events)


def lines(database: Database[Document]) -> Collection[Document]:
    """Who is on them: `_id` is `<roll>/<uscc>`; roll, uscc, name, organization, fen, explanation."""
    return database["roll_lines"]


def progress(database: Database[Document]) -> Collection[Document]:
    """How far those that are being made are: the part of the base, or the code, that comes next."""
    return database["roll_progress"]


def timing(database: Database[Document], all: Records[Roll]) -> Timing[Roll]:
    """The timer over the rolls of one store."""
    return Timing("policy", all, model_rolls.fire, counties(database).all, "state.county")


def counties(database: Database[Document]) -> Groups:
    """Which counties have rolls."""
    return Groups(database["roll_counties"], COUNTY_DIGITS)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [rolls(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.begun_at", 1)] for fields in _LISTS]
    rolls(database).ensure_indexes(
        [("state.county", 1), ("state.due", 1)], [("state.task", 1), ("state.task_due", 1)], *lists
    )
    lines(database).create_index([("roll", 1), ("uscc", 1)], name="roll_uscc")
    progress(database).create_index([("_id", 1), ("next", 1)], name="id_next")


def tasks(all: Records[Roll], now: datetime) -> list[str]:
    """Ids of the rolls a worker has something to do with, the longest due first."""
    found: list[tuple[datetime, str]] = []
    for task in model_rolls.TASKS.values():
        query = {"state.task": task, "state.task_due": {"$gte": now - REACH, "$lte": now}}
        rows = all.collection.find(query, {"state.task_due": 1}).sort("state.task_due", 1).limit(20)
        found += [(row["state"]["task_due"], row["_id"]) for row in rows]
    return [id for _, id in sorted(found)]


def newest(
    all: Records[Roll], matches: Sequence[Filter], keep: Callable[[Roll], bool], token: str, count: int
) -> tuple[list[Record[Roll]], str]:
    """A page of the rolls that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "begun_at", keep, token, count)


def open_of(all: Records[Roll], item_id: str, period: str) -> Roll | None:
    """The roll of an item's period that is under way; None without one."""
    over = (model_rolls.ISSUED, model_rolls.DROPPED)
    rows, _ = newest(
        all, [{"state.item_id": item_id}], lambda one: one.period == period and one.status not in over, "", 1
    )
    return rows[0].state if rows else None


def number_of(all: Records[Roll], item_id: str, period: str) -> int:
    """How many rolls an item's period has had."""
    rows = all.collection.find({"state.item_id": item_id}, {"state.period": 1})
    return sum(row["state"]["period"] == period for row in rows)


def write_lines(database: Database[Document], roll: str, found: Iterable[Document]) -> None:
    """Lines of a roll that is being computed; who is there already stays as he is."""
    rows = [{"_id": f"{roll}/{one['uscc']}", "roll": roll, **one} for one in found]
    for start in range(0, len(rows), BATCH):
        try:
            lines(database).insert_many(rows[start : start + BATCH], ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != 11000 for one in error.details["writeErrors"]):
                raise


def line(database: Database[Document], roll: str, uscc: str) -> tuple[str, int] | None:
    """Name and amount of an enterprise on a roll; None when it is not on it."""
    found = lines(database).find_one({"_id": f"{roll}/{uscc}"}, {"name": 1, "fen": 1})
    return (found["name"], found["fen"]) if found else None


def page(database: Database[Document], roll: str, after: str, count: int) -> list[Document]:
    """Lines of a roll in the order of their codes, from behind one on."""
    query = {"roll": roll, "uscc": {"$gt": after}}
    return list(lines(database).find(query).sort("uscc", 1).limit(count))


def whole(database: Database[Document], roll: Roll) -> bool:
    """Whether the lines are those that were computed."""
    return model_rolls.digest(amounts(database, roll.id)) == roll.digest


def amounts(database: Database[Document], roll: str) -> list[tuple[str, int]]:
    """Code and amount of every line."""
    return [(row["uscc"], row["fen"]) for row in lines(database).find({"roll": roll}, {"uscc": 1, "fen": 1})]
