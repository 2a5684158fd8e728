"""What case does about inspections on site when it hears something, and by the clock: slots follow the cases."""

from chassis.acts import now
from chassis.events import Heard, every, on
from services.case.slots import Booking
from services.case.store_slots import Held
from yiwang.case.v1.events_pb2 import VisitBooked, VisitCancelled


class HearsVisits:
    """Handlers and timers."""

    booking: Booking

    @on(VisitBooked)
    def settle_slot(self, event: Heard[VisitBooked]) -> None:
        """Act: the place in the slot is kept for good, or the visit is dropped when it was lost."""
        body = event.body
        self.booking.settle(Held(body.slot_id, body.case_id, body.visit), event.cause)

    @on(VisitCancelled)
    def free_slot(self, event: Heard[VisitCancelled]) -> None:
        """Read model: the place in the slot is free again."""
        body = event.body
        self.booking.free(Held(body.slot_id, body.case_id, body.visit))

    @every(interval=60)
    def free_claims(self) -> None:
        """Frees places that a crash left taken for a visit no case has."""
        self.booking.sweep(now())

    @every(interval=3600)
    def tidy_slots(self) -> None:
        """Frees places to come of cases that ended, and forgets slots long over."""
        self.booking.tidy(now())
