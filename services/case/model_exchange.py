"""What a department's own system does to a case that was received and accepted here. Pure."""

from datetime import datetime, timedelta

from chassis.errors import Violation, invalid
from services.case import model_deadlines
from services.case.model import CLOCKS_DIFFER, Case
from services.case.model_acts import require_heard, require_paid, require_proven
from services.case.model_moves import require_move
from yiwang.case.v1 import events_pb2 as events

AHEAD = timedelta(minutes=5)


def push_result(
    case: Case, granted: bool, reason: str, sealed_reason: str, result_number: str, decided_at: str, now: datetime
) -> events.ResultPushed:
    """The decision it came to (行政许可法 art. 38, 42): with a reason for a denial, at an instant between acceptance and now; with the
    number of its document it is issued, too. Delivery is counted from the day it was decided there (art. 44)."""
    require_move(case, "PushResult")
    require_heard(case)
    at, found = _decided(case, decided_at, now)
    if not granted and not reason.strip():
        found.append(Violation("reason", "REQUIRED", "不予许可必须说明理由"))
    if not granted and result_number:
        found.append(Violation("result_number", "NOT_FOR_A_DENIAL", "不予许可没有结果文书编号"))
    if granted and result_number and not case.result_name:
        found.append(Violation("result_number", "NO_RESULT", "该事项没有结果文书"))
    if found:
        raise invalid(*found)
    if granted:
        require_proven(case)
    if result_number:
        require_paid(case)
    clocks = model_deadlines.clocks_of_grant(case, at) if granted else {}
    return events.ResultPushed(
        case_id=case.id,
        granted=granted,
        result_number=result_number,
        result_name=case.result_name if result_number else "",
        decided_at=decided_at,
        sealed_reason=sealed_reason,
        **clocks,
    )


def _decided(case: Case, decided_at: str, now: datetime) -> tuple[datetime, list[Violation]]:
    """When it was decided there, and what is wrong with that."""
    try:
        at = datetime.fromisoformat(decided_at)
    except ValueError:
        return now, [Violation("decided_at", "MALFORMED", "决定时间格式不正确")]
    if at.tzinfo is None:
        return now, [Violation("decided_at", "MALFORMED", "决定时间须带时区")]
    if at > now + AHEAD:
        return at, [Violation("decided_at", "FUTURE_TIME", "决定时间晚于当前时间")]
    if case.accepted_at and at < case.accepted_at - CLOCKS_DIFFER:
        return at, [Violation("decided_at", "BEFORE_ACCEPTANCE", "决定时间早于受理时间")]
    return at, []
