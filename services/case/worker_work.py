"""What officers do is counted, for their own desks."""

from datetime import datetime

from chassis.events import Heard, on
from chassis.parts import Parts
from chassis.tally import Tally
from services.case import model_board
from services.case.hearing import heard_case
from services.case.model_board import ACCEPTED, CLOSED
from standards.workdays import local_day
from yiwang.case.v1.events_pb2 import CaseAccepted, CaseClosed, CaseDecided


class HearsWork:
    """The handlers of deeds. What was done without an officer is nobody's."""

    parts: Parts
    work: Tally

    @on(CaseAccepted)
    def count_accepted(self, event: Heard[CaseAccepted]) -> None:
        """Tally: what an officer accepted, by day."""
        self._count(event, ACCEPTED)

    @on(CaseDecided)
    def count_decided(self, event: Heard[CaseDecided]) -> None:
        """Tally: what an officer decided, by day, with the working days it took; for his department, too."""
        if event.body.officer_id:
            case = heard_case(self.parts, event.record).state
            days = model_board.days_taken(case, datetime.fromisoformat(event.time))
            self._count(event, model_board.decided_in(days), case.department)

    @on(CaseClosed)
    def count_closed(self, event: Heard[CaseClosed]) -> None:
        """Tally: what an officer closed, by day."""
        self._count(event, CLOSED)

    def _count(
        self, event: Heard[CaseAccepted] | Heard[CaseDecided] | Heard[CaseClosed], kind: str, *departments: str
    ) -> None:
        officer, day = event.body.officer_id, local_day(datetime.fromisoformat(event.time))
        if officer:
            buckets = [f"{name}/{day}" for name in (f"officer:{officer}", *departments)]
            self.work.contribute(event.id, buckets, kind, event.seq)
