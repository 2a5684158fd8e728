"""Inspections on site (现勘现审): booked with the applicant, signed by two different inspectors (行政许可法 art. 34). Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.acts import Actor
from chassis.errors import ABORTED, Refused, Violation, invalid, require
from services.case import model
from services.case.model import Case, File, Visit
from services.case.model_moves import require_move
from services.case.model_procedures import instant_of
from standards.instants import text
from yiwang.case.v1 import events_pb2 as events

# How far a device's clock may be ahead, and how early inspectors may be there.
AHEAD, EARLY = timedelta(minutes=5), timedelta(hours=1)
LONGEST_SLOT, FURTHEST_SLOT = timedelta(hours=12), timedelta(days=366)
# No material of an item has such a key.
EVIDENCE = "visit/"


def slot_times(place: str, start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of a slot to be opened; `place` is the path of its fields."""
    begins, ends = instant_of(f"{place}.start", start), instant_of(f"{place}.end", end)
    if begins <= now:
        raise invalid(Violation(f"{place}.start", "SLOT_PAST", "开始时间应在当前时间之后"))
    if begins > now + FURTHEST_SLOT:
        raise invalid(Violation(f"{place}.start", "SLOT_TOO_FAR", "只能开放一年以内的时段"))
    if not timedelta() < ends - begins <= LONGEST_SLOT:
        raise invalid(Violation(f"{place}.end", "SLOT_LENGTH", "结束时间应在开始时间之后12小时以内"))
    return begins, ends


def next_number(case: Case) -> int:
    """The number of the visit to be booked; FAILED_PRECONDITION MOVE_NOT_ALLOWED when none can be."""
    require_move(case, "BookVisit")
    return len(case.visits) + 1


def book(case: Case, number: int, slot_id: str, start: datetime, end: datetime) -> events.VisitBooked:
    """A place in a slot was taken for this visit; ABORTED when another one was booked meanwhile."""
    if next_number(case) != number:
        raise Refused(ABORTED, "CHANGED_MEANWHILE", "该办件正被他人修改，请稍后重试")
    return events.VisitBooked(case_id=case.id, visit=number, slot_id=slot_id, start=text(start), end=text(end))


def cancel(case: Case, sealed_reason: str, now: datetime) -> events.VisitCancelled:
    """The applicant gives the time back, until it begins."""
    require_move(case, "CancelVisit")
    visit = _unsigned(case)
    require(now < visit.start, "VISIT_BEGUN", "现场勘验时间已到，不能自行取消，请联系审批部门改期")
    return _cancelled(case, visit, sealed_reason)


def reschedule(case: Case, sealed_reason: str) -> events.VisitCancelled:
    """An officer cancels it with a reason; the applicant books again. The way out, too, when nobody came."""
    require_move(case, "RescheduleVisit")
    return _cancelled(case, _unsigned(case), sealed_reason)


def drop(case: Case, number: int, sealed_reason: str) -> events.VisitCancelled | None:
    """The slot of this visit has no place for it after all; None when it is over, or signed."""
    visit = model.open_visit(case)
    dropped = visit is not None and visit.number == number and not visit.signatures
    return _cancelled(case, visit, sealed_reason) if visit and dropped else None


def _unsigned(case: Case) -> Visit:
    visit = model.open_visit(case)
    assert visit is not None, "the table has the move for an open visit only"
    require(not visit.signatures, "VISIT_SIGNED", "勘验人员已签字，不能取消或改期")
    return visit


def _cancelled(case: Case, visit: Visit, sealed_reason: str) -> events.VisitCancelled:
    return events.VisitCancelled(
        case_id=case.id, visit=visit.number, slot_id=visit.slot_id, sealed_reason=sealed_reason
    )


def sign(
    case: Case,
    officer: Actor,
    passed: bool,
    at: str,
    sealed_findings: str,
    evidence: Sequence[events.HandedInFile],
    now: datetime,
) -> events.VisitSigned:
    """What one inspector found there, at the instant his device says; he signs once."""
    visit = _last(case)
    signed = visit is not None and any(one.officer_id == officer.id for one in visit.signatures)
    require(not signed, "ALREADY_SIGNED", "您已签字，须由另一名工作人员签字")
    require_move(case, "SignVisit")
    assert visit is not None
    when = instant_of("at", at)
    if when > now + AHEAD:
        raise invalid(Violation("at", "AT_FUTURE", "签字时间不能晚于当前时间"))
    if when < visit.start - EARLY:
        raise invalid(Violation("at", "AT_EARLY", "签字时间早于预约的勘验时间"))
    return events.VisitSigned(
        case_id=case.id,
        visit=visit.number,
        officer_id=officer.id,
        passed=passed,
        at=text(when),
        sealed_findings=sealed_findings,
        evidence=evidence,
    )


def _last(case: Case) -> Visit | None:
    """The visit that is not cancelled, open or signed by all."""
    return model.open_visit(case) or next((one for one in reversed(case.visits) if not one.cancelled), None)


def evidence_key(case: Case) -> str:
    """What the files of the next signature are kept under."""
    visit = _last(case)
    return _key(visit.number, len(visit.signatures) + 1) if visit else EVIDENCE


def _key(visit: int, signature: int) -> str:
    return f"{EVIDENCE}{visit}/{signature}"


def evidence_of(case: Case, visit: int, signature: int) -> list[File]:
    """What an inspector brought with his signature, the first of a visit being 1."""
    return [file for file in case.files if file.material == _key(visit, signature)]


def is_evidence(file: File) -> bool:
    """Whether an inspector brought the file."""
    return file.material.startswith(EVIDENCE)


def holds(case: Case, number: int, slot_id: str) -> bool:
    """Whether the visit of this number is in this slot and not cancelled, and the case not decided."""
    booked = any(one.number == number and one.slot_id == slot_id and not one.cancelled for one in case.visits)
    return booked and case.status in model.UNDECIDED
