"""What identity counts of its principals, and what follows when a person's account is stopped."""

from datetime import datetime

from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.tally import Tally
from services.identity import endings, model_sessions, store
from services.identity.model_counts import AGENT, GONE, OFFICER, ORGANIZATION, bucket, of_level
from yiwang.identity.v1.events_pb2 import (
    AgentAppointed,
    AgentDismissed,
    OfficerAppointed,
    OfficerDismissed,
    OrganizationConfirmed,
    PersonErased,
    PersonLevelRaised,
    PersonRegistered,
    PersonSuspended,
)


class HearsPrincipals:
    """Handlers and timers. One contribution a principal; its later event replaces the earlier, whichever is heard first."""

    parts: Parts
    principals: Tally

    def _count(self, id: str, kind: str, seq: int) -> None:
        self.principals.contribute(id, [bucket(id)], kind, seq)

    @on(PersonRegistered)
    def count_person(self, event: Heard[PersonRegistered]) -> None:
        """Tally: persons by level."""
        self._count(event.body.person_id, of_level(event.body.level), event.seq)

    @on(PersonLevelRaised)
    def count_level(self, event: Heard[PersonLevelRaised]) -> None:
        """Tally: the person counts at the level he has now."""
        self._count(event.body.person_id, of_level(event.body.level), event.seq)

    @on(PersonErased)
    def count_erased(self, event: Heard[PersonErased]) -> None:
        """Tally: the person counts no more."""
        self._count(event.body.person_id, GONE, event.seq)

    @on(OfficerAppointed)
    def count_officer(self, event: Heard[OfficerAppointed]) -> None:
        """Tally: officers in office."""
        self._count(event.body.officer_id, OFFICER, event.seq)

    @on(OfficerDismissed)
    def count_dismissed(self, event: Heard[OfficerDismissed]) -> None:
        """Tally: the officer counts no more, until he is appointed again."""
        self._count(event.body.officer_id, GONE, event.seq)

    @on(AgentAppointed)
    def count_agent(self, event: Heard[AgentAppointed]) -> None:
        """Tally: agents who work."""
        self._count(event.body.agent_id, AGENT, event.seq)

    @on(AgentDismissed)
    def count_agent_dismissed(self, event: Heard[AgentDismissed]) -> None:
        """Tally: the agent counts no more, until he is appointed again."""
        self._count(event.body.agent_id, GONE, event.seq)

    @on(OrganizationConfirmed)
    def count_organization(self, event: Heard[OrganizationConfirmed]) -> None:
        """Tally: organisations with a confirmed representative."""
        self._count(event.body.organization_id, ORGANIZATION, event.seq)

    @on(PersonSuspended)
    def end_suspended(self, event: Heard[PersonSuspended]) -> None:
        """Act: every session he has, or acts in, ends. Those he opened after he was let in again stay, however late this is heard."""
        sessions, at = store.sessions(self.parts.database), datetime.fromisoformat(event.time)
        own = store.open_sessions_by(sessions, "principal_id", event.body.person_id, at)
        own += store.open_sessions_by(sessions, "actor", f"person:{event.body.person_id}", at)
        endings.end_all(self.parts, dict.fromkeys(own), event.cause, model_sessions.PERSON_SUSPENDED)

    @every(interval=2)
    def recount_principals(self) -> None:
        """Buckets that changed are counted anew."""
        self.principals.recount()
