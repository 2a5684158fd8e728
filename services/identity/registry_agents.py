"""How helper organisations and agents come in: by the api, and by the loading of files. Passwords go to the credentials first,
so that whoever was told he is appointed can sign in; there a number belongs to one officer or one agent, also by a race."""

from dataclasses import replace
from typing import TypeVar

from chassis.acts import Actor, Cause
from chassis.parts import Parts
from chassis.records import Record, Records
from services.identity import endings, model_agents, model_sessions, store, store_agents, store_officers
from services.identity.model_agents import Agent, AgentOrganization
from services.identity.registry import Registry
from yiwang.identity.v1 import agents_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

S = TypeVar("S")


class AgentRegistry:
    """Agent organisations, agents and their passwords. `actor` is the administrator; None is the operator of the installation."""

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self.parts = parts
        self.registry = registry
        self.organizations = store_agents.organizations(parts.database)
        self.agents = store_agents.agents(parts.database)

    def save(
        self, request: pb.SaveAgentOrganizationRequest, cause: Cause, actor: Actor | None
    ) -> Record[AgentOrganization]:
        """Opens or changes an agent organisation."""
        id = store_agents.organization_id(request.code)
        wanted = events.AgentOrganizationSaved(
            agent_organization_id=id,
            code=request.code,
            name=request.name.strip(),
            kind=request.kind,
            region=request.region,
            parent_id=request.parent_id,
            item_codes=sorted(request.item_codes),
            address=request.address.strip(),
            phone=request.phone.strip(),
        )
        parent = _state(self.organizations, request.parent_id)

        def decide(present: AgentOrganization | None) -> events.AgentOrganizationSaved | None:
            event = model_agents.save(present, wanted, parent)
            model_agents.require_region(actor, request.region)
            return event

        return store.put(self.organizations, id, cause, decide)

    def appoint(self, request: pb.AppointAgentRequest, cause: Cause, actor: Actor | None) -> Record[Agent]:
        """Opens or changes the file of an agent; ALREADY_EXISTS NUMBER_TAKEN for an officer's number."""
        id = store_officers.officer_id(request.agent_number)
        organization = _state(self.organizations, request.agent_organization_id)
        found = self.agents.find({"_id": id})
        repeated = found is not None and store.caused(found, cause)
        hashed = ""
        if not repeated:
            model_agents.check_appointment(found.state if found else None, request, organization, actor)
        if request.password:
            salt = self.parts.keyring.blind("salt", cause.key)
            hashed = self.registry.credentials.hash(request.password, salt)
        if hashed and not repeated:
            self._set_password(id, hashed, cause)

        def decide(agent: Agent | None) -> events.AgentAppointed | None:
            model_agents.check_appointment(agent, request, organization, actor)
            return model_agents.appoint(agent, self._wanted(id, agent, request, organization), bool(hashed))

        return store.put(self.agents, id, replace(cause, request=self.registry.digest(request, hashed)), decide)

    def _set_password(self, id: str, hashed: str, cause: Cause) -> None:
        self.registry.credentials.put(id, hashed, "agent")
        for session in store.open_sessions_by(store.sessions(self.parts.database), "actor", f"agent:{id}"):
            endings.end_session(self.parts, session, replace(cause, request=""), model_sessions.PASSWORD_CHANGED)

    def _wanted(
        self, id: str, agent: Agent | None, request: pb.AppointAgentRequest, organization: AgentOrganization | None
    ) -> events.AgentAppointed:
        keyring, name = self.parts.keyring, request.name.strip()
        kept = agent is not None and keyring.open_text(id, agent.sealed) == name
        return events.AgentAppointed(
            agent_id=id,
            agent_number=request.agent_number,
            agent_organization_id=request.agent_organization_id,
            region=organization.region if organization else "",
            sealed=agent.sealed if agent and kept else keyring.seal(id, name),
        )


def _state(all: Records[S], id: str) -> S | None:
    found = all.find({"_id": id}) if id else None
    return found.state if found else None
