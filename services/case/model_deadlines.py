"""The clocks of a case (C.3): what they run from, what stands them still, and when they end. Pure; acts put the ends into their events, so
that a calendar which lands later changes no replay.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from services.case import model
from services.case.model import ENDED, RUNNING, Case, Procedure
from standards import clocks, workdays
from standards.instants import after, instant, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# Working days, where neither the item nor a law says otherwise.
ACCEPT_DAYS, DELIVER_DAYS = 5, 10
CORRECTION_DAYS, DEFERRAL_DAYS, VERIFY_DAYS = 10, 10, 40
HAND_OVER_DAYS, TAKE_OVER_DAYS, CONFIRM_DAYS, OPINION_DAYS, MEND_DAYS = 1, 1, 2, 5, 10
# Natural days a passed pre-review binds.
PRE_REVIEW_DAYS = 30
# art. 42: ten more, or fifteen where several departments handle it together.
YELLOW_WORKING_DAYS = 2
EXTENSION_DAYS, JOINT_EXTENSION_DAYS = 10, 15


def handling_of(item: catalog.ItemDefinition) -> catalog.Handling:
    """The item's way of handling with the suite's defaults filled in; the promise's text stays with the item."""
    handling = catalog.Handling()
    handling.CopyFrom(item.handling)
    handling.commitment_text = ""
    handling.pre_review_days = handling.pre_review_days or PRE_REVIEW_DAYS
    handling.correction_days = handling.correction_days or CORRECTION_DAYS
    handling.deferral_days = handling.deferral_days or DEFERRAL_DAYS
    handling.verify_days = handling.verify_days or VERIFY_DAYS
    return handling


def dues(
    case: Case, since: datetime, procedures: Iterable[Procedure] | None = None, extended_days: int | None = None
) -> events.Dues:
    """Where both clocks end that run from `since`, with the pauses of these procedures and the days they were extended by; the case's
    own where none are given. Ends are empty while a procedure stands the clocks still."""
    pauses = [
        clocks.Pause(one.started_at, one.ended_at)
        for one in (case.procedures if procedures is None else procedures)
        if one.pauses
    ]
    days = case.extended_days if extended_days is None else extended_days
    extension = clocks.Span(days, "WORKING_DAY") if days else None
    found = events.Dues()
    for name, limit in (("promised_due", case.promised), ("statutory_due", case.statutory)):
        span = span_of(limit)
        due = clocks.due(since, span, pauses, extension, case.region) if span else None
        if due is None or span is None:
            continue
        setattr(found, name, text(due.instant))
        found.provisional = found.provisional or due.provisional
        if name == "promised_due":
            found.yellow_at = text(clocks.yellow_at(since, span, due, case.region))
    return found


def span_of(limit: Sequence[int]) -> clocks.Span | None:
    """A limit of the state as the clocks take it; None where none is stated."""
    amount, unit = limit
    if unit == catalog.TIME_UNIT_UNSPECIFIED:
        return None
    return clocks.Span(amount, catalog.TimeUnit.Name(unit).removeprefix("TIME_UNIT_"))  # type: ignore[arg-type]


def clocks_of_grant(case: Case, decided_at: datetime) -> dict[str, str]:
    """The ends of the clocks a grant starts: delivery (art. 44) and the check of a promise."""
    verify = case.handling.get("verify_days", VERIFY_DAYS)
    return {
        "deliver_due": text(after(decided_at, DELIVER_DAYS, case.region)),
        "verify_due": text(after(decided_at, verify, case.region)) if case.promise_digest else "",
    }


def renews_by_silence(case: Case) -> bool:
    """Whether the licence it renews is deemed renewed when it runs out and nothing was decided (art. 50): applied for in time, thirty days
    before, and the applicant had nothing left to hand in when it ran out."""
    if case.renews_until is None:
        return False
    last = workdays.local_day(case.renews_until)
    return clocks.renewal(last, case.submitted_at).in_time and model.complete_since(case) <= case.renews_until


def light(case: Case, now: datetime) -> int:
    """How near the promised limit is; none before acceptance, while the clocks stand still, and once it is decided or asked back."""
    return light_of(case.status, case.promised_due, case.yellow_at, now)


def light_of(status: int, promised_due: datetime | None, yellow_at: datetime | None, now: datetime) -> int:
    """The same, of no more than it takes to tell."""
    if promised_due is None or status not in RUNNING:
        return pb.LIGHT_UNSPECIFIED
    if now > promised_due:
        return pb.LIGHT_RED
    yellow = yellow_at <= now if yellow_at else promised_due <= _yellow_until(now)
    return pb.LIGHT_YELLOW if yellow else pb.LIGHT_GREEN


def between(wanted: int, now: datetime) -> tuple[str, datetime, datetime]:
    """Field of the state and (after, until]: where cases of this light lie. Some within the bounds of yellow are green still."""
    reach, yellow = timedelta(days=10 * 366), _yellow_until(now)
    bounds = {
        pb.LIGHT_RED: ("promised_due", now - reach, now),
        pb.LIGHT_YELLOW: ("promised_due", now, yellow),
        pb.LIGHT_GREEN: ("yellow_at", now, now + reach),
    }
    return bounds[wanted]  # type: ignore[index]


def _yellow_until(now: datetime) -> datetime:
    return workdays.add_working_days(now.astimezone(workdays.SHANGHAI).date(), YELLOW_WORKING_DAYS).instant


def recalculate(case: Case, calendar: str) -> events.DeadlinesRecalculated | None:
    """The ends of an open case by the calendar in force; None where none moves."""
    if case.status in ENDED:
        return None
    moved = events.DeadlinesRecalculated(case_id=case.id, calendar=calendar)
    undecided = case.clock_from is not None and case.decided_at is None
    if undecided and case.clock_from:
        moved.dues.CopyFrom(dues(case, case.clock_from))
    if case.accept_due and case.status in (model.RECEIVED, model.SUBMITTED):
        moved.accept_due = text(after(model.complete_since(case), ACCEPT_DAYS, case.region))
    if case.deliver_due and case.decided_at:
        moved.deliver_due = text(after(case.decided_at, DELIVER_DAYS, case.region))
    return moved if _moves(case, moved) else None


def _moves(case: Case, moved: events.DeadlinesRecalculated) -> bool:
    told = moved.dues if moved.HasField("dues") else None
    ends = [(case.accept_due, moved.accept_due), (case.deliver_due, moved.deliver_due)]
    if told is not None:
        ends += [(case.promised_due, told.promised_due), (case.statutory_due, told.statutory_due)]
        if case.provisional != told.provisional:
            return True
    return any(new and old != instant(new) for old, new in ends)
