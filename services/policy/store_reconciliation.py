"""Reconciliations as they are kept: a record for each day of the account that is paid from."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from services.policy.model_reconciliation import EVOLVE, OPEN, Reconciliation
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
# How far back days are opened that nobody opened, and how many that stay open are tried.
MOST_DAYS: Final = 400


def reconciliations(database: Database[Document]) -> Records[Reconciliation]:
    """The reconciliations."""
    return Records(database["reconciliations"], Reconciliation, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [reconciliations(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of reconciliations; safe to repeat."""
    lists = [[(f"state.{field}", 1), ("state.opened_at", 1)] for field in ("region", "status")]
    reconciliations(database).ensure_indexes([("state.day", 1)], *lists)


def last_day(all: Records[Reconciliation]) -> date | None:
    """The last day there is one of."""
    rows = all.collection.find({"state.day": {"$gte": "2020"}}, {"state.day": 1}).sort("state.day", -1).limit(1)
    return next((date.fromisoformat(row["state"]["day"]) for row in rows), None)


def open_days(all: Records[Reconciliation]) -> list[Reconciliation]:
    """The days that wait for the bank, the earliest first."""
    found = [row.state for row in all.select({"state.status": OPEN}, [("state.opened_at", 1)], limit=MOST_DAYS)]
    return sorted(found, key=lambda one: one.day)


def newest(
    all: Records[Reconciliation],
    matches: Sequence[Filter],
    keep: Callable[[Reconciliation], bool],
    token: str,
    count: int,
) -> tuple[list[Record[Reconciliation]], str]:
    """A page of the days that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "opened_at", keep, token, count)
