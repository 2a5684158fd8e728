"""A published list: fixed once, under a number of its own. Pure."""

from dataclasses import dataclass
from datetime import datetime

from chassis.acts import Evolve, Moment
from chassis.errors import require
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import lists_pb2 as pb


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


def list_name(kind: int, region: str) -> str:
    """What counts its publications by itself: a kind of list in a place."""
    return f"{kind}/{codes.region_prefix(region)}"


def slot(kind: int, region: str, number: int) -> str:
    """The place of one publication."""
    return f"{list_name(kind, region)}/{number}"


def publish(newest: Fixed | None, id: str, content: pb.Publication) -> events.ListPublished:
    """The list under its next number. FAILED_PRECONDITION UNCHANGED when the newest publication says the same."""
    require(newest is None or newest.digest != content.digest, "UNCHANGED", "清单与上次发布的内容相同，无需再次发布")
    publication = pb.Publication()
    publication.CopyFrom(content)
    publication.id, publication.number = id, newest.number + 1 if newest else 1
    return events.ListPublished(publication_id=id, publication=publication)


def _published(_fixed: Fixed | None, event: events.ListPublished, moment: Moment) -> Fixed:
    one = event.publication
    return Fixed(
        list_name(one.kind, one.region),
        slot(one.kind, one.region, one.number),
        one.kind,
        one.region,
        one.number,
        datetime.fromisoformat(one.as_of),
        one.count,
        one.digest,
        one.note,
        moment.at,
    )


EVOLVE: Evolve = {events.ListPublished: _published}
