"""What is rated in the hall, by a code of a window and on its tablet: once, by whom it may be, of whom it is, and nothing else counted."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.rating import model, store
from services.rating.model import Rating
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, delegate, device, handler, officer, person
from tests.support.calling import at_once, refused
from tests.support.rating_service import RatingHere, closed
from tests.support.rating_windows import Hall
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode


@pytest.fixture
def hall(rating: RatingHere) -> Hall:
    return Hall(rating)


def kept(hall: Hall, id: str) -> Rating:
    """A rating as it is kept; its journal gives the same."""
    ratings = hall.here.ratings
    document = ratings.collection.find_one({"_id": id})
    assert document is not None and ratings.drift(document) == []
    return ratings.get(id).state


def clock(offset: timedelta = timedelta()) -> str:
    """A tablet's clock, so much off."""
    return (now() + offset).isoformat()


# -- by a code -------------------------------------------------------------------------------------------------------------


def test_a_window_is_rated_by_its_code_without_anybody_being_known(hall: Hall) -> None:
    window, clerk = hall.window(), officer("receive")
    hall.start(window, clerk.id)
    receipt = hall.by(None).RateAtWindow(code=hall.live(window), grade=2, comment=" 等了一个小时 ")
    one = kept(hall, receipt.rating_id)
    assert (one.node, one.channel, one.grade, one.window_id) == (
        pb.SERVICE_NODE_WINDOW, pb.RATING_CHANNEL_QR, 2, window,
    )  # fmt: skip
    assert (one.officers, one.department, one.department_name) == ([clerk.id], DEPARTMENT, "示范县水务局")
    assert (one.applicant_id, one.rater_id, one.anonymous, one.item_id) == ("", receipt.rating_id, True, "")
    assert one.loop is not None and one.negative
    assert hall.here.keyring.open_text(one.rater_id, one.sealed_comment) == "等了一个小时"
    assert "等了" not in str(hall.here.ratings.collection.find_one({}))
    assert hall.here.totals(pb.TOTAL_SCOPE_WINDOW, window).rated == 1


def test_who_leaves_his_phone_is_not_anonymous_unless_he_says_so(hall: Hall) -> None:
    window = hall.window()
    for anonymous in (False, True):
        code = hall.live(window)
        told = {"contact": "19900000123", "anonymous": anonymous}
        one = kept(hall, hall.by(None).RateAtWindow(code=code, grade=1, **told).rating_id)
        assert one.anonymous == anonymous
        contact = hall.here.keyring.open_text(one.rater_id, one.sealed_contact)
        assert contact == ("" if anonymous else "19900000123")


def test_with_a_persons_token_it_is_his_rating(hall: Hall) -> None:
    ann, window = person(), hall.window()
    id = hall.by(ann).RateAtWindow(code=hall.live(window), grade=4, comment="好").rating_id
    seen = hall.here.by(ann).GetRating(rating_id=id)
    assert (seen.grade, seen.comment, seen.anonymous, seen.channel) == (4, "好", False, pb.RATING_CHANNEL_QR)
    with refused(Code.NOT_FOUND):
        hall.here.by(person()).GetRating(rating_id=id)
    hall.here.hear("forget_person", identity.PersonErased(person_id=ann.id), ann.id, 9)
    assert hall.here.keyring.open(ann.id, kept(hall, id).sealed_comment) is None


def test_a_handler_rates_for_his_organisation_and_a_delegate_for_nobody(hall: Hall) -> None:
    firm, ann, window = person(), person(), hall.window()
    by_handler = kept(hall, hall.by(handler(firm)).RateAtWindow(code=hall.live(window), grade=5).rating_id)
    assert by_handler.applicant_id == firm.id and by_handler.sealed_agent_name
    by_delegate = kept(hall, hall.by(delegate(ann)).RateAtWindow(code=hall.live(window), grade=5).rating_id)
    assert (by_delegate.applicant_id, by_delegate.sealed_agent_name) == ("", "")


def test_a_live_code_is_good_for_one_rating(hall: Hall) -> None:
    window = hall.window()
    code = hall.live(window)
    once = hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5)
    for again in ({"request_id": "request-2"}, {"request_id": "request-3", "comment": "又来"}):
        with refused(Code.FAILED_PRECONDITION, "CODE_USED"):
            hall.by(None).RateAtWindow(code=code, grade=5, **again)
    assert hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5) == once
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=1)
    assert hall.count() == 1


def test_a_request_that_comes_again_after_the_end_of_its_code_gets_its_receipt(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = hall.live(hall.window())
    once = hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5)
    monkeypatch.setattr("services.rating.api_windows.now", lambda: now() + timedelta(hours=1))
    assert hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5) == once
    with refused(Code.INVALID_ARGUMENT, "CODE_EXPIRED"):
        hall.by(None).RateAtWindow(request_id="request-2", code=code, grade=5)


def test_the_same_act_issues_the_same_code_so_that_both_give_one_rating(hall: Hall) -> None:
    window, clerk = hall.window(), officer("receive")
    codes = [hall.by(clerk).IssueWindowCode(request_id="show-one", window_id=window).code for _ in range(2)]
    hall.by(None).RateAtWindow(code=codes[0], grade=5)
    with refused(Code.FAILED_PRECONDITION, "CODE_USED"):
        hall.by(None).RateAtWindow(code=codes[1], grade=5)
    assert hall.by(clerk).IssueWindowCode(request_id="show-two", window_id=window).code not in codes


@pytest.mark.parametrize("of_case", [False, True])
def test_of_ten_ratings_by_one_live_code_one_counts(hall: Hall, of_case: bool) -> None:
    window, case = hall.window(), closed(person().id)
    hall.here.close(case)
    code = hall.live(window, case_number=case.number if of_case else "")
    answers = at_once(10, lambda number: hall.by(None).RateAtWindow(code=code, grade=1 + number % 5))
    assert answers == {"done": 1, str(Code.FAILED_PRECONDITION): 9}
    scope = (pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)
    assert hall.here.totals(*scope).rated == 1


def test_a_printed_code_takes_the_ratings_of_many(hall: Hall) -> None:
    window = hall.window()
    code = hall.printed(window, officer("administer"))
    ids = {hall.by(None).RateAtWindow(code=code, grade=grade).rating_id for grade in range(1, 6)}
    assert len(ids) == hall.count() == 5
    once = hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5)
    assert hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=5) == once
    assert hall.count() == 6


def test_a_case_is_rated_by_its_code_as_by_its_applicant_and_once(hall: Hall) -> None:
    ann, window, clerk = person(), hall.window(), officer("receive")
    case = closed(ann.id, officer_ids=["officer-of-the-case"])
    id = hall.here.close(case)
    hall.start(window, clerk.id)
    code, second = (hall.live(window, case_number=case.number) for _ in range(2))
    receipt = hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=4, comment="顺利")
    assert receipt.rating_id == id and hall.count() == 1
    assert hall.by(None).RateAtWindow(request_id="request-1", code=code, grade=4, comment="顺利") == receipt
    one = kept(hall, id)
    assert (one.node, one.channel, one.rater_id) == (pb.SERVICE_NODE_CLOSE, pb.RATING_CHANNEL_QR, ann.id)
    assert one.officers == ["officer-of-the-case", clerk.id]
    assert hall.here.by(ann).GetRating(rating_id=id).comment == "顺利"
    for used in (code, second):
        with refused(Code.FAILED_PRECONDITION, "CODE_USED"):
            hall.by(None).RateAtWindow(code=used, grade=1)
    with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
        hall.here.by(ann).GiveRating(rating_id=id, grade=1)


def test_a_case_rated_on_the_web_meanwhile_is_not_rated_by_its_code(hall: Hall) -> None:
    ann = person()
    case = closed(ann.id)
    id = hall.here.close(case)
    code = hall.live(hall.window(), case_number=case.number)
    hall.here.by(ann).GiveRating(rating_id=id, grade=5)
    with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
        hall.by(None).RateAtWindow(code=code, grade=1)
    assert kept(hall, id).grade == 5


def test_another_persons_case_is_not_rated_with_a_token(hall: Hall) -> None:
    ann = person()
    case = closed(ann.id)
    id = hall.here.close(case)
    code = hall.live(hall.window(), case_number=case.number)
    for other in (person(), delegate(ann)):
        with refused(Code.NOT_FOUND):
            hall.by(other).RateAtWindow(code=code, grade=1)
    assert kept(hall, id).status == model.OPEN
    assert hall.by(ann).RateAtWindow(code=code, grade=5).rating_id == id


def test_nobody_learns_at_a_window_that_the_applicant_is_erased(hall: Hall) -> None:
    ann, window = person(), hall.window()
    case = closed(ann.id)
    hall.here.close(case)
    code, tablet = hall.live(window, case_number=case.number), hall.tablet(window)
    hall.here.hear("forget_person", identity.PersonErased(person_id=ann.id), ann.id, 9)
    told: dict[str, Any] = {"grade": 5, "comment": "好"}
    with refused(Code.NOT_FOUND):
        hall.by(None).RateAtWindow(code=code, **told)
    with refused(Code.NOT_FOUND):
        hall.by(tablet).RateOnTablet(at=clock(), case_number=case.number, **told)


def test_who_was_on_duty_when_the_code_was_shown_is_concerned_by_it(hall: Hall) -> None:
    window, first, second = hall.window(), officer("receive"), officer("receive")
    hall.start(window, first.id)
    live, printed = hall.live(window), hall.printed(window, officer("administer"))
    hall.start(window, second.id, since=now())
    assert kept(hall, hall.by(None).RateAtWindow(code=live, grade=5).rating_id).officers == [first.id]
    assert kept(hall, hall.by(None).RateAtWindow(code=printed, grade=5).rating_id).officers == [second.id]


def test_what_is_entered_wrongly_is_told_by_its_field_and_counts_nothing(hall: Hall) -> None:
    window = hall.window()
    code, tablet = hall.live(window), hall.tablet(window)
    wrong: dict[str, Any] = {"grade": 6, "comment": "字" * 350_000, "contact": "javascript:1", "tags": ["9<9"]}
    for field, value in wrong.items():
        with refused(Code.INVALID_ARGUMENT) as said:
            hall.by(None).RateAtWindow(**{"code": code, "grade": 5, field: value})
        assert [name.partition("[")[0] for name in said.fields] == [field]
    for field, value in {"grade": 0, "comment": "字" * 350_000, "at": "2026-11-23 10:00:00"}.items():
        with refused(Code.INVALID_ARGUMENT) as said:
            hall.by(tablet).RateOnTablet(**{"grade": 5, "at": clock(), field: value})
        assert list(said.fields) == [field]
    for text in ("", "short", "no code of ours at all!", "A" * 201):
        with refused(Code.INVALID_ARGUMENT) as said:
            hall.by(None).RateAtWindow(code=text, grade=5)
        assert list(said.fields) == ["code"]
    assert hall.count() == 0
    assert hall.by(None).RateAtWindow(code=code, grade=5).grade == 5


def test_a_script_in_the_text_is_kept_as_text(hall: Hall) -> None:
    ann, script = person(), "<script>alert('好')</script>"
    id = hall.by(ann).RateAtWindow(code=hall.live(hall.window()), grade=3, comment=script).rating_id
    assert hall.here.by(ann).GetRating(rating_id=id).comment == script


# -- on a tablet -----------------------------------------------------------------------------------------------------------


def test_a_tablet_rates_the_service_of_its_window_and_who_was_there_when_it_was_tapped(hall: Hall) -> None:
    window, clerk = hall.window(), officer("receive")
    hall.start(window, clerk.id, since=now() - timedelta(minutes=5))
    hall.start(window, officer("receive").id, since=now() - timedelta(seconds=30))
    tablet = hall.tablet(window)
    told = {"request_id": "request-1", "grade": 5, "at": clock(timedelta(seconds=-90))}
    receipt = hall.by(tablet).RateOnTablet(**told)
    assert hall.by(tablet).RateOnTablet(**told) == receipt
    one = kept(hall, receipt.rating_id)
    assert (one.channel, one.node, one.window_id) == (pb.RATING_CHANNEL_TABLET, pb.SERVICE_NODE_WINDOW, window)
    assert (one.officers, one.anonymous, one.applicant_id) == ([clerk.id], True, "")
    assert hall.count() == 1


def test_a_tablet_rates_a_closed_case_of_its_department_once(hall: Hall) -> None:
    ann, window, clerk = person(), hall.window(), officer("receive")
    hall.start(window, clerk.id)
    case = closed(ann.id, officer_ids=["officer-of-the-case", clerk.id])
    id, tablet = hall.here.close(case), hall.tablet(window)
    told = {"request_id": "request-1", "grade": 5, "at": clock(), "case_number": case.number}
    receipt = hall.by(tablet).RateOnTablet(**told)
    assert receipt.rating_id == id and hall.by(tablet).RateOnTablet(**told) == receipt
    one = kept(hall, id)
    assert (one.channel, one.rater_id, one.anonymous) == (pb.RATING_CHANNEL_TABLET, ann.id, False)
    assert one.officers == ["officer-of-the-case", clerk.id]
    with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
        hall.by(tablet).RateOnTablet(grade=1, at=clock(), case_number=case.number)


def test_a_request_of_a_tablet_gets_its_receipt_though_the_case_goes_on(hall: Hall) -> None:
    """The application was rated; the case is closed before the tablet hears of it and asks again."""
    ann, case = person(), str(uuid.uuid4())
    tablet = hall.tablet(hall.window())
    end = closed(ann.id, case)
    told = case_events.Served(
        number=end.number, applicant_id=ann.id, item_id=end.item_id, department=DEPARTMENT, region=end.region
    )
    hall.here.hear("invite_applied", case_events.CaseAccepted(case_id=case, served=told), case, 2)
    request = {"request_id": "request-1", "grade": 5, "at": clock(), "case_number": end.number}
    receipt = hall.by(tablet).RateOnTablet(**request)
    assert receipt.rating_id == store.rating_id(hall.here.keyring, case, pb.SERVICE_NODE_APPLY)
    with refused(Code.FAILED_PRECONDITION, "CASE_NOT_CLOSED"):
        hall.by(tablet).RateOnTablet(**request | {"request_id": "request-2"})
    id = hall.here.close(end)
    assert hall.by(tablet).RateOnTablet(**request) == receipt
    assert kept(hall, id).status == model.OPEN


def test_a_tablet_whose_clock_is_off_counts_nothing(hall: Hall) -> None:
    tablet = hall.tablet(hall.window())
    for offset in (timedelta(minutes=2, seconds=5), timedelta(minutes=-2, seconds=-5), timedelta(days=-365)):
        with refused(Code.INVALID_ARGUMENT, "CLOCK_SKEW") as said:
            hall.by(tablet).RateOnTablet(grade=5, at=clock(offset))
        assert list(said.fields) == ["at"]
    assert hall.count() == 0


def test_only_a_tablet_of_a_window_rates(hall: Hall) -> None:
    window = hall.window()
    dropped = hall.tablet(window)
    hall.drop(dropped)
    for actor in (dropped, device(), hall.tablet("")):
        with refused(Code.FAILED_PRECONDITION, "DEVICE_WITHOUT_WINDOW"):
            hall.by(actor).RateOnTablet(grade=5, at=clock())
    for actor in (person(), officer("receive", "administer")):
        with refused(Code.PERMISSION_DENIED):
            hall.by(actor).RateOnTablet(grade=5, at=clock())
    assert hall.count() == 0


def test_the_token_of_a_revoked_device_is_refused(hall: Hall) -> None:
    """Identity ends its session with the device; rating hears that as of everybody's session."""
    tablet = hall.tablet(hall.window())
    ended = identity.SessionEnded(
        session_id=tablet.session, reason="KEY_REVOKED", tokens_end=clock(timedelta(minutes=10))
    )
    hall.here.hear("refuse_session", ended, tablet.id, 2)
    hall.here.poll()
    with refused(Code.UNAUTHENTICATED):
        hall.by(tablet).RateOnTablet(grade=5, at=clock())
    with refused(Code.UNAUTHENTICATED):
        hall.by(tablet).IssueWindowCode()
    assert hall.count() == 0


# -- who deals with it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["code", "case", "tablet"])
def test_the_officer_on_duty_never_deals_with_what_was_rated_at_his_window(hall: Hall, way: str) -> None:
    window, clerk, colleague = hall.window(), officer("review", "decide"), officer("review", "decide")
    hall.start(window, clerk.id)
    case = closed(person().id)
    hall.here.close(case)
    if way == "tablet":
        id = hall.by(hall.tablet(window)).RateOnTablet(grade=1, at=clock()).rating_id
    else:
        code = hall.live(window, case_number=case.number if way == "case" else "")
        id = hall.by(None).RateAtWindow(code=code, grade=1).rating_id
    one = kept(hall, id)
    assert model.concerned(clerk, one) and not model.concerned(colleague, one)
    at_desk = replace(one, desk=DEPARTMENT)
    assert model.handles(colleague, at_desk) and not model.handles(clerk, at_desk)


def test_a_window_another_department_serves_now_is_rated_as_that_departments(hall: Hall) -> None:
    window = hall.window()
    code = hall.printed(window, officer("administer"))
    hall.window(window, seq=2, department=OTHER_DEPARTMENT)
    hall.window(window, seq=1)
    one = kept(hall, hall.by(None).RateAtWindow(code=code, grade=5).rating_id)
    assert one.department == OTHER_DEPARTMENT
