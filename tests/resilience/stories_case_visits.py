"""Short stories of inspections on site: places in slots are taken, given back and taken again. An event heard late must not undo that."""

from datetime import timedelta

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor, now
from deploy.local.suite import Suite
from loadtests import world
from services.case.store_items import Items
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.case.v1.procedures_pb2 import SlotTimes
from yiwang.catalog.v1.service_pb2 import VISIT_NEED_POSSIBLE, Handling

CODE, REGION = 300, "990121"


class Place:
    """An item that is inspected, and who calls about its cases."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key, self._channel = key, grpc.insecure_channel(suite.address("case"))
        self.item, definition = world.item(CODE)
        definition.handling.CopyFrom(Handling(visit=VISIT_NEED_POSSIBLE))
        Items(world.database(suite.store("case").uri, "case")).keep(self.item, 1, 1, definition)
        roles = frozenset({"receive", "review"})
        self.officer = Actor(
            "story-inspector", OFFICER, roles, definition.department.code, REGION, 0, "story-inspector"
        )

    def by(self, actor: Actor, service: str = "VisitService") -> As:
        """A contract of case as this actor calls it."""
        return As(self._channel, contract_of("case", service), None, tokens.mint(self._key, actor))

    def accepted(self, name: str) -> tuple[As, str]:
        """Somebody with a case in review, as he calls about visits; and its id."""
        who = Actor(name, PERSON, level=1, session=name)
        id = self.by(who, "CaseService").SubmitCase(item_id=self.item, form=world.FORM).id
        self.by(self.officer, "CaseService").AcceptCase(case_id=id)
        return self.by(who), id


def live_in(suite: Suite, key: OKPKey) -> None:
    """One books, cancels and books the same slot again; another is rescheduled and books elsewhere; a third keeps his place."""
    place = Place(suite, key)
    start = now() + timedelta(days=30)
    times = [
        SlotTimes(
            start=(start + timedelta(hours=n)).isoformat(), end=(start + timedelta(hours=n + 1)).isoformat(), capacity=2
        )
        for n in range(2)
    ]
    inspector = place.by(place.officer)
    first, second = (slot.id for slot in inspector.OpenSlots(slots=times).slots)
    people = [place.accepted(f"story-visited-{number}") for number in range(3)]
    for (citizen, case), slot in zip(people, (first, first, second), strict=True):
        citizen.BookVisit(case_id=case, slot_id=slot)
    (one, his), (other, hers), _ = people
    one.CancelVisit(case_id=his, reason="改日")
    one.BookVisit(case_id=his, slot_id=first)
    inspector.RescheduleVisit(case_id=hers, reason="勘验人员另有任务")
    other.BookVisit(case_id=hers, slot_id=second)
