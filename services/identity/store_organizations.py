"""What identity keeps of organisations: a record each, whose id follows from its code, and their count."""

from typing import Any

from pymongo.database import Database

from chassis.records import Filter, Record, Records, record_id
from services.identity import model_organizations
from services.identity.model_organizations import Organization
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def organizations(database: Database[Document]) -> Records[Organization]:
    """The organisations; the id follows from the unified social credit code."""
    return Records(database["organizations"], Organization, model_organizations.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [organizations(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    organizations(database).ensure_indexes([("state.members", 1)])


def organization_id(uscc: str) -> str:
    """The id of the organisation with this code."""
    return record_id(f"organization/{uscc}")


def of_member(all: Records[Organization], visible: Filter) -> list[Record[Organization]]:
    """The organisations that are visible, without their journals, by their code."""
    return sorted(all.select(visible), key=lambda record: record.state.uscc)
