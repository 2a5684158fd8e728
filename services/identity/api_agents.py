"""AgentService over gRPC."""

from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.identity import model_agents, store_agents, views_agents
from services.identity.model_agents import Agent
from services.identity.opening import Opening
from services.identity.registry import Registry
from services.identity.registry_agents import AgentRegistry
from yiwang.identity.v1 import agents_pb2 as pb
from yiwang.identity.v1 import service_pb2


class AgentApi:
    """The methods of yiwang.identity.v1.AgentService, by name."""

    def __init__(self, parts: Parts, opening: Opening) -> None:
        self.keyring = parts.keyring
        self.registry = AgentRegistry(parts, Registry(parts))
        self.organizations = self.registry.organizations
        self.agents = self.registry.agents

    def SaveAgentOrganization(self, request: pb.SaveAgentOrganizationRequest, call: Call) -> pb.AgentOrganization:
        return views_agents.organization(self.registry.save(request, call.cause, call.actor))

    def CloseAgentOrganization(self, request: pb.CloseAgentOrganizationRequest, call: Call) -> pb.AgentOrganization:
        id, own = request.agent_organization_id, model_agents.visible(call.actor)
        return views_agents.organization(self.organizations.change(id, call.cause, model_agents.close, own))

    def ListAgentOrganizations(
        self, request: pb.ListAgentOrganizationsRequest, call: Call
    ) -> pb.ListAgentOrganizationsResponse:
        wanted = (request.region, request.kind, request.page_token, request.page_size)
        rows, token = store_agents.open_organizations(self.organizations, *wanted)
        found = [views_agents.organization(row) for row in rows]
        return pb.ListAgentOrganizationsResponse(agent_organizations=found, next_page_token=token)

    def AppointAgent(self, request: pb.AppointAgentRequest, call: Call) -> service_pb2.Agent:
        return self._view(self.registry.appoint(request, call.cause, call.actor))

    def DismissAgent(self, request: pb.DismissAgentRequest, call: Call) -> service_pb2.Agent:
        own = model_agents.visible(call.actor)
        return self._view(self.agents.change(request.agent_id, call.cause, model_agents.dismiss, own))

    def ListAgents(self, request: pb.ListAgentsRequest, call: Call) -> pb.ListAgentsResponse:
        wanted = (request.agent_organization_id, request.page_token, request.page_size)
        rows, token = store_agents.agents_page(self.agents, model_agents.visible(call.actor), *wanted)
        return pb.ListAgentsResponse(agents=[self._view(row) for row in rows], next_page_token=token)

    def _view(self, agent: Record[Agent]) -> service_pb2.Agent:
        belongs = self.organizations.get(agent.state.agent_organization_id)
        return views_agents.agent(agent, belongs.state, self.keyring)
