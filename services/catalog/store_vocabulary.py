"""What catalog keeps of vocabulary: a record for each region."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis.acts import now
from chassis.records import Records, record_id
from services.catalog import store_misses
from services.catalog.model_vocabulary import EVOLVE, Vocabulary
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]


def vocabularies(database: Database[Document]) -> Records[Vocabulary]:
    """The vocabularies."""
    return Records(database["vocabularies"], Vocabulary, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [vocabularies(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat."""
    vocabularies(database).ensure_indexes([("state.saved_at", 1)])
    store_misses.ensure_indexes(database)


def vocabulary_id(region: str) -> str:
    """The id of a region's vocabulary, whether the region is written 990121 or 990121000000."""
    return record_id(f"vocabulary/{codes.region_prefix(region)}")


def saved_since(all: Records[Vocabulary], since: datetime) -> list[Vocabulary]:
    """Vocabularies saved since then."""
    span = {"state.saved_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
    return [record.state for record in all.select(span)]
