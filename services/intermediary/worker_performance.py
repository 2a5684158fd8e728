"""What becomes of an owner's procurements when he, a natural person, is erased."""

from chassis.acts import now
from chassis.events import Heard, on
from chassis.people import HearsPeople
from services.intermediary import model_performance_end, store
from yiwang.identity.v1.events_pb2 import PersonErased


class HearsOwners(HearsPeople):
    """The worker of a service that keeps personal data, and procurements of persons."""

    procurements: store.Procurements

    @on(PersonErased)
    def forget_person(self, event: Heard[PersonErased]) -> None:
        """Act: destroys this service's key of the person first, so that no other need of his is taken; then what binds nobody yet ends, and
        what waits for his rating is archived."""
        self.parts.keyring.erase(event.body.person_id, now())
        for one in store.owned(self.procurements, event.body.person_id):
            self.procurements.change(one, event.cause, model_performance_end.owner_erased)
