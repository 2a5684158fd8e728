"""The pool of evaluators as it is kept."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records

Document = dict[str, Any]


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return []


def ensure_indexes(_database: Database[Document]) -> None:
    """Indexes of evaluators; safe to repeat."""
