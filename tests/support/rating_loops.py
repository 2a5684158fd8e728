"""Negative ratings at every place of their loop, as the model has them, and every move as the model makes it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from google.protobuf.message import Message

from chassis.acts import Moment
from services.rating import inviting, model_giving, model_loop, model_timers
from services.rating import model_moves as moves
from services.rating.model import Rating
from services.rating.model_evolve import EVOLVE
from tests.support.actors import officer, supervisor
from tests.support.rating_service import DEPARTMENT, closed
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

# A Monday; no holiday until 25 September 2026.
NOW = datetime(2026, 9, 7, 2, tzinfo=UTC)
DESK, SUPERVISOR = officer("review", "decide", department=DEPARTMENT), supervisor()
VALID, MISTAKEN = pb.VERDICT_VALID, pb.VERDICT_MISTAKEN
SATISFIED, NOT_SATISFIED = pb.CALL_BACK_OUTCOME_SATISFIED, pb.CALL_BACK_OUTCOME_NOT_SATISFIED

Act = Callable[[Rating, datetime], Message | list[Message] | None]
# Every move of the table, by name, made with what usually goes with it.
ACTS: Final[Mapping[str, Act]] = {
    "AssignRating": lambda r, at: model_loop.assign(r, SUPERVISOR, "", "", None, at),
    "VerifyRating": lambda r, at: model_loop.verify(r, DESK, VALID, "x", None, at),
    "ReviewRating": lambda r, at: model_loop.review(r, SUPERVISOR, MISTAKEN, "x", None, at),
    "ContestRating": lambda r, at: model_loop.contest(r, DESK, "x", None, at),
    "ExtendRectification": lambda r, _: model_loop.extend(r, SUPERVISOR, 3, "x"),
    "RectifyRating": lambda r, at: model_loop.rectify(r, DESK, "x", None, at),
    "CallBackRating": lambda r, at: model_loop.call_back(r, DESK, SATISFIED, "x", None, at),
    "AppealRating": lambda r, at: model_loop.appeal(r, "x", None, at),
    "ReopenRating": lambda r, at: model_loop.reopen(r, "x", None, at),
    "PublishRating": lambda r, at: model_loop.publish(r, SUPERVISOR, "", "已整改", at),
    "CloseRating": lambda r, _: model_loop.close(r, SUPERVISOR),
    "StepOverdue": model_timers.fire,
    "LoopClosed": model_timers.fire,
}


def apply(rating: Any, decided: Message | list[Message] | None, at: datetime = NOW) -> Rating:
    """The rating after what was decided."""
    for event in decided if isinstance(decided, list) else [decided]:
        if event is not None:
            rating = EVOLVE[type(event)](rating, event, Moment(at, "system:test"))
    return rating  # type: ignore[no-any-return]


def given(grade: int = pb.GRADE_DISSATISFIED, anonymous: bool = False, officers: tuple[str, ...] = ()) -> Rating:
    """A rating that was just given."""
    served, person = inviting.served_of(closed("ann", "case-1", "item-1", officer_ids=officers), NOW)
    opened = apply(None, model_giving.open_invitation("rating-1", served, person, None, NOW))
    told = events.GivenRating(grade=grade, anonymous=anonymous, channel=pb.RATING_CHANNEL_MOBILE)  # type: ignore[arg-type]
    return apply(opened, model_giving.give(opened, "ann", told, "", None, NOW))


def walk(rating: Rating, *names: str) -> Rating:
    """The rating after these moves, by name."""
    for name in names:
        rating = apply(rating, ACTS[name](rating, NOW))
    return rating


def excuse(rating: Rating) -> Rating:
    """What the department says is mistaken."""
    return apply(rating, model_loop.verify(rating, DESK, MISTAKEN, "x", None, NOW))


def at(status: int) -> Rating:
    """A loop that stands at a status."""
    one = given()
    if status == moves.RECEIVED:
        return one
    one = walk(one, "AssignRating")
    if status in (moves.VERIFIED, moves.REVIEWED):
        one = excuse(one)
        return one if status == moves.VERIFIED else walk(one, "ReviewRating")
    ways = {
        moves.ASSIGNED: (),
        moves.RECTIFYING: ("VerifyRating",),
        moves.APPEALED: ("VerifyRating", "ContestRating"),
        moves.RECTIFIED: ("VerifyRating", "RectifyRating"),
        moves.CALLED_BACK: ("VerifyRating", "RectifyRating", "CallBackRating"),
        moves.PUBLISHED: ("VerifyRating", "RectifyRating", "CallBackRating", "PublishRating"),
        moves.CLOSED: ("VerifyRating", "RectifyRating", "CallBackRating", "PublishRating", "CloseRating"),
    }
    return walk(one, *ways[status])


def loop_of(rating: Rating) -> Any:
    """Its loop, which is there."""
    assert rating.loop is not None
    return rating.loop
