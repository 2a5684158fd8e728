"""How a case went, from its journal: who held it since when, and how far its clocks are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.acts import Moment
from chassis.records import parse_event
from services.case import model, model_deadlines, timeline, views_parts
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from standards import clocks, workdays
from yiwang.case.v1 import events_pb2 as events

APPLICANT, SYSTEM = "申请人", "系统"
# With the applicant: he has to do something before anybody else can.
_WITH_APPLICANT = frozenset((model.CORRECTION, model.PRE_PASSED, model.PRE_REJECTED))
UNITS: Mapping[str, str] = {
    "WORKING_DAY": "个工作日",
    "NATURAL_DAY": "天",
    "HALF_DAY": "个半天",
    "HOUR": "小时",
    "MONTH": "天",
    "AT_ONCE": "个工作日",
}


class Held(NamedTuple):
    """A stretch of time; no end = now."""

    holder: str
    status: str
    since: datetime
    until: datetime | None


class Clock(NamedTuple):
    """One clock as it is now."""

    title: str
    since: datetime | None
    due: datetime | None
    used: str
    basis: str
    notes: list[str]
    provisional: bool
    overdue: bool


def states(journal: Sequence[Mapping[str, Any]]) -> Iterator[tuple[datetime, Case]]:
    """The case after each entry, with its instant."""
    case: Any = None
    for entry in journal:
        event = parse_event(events, entry["type"], entry["data"])
        case = EVOLVE[type(event)](case, event, Moment(entry["at"], entry["by"]))
        yield entry["at"], case


def holdings(journal: Sequence[Mapping[str, Any]]) -> list[Held]:
    """Who held it since when; a stretch is as long as holder and status stay the same."""
    found: list[Held] = []
    for at, case in states(journal):
        holder, status = _holder(case), views_parts.STATUSES[case.status]
        if found and (found[-1].holder, found[-1].status) == (holder, status):
            continue
        if found:
            found[-1] = found[-1]._replace(until=at)
        found.append(Held(holder, status, at, None))
    return found


def _holder(case: Case) -> str:
    if case.status in model.ENDED:
        return SYSTEM
    if case.status in _WITH_APPLICANT:
        return APPLICANT
    if case.status == model.RECEIVED and case.sent_at is None:
        return "收件窗口"
    asked = [one.department_name for one in case.opinions if one.given_at is None]
    return "、".join([case.department_name, *(f"{name}（征求意见）" for name in asked)])


def clocks_of(case: Case, now: datetime, opened: Callable[[str], str]) -> list[Clock]:
    """Its clocks: the promised and the statutory one, those of special procedures and opinions, and delivery. `opened` opens what is
    sealed."""
    found = []
    if case.clock_from:
        notes = [_pause(one, opened) for one in case.procedures if one.pauses]
        notes += [f"经批准延长{case.extended_days}个工作日"] if case.extended_days else []
        notes += [_deemed(case)] if case.deemed else []
        limits = (
            ("承诺时限", case.promised, case.promised_due, ""),
            ("法定时限", case.statutory, case.statutory_due, LAW),
        )
        for title, limit, due, basis in limits:
            if span := model_deadlines.span_of(limit):
                used = _used(case, span, now)
                over = due is not None and case.decided_at is None and now > due
                found.append(Clock(title, case.clock_from, due, used, basis, notes, case.provisional, over))
    for one in case.procedures:
        over = one.ended_at is None and now > one.expected_until
        title = f"特别程序：{timeline.procedure_words(one.kind)}"
        ended = "已结束" if one.ended_at else "进行中"
        found.append(Clock(title, one.started_at, one.expected_until, ended, "行政许可法第四十五条", [], False, over))
    for asked in case.opinions:
        over = asked.given_at is None and now > asked.due
        said = "已反馈" if asked.given_at else "待反馈"
        found.append(Clock(f"部门意见：{asked.department_name}", asked.asked_at, asked.due, said, "", [], False, over))
    if case.deliver_due and case.decided_at:
        over = case.status in (model.GRANTED, model.ISSUED) and now > case.deliver_due
        basis = "行政许可法第四十四条"
        found.append(Clock("颁发、送达", case.decided_at, case.deliver_due, "", basis, [], False, over))
    return found


LAW = "行政许可法第四十二条"


def _deemed(case: Case) -> str:
    materials = "补正材料" if case.corrected_at else "申请材料"
    return f"逾期未告知，自收到{materials}之日起视为受理"


def _pause(procedure: model.Procedure, opened: Callable[[str], str]) -> str:
    until = f"至{_day(procedure.ended_at)}" if procedure.ended_at else f"预计至{_day(procedure.expected_until)}"
    reason = opened(procedure.sealed_notice)
    words = timeline.procedure_words(procedure.kind)
    return f"{_day(procedure.started_at)}{until}因{words}暂停计时" + (f"：{reason}" if reason else "")


def _day(instant: datetime | None) -> str:
    return instant.astimezone(workdays.SHANGHAI).strftime("%Y年%-m月%-d日") if instant else ""


def _used(case: Case, span: clocks.Span, now: datetime) -> str:
    if case.clock_from is None:
        return ""
    stopped = min(now, case.decided_at or now)
    pauses = [clocks.Pause(one.started_at, one.ended_at) for one in case.procedures if one.pauses]
    extension = clocks.Span(case.extended_days, "WORKING_DAY") if case.extended_days else None
    used, left = clocks.elapsed(case.clock_from, span, pauses, stopped, case.region, extension)
    unit = UNITS[clocks.COUNTED_IN[span.unit]]
    if case.decided_at:
        return f"用时{used}{unit}"
    return f"已用{used}{unit}，" + (f"剩{left}{unit}" if left >= 0 else f"超过{-left}{unit}")
