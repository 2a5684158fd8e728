"""What intermediary keeps of agencies: a record each, found by organisation, county and what waits."""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records, record_id
from chassis.timers import Timing
from services.intermediary import model_agencies_acts as acts
from services.intermediary.model_agencies import Agency
from services.intermediary.model_agencies_evolve import EVOLVE
from yiwang.intermediary.v1 import events_pb2 as events

Document = dict[str, Any]
# Which counties have agencies (store.counties).
COUNTIES = "agency_counties"


def agencies(database: Database[Document]) -> Records[Agency]:
    """The agencies."""
    return Records(database["agencies"], Agency, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [agencies(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of agencies; safe to repeat."""
    agencies(database).ensure_indexes(
        [("state.organization_id", 1)],
        [("state.county", 1), ("state.due", 1)],
        [("state.county", 1), ("state.entered_at", 1)],
        [("state.county", 1), ("state.waiting", 1), ("state.entered_at", 1)],
    )


def timing(all: Records[Agency], counties: Callable[[], list[str]]) -> Timing[Agency]:
    """The timer over the agencies of one store, county by county."""
    return Timing("intermediary", all, acts.fire, counties, "state.county")


def agency_id(uscc: str) -> str:
    """The id of an organisation's agency."""
    return record_id(f"agency/{uscc}")


def of_uscc(all: Records[Agency], uscc: str) -> Record[Agency] | None:
    """The agency with this USCC; None when it never entered."""
    return of_id(all, agency_id(uscc))


def of_id(all: Records[Agency], id: str) -> Record[Agency] | None:
    """An agency as it stands, without its journal: this is asked at every sign-up, and thousands of times at a freeze."""
    return next(iter(all.select({"_id": id})), None)


def of_organization(all: Records[Agency], organization: str) -> Record[Agency] | None:
    """The agency an organisation is; None when it never entered."""
    return next(iter(all.select({"state.organization_id": organization})), None)


def newest(
    all: Records[Agency], matches: Sequence[Filter], keep: Callable[[Agency], bool], token: str, count: int
) -> tuple[list[Record[Agency]], str]:
    """A page of the agencies that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "entered_at", keep, token, count)
