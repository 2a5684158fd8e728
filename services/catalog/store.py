"""What catalog keeps: the items."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Record, Records, record_id
from services.catalog.model import EVOLVE, PUBLISHED, Item, Listing
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]
_LISTING = tuple(field.name for field in fields(Listing))
_LISTED = {"version": 1, "state.edition": 1, "state.status": 1, "state.listing": 1}


def items(database: Database[Document]) -> Records[Item]:
    """The items."""
    return Records(database["items"], Item, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [items(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    items(database).ensure_indexes([("state.listed_at", 1)])


def item_id(code: str) -> str:
    """The id of the item with this code: one code is one item for ever."""
    return record_id(f"item/{code}")


def write(
    all: Records[Item],
    id: str,
    cause: Cause,
    decide: Callable[[Item | None], Message | list[Message] | None],
    visible: Mapping[str, Any] | None = None,
    known: bool | None = None,
) -> Record[Item]:
    """Creates the item by the events `decide(None)` returns, or changes the one that is there (`known` when it was seen)."""
    if known is None:
        known = all.collection.find_one({"_id": id}, {"_id": 1}) is not None
    if not known:
        try:
            return all.create(cause, lambda _: _must(decide(None)), id)
        except Refused as refused:
            # An id taken under another cause: somebody created the item meanwhile.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
    return all.change(id, cause, decide, visible)


def _must(found: Message | list[Message] | None) -> Message | list[Message]:
    if not found:
        raise AssertionError("an item that is not there yet takes at least one event")
    return found


def edition(all: Records[Item], record: Record[Item], number: int) -> tuple[events.ItemPublished, datetime] | None:
    """An edition as it was published, and when; None when there is none of that number."""
    for entry in reversed(record.journal):
        if entry["type"] == "ItemPublished" and entry["data"]["edition"] == number:
            event = all.event(entry)
            assert isinstance(event, events.ItemPublished)
            return event, entry["at"]
    return None


class Listed(NamedTuple):
    """An item as search knows it; no listing = it is not to be found."""

    id: str
    version: int
    edition: int
    listing: Listing | None


def listed_since(all: Records[Item], since: datetime, known: Callable[[str], int] | None = None) -> Iterator[Listed]:
    """Items that were published or suspended since then, in no order; only those newer than the version `known` of them."""
    span = {"state.listed_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
    if known is None:
        yield from map(_listed, all.collection.find(span, _LISTED, batch_size=1000))
        return
    # A poll looks at many that it has: their versions cost little, what they list is read for the new ones alone.
    for seen in all.collection.find(span, {"version": 1}, batch_size=1000):
        if known(seen["_id"]) < seen["version"] and (fresh := all.collection.find_one({"_id": seen["_id"]}, _LISTED)):
            yield _listed(fresh)


def _listed(document: Document) -> Listed:
    state = document["state"]
    listing = Listing(*(state["listing"][name] for name in _LISTING)) if state["status"] == PUBLISHED else None
    return Listed(document["_id"], document["version"], state["edition"], listing)
