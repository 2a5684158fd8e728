"""Acting for somebody: a session of its own with both names, within what was delegated, over as soon as the delegation is."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from joserfc.jwk import OKPKey
from pymongo.database import Database

from chassis import tokens
from chassis.acts import PERSON, Cause, now
from chassis.events import Heard
from services.case import worker as case_worker
from services.identity import model_sessions, store, store_delegations, views_delegations, worker
from standards.real_names import MEDIUM, NONE
from tests.support import actors
from tests.support.calling import As, refused
from tests.support.delegating import (
    HELPER,
    ITEMS,
    NAME,
    Agent,
    accesses,
    bank,
    grant,
    grant_to,
    grant_until,
    later,
    saved,
    scope,
    story,
)
from tests.support.identity_here import IdentityHere
from tests.support.identity_service import PASSWORD, Identity, act, own_key, person_request, refused_soon, sign_in
from tests.support.serving import case_here
from yiwang.identity.v1 import delegations_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2

Status = grpc.StatusCode
VOID = (Status.PERMISSION_DENIED, "DELEGATION_VOID")
ENDED = (Status.UNAUTHENTICATED, "SESSION_ENDED")


def refresh(here: IdentityHere, session: service_pb2.Session) -> service_pb2.Session:
    renewed: service_pb2.Session = here.by(None).RefreshSession(refresh_token=session.refresh_token)
    return renewed


def reason(here: IdentityHere, session: service_pb2.Session) -> str:
    return store.sessions(here.parts.database).get(session.id).state.reason


# -- what the session says ---------------------------------------------------------------------------------------------


def test_a_session_that_acts_says_who_acts_for_whom_and_within_what(here: IdentityHere) -> None:
    told = story(here, scope=scope(*ITEMS))
    session = told.agent.at().ActFor(delegation_id=told.delegation.id)
    actor = here.verifier.actor(session.access_token)
    assert (actor.realm, actor.id, actor.level, actor.session) == (PERSON, told.person.id, MEDIUM, session.id)
    acting = actor.acting
    assert acting is not None
    assert (acting.agent, acting.channel, acting.delegation) == (f"agent:{told.agent.id}", "helper", told.delegation.id)
    assert acting.name == f"{NAME}（{told.agent.organization.name}）"
    assert (acting.items, acting.case, acting.organization) == (set(ITEMS), "", told.agent.organization.id)
    assert actor.by == f"agent:{told.agent.id}/person:{told.person.id}"
    me = here.by(None, session.access_token).GetMe()
    assert me.person.id == told.person.id
    assert (me.acted_for.agent_name, list(me.acted_for.item_codes)) == (acting.name, sorted(ITEMS))
    record = store.sessions(here.parts.database).get(session.id)
    assert record.journal[0]["by"] == actor.by and record.state.methods == ["pwd"]
    assert here.by(None, told.agent.session.access_token).GetMe().agent.id == told.agent.id


def test_a_teller_and_a_person_act_in_channels_of_their_own(here: IdentityHere) -> None:
    person, son, case = here.person(level=3), here.person(level=3), str(uuid.uuid4())
    teller = Agent(here, bank(here))
    by_bank = teller.at().ActFor(delegation_id=grant(person, teller.organization).id)
    by_son = son.at("DelegationService").ActFor(delegation_id=grant_to(person, son, scope=scope(case=case)).id)
    for session, channel in ((by_bank, "bank"), (by_son, "person")):
        acting = here.verifier.actor(session.access_token).acting
        assert acting is not None and acting.channel == channel
    assert acting.agent == f"person:{son.id}" and acting.name == NAME
    assert acting.covers("ANY-ITEM", case) and not acting.covers(ITEMS[0], "")


def test_nobody_is_surer_of_a_person_than_of_who_acts_for_him(here: IdentityHere) -> None:
    person, stranger = here.person(level=4), here.person()
    session = stranger.at("DelegationService").ActFor(delegation_id=grant_to(person, stranger).id)
    assert here.verifier.actor(session.access_token).level == NONE
    agent = Agent(here, saved(here))
    by_agent = agent.at().ActFor(delegation_id=grant(here.person(), agent.organization).id)
    assert here.verifier.actor(by_agent.access_token).level == NONE


def test_a_token_is_not_good_beyond_the_end_of_the_delegation(here: IdentityHere) -> None:
    told = story(here, until=later(minutes=5))
    session = told.agent.at().ActFor(delegation_id=told.delegation.id)
    assert 290 <= session.expires_in <= 300
    assert refresh(here, session).expires_in <= 300


def test_the_largest_scope_fits_into_a_token_that_is_taken(here: IdentityHere) -> None:
    agent = Agent(here, saved(here, name="某" * 100))
    codes = [f"{number:02}{'9' * 31}" for number in range(15)]
    person = here.person()
    session = agent.at().ActFor(delegation_id=grant(person, agent.organization, scope=scope(*codes)).id)
    assert here.by(None, session.access_token).GetMe().person.id == person.id
    assert len(session.access_token) < 2200


def test_in_the_name_of_another_nobody_delegates_further_or_changes_the_account(here: IdentityHere) -> None:
    told = story(here)
    token = told.agent.at().ActFor(delegation_id=told.delegation.id).access_token
    delegations = here.by(None, token, "DelegationService")
    calls: list[tuple[Any, dict[str, Any]]] = [
        (delegations.ActFor, {"delegation_id": told.delegation.id}),
        (delegations.RevokeDelegation, {"delegation_id": told.delegation.id}),
        (delegations.ListDelegations, {}),
        (
            delegations.GrantDelegation,
            {
                "agent_organization_id": told.agent.organization.id,
                "scope": scope(ITEMS[1]),
                "until": later(days=1),
            },
        ),
        (here.by(None, token).ErasePerson, {}),
        (here.by(None, token).ListSessions, {}),
        (here.by(None, token, "PrivacyService").ListAccesses, {}),
    ]
    for call, fields in calls:
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            call(**fields)


def test_who_acts_signs_out_of_that_session_only(here: IdentityHere) -> None:
    told = story(here)
    session = told.agent.at().ActFor(delegation_id=told.delegation.id)
    here.by(None, session.access_token).SignOut()
    assert here.refuses(session.access_token)
    assert not here.refuses(told.agent.session.access_token) and not here.refuses(told.person.session.access_token)


def test_each_opening_is_a_line_of_the_persons_access_record(here: IdentityHere) -> None:
    told = story(here)
    for _ in range(2):
        told.agent.at().ActFor(delegation_id=told.delegation.id)
    here.work()
    lines = [line for line in accesses(told.person) if line[0] == "代为办理"]
    assert [by for _, by, _ in lines] == [f"agent:{told.agent.id}"] * 2
    assert all(ITEMS[0] in purpose for _, _, purpose in lines)


def test_a_person_who_acted_is_forgotten_in_the_records_of_others_too(here: IdentityHere) -> None:
    mother, son = here.person(level=3), here.person(level=3, name="东方代办")
    son.at("DelegationService").ActFor(delegation_id=grant_to(mother, son).id)
    here.work()
    son.at("IdentityService").ErasePerson()
    entries = mother.at("PrivacyService").ListAccesses().accesses
    assert [one.by_name for one in entries if one.what == "代为办理"] == ["东方**"]


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_a_delegation_taken_back_ends_every_session_under_it_and_no_other(here: IdentityHere) -> None:
    told, colleague = story(here), None
    colleague = Agent(here, told.agent.organization)
    other = grant(told.person, told.agent.organization)
    under = [one.at().ActFor(delegation_id=told.delegation.id) for one in (told.agent, colleague)]
    beside = told.agent.at().ActFor(delegation_id=other.id)
    told.person.at("DelegationService").RevokeDelegation(delegation_id=told.delegation.id)
    with refused(*VOID):
        told.agent.at().ActFor(delegation_id=told.delegation.id)
    here.work()
    assert all(here.refuses(one.access_token) for one in under)
    assert {reason(here, one) for one in under} == {"DELEGATION_ENDED"}
    assert not here.refuses(beside.access_token)


def test_a_refresh_asks_again_whether_the_delegation_holds(here: IdentityHere) -> None:
    told = story(here)
    session = refresh(here, told.agent.at().ActFor(delegation_id=told.delegation.id))
    record = store.sessions(here.parts.database).get(session.id)
    assert record.journal[1]["by"] == f"agent:{told.agent.id}/person:{told.person.id}"
    told.person.at("DelegationService").RevokeDelegation(delegation_id=told.delegation.id)
    with refused(*ENDED):  # although nobody has heard of it yet
        refresh(here, session)
    assert reason(here, session) == "DELEGATION_ENDED"


def test_what_an_organisation_helps_with_no_more_nobody_does_in_its_name(here: IdentityHere) -> None:
    teller, person = Agent(here, bank(here, code="YH-1")), here.person()
    given = grant(person, teller.organization)
    session = teller.at().ActFor(delegation_id=given.id)
    bank(here, code="YH-1", item_codes=[ITEMS[1]])
    with refused(*VOID):
        teller.at().ActFor(delegation_id=given.id)
    with refused(*ENDED):
        refresh(here, session)


def test_a_suspended_person_acts_for_nobody(here: IdentityHere) -> None:
    mother, son = here.person(level=3), here.person(level=3)
    given = grant_to(mother, son)
    session = son.at("DelegationService").ActFor(delegation_id=given.id)
    here.by(actors.officer("administer")).SuspendPerson(person_id=son.id, reason="账号被盗用")
    with refused(*ENDED):
        refresh(here, session)


def test_a_delegation_that_ends_while_a_session_is_opened_opens_none(
    here: IdentityHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, looked = story(here), []
    real = views_delegations.level_under

    def looks(parts: Any, delegation: str, agent: str, level: int) -> int:
        found = real(parts, delegation, agent, level)
        if not looked:  # the first look was good; now it ends
            looked.append(delegation)
            told.person.at("DelegationService").RevokeDelegation(delegation_id=delegation)
        return found

    monkeypatch.setattr(views_delegations, "level_under", looks)
    with refused(*VOID):
        told.agent.at().ActFor(delegation_id=told.delegation.id)
    sessions = store.sessions(here.parts.database)
    [document] = sessions.collection.find({"state.delegation_id": told.delegation.id})
    assert document["state"]["reason"] == "DELEGATION_ENDED"


def test_the_same_request_opens_one_session_also_at_once_and_none_after_the_end(here: IdentityHere) -> None:
    told = story(here)
    request = pb.ActForRequest(request_id=act(), delegation_id=told.delegation.id)
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: told.agent.at().ActFor(request), range(6)))
    assert len({one.id for one in opened}) == 1
    assert told.agent.at().ActFor(delegation_id=told.delegation.id).id != opened[0].id
    told.person.at("DelegationService").RevokeDelegation(delegation_id=told.delegation.id)
    with refused(*VOID):
        told.agent.at().ActFor(request)


def test_sessions_of_an_expired_delegation_are_ended_by_the_clock(here: IdentityHere) -> None:
    told = story(here)
    until = now() - timedelta(minutes=1)
    id = grant_until(here, told.person.id, told.agent.organization.id, until)
    acting = events.ActingAs(
        agent=f"agent:{told.agent.id}", delegation_id=id, channel="helper", until=until.isoformat()
    )
    sessions = store.sessions(here.parts.database)
    principal = f"person:{told.person.id}"
    expired = sessions.create(
        Cause(act(), principal), lambda session: model_sessions.start(session, principal, ["pwd"], acting)
    )
    open = told.agent.at().ActFor(delegation_id=told.delegation.id)
    for _ in range(2):
        here.worker.end_expired_delegations()
    assert sessions.get(expired.id).state.reason == "DELEGATION_ENDED" and sessions.get(expired.id).version == 2
    assert not here.refuses(open.access_token) and sessions.drift(sessions.collection.find_one({"_id": open.id})) == []


# -- two processes, and another service --------------------------------------------------------------------------------


def test_taken_back_in_one_process_it_is_refused_in_the_other_and_in_other_services_within_seconds(
    identity: Identity, admin: service_pb2.Session, database: Database[dict[str, Any]]
) -> None:
    agents = identity.by(admin.access_token, "AgentService")
    point = agents.SaveAgentOrganization(code="BB-STORY", name="东河社区代办点", kind=HELPER, region="990121101001")
    agents.AppointAgent(agent_number="bb-story", name=NAME, agent_organization_id=point.id, password=PASSWORD)
    agent, request = sign_in(identity, "bb-story"), person_request()
    identity.stub.RegisterPerson(request)
    person = sign_in(identity, request.phone)
    asked = identity.by(agent.access_token, "DelegationService", 1).RequestDelegation(
        name=request.name, id_number=request.id_number, scope=scope(ITEMS[0]), until=later(days=1)
    )
    giver = identity.by(person.access_token, "DelegationService")
    assert giver.ConfirmDelegation(delegation_id=asked.id).status == pb.DELEGATION_STATUS_ACTIVE
    session = identity.by(agent.access_token, "DelegationService", 1).ActFor(delegation_id=asked.id)
    assert identity.by(session.access_token, "IdentityService").GetMe().acted_for.delegation_id == asked.id
    with case_here(database) as case:
        actors.trust(database, own_key(identity))
        assert not refused_by_case(case, session.access_token)
        giver.RevokeDelegation(delegation_id=asked.id)
        hear(worker.build(identity.parts)(), store_delegations.delegations(identity.parts.database), asked.id)
        assert all(refused_soon(stub, session.access_token) for stub in (identity.stub, identity.other))
        hear(case_worker.build(case.parts)(), store.sessions(identity.parts.database), session.id)
        case.poll()
        assert refused_by_case(case, session.access_token)


def refused_by_case(case: Any, access: str) -> bool:
    """Whether case takes the token; what it allows is another question."""
    try:
        As(case.channel, case.by(None)._service, None, access).ListInbox()
    except grpc.RpcError as error:
        return bool(error.code() == Status.UNAUTHENTICATED)
    return False


def hear(heard_by: Any, records: Any, id: str) -> None:
    """Delivers a record's events to a worker's handlers, from the last to the first, twice."""
    handlers = [getattr(heard_by, name) for name in dir(heard_by) if hasattr(getattr(type(heard_by), name), "hears")]
    for entry in [*reversed(records.get(id).journal)] * 2:
        event = records.event(entry)
        for handler in handlers:
            if type(event) in handler.hears and handler.__name__ in ("end_delegation", "refuse_session"):
                at, name = entry["at"].isoformat(), f"{heard_by.name}.{handler.__name__}"
                handler(Heard(f"{id}.{entry['seq']}", id, entry["seq"], entry["by"], at, event, name, ""))


def test_two_processes_sign_the_same_acting_token_for_one_request(
    identity: Identity, admin: service_pb2.Session
) -> None:
    mother, son = person_request(), person_request()
    for one in (mother, son):
        identity.stub.RegisterPerson(one)
    given = identity.by(sign_in(identity, mother.phone).access_token, "DelegationService").GrantDelegation(
        name=son.name, id_number=son.id_number, scope=scope(ITEMS[0]), until=later(days=1)
    )
    token = sign_in(identity, son.phone).access_token
    request = pb.ActForRequest(request_id=act(), delegation_id=given.id)
    services = [identity.by(token, "DelegationService", process) for process in (0, 1)]
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda number: services[number % 2].ActFor(request), range(4)))
    assert len({one.id for one in opened}) == len({one.refresh_token for one in opened}) == 1
    key: OKPKey = own_key(identity)
    acting = tokens.Verifier(lambda _: key).actor(opened[0].access_token).acting
    assert acting is not None and acting.channel == "person"
