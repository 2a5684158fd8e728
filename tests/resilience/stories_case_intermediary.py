"""Short stories of cases that need an intermediary's result: asked for, procured in the supermarket, given up, and asked for once more. An
event heard late must begin nothing anew."""

from functools import partial
from typing import Any

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor
from deploy.local.suite import Suite
from loadtests import world
from services.case.store_items import Items
from tests.resilience.town import until
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.case.v1 import service_pb2 as cases

CODE, REGION, SERVICE = 311, "990121", "卫生检测"


class Place:
    """An item that needs an intermediary's result, and who calls about its cases and their procurements."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key = key
        self._channels = {name: grpc.insecure_channel(suite.address(name)) for name in ("case", "intermediary")}
        self.item, definition = world.item(CODE)
        definition.intermediary_services.append(SERVICE)
        Items(world.database(suite.store("case").uri, "case")).keep(self.item, 1, 1, definition)
        self.department = definition.department.code

    def by(self, actor: Actor, contract: str, service: str = "case") -> As:
        """A contract as this actor calls it."""
        return As(self._channels[service], contract_of(service, contract), None, tokens.mint(self._key, actor))

    def owner(self, name: str) -> Actor:
        return Actor(f"story-{name}", PERSON, level=3, session=f"story-{name}")

    def reviewer(self) -> Actor:
        return Actor("story-asker", OFFICER, frozenset({"review"}), self.department, REGION, 0, "story-asker")

    def submitted(self, owner: Actor) -> str:
        """A case of the owner's; its id."""
        told: dict[str, Any] = {"item_id": self.item, "form": world.FORM}
        id: str = self.by(owner, "CaseService").SubmitCase(**told).id
        return id

    def known(self, owner: Actor, case: str, status: int) -> cases.CaseIntermediary | None:
        """What was asked for last, once it is so far."""
        last = self.by(owner, "CaseService").GetCase(case_id=case).intermediaries[-1]
        return last if last.status == status else None

    def linked(self, owner: Actor, asks: Actor) -> tuple[str, str]:
        """A case with a procurement in the supermarket, asked for by somebody; the ids of both."""
        case = self.submitted(owner)
        self.by(asks, "IntermediaryService").RequestIntermediary(case_id=case, service=SERVICE)
        until(partial(self.known, owner, case, cases.INTERMEDIARY_STATUS_RUNNING))
        found = self.known(owner, case, cases.INTERMEDIARY_STATUS_RUNNING)
        assert found is not None
        return case, found.procurement_id

    def give_up(self, owner: Actor, case: str, procurement: str) -> None:
        """The owner takes the procurement back; returns when the case has heard of it."""
        procurements = self.by(owner, "ProcurementService", "intermediary")
        procurements.WithdrawProcurement(procurement_id=procurement, reason="项目方案有变更")
        until(partial(self.known, owner, case, cases.INTERMEDIARY_STATUS_ENDED))


def live_in(suite: Suite, key: OKPKey) -> None:
    """One asks, gives up and asks once more; for another an officer of the department asks."""
    place = Place(suite, key)
    first, second = place.owner("builder-1"), place.owner("builder-2")
    case, procurement = place.linked(first, first)
    place.give_up(first, case, procurement)
    place.by(first, "IntermediaryService").RequestIntermediary(case_id=case, service=SERVICE)
    until(partial(place.known, first, case, cases.INTERMEDIARY_STATUS_RUNNING))
    place.linked(second, place.reviewer())
