"""Helper points, tellers and delegations as the tests of identity make them."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chassis.acts import Actor, Cause, now
from services.identity import model_delegations, store_counts, store_delegations
from services.identity.model_delegations import Scope
from tests.support import actors
from tests.support.calling import As
from tests.support.identity_here import IdentityHere, Person
from tests.support.identity_service import PASSWORD, act
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import delegations_pb2 as pb
from yiwang.identity.v1 import service_pb2

HELPER, BANK = agents.AGENT_KIND_HELPER, agents.AGENT_KIND_BANK
ITEMS = ["11990121000001011B4990131001001", "11990121000001011B4990731002001"]
NAME = "诸葛试真名"
ADMIN = actors.officer("administer")


def code() -> str:
    """A code no organisation has."""
    return f"X-{uuid.uuid4().hex[:8]}"


def later(**span: float) -> str:
    """RFC 3339, so long from now."""
    return (now() + timedelta(**span)).isoformat()


def saved(here: IdentityHere, admin: Actor = ADMIN, **changes: Any) -> agents.AgentOrganization:
    """A helper point of a village, unless told otherwise."""
    fields = {
        "code": code(),
        "name": "东河镇东河社区帮办代办点",
        "kind": HELPER,
        "region": "990121101001",
        "address": "东河镇东河社区党群服务中心一楼",
        "phone": "0990-5550101",
    }
    found: agents.AgentOrganization = here.by(admin, service="AgentService").SaveAgentOrganization(**(fields | changes))
    return found


def bank(here: IdentityHere, **changes: Any) -> agents.AgentOrganization:
    """A branch that helps with ITEMS only."""
    fields = {"name": "示范银行示范县支行", "kind": BANK, "region": "990121", "item_codes": ITEMS}
    return saved(here, **(fields | changes))


class Agent:
    """An agent who signed in."""

    def __init__(self, here: IdentityHere, organization: agents.AgentOrganization, number: str = "") -> None:
        self.here, self.organization = here, organization
        self.number = number or f"bb-{uuid.uuid4().hex[:8]}"
        appointed = here.by(ADMIN, service="AgentService").AppointAgent
        self.file: service_pb2.Agent = appointed(
            agent_number=self.number, name=NAME, agent_organization_id=organization.id, password=PASSWORD
        )
        self.id = self.file.id
        self.sign_in()

    def sign_in(self) -> service_pb2.Session:
        self.session: service_pb2.Session = self.here.by(None).SignIn(login=self.number, password=PASSWORD)
        return self.session

    def at(self, service: str = "DelegationService") -> As:
        return self.here.by(None, self.session.access_token, service)


def scope(*item_codes: str, case: str = "") -> pb.DelegationScope:
    return pb.DelegationScope(item_codes=item_codes, case_id=case)


def grant(person: Person, organization: Any, until: str = "", **more: Any) -> pb.Delegation:
    """The person lets an organisation act for him; the first of ITEMS, for a week, unless told otherwise."""
    wanted: Mapping[str, Any] = {"scope": scope(ITEMS[0]), "agent_organization_id": organization.id} | more
    found: pb.Delegation = person.at("DelegationService").GrantDelegation(until=until or later(days=7), **wanted)
    return found


def grant_to(person: Person, holder: Person, until: str = "", **more: Any) -> pb.Delegation:
    """The person lets another person act for him."""
    wanted = {"scope": scope(ITEMS[0]), "name": holder.name, "id_number": holder.number} | more
    found: pb.Delegation = person.at("DelegationService").GrantDelegation(until=until or later(days=7), **wanted)
    return found


def grant_until(here: IdentityHere, person: str, organization: str, until: datetime) -> str:
    """A delegation with any end, as if it had been given long ago; its id."""
    wanted = Scope([ITEMS[0]], "", until)
    delegations = store_delegations.delegations(here.parts.database)
    cause = Cause(act(), f"person:{person}")
    return delegations.create(cause, lambda id: model_delegations.grant(id, person, organization, "", wanted)).id


class Story(NamedTuple):
    """A person who let a helper point act for him, and its agent."""

    here: IdentityHere
    person: Person
    agent: Agent
    delegation: pb.Delegation


def story(here: IdentityHere, **more: Any) -> Story:
    agent, person = Agent(here, saved(here)), here.person(level=3)
    return Story(here, person, agent, grant(person, agent.organization, **more))


def accesses(person: Person) -> list[tuple[str, str, str]]:
    """What the person reads in his access record, oldest first: what, by whom, purpose."""
    found = person.at("PrivacyService").ListAccesses().accesses
    return [(one.what, one.by, one.purpose) for one in reversed(found)]


def agents_counted(here: IdentityHere) -> int:
    """How many agents work, as an administrator is told."""
    store_counts.principals(here.parts.database).recount()
    return store_counts.counted(here.parts.database).agents
