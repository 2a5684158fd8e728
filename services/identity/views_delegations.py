"""Delegations as either side may see them, and whether one holds now. Names are read from the files of the two sides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.acts import now
from chassis.errors import Refused
from chassis.parts import Parts
from chassis.records import Record
from services.identity import model_delegations, people, store, store_agents, store_delegations, views_agents
from services.identity.model_agents import AgentOrganization
from services.identity.model_delegations import Delegation
from standards.identifiers import id_number_mask, name_mask
from yiwang.identity.v1 import delegations_pb2 as pb


@dataclass(frozen=True, slots=True)
class Sides:
    """Who gave a delegation and who holds it, as their files say now; what is known of a person is empty when he is forgotten."""

    person: Mapping[str, Any]
    holder: Mapping[str, Any]
    organization: AgentOrganization | None

    @property
    def void(self) -> bool:
        """Whether one of the two is not there any more."""
        held = not self.organization.closed if self.organization else bool(self.holder)
        return not self.person or not held


def sides(parts: Parts, delegation: Delegation, memo: dict[str, Any] | None = None) -> Sides:
    """The two sides of a delegation. `memo` keeps what was read for the other rows of a list."""
    memo = {} if memo is None else memo

    def once(read: Callable[[Parts, str], Any], id: str) -> Any:
        if id not in memo:
            memo[id] = read(parts, id)
        return memo[id]

    return Sides(
        person=once(_known, delegation.person_id),
        holder=once(_known, delegation.holder_person_id) if delegation.holder_person_id else {},
        organization=once(_organization, delegation.agent_organization_id)
        if delegation.agent_organization_id
        else None,
    )


def _organization(parts: Parts, id: str) -> AgentOrganization:
    return store_agents.organizations(parts.database).get(id).state


def _known(parts: Parts, person_id: str) -> dict[str, Any]:
    record = store.persons(parts.database).find({"_id": person_id})
    return {} if record is None or record.state.erased else people.known(parts, record)


def delegation(record: Record[Delegation], two: Sides, side: str) -> pb.Delegation:
    """A delegation as its `person` or its `holder` sees it."""
    state = record.state
    ended = state.ended_at or (two.organization.closed_at if two.organization and two.void else None)
    own_name = two.person.get("name", "")
    return pb.Delegation(
        id=record.id,
        version=record.version,
        status=model_delegations.status_at(state, now(), two.void),  # type: ignore[arg-type]
        person_id=state.person_id,
        person_name=own_name if side == "person" else name_mask(own_name),
        agent_organization_id=state.agent_organization_id,
        holder_person_id=state.holder_person_id,
        holder_name=holder_name(two),
        scope=pb.DelegationScope(item_codes=state.item_codes, case_id=state.case_id),
        until=_text(state.until),
        requested_at=_text(state.requested_at),
        granted_at=_text(state.granted_at),
        ended_at=_text(ended),
        requested_by=state.requested_by,
    )


def holder_name(two: Sides) -> str:
    """Name of the organisation, or masked name of the person."""
    return two.organization.name if two.organization else name_mask(two.holder.get("name", ""))


def _text(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def certificate(state: Delegation, two: Sides, issuer: str, instant: datetime) -> dict[str, Any]:
    """The delegation as a document (委托书) for third parties: who, to whom, for what, until when, as of when. All values are texts."""
    organization = two.organization
    holder = _party(two.holder)
    if organization:
        holder = {"code": organization.code, "name": organization.name, "region": organization.region}
    scope: dict[str, Any] = {"case_id": state.case_id} if state.case_id else {"item_codes": state.item_codes}
    return {
        "type": "yiwang.delegation.1",
        "title": "委托书",
        "issuer": issuer,
        "delegation_id": state.id,
        "principal": _party(two.person),
        "holder": holder,
        "scope": scope,
        "granted_at": _text(state.granted_at),
        "until": _text(state.until),
        "as_of": _text(instant),
    }


def _party(known: Mapping[str, Any]) -> dict[str, str]:
    return {"name": known.get("name", ""), "id_number": id_number_mask(known.get("id_number", ""))}


# -- whether it holds --------------------------------------------------------------------------------------------------


def holds(state: Delegation, two: Sides) -> bool:
    """Whether somebody may act under it now: given, not over, both sides there, and its items on the organisation's list still."""
    active = model_delegations.status_at(state, now(), two.void) == model_delegations.ACTIVE
    by_list = two.organization is None or model_delegations.listed(state.item_codes, two.organization)
    return active and by_list


def level_under(parts: Parts, delegation_id: str, agent: str, level: int) -> int:
    """The level of a session that acts under a delegation: the principal's, but never above that of a person who acts.

    PERMISSION_DENIED DELEGATION_VOID when the delegation does not hold, or who acts (`agent:<id>`, `person:<id>`) is not its
    holder, or does not work for it any more.
    """
    state = store_delegations.delegations(parts.database).get(delegation_id).state
    kind, _, id = agent.partition(":")
    try:
        if not holds(state, sides(parts, state)):
            raise model_delegations.void()
        if kind == "agent":
            _, organization = views_agents.working(parts, id)
            own, most = organization.id == state.agent_organization_id, level
        else:
            person = people.present(parts, id).state
            own, most = id == state.holder_person_id and not person.suspended, person.level
    except Refused as refused:
        raise model_delegations.void() from refused
    if not own:
        raise model_delegations.void()
    return min(level, most)
