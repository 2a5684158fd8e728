"""What rating does when it hears something, and by the clock."""

from datetime import datetime
from typing import Any

from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.people import HearsPeople
from chassis.timers import Timing
from services.rating import inviting, store, worker_tickets
from services.rating.bulletins import Bulletins
from services.rating.model import Rating
from services.rating.worker_flags import FindsFlags
from services.rating.worker_results import IssuesBulletins
from services.rating.worker_tickets import HearsTickets
from services.rating.worker_windows import HearsWindows
from yiwang.case.v1.events_pb2 import (
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseNotAccepted,
    CaseRefused,
    PaymentReceived,
)


class Worker(HearsPeople, HearsTickets, HearsWindows, FindsFlags, IssuesBulletins):
    """The handlers and timers of rating; a queue each, `rating.<method>`."""

    name = "rating"
    ratings: store.Ratings
    inviting: inviting.Inviting
    timing: Timing[Rating]

    @on(CaseAccepted)
    def invite_applied(self, event: Heard[CaseAccepted]) -> None:
        """Act: the applicant of an accepted case may rate how he applied, once."""
        self._invite(event)

    @on(CaseRefused)
    def invite_refused(self, event: Heard[CaseRefused]) -> None:
        """Act: the applicant who was refused acceptance may rate how he applied, once."""
        self._invite(event)

    @on(CaseNotAccepted)
    def invite_not_accepted(self, event: Heard[CaseNotAccepted]) -> None:
        """Act: the applicant sent elsewhere may rate how he applied, once."""
        self._invite(event)

    @on(CaseCorrected)
    def invite_corrected(self, event: Heard[CaseCorrected]) -> None:
        """Act: who corrected may rate how that went, once."""
        self._invite(event)

    @on(PaymentReceived)
    def invite_paid(self, event: Heard[PaymentReceived]) -> None:
        """Act: who paid may rate how that went, once."""
        self._invite(event)

    @on(CaseClosed)
    def invite_closed(self, event: Heard[CaseClosed]) -> None:
        """Act: the applicant of a closed case may rate it, once."""
        self._invite(event)

    @every(interval=1)
    def fire_timers(self) -> None:
        """What is due happens: default ratings, overdue steps, loops that end; county by county."""
        self.timing.round()

    @every(interval=2)
    def count_ratings(self) -> None:
        """Recounts the days that changed."""
        self.ratings.counts.recount()

    def _invite(self, event: Heard[Any]) -> None:
        at = datetime.fromisoformat(event.time)
        served, person = inviting.served_of(event.body, at)
        self.inviting.invite(served, person, at, event.cause)


def build(parts: Parts) -> type[Worker]:
    """The worker of rating, from its parts."""
    Worker.parts = parts
    Worker.ratings = store.ratings(parts.database)
    Worker.inviting = inviting.Inviting(parts)
    counties = store.counties(parts.database)
    Worker.timing = store.timing(parts.database, Worker.ratings)
    worker_tickets.prepare(Worker, parts)
    Worker.bulletins = Bulletins(parts)
    Worker.county_names = counties
    Worker.ratings.counts.renew()
    return Worker
