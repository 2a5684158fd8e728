"""The standard of a definition, found in the store and filled in: for handlers, for officers who split and merge, and for the lint."""

from typing import Any

from pymongo.database import Database

from chassis.errors import Refused
from services.catalog import model_standard, model_take_over, store, store_directory
from services.catalog.model_life import PUBLISHED
from services.catalog.model_take_over import Change
from services.catalog.store_directory import Standard
from yiwang.catalog.v1.service_pb2 import ItemDefinition

Document = dict[str, Any]


def filled(database: Database[Document], definition: ItemDefinition) -> tuple[ItemDefinition, str]:
    """The definition as its standard lets it be, and the standard's name (empty = it has none). Whatever contradicts it gives way."""
    standard = store_directory.standard_of(database, definition)
    return (model_standard.merge(standard.entry, definition), standard.name) if standard else (definition, "")


def change_of(database: Database[Document], definition: ItemDefinition, held: str) -> Change | None:
    """What the standard in force makes of a definition that held the standard of that name; None when it has none."""
    standard = store_directory.standard_of(database, definition)
    if standard is None:
        return None
    old = store_directory.edition(database, held) if held != standard.name else standard.entry
    return Change(definition, old, standard.entry, standard.name)


def behind(database: Database[Document], id: str, region: str, standard: Standard) -> str:
    """Why what is in force of an item does not say what its standard says now, in words; empty when it does, when nothing is in force,
    or when the item is not of that region."""
    items = store.items(database)
    item = next((one.state for one in items.select({"_id": id})), None)
    if (
        item is None
        or item.region != region
        or item.life.status != PUBLISHED
        or item.published_standard == standard.name
    ):
        return ""
    shown = store.edition(items, items.get(id), item.life.edition)
    change = change_of(database, shown[0].definition, item.published_standard) if shown else None
    try:
        return "尚未更新，将自动采用" if model_take_over.take_over(item, None, change) else ""
    except Refused as refused:
        return refused.violations[0].message if refused.violations else refused.message
