"""What rating keeps: ratings with their loops, the days of counties, and the counts of both. Windows, tickets and imports have stores
of their own."""

from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Record, Records, record_id
from chassis.sealed import Keyring
from chassis.timers import Groups, Timing
from services.rating import (
    model_rules,
    model_timers,
    store_bulletins,
    store_exports,
    store_files,
    store_flags,
    store_imports,
    store_results,
    store_tickets,
    store_windows,
)
from services.rating.model import COUNTY_DIGITS, OPEN, Rating
from services.rating.model_evolve import EVOLVE
from services.rating.model_rules import Rules
from services.rating.store_results import Counts
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
# Whose stores declare their own indexes and records.
PARTS: tuple[Any, ...] = (
    store_imports,
    store_bulletins,
    store_results,
    store_tickets,
    store_windows,
    store_files,
    store_flags,
)


class Ratings(Records[Rating]):
    """The ratings. Before one is written its county's day is marked to be counted anew, so that no event has to tell of it."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database["ratings"], Rating, EVOLVE, events)
        self.counts = Counts(database)

    def before_write(self, state: Rating) -> None:
        """Its day is to be counted."""
        self.counts.mark(state.county, state.day)


def ratings(database: Database[Document]) -> Ratings:
    """The ratings."""
    return Ratings(database)


def timing(database: Database[Document], all: Records[Rating]) -> Timing[Rating]:
    """The timer over the ratings of one store."""
    return Timing("rating", all, model_timers.fire, counties(database).all, BY_COUNTY)


def rules(database: Database[Document]) -> Records[Rules]:
    """The days of counties, a record each."""
    return Records(database["rating_rules"], Rules, model_rules.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [ratings(database), rules(database)]
    return [*own, *(one for part in PARTS for one in part.records(database))]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    ratings(database).ensure_indexes(
        [("state.applicant_id", 1), ("state.opened_at", 1)],
        [("state.case_id", 1), ("state.opened_at", 1)],
        [("state.case_number", 1)],
        [("state.county", 1), ("state.due", 1)],
        [("state.desk", 1), ("state.rated_at", 1)],
        [("state.county", 1), ("state.negative", 1), ("state.rated_at", 1)],
        [("state.county", 1), ("state.flagged", 1), ("state.rated_at", 1)],
        store_imports.REFERENCE_INDEX,
        *store_exports.INDEXES,
        *store_flags.INDEXES,
        store_results.INDEX,
    )
    rules(database).ensure_indexes()
    for part in PARTS:
        part.ensure_indexes(database)


def rating_id(keyring: Keyring, subject: str, node: int, occasion: int = 1) -> str:
    """The id of the one rating of a service node of a case or a ticket. Keyed: a department knows the ids of its cases, and must not find
    out by the id of an open negative rating whose it is."""
    return record_id(f"rating/{keyring.blind('rating_id', f'{subject}/{node}/{occasion}')}")


def rules_id(county: str) -> str:
    """The id of a county's days."""
    return record_id(f"rating_rules/{county}")


def rules_of(all: Records[Rules], region: str) -> Rules | None:
    """The days of the county a region is in; None when it states none."""
    found = all.find({"_id": rules_id(region[:COUNTY_DIGITS])})
    return found.state if found else None


def own(
    all: Records[Rating], applicant: str, open_only: bool, token: str, count: int
) -> tuple[list[Record[Rating]], str]:
    """A page of a person's ratings, newest first, and the next page's token; shorter where something was not kept, never empty before
    the end."""
    return paging.kept(
        all,
        [{"state.applicant_id": applicant}],
        "opened_at",
        lambda rating: not open_only or rating.status == OPEN,
        token,
        count,
    )


def of_case(all: Records[Rating], case_id: str) -> list[Record[Rating]]:
    """All ratings of a case, newest first: a handful."""
    rows, _ = paging.newest(all, {"state.case_id": case_id}, "opened_at", "", 50)
    return rows


# Where a record tells its county.
BY_COUNTY = "state.county"


def counties(database: Database[Document], name: str = "rating_counties") -> Groups:
    """Which counties have something with a due date, so that the timers take each by itself."""
    return Groups(database[name], COUNTY_DIGITS)
