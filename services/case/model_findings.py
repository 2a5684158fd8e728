"""Findings of electronic supervision (电子监察, GB/T 39046 table 11). Pure.

Raised by rules or by a supervisor, answered by the department, closed, never gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import require
from services.case import model_seeing
from services.case.model import COUNTY_DIGITS, Case
from standards.codes import region_covers, region_prefix, region_valid
from standards.instants import after, instant, text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import supervision_pb2 as pb

OPEN, ANSWERED, CLOSED = pb.FINDING_STATUS_OPEN, pb.FINDING_STATUS_ANSWERED, pb.FINDING_STATUS_CLOSED
# Working days to answer in, unless the supervisor states others.
ANSWER_DAYS = 3
URGED, DEEMED, UNTOLD = "J90", "J12", "J13"


class Rule(NamedTuple):
    """What is found, and how grave it is. Whether it is answered: a notice needs no answer."""

    title: str
    warning: int


NOTICE, YELLOW, RED = pb.WARNING_KIND_NOTICE, pb.WARNING_KIND_YELLOW, pb.WARNING_KIND_RED
RULES: Final[Mapping[str, Rule]] = {
    "J01": Rule("承诺时限即将届满", NOTICE),
    "J02": Rule("超过承诺时限未作出决定", YELLOW),
    "J03": Rule("超过法定时限未作出决定", RED),
    "J04": Rule("特别程序超过告知申请人的期限", YELLOW),
    "J05": Rule("被征求意见部门逾期未反馈", YELLOW),
    "J06": Rule("作出准予决定后十日内未颁发、送达", RED),
    "J07": Rule("容缺材料逾期未补，未作处理", YELLOW),
    "J08": Rule("告知承诺逾期未核查", YELLOW),
    "J09": Rule("窗口收件后逾期未移交", YELLOW),
    "J10": Rule("审批部门逾期未接收移交", YELLOW),
    "J11": Rule("承诺不实整改期满，未作处理", YELLOW),
    DEEMED: Rule("五个工作日内未告知补正也未决定是否受理，已视为受理", RED),
    UNTOLD: Rule("依法应当告知申请人的通知未能送达", YELLOW),
    URGED: Rule("督办", YELLOW),
}
# By the clock of DueReached.
CLOCKS: Final[Mapping[str, str]] = {
    "YELLOW": "J01",
    "PROMISED": "J02",
    "STATUTORY": "J03",
    "PROCEDURE": "J04",
    "OPINION": "J05",
    "DELIVERY": "J06",
    "DEFERRED": "J07",
    "PROMISE": "J08",
    "HAND_OVER": "J09",
    "TAKE_OVER": "J10",
    "MEND": "J11",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about it; sealed under the applicant's key."""

    at: datetime
    supervisor: bool
    sealed: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding."""

    id: str
    rule: str
    case_id: str
    case_number: str
    applicant_id: str
    department: str
    region: str
    county: str
    item_name: str
    case_seq: int
    status: int
    raised_at: datetime
    due: datetime | None
    answer_due: datetime | None
    said: list[Said] = field(default_factory=list)


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read and answer: supervisors see their region, officers with work at the desk their department."""
    if actor.realm == OFFICER and model_seeing.SUPERVISE in actor.roles and region_valid(actor.region):
        prefix = region_prefix(actor.region)
        return {"state.region": {"$gte": prefix, "$lt": f"{prefix}~"}}
    return answerable(actor)


def answerable(actor: Actor) -> dict[str, Any]:
    """The filter of who answers: officers of the department."""
    at_desk = actor.realm == OFFICER and not actor.roles.isdisjoint(model_seeing.DESK_ROLES)
    return {"state.department": actor.department} if at_desk and actor.department else model_seeing.NOBODY


def sees(actor: Actor, finding: Finding) -> bool:
    """The same as `visible`, as a predicate."""
    if actor.realm == OFFICER and model_seeing.SUPERVISE in actor.roles and region_valid(actor.region):
        return region_covers(actor.region, finding.region)
    at_desk = actor.realm == OFFICER and not actor.roles.isdisjoint(model_seeing.DESK_ROLES)
    return at_desk and bool(actor.department) and finding.department == actor.department


def raise_by_rule(id: str, rule: str, case: Case, case_seq: int, due: str, now: datetime) -> events.FindingRaised:
    """A rule found something about a case, shown by an entry of its journal."""
    answer_due = "" if RULES[rule].warning == NOTICE else text(after(now, ANSWER_DAYS, case.region))
    return _raised(id, rule, case, case_seq=case_seq, due=due, answer_due=answer_due)


def urge(id: str, case: Case, days: int, sealed_text: str, now: datetime) -> events.FindingRaised:
    """A supervisor urges a case (督办)."""
    answer_due = text(after(now, days or ANSWER_DAYS, case.region))
    return _raised(id, URGED, case, answer_due=answer_due, sealed_text=sealed_text)


def _raised(id: str, rule: str, case: Case, **more: Any) -> events.FindingRaised:
    return events.FindingRaised(
        finding_id=id,
        rule=rule,
        case_id=case.id,
        case_number=case.number,
        applicant_id=case.applicant_id,
        department=case.department,
        region=case.region,
        item_code=case.item_code,
        item_name=case.item_name,
        **more,
    )


def answer(finding: Finding, sealed_text: str) -> events.FindingAnswered:
    """The department's answer; it may say more later, until it is closed."""
    require(finding.status != CLOSED, "FINDING_CLOSED", "该监察事项已办结")
    return events.FindingAnswered(finding_id=finding.id, sealed_text=sealed_text)


def send_back(finding: Finding, sealed_text: str, now: datetime) -> events.FindingReturned:
    """The answer is not enough."""
    require(finding.status == ANSWERED, "NOT_ANSWERED", "责任部门尚未答复")
    answer_due = text(after(now, ANSWER_DAYS, finding.region))
    return events.FindingReturned(finding_id=finding.id, sealed_text=sealed_text, answer_due=answer_due)


def close(finding: Finding, sealed_text: str) -> events.FindingClosed:
    """Done with; a notice without an answer, everything else when it was answered."""
    answered = finding.status == ANSWERED or (finding.status == OPEN and RULES[finding.rule].warning == NOTICE)
    require(finding.status != CLOSED, "FINDING_CLOSED", "该监察事项已办结")
    require(answered, "NOT_ANSWERED", "责任部门尚未答复")
    return events.FindingClosed(finding_id=finding.id, sealed_text=sealed_text)


def _begin(_finding: None, event: events.FindingRaised, moment: Moment) -> Finding:
    return Finding(
        id=event.finding_id,
        rule=event.rule,
        case_id=event.case_id,
        case_number=event.case_number,
        applicant_id=event.applicant_id,
        department=event.department,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        item_name=event.item_name,
        case_seq=event.case_seq,
        status=OPEN,
        raised_at=moment.at,
        due=instant(event.due),
        answer_due=instant(event.answer_due),
        said=_and([], event.sealed_text, moment, True),
    )


def _and(said: list[Said], sealed: str, moment: Moment, supervisor: bool) -> list[Said]:
    return [*said, Said(moment.at, supervisor, sealed)] if sealed else said


def _answered(finding: Finding, event: events.FindingAnswered, moment: Moment) -> Finding:
    return replace(finding, status=ANSWERED, said=_and(finding.said, event.sealed_text, moment, False))


def _returned(finding: Finding, event: events.FindingReturned, moment: Moment) -> Finding:
    said = _and(finding.said, event.sealed_text, moment, True)
    return replace(finding, status=OPEN, answer_due=instant(event.answer_due), said=said)


def _closed(finding: Finding, event: events.FindingClosed, moment: Moment) -> Finding:
    return replace(finding, status=CLOSED, said=_and(finding.said, event.sealed_text, moment, True))


EVOLVE: Evolve = {
    events.FindingRaised: _begin,
    events.FindingAnswered: _answered,
    events.FindingReturned: _returned,
    events.FindingClosed: _closed,
}
