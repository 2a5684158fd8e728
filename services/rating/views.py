"""A rating as its reader may see it: the rater all that is his, a department no word of who wrote it while its loop is open, a
supervisor the flags beside."""

from datetime import datetime

from chassis.acts import PERSON, Actor
from chassis.records import Record
from chassis.sealed import Keyring
from services.rating import model, model_moves
from services.rating.model import Loop, Rating
from services.rating.model_windows import day_start
from standards.instants import text
from yiwang.rating.v1 import service_pb2 as pb

WHO = {
    model_moves.RATER: "评价人",
    model_moves.DEPARTMENT: "责任部门",
    model_moves.SUPERVISOR: "监察",
    model_moves.SYSTEM: "系统",
}
WHAT = {
    "LoopOpened": "提交差评",
    "RatingAssigned": "转办",
    "RatingVerified": "核实",
    "RatingReviewed": "复核",
    "RatingRectified": "整改",
    "RectificationExtended": "整改延期",
    "RaterCalledBack": "回访",
    "RatingReopened": "要求再次整改",
    "RatingAppealed": "申诉",
    "RatingPublished": "公开",
    "LoopClosed": "办结",
    "StepOverdue": "超期",
}
# What was served where that would tell who asked.
TICKET = "咨询"
# A department calls back to verify, and after the rectification.
_CALLING = (model_moves.ASSIGNED, model_moves.RECTIFIED, model_moves.REVIEWED)


def full(record: Record[Rating], actor: Actor, keyring: Keyring) -> pb.Rating:
    """The whole rating, for its reader."""
    rating = record.state
    view = _public(record)
    view.comment = keyring.open_text(rating.rater_id, rating.sealed_comment)
    view.again_comment = keyring.open_text(rating.rater_id, rating.sealed_again)
    for number, file in enumerate(rating.files, 1):
        own = actor.realm == PERSON
        name = (
            keyring.open_text(rating.rater_id, file.sealed_filename)
            if own
            else model.neutral_name(number, file.media_type)
        )
        view.files.add(file_id=file.file_id, filename=name, media_type=file.media_type, size=file.size)
    if rating.loop:
        view.loop.CopyFrom(_loop(rating, rating.loop, actor, keyring))
    view.moves.extend(model_moves.open_moves(rating, actor))
    if model.oversees(actor, rating):
        for flag in rating.flags:
            view.flags.add(kind=flag.kind, reason=flag.reason, at=text(flag.at), lifted=flag.lifted)
    if _knows_rater(rating, actor):
        view.case_id, view.case_number, view.ticket_id = rating.case_id, rating.case_number, rating.ticket_id
    else:
        _unknown(view, rating)
    if actor.realm == PERSON:
        view.agent_name = keyring.open_text(rating.agent_id, rating.sealed_agent_name)
    return view


def _knows_rater(rating: Rating, actor: Actor) -> bool:
    """Whether the reader may know whose case it was: the rater, and a supervisor or the department once it is dealt with, unless it was
    given anonymously."""
    if actor.realm == PERSON:
        return True
    closed = rating.loop is None or rating.loop.status == model_moves.CLOSED
    return not rating.anonymous and (closed or model.oversees(actor, rating))


def _unknown(view: pb.Rating, rating: Rating) -> None:
    """Without what tells whose service it was: a department knows when each of its cases was closed and who was at the window when, and the
    number of a ticket is that of its asker. Of instants the day is left."""
    if rating.ticket_id:
        view.subject = TICKET
    view.opened_at, view.closes_at = _day(rating.opened_at), _day(rating.closes_at)
    view.rated_at, view.again_at = _day(rating.rated_at), _day(rating.again_at)
    for line, said in zip(view.loop.lines, rating.loop.said if rating.loop else (), strict=True):
        if said.by == model_moves.RATER:
            line.at = _day(said.at)


def _day(at: datetime | None) -> str:
    """The beginning of the day in China."""
    return text(day_start(at)) if at else ""


def _public(record: Record[Rating]) -> pb.Rating:
    rating = record.state
    return pb.Rating(
        id=record.id,
        version=record.version,
        status=rating.status,  # type: ignore[arg-type]
        node=rating.node,  # type: ignore[arg-type]
        occasion=rating.occasion,
        subject=rating.subject,
        item_code=rating.item_code,
        department=rating.department,
        department_name=rating.department_name,
        region=rating.region,
        window_id=rating.window_id,
        opened_at=text(rating.opened_at),
        closes_at=text(rating.closes_at),
        grade=rating.grade,  # type: ignore[arg-type]
        tags=rating.tags,
        anonymous=rating.anonymous,
        channel=rating.channel,  # type: ignore[arg-type]
        rated_at=text(rating.rated_at),
        again_grade=rating.again_grade,  # type: ignore[arg-type]
        again_at=text(rating.again_at),
    )


def _loop(rating: Rating, loop: Loop, actor: Actor, keyring: Keyring) -> pb.Loop:
    view = pb.Loop(
        status=loop.status,  # type: ignore[arg-type]
        assigned_to=loop.department,
        verdict=loop.verdict,  # type: ignore[arg-type]
        verdict_final=loop.verdict_final,
        step_due=text(loop.step_due),
        overdue=loop.overdue,
        rectify_due=text(loop.rectify_due),
        rectified_at=text(loop.rectified_at),
        extended=loop.extended,
        outcome=loop.outcome,  # type: ignore[arg-type]
        called_back_at=text(loop.called_back_at),
        reopened=loop.reopened,
        public_reply=loop.public_reply,
        published_at=text(loop.published_at),
    )
    for said in loop.said:
        told = keyring.open_text(rating.rater_id, said.sealed)
        view.lines.add(at=text(said.at), by=WHO[said.by], title=WHAT[said.what], text=told)
    if loop.status in _CALLING and (model.handles(actor, rating) or model.oversees(actor, rating)):
        view.contact = keyring.open_text(rating.rater_id, rating.sealed_contact)
    return view
