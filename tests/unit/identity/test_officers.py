"""Officers, with nothing running: who is appointed where, who approves, who takes over."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import OFFICER, PERSON, Actor, Moment
from chassis.errors import ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.identity import model_departments, model_officers
from services.identity.model_departments import Department
from services.identity.model_officers import BY_TWO, EVOLVE, Officer
from standards.identifiers import id_number_check_digit
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import officers_pb2 as pb

MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC), "officer:a1")
NUMBER = "99010119900307101" + id_number_check_digit("99010119900307101")
USCC, OTHER = "11990121000001011B", "1199012100000102X3"
DEPARTMENT = Department("d1", USCC, "示范县市场监督管理局", "990121")
FIRST, SECOND = "officer:a1", "officer:a2"


def refusal(act: Any, *arguments: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value


def post(region: str = "990121", **changes: Any) -> events.OfficerAppointed:
    fields = {
        "officer_id": "o1",
        "staff_number": "sj-101",
        "roles": ["receive"],
        "department": USCC,
        "department_name": "示范县市场监督管理局",
        "region": region,
        "sealed": "c2VhbGVk",
    }
    return events.OfficerAppointed(**(fields | changes))


def wanted(**changes: str) -> pb.AppointOfficerRequest:
    fields = {"staff_number": "sj-101", "name": "张示范", "region": "990121", "password": "long enough"}
    return pb.AppointOfficerRequest(**(fields | changes))


def replay(*journal: Message) -> Any:
    state: Any = None
    for event in journal:
        state = EVOLVE[type(event)](state, event, MOMENT)
    return state


def after(officer: Officer | None, *found: Message) -> Officer:
    for event in found:
        officer = EVOLVE[type(event)](officer, event, MOMENT)
    assert officer is not None
    return officer


def officer(region: str = "990121", **changes: Any) -> Officer:
    return after(None, post(region, **changes))


def admin(region: str = "990121", id: str = "a1") -> Actor:
    return Actor(id, OFFICER, frozenset({"administer"}), region=region)


def names(found: list[Message] | None) -> list[str]:
    return [type(one).__name__ for one in found or []]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"staff_number": NUMBER}, "staff_number"),
        ({"staff_number": "19900000001"}, "staff_number"),
        ({"region": "012345"}, "region"),
        ({"name": " "}, "name"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_wrong_appointment_names_its_field(changes: dict[str, str], field: str) -> None:
    refused = refusal(model_officers.check_appointment, None, wanted(**changes), DEPARTMENT, admin("990000"))
    assert [one.field for one in refused.violations] == [field]


def test_nobody_is_appointed_to_a_department_that_was_never_brought_in() -> None:
    refused = refusal(model_officers.check_appointment, None, wanted(), None, admin())
    assert (refused.reason, refused.violations[0].field) == ("DEPARTMENT_UNKNOWN", "department")


def test_an_officer_in_office_keeps_the_password_when_none_is_given() -> None:
    model_officers.check_appointment(officer(), wanted(password=""), DEPARTMENT, admin())


@pytest.mark.parametrize(
    ("own", "present", "region", "department", "allowed"),
    [
        ("990121", None, "990121", "990121", True),
        ("990121", None, "990121101", "990121101", True),
        ("990000", None, "990121", "990121", True),
        ("990121", None, "990200", "990121", False),
        ("990121101", None, "990121", "990121101", False),
        ("990121", "990200", "990121", "990121", False),  # fetched from another county
        ("990121", None, "990121", "990200", False),  # put into another county's department
        ("990000", "990200", "990121", "990121", True),
        ("", None, "990121", "990121", False),
    ],
)
def test_an_administrator_appoints_within_his_own_region_only(
    own: str, present: str | None, region: str, department: str, allowed: bool
) -> None:
    there = Department("d1", USCC, "局", department)
    arguments = (officer(present) if present else None, wanted(region=region), there, admin(own))
    if allowed:
        model_officers.check_appointment(*arguments)
    else:
        assert refusal(model_officers.check_appointment, *arguments).reason == "OUTSIDE_REGION"


def test_nobody_touches_his_own_post() -> None:
    own = admin(id="o1")
    for act, arguments in (
        (model_officers.check_appointment, (officer(), wanted(), DEPARTMENT, own)),
        (model_officers.transfer, (officer(), post(department=OTHER), officer(officer_id="o2"), own)),
        (model_officers.dismiss, (officer(), None, True, "", own)),
        (model_officers.approve, (after(officer(), *proposal()), own)),
    ):
        assert refusal(act, *arguments).reason == "OWN_POST"


def proposal(by: str = FIRST) -> list[Message]:
    return [events.AppointmentProposed(officer_id="o1", roles=["decide"], proposed_by=by)]


def test_the_same_post_again_is_no_event_and_another_is() -> None:
    assert model_officers.appoint(None, post(), FIRST) == [post()]
    assert model_officers.appoint(officer(), post(), FIRST) is None
    for change in ({"roles": ["issue"]}, {"region": "990101"}, {"sealed": "b3RoZXI="}, {"post": "窗口岗"}):
        assert model_officers.appoint(officer(), post(**change), FIRST) == [post(**change)]


def test_a_new_password_is_worth_an_entry_though_the_post_is_the_same() -> None:
    assert model_officers.appoint(officer(), post(), FIRST, True) == [post()]


def test_to_decide_waits_for_a_second_administrator_and_the_rest_holds_at_once() -> None:
    both = post(roles=["decide", "receive"])
    for before in (None, officer()):
        now = after(before, *model_officers.appoint(before, both, FIRST) or [])
        assert (now.roles, now.proposed_roles, now.proposed_by) == (["receive"], ["decide"], FIRST)
        assert model_officers.appoint(now, both, SECOND) is None  # proposed already, and by whom it was
        event = model_officers.approve(now, admin(id="a2"))
        assert (event.proposed_by, event.approved_by) == (FIRST, SECOND)
        held = after(now, event)
        assert (held.roles, held.proposed_roles, held.proposed_by) == (["decide", "receive"], [], "")
        assert model_officers.appoint(held, both, FIRST) is None
    assert model_officers.appoint(None, both, "") == [both]  # the operator's word


def test_who_proposed_may_not_approve_and_nothing_can_be_approved_twice() -> None:
    waiting = after(officer(), *proposal())
    refused = refusal(model_officers.approve, waiting, admin())
    assert (refused.code, refused.reason) == (FAILED_PRECONDITION, "PROPOSER_MAY_NOT_APPROVE")
    held = after(waiting, model_officers.approve(waiting, admin(id="a2")))
    assert refusal(model_officers.approve, held, admin(id="a2")).reason == "NOTHING_PROPOSED"
    assert refusal(model_officers.reject, held, "").reason == "NOTHING_PROPOSED"
    assert model_officers.changed_meanwhile().code == ABORTED


def test_a_proposal_ends_by_rejection_and_by_an_appointment_without_it() -> None:
    waiting = after(officer(), *proposal())
    assert after(waiting, model_officers.reject(waiting, "sealed")) == officer()
    assert after(waiting, *model_officers.appoint(waiting, post(), SECOND) or []) == officer()


def test_to_decide_does_not_move_along_to_another_department() -> None:
    before, successor = officer(roles=["decide", "receive"]), officer(officer_id="o2")
    found = model_officers.transfer(before, post(roles=["decide"], department=OTHER), successor, admin())
    assert names(found) == ["OfficerTransferred", "OfficerAppointed", "AppointmentProposed"]
    left = (found or [])[0]
    assert (left.department, left.successor_id) == (USCC, "o2")  # type: ignore[attr-defined]
    now = after(before, *found or [])
    assert (now.department, now.roles, now.proposed_roles) == (OTHER, [], ["decide"])


def test_an_appointment_to_another_department_leaves_the_work_to_the_department() -> None:
    found = model_officers.appoint(officer(), post(department=OTHER), FIRST)
    assert names(found) == ["OfficerTransferred", "OfficerAppointed"]
    assert (found or [])[0].successor_id == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("act", ["transfer", "dismiss"])
def test_who_takes_over_must_be_in_office_in_the_same_department_and_another(act: str) -> None:
    gone = after(officer(officer_id="o2"), events.OfficerDismissed(officer_id="o2"))
    for successor in (None, gone, officer(officer_id="o2", department=OTHER), officer()):
        if act == "transfer":
            arguments: tuple[Any, ...] = (officer(), post(department=OTHER), successor, admin())
        else:
            arguments = (officer(), successor, False, "", admin())
        refused = refusal(getattr(model_officers, act), *arguments)
        assert (refused.code, refused.reason) == (INVALID_ARGUMENT, "SUCCESSOR_NOT_THERE")
        assert refused.violations[0].field == "successor_id"


def test_who_is_dismissed_holds_nothing_and_may_be_appointed_again_from_nothing() -> None:
    before = after(officer(roles=["decide", "receive"]), *proposal())
    event = model_officers.dismiss(before, officer(officer_id="o2"), False, "sealed", admin())
    assert (event.department, event.successor_id) == (USCC, "o2")
    gone = after(before, event)
    assert (gone.dismissed, gone.roles, gone.proposed_roles) == (True, [], [])
    assert refusal(model_officers.dismiss, gone, None, True, "", admin()).reason == "NOT_IN_OFFICE"
    assert refusal(model_officers.transfer, gone, post(department=OTHER), None, admin()).reason == "NOT_IN_OFFICE"
    again = after(gone, *model_officers.appoint(gone, post(roles=["decide"]), FIRST) or [])
    assert (again.dismissed, again.roles, again.proposed_roles) == (False, [], ["decide"])


def test_the_journal_of_an_officer_replays_to_the_last_post() -> None:
    journal = (post(), post("990121101", roles=["decide", "issue"], post="审批岗"))
    assert replay(*journal) == Officer(
        "o1", "sj-101", ["decide", "issue"], USCC, "示范县市场监督管理局", "990121101", "c2VhbGVk", "审批岗"
    )


def department(**changes: str) -> events.DepartmentSaved:
    fields = {"department_id": "d1", "uscc": USCC, "name": "局", "region": "990121"}
    return events.DepartmentSaved(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "known", "field"),
    [
        ({"uscc": "11990121000001011C"}, False, "uscc"),
        ({"name": " "}, False, "name"),
        ({"region": "012345"}, False, "region"),
        ({"parent": OTHER}, False, "parent"),
        ({"parent": USCC}, True, "parent"),
    ],
)
def test_a_wrong_department_names_its_field(changes: dict[str, str], known: bool, field: str) -> None:
    refused = refusal(model_departments.check, department(**changes), known)
    assert [one.field for one in refused.violations] == [field]


def test_a_department_saved_as_it_is_is_no_event() -> None:
    model_departments.check(department(parent=OTHER), True)
    saved = model_departments.EVOLVE[events.DepartmentSaved](None, department(), MOMENT)
    assert model_departments.save(saved, department()) is None
    assert model_departments.save(saved, department(name="新名")) == department(name="新名")


digits = st.sampled_from("0129")
regions = st.one_of(
    *(st.text(digits, min_size=length, max_size=length) for length in (0, 2, 4, 6, 9, 12)),
    st.sampled_from(["990121", "990121101", "990000", "9901", "99", "999999", "990199", "x", "99010x"]),
)


@given(own=regions, region=regions, realm=st.sampled_from([OFFICER, PERSON, 0]))
def test_filter_and_predicate_show_the_same_officers(own: str, region: str, realm: int) -> None:
    actor = Actor("a1", realm, region=own)
    try:
        model_officers.check_appointment(None, wanted(region=region), DEPARTMENT, None)
    except Refused:
        return  # nobody holds a post there
    condition = model_officers.visible(actor)["state.region"]
    matches = region == condition if isinstance(condition, str) else condition["$gte"] <= region < condition["$lt"]
    assert matches == model_officers.sees(actor, officer(region))


@pytest.mark.parametrize("role", sorted(BY_TWO))
def test_what_two_must_grant_waits_for_the_second_one(role: str) -> None:
    one = after(None, *model_officers.appoint(None, post(roles=["receive", role]), "officer:a1") or [])
    assert (one.roles, one.proposed_roles, one.proposed_by) == (["receive"], [role], "officer:a1")


@pytest.mark.parametrize("role", sorted(BY_TWO))
def test_a_password_set_by_one_administrator_alone_gives_nobody_what_two_must_grant(role: str) -> None:
    serving = officer(roles=["receive", role])
    renewed = after(serving, *model_officers.appoint(serving, post(roles=["receive", role]), "officer:a1", True) or [])
    assert (renewed.roles, renewed.proposed_roles) == (["receive"], [role])


@pytest.mark.parametrize("role", sorted(BY_TWO))
def test_what_two_granted_for_a_region_one_alone_does_not_extend_to_a_larger_one(role: str) -> None:
    serving = officer("990121", roles=["receive", role])
    for region, kept in (("990121101", True), ("990121", True), ("990100", False), ("990122", False)):
        moved = model_officers.appoint(serving, post(roles=["receive", role], region=region), "officer:a1") or []
        assert (role in after(serving, *moved).roles) == kept


def test_a_password_set_by_the_operator_changes_no_role() -> None:
    serving = officer(roles=["decide", "receive"])
    assert after(
        serving, *model_officers.appoint(serving, post(roles=["decide", "receive"]), "", True) or []
    ).roles == [
        "decide",
        "receive",
    ]
