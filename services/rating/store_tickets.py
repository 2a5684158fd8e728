"""What rating keeps of tickets: the records, their counts by county and day, and what is to be told to the 12345 platform."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.records import Filter, Record, Records, record_id
from chassis.tally import Tally
from services.rating.model import Rating
from services.rating.model_tickets import Ticket
from services.rating.model_tickets_evolve import EVOLVE
from standards.codes import region_prefix
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
COUNTIES = "ticket_counties"
ERRANDS = "hotline_errands"
AT_ONCE = 50
# What a list is bounded by, each with the instant it was opened.
_LISTS = (
    ("asker_id",),
    ("case_number",),
    ("county",),
    ("county", "status"),
    ("county", "overdue"),
    ("department",),
    ("department", "status"),
    ("department", "overdue"),
)


class Tickets(Records[Ticket]):
    """The tickets. Before one is written its buckets are marked to be counted anew, so that no event has to tell of it."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database["tickets"], Ticket, EVOLVE, events)
        self.counts = Tally(database, "ticket_counts", "tickets", ("state.buckets", "state.counted"))

    def before_write(self, state: Ticket) -> None:
        """Its buckets are to be counted."""
        self.counts.mark(state.buckets)


def tickets(database: Database[Document]) -> Tickets:
    """The tickets."""
    return Tickets(database)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [tickets(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of tickets and errands; safe to repeat."""
    all = tickets(database)
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.opened_at", 1)] for fields in _LISTS]
    all.ensure_indexes([("state.number", 1)], [("state.county", 1), ("state.due", 1)], *lists)
    all.counts.ensure_indexes()
    database[ERRANDS].create_index([("next", 1)], name="next")
    database[ERRANDS].create_index([("ticket_id", 1), ("open", 1)], name="ticket_open")


def hotline_id(region: str, number: str) -> str:
    """The id of the ticket a platform's number stands for. Numbers are the platform's own: another region's platform may have the same."""
    return record_id(f"hotline/{region_prefix(region)}/{number}")


def by_number(all: Tickets, number: str) -> Record[Ticket] | None:
    """The ticket of a public number."""
    return all.find({"state.number": number})


def newest(
    all: Tickets, matches: Sequence[Filter], keep: Callable[[Ticket], bool], token: str, count: int
) -> tuple[list[Record[Ticket]], str]:
    """A page of the tickets that match any of these and are to be kept, newest first, and the next page's token (chassis.paging.kept)."""
    return paging.kept(all, matches, "opened_at", keep, token, count)


class Department(NamedTuple):
    """A department as identity told of it."""

    name: str
    region: str


def department(database: Database[Document], uscc: str) -> Department | None:
    """A department by its USCC; None when none was heard of."""
    found = database["departments"].find_one({"_id": uscc})
    return Department(str(found["name"]), str(found["region"])) if found else None


def of_case(ratings: Records[Rating], number: str) -> list[Rating]:
    """What is known of a case by its public number: its ratings, a handful."""
    return [row.state for row in ratings.select({"state.case_number": number})]


class Errands:
    """What the 12345 platform is to be told. One errand is one event of a ticket; done, it stays, so that an event that is heard again
    is not told again."""

    def __init__(self, database: Database[Document]) -> None:
        self._errands = database[ERRANDS]

    def add(self, event_id: str, ticket_id: str, seq: int, at: datetime) -> None:
        """A new errand; one that is there, done or not, stays as it is."""
        errand = {"_id": event_id, "ticket_id": ticket_id, "seq": seq, "next": at, "since": at, "open": True}
        with suppress(DuplicateKeyError):
            self._errands.insert_one(errand)

    def due(self, since: datetime, now: datetime) -> list[Document]:
        """What is to be told now, the longest waiting first."""
        return list(self._errands.find({"next": {"$gte": since, "$lte": now}}).sort("next", 1).limit(AT_ONCE))

    def before(self, errand: Document) -> bool:
        """Whether something earlier of the same ticket is still to be told."""
        found = self._errands.find({"ticket_id": errand["ticket_id"], "open": True})
        return any(one["seq"] < errand["seq"] for one in found)

    def later(self, errand: Document, at: datetime) -> None:
        """To be told again then."""
        self._errands.update_one({"_id": errand["_id"]}, {"$set": {"next": at}})

    def done(self, errand: Document, at: datetime) -> None:
        """It was told."""
        self._errands.update_one({"_id": errand["_id"]}, {"$set": {"done_at": at}, "$unset": {"next": "", "open": ""}})
