"""Officers: who appoints whom where, and the list of them."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from chassis import tokens
from tests.support.calling import As
from tests.support.identity_service import (
    NAME,
    Identity,
    appointment,
    load,
    officer_row,
    own_key,
    refresh,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb


def by(identity: Identity, session: pb.Session, process: int = 0) -> As:
    return identity.by(session.access_token, "OfficerService", process)


def test_an_administrator_appoints_and_the_officer_signs_in_with_his_post(
    identity: Identity, admin: pb.Session
) -> None:
    request = appointment(region="990121101", post="窗口岗")
    officer = by(identity, admin).AppointOfficer(request)
    assert by(identity, admin, 1).AppointOfficer(request) == officer
    session = sign_in(identity, request.staff_number)
    assert session.me.officer == officer and officer.post == "窗口岗"
    actor = tokens.Verifier(lambda _: own_key(identity)).actor(session.access_token)
    assert (actor.realm, actor.roles, actor.region) == (2, {"receive", "review"}, "990121101")
    change = appointment(staff_number=request.staff_number, roles=["issue"], password="")
    assert by(identity, admin).AppointOfficer(change).version == 2
    renewed = refresh(identity, session.refresh_token)
    assert list(renewed.me.officer.roles) == ["issue"]
    assert sign_in(identity, request.staff_number).me.officer.version == 2


def test_an_old_appointment_repeated_does_not_bring_an_old_password_back(identity: Identity, admin: pb.Session) -> None:
    first = appointment()
    second = appointment(staff_number=first.staff_number, roles=["issue"], password="A-new-password-1")
    for request in (first, second, first):
        answer = by(identity, admin).AppointOfficer(request)
    assert answer.version == 2
    assert sign_in(identity, first.staff_number, "A-new-password-1").me.officer == answer
    assert refusal(sign_in, identity, first.staff_number)[1] == "SIGN_IN_REFUSED"
    first.password = "Yet-another-one"
    assert refusal(by(identity, admin).AppointOfficer, first)[1:] == ("REQUEST_ID_REUSED", ["request_id"])


def test_nobody_is_appointed_outside_the_administrators_region(identity: Identity, admin: pb.Session) -> None:
    request = appointment(region="990200")
    refused = refusal(by(identity, admin).AppointOfficer, request)
    assert refused[:2] == (grpc.StatusCode.PERMISSION_DENIED, "OUTSIDE_REGION")
    assert refusal(sign_in, identity, request.staff_number)[1] == "SIGN_IN_REFUSED"


def test_nobody_is_appointed_to_a_department_nobody_brought_in(identity: Identity, admin: pb.Session) -> None:
    refused = refusal(by(identity, admin).AppointOfficer, appointment(department="119901210000099960"))
    assert refused[1:] == ("DEPARTMENT_UNKNOWN", ["department"])


def test_two_administrators_who_appoint_one_officer_at_once_are_both_answered(
    identity: Identity, admin: pb.Session
) -> None:
    first = appointment()
    requests = [appointment(staff_number=first.staff_number, roles=[role]) for role in ("receive", "review", "issue")]
    with ThreadPoolExecutor(3) as pool:
        appointing = [pool.submit(by(identity, admin).AppointOfficer, one) for one in requests]
    assert sorted(one.result().version for one in appointing) == [1, 2, 3]


def test_the_list_shows_the_region_and_below_in_pages_by_staff_number(identity: Identity) -> None:
    rows = [officer_row(f"pg-{place:02d}", region="970300" if place % 2 else "970300101") for place in range(9)]
    rows += [officer_row("pg-elsewhere", region="970400"), officer_row("pg-adm", region="970300", roles=["administer"])]
    rows += [officer_row("pg-other", region="970300", department="1197030000000102XP", departmentName="示范市公安局")]
    assert load(identity, {"officers": rows}).returncode == 0
    caller, found, page = by(identity, sign_in(identity, "pg-adm")), [], ""
    while True:
        answer = caller.ListOfficers(page_size=4, page_token=page)
        found += [(one.staff_number, one.name) for one in answer.officers]
        page = answer.next_page_token
        if not page:
            break
    expected = [*(f"pg-{place:02d}" for place in range(9)), "pg-adm", "pg-other"]
    assert found == [(number, NAME) for number in expected]
    only = caller.ListOfficers(department="1197030000000102XP").officers
    assert [one.staff_number for one in only] == ["pg-other"]
