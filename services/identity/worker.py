"""What identity does when it hears something, by subject, and by the clock: it finishes what a crash left half done."""

from chassis import sessions
from chassis.acts import now
from chassis.events import every
from chassis.parts import Parts
from services.identity import endings, store, store_clients, store_counts
from services.identity.credentials import Credentials
from services.identity.worker_agents import HearsAgents
from services.identity.worker_clients import HearsClients
from services.identity.worker_counties import HearsCounties
from services.identity.worker_counts import HearsPrincipals
from services.identity.worker_delegations import HearsDelegations
from services.identity.worker_factors import HearsFactors
from services.identity.worker_officers import HearsOfficers
from services.identity.worker_organizations import HearsOrganizations
from services.identity.worker_sso import HearsSso
from services.identity.worker_verifications import HearsVerifications


class Worker(
    HearsPrincipals,
    HearsFactors,
    HearsVerifications,
    HearsOrganizations,
    HearsAgents,
    HearsDelegations,
    HearsOfficers,
    HearsCounties,
    HearsClients,
    HearsSso,
):
    """The handlers and timers of identity."""

    name = "identity"
    parts: Parts
    credentials: Credentials

    @every(interval=60)
    def finish_erasure(self) -> None:
        """Forgets persons whose record says so, but whose key, password or sessions are still there."""
        for person in store.unforgotten(store.persons(self.parts.database)):
            endings.forget(self.parts, self.credentials, person, "system:identity")

    @every(interval=60)
    def finish_endings(self) -> None:
        """Refuses the tokens of sessions that ended without identity itself having been told."""
        for session, tokens_end in store.ended_unheard(self.parts.database, now()):
            sessions.refuse(self.parts.database, session, tokens_end)


def build(parts: Parts) -> type[Worker]:
    """The worker of identity, from its parts."""
    Worker.parts, Worker.credentials = parts, Credentials(parts.database)
    Worker.principals = store_counts.principals(parts.database)
    Worker.sign_on_figures = store_clients.figures(parts.database)
    return Worker
