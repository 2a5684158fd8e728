"""Files of the supermarket as they are kept, and which record has which. What a record has stands in its journal."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.database import Database

from chassis.files import Files
from chassis.records import Records

Document = dict[str, Any]
# Collections whose records have files.
_USERS: Final = ("agencies", "procurements", "sheets")


def files(database: Database[Document]) -> Files:
    """The files."""
    return Files(database, "market_files")


def users(database: Database[Document]) -> Collection[Document]:
    """Which record took which file (chassis.uploads.take)."""
    return database["market_file_users"]


def taken_by(database: Database[Document], id: str) -> str:
    """Id of the record that took a file; empty for none."""
    found = users(database).find_one({"_id": id})
    return found["record"] if found else ""


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: that a record has a file stands in the record's."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    files(database).ensure_indexes()


def sweep(database: Database[Document], older: datetime) -> int:
    """Deletes files uploaded before this that no record has; returns how many."""
    having: dict[str, frozenset[str]] = {}

    def used(id: str) -> bool:
        claim = users(database).find_one({"_id": id})
        record = claim["record"] if claim else ""
        if record and record not in having:
            having[record] = _files_of(database, record)
        if record and id in having[record]:
            return True
        if claim:
            users(database).delete_one({"_id": id})
        return False

    return files(database).sweep(older, used)


def _files_of(database: Database[Document], record: str) -> frozenset[str]:
    """Ids of the files that the journal of a record names; none when it did not come about."""
    rows = (database[name].find_one({"_id": record}, {"journal.data": 1}) for name in _USERS)
    found = next((row for row in rows if row), None)
    return frozenset(_named(found["journal"])) if found else frozenset()


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value["fileId"],) if "fileId" in value else ()
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from _named(part)
