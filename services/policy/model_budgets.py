"""The budget of an item's period as it stands: what finance gave, what it asked to change, how it ended. Pure.

What may still be had of it stands in its pot (store_pots); here is what is owed to the pot, and what became of it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import ABORTED, Refused, require
from services.policy.model import COUNTY_DIGITS, FINANCE, PAYOUT, POLICY, SUPERVISE
from standards.codes import region_covers
from yiwang.policy.v1 import events_pb2 as events

OPEN, CLOSING, CLOSED = "OPEN", "CLOSING", "CLOSED"
# What became of a change.
ASKED, APPLIED, REFUSED = "ASKED", "APPLIED", "REFUSED"
# What a worker has to do.
ADJUST, CLOSE = "adjust", "close"
# Entries of the journal that are kept for what ends a budget.
ROOM: Final = 40
# Why a change was refused, for people.
REASONS: Final = {
    "BELOW_COMMITTED": "调减后的预算低于已占用和已拨付的金额，未作任何变更",
    "PERIOD_CLOSED": "本期已经关账",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a budget: more, or less."""

    id: str
    at: datetime
    delta_fen: int
    document: str
    officer_id: str
    state: str = ASKED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """The present state of a budget."""

    id: str
    item_id: str
    item_title: str
    period: str
    region: str
    county: str
    department: str
    opened_at: datetime
    # What was given; what went back when it closed is still in it.
    total_fen: int = 0
    changes: list[Change] = field(default_factory=list)
    status: str = OPEN
    surplus_fen: int = 0
    # How often something went back: what is recovered after the end goes back by itself.
    closings: int = 0
    task: str = ""
    task_due: datetime | None = None


def ask(before: Budget | None, told: events.BudgetChangeAsked, total: int) -> events.BudgetChangeAsked:
    """The whole is to be so much. FAILED_PRECONDITION PERIOD_CLOSED; ABORTED while another change is under way."""
    require(before is None or before.status == OPEN, "PERIOD_CLOSED", REASONS["PERIOD_CLOSED"])
    if before is not None and before.task:
        raise Refused(ABORTED, "CHANGED_MEANWHILE", "该预算正被他人修改，请稍后重试")
    told.delta_fen = total - (before.total_fen if before else 0)
    return told


def adjusted(budget: Budget, change: str, outcome: str) -> Message | None:
    """What the pot said to a change, once."""
    found = next((one for one in budget.changes if one.id == change and one.state == ASKED), None)
    if found is None:
        return None
    if outcome == APPLIED:
        return events.BudgetChangeApplied(budget_id=budget.id, change_id=change, delta_fen=found.delta_fen)
    return events.BudgetChangeRefused(budget_id=budget.id, change_id=change, reason=outcome)


def close(budget: Budget, actor: Actor) -> events.BudgetClosing:
    """Nothing more is reserved from it. FAILED_PRECONDITION PERIOD_CLOSED when it was closed before."""
    require(budget.status == OPEN, "PERIOD_CLOSED", REASONS["PERIOD_CLOSED"])
    return events.BudgetClosing(budget_id=budget.id, officer_id=actor.id)


def closed(budget: Budget, number: int, surplus: int, spent: int) -> events.BudgetClosed | None:
    """So much goes back to finance, for the time of this number, once."""
    if budget.status == OPEN or budget.closings != number - 1:
        return None
    return events.BudgetClosed(budget_id=budget.id, surplus_fen=surplus, spent_fen=spent)


def pending(budget: Budget) -> list[Change]:
    """The changes the pot was not asked for, or not told of."""
    return [one for one in budget.changes if one.state == ASKED]


def finances(actor: Actor, region: str) -> bool:
    """Whether the actor gives and takes the money of this region."""
    return actor.realm == OFFICER and FINANCE in actor.roles and region_covers(actor.region, region)


def oversees(actor: Actor, region: str) -> bool:
    """Whether the actor reads the money of this region: finance and supervision."""
    wide = not actor.roles.isdisjoint((FINANCE, SUPERVISE))
    return actor.realm == OFFICER and wide and region_covers(actor.region, region)


def sees(actor: Actor, budget: Budget) -> bool:
    """Whether the actor may read it: the department that leads the item, finance and supervision of the region."""
    leads = actor.realm == OFFICER and not actor.roles.isdisjoint((POLICY, PAYOUT))
    own = leads and bool(budget.department) and actor.department == budget.department
    return own or oversees(actor, budget.region)


def _asked(before: Budget | None, event: events.BudgetChangeAsked, moment: Moment) -> Budget:
    change = Change(event.change_id, moment.at, event.delta_fen, event.document, event.officer_id)
    if before is not None:
        return _due(replace(before, changes=[*before.changes, change]), moment)
    opened = Budget(
        id=event.budget_id,
        item_id=event.item_id,
        item_title=event.item_title,
        period=event.period,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        department=event.department,
        opened_at=moment.at,
        changes=[change],
    )
    return _due(opened, moment)


def _ended(budget: Budget, id: str, state: str, reason: str = "") -> list[Change]:
    return [replace(one, state=state, reason=reason) if one.id == id else one for one in budget.changes]


def _applied(budget: Budget, event: events.BudgetChangeApplied, moment: Moment) -> Budget:
    changes = _ended(budget, event.change_id, APPLIED)
    return _due(replace(budget, changes=changes, total_fen=budget.total_fen + event.delta_fen), moment)


def _refused(budget: Budget, event: events.BudgetChangeRefused, moment: Moment) -> Budget:
    return _due(replace(budget, changes=_ended(budget, event.change_id, REFUSED, event.reason)), moment)


def _closing(budget: Budget, _event: events.BudgetClosing, moment: Moment) -> Budget:
    return _due(replace(budget, status=CLOSING), moment)


def _closed(budget: Budget, event: events.BudgetClosed, moment: Moment) -> Budget:
    surplus = budget.surplus_fen + event.surplus_fen
    return _due(replace(budget, status=CLOSED, surplus_fen=surplus, closings=budget.closings + 1), moment)


def _due(budget: Budget, moment: Moment) -> Budget:
    # A change that was asked for before the end comes before the end.
    task = ADJUST if pending(budget) else CLOSE if budget.status == CLOSING else ""
    return replace(budget, task=task, task_due=moment.at if task else None)


EVOLVE: Evolve = {
    events.BudgetChangeAsked: _asked,
    events.BudgetChangeApplied: _applied,
    events.BudgetChangeRefused: _refused,
    events.BudgetClosing: _closing,
    events.BudgetClosed: _closed,
}
