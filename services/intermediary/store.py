"""What intermediary keeps: procurements, the sheets of their sign-ups, the rules of counties. Agencies, evaluators, credit, files and the
catalogue's services have stores of their own."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records, record_id
from chassis.timers import Groups, Timing
from services.intermediary import (
    model_acts,
    model_rules,
    model_sheets,
    store_agencies,
    store_credits,
    store_evaluators,
    store_files,
    store_frozen,
    store_services,
    store_statistics,
)
from services.intermediary.model import COUNTY_DIGITS, Procurement
from services.intermediary.model_evolve import EVOLVE
from services.intermediary.model_rules import Rules
from services.intermediary.model_sheets import Sheet
from yiwang.intermediary.v1 import events_pb2 as events

Document = dict[str, Any]
# Whose stores declare their own indexes and records.
PARTS: tuple[Any, ...] = (
    store_agencies,
    store_credits,
    store_evaluators,
    store_files,
    store_frozen,
    store_services,
    store_statistics,
)
# What a list is bounded by, each with the instant it was opened.
_LISTS = (("owner_id",), ("winner_organization",), ("county",), ("county", "status"))
# A task that is due longer than this was looked at many times: the first round looks back so far.
REACH = timedelta(days=3660)
AT_ONCE = 100


class Procurements(Records[Procurement]):
    """The procurements. Before one is written its county's month is marked to be counted anew, so that no event has to tell of it."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database["procurements"], Procurement, EVOLVE, events)
        self.counts = store_statistics.Counts(database)

    def before_write(self, state: Procurement) -> None:
        """Its month is to be counted."""
        self.counts.mark(state)


def procurements(database: Database[Document]) -> Procurements:
    """The procurements."""
    return Procurements(database)


def timing(database: Database[Document], all: Records[Procurement]) -> Timing[Procurement]:
    """The timer over the procurements of one store."""
    return Timing("intermediary", all, model_acts.fire, counties(database).all, "state.county")


def sheets(database: Database[Document]) -> Records[Sheet]:
    """The sheets."""
    return Records(database["sheets"], Sheet, model_sheets.EVOLVE, events)


def rules(database: Database[Document]) -> Records[Rules]:
    """The rules of counties, a record each."""
    return Records(database["market_rules"], Rules, model_rules.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [procurements(database), sheets(database), rules(database)]
    return [*own, *(one for part in PARTS for one in part.records(database))]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.opened_at", 1)] for fields in _LISTS]
    procurements(database).ensure_indexes(
        [("state.county", 1), ("state.due", 1)],
        [("state.task", 1), ("state.task_due", 1)],
        [("state.owner_id", 1), ("state.service", 1), ("state.opened_at", 1)],
        [("state.case_id", 1)],
        [("state.seats.person_id", 1), ("state.opened_at", 1)],
        *store_statistics.INDEXES,
        *lists,
    )
    sheets(database).ensure_indexes()
    rules(database).ensure_indexes()
    for part in PARTS:
        part.ensure_indexes(database)


def sheet_id(procurement: str, number: int) -> str:
    """The id of one of a procurement's sheets, from 0."""
    return record_id(f"sheet/{procurement}/{number}")


def rules_id(county: str) -> str:
    """The id of a county's rules."""
    return record_id(f"market_rules/{county}")


def save_rules(all: Records[Rules], cause: Cause, told: events.MarketRulesSaved) -> Record[Rules]:
    """A county's rules, for the first time or anew; who loses the race to be the first states them anew."""
    id = rules_id(told.county)
    try:
        if all.find({"_id": id}) is None:
            return all.create(cause, lambda _: told, id)
    except Refused:
        if (found := all.find({"_id": id})) is None or any(entry["cause"] == cause.key for entry in found.journal):
            raise
    return all.change(id, cause, lambda _: told)


def rules_of(all: Records[Rules], region: str) -> Rules | None:
    """The rules of the county a region is in; None when it states none."""
    found = all.find({"_id": rules_id(region[:COUNTY_DIGITS])})
    return found.state if found else None


def tasks(all: Records[Procurement], now: datetime) -> list[tuple[str, str]]:
    """Ids of the procurements a worker has something to do with now, and what; the longest due first."""
    found: list[tuple[datetime, str, str]] = []
    for task in ("freeze", "select"):
        query = {"state.task": task, "state.task_due": {"$gte": now - REACH, "$lte": now}}
        rows = all.collection.find(query, {"state.task_due": 1}).sort("state.task_due", 1).limit(AT_ONCE)
        found += [(row["state"]["task_due"], row["_id"], task) for row in rows]
    return [(id, task) for _, id, task in sorted(found)]


def newest(
    all: Records[Procurement],
    matches: Sequence[Filter],
    keep: Callable[[Procurement], bool],
    token: str,
    count: int,
) -> tuple[list[Record[Procurement]], str]:
    """A page of the procurements that match any of these and are to be kept, newest first, and the next page's token
    (chassis.paging.kept)."""
    return paging.kept(all, matches, "opened_at", keep, token, count)


def last_winners(all: Records[Procurement], owner: str, service: str, count: int) -> list[str]:
    """USCCs of the winners of an owner's last so many procurements of a service, newest first."""
    if not count:
        return []
    match = {"state.owner_id": owner, "state.service": service}
    rows, _ = paging.kept(all, [match], "opened_at", lambda one: one.winner is not None, "", 100)
    return [row.state.winner.uscc for row in rows if row.state.winner][:count]


def owned(all: Records[Procurement], owner: str) -> list[str]:
    """Ids of an owner's procurements."""
    return [row["_id"] for row in all.collection.find({"state.owner_id": owner}, {"_id": 1})]


def counties(database: Database[Document], name: str = "market_counties") -> Groups:
    """Which counties have something with a due date, so that the timers take each by itself."""
    return Groups(database[name], COUNTY_DIGITS)
