"""The api and the worker of rating inside the test's process, and cases that were closed."""

import uuid
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database

from chassis.events import Heard
from services.rating import store, worker
from tests.support.serving import Here
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.rating.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
ITEM, OTHER_ITEM, DEPARTMENT = str(uuid.uuid4()), str(uuid.uuid4()), "11990121MB0000001K"
EVENTS = {"InvitationOpened": "count", "CaseRated": "count_rating"}


def closed(applicant: str, case: str = "", item: str = ITEM, region: str = "990121101") -> CaseClosed:
    return CaseClosed(
        case_id=case or str(uuid.uuid4()),
        number="9901212611220000001",
        applicant_id=applicant,
        item_id=item,
        item_name="取水许可",
        department=DEPARTMENT,
        department_name="水务局",
        region=region,
    )


class RatingHere(Here):
    """The api and the worker of rating inside this process."""

    def __init__(self, *built: Any) -> None:
        super().__init__(*built)
        self.worker = worker.build(self.parts)()

    def hear(self, name: str, event: Message, record: str, seq: int) -> None:
        heard: Heard[Any] = Heard(
            f"{record}.{seq}", record, seq, "", "2026-11-22T00:00:00Z", event, f"rating.{name}", ""
        )
        getattr(self.worker, name)(heard)

    def close(self, event: CaseClosed) -> str:
        """As if the case had been closed; returns its id."""
        self.hear("open_invitation", event, event.case_id, 6)
        return event.case_id

    def deliveries(self) -> list[tuple[str, Message, str, int]]:
        """What the relay would send of every invitation: handler, event, record, seq."""
        invitations = store.invitations(self.parts.database)
        return [
            (EVENTS[entry["type"]], invitations.event(entry), document["_id"], entry["seq"])
            for document in invitations.collection.find({})
            for entry in document["journal"]
        ]

    def totals(self, scope: int, id: str, **days: str) -> pb.Totals:
        self.worker.count_ratings()
        found: pb.Totals = self.by(None).GetTotals(scope=scope, id=id, **days)
        return found
