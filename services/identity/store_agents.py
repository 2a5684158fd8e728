"""What identity keeps of agents: their organisations and themselves, and how they are found."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from pymongo.database import Database

from chassis.records import Filter, Record, Records, record_id
from services.identity import model_agents, model_regions, store_pages
from services.identity.model_agents import Agent, AgentOrganization
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def organizations(database: Database[Document]) -> Records[AgentOrganization]:
    """The helper points and bank branches; the id follows from the code."""
    return Records(database["agent_organizations"], AgentOrganization, model_agents.ORGANIZATION_EVOLVE, events)


def agents(database: Database[Document]) -> Records[Agent]:
    """The agents; the id follows from the agent number, in the one space of logins that officers have too."""
    return Records(database["agents"], Agent, model_agents.AGENT_EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [organizations(database), agents(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    organizations(database).ensure_indexes([("state.region", 1), ("state.code", 1)])
    agents(database).ensure_indexes(
        [("state.region", 1), ("state.agent_number", 1)], [("state.agent_organization_id", 1)]
    )


def organization_id(code: str) -> str:
    """The id of the agent organisation with this code."""
    return record_id(f"agent-organization/{code}")


def open_organizations(
    all: Records[AgentOrganization], region: str, kind: int, after: str, count: int
) -> tuple[list[Record[AgentOrganization]], str]:
    """A page of the open ones in a region or below it, by code, and the next page's token; of a kind, or of any (0)."""
    match, fields = model_regions.within(region), ["code", "closed", "kind"]

    def keep(state: Mapping[str, Any]) -> bool:
        return not state["closed"] and kind in (0, state["kind"])

    return store_pages.page(all, match, itemgetter("code"), fields, after, count, keep)


def agents_page(
    all: Records[Agent], visible: Filter, organization: str, after: str, count: int
) -> tuple[list[Record[Agent]], str]:
    """A page of the agents that are visible, by agent number, and the next page's token; of one organisation, or of any (empty)."""
    fields = ["agent_number", "agent_organization_id"]

    def keep(state: Mapping[str, Any]) -> bool:
        return organization in ("", state["agent_organization_id"])

    return store_pages.page(all, visible, itemgetter("agent_number"), fields, after, count, keep)


def agents_of(all: Records[Agent], organization: str) -> list[str]:
    """Ids of the agents of an organisation."""
    return [row["_id"] for row in all.collection.find({"state.agent_organization_id": organization}, {"_id": 1})]
