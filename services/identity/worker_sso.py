"""What identity counts of sign-ons, and what it does when a consent is taken back."""

from datetime import datetime
from typing import Any

from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.tally import Tally
from services.identity import endings, store_clients
from services.identity.model_sessions import CONSENT_REVOKED
from services.identity.views_clients import BEGUN, FINISHED, REFUSED
from standards.workdays import SHANGHAI
from yiwang.identity.v1.events_pb2 import ConsentRevoked, SignOnBegun, SignOnFinished, SignOnRefused


class HearsSso:
    """Handlers and timers. One contribution a sign-on: what it came to, whichever event is heard first."""

    parts: Parts
    sign_on_figures: Tally

    def _count_sign_on(self, event: Heard[Any], id: str, client_id: str, kind: str) -> None:
        day = datetime.fromisoformat(event.time).astimezone(SHANGHAI).date().isoformat()
        self.sign_on_figures.contribute(id, [store_clients.day_bucket(client_id, day)], kind, event.seq)

    @on(SignOnBegun)
    def count_begun(self, event: Heard[SignOnBegun]) -> None:
        """Tally: sign-ons by client and day in China."""
        self._count_sign_on(event, event.body.sign_on_id, event.body.client_id, BEGUN)

    @on(SignOnFinished)
    def count_finished(self, event: Heard[SignOnFinished]) -> None:
        """Tally: the same sign-on, now with tokens; it counts on the day it got them."""
        self._count_sign_on(event, event.body.sign_on_id, event.body.client_id, FINISHED)

    @on(SignOnRefused)
    def count_refused(self, event: Heard[SignOnRefused]) -> None:
        """Tally: requests of the client that were refused, by error."""
        self._count_sign_on(event, event.body.sign_on_id, event.body.client_id, REFUSED + event.body.error)

    @on(ConsentRevoked)
    def end_consent(self, event: Heard[ConsentRevoked]) -> None:
        """Act: the client's sessions for this principal end. Those of after he consented again stay, however late this is heard."""
        database, at = self.parts.database, datetime.fromisoformat(event.time)
        own = store_clients.open_sessions(database, event.body.principal, event.body.client_id, at)
        endings.end_all(self.parts, own, event.cause, CONSENT_REVOKED)

    @every(interval=2)
    def recount_sign_ons(self) -> None:
        """Buckets that changed are counted anew."""
        self.sign_on_figures.recount()
