"""The bulletins, and what the ratings' journals said at an instant."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import takewhile
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records, record_id
from services.rating import model_bulletins, model_splits
from services.rating.model import Rating
from services.rating.model_bulletins import Bulletin, Period
from services.rating.model_splits import Group
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
Groups = dict[str, Counter[Group]]
# Decoded at a time: a worker has other things to do in between.
BATCH: Final = 200
_FIELDS: Final = ("day", "department", "department_name", "item_id", "subject", "window_id", "kind")


def bulletins(database: Database[Document]) -> Records[Bulletin]:
    """The bulletins, a record each."""
    return Records(database["rating_bulletins"], Bulletin, model_bulletins.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [bulletins(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    bulletins(database).ensure_indexes(
        [("state.county", 1), ("state.cutoff", 1)], [("state.county", 1), ("state.kind", 1), ("state.cutoff", 1)]
    )


def bulletin_id(county: str, period: Period) -> str:
    """The id of the one bulletin of a county's period."""
    return record_id(f"bulletin/{county}/{period.kind}/{period.first}")


def as_of(ratings: Records[Rating], county: str, first: date, last: date, instant: datetime) -> Groups:
    """Services of a period by day and by what they counted as at an instant. Whose journal goes on after it is replayed up to it."""
    found: Groups = {}
    only = {"journal.at": 1} | {f"state.{field}": 1 for field in _FIELDS}
    for document in days(ratings, county, first, last, only):
        known = [entry["at"] <= instant for entry in document["journal"]]
        if not known[0]:
            continue
        state = document["state"]
        kind = state["kind"] if all(known) else _kind_at(ratings, document["_id"], instant)
        found.setdefault(state["day"], Counter())[model_splits.group(state, kind)] += 1
    return found


def days(
    ratings: Records[Rating], county: str, first: date, last: date, only: dict[str, Any] | None = None
) -> Iterator[Document]:
    """The documents of the ratings of a county's days, both included."""
    match = {"state.county": county, "state.day": {"$gte": str(first), "$lte": str(last)}}
    return iter(ratings.collection.find(match, only).batch_size(BATCH))


def _kind_at(ratings: Records[Rating], id: str, instant: datetime) -> str:
    return ratings.replay(until(ratings.get(id).journal, instant)).kind


def until(journal: Sequence[Document], instant: datetime) -> list[Document]:
    """What a journal said at an instant; nothing before the record was there."""
    return list(takewhile(lambda entry: entry["at"] <= instant, journal))
