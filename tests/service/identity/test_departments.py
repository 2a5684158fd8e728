"""Departments, and the way of a post: proposed and approved, transferred, ended. Every event is heard twice, and all again in the end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.acts import Actor
from services.identity import store_officers
from tests.support import actors
from tests.support.calling import refused
from tests.support.halls import MARKET, POLICE, Halls
from tests.support.identity_here import identity_here

Status = grpc.StatusCode
TOWN = "119901210000099960"


@pytest.fixture
def halls(database: Database[dict[str, Any]]) -> Iterator[Halls]:
    with identity_here(database, SimpleNamespace(url="")) as here:  # type: ignore[arg-type]
        yield Halls(here)


def elsewhere(*roles: str) -> Actor:
    """An administrator of another county."""
    return Actor("far", actors.OFFICER, frozenset(roles or ("administer",)), region="990200", session="far.1")


def journal(halls: Halls, officer_id: str) -> list[str]:
    record = store_officers.officers(halls.here.parts.database).get(officer_id)
    return [entry["type"] for entry in record.journal]


# -- departments ---------------------------------------------------------------------------------------------------------


def test_a_department_is_brought_in_changed_and_listed_for_everybody_below_its_region(halls: Halls) -> None:
    town = halls.officers().SaveDepartment(uscc=TOWN, name="东河镇人民政府", region="990121101", parent=MARKET)
    assert (town.version, town.parent) == (1, MARKET)
    renamed = halls.officers().SaveDepartment(uscc=TOWN, name="东河镇", region="990121101")
    assert (renamed.id, renamed.version, renamed.parent) == (town.id, 2, "")
    public, seen, page = halls.here.by(None, service="OfficerService"), [], ""
    while True:
        answer = public.ListDepartments(region="990121", page_size=2, page_token=page)
        seen += [one.uscc for one in answer.departments]
        page = answer.next_page_token
        if not page:
            break
    assert seen == sorted([MARKET, POLICE, TOWN])
    assert [one.uscc for one in public.ListDepartments(region="990121101").departments] == [TOWN]
    assert list(public.ListDepartments(region="990200").departments) == []


def test_a_department_is_no_other_countys_to_take_and_its_code_is_checked(halls: Halls) -> None:
    for fields in ({"region": "990121"}, {"region": "990200"}):
        with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
            halls.officers(elsewhere()).SaveDepartment(uscc=MARKET, name="抢占", **fields)
    with refused(Status.INVALID_ARGUMENT, "CHECK_DIGIT") as told:
        halls.officers().SaveDepartment(uscc=MARKET[:17] + "A", name="错码", region="990121")
    assert set(told.fields) == {"uscc"}
    with refused(Status.INVALID_ARGUMENT, "DEPARTMENT_UNKNOWN") as told:
        halls.officers().SaveDepartment(uscc=TOWN, name="无上级", region="990121", parent="1197030000000102XP")
    assert set(told.fields) == {"parent"}


# -- what one administrator alone cannot give ------------------------------------------------------------------------------


def test_to_decide_is_granted_by_two_and_ends_the_sessions_that_know_nothing_of_it(halls: Halls) -> None:
    officer = halls.appoint("decide", "receive")
    assert (list(officer.roles), list(officer.proposed_roles)) == (["receive"], ["decide"])
    assert officer.proposed_by == halls.first.principal
    waiting = halls.officers(halls.second).ListOfficers(proposed=True).officers
    assert [one.id for one in waiting] == [officer.id]
    session = halls.sign_in(officer)
    halls.here.work()
    assert not halls.here.refuses(session.access_token)
    with refused(Status.FAILED_PRECONDITION, "PROPOSER_MAY_NOT_APPROVE"):
        halls.officers().ApproveAppointment(officer_id=officer.id, version=officer.version)
    request = {"request_id": "approve-0001", "officer_id": officer.id, "version": officer.version}
    held = halls.officers(halls.second).ApproveAppointment(**request)
    assert (list(held.roles), list(held.proposed_roles), held.proposed_by) == (["decide", "receive"], [], "")
    assert halls.officers(halls.second).ApproveAppointment(**request) == held
    halls.here.work()
    assert halls.here.refuses(session.access_token)
    assert list(halls.officers().ListOfficers(proposed=True).officers) == []


def test_an_approver_approves_what_he_has_read_and_nothing_newer(halls: Halls) -> None:
    officer = halls.appoint("decide")
    changed = halls.appoint("decide", "issue", staff_number=officer.staff_number, password="")
    assert (list(changed.roles), list(changed.proposed_roles)) == (["issue"], ["decide"])
    with refused(Status.ABORTED, "CHANGED_MEANWHILE"):
        halls.officers(halls.second).ApproveAppointment(officer_id=officer.id, version=officer.version)
    held = halls.officers(halls.second).ApproveAppointment(officer_id=officer.id, version=changed.version)
    assert list(held.roles) == ["decide", "issue"]


def test_two_who_approve_at_once_approve_once(halls: Halls) -> None:
    officer, approvers = halls.appoint("decide"), [halls.here.officer("administer") for _ in range(4)]

    def approve(actor: Actor) -> str:
        try:
            halls.officers(actor).ApproveAppointment(officer_id=officer.id, version=officer.version)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "OK"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(approve, approvers))
    assert outcomes == ["ABORTED", "ABORTED", "ABORTED", "OK"]
    assert journal(halls, officer.id).count("AppointmentApproved") == 1


def test_a_proposal_is_rejected_by_who_made_it_too_and_its_reason_is_sealed(halls: Halls) -> None:
    officer = halls.appoint("decide")
    rejected = halls.officers().RejectAppointment(officer_id=officer.id, reason="材料不全请补")
    assert (list(rejected.roles), list(rejected.proposed_roles)) == ([], [])
    with refused(Status.FAILED_PRECONDITION, "NOTHING_PROPOSED"):
        halls.officers(halls.second).ApproveAppointment(officer_id=officer.id, version=rejected.version)
    entry = store_officers.officers(halls.here.parts.database).get(officer.id).journal[-1]
    assert halls.here.parts.keyring.open_text(officer.id, entry["data"]["sealedReason"]) == "材料不全请补"


def test_an_administrator_of_another_county_sees_and_changes_nobody_here(halls: Halls) -> None:
    officer, far = halls.appoint("decide"), halls.officers(elsewhere())
    halls.officers().SaveDepartment(uscc=TOWN, name="东河镇", region="990121101")
    other = halls.appoint("receive")
    for call in (
        lambda: far.GetOfficer(officer_id=officer.id),
        lambda: far.ApproveAppointment(officer_id=officer.id, version=officer.version),
        lambda: far.RejectAppointment(officer_id=officer.id),
        lambda: far.DismissOfficer(officer_id=officer.id),
        lambda: far.TransferOfficer(officer_id=officer.id, department=POLICE, roles=["receive"], successor_id=other.id),
    ):
        with refused(Status.NOT_FOUND):
            call()
    assert list(far.ListOfficers().officers) == []
    assert len(journal(halls, officer.id)) == 2
    assert halls.officers().GetOfficer(officer_id=officer.id) == officer


def test_a_new_password_by_an_administrator_ends_the_sessions(halls: Halls) -> None:
    officer = halls.appoint("receive")
    session = halls.sign_in(officer)
    assert halls.appoint("receive", staff_number=officer.staff_number).version == 2
    halls.here.work()
    assert halls.here.refuses(session.access_token)


# -- transfer and dismissal ------------------------------------------------------------------------------------------------


def test_a_transfer_is_one_write_that_names_who_takes_over_and_ends_the_sessions(halls: Halls) -> None:
    officer, successor = halls.appoint("receive"), halls.appoint("review")
    session = halls.sign_in(officer)
    halls.here.work()
    fields = {"officer_id": officer.id, "department": POLICE, "roles": ["receive", "decide"], "post": "户籍岗"}
    request = {**fields, "successor_id": successor.id, "request_id": "transfer-0001"}
    moved = halls.officers().TransferOfficer(**request)
    assert (moved.department, moved.department_name, list(moved.roles)) == (POLICE, "示范县公安局", ["receive"])
    assert (list(moved.proposed_roles), moved.post) == (["decide"], "户籍岗")
    assert halls.officers().TransferOfficer(**request) == moved
    assert journal(halls, officer.id)[1:] == ["OfficerTransferred", "OfficerAppointed", "AppointmentProposed"]
    told = store_officers.officers(halls.here.parts.database).get(officer.id).journal[1]["data"]
    assert (told["department"], told["successorId"]) == (MARKET, successor.id)
    halls.here.work()
    assert halls.here.refuses(session.access_token)
    assert halls.sign_in(officer).me.officer.department == POLICE


def test_work_goes_to_nobody_who_is_not_there(halls: Halls) -> None:
    officer, other = halls.appoint("receive"), halls.appoint("receive", department=POLICE)
    gone = halls.appoint("receive")
    halls.officers().DismissOfficer(officer_id=gone.id)
    for successor in (other.id, gone.id, officer.id, "00000000-0000-0000-0000-000000000000"):
        with refused(Status.INVALID_ARGUMENT, "SUCCESSOR_NOT_THERE") as told:
            halls.officers().TransferOfficer(
                officer_id=officer.id, department=POLICE, roles=["receive"], successor_id=successor
            )
        assert set(told.fields) == {"successor_id"}
        with refused(Status.INVALID_ARGUMENT, "SUCCESSOR_NOT_THERE"):
            halls.officers().DismissOfficer(officer_id=officer.id, successor_id=successor)
    with refused(Status.INVALID_ARGUMENT, "SAME_DEPARTMENT"):
        halls.officers().TransferOfficer(
            officer_id=officer.id, department=MARKET, roles=["receive"], successor_id=officer.id
        )
    assert len(journal(halls, officer.id)) == 1


def test_who_is_dismissed_is_out_everywhere_and_stays_in_the_list(halls: Halls) -> None:
    officer = halls.appoint("receive")
    session = halls.sign_in(officer)
    gone = halls.officers().DismissOfficer(officer_id=officer.id, reason="调离")
    assert gone.dismissed and not gone.roles
    halls.here.work()
    assert halls.here.refuses(session.access_token)
    with refused(Status.UNAUTHENTICATED, "SIGN_IN_REFUSED") as told:
        halls.sign_in(officer)
    with refused(Status.UNAUTHENTICATED, "SIGN_IN_REFUSED") as unknown:
        halls.here.by(None).SignIn(login="nobody-here", password="x")
    assert told.message == unknown.message
    with refused(Status.UNAUTHENTICATED, "SESSION_ENDED"):
        halls.here.by(None).RefreshSession(refresh_token=session.refresh_token)
    assert [one.dismissed for one in halls.officers().ListOfficers().officers if one.id == officer.id] == [True]
    with refused(Status.FAILED_PRECONDITION, "NOT_IN_OFFICE"):
        halls.officers().DismissOfficer(officer_id=officer.id)
    again = halls.appoint("receive", staff_number=officer.staff_number)
    assert not again.dismissed
    fresh = halls.sign_in(officer)
    halls.here.work()
    # What was heard of the dismissal long ago, or again, ends no session of the new post.
    assert fresh.me.officer.id == officer.id


def test_an_event_heard_late_ends_no_session_that_began_after_it(halls: Halls) -> None:
    officer = halls.appoint("receive")
    old = halls.sign_in(officer)
    halls.appoint("issue", staff_number=officer.staff_number, password="")
    late = halls.here.unsent()
    for _, heard in late:
        heard.time = "2026-01-01T00:00:00+00:00"
    for name, heard in late:
        halls.here.handle(name, heard)
    assert not halls.here.refuses(old.access_token)


def test_nobody_ends_or_changes_his_own_post(halls: Halls) -> None:
    own = halls.officers()
    with refused(Status.FAILED_PRECONDITION, "OWN_POST"):
        own.DismissOfficer(officer_id=halls.first.id)
    kept = store_officers.officers(halls.here.parts.database).get(halls.first.id).state
    assert not kept.dismissed and kept.roles == ["administer"]


def test_only_administrators_of_the_region_come_near_posts(halls: Halls) -> None:
    officer = halls.appoint("receive")
    for actor in (halls.as_actor(officer), actors.person(), actors.service(), actors.machine()):
        caller = halls.officers(actor)
        for call in (
            lambda caller=caller: caller.ListOfficers(),
            lambda caller=caller: caller.GetOfficer(officer_id=officer.id),
            lambda caller=caller: caller.DismissOfficer(officer_id=officer.id),
            lambda caller=caller: caller.SaveDepartment(uscc=MARKET, name="改名", region="990121"),
        ):
            with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
                call()
