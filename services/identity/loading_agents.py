"""Rows of agent organisations and of agents; an organisation is named by its code."""

from collections.abc import Mapping
from typing import Final

from chassis.errors import Violation, invalid
from chassis.fields import check
from services.identity import store_agents, store_officers
from services.identity.loading_rows import Desk, cause_of, changed, fill
from services.identity.registry_agents import AgentRegistry
from yiwang.identity.v1 import agents_pb2 as pb

ORGANIZATION_FIELDS: Final[Mapping[str, str]] = {
    "code": "code",
    "name": "name",
    "kind": "kind",
    "region": "region",
    "parent": "parent_id",
    "itemCodes": "item_codes",
    "address": "address",
    "phone": "phone",
}
OPTIONAL: Final = ("parent", "itemCodes", "address", "phone")
AGENT_FIELDS: Final[Mapping[str, str]] = {
    "agentNumber": "agent_number",
    "name": "name",
    "organization": "agent_organization_id",
    "password": "password",
}
KINDS: Final[Mapping[str, int]] = {"helper": pb.AGENT_KIND_HELPER, "bank": pb.AGENT_KIND_BANK}


def load_agent_organization(desk: Desk, row: object) -> bool:
    """Opens or changes a helper point or bank branch; False when it is so already. `parent` is the code of the point above."""
    request, row = pb.SaveAgentOrganizationRequest(), dict(row) if isinstance(row, dict) else row
    if isinstance(row, dict):
        if row.get("kind") not in KINDS:
            raise invalid(Violation("kind", "TYPE", "机构类型应为 helper 或 bank"))
        row["kind"] = KINDS[row["kind"]]
    fill(request, row, ORGANIZATION_FIELDS, OPTIONAL)
    if request.parent_id:
        request.parent_id = store_agents.organization_id(request.parent_id)
    id = store_agents.organization_id(request.code)
    request.request_id = f"load-{id}"
    check(request)
    registry = AgentRegistry(desk.parts, desk.registry)
    before = registry.organizations.find({"_id": id})
    return changed(before, registry.save(request, cause_of(id, before), None))


def load_agent(desk: Desk, row: object) -> bool:
    """Appoints an agent, new or changed; False when he is so already. A password there is kept."""
    request = pb.AppointAgentRequest()
    fill(request, row, AGENT_FIELDS)
    request.agent_organization_id = store_agents.organization_id(request.agent_organization_id)
    id = store_officers.officer_id(request.agent_number)
    registry = AgentRegistry(desk.parts, desk.registry)
    before = registry.agents.find({"_id": id})
    if before is not None and not before.state.dismissed:
        request.password = ""
    request.request_id = f"load-{id}"
    check(request)
    return changed(before, registry.appoint(request, cause_of(id, before), None))
