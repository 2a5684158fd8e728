"""What becomes of an item when a standard of the basic directory changes: its draft and its edition in force take over what the owner
fixes, in one act, and keep what is the county's own. Pure."""

from typing import NamedTuple

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from chassis.errors import Refused, invalid
from services.catalog import model, model_standard
from services.catalog import model_life as life
from services.catalog.model import Item
from services.catalog.model_checks import faults
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as pb


class Change(NamedTuple):
    """A definition, the standard it held (None = none known), and the one it is to hold with its name."""

    definition: pb.ItemDefinition
    old: directory.EntryDefinition | None
    new: directory.EntryDefinition
    name: str

    @property
    def result(self) -> pb.ItemDefinition:
        """The definition with the new standard; where none was known before, what differs from it is the county's own."""
        return model_standard.rebase(self.old or self.new, self.new, self.definition)


def take_over(item: Item, working: Change | None, published: Change | None) -> list[Message]:
    """The events by which an item takes over its standard; none when it holds it already.

    A draft that waits stays a draft, with the standard in it, and needs its review. What is in force is published anew; a suspended item is
    not brought back by it (it takes over what it missed when it is resumed), a withdrawn one is as it was. INVALID_ARGUMENT when the
    result is no definition, or when the record has no room left; of a draft beside an edition only when that takes over nothing.
    """
    if item.life.status == life.WITHDRAWN:
        return []
    if published and item.life.digest == item.life.published_digest:
        working = published
    found: list[Message] = []
    refused: Refused | None = None
    if working and (fresh := working.result) != working.definition:
        try:
            _require_sound(item, fresh)
            found.append(model.saved(item.id, fresh, standard=working.name))
        except Refused as why:
            # A draft that cannot hold it waits for its officers, and keeps what is in force from nothing.
            refused = why
    if published and item.life.status == life.PUBLISHED and (fresh := published.result) != published.definition:
        _require_sound(item, fresh)
        edition = item.life.edition + 1
        found.append(events.ItemPublished(item_id=item.id, edition=edition, definition=fresh, standard=published.name))
    if refused and not found:
        raise refused
    return found


def _require_sound(item: Item, definition: pb.ItemDefinition) -> None:
    if found := faults(definition):
        raise invalid(*found)
    life.require_room(item.life, MessageToDict(definition))
