"""An enterprise's appeal as it stands (企业诉求): what kind, with whom it is, by when the next step is to be made, how it was rated. Pure.

Who may do what when is the table in `model_appeals_moves`, acts are in `model_appeals_acts`, events turn into state in
`model_appeals_evolve`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chassis.acts import Actor
from services.policy.model_portal import POLICY, SUPERVISE, is_handler, looks_after, works_at
from yiwang.policy.v1 import appeals_pb2 as pb

RECEIVED, ROUTED, ACCEPTED = pb.APPEAL_STATUS_RECEIVED, pb.APPEAL_STATUS_ROUTED, pb.APPEAL_STATUS_ACCEPTED
ANSWERED, CLOSED = pb.APPEAL_STATUS_ANSWERED, pb.APPEAL_STATUS_CLOSED
STATUSES: Final[Mapping[int, str]] = {
    RECEIVED: "待转办",
    ROUTED: "待受理",
    ACCEPTED: "办理中",
    ANSWERED: "待评价",
    CLOSED: "已办结",
}
KINDS: Final[Mapping[int, str]] = {
    pb.APPEAL_KIND_POLICY: "政策咨询与落实",
    pb.APPEAL_KIND_PAYMENT: "政策兑付与账款拖欠",
    pb.APPEAL_KIND_LAND: "用地规划",
    pb.APPEAL_KIND_FINANCE: "融资",
    pb.APPEAL_KIND_LABOUR: "用工",
    pb.APPEAL_KIND_LICENCES: "证照办理",
    pb.APPEAL_KIND_TAX: "税费",
    pb.APPEAL_KIND_OTHER: "其他",
}
# Working days for each step. The first is asked of us, the others are the platform's own.
ROUTE_DAYS: Final = 1
ACCEPT_DAYS: Final = 2
RATE_DAYS: Final = 10
# From the answer on: longer than the time to rate, so that who was silent may still come back.
REOPEN_DAYS: Final = 20
# To answer: what has to be looked into longer has more days.
ANSWER_DAYS: Final[Mapping[int, int]] = {
    pb.APPEAL_KIND_POLICY: 5,
    pb.APPEAL_KIND_PAYMENT: 10,
    pb.APPEAL_KIND_LAND: 15,
    pb.APPEAL_KIND_FINANCE: 10,
    pb.APPEAL_KIND_LABOUR: 10,
    pb.APPEAL_KIND_LICENCES: 5,
    pb.APPEAL_KIND_TAX: 5,
    pb.APPEAL_KIND_OTHER: 10,
}
# So often a department may say it is not theirs, and so often it is opened again.
MOST_RETURNS: Final = 2
MOST_REOPENED: Final = 2
# A rating that wants a reason, and the highest.
LOW: Final = 2
# Nobody rated in time: no score.
DEFAULT: Final = 0
# The step that is late, by the status it is in.
STEPS: Final[Mapping[int, str]] = {RECEIVED: "ROUTING", ROUTED: "ACCEPTANCE", ACCEPTED: "ANSWER"}
CLOSE: Final = "close"
# Who did something.
ENTERPRISE, ROUTER, DEPARTMENT, SYSTEM = "enterprise", "router", "department", "system"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, with what was said, sealed under the organisation's key. `what` is the event."""

    at: datetime
    by: str
    what: str
    sealed: str = ""
    department_name: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one answer was rated; DEFAULT for one that nobody rated in time."""

    score: int
    at: datetime
    sealed_reason: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """The present state of an appeal. Title, text and contact are sealed under the key of `organization_id`."""

    id: str
    number: str
    organization_id: str
    uscc: str
    enterprise_name: str
    kind: int
    status: int
    region: str
    county: str
    sealed: str
    opened_at: datetime
    # By when the next step is to be made: routing, acceptance, answer, rating.
    step_due: datetime | None
    department: str = ""
    department_name: str = ""
    # The next step is late.
    overdue: bool = False
    # Steps that were ever late.
    late: list[str] = field(default_factory=list)
    extended: bool = False
    returns: int = 0
    reopened: int = 0
    answered_at: datetime | None = None
    reopen_until: datetime | None = None
    closed_at: datetime | None = None
    ratings: list[Rating] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""


def submits(actor: Actor, appeal: Appeal) -> bool:
    """Whether it is the actor's organisation's."""
    return is_handler(actor) and appeal.organization_id == actor.id


def handles(actor: Actor, appeal: Appeal) -> bool:
    """Whether it is with the officer's department."""
    return works_at(actor, appeal.department)


def routes(actor: Actor, appeal: Appeal) -> bool:
    """Whether it is in the region the officer routes in."""
    return any(looks_after(actor, role, appeal.region) for role in (SUPERVISE, POLICY))


def sees(actor: Actor, appeal: Appeal) -> bool:
    """Whether the actor may read it: what stands above every read, and once more behind every act."""
    return submits(actor, appeal) or handles(actor, appeal) or routes(actor, appeal)


def knows_contact(actor: Actor, appeal: Appeal) -> bool:
    """Whether the actor may know how to reach the enterprise: officers only while there is something to settle (个人信息保护法 art. 6)."""
    return submits(actor, appeal) or appeal.status != CLOSED


def counts(appeals: Iterable[Appeal]) -> dict[str, int]:
    """Numbers of appeals by what is published of them: `received`, `kind_<KIND>`, `status_<STATUS>`, `late`, `returned`, `reopened`,
    `rated_1` to `rated_5` and, kept apart from these, `rated_default`. A number of what is not there is not there."""
    found: Counter[str] = Counter()
    for one in appeals:
        found["received"] += 1
        found[f"kind_{_short(pb.AppealKind.Name(one.kind))}"] += 1  # type: ignore[arg-type]
        found[f"status_{_short(pb.AppealStatus.Name(one.status))}"] += 1  # type: ignore[arg-type]
        for name, holds in (("late", one.late), ("returned", _returned(one)), ("reopened", one.reopened)):
            found[name] += bool(holds)
        found.update(f"rated_{rating.score or 'default'}" for rating in one.ratings)
    return {name: number for name, number in found.items() if number}


def _returned(appeal: Appeal) -> bool:
    return any(line.what == "AppealReturned" for line in appeal.lines)


def _short(name: str) -> str:
    return name.removeprefix("APPEAL_KIND_").removeprefix("APPEAL_STATUS_")
