"""Appeals of enterprises: their records, lists and numbers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from chassis.timers import Groups, Timing
from services.policy import model_appeals, model_appeals_acts
from services.policy.model_appeals import Appeal
from services.policy.model_appeals_evolve import EVOLVE
from services.policy.model_portal import COUNTY_DIGITS
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
# What a list is bounded by, each with the instant it was opened.
_LISTS = (("organization_id",), ("county",), ("county", "status"), ("department",), ("department", "status"))


def appeals(database: Database[Document]) -> Records[Appeal]:
    """The appeals."""
    return Records(database["appeals"], Appeal, EVOLVE, events)


def counties(database: Database[Document]) -> Groups:
    """Which counties have appeals, so that the timers and the lists of a region take each by itself."""
    return Groups(database["appeal_counties"], COUNTY_DIGITS)


def timing(database: Database[Document], all: Records[Appeal]) -> Timing[Appeal]:
    """The timer over the appeals of one store."""
    return Timing("policy", all, model_appeals_acts.fire, counties(database).all, "state.county")


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [appeals(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of appeals; safe to repeat."""
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.opened_at", 1)] for fields in _LISTS]
    appeals(database).ensure_indexes([("state.county", 1), ("state.due", 1)], *lists)


def newest(
    all: Records[Appeal], matches: Sequence[Filter], keep: Callable[[Appeal], bool], token: str, count: int
) -> tuple[list[Record[Appeal]], str]:
    """A page of the appeals that match any of these and are to be kept, newest first, and the next page's token (chassis.paging.kept)."""
    return paging.kept(all, matches, "opened_at", keep, token, count)


def counts(database: Database[Document], county: str, since: datetime, until: datetime) -> dict[str, int]:
    """Numbers (model_appeals.counts) of a county's appeals that were submitted from an instant on and before another."""
    query = {"state.county": county, "state.opened_at": {"$gte": since, "$lt": until}}
    return model_appeals.counts(row.state for row in appeals(database).select(query))
