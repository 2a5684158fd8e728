"""Delegations: given, asked for, confirmed, refused, ended; who sees them; what bad input is told."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.identity import store_delegations
from standards.identifiers import name_mask
from tests.support import actors
from tests.support.calling import refused
from tests.support.delegating import (
    ITEMS,
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
from tests.support.identity_here import IdentityHere, Person
from tests.support.identity_service import NAME, act, fresh_number
from yiwang.identity.v1 import delegations_pb2 as pb

Status = grpc.StatusCode
REQUESTED, ACTIVE = pb.DELEGATION_STATUS_REQUESTED, pb.DELEGATION_STATUS_ACTIVE
DECLINED, REVOKED = pb.DELEGATION_STATUS_DECLINED, pb.DELEGATION_STATUS_REVOKED
EXPIRED = pb.DELEGATION_STATUS_EXPIRED


def ask(agent: Agent, person: Person, **more: Any) -> pb.Delegation:
    """The agent asks the person to let his organisation act for him."""
    wanted = {"name": person.name, "id_number": person.number, "scope": scope(ITEMS[0]), "until": later(days=7)}
    found: pb.Delegation = agent.at().RequestDelegation(**(wanted | more))
    return found


def seen(who: Any, id: str) -> pb.Delegation:
    found: pb.Delegation = who.at("DelegationService").GetDelegation(delegation_id=id)
    return found


def given_by(here: IdentityHere, person: Person) -> int:
    return len(list(here.parts.database["delegations"].find({"state.person_id": person.id})))


# -- given -------------------------------------------------------------------------------------------------------------


def test_a_person_lets_an_organisation_act_for_him_and_reads_so_in_his_access_record(here: IdentityHere) -> None:
    told = story(here, until="2026-12-31" if now().year == 2026 else "")
    given = told.delegation
    assert (given.status, given.person_id, given.person_name) == (ACTIVE, told.person.id, NAME)
    assert (given.holder_name, given.agent_organization_id) == (
        told.agent.organization.name,
        told.agent.organization.id,
    )
    assert list(given.scope.item_codes) == [ITEMS[0]] and given.granted_at and not given.requested_at
    held = told.agent.at().GetDelegation(delegation_id=given.id)
    assert (held.person_name, held.holder_name) == (name_mask(NAME), given.holder_name)
    here.work()
    [(what, by, purpose)] = accesses(told.person)
    assert (what, by) == ("委托授权", f"person:{told.person.id}")
    assert told.agent.organization.name in purpose and ITEMS[0] in purpose


def test_a_person_lets_another_person_act_for_him(here: IdentityHere) -> None:
    mother, son = here.person(), here.person()
    given = grant_to(mother, son, scope=scope(case=str(uuid.uuid4())))
    assert (given.holder_person_id, given.holder_name, given.person_name) == (son.id, name_mask(NAME), NAME)
    held = seen(son, given.id)
    assert (held.person_name, held.person_id) == (name_mask(NAME), mother.id)
    here.work()
    assert accesses(son) == [] and accesses(mother)[0][0] == "委托授权"


def test_a_day_as_the_end_is_its_last_second_in_shanghai(here: IdentityHere) -> None:
    tomorrow = (now() + timedelta(days=1, hours=8)).date().isoformat()
    given = story(here, until=tomorrow).delegation
    assert given.until == f"{tomorrow}T15:59:59+00:00"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"scope": scope()}, {"scope": "REQUIRED"}),
        ({"scope": scope(ITEMS[0], case=str(uuid.uuid4()))}, {"scope.case_id": "ONE_OF_TWO"}),
        ({"scope": scope(case="not-a-case")}, {"scope.case_id": "STRING_UUID"}),
        ({"scope": scope(ITEMS[0], "$where")}, {"scope.item_codes[1]": "ITEM_CODE"}),
        ({"scope": scope(*(f"{number:040}" for number in range(13)))}, {"scope.item_codes": "SCOPE_TOO_LARGE"}),
        ({"scope": scope(ITEMS[0], ITEMS[0])}, {"scope.item_codes": "REPEATED_UNIQUE"}),
        ({"until": later(seconds=-1)}, {"until": "PAST"}),
        ({"until": later(days=368)}, {"until": "TOO_FAR"}),
        ({"until": "2027-02-30T00:00:00+08:00"}, {"until": "FORMAT"}),
        ({"until": "2027-02-03T00:00:00"}, {"until": "FORMAT"}),
        ({"until": "next tuesday"}, {"until": "FORMAT"}),
        ({"agent_organization_id": ""}, {"agent_organization_id": "REQUIRED"}),
        ({"agent_organization_id": "nobody"}, {"agent_organization_id": "AGENT_ORGANIZATION_UNKNOWN"}),
        ({"name": NAME}, {"agent_organization_id": "ONE_OF_TWO"}),
        ({"agent_organization_id": "", "name": NAME}, {"id_number": "REQUIRED"}),
    ],
)
def test_bad_input_names_the_field_and_gives_nothing(
    here: IdentityHere, changes: dict[str, Any], fields: dict[str, str]
) -> None:
    person = here.person()
    right = {"agent_organization_id": saved(here).id, "scope": scope(ITEMS[0]), "until": later(days=1)}
    with refused(Status.INVALID_ARGUMENT) as refusal:
        person.at("DelegationService").GrantDelegation(**(right | changes))
    assert refusal.fields == fields
    assert given_by(here, person) == 0


def test_a_bank_is_trusted_with_items_of_its_list_only(here: IdentityHere) -> None:
    branch, person = bank(here), here.person()
    assert list(grant(person, branch, scope=scope(*ITEMS)).scope.item_codes) == sorted(ITEMS)
    with refused(Status.INVALID_ARGUMENT, "ITEM_NOT_LISTED") as refusal:
        grant(person, branch, scope=scope(ITEMS[0], "ANOTHER-ITEM"))
    assert refusal.fields == {"scope.item_codes[1]": "ITEM_NOT_LISTED"}
    with refused(Status.INVALID_ARGUMENT, "ITEM_NOT_LISTED") as refusal:
        grant(person, branch, scope=scope(case=str(uuid.uuid4())))
    assert refusal.fields == {"scope.case_id": "ITEM_NOT_LISTED"}
    assert given_by(here, person) == 1


def test_an_answer_does_not_tell_who_is_registered_nor_may_many_be_tried(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    service = person.at("DelegationService")
    wrong = [(NAME, fresh_number()), ("诸葛试真名甲", other.number)]
    said = set()
    for name, number in wrong:
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN") as refusal:
            service.GrantDelegation(name=name, id_number=number, scope=scope(ITEMS[0]), until=later(days=1))
        said.add((refusal.message, *refusal.fields))
    assert len(said) == 1
    with refused(Status.INVALID_ARGUMENT, "ONESELF"):
        grant_to(person, person)
    for _ in range(17):
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN"):
            service.GrantDelegation(name=NAME, id_number=wrong[0][1], scope=scope(ITEMS[0]), until=later(days=1))
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        grant_to(person, other)
    assert grant_to(here.person(), other).status == ACTIVE


def test_the_same_request_again_is_the_same_delegation_and_counts_once(here: IdentityHere) -> None:
    person, other = here.person(), here.person()
    request = pb.GrantDelegationRequest(
        request_id=act(), name=other.name, id_number=other.number, scope=scope(ITEMS[0]), until=later(days=1)
    )
    service = person.at("DelegationService")
    first = service.GrantDelegation(request)
    assert {service.GrantDelegation(request).id for _ in range(25)} == {first.id}
    request.scope.item_codes.append(ITEMS[1])
    with refused(Status.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        service.GrantDelegation(request)
    assert given_by(here, person) == 1


def test_one_request_sent_many_times_at_once_gives_one_delegation(here: IdentityHere) -> None:
    person, point = here.person(), saved(here)
    request = pb.GrantDelegationRequest(
        request_id=act(), agent_organization_id=point.id, scope=scope(ITEMS[0]), until=later(days=1)
    )
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda _: person.at("DelegationService").GrantDelegation(request), range(6)))
    assert len({one.id for one in given}) == 1 and given_by(here, person) == 1


# -- asked for ---------------------------------------------------------------------------------------------------------


def test_an_agent_asks_and_nothing_holds_until_the_person_confirms(here: IdentityHere) -> None:
    agent, person = Agent(here, saved(here)), here.person()
    asked = ask(agent, person)
    assert (asked.status, asked.requested_by, asked.person_name) == (REQUESTED, f"agent:{agent.id}", name_mask(NAME))
    with refused(Status.PERMISSION_DENIED, "DELEGATION_VOID"):
        agent.at().ActFor(delegation_id=asked.id)
    with refused(Status.FAILED_PRECONDITION, "DELEGATION_VOID"):
        person.at("DelegationService").GetDelegationCertificate(delegation_id=asked.id)
    given = person.at("DelegationService").ConfirmDelegation(delegation_id=asked.id)
    assert (given.status, given.person_name, given.version) == (ACTIVE, NAME, 2)
    assert agent.at().ActFor(delegation_id=asked.id).access_token
    here.work()
    assert [(what, by.partition(":")[0]) for what, by, _ in accesses(person)] == [
        ("委托授权", "agent"),
        ("委托授权", "person"),
        ("代为办理", "agent"),
    ]


def test_who_says_no_is_asked_no_more(here: IdentityHere) -> None:
    agent, person = Agent(here, saved(here)), here.person()
    asked, service = ask(agent, person), person.at("DelegationService")
    request = pb.DeclineDelegationRequest(request_id=act(), delegation_id=asked.id)
    assert service.DeclineDelegation(request).status == DECLINED
    assert service.DeclineDelegation(request).version == 2
    for call in (service.ConfirmDelegation, service.DeclineDelegation):
        with refused(Status.FAILED_PRECONDITION, "NOT_REQUESTED"):
            call(delegation_id=asked.id)
    with refused(Status.FAILED_PRECONDITION, "DELEGATION_OVER"):
        agent.at().RevokeDelegation(delegation_id=asked.id)
    with refused(Status.PERMISSION_DENIED, "DELEGATION_VOID"):
        agent.at().ActFor(delegation_id=asked.id)


def test_nobody_confirms_for_another_nor_what_was_not_asked(here: IdentityHere) -> None:
    agent, person, other = Agent(here, saved(here)), here.person(), here.person()
    asked = ask(agent, person)
    for name in ("ConfirmDelegation", "DeclineDelegation"):
        with refused(Status.NOT_FOUND):
            getattr(other.at("DelegationService"), name)(delegation_id=asked.id)
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            getattr(agent.at(), name)(delegation_id=asked.id)
    given = grant_to(person, other)
    with refused(Status.FAILED_PRECONDITION, "NOT_REQUESTED"):
        person.at("DelegationService").ConfirmDelegation(delegation_id=given.id)
    assert seen(person, asked.id).status == REQUESTED


def test_an_agent_asks_fifty_times_a_day_at_most(here: IdentityHere) -> None:
    agent, colleague = (Agent(here, saved(here)) for _ in range(2))
    number = fresh_number()
    for _ in range(50):
        with refused(Status.FAILED_PRECONDITION, "PERSON_UNKNOWN"):
            agent.at().RequestDelegation(name=NAME, id_number=number, scope=scope(ITEMS[0]), until=later(days=1))
    person = here.person()
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        ask(agent, person)
    assert ask(colleague, person).status == REQUESTED


def test_what_the_organisation_helps_with_no_more_cannot_be_confirmed(here: IdentityHere) -> None:
    agent, person = Agent(here, bank(here, code="YH-CONFIRM")), here.person()
    asked = ask(agent, person)
    bank(here, code="YH-CONFIRM", item_codes=[ITEMS[1]])
    with refused(Status.FAILED_PRECONDITION, "ITEM_NOT_LISTED"):
        person.at("DelegationService").ConfirmDelegation(delegation_id=asked.id)


# -- who sees them -----------------------------------------------------------------------------------------------------


def test_only_the_two_sides_see_a_delegation(here: IdentityHere) -> None:
    told = story(here)
    stranger, elsewhere = here.person(), Agent(here, saved(here))
    colleague = Agent(here, told.agent.organization)
    assert colleague.at().GetDelegation(delegation_id=told.delegation.id).id == told.delegation.id
    for who in (stranger.at("DelegationService"), elsewhere.at()):
        for call in (who.GetDelegation, who.RevokeDelegation, who.GetDelegationCertificate, who.ActFor):
            with refused(Status.NOT_FOUND):
                call(delegation_id=told.delegation.id)
    with refused(Status.NOT_FOUND):  # who gave it has nobody to act for
        told.person.at("DelegationService").ActFor(delegation_id=told.delegation.id)
    officer = here.by(actors.officer("receive", "administer"), service="DelegationService")
    for name in ("GetDelegation", "RevokeDelegation", "GetDelegationCertificate", "ActFor", "ConfirmDelegation"):
        with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
            getattr(officer, name)(delegation_id=told.delegation.id)
    with refused(Status.UNAUTHENTICATED):
        here.by(None, service="DelegationService").GetDelegation(delegation_id=told.delegation.id)
    assert seen(told.person, told.delegation.id).status == ACTIVE


def test_lists_show_what_one_gave_or_holds_newest_first_in_pages(here: IdentityHere) -> None:
    told, other = story(here), here.person()
    given = [told.delegation.id, *(grant(told.person, told.agent.organization).id for _ in range(3))]
    received = grant_to(other, told.person).id
    elsewhere = grant(other, saved(here)).id

    def pages(service: Any, **which: Any) -> list[str]:
        found, token = [], ""
        while True:
            page = service.ListDelegations(page_size=3, page_token=token, **which)
            found += [one.id for one in page.delegations]
            if not (token := page.next_page_token):
                return found

    own = told.person.at("DelegationService")
    assert pages(own) == given[::-1]
    assert pages(own, held=True) == [received]
    assert pages(told.agent.at(), held=True) == pages(told.agent.at()) == given[::-1]
    assert pages(other.at("DelegationService")) == [elsewhere, received]
    with refused(Status.INVALID_ARGUMENT, "MALFORMED"):
        own.ListDelegations(page_token="$gt")


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_either_side_ends_it_once(here: IdentityHere) -> None:
    told = story(here)
    request = pb.RevokeDelegationRequest(request_id=act(), delegation_id=told.delegation.id)
    ended = told.agent.at().RevokeDelegation(request)
    assert (ended.status, ended.version) == (REVOKED, 2) and ended.ended_at
    assert told.agent.at().RevokeDelegation(request).version == 2
    with refused(Status.FAILED_PRECONDITION, "DELEGATION_OVER"):
        told.person.at("DelegationService").RevokeDelegation(delegation_id=told.delegation.id)
    again = grant(told.person, told.agent.organization)
    assert told.person.at("DelegationService").RevokeDelegation(delegation_id=again.id).status == REVOKED


def test_two_who_end_it_at_once_end_it_once(here: IdentityHere) -> None:
    told = story(here)
    sides = [told.person.at("DelegationService"), told.agent.at()] * 3

    def attempt(side: Any) -> str:
        try:
            side.RevokeDelegation(delegation_id=told.delegation.id)
        except grpc.RpcError as error:
            assert error.code() == Status.FAILED_PRECONDITION
            return "over"
        return "ended"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, sides)) == ["ended"] + ["over"] * 5
    assert seen(told.person, told.delegation.id).version == 2


def test_after_its_end_it_is_expired_and_opens_nothing(here: IdentityHere) -> None:
    told = story(here)
    id = grant_until(here, told.person.id, told.agent.organization.id, now() - timedelta(seconds=1))
    assert seen(told.person, id).status == EXPIRED
    with refused(Status.PERMISSION_DENIED, "DELEGATION_VOID"):
        told.agent.at().ActFor(delegation_id=id)
    with refused(Status.FAILED_PRECONDITION, "DELEGATION_OVER"):
        told.person.at("DelegationService").RevokeDelegation(delegation_id=id)


@pytest.mark.parametrize("gone", ["person", "holder"])
def test_who_is_forgotten_leaves_no_delegation_behind(here: IdentityHere, gone: str) -> None:
    mother, son = here.person(level=3), here.person(level=3)
    given = grant_to(mother, son)
    acting = son.at("DelegationService").ActFor(delegation_id=given.id)
    erased, stays = (mother, son) if gone == "person" else (son, mother)
    erased.at("IdentityService").ErasePerson()
    assert seen(stays, given.id).status == REVOKED  # at once
    here.work()
    record = store_delegations.delegations(here.parts.database).get(given.id)
    assert (record.state.status, record.journal[-1]["data"]["revokedBy"]) == (REVOKED, "system:identity")
    assert here.refuses(acting.access_token)
    if gone == "person":
        with refused(Status.PERMISSION_DENIED, "DELEGATION_VOID"):
            son.at("DelegationService").ActFor(delegation_id=given.id)


def test_a_journal_replays_to_its_state_and_names_nobody(here: IdentityHere) -> None:
    told = story(here)
    asked = ask(told.agent, told.person)
    told.person.at("DelegationService").ConfirmDelegation(delegation_id=asked.id)
    told.agent.at().RevokeDelegation(delegation_id=asked.id)
    records = store_delegations.delegations(here.parts.database)
    for document in records.collection.find({}):
        assert records.drift(document) == []
        assert NAME not in str(document) and told.person.number not in str(document)
