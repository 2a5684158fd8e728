"""The credit of agencies: marks by published rules, and the score they make. Pure.

No national scale is known to us: points, base, bounds and months are this table, published as it is (ListCredits). A mark is given once
for one thing of one procurement; the score is computed from the marks when it is read, so that an old mark ends by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from chassis.acts import Evolve, Moment
from standards.instants import instant, text
from standards.workdays import add_months, local_day
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1.agencies_pb2 import QUALIFICATION_STATUS_REVOKED as REVOKED

BASE, LEAST, MOST, MONTHS = 100, 0, 120, 12
FORMULA: Final = f"信用分 = {BASE} + 最近{MONTHS}个月各项加减分之和，不低于{LEAST}，不高于{MOST}"


class Rule(NamedTuple):
    """One published rule: how many points, and what for."""

    points: int
    says: str


RULES: Final[Mapping[str, Rule]] = {
    "GAVE_UP": Rule(-10, "中选后放弃"),
    "PASSED_OVER": Rule(-10, "中选后未按期签订合同，被取消中选资格"),
    "OBJECTION_UPHELD": Rule(-10, "中选结果因异议成立被取消"),
    "CONTRACT_LATE": Rule(-5, "未按期签订并备案合同"),
    "MILESTONE_LATE": Rule(-3, "未按期完成节点"),
    "RETURNED_TWICE": Rule(-3, "成果两次被退回"),
    "BROKEN_OFF": Rule(-15, "因机构原因合同提前终止"),
    "FALSE_STATEMENT": Rule(-20, "资质弄虚作假被撤销"),
    "COMPLETED_IN_TIME": Rule(2, "按期完成服务"),
    "GOOD_RATING": Rule(2, "业主好评（4至5分）"),
    "BAD_RATING": Rule(-5, "业主差评（1至2分）"),
}
GOOD, BAD = 4, 2


class Given(NamedTuple):
    """A mark an event gives: the rule, and which of several of one procurement it is (a milestone's number), empty for the only one."""

    rule: str
    occasion: str = ""


def _replaced(event: events.WinnerReplaced) -> list[Given]:
    return [Given(event.reason)] if event.reason in ("GAVE_UP", "PASSED_OVER", "OBJECTION_UPHELD") else []


def _archived(event: events.ProcurementArchived) -> list[Given]:
    if event.owner_grade >= GOOD:
        return [Given("GOOD_RATING")]
    return [Given("BAD_RATING")] if 0 < event.owner_grade <= BAD else []


def _reviewed(event: events.QualificationReviewed) -> list[Given]:
    false = event.decision == REVOKED and event.false_statement
    return [Given("FALSE_STATEMENT", event.qualification_id)] if false else []


# What each event gives to the agency that has the award, or had it until then, or whose qualification it is.
_MARKS: Final[Mapping[type, Callable[[Any], list[Given]]]] = {
    events.WinnerReplaced: _replaced,
    events.ContractFiled: lambda event: [Given("CONTRACT_LATE")] if event.late and event.side == "agency" else [],
    events.MilestoneReported: lambda event: [Given("MILESTONE_LATE", str(event.number))] if event.late else [],
    events.DeliverableReturned: lambda event: [Given("RETURNED_TWICE")] if event.times == 2 else [],
    events.BreakOffDecided: lambda event: [Given("BROKEN_OFF")] if event.ended and event.fault == "agency" else [],
    events.DeliverableConfirmed: lambda event: [Given("COMPLETED_IN_TIME")] if event.in_time else [],
    events.ProcurementArchived: _archived,
    events.QualificationReviewed: _reviewed,
}


def marks_of(event: Any) -> list[Given]:
    """The marks an event gives; none for most."""
    return _MARKS[type(event)](event)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in an agency's credit. `points` are the rule's when it was given."""

    id: str
    agency_id: str
    county: str
    rule: str
    points: int
    procurement_id: str
    procurement_number: str
    at: datetime


def _marked(_none: None, event: events.CreditMarked, moment: Moment) -> Mark:
    return Mark(
        id=event.mark_id,
        agency_id=event.agency_id,
        county=event.county,
        rule=event.rule,
        points=event.points,
        procurement_id=event.procurement_id,
        procurement_number=event.procurement_number,
        at=instant(event.at) or moment.at,
    )


EVOLVE: Evolve = {events.CreditMarked: _marked}


def marked(
    id: str, agency_id: str, county: str, rule: str, at: datetime, procurement: tuple[str, str] = ("", "")
) -> events.CreditMarked:
    """The event of a mark; `procurement` is its id and public number."""
    procurement_id, number = procurement
    return events.CreditMarked(
        mark_id=id,
        agency_id=agency_id,
        county=county,
        rule=rule,
        points=RULES[rule].points,
        procurement_id=procurement_id,
        procurement_number=number,
        at=text(at),
    )


def since(now: datetime) -> datetime:
    """From when on marks count: the same day so many months ago, at the same time."""
    day = local_day(now)
    return now - (day - add_months(day, -MONTHS))


def score(points: Iterable[int]) -> int:
    """The score from the points of the marks that count, within its bounds."""
    return max(LEAST, min(MOST, BASE + sum(points)))


def winner_in(journal: Sequence[Any]) -> str:
    """Id of the agency that has the award after these events of a procurement; empty for none."""
    told = [event for event in journal if isinstance(event, events.ResultFound | events.WinnerReplaced)]
    return str(told[-1].winner.agency_id) if told else ""


def number_in(journal: Sequence[Any]) -> str:
    """The public number of a procurement, from its events."""
    named = [event for event in journal if isinstance(event, events.ProcurementOpened | events.ProcurementSubmitted)]
    return str(named[-1].number) if named else ""


def rules() -> list[pb.CreditRule]:
    """The rules as they are published."""
    return [pb.CreditRule(id=id, points=rule.points, says=rule.says) for id, rule in RULES.items()]
