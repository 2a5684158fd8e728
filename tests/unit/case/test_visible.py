"""Whose cases an actor may see: the filter of every read and the predicate are the same rule."""

from dataclasses import asdict
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from chassis.acts import AGENT, ANONYMOUS, DEVICE, MACHINE, OFFICER, PERSON, REALMS, SERVICE, Acting, Actor
from chassis.filters import matches
from services.case import model, model_access, model_moves, model_seeing
from services.case.model import Case
from services.case.model_access import Access
from standards.codes import region_covers
from tests.support.actors import delegate, handler, person
from tests.support.cases import SUBMITTED_AT, case_in

ids = st.sampled_from(["a", "b", "c"])
departments = st.sampled_from(["", "11990121MB0000001K", "11990121MB0000002H"])
regions = st.sampled_from(["9901", "990100", "990121", "990122", "990121101"])
delegations = st.sampled_from(["", "d1", "d2"])
actings = st.builds(
    Acting,
    agent=st.sampled_from(["agent:x", "person:y"]),
    name=st.just("王某"),
    channel=st.sampled_from(["helper", "bank", "person", "handler", "something new"]),
    delegation=delegations,
    items=st.frozensets(st.sampled_from(["TEST-1", "TEST-2"])),
    case=st.sampled_from(["", "case-1", "case-2"]),
)
actors = st.builds(
    Actor,
    id=st.sampled_from(["", "a", "b", "c"]),
    realm=st.sampled_from([0, *REALMS]),
    roles=st.frozensets(
        st.sampled_from(
            ["receive", "review", "decide", "issue", "supervise", "catalog", "administer", "market", "procure"]
        )
    ),
    department=departments,
    region=st.just("") | regions,
    acting=st.none() | actings,
)
cases = st.builds(
    lambda status, applicant, department, region, delegation, id: case_in(
        status, applicant_id=applicant, department=department, region=region, delegation_id=delegation, id=id
    ),
    st.integers(1, 10),
    ids,
    departments.filter(bool),
    regions,
    delegations,
    st.sampled_from(["case-1", "case-2", "case-3"]),
)


def found(query: dict[str, Any], state: Any) -> bool:
    """Whether the store would find it by this filter; fields of the state are all a filter may name."""
    assert query and all(key.startswith("state.") for key in query)
    return matches({"state": asdict(state)}, query)


@given(actors, cases)
@example(Actor("a", PERSON, acting=Acting("agent:x", "王某", "helper")), case_in(1, applicant_id="a"))
def test_the_filter_finds_exactly_what_the_predicate_sees(actor: Actor, case: Case) -> None:
    assert found(model_seeing.visible(actor), case) == model_seeing.sees(actor, case)


@given(actors, cases)
def test_what_a_supervisor_may_read_is_the_same_by_filter_and_by_predicate(actor: Actor, case: Case) -> None:
    assert found(model_seeing.overseen(actor), case) == model_seeing.oversees(actor, case)


@given(actors, cases)
def test_everybody_sees_what_the_rules_give_him_and_nothing_else(actor: Actor, case: Case) -> None:
    acting = actor.acting
    if actor.realm == PERSON:
        within = acting is None or acting.channel == "handler"
        if acting and not within:
            within = case.id == acting.case if acting.case else "" != acting.delegation == case.delegation_id
        expected = actor.id == case.applicant_id and within
    else:
        at_desk = actor.realm == MACHINE or bool(actor.roles & {"receive", "review", "decide", "issue"})
        expected = actor.realm in (OFFICER, MACHINE) and at_desk and actor.department == case.department
    assert model_seeing.sees(actor, case) == expected


@given(actors, cases)
def test_only_an_officer_with_the_role_supervises_and_only_below_his_region(actor: Actor, case: Case) -> None:
    expected = actor.realm == OFFICER and "supervise" in actor.roles and actor.region != ""
    assert model_seeing.oversees(actor, case) == (expected and region_covers(actor.region, case.region))


def test_the_supervisor_of_a_city_sees_the_cases_of_its_counties_and_of_no_other_city() -> None:
    city = Actor("s", OFFICER, frozenset({"supervise"}), region="990100")
    for region, expected in (("990121", True), ("990121101", True), ("990100", True), ("990221", False)):
        case = case_in(1, region=region)
        assert found(model_seeing.overseen(city), case) == model_seeing.oversees(city, case) == expected


@given(cases)
def test_without_a_department_a_name_or_a_realm_of_persons_and_officers_nothing_is_seen(case: Case) -> None:
    nobodies = [ANONYMOUS, Actor(id="o", realm=OFFICER, roles=frozenset({"receive"})), Actor(id="m", realm=MACHINE)]
    nobodies += [Actor(id=case.applicant_id, realm=realm) for realm in (SERVICE, AGENT, DEVICE)]
    nobodies += [Actor(id="o", realm=OFFICER, roles=frozenset({"supervise"}), department=case.department)]
    for actor in nobodies:
        assert not model_seeing.sees(actor, case) and not found(model_seeing.visible(actor), case)
        assert not model_seeing.oversees(actor, case) and not found(model_seeing.overseen(actor), case)


@given(actors, cases)
def test_whoever_is_offered_a_move_sees_the_case_as_his_work_and_has_the_realm_for_it(actor: Actor, case: Case) -> None:
    for name in model_seeing.moves(case, actor):
        assert model_seeing.sees(actor, case)
        assert model_moves.MOVES[name].realm == actor.realm


@given(actors, ids)
def test_the_access_record_is_read_by_whom_it_is_about(actor: Actor, whose: str) -> None:
    line = Access("l", "c", "n", whose, "officer:o", "VIEWED", "", SUBMITTED_AT)
    expected = actor.realm == PERSON and actor.id == whose and (not actor.acting or actor.acting.channel == "handler")
    assert found(model_access.visible(actor), line) == model_access.sees(actor, line) == expected


@given(st.integers(1, 10))
def test_a_teller_is_shut_out_when_the_department_has_the_case_and_nobody_else_ever_is(status: int) -> None:
    case, citizen = case_in(status), person("applicant")
    teller = delegate(citizen, "bank")
    assert model_seeing.shut_out(teller, case) == (status not in (model.SUBMITTED, model.CORRECTION))
    for other in (citizen, delegate(citizen), delegate(citizen, "person"), handler(citizen)):
        assert not model_seeing.shut_out(other, case)


def test_only_the_side_of_the_applicant_reads_in_clear_and_a_teller_does_not() -> None:
    citizen = person("applicant")
    for reader in (citizen, delegate(citizen), delegate(citizen, "person"), handler(citizen)):
        assert model_seeing.reads_clear(reader)
    teller = delegate(citizen, "bank")
    for realm in (OFFICER, MACHINE, SERVICE, AGENT, DEVICE):
        assert not model_seeing.reads_clear(Actor("o", realm))
    assert not model_seeing.reads_clear(teller)
