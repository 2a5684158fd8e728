"""What case hears of the notices that were told of its cases."""

from chassis.acts import now
from chassis.events import Heard, on
from chassis.parts import Parts
from services.case import model_findings, model_proofs, store
from services.case.hearing import heard_case
from yiwang.message.v1.events_pb2 import NoticeProven, NoticeUntold


class HearsProofs:
    """The handlers of message's events."""

    parts: Parts

    @on(NoticeProven)
    def keep_proof(self, event: Heard[NoticeProven]) -> None:
        """Act: that a notice arrived, when and by which channel, stands in the case's journal."""
        matter = event.body.matter
        if model_proofs.is_ours(matter):
            heard_case(self.parts, matter.subject_id)
            cases = store.cases(self.parts.database)
            cases.change(matter.subject_id, event.cause, lambda case: model_proofs.keep(case, event.body))

    @on(NoticeUntold)
    def raise_untold(self, event: Heard[NoticeUntold]) -> None:
        """Act: what the law has told and did not arrive is a finding."""
        matter, instant = event.body.matter, now()
        if model_proofs.is_ours(matter):
            case, seq = heard_case(self.parts, matter.subject_id).state, model_proofs.told_seq(matter)
            store.findings(self.parts.database).create(
                event.cause,
                lambda id: model_findings.raise_by_rule(id, model_findings.UNTOLD, case, seq, "", instant),
            )
