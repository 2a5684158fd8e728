"""What identity keeps of counts."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records
from chassis.tally import Tally
from services.identity import model_counts
from yiwang.identity.v1 import service_pb2 as pb

Document = dict[str, Any]


def principals(database: Database[Document]) -> Tally:
    """Persons by level, officers in office, agents who work, organisations with a representative; by the first byte of the id."""
    return Tally(database, "principal_figures")


def records(database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    principals(database).ensure_indexes()


def counted(database: Database[Document]) -> pb.CountPrincipalsResponse:
    """The counts as they are answered."""
    own = principals(database).between(model_counts.FIRST, model_counts.LAST)
    return pb.CountPrincipalsResponse(
        persons_by_level=model_counts.by_level(own),
        organizations=own.get(model_counts.ORGANIZATION, 0),
        officers=own.get(model_counts.OFFICER, 0),
        agents=own.get(model_counts.AGENT, 0),
    )
