"""What the portal's desks of policy do by the clock, and when who complained is erased."""

from chassis.acts import Cause, now
from chassis.events import every
from chassis.parts import Parts
from chassis.timers import Timing
from services.policy import model_complaints_acts, store_appeals, store_complaints, store_news
from services.policy.model_appeals import Appeal
from services.policy.model_complaints import Complaint
from services.policy.model_news import News
from services.policy.model_questions import Question


class HearsPortal:
    """The timers of appeals, complaints and news."""

    parts: Parts
    appeal_timing: Timing[Appeal]
    complaint_timing: Timing[Complaint]
    question_timing: Timing[Question]
    news_timing: Timing[News]

    @every(interval=5)
    def fire_appeal_timers(self) -> None:
        """What is late in an appeal is flagged, and what nobody rates is closed; county by county."""
        self.appeal_timing.round()

    @every(interval=5)
    def fire_complaint_timers(self) -> None:
        """What is late of supervision, and of departments it asked, is flagged."""
        self.complaint_timing.round()
        self.question_timing.round()

    @every(interval=60)
    def fire_news_timers(self) -> None:
        """What nobody confirmed in time is flagged, then taken down; so is what is over."""
        self.news_timing.round()


def prepare(worker: type[HearsPortal], parts: Parts) -> None:
    """The timers of the portal, from the worker's parts."""
    worker.appeal_timing = store_appeals.timing(parts.database, store_appeals.appeals(parts.database))
    worker.complaint_timing, worker.question_timing = store_complaints.timings(parts.database)
    worker.news_timing = store_news.timing(parts.database)


def forget_complainant(parts: Parts, person: str, cause: Cause) -> None:
    """Act: a person or an organisation is erased. What he complained of with his name ends where it has not, and all of it stays
    unreadable; what he complained of without his name nobody can tell to be his."""
    all = store_complaints.complaints(parts.database)
    for id in store_complaints.of_complainant(parts.database, parts.keyring, person):
        parts.keyring.erase(id, now())
        all.change(id, cause, model_complaints_acts.complainant_erased)
