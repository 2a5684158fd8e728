"""What identity does about clients when it hears something."""

from datetime import datetime

from chassis import sessions as chassis_sessions
from chassis.acts import now
from chassis.events import Heard, on
from chassis.parts import Parts
from services.identity import endings, store, store_clients
from services.identity.model_sessions import CLIENT_ENDED
from yiwang.identity.v1.events_pb2 import ClientDisabled


class HearsClients:
    """Handlers."""

    parts: Parts

    @on(ClientDisabled)
    def end_client(self, event: Heard[ClientDisabled]) -> None:
        """Act: sessions people have through it end, and identity itself refuses a machine's tokens. Those of after it was let work
        again stay, however late this is heard."""
        database, id = self.parts.database, event.body.client_id
        for session, tokens_end in store_clients.ended_tokens(database, id):
            if datetime.fromisoformat(tokens_end) > now():
                chassis_sessions.refuse(database, session, tokens_end)
        own = store.open_sessions_by(store.sessions(database), "client_id", id, datetime.fromisoformat(event.time))
        endings.end_all(self.parts, own, event.cause, CLIENT_ENDED)
