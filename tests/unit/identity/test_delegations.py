"""Delegations and agents by the clock and by the book, with nothing running."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import AGENT, OFFICER, PERSON, Actor, Moment
from chassis.errors import Refused
from chassis.filters import matches
from services.identity import certificates, model_agents, model_delegations, model_sessions
from services.identity.model_agents import Agent, AgentOrganization
from services.identity.model_delegations import ACTIVE, EXPIRED, REQUESTED, REVOKED, Delegation
from standards.codes import region_covers
from yiwang.identity.v1 import delegations_pb2 as pb
from yiwang.identity.v1 import events_pb2 as events

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
POINT = AgentOrganization("o", "BB-1", "东河社区代办点", model_agents.HELPER, "990121101001", "", [], "", "")
BRANCH = replace(POINT, kind=model_agents.BANK, item_codes=["A-1", "A-2"])


def delegation(**changes: Any) -> Delegation:
    fields: dict[str, Any] = {
        "id": "d",
        "person_id": "p",
        "agent_organization_id": "o",
        "holder_person_id": "",
        "item_codes": ["A-1"],
        "case_id": "",
        "until": NOW + timedelta(days=1),
        "status": ACTIVE,
        "created_at": NOW,
    }
    return Delegation(**(fields | changes))


def ends(until: str, at: datetime = NOW) -> Any:
    """The end as asked for, or the reason it is refused."""
    try:
        return model_delegations.scope_of(pb.DelegationScope(item_codes=["A-1"]), until, POINT, at).until
    except Refused as refused:
        return refused.reason


def test_the_end_is_an_instant_with_its_zone_or_the_last_second_of_a_day_in_shanghai() -> None:
    assert ends("2026-11-22T09:00:01+08:00") == NOW + timedelta(seconds=1)
    assert ends("2026-11-22T01:00:01.999Z") == NOW + timedelta(seconds=1)
    assert ends("2026-11-22") == datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
    assert ends("2027-11-22") == datetime(2027, 11, 22, 15, 59, 59, tzinfo=UTC)
    wrong = {
        "2026-11-22T09:00:00+08:00": "PAST",
        "2026-11-21": "PAST",
        "2027-11-23": "TOO_FAR",
        "9999-12-31T23:59:59-12:00": "FORMAT",
        "2026-11-22T10:00:00": "FORMAT",
        "0000-00-00": "FORMAT",
    }
    assert {text: ends(text) for text in wrong} == wrong


def test_a_year_from_the_29th_of_february_ends_on_the_1st_of_march() -> None:
    leap = datetime(2028, 2, 29, 1, tzinfo=UTC)
    assert ends("2029-03-01", leap) == datetime(2029, 3, 1, 15, 59, 59, tzinfo=UTC)
    assert ends("2029-03-02", leap) == "TOO_FAR"


@given(seconds=st.integers(-200, 200), status=st.sampled_from([REQUESTED, ACTIVE]), void=st.booleans())
def test_what_is_over_is_neither_asked_nor_held(seconds: int, status: int, void: bool) -> None:
    one = delegation(status=status, until=NOW + timedelta(seconds=seconds))
    expected = EXPIRED if seconds <= 0 else REVOKED if void else status
    assert model_delegations.status_at(one, NOW, void) == expected


def test_the_end_of_a_delegation_does_not_change_once_it_is_over() -> None:
    for status in (pb.DELEGATION_STATUS_DECLINED, REVOKED):
        one = delegation(status=status, until=NOW - timedelta(days=1))
        assert model_delegations.status_at(one, NOW, True) == status
        assert model_delegations.void_for_good(one) is None


def test_each_side_is_told_from_the_other_and_from_everybody_else() -> None:
    one = delegation(agent_organization_id="o")
    by_person = delegation(agent_organization_id="", holder_person_id="h")
    actors = {"p": "person", "h": "holder", "x": "", "": ""}
    assert {id: model_delegations.side_of(by_person, Actor(id, PERSON), "") for id in actors} == actors
    assert model_delegations.side_of(one, Actor("a", AGENT), "o") == "holder"
    assert model_delegations.side_of(one, Actor("a", AGENT), "other") == ""
    assert model_delegations.side_of(by_person, Actor("a", AGENT), "") == ""
    assert (
        model_delegations.side_of(one, Actor("", PERSON), "") == ""
    )  # nobody is no holder of what an organisation holds


def test_a_list_of_items_limits_what_an_organisation_may_do() -> None:
    assert model_delegations.listed(["ANY"], POINT) and model_delegations.listed([], POINT)
    assert model_delegations.listed(["A-1", "A-2"], BRANCH)
    assert not model_delegations.listed(["A-1", "A-3"], BRANCH) and not model_delegations.listed([], BRANCH)


def test_no_token_of_a_session_outlives_the_delegation_it_acts_under() -> None:
    def session(until: datetime | None) -> model_sessions.Session:
        acting = model_sessions.ActingAs("agent:a", "sealed", "helper", until=until)
        return model_sessions.Session("s", "p", "person", 1, NOW, acting=acting)

    assert model_sessions.access_seconds(session(None), NOW) == 900
    assert model_sessions.access_seconds(session(NOW + timedelta(seconds=100)), NOW) == 100
    with pytest.raises(Refused) as caught:
        model_sessions.access_seconds(session(NOW), NOW)
    assert caught.value.reason == "SESSION_ENDED"


def test_the_level_of_a_point_follows_from_its_region() -> None:
    levels = {"990100": 1, "990121": 2, "990121101": 3, "990121101001": 4, "990000": 0, "12": 0, "": 0}
    assert {region: model_agents.level_of(region) for region in levels} == levels


REGIONS = st.sampled_from(["990100", "990121", "990122", "990121101", "990121101001", "990200", "", "x"])


@given(REGIONS, REGIONS, st.sampled_from([OFFICER, PERSON]))
def test_filter_and_predicate_of_agents_say_the_same(own: str, region: str, realm: int) -> None:
    agent, actor = Agent("a", "bb-1", "o", region or "990300", "sealed"), Actor("x", realm, region=own)
    document = {"state": {"region": agent.region}}
    assert matches(document, model_agents.visible(actor)) == model_agents.sees(actor, agent)


@given(parent=REGIONS.filter(len), region=REGIONS.filter(len), closed=st.booleans())
def test_a_parent_is_open_higher_and_covers(parent: str, region: str, closed: bool) -> None:
    wanted = events.AgentOrganizationSaved(code="c", name="代办点", kind=1, region=region, parent_id="above")
    above = replace(POINT, region=parent, closed=closed)
    try:
        model_agents.save(None, wanted, above)
        saved = True
    except Refused as refused:
        saved = False
        assert {one.reason for one in refused.violations} <= {"PARENT_OUTSIDE", "REGION_UNKNOWN"}
    levels = model_agents.level_of(parent), model_agents.level_of(region)
    assert saved == (bool(levels[1]) and not closed and levels[0] < levels[1] and region_covers(parent, region))


def test_events_of_agents_give_their_state() -> None:
    moment = Moment(NOW, "officer:x")
    appointed = events.AgentAppointed(agent_id="a", agent_number="bb-1", agent_organization_id="o", region="990121")
    agent = model_agents.AGENT_EVOLVE[events.AgentAppointed](None, appointed, moment)
    assert model_agents.appoint(agent, appointed) is None
    assert model_agents.appoint(agent, appointed, new_password=True) == appointed
    gone = model_agents.AGENT_EVOLVE[events.AgentDismissed](agent, events.AgentDismissed(agent_id="a"), moment)
    assert gone.dismissed and model_agents.dismiss(gone) is None
    assert model_agents.appoint(gone, appointed) == appointed
    for broken in ((gone, POINT), (agent, replace(POINT, closed=True))):
        with pytest.raises(Refused):
            model_agents.require_working(*broken)
    model_agents.require_working(agent, POINT)


def test_a_document_key_is_of_one_year_in_shanghai() -> None:
    last = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert certificates.slot("Ed25519", last) == "Ed25519/2026"
    assert certificates.slot("SM2-SM3", last + timedelta(seconds=1)) == "SM2-SM3/2027"
