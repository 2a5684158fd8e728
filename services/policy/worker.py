"""What policy does when it hears something, and by the clock: each subject's handlers and timers are in its own file."""

from chassis.events import Heard, on
from chassis.parts import Parts
from chassis.people import HearsPeople
from services.policy import (
    worker_bulletins,
    worker_claims,
    worker_enterprises,
    worker_items,
    worker_money,
    worker_portal,
)
from services.policy.worker_bulletins import CountsBulletins
from services.policy.worker_claims import HearsClaims
from services.policy.worker_enterprises import HearsEnterprises
from services.policy.worker_items import HearsItems
from services.policy.worker_money import HearsMoney
from services.policy.worker_portal import HearsPortal
from yiwang.identity.v1.events_pb2 import PersonErased


class Worker(CountsBulletins, HearsClaims, HearsEnterprises, HearsItems, HearsMoney, HearsPortal, HearsPeople):
    """The handlers and timers of policy; a queue each, `policy.<method>`."""

    name = "policy"
    parts: Parts

    @on(PersonErased)
    def forget_person(self, event: Heard[PersonErased]) -> None:
        """Destroys policy's key of the person; what he complained of stays unreadable for ever."""
        worker_portal.forget_complainant(self.parts, event.body.person_id, event.cause)
        super().forget_person(event)


def build(parts: Parts) -> type[Worker]:
    """The worker of policy, from its parts."""
    Worker.parts = parts
    worker_bulletins.prepare(Worker, parts)
    worker_claims.prepare(Worker, parts)
    worker_enterprises.prepare(Worker, parts)
    worker_items.prepare(Worker, parts)
    worker_money.prepare(Worker, parts)
    worker_portal.prepare(Worker, parts)
    return Worker
