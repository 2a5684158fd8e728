"""Acts of the closed loop (C.5.4), from the assignment to the end: each checks and returns its events, or raises. Pure.

A step's due date follows from the county's days when it begins, and stands in the event: a replay needs no calendar. Whoever was concerned
with the service never comes here (the api answers NOT_FOUND).
"""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.rating import model_rules
from services.rating.model import Rating
from services.rating.model_moves import require_move
from services.rating.model_rules import Rules
from standards.instants import after, after_natural, text
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb


def assign(
    rating: Rating, officer: Actor, department: str, sealed_note: str, rules: Rules | None, now: datetime
) -> events.RatingAssigned:
    """Handed to the department that verifies it (转办): the one that was rated unless another is named. INVALID_ARGUMENT REQUIRED where
    supervision itself was rated: somebody has to have it on his desk."""
    require_move(rating, "AssignRating")
    if not (department or rating.department):
        raise invalid(Violation("department", "REQUIRED", "请选择承办部门"))
    return events.RatingAssigned(
        rating_id=rating.id,
        officer_id=officer.id,
        department=department or rating.department,
        sealed_note=sealed_note,
        step_due=_due(rating, "verify_days", rules, now),
    )


def verify(
    rating: Rating, officer: Actor, verdict: int, sealed_finding: str, rules: Rules | None, now: datetime
) -> events.RatingVerified:
    """What the department found (核实): valid, then it rectifies; an excuse waits for the supervisor."""
    require_move(rating, "VerifyRating")
    days = "rectify_days" if verdict == pb.VERDICT_VALID else "review_days"
    return events.RatingVerified(
        rating_id=rating.id,
        officer_id=officer.id,
        verdict=verdict,  # type: ignore[arg-type]
        sealed_finding=sealed_finding,
        step_due=_due(rating, days, rules, now),
    )


def review(
    rating: Rating, officer: Actor, verdict: int, sealed_reason: str, rules: Rules | None, now: datetime
) -> events.RatingReviewed:
    """The supervisor's word on an excuse or an appeal (复核). Valid: the rectification has its whole time from now on, since the time of an
    appeal is not the department's; an excuse is final, and the rater is told. FAILED_PRECONDITION VERIFIER_MAY_NOT_REVIEW."""
    loop = require_move(rating, "ReviewRating")
    require(officer.id not in loop.parties, "VERIFIER_MAY_NOT_REVIEW", "核实人、申诉人不得复核同一评价")
    due = _due(rating, "rectify_days", rules, now) if verdict == pb.VERDICT_VALID else _told_by(rating, rules, now)
    return events.RatingReviewed(
        rating_id=rating.id,
        officer_id=officer.id,
        verdict=verdict,  # type: ignore[arg-type]
        sealed_reason=sealed_reason,
        step_due=due,
    )


def contest(
    rating: Rating, officer: Actor, sealed_reason: str, rules: Rules | None, now: datetime
) -> events.RatingAppealed:
    """The department's appeal against a rating it found valid itself, once, before a supervisor has said so and while there is time:
    FAILED_PRECONDITION STEP_OVERDUE afterwards, since a late rectification is not made one in time by an appeal."""
    require_move(rating, "ContestRating")
    due = _due(rating, "review_days", rules, now)
    return events.RatingAppealed(rating_id=rating.id, officer_id=officer.id, sealed_reason=sealed_reason, step_due=due)


def rectify(
    rating: Rating, officer: Actor, sealed_measures: str, rules: Rules | None, now: datetime
) -> events.RatingRectified:
    """What was done (整改); then the rater is called back, or, where nobody can be, the reply is made public."""
    require_move(rating, "RectifyRating")
    return events.RatingRectified(
        rating_id=rating.id,
        officer_id=officer.id,
        sealed_measures=sealed_measures,
        step_due=_told_by(rating, rules, now),
    )


def extend(rating: Rating, officer: Actor, days: int, sealed_reason: str) -> events.RectificationExtended:
    """More working days for the rectification, once, while there is time: FAILED_PRECONDITION STEP_OVERDUE afterwards."""
    loop = require_move(rating, "ExtendRectification")
    assert loop.rectify_due is not None  # of every rectification
    return events.RectificationExtended(
        rating_id=rating.id,
        officer_id=officer.id,
        step_due=text(after(loop.rectify_due, days, rating.region)),
        sealed_reason=sealed_reason,
    )


def call_back(
    rating: Rating, officer: Actor, outcome: int, sealed_note: str, rules: Rules | None, now: datetime
) -> list[Message]:
    """What the rater said (回访). Not satisfied with a rectification for the first time: it is rectified again, in one write; an excuse
    stays, against which he may appeal."""
    loop = require_move(rating, "CallBackRating")
    called = events.RaterCalledBack(
        rating_id=rating.id,
        officer_id=officer.id,
        outcome=outcome,  # type: ignore[arg-type]
        sealed_note=sealed_note,
        step_due=_due(rating, "publish_days", rules, now),
        department=officer.department if officer.department == rating.desk else "",
    )
    if outcome != pb.CALL_BACK_OUTCOME_NOT_SATISFIED or loop.reopened or loop.verdict_final:
        return [called]
    return [called, events.RatingReopened(rating_id=rating.id, step_due=_due(rating, "rectify_days", rules, now))]


def appeal(rating: Rating, sealed_reason: str, rules: Rules | None, now: datetime) -> events.RatingAppealed:
    """The rater's appeal against an excuse, once."""
    require_move(rating, "AppealRating")
    due = _due(rating, "review_days", rules, now)
    return events.RatingAppealed(rating_id=rating.id, sealed_reason=sealed_reason, step_due=due)


def reopen(rating: Rating, sealed_reason: str, rules: Rules | None, now: datetime) -> events.RatingReopened:
    """The rater says that the rectification is not enough, once."""
    require_move(rating, "ReopenRating")
    due = _due(rating, "rectify_days", rules, now)
    return events.RatingReopened(rating_id=rating.id, sealed_reason=sealed_reason, step_due=due)


def publish(rating: Rating, officer: Actor, comment: str, reply: str, now: datetime) -> events.RatingPublished:
    """The reply is public (公开), after the call-back of whoever gave his name; ten days later the loop ends by itself."""
    require_move(rating, "PublishRating")
    return events.RatingPublished(
        rating_id=rating.id,
        officer_id=officer.id,
        public_comment=comment,
        public_reply=reply,
        step_due=text(after_natural(now, model_rules.CLOSED_AFTER)),
    )


def close(rating: Rating, officer: Actor) -> events.LoopClosed:
    """It is dealt with (办结)."""
    require_move(rating, "CloseRating")
    return events.LoopClosed(rating_id=rating.id, officer_id=officer.id)


def lift_flag(rating: Rating, officer: Actor, kind: int, sealed_reason: str) -> events.FlagLifted:
    """A supervisor looked: the rating counts again as far as this flag goes. FAILED_PRECONDITION FLAG_UNKNOWN."""
    raised = any(flag.kind == kind and not flag.lifted for flag in rating.flags)
    require(raised, "FLAG_UNKNOWN", "该评价没有此项预警，或已解除")
    return events.FlagLifted(
        rating_id=rating.id,
        officer_id=officer.id,
        kind=kind,  # type: ignore[arg-type]
        sealed_reason=sealed_reason,
    )


def _due(rating: Rating, days: str, rules: Rules | None, now: datetime) -> str:
    return text(after(now, model_rules.days(rules, days), rating.region))


def _told_by(rating: Rating, rules: Rules | None, now: datetime) -> str:
    """The end of the step in which the rater is told: by a call, or, where he is unknown, in public."""
    return _due(rating, "publish_days" if rating.anonymous else "call_back_days", rules, now)
