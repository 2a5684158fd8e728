"""Agents and their organisations as their reader may see them."""

from chassis.acts import AGENT, Actor
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.records import Record
from chassis.sealed import Keyring
from services.identity import model_agents, model_sessions, store_agents
from services.identity.model_agents import Agent, AgentOrganization
from yiwang.identity.v1 import agents_pb2 as pb
from yiwang.identity.v1 import service_pb2


def organization(record: Record[AgentOrganization]) -> pb.AgentOrganization:
    """A helper point or a bank branch; public."""
    state = record.state
    return pb.AgentOrganization(
        id=record.id,
        version=record.version,
        code=state.code,
        name=state.name,
        kind=state.kind,  # type: ignore[arg-type]
        level=model_agents.level_of(state.region),  # type: ignore[arg-type]
        region=state.region,
        parent_id=state.parent_id,
        item_codes=state.item_codes,
        address=state.address,
        phone=state.phone,
        closed=state.closed,
    )


def agent(record: Record[Agent], organization: AgentOrganization, keyring: Keyring) -> service_pb2.Agent:
    """The file of an agent, for himself and for administrators."""
    state = record.state
    return service_pb2.Agent(
        id=record.id,
        version=record.version,
        agent_number=state.agent_number,
        name=keyring.open_text(record.id, state.sealed),
        agent_organization_id=state.agent_organization_id,
        agent_organization_name=organization.name,
        region=organization.region,
        dismissed=state.dismissed,
    )


def working(parts: Parts, id: str) -> tuple[Record[Agent], AgentOrganization]:
    """An agent with his organisation; PERMISSION_DENIED AGENT_ENDED when he may not act for anybody any more."""
    agent = store_agents.agents(parts.database).get(id)
    organization = store_agents.organizations(parts.database).get(agent.state.agent_organization_id).state
    model_agents.require_working(agent.state, organization)
    return agent, organization


def file(parts: Parts, id: str) -> tuple[Actor, service_pb2.Me]:
    """What a session of an agent is; UNAUTHENTICATED SESSION_ENDED when he is none any more."""
    try:
        record, belongs = working(parts, id)
    except Refused as refused:
        raise model_sessions.ended() from refused
    actor = Actor(id=id, realm=AGENT, region=belongs.region)
    return actor, service_pb2.Me(agent=agent(record, belongs, parts.keyring))


def shown_name(parts: Parts, agent: Record[Agent], organization: AgentOrganization) -> str:
    """How an agent is named on every act he does for somebody: 王某（某某社区）."""
    return f"{parts.keyring.open_text(agent.id, agent.state.sealed)}（{organization.name}）"
