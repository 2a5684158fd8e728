"""Drafts end when they are submitted, or were left alone."""

from collections.abc import Callable

from chassis.acts import Cause, now
from chassis.errors import NOT_FOUND, Refused
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.case import model_drafts, store_drafts
from services.case.model_drafts import Draft
from yiwang.case.v1.events_pb2 import DraftEnded, DraftSubmitted


class HearsDrafts:
    """The handler and the timer of drafts."""

    parts: Parts

    @on(DraftSubmitted)
    def end_draft(self, event: Heard[DraftSubmitted]) -> None:
        """Act: the draft a case began as ends with its submission."""
        self._end(event.body.draft_id, event.cause, lambda draft: model_drafts.end(draft, submitted=True))

    @every(interval=3600)
    def end_left_alone(self) -> None:
        """Ends drafts nobody touched for ninety days."""
        instant = now()
        for id in store_drafts.left_alone(store_drafts.drafts(self.parts.database), instant):
            cause = Cause(key=f"timer/left_alone/{id}", by="system:case")
            self._end(id, cause, lambda draft: model_drafts.lapse(draft, instant))

    def _end(self, id: str, cause: Cause, decide: Callable[[Draft], DraftEnded | None]) -> None:
        try:
            store_drafts.drafts(self.parts.database).change(id, cause, decide)
        except Refused as refused:
            # It was the applicant's own when he submitted it; there is none only where the store was restored since.
            if refused.code != NOT_FOUND:
                raise
