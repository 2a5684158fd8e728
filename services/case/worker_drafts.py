"""Drafts end when they are submitted, or were left alone."""

from chassis.acts import Cause, now
from chassis.errors import NOT_FOUND, Refused
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.case import model_drafts, store_drafts
from services.case.model_drafts import KEPT_FOR
from yiwang.case.v1.events_pb2 import DraftSubmitted


class HearsDrafts:
    """The handler and the timer of drafts."""

    parts: Parts

    @on(DraftSubmitted)
    def end_draft(self, event: Heard[DraftSubmitted]) -> None:
        """Act: the draft a case began as ends with its submission."""
        self._end(event.body.draft_id, event.cause, submitted=True)

    @every(interval=3600)
    def end_left_alone(self) -> None:
        """Ends drafts nobody touched for ninety days."""
        instant = now()
        drafts = store_drafts.drafts(self.parts.database)
        for id in store_drafts.left_alone(drafts, instant - 20 * KEPT_FOR, instant - KEPT_FOR):
            self._end(id, Cause(key=f"timer/left_alone/{id}", by="system:case"), submitted=False)

    def _end(self, id: str, cause: Cause, submitted: bool) -> None:
        try:
            store_drafts.drafts(self.parts.database).change(id, cause, lambda draft: model_drafts.end(draft, submitted))
        except Refused as refused:
            # It was the applicant's own when he submitted it; there is none only where the store was restored since.
            if refused.code != NOT_FOUND:
                raise
