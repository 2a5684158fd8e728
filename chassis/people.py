"""What a service hears of people: their sessions end, and they are erased. Its worker is one of these two, with its own handlers."""

from chassis import sessions
from chassis.acts import now
from chassis.events import Heard, on
from chassis.parts import Parts
from yiwang.identity.v1.events_pb2 import PersonErased, SessionEnded


class HearsSessions:
    """The worker of a service that knows sessions, but no persons."""

    parts: Parts

    @on(SessionEnded)
    def refuse_session(self, event: Heard[SessionEnded]) -> None:
        """Read model: tokens of the session are refused."""
        sessions.refuse(self.parts.database, event.body.session_id, event.body.tokens_end)


class HearsPeople(HearsSessions):
    """The worker of a service that keeps personal data."""

    @on(PersonErased)
    def forget_person(self, event: Heard[PersonErased]) -> None:
        """Destroys this service's key of the person; what was sealed under it stays unreadable for ever."""
        self.parts.keyring.erase(event.body.person_id, now())
