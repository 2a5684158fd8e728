"""Electronic supervision: what case hears of its own cases and finds wrong."""

from chassis.acts import now
from chassis.events import Heard, on
from chassis.parts import Parts
from services.case import model_findings, store
from services.case.hearing import heard_case
from yiwang.case.v1.events_pb2 import CaseAccepted, DueReached


class HearsSupervision:
    """The handlers of the rules."""

    parts: Parts

    @on(DueReached)
    def raise_finding(self, event: Heard[DueReached]) -> None:
        """Act: an end that was reached without anybody having acted is a finding."""
        self._raise(event, model_findings.CLOCKS[event.body.clock], event.body.due)

    @on(CaseAccepted)
    def note_deemed(self, event: Heard[CaseAccepted]) -> None:
        """Act: a case that had to be deemed accepted is a finding."""
        if event.body.deemed:
            self._raise(event, model_findings.DEEMED, getattr(event.body, "from"))

    def _raise(self, event: Heard[DueReached] | Heard[CaseAccepted], rule: str, due: str) -> None:
        case, instant = heard_case(self.parts, event.record).state, now()
        store.findings(self.parts.database).create(
            event.cause, lambda id: model_findings.raise_by_rule(id, rule, case, event.seq, due, instant)
        )
