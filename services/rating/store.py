"""What rating keeps: the invitations with their ratings, and the totals."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo.database import Database

from chassis.records import Record, Records, record_id
from chassis.tally import Tally
from services.rating.model import EVOLVE, Invitation
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
OLDEST = timedelta(days=100 * 366)
MILLISECOND = timedelta(milliseconds=1)


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


class Cursor(NamedTuple):
    """A place in a list that runs from new to old: after the invitation with this instant and id."""

    at: datetime
    id: str

    @classmethod
    def of(cls, row: Record[Invitation]) -> "Cursor":
        """The place of an invitation."""
        return cls(row.state.opened_at, row.id)


def own_invitations(all: Records[Invitation], applicant: str, after: Cursor, count: int) -> list[Record[Invitation]]:
    """A person's invitations after a place in the list, newest first."""
    bounds = {"$gte": after.at - OLDEST, "$lt": after.at + MILLISECOND}
    query = {"state.applicant_id": applicant, "state.opened_at": bounds}
    rows = sorted(all.select(query), key=Cursor.of, reverse=True)
    return [row for row in rows if Cursor.of(row) < after][:count]
