"""A roll (免申即享名单): who gets a proactive payout. Computed, reviewed by another officer, public, objected to, turned into claims. Pure.

Who is on it stands in its lines, which nothing changes after it was computed; who was taken off stands here.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from chassis.acts import OFFICER, Actor
from chassis.errors import Violation, invalid, not_found, require
from services.policy import model
from services.policy.model_claims import RESERVE
from standards.codes import region_covers
from standards.instants import after, text
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import rolls_pb2 as pb

COMPUTING, COMPUTED, RESERVING = pb.ROLL_STATUS_COMPUTING, pb.ROLL_STATUS_COMPUTED, pb.ROLL_STATUS_RESERVING
PUBLISHED, ISSUING = pb.ROLL_STATUS_PUBLISHED, pb.ROLL_STATUS_ISSUING
ISSUED, DROPPED = pb.ROLL_STATUS_ISSUED, pb.ROLL_STATUS_DROPPED
STATUSES: Final[Mapping[int, str]] = {
    COMPUTING: "生成中",
    COMPUTED: "待审核",
    RESERVING: "核对预算中",
    PUBLISHED: "公示中",
    ISSUING: "发放中",
    ISSUED: "已发放",
    DROPPED: "已作废",
}
PUBLIC: Final = frozenset((PUBLISHED, ISSUING, ISSUED))
# What a worker has to do with it.
TASKS: Final[Mapping[int, str]] = {COMPUTING: "compute", RESERVING: "reserve", ISSUING: "issue"}
DISMISSED, UPHELD = "DISMISSED", "UPHELD"
MOST_EXCLUDED: Final = 150
MOST_OBJECTIONS, MOST_OF_ONE = 100, 5
# Entries of its journal that are kept for objections, for what is decided of them, and for what ends it.
ROOM, ROOM_OBJECTIONS = 3 * MOST_OBJECTIONS + 20, 2 * MOST_OBJECTIONS + 20
# Customary where an item states none.
PUBLICITY_DAYS: Final = 5
# Who makes a move.
REVIEWER, SUPERVISOR, ANYBODY, SYSTEM = "reviewer", "supervisor", "anybody", "system"


class Move(NamedTuple):
    """One move: what it is called, who makes it, from which statuses to which."""

    title: str
    by: tuple[str, ...]
    sources: tuple[int, ...]
    targets: tuple[int, ...]


MOVES: Final[Mapping[str, Move]] = {
    "Compute": Move("生成名单", (SYSTEM,), (COMPUTING,), (COMPUTED,)),
    "ExcludeFromRoll": Move("移出名单", (REVIEWER,), (COMPUTED,), (COMPUTED,)),
    "ReviewRoll": Move("审核名单", (REVIEWER,), (COMPUTED,), (RESERVING, DROPPED)),
    "Reserve": Move("核对预算", (SYSTEM,), (RESERVING,), (PUBLISHED, COMPUTED)),
    "ObjectToRoll": Move("提出异议", (ANYBODY,), (PUBLISHED,), (PUBLISHED,)),
    "DecideRollObjection": Move("处理异议", (SUPERVISOR,), (PUBLISHED,), (PUBLISHED,)),
    "EndPublicity": Move("公示期满", (SYSTEM,), (PUBLISHED,), (ISSUING,)),
    "Issue": Move("发放", (SYSTEM,), (ISSUING,), (ISSUED,)),
}


@dataclass(frozen=True, slots=True)
class Excluded:
    """An enterprise that was taken off."""

    uscc: str
    name: str
    fen: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody has against a list; his text is sealed under his own key."""

    id: str
    uscc: str
    person_id: str
    sealed_text: str
    at: datetime
    decision: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Roll:
    """The present state of a roll."""

    id: str
    item_id: str
    edition: int
    item_title: str
    period: str
    region: str
    county: str
    department: str
    department_name: str
    day: str
    status: int
    begun_at: datetime
    publicity_days: int
    # Who had it computed or took somebody off, and who approved it.
    officers: list[str] = field(default_factory=list)
    approved_by: str = ""
    lines: int = 0
    total_fen: int = 0
    digest: str = ""
    computed_at: datetime | None = None
    excluded: list[Excluded] = field(default_factory=list)
    reserve_until: datetime | None = None
    reserved_fen: int = 0
    reason: str = ""
    published_at: datetime | None = None
    publicity_until: datetime | None = None
    objections: list[Objection] = field(default_factory=list)
    issued_at: datetime | None = None
    claims: int = 0
    task: str = ""
    task_due: datetime | None = None
    due: datetime | None = None
    due_of: str = ""


def roll_id(item: str, period: str, number: int) -> str:
    """The id of the roll of this number of an item's period: two at once are one."""
    return str(uuid.uuid5(model.NAMESPACE, f"roll/{item}/{period}/{number}"))


def sum_of(roll: Roll) -> int:
    """What is to be paid to those who are on it."""
    return roll.total_fen - sum(one.fen for one in roll.excluded)


def digest(lines: Iterable[tuple[str, int]]) -> str:
    """The digest of a list: SHA-256 over `<uscc>|<fen>` and a line feed each, in the order of the codes."""
    told = "".join(f"{uscc}|{fen}\n" for uscc, fen in sorted(lines))
    return hashlib.sha256(told.encode()).hexdigest()


def reviews(actor: Actor, roll: Roll) -> bool:
    """Whether the actor reviews for the department that leads the item."""
    return actor.realm == OFFICER and model.PAYOUT in actor.roles and actor.department == roll.department


def supervises(actor: Actor, roll: Roll) -> bool:
    """Whether the actor supervises its region."""
    return actor.realm == OFFICER and model.SUPERVISE in actor.roles and region_covers(actor.region, roll.region)


def at_desk(actor: Actor, roll: Roll) -> bool:
    """Whether the actor may see it before it is public, and who is on it why."""
    finances = actor.realm == OFFICER and model.FINANCE in actor.roles and region_covers(actor.region, roll.region)
    return finances or reviews(actor, roll) or supervises(actor, roll)


def sees(actor: Actor, roll: Roll) -> bool:
    """Whether the actor may read it: everybody what is or was public."""
    return roll.status in PUBLIC or at_desk(actor, roll)


def leads(name: str) -> list[tuple[int, int]]:
    """The (status, status) pairs a move leads along; none when it stays."""
    move = MOVES[name]
    return [] if move.sources == move.targets else [(a, b) for a in move.sources for b in move.targets if a != b]


def require_move(roll: Roll, name: str) -> None:
    """FAILED_PRECONDITION MOVE_NOT_ALLOWED where the status does not allow the move."""
    move, told = MOVES[name], STATUSES[roll.status]
    require(roll.status in move.sources, "MOVE_NOT_ALLOWED", f"该名单处于“{told}”状态，不能{move.title}")


def require_reviewer(roll: Roll, name: str, actor: Actor) -> None:
    """NOT_FOUND to whom it is not there, MOVE_NOT_ALLOWED to who does not review it, or not now."""
    if not sees(actor, roll):
        raise not_found()
    require(reviews(actor, roll), "MOVE_NOT_ALLOWED", f"您不能{MOVES[name].title}")
    require_move(roll, name)


def exclude(roll: Roll, uscc: str, line: tuple[str, int] | None, reason: str, actor: Actor) -> events.RollLineExcluded:
    """An enterprise is taken off before the review; `line` is its name and amount on the list. INVALID_ARGUMENT `uscc` NOT_ON_ROLL,
    EXCLUDED."""
    require_reviewer(roll, "ExcludeFromRoll", actor)
    require(len(roll.excluded) < MOST_EXCLUDED, "TOO_MANY", "移出的企业过多，请作废名单后核对数据重新生成")
    return _excluded(roll, uscc, line, reason, actor)


def _excluded(
    roll: Roll, uscc: str, line: tuple[str, int] | None, reason: str, actor: Actor
) -> events.RollLineExcluded:
    if line is None or any(one.uscc == uscc for one in roll.excluded):
        raise invalid(Violation("uscc", "EXCLUDED" if line else "NOT_ON_ROLL", "名单中没有该企业"))
    name, fen = line
    return events.RollLineExcluded(roll_id=roll.id, uscc=uscc, name=name, fen=fen, reason=reason, officer_id=actor.id)


def approve(roll: Roll, actor: Actor, whole: bool, now: datetime) -> events.RollReservationAsked:
    """Another officer approves it: its sum is to be reserved. `whole`: its lines are those that were computed. FAILED_PRECONDITION
    SAME_OFFICER, EMPTY, LIST_CHANGED."""
    require_reviewer(roll, "ReviewRoll", actor)
    require(actor.id not in roll.officers, "SAME_OFFICER", "名单须由另一名工作人员审核")
    require(sum_of(roll) > 0, "EMPTY", "名单为空，不能公示")
    require(whole, "LIST_CHANGED", "名单与生成时不一致，请作废后重新生成")
    return events.RollReservationAsked(
        roll_id=roll.id, fen=sum_of(roll), deadline=text(now + RESERVE), officer_id=actor.id
    )


def drop(roll: Roll, actor: Actor, reason: str) -> events.RollDropped:
    """It comes to nothing, before it is public."""
    require_reviewer(roll, "ReviewRoll", actor)
    return events.RollDropped(roll_id=roll.id, officer_id=actor.id, reason=reason)


def publish(roll: Roll, now: datetime) -> events.RollPublished | None:
    """Its sum is reserved: it is public for the days the item states."""
    if roll.status != RESERVING:
        return None
    until = after(now, roll.publicity_days or PUBLICITY_DAYS, roll.region)
    budget = model.budget_id(roll.item_id, roll.period)
    return events.RollPublished(roll_id=roll.id, budget_id=budget, fen=roll.reserved_fen, until=text(until))


def object(roll: Roll, objection: str, uscc: str, person: str, sealed: str) -> events.RollObjected:
    """Somebody says why it is wrong. FAILED_PRECONDITION TOO_MANY; ALREADY_OBJECTED while his own of the same, or too many of his, wait."""
    require_move(roll, "ObjectToRoll")
    own = [one.uscc for one in roll.objections if one.person_id == person and not one.decision]
    require(uscc not in own and len(own) < MOST_OF_ONE, "ALREADY_OBJECTED", "您提出的异议正在处理，请等待处理结果")
    require(len(roll.objections) < MOST_OBJECTIONS, "TOO_MANY", "该名单的异议已达上限")
    return events.RollObjected(roll_id=roll.id, objection_id=objection, uscc=uscc, person_id=person, sealed_text=sealed)


def decide_objection(
    roll: Roll, id: str, decision: str, line: tuple[str, int] | None, reason: str, actor: Actor
) -> list[events.RollObjectionDecided | events.RollLineExcluded]:
    """Supervision dismisses it, or upholds it, which takes an enterprise that is on the list off. INVALID_ARGUMENT `objection_id`;
    FAILED_PRECONDITION SAME_OFFICER."""
    if not sees(actor, roll):
        raise not_found()
    require(supervises(actor, roll), "MOVE_NOT_ALLOWED", "您不能处理异议")
    others = actor.id not in (*roll.officers, roll.approved_by)
    require(others, "SAME_OFFICER", "您办理过该名单，异议应由另一名工作人员处理")
    require_move(roll, "DecideRollObjection")
    found = next((one for one in roll.objections if one.id == id), None)
    if found is None or found.decision:
        raise invalid(Violation("objection_id", "DECIDED" if found else "UNKNOWN", "没有这条待处理的异议"))
    told = events.RollObjectionDecided(
        roll_id=roll.id, objection_id=id, decision=decision, reason=reason, officer_id=actor.id
    )
    on = line is not None and all(one.uscc != found.uscc for one in roll.excluded)
    if decision == UPHELD and on:
        return [told, _excluded(roll, found.uscc, line, reason, actor)]
    return [told]


def fire(roll: Roll, now: datetime) -> events.RollPublicityEnded | None:
    """Publicity is over, and nothing waits for supervision."""
    if roll.due is None or roll.due > now:
        return None
    return events.RollPublicityEnded(roll_id=roll.id)
