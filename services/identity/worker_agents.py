"""What identity does about agents when it hears something: their sessions end."""

from datetime import datetime

from chassis.events import Heard, on
from chassis.parts import Parts
from services.identity import endings, model_sessions, store, store_agents
from yiwang.identity.v1.events_pb2 import AgentAppointed, AgentDismissed, AgentOrganizationClosed


class HearsAgents:
    """Handlers."""

    parts: Parts

    @on(AgentOrganizationClosed)
    def end_agents(self, event: Heard[AgentOrganizationClosed]) -> None:
        """Act: every session of its agents ends, those in which they act for somebody too."""
        agents, sessions = store_agents.agents(self.parts.database), store.sessions(self.parts.database)
        for agent in store_agents.agents_of(agents, event.body.agent_organization_id):
            own = store.open_sessions_by(sessions, "actor", f"agent:{agent}")
            endings.end_all(self.parts, own, event.cause, model_sessions.POST_CHANGED)

    @on(AgentDismissed)
    def end_agent(self, event: Heard[AgentDismissed]) -> None:
        """Act: every session of his ends; but not what he opened after he was appointed again."""
        agent = store_agents.agents(self.parts.database).get(event.body.agent_id).state
        until = None if agent.dismissed else datetime.fromisoformat(event.time)
        own = store.open_sessions_by(store.sessions(self.parts.database), "actor", f"agent:{agent.id}", until)
        endings.end_all(self.parts, own, event.cause, model_sessions.POST_CHANGED)

    @on(AgentAppointed)
    def end_moved_agent(self, event: Heard[AgentAppointed]) -> None:
        """Act: the sessions end in which he acts for somebody through an organisation that is not his any more."""
        agent = store_agents.agents(self.parts.database).get(event.body.agent_id).state
        sessions = store.sessions(self.parts.database)
        acts_in = [sessions.get(id).state for id in store.open_sessions_by(sessions, "actor", f"agent:{agent.id}")]
        elsewhere = [
            one.id for one in acts_in if one.acting and one.acting.agent_organization_id != agent.agent_organization_id
        ]
        endings.end_all(self.parts, elsewhere, event.cause, model_sessions.POST_CHANGED)
