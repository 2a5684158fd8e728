"""USCCs of organisations and agencies other services know by ids of their own (read model)."""

from contextlib import suppress
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Records

Document = dict[str, Any]
COLLECTION: Final = "hearsay"


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is the others'."""
    return []


def ensure_indexes(_database: Database[Document]) -> None:
    """By id alone."""


def note(database: Database[Document], id: str, uscc: str) -> None:
    """The USCC of an id, `<service>/<id there>`: it never changes."""
    with suppress(DuplicateKeyError):
        database[COLLECTION].insert_one({"_id": id, "uscc": uscc})


def uscc_of(database: Database[Document], id: str) -> str | None:
    """The USCC; None while nobody told it."""
    found = database[COLLECTION].find_one({"_id": id})
    return found["uscc"] if found else None
