"""What identity keeps of contacts: a record for each principal who stated one."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records, record_id
from services.identity import model_contacts
from services.identity.model_contacts import Contact
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def contacts(database: Database[Document]) -> Records[Contact]:
    """The contacts."""
    return Records(database["contacts"], Contact, model_contacts.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [contacts(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    contacts(database).ensure_indexes()


def contact_id(principal: str) -> str:
    """The id of a principal's contact."""
    return record_id(f"contact/{principal}")
