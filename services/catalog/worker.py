"""What catalog does when it hears something. Its relay runs beside it."""

from chassis import sessions
from chassis.events import Heard, on
from chassis.parts import Parts
from yiwang.identity.v1.events_pb2 import SessionEnded


class Worker:
    """The handlers of catalog; a queue each, `catalog.<method>`."""

    name = "catalog"
    parts: Parts

    @on(SessionEnded)
    def refuse_session(self, event: Heard[SessionEnded]) -> None:
        """Read model: tokens of the session are refused."""
        sessions.refuse(self.parts.database, event.body.session_id, event.body.tokens_end)


def build(parts: Parts) -> type[Worker]:
    """The worker of catalog, from its parts."""
    Worker.parts = parts
    return Worker
