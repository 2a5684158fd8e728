"""Events turn into the state of a rating: one pure function each. What is derived from the rest stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment, acting_id
from services.rating import model, model_kinds
from services.rating import model_moves as moves
from services.rating.model import COUNTY_DIGITS, File, Flag, Loop, Rating, Said
from standards.instants import instant
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb


def _served(id: str, served: events.ServiceServed, applicant_id: str, at: datetime) -> Rating:
    return Rating(
        id=id,
        status=model.OPEN,
        node=served.node,
        occasion=served.occasion,
        case_id=served.case_id,
        case_number=served.case_number,
        ticket_id=served.ticket_id,
        item_id=served.item_id,
        item_code=served.item_code,
        subject=served.subject,
        department=served.department,
        department_name=served.department_name,
        region=served.region,
        county=served.region[:COUNTY_DIGITS],
        window_id=served.window_id,
        officers=list(served.officer_ids),
        day=served.day,
        case_channel=served.case_channel,
        applicant_id=applicant_id,
        opened_at=at,
    )


def _opened(_rating: None, event: events.InvitationOpened, moment: Moment) -> Rating:
    opened = _served(event.rating_id, event.served, event.applicant_id, moment.at)
    return replace(opened, closes_at=instant(event.closes_at))


def _given(rating: Rating | None, event: events.RatingGiven, moment: Moment) -> Rating:
    rating = rating or _served(event.rating_id, event.served, _person(event), moment.at)
    given = event.given
    return replace(
        rating,
        status=model.RATED,
        grade=given.grade,
        tags=list(given.tags),
        sealed_comment=given.sealed_comment,
        anonymous=given.anonymous,
        channel=given.channel,
        files=[File(one.file_id, one.sealed_filename, one.media_type, one.size, one.sha256) for one in given.files],
        sealed_contact=given.sealed_contact,
        rater_id=event.rater_id,
        rated_at=instant(given.given_at) or moment.at,
        agent_id=acting_id(moment.by),
        sealed_agent_name=event.sealed_agent_name,
        # On duty where it was given, beside those whose work it was.
        officers=list(dict.fromkeys([*rating.officers, *event.served.officer_ids])),
        window_id=rating.window_id or event.served.window_id,
        flags=_raised(rating.flags, given.flags, moment.at),
        device_mark=given.device_mark,
        address_mark=given.address_mark,
        text_mark=given.text_mark,
        system=event.system,
        reference=event.reference,
        record_at=moment.at,
    )


def _person(event: events.RatingGiven) -> str:
    # Nobody known: the rating itself seals its texts, and it is nobody's.
    return "" if event.rater_id == event.rating_id else event.rater_id


def _raised(flags: list[Flag], raised: Any, at: datetime) -> list[Flag]:
    known = {flag.kind for flag in flags}
    return [*flags, *(Flag(one.kind, one.reason, at) for one in raised if one.kind not in known)]


def _defaulted(rating: Rating, event: events.RatingDefaulted, moment: Moment) -> Rating:
    return replace(rating, status=model.DEFAULTED, grade=event.grade, record_at=moment.at)


def _added(rating: Rating, event: events.RatingAddedTo, moment: Moment) -> Rating:
    return replace(
        rating,
        again_grade=event.grade,
        sealed_again=event.sealed_comment,
        again_at=moment.at,
        record_at=moment.at,
    )


def _flagged(rating: Rating, event: events.RatingFlagged, moment: Moment) -> Rating:
    return replace(rating, flags=_raised(rating.flags, event.flags, moment.at))


def _lifted(rating: Rating, event: events.FlagLifted, _moment: Moment) -> Rating:
    flags = [replace(flag, lifted=True) if flag.kind == event.kind else flag for flag in rating.flags]
    return replace(rating, flags=flags)


def _loop(rating: Rating, moment: Moment, by: str, what: str, sealed: str, **changed: Any) -> Rating:
    """A step of the loop: what was said, and what it is now. A new step is not late."""
    loop = rating.loop or Loop(moves.RECEIVED, None)
    said = [*loop.said, Said(moment.at, by, what, sealed)]
    return replace(rating, loop=replace(loop, said=said, **changed))


def _opens(rating: Rating, event: events.LoopOpened, moment: Moment) -> Rating:
    return _loop(rating, moment, moves.RATER, "LoopOpened", "", step_due=instant(event.step_due))


def _assigned(rating: Rating, event: events.RatingAssigned, moment: Moment) -> Rating:
    return _loop(
        rating, moment, moves.SUPERVISOR, "RatingAssigned", event.sealed_note,
        status=moves.ASSIGNED, department=event.department, step_due=instant(event.step_due), overdue=False,
    )  # fmt: skip


def _rectifying(due: str) -> dict[str, Any]:
    at = instant(due)
    return {"status": moves.RECTIFYING, "step_due": at, "rectify_due": at, "rectified_at": None, "overdue": False}


def _verified(rating: Rating, event: events.RatingVerified, moment: Moment) -> Rating:
    valid = event.verdict == pb.VERDICT_VALID
    waits = {"status": moves.VERIFIED, "step_due": instant(event.step_due), "overdue": False}
    changed = _rectifying(event.step_due) if valid else waits
    sealed = event.sealed_finding
    return _loop(
        rating, moment, moves.DEPARTMENT, "RatingVerified", sealed,
        verdict=event.verdict, parties=[event.officer_id], **changed,
    )  # fmt: skip


def _reviewed(rating: Rating, event: events.RatingReviewed, moment: Moment) -> Rating:
    valid = event.verdict == pb.VERDICT_VALID
    excused = {"status": moves.REVIEWED, "step_due": instant(event.step_due), "overdue": False}
    changed = _rectifying(event.step_due) if valid else excused
    return _loop(
        rating, moment, moves.SUPERVISOR, "RatingReviewed", event.sealed_reason,
        verdict=event.verdict, verdict_final=not valid, reviewed=True, **changed,
    )  # fmt: skip


def _rectified(rating: Rating, event: events.RatingRectified, moment: Moment) -> Rating:
    return _loop(
        rating, moment, moves.DEPARTMENT, "RatingRectified", event.sealed_measures,
        status=moves.RECTIFIED, rectified_at=moment.at, step_due=instant(event.step_due), overdue=False,
    )  # fmt: skip


def _extended(rating: Rating, event: events.RectificationExtended, moment: Moment) -> Rating:
    due = instant(event.step_due)
    return _loop(
        rating, moment, moves.SUPERVISOR, "RectificationExtended", event.sealed_reason,
        step_due=due, rectify_due=due, extended=True, overdue=False,
    )  # fmt: skip


def _called(rating: Rating, event: events.RaterCalledBack, moment: Moment) -> Rating:
    return _loop(
        rating, moment, moves.DEPARTMENT if event.department else moves.SUPERVISOR, "RaterCalledBack", event.sealed_note,
        status=moves.CALLED_BACK, outcome=event.outcome, called_back_at=moment.at, step_due=instant(event.step_due),
        overdue=False,
    )  # fmt: skip


def _reopened(rating: Rating, event: events.RatingReopened, moment: Moment) -> Rating:
    again = (rating.loop.reopened if rating.loop else 0) + 1
    changed = _rectifying(event.step_due)
    return _loop(rating, moment, moves.RATER, "RatingReopened", event.sealed_reason, reopened=again, **changed)


def _appealed(rating: Rating, event: events.RatingAppealed, moment: Moment) -> Rating:
    by = moves.DEPARTMENT if event.officer_id else moves.RATER
    parties = [*(rating.loop.parties if rating.loop else ()), event.officer_id]
    once = {"department_appealed": True, "parties": parties} if event.officer_id else {"rater_appealed": True}
    due = instant(event.step_due)
    return _loop(
        rating, moment, by, "RatingAppealed", event.sealed_reason,
        status=moves.APPEALED, step_due=due, overdue=False, **once,
    )  # fmt: skip


def _published(rating: Rating, event: events.RatingPublished, moment: Moment) -> Rating:
    return _loop(
        rating, moment, moves.SUPERVISOR, "RatingPublished", "",
        status=moves.PUBLISHED, public_comment=event.public_comment, public_reply=event.public_reply,
        published_at=moment.at, step_due=instant(event.step_due), overdue=False,
    )  # fmt: skip


def _closed(rating: Rating, event: events.LoopClosed, moment: Moment) -> Rating:
    by = moves.SUPERVISOR if event.officer_id else moves.SYSTEM
    return _loop(rating, moment, by, "LoopClosed", "", status=moves.CLOSED, step_due=None, overdue=False)


def _overdue(rating: Rating, _event: events.StepOverdue, moment: Moment) -> Rating:
    return _loop(rating, moment, moves.SYSTEM, "StepOverdue", "", overdue=True, was_overdue=True)


def _settled(evolve: Callable[[Any, Any, Moment], Rating]) -> Callable[[Any, Any, Moment], Rating]:
    """With what follows from the rest: keys of lists, what is due next, what it counts as."""

    def settled(before: Rating | None, event: Any, moment: Moment) -> Rating:
        rating = evolve(before, event, moment)
        loop = rating.loop
        due, due_of = _due(rating)
        rating = replace(
            rating,
            desk=loop.department if loop else "",
            negative=loop is not None,
            flagged=any(not flag.lifted for flag in rating.flags),
            published=loop is not None and loop.published_at is not None,
            published_at=loop.published_at if loop else None,
            due=due,
            due_of=due_of,
        )
        return replace(rating, kind=model_kinds.text(model_kinds.kind_of(rating)))

    return settled


def _due(rating: Rating) -> tuple[datetime | None, str]:
    if rating.status == model.OPEN:
        return rating.closes_at, "default"
    loop = rating.loop
    if loop is None or loop.step_due is None or loop.overdue:
        return None, ""
    return loop.step_due, f"step{loop.status}"


_EVOLVE: Evolve = {
    events.InvitationOpened: _opened,
    events.RatingGiven: _given,
    events.RatingDefaulted: _defaulted,
    events.RatingAddedTo: _added,
    events.RatingFlagged: _flagged,
    events.FlagLifted: _lifted,
    events.LoopOpened: _opens,
    events.RatingAssigned: _assigned,
    events.RatingVerified: _verified,
    events.RatingReviewed: _reviewed,
    events.RatingRectified: _rectified,
    events.RectificationExtended: _extended,
    events.RaterCalledBack: _called,
    events.RatingReopened: _reopened,
    events.RatingAppealed: _appealed,
    events.RatingPublished: _published,
    events.LoopClosed: _closed,
    events.StepOverdue: _overdue,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
