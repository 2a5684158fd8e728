"""What identity keeps of privacy: the access records, one document a line."""

from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records, record_id
from services.identity import model_privacy
from services.identity.model_privacy import Access
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def accesses(database: Database[Document]) -> Records[Access]:
    """The lines of every person's access record."""
    return Records(database["accesses"], Access, model_privacy.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [accesses(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    accesses(database).ensure_indexes([("state.person_id", 1), ("state.happened_at", 1)])


def access_id(cause: str, person_id: str) -> str:
    """The id of the line a cause writes into a person's record."""
    return record_id(f"access/{cause}/{person_id}")


def own_accesses(all: Records[Access], visible: Filter, token: str, count: int) -> tuple[list[Record[Access]], str]:
    """A page of what is visible, newest first, and the next page's token."""
    return paging.newest(all, visible, "happened_at", token, count)
