"""What identity keeps of verifications. The ids of a person's of one day are counted through: that bounds them, and of two at once
one sees the other."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records, record_id
from services.identity import model_verifications
from services.identity.model_verifications import MOST_A_DAY, Verification
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
AT_ONCE = 200


def verifications(database: Database[Document]) -> Records[Verification]:
    """The verifications."""
    return Records(database["verifications"], Verification, model_verifications.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [verifications(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    verifications(database).ensure_indexes([("state.person_id", 1), ("state.requested_at", 1)], [("state.due", 1)])


def request(
    all: Records[Verification],
    person_id: str,
    cause: Cause,
    now: datetime,
    decide: Callable[[str, Sequence[Verification]], Message],
) -> Record[Verification]:
    """Creates the person's next one of the day by `decide(id, those of today and yesterday)`; TOO_MANY_VERIFICATIONS after ten.

    The same cause again answers with the present record, also when the day changed in between.
    """
    today = now.astimezone(SHANGHAI).date()
    for _ in range(MOST_A_DAY + 1):
        before, present = (list(_of_day(all, person_id, day)) for day in (today - timedelta(days=1), today))
        others = [*before, *present]
        own = next((one for one in others if _caused(one, cause)), None)
        if own is None and len(present) >= MOST_A_DAY:
            raise model_verifications.too_many()
        id = own.id if own else _id(person_id, today, len(present))
        states = [one.state for one in others]
        try:
            return all.create(cause, lambda id, states=states: decide(id, states), id)  # type: ignore[misc]
        except Refused:
            taken = all.find({"_id": id})
            if taken is None or _caused(taken, cause):
                raise
    raise model_verifications.too_many()


def _of_day(all: Records[Verification], person_id: str, day: date) -> Iterator[Record[Verification]]:
    for number in range(MOST_A_DAY):
        found = all.find({"_id": _id(person_id, day, number)})
        if found is None:
            return
        yield found


def _id(person_id: str, day: date, number: int) -> str:
    return record_id(f"verification/{person_id}/{day}/{number}")


def _caused(record: Record[Verification], cause: Cause) -> bool:
    return bool(record.journal[0]["cause"] == cause.key)


def due(all: Records[Verification], now: datetime) -> list[Record[Verification]]:
    """Open ones whose time is over, so many at once."""
    return all.select({"state.due": {"$gte": datetime(2000, 1, 1, tzinfo=UTC), "$lt": now}}, limit=AT_ONCE)


def own_verifications(
    all: Records[Verification], visible: Filter, token: str, count: int
) -> tuple[list[Record[Verification]], str]:
    """A page of what is visible, newest first, and the next page's token."""
    return paging.newest(all, visible, "requested_at", token, count)
