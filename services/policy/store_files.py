"""Files of claims as they are kept, and which claim has which."""

from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from chassis.files import Files

Document = dict[str, Any]


def files(database: Database[Document]) -> Files:
    """The files."""
    return Files(database, "claim_files")


def users(database: Database[Document]) -> Collection[Document]:
    """Which claim took which file (chassis.uploads.take)."""
    return database["claim_file_users"]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of files; safe to repeat."""
    files(database).ensure_indexes()
    database["claims"].create_index("state.materials.file_id", name="file_id")


def sweep(database: Database[Document], older: datetime) -> int:
    """Deletes files uploaded before this that no claim has; returns how many."""

    def used(id: str) -> bool:
        kept = database["claims"].find_one({"state.materials.file_id": id}, {"_id": 1}) is not None
        if not kept:
            users(database).delete_one({"_id": id})
        return kept

    return files(database).sweep(older, used)
