"""Codes of windows over the wire: who may issue, print and revoke them, and what they say."""

import uuid
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from chassis.acts import Cause, now
from chassis.records import broken_at
from services.rating import store_windows, windows
from services.rating.model_windows import Window
from tests.support.actors import OTHER_DEPARTMENT, REGION, device, machine, officer, person
from tests.support.calling import refused
from tests.support.rating_service import RatingHere, closed, served
from tests.support.rating_windows import HALL, Hall
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.rating.v1 import service_pb2 as pb
from yiwang.rating.v1 import windows_pb2 as windows_pb

Code = grpc.StatusCode
ELSEWHERE = "990221"


@pytest.fixture
def hall(rating: RatingHere) -> Hall:
    return Hall(rating)


def test_a_code_tells_the_window_and_who_is_there(hall: Hall) -> None:
    window, clerk = hall.window(), officer("receive")
    code = hall.by(clerk).IssueWindowCode(window_id=window)
    assert code.window_id == window
    told = hall.by(None).ReadWindowCode(code=code.code)
    assert told == windows_pb.WindowOfCode(
        window_id=window,
        window_number="3",
        hall=HALL,
        label="综合受理",
        department=clerk.department,
        department_name="示范县水务局",
        region=REGION,
        expires_at=code.expires_at,
    )
    hall.start(window, clerk.id)
    assert hall.by(None).ReadWindowCode(code=code.code).staff_number == f"sw-{clerk.id[:4]}"


def test_a_code_of_a_case_shows_no_more_than_the_end_of_its_number(hall: Hall) -> None:
    window = hall.window()
    case = closed(person().id)
    hall.here.close(case)
    told = hall.by(None).ReadWindowCode(code=hall.live(window, case_number=case.number))
    assert told.case_number_masked == "*" * (len(case.number) - 4) + case.number[-4:]
    assert told.item_name == case.item_name
    assert case.number not in str(told)


def test_codes_are_issued_at_the_own_window_and_nowhere_else(hall: Hall) -> None:
    window, elsewhere = hall.window(), hall.window(region=ELSEWHERE, department=OTHER_DEPARTMENT)
    tablet = hall.tablet(window)
    for actor in (officer("issue"), tablet, officer("administer", department=OTHER_DEPARTMENT)):
        assert hall.by(actor).IssueWindowCode(window_id=window).window_id == window
        for other in (elsewhere, str(uuid.uuid4())):
            with refused(Code.NOT_FOUND):
                hall.by(actor).IssueWindowCode(window_id=other)
    outside = [
        officer("receive", department=OTHER_DEPARTMENT),
        replace(officer("administer"), region=ELSEWHERE),
        hall.tablet(elsewhere),
        device(),
    ]
    for actor in outside:
        with refused(Code.NOT_FOUND):
            hall.by(actor).IssueWindowCode(window_id=window)


def test_nobody_else_issues_or_revokes(hall: Hall) -> None:
    window = hall.window()
    for actor in (person(), machine(), officer("supervise"), officer("catalog")):
        for act in (hall.by(actor).IssueWindowCode, hall.by(actor).RevokeWindowCodes):
            with refused(Code.PERMISSION_DENIED):
                act(window_id=window)
    with refused(Code.UNAUTHENTICATED):
        hall.by(None).IssueWindowCode(window_id=window)
    for actor in (officer("decide"), hall.tablet(window)):
        with refused(Code.PERMISSION_DENIED):
            hall.by(actor).RevokeWindowCodes(window_id=window)


def test_only_administrators_print(hall: Hall) -> None:
    window, administrator = hall.window(), officer("administer")
    for actor in (officer("receive", "decide"), hall.tablet(window)):
        with refused(Code.PERMISSION_DENIED, "NOT_ALLOWED"):
            hall.by(actor).IssueWindowCode(window_id=window, printed=True)
    code = hall.by(administrator).IssueWindowCode(window_id=window, printed=True)
    assert hall.by(None).ReadWindowCode(code=code.code).printed
    case = closed(person().id)
    hall.here.close(case)
    with refused(Code.INVALID_ARGUMENT, "PRINTED_WITHOUT_CASE") as said:
        hall.by(administrator).IssueWindowCode(window_id=window, printed=True, case_number=case.number)
    assert list(said.fields) == ["case_number"]


def test_a_device_has_the_window_it_was_registered_for_until_it_is_revoked(hall: Hall) -> None:
    window = hall.window()
    tablet = hall.tablet(window)
    assert hall.by(tablet).IssueWindowCode().window_id == window
    hall.drop(tablet)
    for actor in (tablet, device(), hall.tablet("")):
        with refused(Code.FAILED_PRECONDITION, "DEVICE_WITHOUT_WINDOW"):
            hall.by(actor).IssueWindowCode()


def test_revoking_ends_every_printed_code_of_the_window_and_no_other(hall: Hall) -> None:
    window, other, administrator = hall.window(), hall.window(), officer("administer")
    old, live, elsewhere = hall.printed(window, administrator), hall.live(window), hall.printed(other, administrator)
    first = hall.by(administrator).RevokeWindowCodes(request_id="revoke-1", window_id=window)
    assert hall.by(administrator).RevokeWindowCodes(request_id="revoke-1", window_id=window) == first
    new = hall.printed(window, administrator)
    with refused(Code.INVALID_ARGUMENT, "CODE_REVOKED") as said:
        hall.by(None).ReadWindowCode(code=old)
    assert list(said.fields) == ["code"]
    with refused(Code.INVALID_ARGUMENT, "CODE_REVOKED"):
        hall.by(None).RateAtWindow(code=old, grade=5)
    for holds in (live, elsewhere, new):
        hall.by(None).ReadWindowCode(code=holds)
    second = hall.by(administrator).RevokeWindowCodes(window_id=window)
    assert (second.generation, second.window_id) == (first.generation + 1, window)
    with refused(Code.INVALID_ARGUMENT, "CODE_REVOKED"):
        hall.by(None).ReadWindowCode(code=new)
    codes = store_windows.codes(hall.here.parts.database)
    document = codes.collection.find_one({})
    assert document is not None and broken_at(document["journal"]) is None and codes.drift(document) == []


def test_an_administrator_of_another_county_revokes_nothing(hall: Hall) -> None:
    window = hall.window()
    for id in (window, str(uuid.uuid4())):
        with refused(Code.NOT_FOUND):
            hall.by(replace(officer("administer"), region=ELSEWHERE)).RevokeWindowCodes(window_id=id)
    assert store_windows.generation(hall.here.parts.database, window) == 1


def test_a_forged_an_expired_and_a_foreign_code_are_told_apart(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    window = hall.window()
    copied = hall.live(window)
    with monkeypatch.context() as later:
        later.setattr("services.rating.api_windows.now", lambda: now() + timedelta(minutes=10))
        expired = _reasons(hall, copied)
    forged = _reasons(hall, copied[:-1] + ("A" if copied[-1] != "A" else "B"))
    parts = hall.here.parts
    gone = Window(str(uuid.uuid4()), "1", HALL, "", "", REGION)
    signer = windows.Windows(parts)
    foreign = _reasons(hall, signer.text_of(signer.issue(gone, False, Cause(key="a cause", by="system:tests"), now())))
    assert (forged, expired, foreign) == ({"CODE_FORGED"}, {"CODE_EXPIRED"}, {"CODE_FOREIGN"})
    assert hall.count() == 0


def _reasons(hall: Hall, code: str) -> set[str]:
    """Why a code is refused, to be read or to be rated by."""
    found = set()
    for act, told in ((hall.by(None).ReadWindowCode, {}), (hall.by(None).RateAtWindow, {"grade": 5})):
        with refused(Code.INVALID_ARGUMENT) as said:
            act(code=code, **told)
        assert list(said.fields) == ["code"]
        found.add(said.reason)
    return found


def test_a_code_is_for_a_case_of_the_windows_department_that_is_asked_about(hall: Hall) -> None:
    window, ann, case = hall.window(), person(), str(uuid.uuid4())
    clerk = hall.by(officer("receive"))

    def issue(number: str) -> None:
        clerk.IssueWindowCode(window_id=window, case_number=number)

    foreign = closed(ann.id, department=OTHER_DEPARTMENT)
    hall.here.close(foreign)
    messages = set()
    for number in ("990121261122999999", foreign.number):
        with refused(Code.INVALID_ARGUMENT, "CASE_UNKNOWN") as said:
            issue(number)
        assert list(said.fields) == ["case_number"]
        messages.add(said.message)
    assert len(messages) == 1
    told = served(ann.id)
    hall.here.hear("invite_paid", case_events.PaymentReceived(case_id=case, served=told), case, 4)
    with refused(Code.FAILED_PRECONDITION, "CASE_NOT_CLOSED"):
        issue(told.number)
    id = hall.here.close(closed(ann.id, case, number=told.number))
    issue(told.number)
    hall.here.by(ann).GiveRating(rating_id=id, grade=pb.GRADE_SATISFIED)
    # Whoever shows a code is not to find out by it who has rated: the code says so to who scans it.
    issue(told.number)
