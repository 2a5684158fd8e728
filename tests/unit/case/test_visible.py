"""Whose cases an actor may see: the filter of every read and the predicate are the same rule."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import ANONYMOUS, OFFICER, PERSON, SERVICE, Actor
from services.case import model
from services.case.model import Case
from tests.support.cases import case_in

ids = st.sampled_from(["a", "b", "c"])
departments = st.sampled_from(["", "11990121MB0000001K", "11990121MB0000002H"])
actors = st.builds(
    Actor,
    id=ids,
    realm=st.sampled_from([0, PERSON, OFFICER, SERVICE]),
    roles=st.frozensets(st.sampled_from(["receive", "review", "decide", "issue", "supervise"])),
    department=departments,
)
cases = st.builds(
    lambda status, applicant, department: case_in(status, applicant_id=applicant, department=department),
    st.integers(1, 10),
    ids,
    departments.filter(bool),
)


def matches(query: dict[str, Any], case: Case) -> bool:
    """Whether the store would find the case by this filter; equality of state fields is all a filter may use."""
    assert query and all(key.startswith("state.") for key in query)
    return all(getattr(case, key.removeprefix("state.")) == value for key, value in query.items())


@given(actors, cases)
def test_the_filter_finds_exactly_what_the_predicate_sees(actor: Actor, case: Case) -> None:
    assert matches(model.visible(actor), case) == model.sees(actor, case)


@given(actors, cases)
def test_a_person_sees_his_own_an_officer_his_departments_and_nobody_else_sees_any(actor: Actor, case: Case) -> None:
    expected = (actor.realm == PERSON and actor.id == case.applicant_id) or (
        actor.realm == OFFICER and actor.department == case.department
    )
    assert model.sees(actor, case) == expected


@given(cases)
def test_an_officer_without_a_department_and_a_caller_without_a_name_see_nothing(case: Case) -> None:
    for actor in (Actor(id="o", realm=OFFICER), ANONYMOUS, Actor(id="gateway", realm=SERVICE)):
        assert not model.sees(actor, case) and not matches(model.visible(actor), case)


@given(actors, cases)
def test_whoever_is_offered_a_move_on_a_case_he_sees_has_the_realm_for_it(actor: Actor, case: Case) -> None:
    for name in model.moves(case, actor):
        assert model.MOVES[name].realm == actor.realm
