"""The api and the worker of rating inside the test's process, and services that were given."""

import itertools
import uuid
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.events import Heard
from services.rating import store, worker
from tests.support.serving import Here
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
ITEM, OTHER_ITEM, DEPARTMENT = str(uuid.uuid4()), str(uuid.uuid4()), "11990121MB0000001K"
COUNTY = "990121"
REGION = "990121101"
# When the services of these tests ended, unless they say otherwise.
ENDED_AT = "2026-11-22T00:00:00Z"
_numbers = itertools.count(1)


def _number() -> str:
    return f"990121261122{next(_numbers):07}"


def closed(
    applicant: str, case: str = "", item: str = ITEM, region: str = REGION, **told: Any
) -> case_events.CaseClosed:
    """A case that was closed, as case tells it."""
    return case_events.CaseClosed(
        case_id=case or str(uuid.uuid4()),
        number=told.pop("number", "") or _number(),
        applicant_id=applicant,
        item_id=item,
        item_code="000118001000",
        item_name="取水许可",
        department=told.pop("department", DEPARTMENT),
        department_name=told.pop("department_name", "水务局"),
        region=region,
        **told,
    )


def served(applicant: str, item: str = ITEM, region: str = REGION, **told: Any) -> case_events.Served:
    """What an event of case tells of a stretch of service."""
    return case_events.Served(
        number=told.pop("number", "") or _number(),
        applicant_id=applicant,
        item_id=item,
        item_code="000118001000",
        item_name="取水许可",
        department=told.pop("department", DEPARTMENT),
        department_name="水务局",
        region=region,
        **told,
    )


class RatingHere(Here):
    """The api and the worker of rating inside this process."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.worker = worker.build(self.parts)()

    @property
    def ratings(self) -> store.Ratings:
        """The records of ratings."""
        return store.ratings(self.parts.database)

    def hear(self, name: str, event: Message, record: str, seq: int, time: str = ENDED_AT) -> None:
        """As if the worker's handler had heard it."""
        heard: Heard[Any] = Heard(f"{record}.{seq}", record, seq, "", time, event, f"rating.{name}", "")
        getattr(self.worker, name)(heard)

    def close(self, event: case_events.CaseClosed, time: str = ENDED_AT) -> str:
        """As if the case had been closed; returns the id of the rating its applicant may give."""
        self.hear("invite_closed", event, event.case_id, 6, time)
        return store.rating_id(self.keyring, event.case_id, pb.SERVICE_NODE_CLOSE)

    def given(self, actor: Any, grade: int, **told: Any) -> pb.Rating:
        """A closed case of the actor's that he rated so."""
        id = self.close(closed(actor.id, **told.pop("case", {})))
        answer: pb.Rating = self.by(actor).GiveRating(rating_id=id, grade=grade, **told)
        return answer

    def totals(self, scope: int, id: str, **days: str) -> pb.Totals:
        """The public totals, recounted."""
        self.worker.count_ratings()
        found: pb.Totals = self.by(None).GetTotals(scope=scope, id=id, **days)
        return found
