"""What catalog keeps of lists: a record for each publication, which never changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause, Evolve, Moment
from chassis.errors import ABORTED, Refused
from chassis.records import Record, Records, record_id
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import lists_pb2 as pb

Document = dict[str, Any]
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Fixed:
    """A list as it was fixed."""

    # `<kind>/<place>`, and with `/<number>`: no two publications of a list have one number.
    list: str
    slot: str
    kind: int
    region: str
    number: int
    as_of: datetime
    count: int
    digest: str
    note: str
    # The key of the list of publications.
    published_at: datetime


def _published(_fixed: Fixed | None, event: events.ListPublished, moment: Moment) -> Fixed:
    one = event.publication
    name = list_name(one.kind, one.region)
    as_of = datetime.fromisoformat(one.as_of)
    slot = f"{name}/{one.number}"
    return Fixed(name, slot, one.kind, one.region, one.number, as_of, one.count, one.digest, one.note, moment.at)


EVOLVE: Evolve = {events.ListPublished: _published}


def publications(database: Database[Document]) -> Records[Fixed]:
    """The publications."""
    return Records(database["publications"], Fixed, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [publications(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat. Publications are only ever inserted, so that the unique index holds on every store."""
    publications(database).ensure_indexes(
        [("state.list", 1), ("state.number", 1)], [("state.published_at", 1)], unique=["state.slot"]
    )


def list_name(kind: int, region: str) -> str:
    """What counts its publications by itself: a kind of list in a place."""
    return f"{kind}/{codes.region_prefix(region)}"


def publish(
    all: Records[Fixed], cause: Cause, kind: int, region: str, fix: Callable[[Record[Fixed] | None], pb.Publication]
) -> Record[Fixed]:
    """Fixes a list under its next number: `fix(newest)` gives everything but number and id, or refuses. Of several at once each gets a
    number of its own, and each sees those before it. The same cause again answers with what it fixed."""
    for _ in range(ATTEMPTS):
        before = newest(all, kind, region)
        number = before.state.number + 1 if before else 1

        def decide(id: str, before: Record[Fixed] | None = before, number: int = number) -> events.ListPublished:
            publication = fix(before)
            publication.id, publication.number = id, number
            return events.ListPublished(publication=publication)

        try:
            return all.create(cause, decide, record_id(cause.key))
        except DuplicateKeyError:
            # Somebody fixed it under this number meanwhile.
            continue
    raise Refused(ABORTED, "CHANGED_MEANWHILE", "该清单正被他人发布，请稍后重试")


def newest(all: Records[Fixed], kind: int, region: str) -> Record[Fixed] | None:
    """The publication with the highest number."""
    found = all.select({"state.list": list_name(kind, region)})
    return max(found, key=lambda record: record.state.number, default=None)


def numbered(all: Records[Fixed], kind: int, region: str, number: int) -> Record[Fixed] | None:
    """The publication of a number."""
    return all.find({"state.slot": f"{list_name(kind, region)}/{number}"})
