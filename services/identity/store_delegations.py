"""What identity keeps of delegations, and how they are found: by who gave them, by who holds them."""

from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from services.identity import certificates, model_delegations
from services.identity.model_delegations import Delegation
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
GIVEN, HELD_BY_PERSON = "person_id", "holder_person_id"
HELD_BY_ORGANIZATION = "agent_organization_id"
PAGE = 50


def delegations(database: Database[Document]) -> Records[Delegation]:
    """The delegations."""
    return Records(database["delegations"], Delegation, model_delegations.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [delegations(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    sides = (GIVEN, HELD_BY_PERSON, HELD_BY_ORGANIZATION)
    delegations(database).ensure_indexes(*([(f"state.{side}", 1), ("state.created_at", 1)] for side in sides))
    certificates.ensure_indexes(database)


def side(field: str, id: str) -> Filter:
    """The filter of the delegations this id stands on this side of."""
    return {f"state.{field}": id}


def page(all: Records[Delegation], match: Filter, token: str, count: int) -> tuple[list[Record[Delegation]], str]:
    """A page of those that match, newest first, and the next page's token."""
    return paging.newest(all, match, "created_at", token, count or PAGE)


def open_of(all: Records[Delegation], person_id: str) -> list[str]:
    """Ids of the delegations a person gave or holds that were requested or given, and not ended since."""
    found = [
        row
        for field in (GIVEN, HELD_BY_PERSON)
        for row in all.collection.find(side(field, person_id), {"state.status": 1})
    ]
    return [row["_id"] for row in found if row["state"]["status"] in model_delegations.OPEN]
