"""What rating does when it hears something, and by the clock."""

from chassis.acts import now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.people import HearsPeople
from chassis.tally import Tally
from services.rating import model, store
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.rating.v1.events_pb2 import CaseRated, InvitationOpened


class Worker(HearsPeople):
    """The handlers and timers of rating; a queue each, `rating.<method>`."""

    name = "rating"
    ratings: Tally

    @on(CaseClosed)
    def open_invitation(self, event: Heard[CaseClosed]) -> None:
        """Act: the applicant of a closed case may rate it, once."""
        store.invitations(self.parts.database).create(
            event.cause,
            lambda id: model.open_invitation(id, event.body, now()),
            store.invitation_id(event.body.case_id),
        )

    @on(InvitationOpened)
    def count(self, event: Heard[InvitationOpened]) -> None:
        """Tally: cases asked, by item, department and county, each by day."""
        self.ratings.contribute(event.body.case_id, model.buckets(event.body), model.INVITED, event.seq)

    @on(CaseRated)
    def count_rating(self, event: Heard[CaseRated]) -> None:
        """Tally: the same case, now rated; whichever of the two is heard first."""
        kind = model.KINDS[event.body.grade]
        self.ratings.contribute(event.body.case_id, model.buckets(event.body), kind, event.seq)

    @every(interval=2)
    def count_ratings(self) -> None:
        """Recounts the days that changed."""
        self.ratings.recount()


def build(parts: Parts) -> type[Worker]:
    """The worker of rating, from its parts."""
    Worker.parts = parts
    Worker.ratings = store.ratings(parts.database)
    return Worker
