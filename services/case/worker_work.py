"""What officers do is counted, for their own desks."""

from datetime import datetime
from typing import Any

from chassis.events import Heard, on
from chassis.parts import Parts
from chassis.tally import Tally
from services.case import model_board
from services.case.hearing import heard_case
from standards.workdays import local_day
from yiwang.case.v1.events_pb2 import CaseAccepted, CaseClosed, CaseDecided


class HearsWork:
    """The handler of deeds."""

    parts: Parts
    work: Tally

    @on(CaseAccepted, CaseDecided, CaseClosed)
    def note_work(self, event: Heard[Any]) -> None:
        """Tally: what an officer accepted, decided or closed, by day; a decision with the working days it took, for his department, too."""
        body = event.body
        if not body.officer_id:
            return
        at, deed = datetime.fromisoformat(event.time), model_board.DEEDS[type(body)]
        day = local_day(at)
        buckets, days = [f"officer:{body.officer_id}/{day}"], 0
        if deed == model_board.DECIDED:
            case = heard_case(self.parts, event.record).state
            buckets, days = [*buckets, f"{case.department}/{day}"], model_board.days_taken(case, at)
        self.work.contribute(event.id, buckets, model_board.kind_of(deed, days), event.seq)
