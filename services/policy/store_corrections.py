"""What the enterprise base keeps of corrections, and of kinds of facts that counties have of their own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records, record_id
from chassis.timers import Groups
from services.policy import model_corrections
from services.policy.model_corrections import Correction, OwnKind
from services.policy.model_facts import KINDS, Kind
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]


def corrections(database: Database[Document]) -> Records[Correction]:
    """The corrections."""
    return Records(database["corrections"], Correction, model_corrections.EVOLVE, events)


def own_kinds(database: Database[Document]) -> Records[OwnKind]:
    """Kinds of facts of counties' own, a record each."""
    return Records(database["fact_kinds"], OwnKind, model_corrections.KINDS_EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [corrections(database), own_kinds(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of corrections and kinds; safe to repeat."""
    lists = [[(f"state.{field}", 1), ("state.asked_at", 1)] for field in ("uscc", "department", "county")]
    corrections(database).ensure_indexes(*lists)
    own_kinds(database).ensure_indexes()


def counties(database: Database[Document]) -> Groups:
    """Where corrections were asked for."""
    return Groups(database["correction_counties"], model_corrections.COUNTY_DIGITS)


def correction_id(uscc: str, fact: str, sheet: str, seq: int) -> str:
    """The id of the one correction there is of a fact as it was reported."""
    return record_id(f"correction/{uscc}/{fact}/{sheet}/{seq}")


def newest(
    all: Records[Correction], matches: Sequence[Filter], keep: Callable[[Correction], bool], token: str, count: int
) -> tuple[list[Record[Correction]], str]:
    """A page of the corrections that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "asked_at", keep, token, count)


def kinds(database: Database[Document]) -> Mapping[str, Kind]:
    """Every kind of fact: built in, and counties' own."""
    own = own_kinds(database).collection.find({}, {"state": 1})
    # A kind that is built in later takes the place of a county's.
    return {row["state"]["fact"]: _kind(row["state"]) for row in own} | dict(KINDS)


def regions(database: Database[Document]) -> dict[str, str]:
    """Whose own each kind is: its region, by the kind's name."""
    rows = own_kinds(database).collection.find({}, {"state.fact": 1, "state.region": 1})
    return {row["state"]["fact"]: row["state"]["region"] for row in rows}


def save_kind(
    database: Database[Document], name: str, cause: Cause, decide: Callable[[OwnKind | None, str], events.FactKindSaved]
) -> Record[OwnKind]:
    """A kind of fact, for the first time or anew; who loses the race to be the first states it anew."""
    all, id = own_kinds(database), record_id(f"fact_kind/{name}")
    try:
        if all.find({"_id": id}) is None:
            return all.create(cause, lambda _: decide(None, id), id)
    except Refused:
        if (found := all.find({"_id": id})) is None or any(entry["cause"] == cause.key for entry in found.journal):
            raise
    return all.change(id, cause, lambda one: decide(one, id))


def _kind(state: Document) -> Kind:
    return model_corrections.kind_of(OwnKind(**state))
