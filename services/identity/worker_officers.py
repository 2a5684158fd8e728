"""What identity does about officers when it hears that a post changed or ended: his sessions end, and he leaves his window."""

from datetime import datetime, timedelta
from typing import Any

from chassis.events import Heard, on
from chassis.parts import Parts
from services.identity import duties, endings, store, store_officers
from services.identity.model_sessions import POST_CHANGED
from yiwang.identity.v1.events_pb2 import AppointmentApproved, OfficerAppointed, OfficerDismissed

# A session may begin while the post is being written, and its token say the post of before.
SETTLING = timedelta(seconds=1)


class HearsOfficers:
    """Handlers and timers."""

    parts: Parts

    @on(OfficerAppointed)
    def end_post(self, event: Heard[OfficerAppointed]) -> None:
        """Act: sessions of the post of before end, and duties at windows of another department."""
        if event.seq > 1:
            self._end_sessions(event, event.body.officer_id)
            duties.leave(self.parts, event.body.officer_id, event.body.department, _time_of(event), event.cause)

    @on(AppointmentApproved)
    def end_post_approved(self, event: Heard[AppointmentApproved]) -> None:
        """Act: sessions end that know nothing of the roles he has now."""
        self._end_sessions(event, event.body.officer_id)

    @on(OfficerDismissed)
    def end_post_dismissed(self, event: Heard[OfficerDismissed]) -> None:
        """Act: sessions and duties of an officer who holds no post any more end."""
        self._end_sessions(event, event.body.officer_id)
        duties.leave(self.parts, event.body.officer_id, "", _time_of(event), event.cause)

    def _end_sessions(self, event: Heard[Any], officer_id: str) -> None:
        sessions = store.sessions(self.parts.database)
        # Those that began later know the post of now: an event heard late must not end them.
        for id in store_officers.sessions_before(sessions, officer_id, _time_of(event) + SETTLING):
            endings.end_session(self.parts, id, event.cause, POST_CHANGED)


def _time_of(event: Heard[Any]) -> datetime:
    return datetime.fromisoformat(event.time)
