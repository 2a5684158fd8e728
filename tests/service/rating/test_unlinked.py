"""Whose an open negative rating is nobody of the department finds out: not by ids, codes, instants, gaps in lists,
or requests sent again."""

import base64
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import Cause
from chassis.records import record_id
from services.rating import inviting, store
from services.rating.model_windows import day_start
from tests.support.actors import DEPARTMENT as HALL_DEPARTMENT
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.rating_service import DEPARTMENT, REGION, RatingHere, closed, served
from tests.support.rating_windows import Hall
from yiwang.case.v1 import events_pb2 as case_events
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode
DESK, SUPERVISOR = officer("review", "decide", department=DEPARTMENT), supervisor()


def loop(rating: RatingHere, actor: Any) -> As:
    return rating.by(actor, service="LoopService")


def assigned(rating: RatingHere, **told: Any) -> str:
    id = rating.given(person(), pb.GRADE_DISSATISFIED, **told).id
    loop(rating, SUPERVISOR).AssignRating(rating_id=id)
    return str(id)


def test_the_id_of_a_rating_does_not_follow_from_its_case_for_who_has_no_key(rating: RatingHere) -> None:
    case = str(uuid.uuid4())
    id = rating.close(closed(person().id, case))
    assert id == store.rating_id(rating.keyring, case, pb.SERVICE_NODE_CLOSE)
    assert id not in {record_id(f"rating/{case}/{node}/1") for node in pb.ServiceNode.values()}


def test_a_code_of_a_case_is_no_way_to_its_rating(rating: RatingHere) -> None:
    hall, case = Hall(rating), closed(person().id)
    window, id = hall.window(), rating.close(case)
    codes = [hall.live(window, case_number=case.number) for _ in range(2)]
    raw = [base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)) for code in codes]
    assert all(uuid.UUID(id).bytes not in one for one in raw)
    # The same place says something else in each code: two of one case are not told by it either.
    assert raw[0][-36:-20] != raw[1][-36:-20]
    other = closed(person().id)
    rating.close(other)
    tablet = hall.tablet(window)
    told = [
        hall.by(tablet).IssueWindowCode(request_id="the-same-1", case_number=one.number).code for one in (case, other)
    ]
    plain = [base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)) for code in told]
    assert plain[0][25:37] != plain[1][25:37], "one nonce for two cases would show both ids, one by the other"
    assert hall.by(None).RateAtWindow(code=told[0], grade=5).rating_id == id


def test_a_code_is_shown_for_a_case_whether_or_not_it_was_rated(rating: RatingHere) -> None:
    hall, clerk = Hall(rating), officer("receive")
    window = hall.window()
    for node in ("closed", "applied"):
        ann, case, told = person(), str(uuid.uuid4()), served(person().id)
        told.applicant_id = ann.id
        if node == "closed":
            id = rating.close(closed(ann.id, case, number=told.number))
        else:
            rating.hear("invite_applied", case_events.CaseAccepted(case_id=case, served=told), case, 2)
            id = store.rating_id(rating.keyring, case, pb.SERVICE_NODE_APPLY)
        hall.by(clerk).IssueWindowCode(window_id=window, case_number=told.number)
        rating.by(ann).GiveRating(rating_id=id, grade=1)
        code = hall.by(clerk).IssueWindowCode(window_id=window, case_number=told.number).code
        with refused(Code.FAILED_PRECONDITION, "RATED_ALREADY"):
            hall.by(None).RateAtWindow(code=code, grade=5)


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_department_sees_the_day_and_not_the_instant_of_a_service(rating: RatingHere, anonymous: bool) -> None:
    id = assigned(rating, anonymous=anonymous)
    seen, whole = loop(rating, DESK).GetNegative(rating_id=id), rating.ratings.get(id).state
    assert whole.rated_at is not None
    assert (
        seen.opened_at == day_start(whole.opened_at).isoformat()
        and seen.rated_at == day_start(whole.rated_at).isoformat()
    )
    by_rater = [line.at for line in seen.loop.lines if line.by == "评价人"]
    assert by_rater == [day_start(whole.rated_at).isoformat()]
    chief = loop(rating, SUPERVISOR).GetNegative(rating_id=id)
    assert (chief.rated_at == whole.rated_at.isoformat()) == (not anonymous), (
        "whoever may know whose it is may know when"
    )


def test_a_consultation_is_not_told_by_the_number_of_its_ticket(rating: RatingHere) -> None:
    ann, ticket = person(), str(uuid.uuid4())
    told = events.ServiceServed(
        node=pb.SERVICE_NODE_CONSULT, occasion=1, ticket_id=ticket, subject="咨询990121261122ABCDEFGH",
        department=DEPARTMENT, department_name="水务局", region=REGION, day="2026-11-22",
    )  # fmt: skip
    rating.worker.inviting.invite(told, ann.id, datetime.now(UTC), Cause(f"{ticket}/invite", "system:rating"))
    id = store.rating_id(rating.keyring, ticket, pb.SERVICE_NODE_CONSULT)
    rating.by(ann).GiveRating(rating_id=id, grade=1)
    loop(rating, SUPERVISOR).AssignRating(rating_id=id)
    seen = loop(rating, DESK).GetNegative(rating_id=id)
    assert (seen.subject, seen.ticket_id) == ("咨询", "")
    assert rating.by(ann).GetRating(rating_id=id).subject.startswith("咨询9901")


def test_a_list_has_no_gap_where_the_officer_was_rated_himself_and_its_token_tells_no_instant(
    rating: RatingHere,
) -> None:
    own = replace(DESK, id="officer-rated")
    ids: list[str] = []
    for number in range(9):
        mine = number % 3 == 1
        id = assigned(rating, case={"officer_ids": [own.id]} if mine else {})
        if not mine:
            ids.append(id)
    seen, sizes, token = [], [], ""
    while True:
        page = loop(rating, own).ListNegative(page_size=2, page_token=token)
        seen += [one.id for one in page.ratings]
        sizes.append(len(page.ratings))
        token = page.next_page_token
        if not token:
            break
        assert token == seen[-1]
    assert sorted(seen) == sorted(ids) and sizes == [2, 2, 2]
    for wrong in ("x", str(uuid.uuid4()), "1-" + ids[0]):
        with refused(Code.INVALID_ARGUMENT, "MALFORMED"):
            loop(rating, own).ListNegative(page_token=wrong)


def test_who_left_the_department_learns_nothing_more_by_sending_his_move_again(rating: RatingHere) -> None:
    id = assigned(rating)
    told = {"request_id": "verify-1-1", "rating_id": id, "verdict": pb.VERDICT_VALID, "finding": "情况属实"}
    loop(rating, DESK).VerifyRating(**told)
    assert loop(rating, DESK).VerifyRating(**told).loop.status == pb.LOOP_STATUS_RECTIFYING
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        loop(rating, replace(DESK, department=OTHER_DEPARTMENT)).VerifyRating(**told)


def test_a_rating_with_which_there_is_nothing_the_matter_is_there_for_no_officer(rating: RatingHere) -> None:
    ann = person()
    for id in (rating.close(closed(ann.id)), rating.given(ann, 5).id):
        for act in (
            lambda id=id: loop(rating, SUPERVISOR).AssignRating(rating_id=id, note="请核实"),
            lambda id=id: loop(rating, SUPERVISOR).LiftFlag(rating_id=id, kind=1, reason="已经核实"),
        ):
            with refused(Code.NOT_FOUND, "NOT_FOUND"):
                act()
    assert rating.parts.database["keys"].find_one({"_id": ""}) is None


def test_what_is_refused_makes_no_key(rating: RatingHere) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    with refused(Code.FAILED_PRECONDITION, "NOT_RATED_YET"):
        rating.by(ann).RateAgain(rating_id=id, grade=1, comment="还没有评价")
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        rating.by(ann).ReopenRating(rating_id=id, reason="请再次整改")
    assert rating.parts.database["keys"].find_one({"_id": ""}) is None


def test_the_loop_of_a_person_who_is_erased_goes_on_without_a_word(rating: RatingHere) -> None:
    ann = person()
    id = rating.given(ann, 1, comment="等了一上午").id
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    chief.AssignRating(rating_id=id, note="请核实")
    rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
    desk.RectifyRating(rating_id=id, measures="增设导办人员")
    desk.CallBackRating(rating_id=id, outcome=pb.CALL_BACK_OUTCOME_UNREACHED, note="三次未接通")
    chief.PublishRating(rating_id=id, public_reply="已增设导办人员")
    closed_one = chief.CloseRating(rating_id=id)
    assert closed_one.loop.status == pb.LOOP_STATUS_CLOSED
    assert closed_one.comment == "" and not any(line.text for line in closed_one.loop.lines)


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\x00", "\x1b", "\u2028"])
def test_nothing_hidden_is_published(rating: RatingHere, sign: str) -> None:
    id = assigned(rating, anonymous=True)
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
    desk.RectifyRating(rating_id=id, measures="已经整改完毕")
    for field in ("public_reply", "public_comment"):
        told = {"public_reply": "已整改完毕", field: f"已经{sign}整改"}
        with refused(Code.INVALID_ARGUMENT, "HIDDEN_SIGNS") as said:
            chief.PublishRating(rating_id=id, **told)
        assert list(said.fields) == [field]
    assert chief.PublishRating(rating_id=id, public_reply="已整改：\n一、增设导办").loop.public_reply


def test_the_number_of_the_case_and_the_phone_are_found_however_they_are_written(rating: RatingHere) -> None:
    case = closed("x").number
    id = assigned(rating, contact="0991-876 5432", case={"number": case})
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
    desk.RectifyRating(rating_id=id, measures="已经整改完毕")
    desk.CallBackRating(rating_id=id, outcome=pb.CALL_BACK_OUTCOME_SATISFIED, note="表示满意")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in case)
    for text in (f"办件{case[:6]} {case[6:]}已处理", f"办件{wide}已处理", "已致电099·1876·5432道歉"):
        with refused(Code.INVALID_ARGUMENT, "PERSONAL_DATA"):
            chief.PublishRating(rating_id=id, public_reply=text)


def test_a_case_that_was_at_no_window_counts_under_the_one_where_it_was_rated(rating: RatingHere) -> None:
    hall = Hall(rating)
    window, here = hall.window(), {"department": HALL_DEPARTMENT}
    online, received = closed(person().id, **here), closed(person().id, window_id="window-of-receipt", **here)
    for case in (online, received):
        rating.close(case)
    rating.totals(pb.TOTAL_SCOPE_WINDOW, window)
    hall.by(None).RateAtWindow(code=hall.live(window, case_number=online.number), grade=5)
    at = datetime.now(UTC).isoformat()
    hall.by(hall.tablet(window)).RateOnTablet(grade=4, at=at, case_number=received.number)
    assert rating.totals(pb.TOTAL_SCOPE_WINDOW, window).rated == 1
    assert rating.totals(pb.TOTAL_SCOPE_WINDOW, "window-of-receipt").rated == 1


def test_an_event_of_former_times_that_tells_nothing_of_a_service_asks_nobody(rating: RatingHere) -> None:
    case = str(uuid.uuid4())
    heard = {
        "invite_applied": case_events.CaseAccepted(case_id=case),
        "invite_refused": case_events.CaseRefused(case_id=case),
        "invite_not_accepted": case_events.CaseNotAccepted(case_id=case),
        "invite_corrected": case_events.CaseCorrected(case_id=case),
        "invite_paid": case_events.PaymentReceived(case_id=case),
    }
    assert len(heard) == len(inviting.NODES) - 1
    for name, event in heard.items():
        rating.hear(name, event, case, 2)
    assert rating.ratings.collection.find_one({}) is None
    assert rating.parts.database["rating_counties"].find_one({}) is None


def test_a_case_nobody_is_known_of_is_asked_about_and_lapses_like_others(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = rating.close(closed(""))
    assert list(rating.by(person()).ListRatings().ratings) == []
    monkeypatch.setattr("chassis.timers.now", lambda: datetime.now(UTC) + timedelta(days=40))
    rating.worker.fire_timers()
    assert rating.ratings.get(id).state.status == pb.RATING_STATUS_DEFAULTED


def test_why_a_rating_is_counted_apart_is_for_supervisors_alone(rating: RatingHere) -> None:
    ann = person()
    id = rating.given(ann, pb.GRADE_DISSATISFIED, tags=["101"]).id
    loop(rating, SUPERVISOR).AssignRating(rating_id=id)
    assert [one.kind for one in loop(rating, SUPERVISOR).GetNegative(rating_id=id).flags] == [
        pb.FLAG_KIND_CONTRADICTION
    ]
    assert not loop(rating, DESK).GetNegative(rating_id=id).flags
    assert not rating.by(ann).GetRating(rating_id=id).flags
