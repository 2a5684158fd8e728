"""Short stories of promises and of decisions at once: a promise is broken and mended, broken and its block lifted, broken and the decision
revoked. An event heard late must block nobody anew."""

from functools import partial
from typing import Any

import grpc
from joserfc.jwk import OKPKey

from chassis import tokens
from chassis.acts import OFFICER, PERSON, Actor
from deploy.local.suite import Suite
from loadtests import world
from services.case import store_blocks
from services.case.model_promises import text_digest
from services.case.store_items import Items
from tests.resilience.town import until
from tests.support.calling import As
from tests.support.rules import leaf
from tests.support.serving import contract_of
from yiwang.catalog.v1.service_pb2 import Automatic, Handling
from yiwang.rating.v1.service_pb2 import SERVICE_NODE_CLOSE

CODE, REGION, WORDS = 301, "990121", "本人承诺：所填内容真实。"


class Place:
    """An item on promise, one that is decided at once, and who calls about their cases."""

    def __init__(self, suite: Suite, key: OKPKey) -> None:
        self._key = key
        self._channels = {name: grpc.insecure_channel(suite.address(name)) for name in ("case", "rating")}
        self.database = world.database(suite.store("case").uri, "case")
        self.promised, definition = world.item(CODE)
        definition.commitment = True
        definition.handling.CopyFrom(Handling(commitment_text=WORDS))
        self.at_once, instant = world.item(CODE + 1)
        instant.automatic.CopyFrom(Automatic(rule=leaf('contact_phone != ""')))
        for item, one in ((self.promised, definition), (self.at_once, instant)):
            Items(self.database).keep(item, 1, 1, one)
        self._department = definition.department.code

    def by(self, actor: Actor, contract: str = "PromiseService", service: str = "case") -> As:
        """A contract as this actor calls it."""
        return As(self._channels[service], contract_of(service, contract), None, tokens.mint(self._key, actor))

    def officer(self, name: str, *roles: str) -> Actor:
        return Actor(f"story-{name}", OFFICER, frozenset(roles), self._department, REGION, 0, f"story-{name}")

    def citizen(self, name: str) -> Actor:
        return Actor(f"story-{name}", PERSON, level=1, session=f"story-{name}")

    def broken(self, name: str) -> str:
        """A case granted on a promise that is not kept; its id."""
        citizen = self.by(self.citizen(name), "CaseService")
        told: dict[str, Any] = {"item_id": self.promised, "form": world.FORM, "promise_digest": text_digest(WORDS)}
        id: str = citizen.SubmitCase(**told).id
        self.by(self.officer("taker", "receive"), "CaseService").AcceptCase(case_id=id)
        self.by(self.officer("promiser", "decide"), "CaseService").DecideCase(case_id=id, granted=True)
        self.verify(id, kept=False)
        return id

    def verify(self, case: str, kept: bool) -> None:
        verifier = self.by(self.officer("verifier", "review"))
        verifier.VerifyPromise(case_id=case, kept=kept, finding="查看了现场")


def live_in(suite: Suite, key: OKPKey) -> None:
    """One mends his promise, one is let off, one loses what he was granted; and somebody is granted at once, and asked how it was."""
    place = Place(suite, key)
    mended, lifted, revoked = (place.broken(f"promiser-{number}") for number in range(3))
    blocks = store_blocks.blocks(place.database)
    for case in (mended, lifted, revoked):
        until(partial(blocks.find, {"_id": store_blocks.id_of(case)}))
    place.verify(mended, kept=True)
    lifting = place.by(place.officer("lifter", "decide"))
    lifting.LiftPromiseBlock(block_id=store_blocks.id_of(lifted), reason="信用已修复")
    decider = place.by(place.officer("revoker", "decide"), "CaseService")
    decider.RevokeDecision(case_id=revoked, reason="承诺不实")
    citizen = place.citizen("at-once")
    case = place.by(citizen, "CaseService").SubmitCase(item_id=place.at_once, form=world.FORM)
    invited = place.by(citizen, "RatingService", "rating")
    until(lambda: SERVICE_NODE_CLOSE in {one.node for one in invited.ListRatings(case_id=case.id).ratings})
