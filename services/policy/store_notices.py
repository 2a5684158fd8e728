"""The bank's calls as they are kept."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records
from services.policy.model_notices import EVOLVE, Notice
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]


def notices(database: Database[Document]) -> Records[Notice]:
    """The calls; nothing happens to one after it came."""
    return Records(database["bank_notices"], Notice, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [notices(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Those of every record; safe to repeat."""
    notices(database).ensure_indexes()
