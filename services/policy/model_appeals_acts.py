"""What enterprises, routers, departments and the clock do to an appeal. Pure: one function per act, refusing is raising. What is said comes
sealed."""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from services.policy import model_appeals as appeals
from services.policy.model_appeals import Appeal
from services.policy.model_appeals_moves import require_by, require_move
from services.policy.model_portal import end
from standards.codes import region_valid
from standards.instants import text
from yiwang.policy.v1 import appeals_pb2 as pb
from yiwang.policy.v1 import events_pb2 as events


def require_sound(request: pb.SubmitAppealRequest, own: bool) -> None:
    """INVALID_ARGUMENT with everything that is wrong, each by its field; `own` tells whether the USCC is the caller's."""
    found = []
    if not own:
        found.append(Violation("uscc", "NOT_OWN", "请填写本单位的统一社会信用代码"))
    if not region_valid(request.region):
        found.append(Violation("region", "REGION_UNKNOWN", "没有这个行政区划"))
    for field, least in (("title", 2), ("text", 4), ("enterprise_name", 2)):
        if len(getattr(request, field).strip()) < least:
            found.append(Violation(field, "TOO_SHORT", f"至少{least}个字"))
    if found:
        raise invalid(*found)


def submit(
    id: str, request: pb.SubmitAppealRequest, actor: Actor, number: str, sealed: str, now: datetime
) -> events.AppealSubmitted:
    """An enterprise asks."""
    return events.AppealSubmitted(
        appeal_id=id,
        number=number,
        organization_id=actor.id,
        uscc=request.uscc,
        enterprise_name=request.enterprise_name.strip(),
        kind=request.kind,
        region=request.region,
        sealed=sealed,
        due=text(end(now, appeals.ROUTE_DAYS, request.region)),
    )


def route(
    appeal: Appeal, actor: Actor, department: str, name: str, sealed_note: str, now: datetime
) -> events.AppealRouted:
    """Who looks after the region hands it to a department, or to another one as long as nobody accepted it."""
    _ready(appeal, "RouteAppeal", actor, now)
    return events.AppealRouted(
        appeal_id=appeal.id,
        department=department,
        department_name=name,
        officer_id=actor.id,
        sealed_note=sealed_note,
        due=text(end(now, appeals.ACCEPT_DAYS, appeal.region)),
    )


def accept(appeal: Appeal, actor: Actor, now: datetime) -> events.AppealAccepted:
    """It is the department's; the time to answer begins."""
    _ready(appeal, "AcceptAppeal", actor, now)
    return events.AppealAccepted(
        appeal_id=appeal.id,
        department=appeal.department,
        officer_id=actor.id,
        due=text(end(now, appeals.ANSWER_DAYS[appeal.kind], appeal.region)),
    )


def send_back(appeal: Appeal, actor: Actor, sealed_reason: str, now: datetime) -> events.AppealReturned:
    """It is not the department's."""
    _ready(appeal, "ReturnRouting", actor, now)
    return events.AppealReturned(
        appeal_id=appeal.id,
        department=appeal.department,
        officer_id=actor.id,
        sealed_reason=sealed_reason,
        due=text(end(now, appeals.ROUTE_DAYS, appeal.region)),
    )


def extend(appeal: Appeal, actor: Actor, days: int, sealed_reason: str, now: datetime) -> events.AppealExtended:
    """The department takes more working days, counted from the day it was due."""
    _ready(appeal, "ExtendAppeal", actor, now)
    assert appeal.step_due is not None
    return events.AppealExtended(
        appeal_id=appeal.id,
        officer_id=actor.id,
        days=days,
        sealed_reason=sealed_reason,
        due=text(end(appeal.step_due, days, appeal.region)),
    )


def answer(appeal: Appeal, actor: Actor, sealed_text: str, now: datetime) -> events.AppealAnswered:
    """The department answers."""
    _ready(appeal, "AnswerAppeal", actor, now)
    return events.AppealAnswered(
        appeal_id=appeal.id,
        department=appeal.department,
        officer_id=actor.id,
        sealed_text=sealed_text,
        rate_until=text(end(now, appeals.RATE_DAYS, appeal.region)),
        reopen_until=text(end(now, appeals.REOPEN_DAYS, appeal.region)),
    )


def rate(appeal: Appeal, actor: Actor, score: int, sealed_reason: str, now: datetime) -> events.AppealRated:
    """The enterprise rates the answer. INVALID_ARGUMENT `reason` REQUIRED for a low score without one."""
    _ready(appeal, "RateAppeal", actor, now)
    if score <= appeals.LOW and not sealed_reason:
        raise invalid(Violation("reason", "REQUIRED", "不满意时请说明原因"))
    return events.AppealRated(appeal_id=appeal.id, score=score, sealed_reason=sealed_reason)


def reopen(appeal: Appeal, actor: Actor, sealed_reason: str, now: datetime) -> events.AppealReopened:
    """It is not settled for the enterprise."""
    _ready(appeal, "ReopenAppeal", actor, now)
    return events.AppealReopened(
        appeal_id=appeal.id, sealed_reason=sealed_reason, due=text(end(now, appeals.ROUTE_DAYS, appeal.region))
    )


def fire(appeal: Appeal, now: datetime) -> Message | None:
    """What the clock makes of it; nothing where it was done meanwhile."""
    if appeal.due is None or appeal.due > now:
        return None
    if appeal.due_of == appeals.CLOSE:
        return events.AppealClosed(appeal_id=appeal.id)
    return events.AppealOverdue(appeal_id=appeal.id, step=appeals.STEPS[appeal.status], department=appeal.department)


def _ready(appeal: Appeal, name: str, actor: Actor, now: datetime) -> None:
    require_by(appeal, name, actor)
    require_move(appeal, name, now)
