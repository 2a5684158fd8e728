"""What catalog does when a standard of the basic directory changes: every item of that entry in the owner's region takes it over."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.acts import Cause, now
from chassis.errors import ABORTED, NotYet, Refused
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.records import Record
from chassis.telemetry import log
from services.catalog import model_take_over, store, store_directory, taking_over
from services.catalog.model import Item, definition_of
from yiwang.catalog.v1.events_pb2 import EntryPublished, ItemResumed

# A save that read the standard before it changed may be written after its items were gathered.
RETAKEN = timedelta(minutes=10)
ATTEMPTS = 5


class HearsDirectory:
    """Handlers and timers."""

    parts: Parts

    @on(EntryPublished)
    def take_over_standard(self, event: Heard[EntryPublished]) -> None:
        """Act, once for each item: it takes over the standard that is in force now, which may be newer than the one heard of."""
        entry = store_directory.entries(self.parts.database).find({"_id": event.body.entry_id})
        if entry is None:
            raise NotYet
        take_over(self.parts.database, store_directory.items_of(self.parts.database, entry.state), event.cause)

    @on(ItemResumed)
    def take_over_resumed(self, event: Heard[ItemResumed]) -> None:
        """Act: what an item missed while it was suspended."""
        take_over(self.parts.database, [event.body.item_id], event.cause)

    @every(interval=60)
    def retake_standards(self) -> None:
        """Looks once more at the items of standards that changed lately."""
        database, instant = self.parts.database, now()
        for entry in store_directory.published_since(database, instant - RETAKEN):
            cause = Cause(f"timer/retake_standards/{entry.id}/{instant.isoformat()}", "system:catalog")
            take_over(database, store_directory.items_of(database, entry.state), cause)


def take_over(database: Database[store_directory.Document], ids: Iterable[str], cause: Cause) -> None:
    """Brings these items up to their standards, each by a cause of its own; one that cannot take it over is named and keeps no other
    from it."""
    for id in ids:
        own = Cause(f"{cause.key}/{id}", cause.by, cause.request, cause.trace)
        try:
            _take_over(database, id, own)
        except Refused as refused:
            if refused.code == ABORTED:
                raise
            log("directory").error("standard_not_taken_over", record=id, reason=refused.reason)


def _take_over(database: Database[store_directory.Document], id: str, cause: Cause) -> None:
    items = store.items(database)
    for _ in range(ATTEMPTS):
        record = items.get(id)
        try:
            items.change(id, cause, partial(_decide, database, record), room=store.ROOM)
            return
        except _Moved:
            continue
    raise NotYet


class _Moved(Exception):
    """Somebody wrote between the reading of an item and the deciding about it."""


def _decide(database: Database[store_directory.Document], record: Record[Item], item: Item) -> list[Message] | None:
    if item.life.version != record.version:
        raise _Moved
    shown = store.edition(store.items(database), record, item.life.edition) if item.life.edition else None
    working = taking_over.change_of(database, definition_of(item.definition), item.standard)
    published = taking_over.change_of(database, shown[0].definition, item.published_standard) if shown else None
    return model_take_over.take_over(item, working, published) or None
