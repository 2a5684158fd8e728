"""Helper organisations, bank branches and their agents: who opens them where, who finds them, who signs in, and how it ends."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.acts import AGENT
from services.identity import store, store_agents
from tests.fakes.verification_source import Source
from tests.support import actors
from tests.support.calling import refused
from tests.support.delegating import (
    ADMIN,
    BANK,
    HELPER,
    ITEMS,
    NAME,
    Agent,
    agents_counted,
    bank,
    code,
    grant,
    saved,
    scope,
    story,
)
from tests.support.identity_here import IdentityHere, identity_here
from tests.support.identity_service import (
    PASSWORD,
    Identity,
    act,
    appointment,
    load,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import agents_pb2 as pb
from yiwang.identity.v1 import service_pb2

Status = grpc.StatusCode
TOWN, VILLAGE = "990121101", "990121101001"


@pytest.fixture
def alone(database: Database[dict[str, Any]]) -> Iterator[IdentityHere]:
    """On a database of the test's own."""
    with identity_here(database, Source()) as here:
        yield here


def elsewhere() -> Any:
    """An administrator of another county."""
    return actors.Actor(
        id=str(uuid.uuid4()),
        realm=2,
        roles=frozenset({"administer"}),
        department=actors.DEPARTMENT,
        region="990122",
        session=uuid.uuid4().hex,
    )


def kept(here: IdentityHere, *collections: str) -> int:
    return sum(len(list(here.parts.database[name].find({}))) for name in collections)


def listed(here: IdentityHere, region: str, **more: Any) -> list[str]:
    """Codes of what anybody finds in a region, page by page."""
    codes, token = [], ""
    while True:
        page = here.by(None, service="AgentService").ListAgentOrganizations(region=region, page_token=token, **more)
        codes += [one.code for one in page.agent_organizations]
        token = page.next_page_token
        if not token:
            return codes


# -- organisations -----------------------------------------------------------------------------------------------------


def test_an_organisation_has_the_level_of_its_region_and_one_id_by_its_code(here: IdentityHere) -> None:
    levels = {"990100": 1, "990121": 2, TOWN: 3, VILLAGE: 4, "990121000": 2}
    city = actors.Actor(id="a", realm=2, roles=frozenset({"administer"}), region="990100", session="s")
    for region, level in levels.items():
        one = saved(here, city, region=region, code=f"L-{region}")
        assert (one.level, one.id) == (level, store_agents.organization_id(f"L-{region}")), region
    again = saved(here, city, region=TOWN, code=f"L-{TOWN}", name="另一个名称", item_codes=ITEMS)
    assert (again.version, again.name, list(again.item_codes)) == (2, "另一个名称", sorted(ITEMS))
    assert saved(here, city, region=TOWN, code=f"L-{TOWN}", name="另一个名称", item_codes=ITEMS).version == 2


def test_a_parent_stands_above_and_covers_the_point(here: IdentityHere) -> None:
    county, town = saved(here, region="990121"), saved(here, region=TOWN)
    assert saved(here, parent_id=town.id).parent_id == town.id
    assert saved(here, parent_id=county.id).parent_id == county.id
    other = saved(here, region="990121102")
    same = saved(here, region=VILLAGE)
    closed = saved(here, region=TOWN)
    here.by(ADMIN, service="AgentService").CloseAgentOrganization(agent_organization_id=closed.id)
    for parent in (other.id, same.id, closed.id, str(uuid.uuid4()), "no-id"):
        with refused(Status.INVALID_ARGUMENT, "PARENT_OUTSIDE") as refusal:
            saved(here, parent_id=parent, code="never")
        assert refusal.fields == {"parent_id": "PARENT_OUTSIDE"}
    assert "never" not in listed(here, "990121")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kind": BANK}, {"item_codes": "ITEMS_NEEDED"}),
        ({"region": "990000"}, {"region": "REGION_UNKNOWN"}),
        ({"region": "090121"}, {"region": "REGION_UNKNOWN"}),
        ({"name": "  "}, {"name": "REQUIRED"}),
        ({"code": "$where"}, {"code": "STRING_PATTERN"}),
        ({"kind": 0}, {"kind": "ENUM_NOT_IN"}),
    ],
)
def test_bad_input_names_the_field_and_opens_nothing(
    here: IdentityHere, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    before = kept(here, "agent_organizations")
    with refused(Status.INVALID_ARGUMENT) as refusal:
        saved(here, **changes)
    assert refusal.fields == fields
    assert kept(here, "agent_organizations") == before


def test_kind_and_region_stay_and_what_was_closed_stays_closed(here: IdentityHere) -> None:
    name = code()
    point = saved(here, code=name)
    with refused(Status.INVALID_ARGUMENT) as refusal:
        saved(here, code=name, kind=BANK, item_codes=ITEMS, region="990121101002")
    assert refusal.fields == {"kind": "KIND_FIXED", "region": "REGION_FIXED"}
    close = here.by(ADMIN, service="AgentService").CloseAgentOrganization
    assert close(agent_organization_id=point.id).closed
    assert close(agent_organization_id=point.id).version == 2
    with refused(Status.FAILED_PRECONDITION, "AGENT_ORGANIZATION_CLOSED"):
        saved(here, code=name, name="重新开张")


def test_an_administrator_of_another_county_changes_closes_and_appoints_nothing_here(here: IdentityHere) -> None:
    agent = Agent(here, saved(here))
    stranger = here.by(elsewhere(), service="AgentService")
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        saved(here, elsewhere(), code=agent.organization.code, name="另一个名称")
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        stranger.AppointAgent(
            agent_number="bb-x", name=NAME, agent_organization_id=agent.organization.id, password=PASSWORD
        )
    with refused(Status.NOT_FOUND):
        stranger.CloseAgentOrganization(agent_organization_id=agent.organization.id)
    with refused(Status.NOT_FOUND):
        stranger.DismissAgent(agent_id=agent.id)
    assert list(stranger.ListAgents().agents) == []
    receiver = here.by(actors.officer("receive", "decide"), service="AgentService")
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        receiver.ListAgents()
    assert agent.file in list(here.by(ADMIN, service="AgentService").ListAgents().agents)


def test_anybody_finds_open_points_of_a_region_and_below_by_kind_in_pages(alone: IdentityHere) -> None:
    for number in range(7):
        saved(alone, code=f"P-{number}", region=VILLAGE if number % 2 else TOWN)
    bank(alone, code="B-1")
    alone.by(ADMIN, service="AgentService").CloseAgentOrganization(
        agent_organization_id=store_agents.organization_id("P-3")
    )
    open_points = ["P-0", "P-1", "P-2", "P-4", "P-5", "P-6"]
    assert listed(alone, "990121", page_size=2) == ["B-1", *open_points]
    assert listed(alone, "990100", page_size=3, kind=HELPER) == open_points
    assert listed(alone, "990121000000", kind=BANK) == ["B-1"]
    assert listed(alone, VILLAGE) == ["P-1", "P-5"]
    assert listed(alone, "990122") == []


# -- agents ------------------------------------------------------------------------------------------------------------


def test_an_agent_signs_in_and_his_token_says_what_he_is(here: IdentityHere) -> None:
    point = saved(here)
    agent = Agent(here, point)
    assert agent.session.me.agent == agent.file
    assert (agent.file.agent_organization_name, agent.file.region, agent.file.name) == (point.name, VILLAGE, NAME)
    actor = here.verifier.actor(agent.session.access_token)
    assert (actor.realm, actor.id, actor.region, actor.department, actor.roles) == (AGENT, agent.id, VILLAGE, "", set())
    assert agent.at("IdentityService").GetMe().agent == agent.file


def test_agents_are_listed_by_number_and_organisation(alone: IdentityHere) -> None:
    one, other = saved(alone), saved(alone)
    for number, point in (("bb-2", one), ("bb-1", other), ("bb-3", one)):
        Agent(alone, point, number)
    admin = alone.by(ADMIN, service="AgentService")
    assert [agent.agent_number for agent in admin.ListAgents().agents] == ["bb-1", "bb-2", "bb-3"]
    found = admin.ListAgents(agent_organization_id=one.id, page_size=1)
    assert [agent.agent_number for agent in found.agents] == ["bb-2"]
    rest = admin.ListAgents(agent_organization_id=one.id, page_token=found.next_page_token).agents
    assert [agent.agent_number for agent in rest] == ["bb-3"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"agent_number": "13900001111"}, {"agent_number": "LIKE_A_PERSON"}),
        ({"agent_number": "990101199003070011"}, {"agent_number": "LIKE_A_PERSON"}),
        ({"name": " "}, {"name": "REQUIRED"}),
        ({"name": "诸葛\u200b试真名"}, {"name": "NAME_UNCLEAR"}),
        ({"password": ""}, {"password": "REQUIRED"}),
        ({"password": "short"}, {"password": "STRING_MIN_LEN"}),
        ({"agent_organization_id": str(uuid.uuid4())}, {"agent_organization_id": "AGENT_ORGANIZATION_UNKNOWN"}),
    ],
)
def test_bad_input_names_the_field_and_appoints_nobody(
    here: IdentityHere, changes: dict[str, str], fields: dict[str, str]
) -> None:
    right = {"agent_number": code(), "name": NAME, "agent_organization_id": saved(here).id, "password": PASSWORD}
    before = kept(here, "agents", "credentials")
    with refused(Status.INVALID_ARGUMENT) as refusal:
        here.by(ADMIN, service="AgentService").AppointAgent(**(right | changes))
    assert refusal.fields == fields
    assert kept(here, "agents", "credentials") == before


def test_who_is_dismissed_cannot_sign_in_and_every_session_of_his_ends(here: IdentityHere) -> None:
    told = story(here)
    acting = told.agent.at().ActFor(delegation_id=told.delegation.id)
    dismiss = here.by(ADMIN, service="AgentService").DismissAgent
    assert dismiss(agent_id=told.agent.id).dismissed
    with refused(Status.UNAUTHENTICATED, "SIGN_IN_REFUSED"):
        told.agent.sign_in()
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        here.by(None).RefreshSession(refresh_token=acting.refresh_token)
    here.work()
    assert here.refuses(told.agent.session.access_token) and here.refuses(acting.access_token)
    assert dismiss(agent_id=told.agent.id).version == 2
    sessions = store.sessions(here.parts.database)
    assert sessions.get(told.agent.session.id).state.reason == "POST_CHANGED"


def test_who_is_appointed_again_needs_a_password_and_keeps_what_he_opens_then(here: IdentityHere) -> None:
    agent = Agent(here, saved(here))
    admin = here.by(ADMIN, service="AgentService")
    admin.DismissAgent(agent_id=agent.id)
    again = {"agent_number": agent.number, "name": NAME, "agent_organization_id": agent.organization.id}
    with refused(Status.INVALID_ARGUMENT) as refusal:
        admin.AppointAgent(**again)
    assert refusal.fields == {"password": "REQUIRED"}
    before = agent.session
    assert admin.AppointAgent(**again, password=PASSWORD).dismissed is False
    agent.sign_in()
    here.work()  # the dismissal is heard after the second appointment
    assert here.refuses(before.access_token) and not here.refuses(agent.session.access_token)


def test_a_new_password_ends_his_sessions_and_the_same_request_again_does_not_bring_the_old_one_back(
    here: IdentityHere,
) -> None:
    agent, admin = Agent(here, saved(here)), here.by(ADMIN, service="AgentService")
    right = {"agent_number": agent.number, "name": NAME, "agent_organization_id": agent.organization.id}
    first = pb.AppointAgentRequest(request_id=act(), **right, password="First-new-password")
    second = pb.AppointAgentRequest(
        request_id=act(), **(right | {"name": "诸葛试真名甲"}), password="Second-new-password"
    )
    for request in (first, second, first):
        admin.AppointAgent(request)
    assert here.refuses(agent.session.access_token)
    assert here.by(None).SignIn(login=agent.number, password="Second-new-password").me.agent.name == "诸葛试真名甲"


def test_who_moves_to_another_organisation_acts_no_more_for_those_who_trusted_the_first(here: IdentityHere) -> None:
    told = story(here)
    acting = told.agent.at().ActFor(delegation_id=told.delegation.id)
    other = saved(here)
    here.by(ADMIN, service="AgentService").AppointAgent(
        agent_number=told.agent.number, name=NAME, agent_organization_id=other.id
    )
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        here.by(None).RefreshSession(refresh_token=acting.refresh_token)
    with refused(Status.NOT_FOUND):
        told.agent.at().ActFor(delegation_id=told.delegation.id)
    elsewhere = told.agent.at().ActFor(delegation_id=grant(told.person, other).id)
    here.work()
    assert here.refuses(acting.access_token)
    assert not here.refuses(told.agent.session.access_token) and not here.refuses(elsewhere.access_token)


def test_when_an_organisation_closes_its_agents_are_out_and_its_delegations_void(here: IdentityHere) -> None:
    told, bystander = story(here), Agent(here, saved(here))
    acting = told.agent.at().ActFor(delegation_id=told.delegation.id)
    here.by(ADMIN, service="AgentService").CloseAgentOrganization(agent_organization_id=told.agent.organization.id)
    with refused(Status.PERMISSION_DENIED, "DELEGATION_VOID"):
        told.agent.at().ActFor(delegation_id=told.delegation.id)
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        here.by(None).RefreshSession(refresh_token=acting.refresh_token)
    with refused(Status.PERMISSION_DENIED, "AGENT_ENDED"):
        told.agent.at().ListDelegations()
    with refused(Status.UNAUTHENTICATED):
        told.agent.sign_in()
    here.work()
    assert here.refuses(told.agent.session.access_token) and here.refuses(acting.access_token)
    assert not here.refuses(bystander.session.access_token)
    shown = told.person.at("DelegationService").GetDelegation(delegation_id=told.delegation.id)
    assert shown.status == 4 and shown.ended_at
    with refused(Status.INVALID_ARGUMENT, "AGENT_ORGANIZATION_CLOSED"):
        grant(told.person, told.agent.organization, scope=scope(ITEMS[0]))


def test_agents_who_work_are_counted_once_however_often_it_is_heard(alone: IdentityHere) -> None:
    gone, stays = Agent(alone, saved(alone)), Agent(alone, saved(alone))
    admin = alone.by(ADMIN, service="AgentService")
    admin.DismissAgent(agent_id=gone.id)
    admin.AppointAgent(agent_number=stays.number, name="诸葛试真名甲", agent_organization_id=stays.organization.id)
    alone.work()
    assert agents_counted(alone) == 1


# -- two processes -----------------------------------------------------------------------------------------------------


def organization_row(code: str, **changes: Any) -> dict[str, Any]:
    return {"code": code, "name": "东河社区帮办代办点", "kind": "helper", "region": VILLAGE} | changes


def agent_request(number: str, organization: str) -> pb.AppointAgentRequest:
    return pb.AppointAgentRequest(
        request_id=act(), agent_number=number, name=NAME, agent_organization_id=organization, password=PASSWORD
    )


def test_of_an_officer_and_an_agent_with_one_number_one_is_let_in(
    identity: Identity, admin: service_pb2.Session
) -> None:
    agents = [identity.by(admin.access_token, "AgentService", process) for process in (0, 1)]
    officers = [identity.by(admin.access_token, "OfficerService", process) for process in (0, 1)]
    point = agents[0].SaveAgentOrganization(code="BB-RACE", name="东河社区代办点", kind=HELPER, region=VILLAGE)
    outcomes = []
    for _ in range(3):
        officer = appointment()
        agent = agent_request(officer.staff_number, point.id)

        def attempt(call: Any) -> str:
            try:
                call[0](call[1])
            except grpc.RpcError as error:
                assert error.code() == Status.ALREADY_EXISTS, error
                return "taken"
            return "in"

        calls = [(officers[0].AppointOfficer, officer), (agents[1].AppointAgent, agent)]
        with ThreadPoolExecutor(2) as pool:
            outcomes.append(sorted(pool.map(attempt, calls)))
        assert sign_in(identity, officer.staff_number).me.WhichOneof("file") in ("officer", "agent")
    assert outcomes == [["in", "taken"]] * 3


def test_a_dismissed_agents_number_is_no_officers(identity: Identity, admin: service_pb2.Session) -> None:
    agents = identity.by(admin.access_token, "AgentService")
    point = agents.SaveAgentOrganization(code="BB-GONE", name="东河社区代办点", kind=HELPER, region=VILLAGE)
    agent = agents.AppointAgent(agent_request("bb-gone", point.id))
    agents.DismissAgent(agent_id=agent.id)
    request = appointment(staff_number="bb-gone")
    refused = refusal(identity.by(admin.access_token, "OfficerService").AppointOfficer, request)
    assert refused[:2] == (Status.ALREADY_EXISTS, "NUMBER_TAKEN")


def test_organisations_and_agents_come_in_by_a_file_once(identity: Identity) -> None:
    content = {
        "agentOrganizations": [
            organization_row("F-TOWN", region=TOWN),
            organization_row("F-VILLAGE", parent="F-TOWN", phone="0990-5550101"),
            organization_row("F-BANK", kind="bank", itemCodes=ITEMS),
            organization_row("F-BAD", kind="shop"),
        ],
        "agents": [{"agentNumber": "f-301", "name": NAME, "organization": "F-VILLAGE", "password": PASSWORD}],
    }
    first, second = load(identity, content), load(identity, content)
    assert "4 rows loaded, 0 there already, 1 refused" in first.stderr, first.stderr
    assert "agentOrganizations[4] kind: TYPE" in first.stderr.replace("\n", " ")
    assert "0 rows loaded, 4 there already, 1 refused" in second.stderr
    me = sign_in(identity, "f-301").me.agent
    assert me.agent_organization_id == store_agents.organization_id("F-VILLAGE")
