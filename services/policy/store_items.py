"""What is kept of payout items: a record for each, its editions in the journal; and what claims, rolls and matching read of them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis import paging
from chassis.errors import not_found
from chassis.records import Filter, Record, Records
from chassis.timers import Groups
from services.policy import model_items, store_policies
from services.policy.model import COUNTY_DIGITS
from services.policy.model_items import PayoutItem
from services.policy.model_items_evolve import EVOLVE
from standards.codes import region_prefix
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

Document = dict[str, Any]
COLLECTION = "payout_items"
# Entries of a journal that are kept for what ends things.
ROOM = 20
_OPEN = {
    f"state.{name}": 1
    for name in ("edition", "region", "number", "department", "department_name", "definition", "status", "policy_id")
}


class OpenItem(NamedTuple):
    """An item in the edition that is open now."""

    id: str
    edition: int
    region: str
    number: str
    department: str
    definition: pb.PayoutItemDefinition
    department_name: str = ""


def items(database: Database[Document]) -> Records[PayoutItem]:
    """The items."""
    return Records(database[COLLECTION], PayoutItem, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [items(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of items; safe to repeat."""
    items(database).ensure_indexes(
        [("state.payable_policy", 1)],
        [("state.county", 1), ("state.opened_at", 1)],
        [("state.policy_id", 1), ("state.opened_at", 1)],
        [("state.county", 1), ("state.changed_at", 1)],
        [("state.department", 1), ("state.changed_at", 1)],
    )


def counties(database: Database[Document]) -> Groups:
    """Where there are items."""
    return Groups(database["payout_item_counties"], COUNTY_DIGITS)


def near(groups: Groups, region: str) -> list[str]:
    """The groups of a region, of what lies below it and of what lies above it; all without one."""
    prefix = region_prefix(region)[:COUNTY_DIGITS] if region else ""
    return [one for one in groups.all() if one.startswith(prefix) or prefix.startswith(region_prefix(one))]


def newest(
    all: Records[PayoutItem],
    matches: Sequence[Filter],
    field: str,
    keep: Callable[[PayoutItem], bool],
    token: str,
    count: int,
) -> tuple[list[Record[PayoutItem]], str]:
    """A page of the items that match any of these and are to be kept, newest first by `opened_at` or `changed_at`, and the next page's
    token (chassis.paging.kept)."""
    return paging.kept(all, matches, field, keep, token, count)


def open_definitions(database: Database[Document]) -> list[OpenItem]:
    """Every item that is open and can be paid, in its open edition; whether its days of applying have come is not asked."""
    found = database[COLLECTION].find({"state.payable_policy": {"$gt": ""}}, _OPEN)
    return [_open(row) for row in found]


def definition(database: Database[Document], item_id: str, edition: int) -> pb.PayoutItemDefinition | None:
    """The definition of an edition an item has or had, for claims under way; None when there is none of that number."""
    row = database[COLLECTION].find_one({"_id": item_id}, _OPEN)
    if row is None or edition < 1:
        return None
    if row["state"]["edition"] == edition:
        return model_items.definition_of(row["state"]["definition"])
    row = database[COLLECTION].find_one({"_id": item_id}, {"journal": 1})
    for entry in row["journal"] if row else ():
        if entry["type"] == "PayoutItemOpened" and entry["data"]["edition"] == edition:
            return model_items.definition_of(entry["data"]["definition"])
    return None


def opened(database: Database[Document], item_id: str) -> OpenItem:
    """An item in its newest edition, whether or not it is open now. NOT_FOUND when it was never opened."""
    row = database[COLLECTION].find_one({"_id": item_id}, _OPEN)
    if row is None or not row["state"]["edition"]:
        raise not_found()
    return _open(row)


def claimable(database: Database[Document], item_id: str, now: datetime) -> OpenItem:
    """An item that may be claimed now. NOT_FOUND when it was never opened; FAILED_PRECONDITION ITEM_NOT_OPEN (also when its policy was
    withdrawn, or expired before a last day of the item's own), NOT_PAYABLE, NOT_YET, OVER."""
    row = database[COLLECTION].find_one({"_id": item_id}, _OPEN)
    if row is None or not row["state"]["edition"]:
        raise not_found()
    found, status = _open(row), row["state"]["status"]
    if store_policies.withdrawn(database, row["state"]["policy_id"]):
        status = model_items.CLOSED
    if not found.definition.closes_on and store_policies.expired(database, row["state"]["policy_id"]):
        # What is to be applied for after its policy's end says until when itself.
        status = model_items.CLOSED
    model_items.require_claimable(status, found.definition, local_day(now))
    return found


def payable_policies(database: Database[Document]) -> dict[str, int]:
    """How many items that are open and can be paid each policy has, by its id; those without any are not there."""
    counts: dict[str, int] = {}
    for row in database[COLLECTION].find({"state.payable_policy": {"$gt": ""}}, {"state.payable_policy": 1}):
        policy = row["state"]["payable_policy"]
        counts[policy] = counts.get(policy, 0) + 1
    return counts


def payable_of(database: Database[Document], policy_id: str) -> int:
    """How many items of a policy are open and can be paid."""
    return len(list(database[COLLECTION].find({"state.payable_policy": policy_id}, {"_id": 1})))


def is_open(database: Database[Document], policy_id: str) -> bool:
    """Whether an item of a policy takes claims."""
    found = database[COLLECTION].find({"state.policy_id": policy_id}, {"state.status": 1})
    return any(row["state"]["status"] == model_items.OPEN for row in found)


def _open(row: Document) -> OpenItem:
    state = row["state"]
    return OpenItem(
        id=row["_id"],
        edition=state["edition"],
        region=state["region"],
        number=state["number"],
        department=state["department"],
        definition=model_items.definition_of(state["definition"]),
        department_name=state["department_name"],
    )
