"""Asking for a rating and giving it: what may happen before a loop opens. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from google.protobuf.message import Message

from chassis.errors import require
from services.rating import model, model_rules
from services.rating.model import Rating
from services.rating.model_rules import Rules
from standards.instants import after, after_natural, text
from yiwang.rating.v1 import events_pb2 as events


def open_invitation(
    id: str, served: events.ServiceServed, applicant_id: str, rules: Rules | None, at: datetime
) -> events.InvitationOpened:
    """Whoever was served is asked; after the county's days the default rating is entered (30 days, C.5.2)."""
    closes = after_natural(at, model_rules.days(rules, "default_after_days"))
    return events.InvitationOpened(rating_id=id, applicant_id=applicant_id, served=served, closes_at=text(closes))


def require_open(rating: Rating) -> None:
    """FAILED_PRECONDITION RATED_ALREADY once it was given, RATING_LAPSED once the default was entered."""
    require(rating.status != model.RATED, "RATED_ALREADY", "您已评价过该服务，每个服务环节只能评价一次")
    require(rating.status == model.OPEN, "RATING_LAPSED", "评价期限已过，系统已按默认评价处理")


def give(
    rating: Rating,
    rater_id: str,
    given: events.GivenRating,
    sealed_agent_name: str,
    rules: Rules | None,
    now: datetime,
    origin: tuple[str, str] = ("", ""),
    officers: Sequence[str] = (),
    window_id: str = "",
) -> list[Message]:
    """The rating, given once and never changed; a negative one opens its loop in the same write. `origin` as in `begin`; `officers` are
    concerned beside those of the node; `window_id` is where it is given, and counts where the service was at no window."""
    require_open(rating)
    system, reference = origin
    event = events.RatingGiven(
        rating_id=rating.id,
        served=events.ServiceServed(officer_ids=officers, window_id=window_id) if officers or window_id else None,
        rater_id=rater_id,
        given=given,
        sealed_agent_name=sealed_agent_name,
        system=system,
        reference=reference,
    )
    return [event, *loop_of(rating.id, given.grade, rating.region, rules, now)]


def begin(
    id: str,
    served: events.ServiceServed,
    rater_id: str,
    given: events.GivenRating,
    rules: Rules | None,
    now: datetime,
    origin: tuple[str, str] = ("", ""),
    sealed_agent_name: str = "",
) -> list[Message]:
    """A rating nobody was asked for: of a window, by telephone, of another system. `origin` is the system and its reference."""
    system, reference = origin
    event = events.RatingGiven(
        rating_id=id,
        served=served,
        rater_id=rater_id or id,
        given=given,
        sealed_agent_name=sealed_agent_name,
        system=system,
        reference=reference,
    )
    return [event, *loop_of(id, given.grade, served.region, rules, now)]


def loop_of(id: str, grade: int, region: str, rules: Rules | None, now: datetime) -> Sequence[Message]:
    """What a negative grade opens (谁办理谁负责, 国办发〔2019〕51号); nothing for another."""
    if not model.negative(grade):
        return ()
    due = after(now, model_rules.days(rules, "assign_days"), region)
    return (events.LoopOpened(rating_id=id, step_due=text(due)),)


def default(rating: Rating) -> events.RatingDefaulted | None:
    """Nobody rated in time; nothing where somebody did meanwhile."""
    if rating.status != model.OPEN:
        return None
    return events.RatingDefaulted(rating_id=rating.id, grade=model.DEFAULT_GRADE)


def rate_again(
    rating: Rating, grade: int, sealed_comment: str, sealed_agent_name: str, rules: Rules | None, now: datetime
) -> list[Message]:
    """The second rating (追评), given once within ninety days of the first; a negative one opens a loop where there is none.

    FAILED_PRECONDITION NOT_RATED_YET, RATED_AGAIN_ALREADY, RATING_LAPSED.
    """
    require(rating.status != model.OPEN, "NOT_RATED_YET", "请先评价，再追加评价")
    require(not rating.again_grade, "RATED_AGAIN_ALREADY", "您已追加过评价")
    within = rating.rated_at is not None and now <= rating.rated_at + timedelta(days=model_rules.AGAIN_WITHIN)
    require(within, "RATING_LAPSED", "追加评价的期限已过")
    event = events.RatingAddedTo(
        rating_id=rating.id,
        grade=grade,  # type: ignore[arg-type]
        sealed_comment=sealed_comment,
        sealed_agent_name=sealed_agent_name,
    )
    opened = () if rating.loop else loop_of(rating.id, grade, rating.region, rules, now)
    return [event, *opened]
