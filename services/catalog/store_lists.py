"""What catalog keeps of lists."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records

Document = dict[str, Any]


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat."""
