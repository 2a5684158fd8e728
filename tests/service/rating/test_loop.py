"""The closed loop over gRPC: who sees a negative rating, who deals with it, what is said and what leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import grpc
import pytest

from chassis import paging, timers
from chassis.acts import Cause
from chassis.records import Records, broken_at
from services.rating import store
from tests.support.actors import OTHER_DEPARTMENT, officer, person, supervisor
from tests.support.calling import As, refused
from tests.support.rating_service import DEPARTMENT, RatingHere, closed
from yiwang.identity.v1.events_pb2 import PersonErased
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import loop_pb2 as loop_pb
from yiwang.rating.v1 import service_pb2 as pb

Code = grpc.StatusCode
DESK, SUPERVISOR = officer("review", "decide", department=DEPARTMENT), supervisor()
COMMENT, CONTACT = "窗口让我跑了三趟", "13800138000"


def bad(rating: RatingHere, **told: object) -> pb.Rating:
    """A negative rating of somebody's, with a word and a phone."""
    return rating.given(person(), pb.GRADE_DISSATISFIED, **({"comment": COMMENT, "contact": CONTACT} | told))  # type: ignore[arg-type]


def loop(rating: RatingHere, actor: object) -> As:
    return rating.by(actor, service="LoopService")  # type: ignore[arg-type]


def test_a_negative_rating_is_dealt_with_until_it_is_closed(rating: RatingHere) -> None:
    ann = person()
    id = rating.given(ann, pb.GRADE_DISSATISFIED, comment=COMMENT, contact=CONTACT).id
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    with refused(Code.NOT_FOUND):
        desk.GetNegative(rating_id=id)
    assert [one.id for one in chief.ListNegative().ratings] == [id]
    chief.AssignRating(rating_id=id, note="请三日内核实")
    seen = desk.GetNegative(rating_id=id)
    assert (seen.comment, seen.case_number, seen.loop.contact) == (COMMENT, "", CONTACT)
    assert list(seen.moves) == ["VerifyRating"] and [one.id for one in desk.ListNegative().ratings] == [id]
    assert desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实").loop.contact == ""
    desk.RectifyRating(rating_id=id, measures="增设导办，一次告知")
    with refused(Code.FAILED_PRECONDITION, "CALL_BACK_FIRST"):
        chief.PublishRating(rating_id=id, public_reply="已增设导办人员")
    desk.CallBackRating(rating_id=id, outcome=pb.CALL_BACK_OUTCOME_SATISFIED, note="表示满意")
    public = chief.PublishRating(rating_id=id, public_reply="已增设导办人员", public_comment="跑了三趟")
    assert public.loop.status == pb.LOOP_STATUS_PUBLISHED
    assert chief.CloseRating(rating_id=id).loop.status == pb.LOOP_STATUS_CLOSED
    told = rating.by(ann).GetRating(rating_id=id).loop
    assert [line.title for line in told.lines] == ["提交差评", "转办", "核实", "整改", "回访", "公开", "办结"]
    assert told.public_reply == "已增设导办人员" and DESK.id not in str(told) and SUPERVISOR.id not in str(told)
    document = rating.ratings.collection.find_one({"_id": id}) or {}
    assert broken_at(document["journal"]) is None and rating.ratings.drift(document) == []
    for secret in (COMMENT, CONTACT, "增设导办，一次告知", "表示满意", "情况属实"):
        assert secret.encode() not in bson.encode(document)
    rating.hear("forget_person", PersonErased(person_id=ann.id), ann.id, 9)
    assert rating.by(ann).GetRating(rating_id=id).comment == ""


def test_nobody_else_sees_or_moves_it(rating: RatingHere) -> None:
    own = officer("review", "decide", department=DEPARTMENT)
    id = bad(rating, case={"officer_ids": [own.id]}).id
    loop(rating, SUPERVISOR).AssignRating(rating_id=id)
    strangers = (
        own,
        officer("review", "decide", department=OTHER_DEPARTMENT),
        supervisor(region="350000"),
    )
    for stranger in strangers:
        caller = loop(rating, stranger)
        assert list(caller.ListNegative().ratings) == []
        with refused(Code.NOT_FOUND, "NOT_FOUND"):
            caller.GetNegative(rating_id=id)
    for stranger in strangers[:2]:
        caller = loop(rating, stranger)
        for call in (
            lambda caller=caller: caller.VerifyRating(rating_id=id, verdict=1, finding="情况属实"),
            lambda caller=caller: caller.RectifyRating(rating_id=id, measures="已经整改"),
            lambda caller=caller: caller.CallBackRating(rating_id=id, outcome=1, note="表示满意"),
            lambda caller=caller: caller.ContestRating(rating_id=id, reason="理由充分"),
        ):
            with refused(Code.NOT_FOUND, "NOT_FOUND"):
                call()
    abroad = loop(rating, strangers[2])
    for act in (
        lambda: abroad.AssignRating(rating_id=id),
        lambda: abroad.ReviewRating(rating_id=id, verdict=1, reason="情况属实"),
        lambda: abroad.ExtendRectification(rating_id=id, days=3, reason="情况属实"),
        lambda: abroad.PublishRating(rating_id=id, public_reply="已整改完毕"),
        lambda: abroad.CloseRating(rating_id=id),
        lambda: abroad.LiftFlag(rating_id=id, kind=1, reason="已经核实"),
    ):
        with refused(Code.NOT_FOUND, "NOT_FOUND"):
            act()


def test_the_same_request_twice_is_one_move(rating: RatingHere) -> None:
    id = bad(rating).id
    chief = loop(rating, SUPERVISOR)
    once = chief.AssignRating(request_id="request-1", rating_id=id)
    assert chief.AssignRating(request_id="request-1", rating_id=id) == once


def test_the_rater_appeals_against_an_excuse_and_it_is_rectified_after_all(rating: RatingHere) -> None:
    ann = person()
    id = rating.given(ann, pb.GRADE_VERY_DISSATISFIED).id
    desk, chief, citizen = loop(rating, DESK), loop(rating, SUPERVISOR), rating.by(ann)
    chief.AssignRating(rating_id=id)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_MALICIOUS, finding="系恶意差评")
    with refused(Code.FAILED_PRECONDITION, "MOVE_NOT_ALLOWED"):
        citizen.AppealRating(rating_id=id, reason="我没有恶意")
    chief.ReviewRating(rating_id=id, verdict=pb.VERDICT_MALICIOUS, reason="同意认定")
    totals = rating.totals(pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)
    assert (totals.rated, totals.apart) == (0, 1)
    with refused(Code.FAILED_PRECONDITION):
        citizen.ReopenRating(rating_id=id, reason="请再次整改")
    citizen.AppealRating(rating_id=id, reason="我没有恶意")
    chief.ReviewRating(rating_id=id, verdict=pb.VERDICT_VALID, reason="改判属实")
    totals = rating.totals(pb.TOTAL_SCOPE_DEPARTMENT, DEPARTMENT)
    assert (totals.rated, totals.very_dissatisfied, totals.apart) == (1, 1, 0)
    desk.RectifyRating(rating_id=id, measures="已经整改完毕")
    again = citizen.ReopenRating(rating_id=id, reason="还是老样子")
    assert (again.loop.status, again.loop.reopened) == (pb.LOOP_STATUS_RECTIFYING, 1)
    with refused(Code.FAILED_PRECONDITION, "REVIEWED_ALREADY"):
        desk.ContestRating(rating_id=id, reason="不服复核结果")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("public_reply", "已向张伟先生（13912345678）道歉"),
        ("public_comment", "身份证11010519491231002X的申请人说"),
        ("public_reply", f"已电话{CONTACT}回访"),
    ],
)
def test_what_is_published_names_nobody(rating: RatingHere, field: str, text: str) -> None:
    id = bad(rating).id
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    chief.AssignRating(rating_id=id)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
    desk.RectifyRating(rating_id=id, measures="已经整改完毕")
    desk.CallBackRating(rating_id=id, outcome=pb.CALL_BACK_OUTCOME_UNREACHED, note="三次未接通")
    with refused(Code.INVALID_ARGUMENT, "PERSONAL_DATA") as refusal:
        chief.PublishRating(rating_id=id, **({"public_reply": "已整改完毕"} | {field: text}))
    assert set(refusal.fields) == {field}
    assert loop(rating, SUPERVISOR).GetNegative(rating_id=id).loop.status == pb.LOOP_STATUS_CALLED_BACK


def test_the_clock_tells_supervisors_what_is_overdue(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    id = bad(rating).id
    chief = loop(rating, SUPERVISOR)
    assert list(chief.ListNegative(overdue=True).ratings) == []
    monkeypatch.setattr(timers, "now", lambda: datetime.now(UTC) + timedelta(days=20))
    for _ in range(2):
        rating.worker.fire_timers()
    found = chief.ListNegative(overdue=True).ratings
    assert [(one.id, one.loop.overdue) for one in found] == [(id, True)]
    assert [line.title for line in found[0].loop.lines] == ["提交差评", "超期"]


def test_who_rated_nothing_in_time_is_counted_by_default_once(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    id = rating.close(closed(ann.id))
    monkeypatch.setattr(timers, "now", lambda: datetime.now(UTC) + timedelta(days=40))
    for _ in range(2):
        rating.worker.fire_timers()
    assert rating.by(ann).GetRating(rating_id=id).status == pb.RATING_STATUS_DEFAULTED
    with refused(Code.FAILED_PRECONDITION, "RATING_LAPSED"):
        rating.by(ann).GiveRating(rating_id=id, grade=1)


def test_lists_are_paged_and_filtered_and_never_empty_before_the_end(rating: RatingHere) -> None:
    ids = [bad(rating).id for _ in range(7)]
    chief = loop(rating, SUPERVISOR)
    for id in ids[:5]:
        chief.AssignRating(rating_id=id)
    seen, token = [], ""
    while True:
        page = chief.ListNegative(status=pb.LOOP_STATUS_RECEIVED, page_size=1, page_token=token)
        seen += [one.id for one in page.ratings]
        token = page.next_page_token
        if not token:
            break
        assert page.ratings
    assert sorted(seen) == sorted(ids[5:])
    assert len(chief.ListNegative(department=DEPARTMENT).ratings) == 7
    assert len(chief.ListNegative(county="990199").ratings) == 0
    assert len(loop(rating, supervisor(region="990100")).ListNegative().ratings) == 7, "a city sees its counties"


def test_a_county_states_its_days_and_they_hold_from_then_on(rating: RatingHere) -> None:
    admin = officer("administer")
    everyone = loop(rating, None)
    assert everyone.GetRatingRules(region="990121").rectify_days == 5
    rules = loop_pb.RatingRules(region="990121", rectify_days=15, default_after_days=7)
    for _ in range(2):
        assert loop(rating, admin).SaveRatingRules(request_id="rules-1-1", rules=rules).rectify_days == 15
    assert everyone.GetRatingRules(region="990121").default_after_days == 7
    assert loop(rating, admin).SaveRatingRules(rules=loop_pb.RatingRules(region="990121")).rectify_days == 5
    with refused(Code.NOT_FOUND):
        loop(rating, admin).SaveRatingRules(rules=loop_pb.RatingRules(region="990122", rectify_days=1))
    with refused(Code.INVALID_ARGUMENT) as refusal:
        loop(rating, admin).SaveRatingRules(rules=loop_pb.RatingRules(region="990121", rectify_days=61))
    assert set(refusal.fields) == {"rules.rectify_days"}
    record = rating.parts.database["rating_rules"].find_one({"_id": store.rules_id("990121")}) or {}
    assert len(record["journal"]) == 2


def test_a_flag_lifted_before_is_not_shown_to_who_left_the_region(rating: RatingHere) -> None:
    id, chief = rating.given(person(), pb.GRADE_VERY_SATISFIED).id, supervisor()
    raised = events.Raised(kind=pb.FLAG_KIND_BURST, reason="十分钟内4次")
    rating.ratings.change(id, Cause("flag-1", "system:rating"), lambda _: events.RatingFlagged(flags=[raised]))
    lifting = {"request_id": "lift-1-1", "rating_id": id, "kind": pb.FLAG_KIND_BURST, "reason": "已经核实"}
    once = loop(rating, chief).LiftFlag(**lifting)
    assert loop(rating, chief).LiftFlag(**lifting) == once
    with refused(Code.NOT_FOUND, "NOT_FOUND"):
        loop(rating, replace(chief, region="350000")).LiftFlag(**lifting)


def test_a_telephone_is_found_without_its_area_and_what_is_none_keeps_nothing_back(rating: RatingHere) -> None:
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    for contact, reply, named in (
        ("0591-87654321", "已致87654321回访", True),
        ("+86 138 0013 8000", "已致138-0013-8000", True),
        ("1------", "已于第1窗口增设导办", False),
    ):
        id = bad(rating, contact=contact).id
        chief.AssignRating(rating_id=id)
        desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
        desk.RectifyRating(rating_id=id, measures="已经整改完毕")
        desk.CallBackRating(rating_id=id, outcome=pb.CALL_BACK_OUTCOME_SATISFIED, note="表示满意")
        if named:
            with refused(Code.INVALID_ARGUMENT, "PERSONAL_DATA"):
                chief.PublishRating(rating_id=id, public_reply=reply)
        else:
            chief.PublishRating(rating_id=id, public_reply=reply)


def test_of_two_who_first_state_the_days_of_a_county_at_one_moment_one_does_so_after_the_other(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, late = Records.create, list[str]()

    def between(self: Any, cause: Cause, decide: Any, id: str | None = None) -> Any:
        if id == store.rules_id("990121") and not late:
            late.append(id)
            faster = loop_pb.RatingRules(region="990121", rectify_days=9)
            loop(rating, officer("administer")).SaveRatingRules(rules=faster)
        return create(self, cause, decide, id)

    monkeypatch.setattr(Records, "create", between)
    rules = loop_pb.RatingRules(region="990121", rectify_days=7)
    admin = loop(rating, officer("administer"))
    assert admin.SaveRatingRules(request_id="rules-2-1", rules=rules).rectify_days == 7
    assert late
    assert admin.SaveRatingRules(request_id="rules-2-1", rules=rules).rectify_days == 7
    with refused(Code.INVALID_ARGUMENT, "REQUEST_ID_REUSED"):
        admin.SaveRatingRules(request_id="rules-2-1", rules=loop_pb.RatingRules(region="990121", rectify_days=8))


def test_what_is_seldom_wanted_is_found_in_few_steps(rating: RatingHere, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [bad(rating).id for _ in range(25)]
    for id in ids[1:]:
        loop(rating, SUPERVISOR).AssignRating(rating_id=id)
    steps, kept = list[int](), paging.kept

    def stepping(*told: Any) -> Any:
        steps.append(told[-1])
        return kept(*told)

    monkeypatch.setattr(paging, "kept", stepping)
    found = loop(rating, SUPERVISOR).ListNegative(status=pb.LOOP_STATUS_RECEIVED, page_size=1)
    assert [one.id for one in found.ratings] == ids[:1] and found.next_page_token == ""
    assert steps == [1, 4, 16, 64]


def test_what_is_due_happens_before_an_act_whether_or_not_the_timer_came_round(
    rating: RatingHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    unrated, id = rating.close(closed(ann.id)), bad(rating).id
    desk, chief = loop(rating, DESK), loop(rating, SUPERVISOR)
    chief.AssignRating(rating_id=id)
    desk.VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
    monkeypatch.setattr(timers, "now", lambda: datetime.now(UTC) + timedelta(days=40))
    with refused(Code.FAILED_PRECONDITION, "RATING_LAPSED"):
        rating.by(ann).GiveRating(rating_id=unrated, grade=5)
    for call in (
        lambda: chief.ExtendRectification(rating_id=id, days=3, reason="情况复杂"),
        lambda: desk.ContestRating(rating_id=id, reason="并非本部门"),
    ):
        with refused(Code.FAILED_PRECONDITION, "STEP_OVERDUE"):
            call()
    assert desk.RectifyRating(rating_id=id, measures="已经整改完毕").loop.status == pb.LOOP_STATUS_RECTIFIED
    document = rating.ratings.collection.find_one({"_id": id}) or {}
    assert [entry["type"] for entry in document["journal"]].count("StepOverdue") == 1


def test_who_called_back_is_told_as_who_he_is(rating: RatingHere) -> None:
    for caller, told in ((DESK, "责任部门"), (SUPERVISOR, "监察")):
        id = bad(rating).id
        loop(rating, SUPERVISOR).AssignRating(rating_id=id)
        loop(rating, DESK).VerifyRating(rating_id=id, verdict=pb.VERDICT_VALID, finding="情况属实")
        loop(rating, DESK).RectifyRating(rating_id=id, measures="已经整改完毕")
        called = loop(rating, caller).CallBackRating(
            rating_id=id, outcome=pb.CALL_BACK_OUTCOME_SATISFIED, note="表示满意"
        )
        assert [line.by for line in called.loop.lines if line.title == "回访"] == [told]
