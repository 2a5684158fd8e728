"""Special procedures, the one extension, and opinions of other departments: each act checks and returns the event, or raises. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.case import model, model_deadlines
from services.case.model import Case, Opinion
from services.case.model_deadlines import dues
from services.case.model_moves import may_come, require_move
from services.case.model_scenario import Scenario
from standards import clocks, workdays
from standards.instants import after, stated, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

# 行政许可法 art. 45, closed: 听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审. 公示 is not among them.
PAUSING = frozenset(
    (
        catalog.PROCEDURE_KIND_HEARING,
        catalog.PROCEDURE_KIND_TENDER,
        catalog.PROCEDURE_KIND_AUCTION,
        catalog.PROCEDURE_KIND_INSPECTION,
        catalog.PROCEDURE_KIND_TESTING,
        catalog.PROCEDURE_KIND_QUARANTINE,
        catalog.PROCEDURE_KIND_APPRAISAL,
        catalog.PROCEDURE_KIND_EXPERT_REVIEW,
    )
)
# Where the item states no cap.
LONGEST = timedelta(days=366)


def pauses(case: Case, kind: int) -> bool:
    """Whether the clocks stand still during a procedure of this kind."""
    if kind == catalog.PROCEDURE_KIND_SITE_INSPECTION:
        return bool(case.handling.get("visit_pauses", 0))
    return kind in PAUSING


def start(
    case: Case,
    item: catalog.ItemDefinition,
    scenario: Scenario | None,
    request: pb.StartSpecialProcedureRequest,
    officer: Actor,
    sealed_notice: str,
    now: datetime,
) -> events.SpecialProcedureStarted:
    """One that the item lists for the applicant's answers begins (art. 45); None = they are no longer readable, and the item's list
    counts."""
    require_move(case, "StartSpecialProcedure")
    listed = _listed(item, scenario, request.kind)
    until = _until(request.expected_until, listed.cap, case.region, now)
    hearing_on = _hearing(request, case.region, until, now)
    stops = pauses(case, request.kind)
    require(not (stops and model.open_procedure(case)), "PROCEDURE_OPEN", "已有暂停计时的特别程序尚未结束")
    return events.SpecialProcedureStarted(
        case_id=case.id,
        procedure=len(case.procedures) + 1,
        kind=request.kind,
        officer_id=officer.id,
        expected_until=text(until),
        pauses=stops,
        sealed_notice=sealed_notice,
        hearing_on=hearing_on,
    )


def _listed(item: catalog.ItemDefinition, scenario: Scenario | None, kind: int) -> catalog.SpecialProcedure:
    known = catalog.ProcedureKind.values()
    if kind not in known or kind == catalog.PROCEDURE_KIND_UNSPECIFIED:
        raise invalid(Violation("kind", "PROCEDURE_KIND", "没有这种特别程序"))
    every = range(len(item.special_procedures))
    applying = every if scenario is None else scenario.guide.special_procedures
    listed = [item.special_procedures[n] for n in applying if item.special_procedures[n].kind == kind]
    if not listed:
        raise invalid(Violation("kind", "PROCEDURE_NOT_LISTED", "该事项在此情形下没有这种特别程序"))
    return listed[0]


def _until(stated: str, cap: catalog.Limit, region: str, now: datetime) -> datetime:
    """The instant a procedure is over at the latest, as it is stated; at most its cap."""
    until = instant_of("expected_until", stated)
    if until <= now:
        raise invalid(Violation("expected_until", "PAST", "预计结束时间应在当前时间之后"))
    span = model_deadlines.span_of([cap.amount, cap.unit])
    end = clocks.due(now, span, region=region) if span else None
    if until > (end.instant if end else now + LONGEST):
        raise invalid(Violation("expected_until", "BEYOND_CAP", "预计结束时间超过该特别程序的最长期限"))
    return until


def instant_of(field: str, told: str) -> datetime:
    """An RFC 3339 instant of a request, in UTC; INVALID_ARGUMENT `field` MALFORMED."""
    found = stated(told)
    if found is None:
        raise invalid(Violation(field, "MALFORMED", "不是有效的时间，应带时区"))
    return found


def _hearing(request: pb.StartSpecialProcedureRequest, region: str, until: datetime, now: datetime) -> str:
    """The day of a hearing, whose notice and limits keep to the law; empty for other kinds."""
    is_hearing, stated = request.kind == catalog.PROCEDURE_KIND_HEARING, request.HasField("hearing")
    if stated and not is_hearing:
        raise invalid(Violation("hearing", "NOT_A_HEARING", "只有听证才填写听证安排"))
    if not is_hearing:
        return ""
    if not stated:
        raise invalid(Violation("hearing", "REQUIRED", "请填写听证安排"))
    hearing = request.hearing
    held_on, today = _day("held_on", hearing.held_on), workdays.local_day(now)
    if held_on > workdays.local_day(until):
        raise invalid(Violation("hearing.held_on", "HEARING_BEYOND", "听证应在预计结束时间之前举行"))
    found = list(_asked_for(hearing, held_on, region, today))
    # art. 48(1)(1): time and place are told seven days before.
    if held_on < today or today > clocks.latest_before(held_on, clocks.LAW["HEARING_NOTICE"].span, region):
        found.append(Violation("hearing.held_on", "HEARING_NOTICE_SHORT", "应于举行听证七日前通知"))
    if found:
        raise invalid(*found)
    return hearing.held_on


def _asked_for(hearing: pb.Hearing, held_on: date, region: str, today: date) -> Iterator[Violation]:
    """art. 47: asked for within five working days of being told, held within twenty of that. One the authority holds by itself (art. 46)
    nobody asked for."""
    if not hearing.told_on and not hearing.requested_on:
        return
    told_on, requested_on = _day("told_on", hearing.told_on), _day("requested_on", hearing.requested_on)
    days = clocks.LAW["HEARING_REQUEST"].span.amount
    in_order = told_on <= requested_on <= today
    if not in_order or requested_on > workdays.add_working_days(told_on, days, region).day:
        yield Violation("hearing.requested_on", "HEARING_REQUEST_LATE", "应在被告知听证权利之日起五日内提出")
    elif held_on > workdays.add_working_days(requested_on, clocks.LAW["HEARING"].span.amount, region).day:
        yield Violation("hearing.held_on", "HEARING_LATE", "应在提出听证申请之日起二十日内组织听证")


def _day(name: str, stated: str) -> date:
    try:
        return date.fromisoformat(stated)
    except ValueError:
        raise invalid(Violation(f"hearing.{name}", "MALFORMED", "不是有效的日期")) from None


def end(case: Case, number: int, officer: Actor, sealed_outcome: str, now: datetime) -> events.SpecialProcedureEnded:
    """Its outcome is here. Where it stood the clocks still, they go on: the time between is not counted."""
    require_move(case, "EndSpecialProcedure")
    found = next((one for one in case.procedures if one.number == number), None)
    if found is None:
        raise invalid(Violation("number", "PROCEDURE_UNKNOWN", "没有此特别程序"))
    require(found.ended_at is None, "PROCEDURE_ENDED", "该特别程序已经结束")
    # Clocks of two processes may differ: it does not end before it began.
    ended = [replace(one, ended_at=max(now, one.started_at)) if one is found else one for one in case.procedures]
    return events.SpecialProcedureEnded(
        case_id=case.id,
        procedure=number,
        officer_id=officer.id,
        sealed_outcome=sealed_outcome,
        dues=dues(case, _since(case, now), procedures=ended),
    )


def _since(case: Case, now: datetime) -> datetime:
    return case.clock_from or case.accepted_at or now


# -- the one extension -------------------------------------------------------------------------------------------------


def propose_extension(
    case: Case, days: int, officer: Actor, sealed_reason: str, now: datetime
) -> events.ExtensionProposed:
    """More working days are asked for: at most ten, fifteen where several departments handle it together (art. 42)."""
    require_move(case, "ProposeExtension")
    joint = case.handling.get("joint", 0)
    most = model_deadlines.JOINT_EXTENSION_DAYS if joint else model_deadlines.EXTENSION_DAYS
    if not 1 <= days <= most:
        raise invalid(Violation("days", "EXTENSION_DAYS", f"延长期限应为1至{most}个工作日"))
    require(not case.extended_days, "EXTENDED_ALREADY", "审批时限只能延长一次")
    require(not case.extension_by, "EXTENSION_PROPOSED", "已有延长申请等待批准")
    _require_running(case, now)
    return events.ExtensionProposed(case_id=case.id, officer_id=officer.id, days=days, sealed_reason=sealed_reason)


def _require_running(case: Case, now: datetime) -> None:
    """FAILED_PRECONDITION NO_CLOCK, TOO_LATE unless the clock that can be extended has not ended."""
    ends = case.statutory_due or case.promised_due
    require(ends is not None, "NO_CLOCK", "该办件没有可以延长的审批时限")
    require(ends is not None and now <= ends, "TOO_LATE", "审批时限已经届满，不能再延长")


def approve_extension(case: Case, officer: Actor, sealed_reason: str, now: datetime) -> events.LimitExtended:
    """Somebody else approves it (art. 42: the head of the authority), in time; without a reason of his own the applicant reads the
    proposer's."""
    require_move(case, "ApproveExtension")
    _require_another(case, officer)
    _require_running(case, now)
    return events.LimitExtended(
        case_id=case.id,
        officer_id=officer.id,
        proposed_by=case.extension_by,
        days=case.extension_days,
        sealed_reason=sealed_reason or case.sealed_extension,
        dues=dues(case, _since(case, now), extended_days=case.extension_days),
    )


def decline_extension(case: Case, officer: Actor, sealed_reason: str) -> events.ExtensionDeclined:
    """Not approved, by somebody else; it may be proposed again."""
    require_move(case, "DeclineExtension")
    _require_another(case, officer)
    return events.ExtensionDeclined(case_id=case.id, officer_id=officer.id, sealed_reason=sealed_reason)


def _require_another(case: Case, officer: Actor) -> None:
    require(officer.id != case.extension_by, "PROPOSER_MAY_NOT_APPROVE", "申请延长的人员不得自行审批")


# -- opinions ----------------------------------------------------------------------------------------------------------


def request_opinion(
    case: Case, request: pb.RequestOpinionRequest, officer: Actor, sealed_question: str, now: datetime
) -> events.OpinionRequested:
    """Another department is asked, with a clock of its own; again only when it has answered."""
    require_move(case, "RequestOpinion")
    if request.department == case.department:
        raise invalid(Violation("department", "OWN_DEPARTMENT", "不能向本部门征求意见"))
    require(asked_of(case, request.department) is None, "OPINION_ASKED", "该部门尚未反馈上一次征求的意见")
    return events.OpinionRequested(
        case_id=case.id,
        opinion=len(case.opinions) + 1,
        department=request.department,
        department_name=request.department_name,
        officer_id=officer.id,
        due=text(after(now, request.days or model_deadlines.OPINION_DAYS, case.region)),
        sealed_question=sealed_question,
    )


def give_opinion(case: Case, officer: Actor, agrees: bool, sealed_text: str) -> events.OpinionGiven:
    """The officer's department answers what it was asked last."""
    asked = asked_of(case, officer.department)
    require(asked is not None or not case.opinions, "OPINION_GIVEN", "本部门的意见已经反馈")
    require_move(case, "GiveOpinion")
    assert asked is not None, "the table has the move for an open opinion only"
    return events.OpinionGiven(
        case_id=case.id,
        opinion=asked.number,
        officer_id=officer.id,
        agrees=agrees,
        sealed_text=sealed_text,
    )


def asked_of(case: Case, department: str) -> Opinion | None:
    """What a department was asked and has not answered."""
    return next((one for one in case.opinions if one.department == department and one.given_at is None), None)


def asked_last(case: Case, department: str) -> Opinion:
    """What a department that was asked shows in its list: what is open, else what was asked last."""
    return asked_of(case, department) or [one for one in case.opinions if one.department == department][-1]


def can_give(case: Case, department: str) -> bool:
    """Whether the department can still answer."""
    return may_come(case, "GiveOpinion") and asked_of(case, department) is not None
