"""The catalogue's items that need an intermediary service, as it tells of them (read model)."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Records
from yiwang.catalog.v1 import service_pb2 as catalog

Document = dict[str, Any]
COLLECTION = "item_services"


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is the catalogue's."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """By id with what is newer, by code, by region."""
    database[COLLECTION].create_index([("_id", 1), ("seq", 1)], name="id_seq")
    database[COLLECTION].create_index([("code", 1)], name="code")


def keep(database: Database[Document], item_id: str, seq: int, definition: catalog.ItemDefinition) -> None:
    """An item as it is published now; an older event than the one known changes nothing."""
    told = {
        "code": definition.code,
        "name": definition.name,
        "region": definition.region,
        "department": definition.department.code,
        "department_name": definition.department.name,
        "services": list(definition.intermediary_services),
        "gone": False,
    }
    _set(database, item_id, seq, told)


def drop(database: Database[Document], item_id: str, seq: int) -> None:
    """It is withdrawn, or suspended: nothing new is procured for it."""
    _set(database, item_id, seq, {"gone": True})


def resume(database: Database[Document], item_id: str, seq: int) -> None:
    """It is there again."""
    _set(database, item_id, seq, {"gone": False})


def _set(database: Database[Document], item_id: str, seq: int, values: Document) -> None:
    change = {"$set": values | {"seq": seq}}
    try:
        database[COLLECTION].update_one({"_id": item_id, "seq": {"$lt": seq}}, change, upsert=True)
    except DuplicateKeyError:
        # A newer event was heard already, or another process inserts this very moment. What a publication says that came after a later
        # suspension is taken where nothing is known yet.
        database[COLLECTION].update_one({"_id": item_id, "seq": {"$lt": seq}}, change)
        if "code" in values:
            told = {name: value for name, value in values.items() if name != "gone"}
            database[COLLECTION].update_one({"_id": item_id, "code": {"$exists": False}}, {"$set": told})


def listed(database: Database[Document], code: str) -> list[str] | None:
    """The intermediary services of a published item, by its code; None when there is no such item."""
    found = database[COLLECTION].find({"code": code})
    there = [row for row in found if not row["gone"]]
    return sorted({service for row in there for service in row["services"]}) if there else None


def all(database: Database[Document]) -> list[Document]:
    """Every published item that needs one."""
    return [row for row in database[COLLECTION].find({}) if row.get("services") and not row["gone"]]
