"""What is kept of policies: a record for each, its editions in the journal."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from chassis.timers import Groups, Timing
from services.policy import model_policies
from services.policy.model import COUNTY_DIGITS
from services.policy.model_policies import Policy
from services.policy.model_policies_evolve import EVOLVE
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import service_pb2 as pb

Document = dict[str, Any]
COLLECTION = "policies"
# Entries of a journal that are kept for what ends things.
ROOM = 10


def policies(database: Database[Document]) -> Records[Policy]:
    """The policies."""
    return Records(database[COLLECTION], Policy, EVOLVE, events)


def timing(database: Database[Document]) -> Timing[Policy]:
    """The timer over the policies of one store."""
    return Timing("policy", policies(database), model_policies.fire, counties(database).all, "state.county")


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [policies(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of policies; safe to repeat."""
    policies(database).ensure_indexes(
        [("state.county", 1), ("state.due", 1)],
        [("state.county", 1), ("state.published_at", 1)],
        [("state.department", 1), ("state.changed_at", 1)],
    )


def counties(database: Database[Document]) -> Groups:
    """Where there are policies, so that the timer takes each county by itself."""
    return Groups(database["policy_counties"], COUNTY_DIGITS)


def newest(
    all: Records[Policy],
    matches: Sequence[Filter],
    field: str,
    keep: Callable[[Policy], bool],
    token: str,
    count: int,
) -> tuple[list[Record[Policy]], str]:
    """A page of the policies that match any of these and are to be kept, newest first by `published_at` or `changed_at`, and the next
    page's token (chassis.paging.kept)."""
    return paging.kept(all, matches, field, keep, token, count)


def editions(all: Records[Policy], record: Record[Policy]) -> list[tuple[int, datetime, pb.PolicyText]]:
    """Every edition of a policy, read with its journal: number, when it was published, and its text, oldest first."""
    found = []
    for one in record.state.editions:
        event = all.event(record.journal[one.seq - 1])
        assert isinstance(event, events.PolicySaved)
        found.append((one.number, one.at, event.text))
    return found


def state(database: Database[Document], policy_id: str) -> Policy | None:
    """A policy as it stands, without its journal; None when there is none."""
    rows = policies(database).select({"_id": policy_id})
    return rows[0].state if rows else None


def withdrawn(database: Database[Document], policy_id: str) -> bool:
    """Whether a policy was withdrawn."""
    found = database[COLLECTION].find_one({"_id": policy_id}, {"state.status": 1})
    return bool(found) and found["state"]["status"] == model_policies.WITHDRAWN  # type: ignore[index]


def expired(database: Database[Document], policy_id: str) -> bool:
    """Whether a policy is no longer in force by its own words."""
    found = database[COLLECTION].find_one({"_id": policy_id}, {"state.status": 1})
    return bool(found) and found["state"]["status"] == model_policies.EXPIRED  # type: ignore[index]


def title(database: Database[Document], policy_id: str) -> str:
    """The title of a policy's newest edition; empty when it has none."""
    found = database[COLLECTION].find_one({"_id": policy_id}, {"state.text.title": 1})
    return str(found["state"].get("text", {}).get("title", "")) if found else ""
