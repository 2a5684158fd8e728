"""What catalog keeps: the items here, the other subjects in files of their own."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Record, Records, record_id
from services.catalog import store_directory, store_lists, store_themes, store_vocabulary
from services.catalog.model import EVOLVE, Item
from services.catalog.model_facts import Chapter
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]
SUBJECTS = (store_directory, store_themes, store_lists, store_vocabulary)
_VERSION = {"version": 1}


def items(database: Database[Document]) -> Records[Item]:
    """The items."""
    return Records(database["items"], Item, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [items(database)]
    return own + [one for subject in SUBJECTS for one in subject.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    items(database).ensure_indexes(
        [("state.listed_at", 1)],
        [("state.due", 1)],
        [("state.short_code", 1)],
        [("state.region", 1), ("state.life.changed_at", 1)],
    )
    for subject in SUBJECTS:
        subject.ensure_indexes(database)


def item_id(code: str) -> str:
    """The id of the item with this code: one code is one item for ever."""
    return record_id(f"item/{code}")


def write(
    all: Records[Any],
    id: str,
    cause: Cause,
    decide: Callable[[Any], Message | list[Message] | None],
    visible: Mapping[str, Any] | None = None,
    known: bool | None = None,
) -> Record[Any]:
    """Creates the record by the events `decide(None)` returns, or changes the one that is there (`known` when it was seen)."""
    if known is None:
        known = all.collection.find_one({"_id": id}, {"_id": 1}) is not None
    if not known:
        try:
            return all.create(cause, lambda _: _must(decide(None)), id)
        except Refused as refused:
            # An id taken under another cause: somebody created it meanwhile.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
    return all.change(id, cause, decide, visible)


def _must(found: Message | list[Message] | None) -> Message | list[Message]:
    if not found:
        raise AssertionError("a record that is not there yet takes at least one event")
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
    """An item as search, lists and rates know it: its whole history in brief, the newest chapter last."""

    id: str
    version: int
    short_code: str
    published_digest: str
    history: list[Chapter]


def listed_since(all: Records[Item], since: datetime, known: Callable[[str], int] | None = None) -> Iterator[Listed]:
    """Items whose public side changed since then, in no order; only those newer than the version `known` of them."""
    span = {"state.listed_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
    # A poll looks at many that it has: their versions cost little, the rest is read for the new ones alone.
    for seen in all.collection.find(span, _VERSION, batch_size=1000):
        if known is None or known(seen["_id"]) < seen["version"]:
            for record in all.select({"_id": seen["_id"]}):
                yield Listed(
                    record.id,
                    record.version,
                    record.state.short_code,
                    record.state.life.published_digest,
                    record.state.history,
                )
