"""The closed loop as the model has it: every (status, move) pair, every guard by its reason, steps and their days."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import FAILED_PRECONDITION, Refused
from services.rating import model, model_giving, model_kinds, model_loop, model_moves, model_timers
from services.rating.model import Rating
from services.rating.model_moves import MOVES
from services.rating.model_rules import Rules
from standards.instants import after, text
from tests.support.actors import officer, person, supervisor
from tests.support.rating_loops import (
    ACTS,
    DESK,
    MISTAKEN,
    NOT_SATISFIED,
    NOW,
    SUPERVISOR,
    VALID,
    apply,
    at,
    excuse,
    given,
    loop_of,
    walk,
)
from tests.support.rating_service import DEPARTMENT
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

BY_CLOCK = ("StepOverdue", "LoopClosed")
# What the table allows and a guard refuses for the rating that stands there by the usual way.
GUARDED = {
    ("AppealRating", model_moves.CALLED_BACK): "NOT_EXCUSED",
    ("PublishRating", model_moves.RECTIFIED): "CALL_BACK_FIRST",
    ("PublishRating", model_moves.REVIEWED): "CALL_BACK_FIRST",
}


@pytest.mark.parametrize("name", [name for name in MOVES if name not in BY_CLOCK])
@pytest.mark.parametrize("status", list(model_moves.STATUSES))
def test_a_move_is_made_where_the_table_says_so_and_refused_by_name_elsewhere(status: int, name: str) -> None:
    before, move = at(status), MOVES[name]
    assert loop_of(before).status == status
    if status in move.sources and (name, status) not in GUARDED:
        assert loop_of(walk(before, name)).status in move.targets
        return
    with pytest.raises(Refused) as refused:
        walk(before, name)
    assert refused.value.code == FAILED_PRECONDITION
    assert refused.value.reason == GUARDED.get((name, status), "MOVE_NOT_ALLOWED")


@pytest.mark.parametrize("status", list(model_moves.STATUSES))
def test_the_clock_tells_what_is_overdue_once_and_ends_what_was_published(status: int) -> None:
    before = at(status)
    due = before.due
    if status == model_moves.CLOSED:
        assert due is None and model_timers.fire(before, NOW + timedelta(days=999)) is None
        return
    assert due is not None and model_timers.fire(before, due - timedelta(seconds=1)) is None
    after_due = apply(before, model_timers.fire(before, due), due)
    if status == model_moves.PUBLISHED:
        assert loop_of(after_due).status == model_moves.CLOSED
        return
    assert loop_of(after_due).status == status and loop_of(after_due).overdue
    assert after_due.due is None and model_timers.fire(after_due, due + timedelta(days=99)) is None


def test_a_rating_that_is_not_negative_has_no_loop() -> None:
    one = given(pb.GRADE_SATISFIED)
    for name in MOVES:
        if name not in BY_CLOCK:
            with pytest.raises(Refused) as refused:
                walk(one, name)
            assert refused.value.reason == "MOVE_NOT_ALLOWED"


def test_the_steps_have_the_days_of_the_county() -> None:
    rules = Rules("990121", {"verify_days": 4, "rectify_days": 15})
    one = given()
    assert loop_of(one).step_due == after(NOW, 1, one.region)
    one = apply(one, model_loop.assign(one, SUPERVISOR, "", "", rules, NOW))
    assert loop_of(one).step_due == after(NOW, 4, one.region)
    one = apply(one, model_loop.verify(one, DESK, VALID, "x", rules, NOW))
    assert loop_of(one).rectify_due == loop_of(one).step_due == after(NOW, 15, one.region)


def test_each_step_has_days_of_its_own() -> None:
    """So many days from when a step began, whoever made it begin."""
    names = ("assign_days", "verify_days", "review_days", "rectify_days", "call_back_days", "publish_days")
    rules = Rules("990121", {name: number for number, name in enumerate(names, 11)})
    days = {name: text(after(NOW, rules.days[name], "990121")) for name in names}
    one, named, unnamed = at(model_moves.ASSIGNED), at(model_moves.RECTIFYING), given(anonymous=True)
    unnamed = walk(unnamed, "AssignRating", "VerifyRating")
    rectified, excused = at(model_moves.RECTIFIED), at(model_moves.REVIEWED)
    steps = {
        "assign_days": [model_giving.loop_of("r", 1, "990121", rules, NOW)[0]],
        "verify_days": [model_loop.assign(given(), SUPERVISOR, "", "", rules, NOW)],
        "review_days": [
            model_loop.verify(one, DESK, MISTAKEN, "x", rules, NOW),
            model_loop.contest(named, DESK, "x", rules, NOW),
            model_loop.appeal(excused, "x", rules, NOW),
        ],
        "rectify_days": [
            model_loop.verify(one, DESK, VALID, "x", rules, NOW),
            model_loop.review(at(model_moves.VERIFIED), SUPERVISOR, VALID, "x", rules, NOW),
            model_loop.reopen(rectified, "x", rules, NOW),
            model_loop.call_back(rectified, DESK, NOT_SATISFIED, "x", rules, NOW)[1],
        ],
        "call_back_days": [
            model_loop.rectify(named, DESK, "x", rules, NOW),
            model_loop.review(at(model_moves.VERIFIED), SUPERVISOR, MISTAKEN, "x", rules, NOW),
        ],
        "publish_days": [
            model_loop.call_back(excused, DESK, NOT_SATISFIED, "x", rules, NOW)[0],
            model_loop.rectify(unnamed, DESK, "x", rules, NOW),
        ],
    }
    for name, begun in steps.items():
        assert [event.step_due for event in begun] == [days[name]] * len(begun), name  # type: ignore[attr-defined]


def test_a_rectification_is_extended_once_and_not_when_it_is_late() -> None:
    one = at(model_moves.RECTIFYING)
    due = loop_of(one).rectify_due
    longer = walk(one, "ExtendRectification")
    assert loop_of(longer).rectify_due == after(due, 3, one.region) > due
    with pytest.raises(Refused) as refused:
        walk(longer, "ExtendRectification")
    assert refused.value.reason == "EXTENDED_ALREADY"
    late = apply(one, model_timers.fire(one, due), due)
    for name in ("ExtendRectification", "ContestRating"):
        with pytest.raises(Refused) as refused:
            walk(late, name)
        assert refused.value.reason == "STEP_OVERDUE"


def test_not_satisfied_with_the_rectification_it_is_rectified_again_once() -> None:
    one = at(model_moves.RECTIFIED)
    again = apply(one, model_loop.call_back(one, DESK, NOT_SATISFIED, "x", None, NOW))
    assert (loop_of(again).status, loop_of(again).reopened) == (model_moves.RECTIFYING, 1)
    second = walk(again, "RectifyRating")
    done = apply(second, model_loop.call_back(second, DESK, NOT_SATISFIED, "x", None, NOW))
    assert (loop_of(done).status, loop_of(done).outcome) == (model_moves.CALLED_BACK, NOT_SATISFIED)
    with pytest.raises(Refused) as refused:
        walk(done, "ReopenRating")
    assert refused.value.reason == "REOPENED_ALREADY"


def test_an_excuse_holds_when_the_supervisor_agrees_and_is_counted_apart() -> None:
    waiting = excuse(at(model_moves.ASSIGNED))
    assert model_kinds.kind_of(waiting).mark == model_kinds.PLAIN, "the department's word alone takes nothing out"
    final = walk(waiting, "ReviewRating")
    assert model_kinds.kind_of(final).mark == model_kinds.MISTAKEN
    refused_excuse = apply(waiting, model_loop.review(waiting, SUPERVISOR, VALID, "x", None, NOW))
    assert loop_of(refused_excuse).status == model_moves.RECTIFYING
    assert model_kinds.kind_of(refused_excuse).mark == model_kinds.PLAIN
    with pytest.raises(Refused) as refused:
        walk(refused_excuse, "ContestRating")
    assert refused.value.reason == "REVIEWED_ALREADY"


def test_the_rater_appeals_once_against_an_excuse() -> None:
    excused = at(model_moves.REVIEWED)
    appealed = walk(excused, "AppealRating")
    assert loop_of(appealed).status == model_moves.APPEALED
    again = walk(appealed, "ReviewRating")
    with pytest.raises(Refused) as refused:
        walk(again, "AppealRating")
    assert refused.value.reason == "APPEALED_ALREADY"
    with pytest.raises(Refused) as refused:
        walk(again, "ReopenRating")
    assert refused.value.reason == "MOVE_NOT_ALLOWED"


def test_nobody_calls_back_who_gave_no_name_and_his_reply_is_made_public_at_once() -> None:
    one = walk(given(anonymous=True), "AssignRating", "VerifyRating", "RectifyRating")
    with pytest.raises(Refused) as refused:
        walk(one, "CallBackRating")
    assert refused.value.reason == "NO_CONTACT"
    assert loop_of(walk(one, "PublishRating")).status == model_moves.PUBLISHED


def test_the_officer_concerned_neither_handles_nor_oversees_it() -> None:
    own, other = officer("review", department=DEPARTMENT), officer("review", department=DEPARTMENT)
    one = walk(given(officers=(own.id,)), "AssignRating")
    assert not model.handles(own, one) and model.handles(other, one)
    assert model_moves.open_moves(one, own) == [] and model_moves.open_moves(one, other) == ["VerifyRating"]
    chief = supervisor()
    concerned = given(officers=(chief.id,))
    assert model.concerned(chief, concerned) and model_moves.open_moves(concerned, chief) == []


@pytest.mark.parametrize("status", list(model_moves.STATUSES))
@pytest.mark.parametrize(
    "actor",
    [DESK, SUPERVISOR, person("ann"), person(), officer("receive")],
    ids=["desk", "supervisor", "ann", "somebody", "receiver"],
)
def test_a_move_that_is_offered_is_made(actor: object, status: int) -> None:
    one = at(status)
    for name in model_moves.open_moves(one, actor):  # type: ignore[arg-type]
        assert loop_of(walk(one, name)).status in MOVES[name].targets


def test_every_move_of_the_table_is_made_here() -> None:
    assert set(ACTS) == set(MOVES)


def test_a_flag_is_lifted_once() -> None:
    raised = events.RatingFlagged(flags=[events.Raised(kind=pb.FLAG_KIND_BURST, reason="十分钟内4次")])
    one = apply(given(pb.GRADE_SATISFIED), raised)
    assert one.flagged and model_kinds.kind_of(one).mark == model_kinds.FLAGGED
    lifted = apply(one, model_loop.lift_flag(one, SUPERVISOR, pb.FLAG_KIND_BURST, "x"))
    assert not lifted.flagged and len(lifted.flags) == 1, "what was raised stays"
    with pytest.raises(Refused) as refused:
        model_loop.lift_flag(lifted, SUPERVISOR, pb.FLAG_KIND_BURST, "x")
    assert refused.value.reason == "FLAG_UNKNOWN"


def told(rating: Rating) -> tuple[int, int]:
    return loop_of(rating).status, rating.grade


def test_a_second_negative_rating_opens_a_loop_where_there_was_none() -> None:
    one = given(pb.GRADE_SATISFIED)
    again = apply(one, model_giving.rate_again(one, pb.GRADE_DISSATISFIED, "", "", None, NOW))
    assert told(again) == (model_moves.RECEIVED, pb.GRADE_SATISFIED)


def test_it_is_handed_on_so_often_and_no_more_and_there_is_room_for_all_that_follows() -> None:
    one = given()
    for _ in range(model_moves.MOST_ASSIGNED):
        one = walk(one, "AssignRating")
    assert "AssignRating" not in model_moves.open_moves(one, SUPERVISOR)
    with pytest.raises(Refused) as refused:
        walk(one, "AssignRating")
    assert refused.value.reason == "ASSIGNED_TOO_OFTEN"
    assert loop_of(walk(one, "VerifyRating", "RectifyRating")).status == model_moves.RECTIFIED


def test_a_rating_of_supervision_itself_is_assigned_to_somebody() -> None:
    one = replace(given(), department="")
    with pytest.raises(Refused) as refused:
        model_loop.assign(one, SUPERVISOR, "", "", None, NOW)
    assert [fault.field for fault in refused.value.violations] == ["department"]
    assert apply(one, model_loop.assign(one, SUPERVISOR, DEPARTMENT, "", None, NOW)).desk == DEPARTMENT


def test_nobody_reviews_what_he_found_or_appeals_himself() -> None:
    both = supervisor("review", "decide", department=DEPARTMENT)
    excused = at(model_moves.ASSIGNED)
    excused = apply(excused, model_loop.verify(excused, both, MISTAKEN, "x", None, NOW))
    valid = at(model_moves.ASSIGNED)
    valid = apply(valid, model_loop.verify(valid, DESK, VALID, "x", None, NOW))
    contested = apply(valid, model_loop.contest(valid, both, "x", None, NOW))
    for one in (excused, contested):
        assert "ReviewRating" not in model_moves.open_moves(one, both)
        assert "ReviewRating" in model_moves.open_moves(one, SUPERVISOR)
        with pytest.raises(Refused) as refused:
            model_loop.review(one, both, MISTAKEN, "x", None, NOW)
        assert refused.value.reason == "VERIFIER_MAY_NOT_REVIEW"
    assert loop_of(contested).parties == [DESK.id, both.id]
    excused = walk(excused, "ReviewRating", "AppealRating")
    assert "ReviewRating" not in model_moves.open_moves(excused, both), "nor when the rater appeals"


def test_what_was_published_ends_ten_natural_days_later() -> None:
    published = model_loop.publish(at(model_moves.CALLED_BACK), SUPERVISOR, "", "已整改", NOW)
    # The tenth day ends at midnight in China, though it is a Thursday.
    assert published.step_due == "2026-09-17T15:59:59+00:00"


def test_the_table_says_who_and_from_where() -> None:
    """By hand, beside the table: what of it the rules of C.5.4 stand on."""
    of = MOVES.__getitem__
    assert of("ReopenRating").sources == (model_moves.RECTIFIED, model_moves.CALLED_BACK, model_moves.PUBLISHED)
    assert of("AppealRating").sources == (model_moves.REVIEWED, model_moves.CALLED_BACK)
    assert of("AssignRating").sources == (model_moves.RECEIVED, model_moves.ASSIGNED)
    assert of("ContestRating").roles == ("decide",) and set(of("VerifyRating").roles) == {"review", "decide"}
    by_supervision = {name for name, move in MOVES.items() if move.sees == (model_moves.SUPERVISOR,)}
    assert by_supervision == {"AssignRating", "ReviewRating", "ExtendRectification", "PublishRating", "CloseRating"}
    assert all(of(name).roles == ("supervise",) for name in by_supervision)


def test_a_flag_of_a_kind_that_is_known_is_not_raised_again() -> None:
    burst = events.Raised(kind=pb.FLAG_KIND_BURST, reason="十分钟内4次")
    one = apply(given(pb.GRADE_SATISFIED), events.RatingFlagged(flags=[burst]))
    one = apply(one, model_loop.lift_flag(one, SUPERVISOR, pb.FLAG_KIND_BURST, "x"))
    again = apply(one, events.RatingFlagged(flags=[burst, events.Raised(kind=pb.FLAG_KIND_SELF, reason="本部门")]))
    assert [(flag.kind, flag.lifted) for flag in again.flags] == [
        (pb.FLAG_KIND_BURST, True), (pb.FLAG_KIND_SELF, False),
    ]  # fmt: skip


def test_while_an_appeal_waits_what_is_late_is_the_review_and_not_the_rectification() -> None:
    for status, stands in (
        (model_moves.RECTIFYING, model_kinds.LATE_OPEN),
        (model_moves.APPEALED, model_kinds.RUNNING),
    ):
        one = at(status)
        assert one.due is not None and model_kinds.kind_of(one).rectification == model_kinds.RUNNING
        late = apply(one, model_timers.fire(one, one.due), one.due)
        assert model_kinds.kind_of(late).rectification == stands
