"""What rating does when it hears something, and by the clock."""

from chassis import sessions
from chassis.acts import now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.sealed import Keyring
from chassis.tally import Tally
from services.rating import model, store
from yiwang.case.v1.events_pb2 import CaseClosed
from yiwang.identity.v1.events_pb2 import PersonErased, SessionEnded
from yiwang.rating.v1.events_pb2 import CaseRated, InvitationOpened


class Worker:
    """The handlers and timers of rating; a queue each, `rating.<method>`."""

    name = "rating"
    parts: Parts
    keyring: Keyring
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

    @on(SessionEnded)
    def refuse_session(self, event: Heard[SessionEnded]) -> None:
        """Read model: tokens of the session are refused."""
        sessions.refuse(self.parts.database, event.body.session_id, event.body.tokens_end)

    @on(PersonErased)
    def forget_person(self, event: Heard[PersonErased]) -> None:
        """Destroys rating's key of the person; comments stay unreadable for ever, grades stay counted."""
        self.keyring.erase(event.body.person_id, now())

    @every(interval=2)
    def count_ratings(self) -> None:
        """Recounts the days that changed."""
        self.ratings.recount()


def build(parts: Parts) -> type[Worker]:
    """The worker of rating, from its parts."""
    Worker.parts, Worker.keyring = parts, parts.keyring
    Worker.ratings = store.ratings(parts.database)
    return Worker
