"""Files of ratings and tickets as they are kept, and which record has which."""

from datetime import datetime
from typing import Any, Final

from pymongo.collection import Collection
from pymongo.database import Database

from chassis.files import Files
from chassis.records import Records

Document = dict[str, Any]
# Collections whose records have files.
_USERS: Final = ("ratings", "tickets")


def files(database: Database[Document]) -> Files:
    """The files."""
    return Files(database, "rating_files")


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: that a record has a file stands in the record's."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    files(database).ensure_indexes()
    for name in _USERS:
        database[name].create_index("state.files.file_id", name="file_id")


def users(database: Database[Document]) -> Collection[Document]:
    """Which record took which file (chassis.uploads.take)."""
    return database["rating_file_users"]


def used(database: Database[Document], id: str) -> bool:
    """Whether a record has this file."""
    return any(database[name].find_one({"state.files.file_id": id}, {"_id": 1}) is not None for name in _USERS)


def sweep(database: Database[Document], older: datetime) -> int:
    """Deletes files uploaded before this that no record has; returns how many."""

    def drop(id: str) -> bool:
        kept = used(database, id)
        if not kept:
            users(database).delete_one({"_id": id})
        return kept

    return files(database).sweep(older, drop)
