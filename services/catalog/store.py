"""What catalog keeps: the items here, the other subjects in files of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Record, Records, record_id, structure
from services.catalog import store_directory, store_imports, store_lists, store_themes, store_vocabulary
from services.catalog.model import Item
from services.catalog.model_evolve import EVOLVE
from services.catalog.model_facts import Chapter
from services.catalog.model_life import WITHDRAWN
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]
# Entries of a journal that are kept for what ends things: a suspension, the parts of a split, a withdrawal.
ROOM = 30
SUBJECTS = (store_directory, store_themes, store_lists, store_vocabulary, store_imports)


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
        [("state.life.changed_at", 1)],
        [("state.base_codes", 1)],
        [("state.published_base_codes", 1)],
        [("state.implementation", 1)],
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
    room: int = 0,
) -> Record[Any]:
    """Creates the record by the events `decide(None)` returns, or changes the one that is there (`known` when it was seen).

    `room` is what the journal must have left afterwards, for what ends things.
    """
    if known is None:
        known = all.collection.find_one({"_id": id}, {"_id": 1}) is not None
    if not known:
        try:
            return all.create(cause, lambda _: _must(decide(None)), id)
        except Refused as refused:
            # An id taken under another cause: somebody created it meanwhile.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
    return all.change(id, cause, decide, visible, room)


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


def by_short_code(all: Records[Item], code: str) -> Record[Item] | None:
    """The item that was ever published under this short code; of two that share one, the one published first, for ever."""
    found = [record for record in all.select({"state.short_code": code}) if record.state.history]
    return min(found, key=lambda record: (record.state.history[0].since, record.id), default=None)


def name_of(all: Records[Item], id: str) -> str:
    """The published name of an item; empty when it has none."""
    document = all.collection.find_one({"_id": id}, {"state.history": 1})
    history = document["state"]["history"] if document else []
    return str(history[-1]["facts"]["name"]) if history else ""


def is_live(all: Records[Item], id: str) -> bool:
    """Whether an item was published, and has not ended."""
    document = all.collection.find_one({"_id": id}, {"state.life.edition": 1, "state.life.status": 1})
    life = document["state"]["life"] if document else {"edition": 0}
    return bool(life["edition"]) and life["status"] != WITHDRAWN


def known_codes(all: Records[Item], codes: Iterable[str]) -> dict[str, bool]:
    """Those of the codes that an item has, or had; and whether that has ended."""
    found = ((code, all.collection.find_one({"_id": item_id(code)}, {"state.life.status": 1})) for code in codes)
    return {code: seen["state"]["life"]["status"] == WITHDRAWN for code, seen in found if seen}


def due(all: Records[Item], instant: datetime) -> list[tuple[str, datetime]]:
    """Ids of the scheduled items whose day has come, each with its day, the earliest first."""
    span = {"state.due": {"$gte": datetime(2000, 1, 1, tzinfo=UTC), "$lte": instant}}
    found = [(row["_id"], row["state"]["due"]) for row in all.collection.find(span, {"state.due": 1})]
    return sorted(found, key=lambda one: one[::-1])


class Listed(NamedTuple):
    """An item as search, lists and rates know it: its whole history in brief, the newest chapter last."""

    id: str
    version: int
    short_code: str
    published_digest: str
    history: list[Chapter]


_LISTED = {"version": 1, "state.short_code": 1, "state.life.published_digest": 1, "state.history": 1}


def listed_since(all: Records[Item], since: datetime, known: Callable[[str], int] | None = None) -> Iterator[Listed]:
    """Items whose public side changed since then, in no order; only those newer than the version `known` of them."""
    span = {"state.listed_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
    if known is None:
        yield from map(_listed, all.collection.find(span, _LISTED, batch_size=1000))
        return
    # A poll looks at many that it has: their versions cost little, the rest is read for the new ones alone.
    for seen in all.collection.find(span, {"version": 1}, batch_size=1000):
        if known(seen["_id"]) < seen["version"] and (fresh := all.collection.find_one({"_id": seen["_id"]}, _LISTED)):
            yield _listed(fresh)


def listing_keys(all: Records[Item]) -> Iterator[tuple[str, int, datetime]]:
    """Every item that was ever published: id, version of the record, and when its public side changed last."""
    for seen in all.collection.find(_ever(), {"version": 1, "state.listed_at": 1}, batch_size=5000):
        yield seen["_id"], seen["version"], seen["state"]["listed_at"]


def published_keys(all: Records[Item]) -> Iterator[Document]:
    """Every item that was ever published, with what a copy of it should say."""
    fields = {"state.life.edition": 1, "state.life.status": 1, "state.life.published_digest": 1, "state.listed_at": 1}
    return all.collection.find(_ever(), fields, batch_size=5000)


def listed(all: Records[Item], ids: Iterable[str]) -> Iterator[Listed]:
    """These items, those that are there."""
    return (_listed(found) for id in ids if (found := all.collection.find_one({"_id": id}, _LISTED)))


def _ever() -> Document:
    return {"state.listed_at": {"$gte": datetime(2000, 1, 1, tzinfo=UTC), "$lt": now() + timedelta(days=1)}}


def _listed(document: Document) -> Listed:
    state = document["state"]
    history = structure(state["history"], list[Chapter])
    return Listed(document["_id"], document["version"], state["short_code"], state["life"]["published_digest"], history)
