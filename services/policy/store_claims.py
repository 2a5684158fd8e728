"""Claims as they are kept, and what a worker has to do with them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.message import Message
from pymongo.database import Database

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records
from chassis.timers import Groups, Timing
from services.policy import model_claims, store_bulletins
from services.policy.model import ASKED, COUNTY_DIGITS, Claim
from services.policy.model_evolve import EVOLVE
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
# What a list is bounded by, each with the instant it was submitted.
_LISTS: Final = (
    ("organization_id",),
    ("uscc",),
    ("department",),
    ("department", "status"),
    ("county",),
    ("county", "status"),
    ("item_id",),
    ("item_id", "period"),
    ("roll_id",),
)
# A task that is due longer than this was looked at many times: the first round looks back so far.
REACH: Final = timedelta(days=3660)
AT_ONCE: Final = 100
# Entries of a journal that are kept for the way from there to the money and what comes after it: who applies again, what is handed in,
# stated and sent back on the way, what others say.
ROOM_AGAIN, ROOM_ACTS, ROOM_OTHERS = 240, 80, 160
TASKS: Final = ("reserve", "free", "spend", "restore", "check", "pay")


class Claims(Records[Claim]):
    """The claims. Before one is written its months are marked to be counted anew, so that no event has to tell of it."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database["claims"], Claim, EVOLVE, events)
        self.counts = store_bulletins.Counts(database)

    def before_write(self, state: Claim) -> None:
        """Its months are to be counted."""
        self.counts.mark(state)


def claims(database: Database[Document]) -> Claims:
    """The claims."""
    return Claims(database)


def timing(database: Database[Document], all: Records[Claim]) -> Timing[Claim]:
    """The timer over the claims of one store."""
    return Timing("policy", all, model_claims.fire, counties(database).all, "state.county")


def counties(database: Database[Document]) -> Groups:
    """Which counties have claims, so that the timer takes each by itself."""
    return Groups(database["claim_counties"], COUNTY_DIGITS)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [claims(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of claims; safe to repeat."""
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.submitted_at", 1)] for fields in _LISTS]
    claims(database).ensure_indexes(
        [("state.county", 1), ("state.due", 1)],
        [("state.task", 1), ("state.task_due", 1)],
        [("state.orders.id", 1)],
        [("state.paid_at", 1)],
        [("state.recovery_code", 1)],
        *lists,
    )


def submit(
    all: Records[Claim], id: str, cause: Cause, decide: Callable[[Claim | None], list[Message]]
) -> Record[Claim]:
    """An enterprise's claim for a key, new or once more; who loses the race to be first meets what is there."""
    if all.collection.find_one({"_id": id}, {"version": 1}) is None:
        try:
            return all.create(cause, lambda _: decide(None), id)
        except Refused:
            found = all.find({"_id": id})
            if found is None or any(entry["cause"] == cause.key for entry in found.journal):
                raise
    return all.change(id, cause, decide, room=ROOM_AGAIN)


def tasks(all: Records[Claim], now: datetime, beside: int = 0) -> list[tuple[str, str]]:
    """Ids of the claims a worker has something to do with now, and what; the longest due first. So many more of each task as there are
    `beside`, which are left alone and keep no other waiting."""
    found: list[tuple[datetime, str, str]] = []
    for task in TASKS:
        query = {"state.task": task, "state.task_due": {"$gte": now - REACH, "$lte": now}}
        rows = all.collection.find(query, {"state.task_due": 1}).sort("state.task_due", 1).limit(AT_ONCE + beside)
        found += [(row["state"]["task_due"], row["_id"], task) for row in rows]
    return [(id, task) for _, id, task in sorted(found)]


def newest(
    all: Records[Claim], matches: Sequence[Filter], keep: Callable[[Claim], bool], token: str, count: int
) -> tuple[list[Record[Claim]], str]:
    """A page of the claims that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "submitted_at", keep, token, count)


def of_item(all: Records[Claim], uscc: str, item: str) -> list[Claim]:
    """An enterprise's claims for an item, newest first."""
    rows, _ = paging.kept(all, [{"state.uscc": uscc}], "submitted_at", lambda one: one.item_id == item, "", 200)
    return [row.state for row in rows]


def of_roll(all: Records[Claim], roll: str) -> tuple[int, bool]:
    """How many claims of a roll there are, and whether one is still being reserved."""
    rows = [row["state"] for row in all.collection.find({"state.roll_id": roll}, {"state.reservation": 1})]
    return len(rows), any(row["reservation"] == ASKED for row in rows)


def untied(all: Records[Claim], uscc: str) -> list[str]:
    """Ids of an enterprise's claims that are no organisation's of identity yet."""
    rows = all.collection.find({"state.uscc": uscc}, {"state.organization_id": 1})
    return [row["_id"] for row in rows if not row["state"]["organization_id"]]


def last_account(all: Records[Claim], uscc: str) -> Claim | None:
    """The enterprise's last claim whose account the bank took; None without one."""
    rows, _ = paging.kept(all, [{"state.uscc": uscc}], "submitted_at", lambda one: one.account == "OK", "", 1)
    return rows[0].state if rows else None


def of_order(all: Records[Claim], order: str) -> Claim | None:
    """The claim that gave the bank an order."""
    rows = all.select({"state.orders.id": order})
    return rows[0].state if rows else None


def of_recovery(all: Records[Claim], code: str) -> Claim | None:
    """The claim whose enterprise gives back under this code."""
    rows = all.select({"state.recovery_code": code}) if code else []
    return rows[0].state if rows else None


def paid_between(all: Records[Claim], since: datetime, until: datetime) -> list[Claim]:
    """The claims whose money was paid from an instant to before another, and did not come back."""
    return [row.state for row in all.select({"state.paid_at": {"$gte": since, "$lt": until}})]
