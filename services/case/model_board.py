"""Boards: what was counted, as figures; who may ask about what; and how long decisions took. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from chassis.acts import OFFICER, Actor
from chassis.errors import Violation, invalid, not_found, require
from services.case import model_deadlines
from services.case.model import COUNTY_DIGITS, Case
from services.case.model_seeing import DESK_ROLES, SUPERVISE
from standards import clocks, workdays
from standards.codes import region_covers, region_prefix, region_valid
from standards.instants import text
from yiwang.case.v1 import board_pb2 as pb
from yiwang.case.v1 import service_pb2
from yiwang.case.v1.supervision_pb2 import DayCount

# So many days are told one by one, today's among them.
DAYS: Final = 14
# What an officer does, as it is counted; a decision together with the working days it took.
ACCEPTED, DECIDED, CLOSED = DEEDS = ("accepted", "decided", "closed")
_VERSION_LENGTH = 32


class Scope(NamedTuple):
    """What a board is of: a department wherever its cases are (no region), one within a county, a county, or a city or province."""

    region: str
    department: str

    @property
    def wide(self) -> bool:
        """Whether it is of more than one county."""
        return bool(self.region) and len(region_prefix(self.region)) < COUNTY_DIGITS

    def covers(self, case: Case) -> bool:
        """Whether a case of this department counts in it."""
        return case.department == self.department and self.region in ("", case.county)


class Group(NamedTuple):
    """Open cases that are alike in all a figure asks for."""

    department: str
    status: int
    promised_due: datetime | None
    yellow_at: datetime | None
    many: int


class Day(NamedTuple):
    """What came in and what was closed on a day."""

    day: date
    received: int
    closed: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a county or of a department at one instant; of today and of findings by department."""

    at: datetime
    open: Sequence[Group]
    findings: Mapping[str, int]
    today: Mapping[str, Day]
    days: Sequence[Day]

    def of(self, department: str, days: Sequence[Day]) -> "Counted":
        """The same of one department alone, with its own days."""
        groups = [group for group in self.open if group.department == department]
        return Counted(self.at, groups, {department: self.findings.get(department, 0)}, {}, days)


def scope_of(actor: Actor, region: str, department: str) -> Scope:
    """What an officer may ask about. NOT_FOUND beyond that."""
    officer = actor.realm == OFFICER
    supervises = officer and SUPERVISE in actor.roles and region_valid(actor.region)
    at_desk = officer and not actor.roles.isdisjoint(DESK_ROLES)
    if at_desk and not region and department in ("", actor.department) and (department or not supervises):
        require(bool(actor.department), "NO_DEPARTMENT", "您没有所属部门，没有看板")
        return Scope("", actor.department)
    region = region or actor.region[:COUNTY_DIGITS]
    if not supervises or not region_covers(actor.region, region):
        raise not_found()
    found = Scope(region, department)
    if department and found.wide:
        raise invalid(Violation("region", "NOT_A_COUNTY", "请指明部门所在的区县"))
    return found


def last_days(today: date) -> list[date]:
    """The days that are told one by one, oldest first."""
    return [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]


# -- figures -----------------------------------------------------------------------------------------------------------


def board(scope: Scope, counted: Mapping[str, Counted], now: datetime) -> pb.Board:
    """The board of what was counted, by county; of a department there is one part only."""
    parts = list(counted.values())
    found = pb.Board(region=scope.region, department=scope.department)
    if scope.wide:
        found.by = pb.BOARD_ROWS_COUNTIES
        found.rows.extend(pb.BoardRow(id=county, figures=figures(one, now)) for county, one in sorted(counted.items()))
    elif not scope.department:
        found.by = pb.BOARD_ROWS_DEPARTMENTS
        found.rows.extend(row for one in parts for row in _rows(one, now))
    found.whole.CopyFrom(_added(figures(one, now) for one in parts))
    found.days.extend(_days(parts, workdays.local_day(now)))
    # Of all but the instant it was counted at.
    told = found.SerializeToString(deterministic=True)
    found.version = hashlib.sha256(told).hexdigest()[:_VERSION_LENGTH]
    found.counted_at = text(min((one.at for one in parts), default=now))
    return found


def figures(counted: Counted, now: datetime) -> pb.Figures:
    """The figures of all that was counted."""
    today = counted.days[-1]
    return _figures(counted.open, sum(counted.findings.values()), today, now)


def _rows(counted: Counted, now: datetime) -> list[pb.BoardRow]:
    """A row for each department with anything to show."""
    open_by: dict[str, list[Group]] = {}
    for group in counted.open:
        open_by.setdefault(group.department, []).append(group)
    known = sorted({*open_by, *counted.findings, *counted.today})
    nothing = Day(counted.days[-1].day, 0, 0)
    rows = ((one, open_by.get(one, []), counted.findings.get(one, 0), counted.today.get(one, nothing)) for one in known)
    return [
        pb.BoardRow(id=one, figures=_figures(groups, findings, today, now)) for one, groups, findings, today in rows
    ]


def _figures(groups: Sequence[Group], findings: int, today: Day, now: datetime) -> pb.Figures:
    lights: Counter[int] = Counter()
    for group in groups:
        lights[model_deadlines.light_of(group.status, group.promised_due, group.yellow_at, now)] += group.many
    return pb.Figures(
        received_today=today.received,
        closed_today=today.closed,
        open=lights.total(),
        yellow=lights[service_pb2.LIGHT_YELLOW],
        red=lights[service_pb2.LIGHT_RED],
        findings=findings,
    )


def _added(parts: Iterable[pb.Figures]) -> pb.Figures:
    whole = pb.Figures()
    for one in parts:
        for field in pb.Figures.DESCRIPTOR.fields:
            setattr(whole, field.name, getattr(whole, field.name) + getattr(one, field.name))
    return whole


def _days(parts: Sequence[Counted], today: date) -> list[DayCount]:
    whole = {day: DayCount(day=str(day)) for day in last_days(today)}
    for one in (day for part in parts for day in part.days):
        whole[one.day].arrived += one.received
        whole[one.day].closed += one.closed
    return list(whole.values())


# -- what officers do --------------------------------------------------------------------------------------------------


def decided_in(days: int) -> str:
    """What a decision that took so many working days counts as."""
    return f"{DECIDED}/{days}"


def deed_count(counts: Mapping[str, int], deed: str) -> int:
    """How often it was done."""
    return sum(count for kind, count in counts.items() if kind.partition("/")[0] == deed)


def taken(counts: Mapping[str, int]) -> pb.Taken:
    """How long the decisions that were counted took."""
    decisions = [(int(kind.partition("/")[2]), count) for kind, count in counts.items() if kind.startswith(DECIDED)]
    return pb.Taken(decisions=sum(count for _, count in decisions), days=sum(days * count for days, count in decisions))


def days_taken(case: Case, decided_at: datetime) -> int:
    """Working days from acceptance to the decision, without those a special procedure stood the clocks still: as the clocks count, the
    day of acceptance and the day a pause begins are not, the day it ends is."""
    accepted_at = case.accepted_at or decided_at

    def between(a: datetime, b: datetime) -> int:
        return workdays.working_days_between(workdays.local_day(a), workdays.local_day(b), case.region)

    pauses = clocks.merged(clocks.Pause(one.started_at, one.ended_at) for one in case.procedures if one.pauses)
    lost = sum(between(max(one.start, accepted_at), one.end or decided_at) for one in pauses)
    return max(0, between(accepted_at, decided_at) - lost)


def my_desk(
    mine: Iterable[Case], own: Mapping[str, Mapping[str, int]], department: Mapping[str, int], now: datetime
) -> pb.MyDesk:
    """How an officer's own work stands: the cases he handles, what he did by day (as text), and what his department did this month."""
    today = workdays.local_day(now)
    month = f"{today:%Y-%m}"
    lights = Counter(model_deadlines.light(case, now) for case in mine)
    done: Counter[str] = Counter()
    for day, counts in own.items():
        done.update(counts if day.startswith(month) else {})
    found = pb.MyDesk(
        open=lights.total(),
        yellow=lights[service_pb2.LIGHT_YELLOW],
        red=lights[service_pb2.LIGHT_RED],
        month=month,
        own=taken(done),
        department=taken(department),
    )
    _tell(found, done)
    for one in last_days(today):
        _tell(found.days.add(day=str(one)), own.get(str(one), {}))
    return found


def _tell(told: pb.MyDesk | pb.WorkDay, counts: Mapping[str, int]) -> None:
    for deed in DEEDS:
        setattr(told, deed, deed_count(counts, deed))
