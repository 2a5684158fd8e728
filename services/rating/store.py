"""What rating keeps: the invitations with their ratings, and the totals."""

from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Record, Records, record_id
from chassis.tally import Tally
from services.rating.model import EVOLVE, Invitation
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]


def invitations(database: Database[Document]) -> Records[Invitation]:
    """The invitations."""
    return Records(database["invitations"], Invitation, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [invitations(database)]


def ratings(database: Database[Document]) -> Tally:
    """Cases asked and rated, by item, department and county, each by day: bucket `<scope>:<id>:<day>`."""
    return Tally(database, "ratings")


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    invitations(database).ensure_indexes([("state.applicant_id", 1), ("state.opened_at", 1)])
    ratings(database).ensure_indexes()


def invitation_id(case_id: str) -> str:
    """The id of a case's one invitation."""
    return record_id(f"invitation/{case_id}")


def own_invitations(
    all: Records[Invitation], applicant: str, token: str, count: int
) -> tuple[list[Record[Invitation]], str]:
    """A page of a person's invitations, newest first, and the next page's token."""
    return paging.newest(all, {"state.applicant_id": applicant}, "opened_at", token, count)
