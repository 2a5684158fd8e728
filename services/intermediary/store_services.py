"""The catalogue's items that need an intermediary service, as it tells of them (read model).

What an item needs and whether it is there are told by different events, and each has the number of the newest that told it: an edition that
is heard after the suspension which followed it is the newest edition all the same.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Records
from yiwang.catalog.v1 import service_pb2 as catalog

Document = dict[str, Any]
COLLECTION: Final = "item_services"
# Numbers of the events that told the edition, and whether it is there.
EDITION, STANDING = "edition_seq", "standing_seq"
_UNHEARD: Final[Mapping[str, Any]] = {EDITION: 0, STANDING: 0, "services": [], "gone": True}


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is the catalogue's."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """By id with what is newer, by code, and those that need a service at all."""
    for clock in (EDITION, STANDING):
        database[COLLECTION].create_index([("_id", 1), (clock, 1)], name=f"id_{clock}")
    database[COLLECTION].create_index([("code", 1)], name="code")
    database[COLLECTION].create_index([("services", 1)], name="services")


def keep(database: Database[Document], item_id: str, seq: int, definition: catalog.ItemDefinition) -> None:
    """An item as it is published now; a suspended one comes back by it."""
    told = {
        "code": definition.code,
        "name": definition.name,
        "region": definition.region,
        "department": definition.department.code,
        "department_name": definition.department.name,
        "services": list(definition.intermediary_services),
    }
    _hear(database, item_id, seq, {EDITION: told, STANDING: {"gone": False}})


def drop(database: Database[Document], item_id: str, seq: int) -> None:
    """It is withdrawn, or suspended: nothing new is procured for it."""
    _hear(database, item_id, seq, {STANDING: {"gone": True}})


def resume(database: Database[Document], item_id: str, seq: int) -> None:
    """It is there again."""
    _hear(database, item_id, seq, {STANDING: {"gone": False}})


def _hear(database: Database[Document], item_id: str, seq: int, told: Mapping[str, Document]) -> None:
    items = database[COLLECTION]
    with suppress(DuplicateKeyError):
        items.insert_one({"_id": item_id, **_UNHEARD})
    for clock, values in told.items():
        items.update_one({"_id": item_id, clock: {"$lt": seq}}, {"$set": {**values, clock: seq}})


def listed(database: Database[Document], code: str) -> list[str] | None:
    """The intermediary services of a published item, by its code; None when there is no such item."""
    there = [row for row in database[COLLECTION].find({"code": code}) if not row["gone"]]
    return sorted({service for row in there for service in row["services"]}) if there else None


def all(database: Database[Document]) -> list[Document]:
    """Every published item that needs one."""
    return [row for row in database[COLLECTION].find({"services": {"$gt": ""}}) if not row["gone"]]
