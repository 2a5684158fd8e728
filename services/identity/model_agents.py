"""Helper organisations, bank branches and their agents as pure functions: one per act, one per event."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid, require
from services.identity import model, model_regions
from standards.codes import region_covers, region_level, region_valid
from standards.names import name_unclear
from yiwang.identity.v1 import agents_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

HELPER, BANK = pb.AGENT_KIND_HELPER, pb.AGENT_KIND_BANK
# How the kind is called in tokens and on acts.
CHANNELS: dict[int, str] = {HELPER: "helper", BANK: "bank"}
# The four levels of 帮办代办, top first, by the level of the region's code.
LEVELS = {
    "city": pb.AGENT_LEVEL_CITY,
    "county": pb.AGENT_LEVEL_COUNTY,
    "township": pb.AGENT_LEVEL_TOWNSHIP,
    "village": pb.AGENT_LEVEL_VILLAGE,
}
# What stays as it was at first: agents, delegations and lists go by it.
FIXED = {
    "kind": ("KIND_FIXED", "机构类型不可变更，请另设机构"),
    "region": ("REGION_FIXED", "所在区划不可变更，请另设机构"),
}


@dataclass(frozen=True, slots=True)
class AgentOrganization:
    """A helper point or a bank branch; `item_codes` are the items it may help with, none = all. Nothing here is of a person."""

    id: str
    code: str
    name: str
    kind: int
    region: str
    parent_id: str
    item_codes: list[str]
    address: str
    phone: str
    closed: bool = False
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """A helper or a teller; the name is sealed under a key of his own."""

    id: str
    agent_number: str
    agent_organization_id: str
    region: str
    sealed: str
    dismissed: bool = False


def visible(actor: Actor) -> dict[str, Any]:
    """The filter of agents an administrator may list: those of his region and what lies within it, as one bounded range."""
    return model_regions.within(actor.region if actor.realm == OFFICER else "")


def sees(actor: Actor, agent: Agent) -> bool:
    """The same as `visible`, as a predicate."""
    return actor.realm == OFFICER and region_covers(actor.region, agent.region)


def level_of(region: str) -> int:
    """The level of a point by its region's code (GB/T 2260, GB/T 10114): xxxx00 is a city's; 0 for a province's, and for no code."""
    return LEVELS.get(region_level(region), 0) if region_valid(region) else 0


def require_region(actor: Actor | None, *regions: str) -> None:
    """PERMISSION_DENIED OUTSIDE_REGION unless all are the administrator's. None is the operator of the installation."""
    if actor is not None and not all(region_covers(actor.region, one) for one in regions):
        raise Refused(PERMISSION_DENIED, "OUTSIDE_REGION", "只能管理本辖区内的机构和人员")


# -- organisations -----------------------------------------------------------------------------------------------------


def save(
    present: AgentOrganization | None, wanted: events.AgentOrganizationSaved, parent: AgentOrganization | None
) -> events.AgentOrganizationSaved | None:
    """The organisation as wanted; nothing when it is exactly that already. `parent` is the point `parent_id` names, if there is one."""
    if present:
        require_open(present)
    if found := [*_wrong_in(wanted, parent), *_moved(present, wanted)]:
        raise invalid(*found)
    return None if present == _organization(wanted) else wanted


def _wrong_in(wanted: events.AgentOrganizationSaved, parent: AgentOrganization | None) -> Iterator[Violation]:
    if len(wanted.name) < 2:
        yield Violation("name", "REQUIRED", "请填写机构名称")
    if not level_of(wanted.region):
        yield Violation("region", "REGION_UNKNOWN", "行政区划代码不正确，机构只设在市、县、镇、村四级")
    elif wanted.parent_id and not _above(parent, wanted.region):
        yield Violation("parent_id", "PARENT_OUTSIDE", "上级机构须高于本级且其辖区包含本机构")
    if wanted.kind == BANK and not wanted.item_codes:
        yield Violation("item_codes", "ITEMS_NEEDED", "银行网点须列明可代办的事项")


def _above(parent: AgentOrganization | None, region: str) -> bool:
    open = parent is not None and not parent.closed
    return open and level_of(parent.region) < level_of(region) and region_covers(parent.region, region)  # type: ignore[union-attr]


def _moved(present: AgentOrganization | None, wanted: events.AgentOrganizationSaved) -> Iterator[Violation]:
    for field, (reason, message) in FIXED.items():
        if present and getattr(present, field) != getattr(wanted, field):
            yield Violation(field, reason, message)


def require_open(organization: AgentOrganization) -> None:
    """FAILED_PRECONDITION AGENT_ORGANIZATION_CLOSED for one that was closed."""
    require(not organization.closed, "AGENT_ORGANIZATION_CLOSED", "该机构已撤销")


def close(organization: AgentOrganization) -> events.AgentOrganizationClosed | None:
    """Nobody acts through it any more; nothing when that is so already."""
    return None if organization.closed else events.AgentOrganizationClosed(agent_organization_id=organization.id)


# -- agents ------------------------------------------------------------------------------------------------------------


def check_appointment(
    agent: Agent | None, wanted: pb.AppointAgentRequest, organization: AgentOrganization | None, actor: Actor | None
) -> None:
    """Whether this agent may be appointed. `organization` is the one wanted, if there is one; `actor` None is the operator."""
    if found := list(_wrong_in_agent(agent, wanted, organization)):
        raise invalid(*found)
    assert organization is not None
    require_region(actor, organization.region, *([agent.region] if agent else []))


def _wrong_in_agent(
    agent: Agent | None, wanted: pb.AppointAgentRequest, organization: AgentOrganization | None
) -> Iterator[Violation]:
    if model.ID_NUMBER.fullmatch(wanted.agent_number) or model.PHONE.fullmatch(wanted.agent_number):
        # Sign-in tells the kinds of login apart by their form.
        yield Violation("agent_number", "LIKE_A_PERSON", "工号不得与身份证号码或手机号码形式相同")
    if not wanted.name.strip():
        yield Violation("name", "REQUIRED", "请填写姓名")
    elif name_unclear(wanted.name):
        yield Violation("name", "NAME_UNCLEAR", "姓名中有混用或不可见的字符，请核对")
    if organization is None:
        yield Violation("agent_organization_id", "AGENT_ORGANIZATION_UNKNOWN", "没有该机构")
    elif organization.closed:
        yield Violation("agent_organization_id", "AGENT_ORGANIZATION_CLOSED", "该机构已撤销")
    if not wanted.password and (agent is None or agent.dismissed):
        yield Violation("password", "REQUIRED", "新任人员须设置初始密码")
    if wanted.password and len(wanted.password) < model.PASSWORD_LEAST:
        yield Violation("password", "STRING_MIN_LEN", f"密码至少{model.PASSWORD_LEAST}位")


def appoint(
    agent: Agent | None, wanted: events.AgentAppointed, new_password: bool = False
) -> events.AgentAppointed | None:
    """The agent as wanted, who may have been dismissed before; nothing when he is exactly that already.

    A new password is written down too: the same request again must not bring it back after a later one.
    """
    return None if agent == _agent(wanted) and not new_password else wanted


def dismiss(agent: Agent) -> events.AgentDismissed | None:
    """He is no agent any more; nothing when that is so already."""
    return None if agent.dismissed else events.AgentDismissed(agent_id=agent.id)


def require_working(agent: Agent, organization: AgentOrganization) -> None:
    """PERMISSION_DENIED AGENT_ENDED for an agent who was dismissed, or whose organisation was closed."""
    if agent.dismissed or organization.closed:
        raise Refused(PERMISSION_DENIED, "AGENT_ENDED", "您已不在帮办代办岗位，或所在机构已撤销")


# -- what each event changes -------------------------------------------------------------------------------------------


def _organization(event: events.AgentOrganizationSaved) -> AgentOrganization:
    return AgentOrganization(
        id=event.agent_organization_id,
        code=event.code,
        name=event.name,
        kind=event.kind,
        region=event.region,
        parent_id=event.parent_id,
        item_codes=list(event.item_codes),
        address=event.address,
        phone=event.phone,
    )


def _saved(
    _before: AgentOrganization | None, event: events.AgentOrganizationSaved, _moment: Moment
) -> AgentOrganization:
    return _organization(event)


def _closed(
    organization: AgentOrganization, _event: events.AgentOrganizationClosed, moment: Moment
) -> AgentOrganization:
    return replace(organization, closed=True, closed_at=moment.at)


def _agent(event: events.AgentAppointed) -> Agent:
    return Agent(
        id=event.agent_id,
        agent_number=event.agent_number,
        agent_organization_id=event.agent_organization_id,
        region=event.region,
        sealed=event.sealed,
    )


def _appointed(_before: Agent | None, event: events.AgentAppointed, _moment: Moment) -> Agent:
    return _agent(event)


def _dismissed(agent: Agent, _event: events.AgentDismissed, _moment: Moment) -> Agent:
    return replace(agent, dismissed=True)


ORGANIZATION_EVOLVE: Evolve = {events.AgentOrganizationSaved: _saved, events.AgentOrganizationClosed: _closed}
AGENT_EVOLVE: Evolve = {events.AgentAppointed: _appointed, events.AgentDismissed: _dismissed}
