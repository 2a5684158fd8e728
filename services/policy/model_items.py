"""A payout item as it stands, and what its officers do with it. Pure: each act checks, and returns the event.

What is wrong with a definition is in `model_items_faults`; `model_items_evolve` turns events into state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import OFFICER, Actor
from chassis.errors import Violation, invalid, require
from chassis.plain import plain
from services.policy import model_writing
from services.policy.model import FINANCE, PAYOUT, POLICY, SUPERVISE
from services.policy.model_policies import public
from services.policy.model_writing import Writing
from standards.codes import region_covers
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

DRAFT, OPEN = pb.PAYOUT_ITEM_STATUS_DRAFT, pb.PAYOUT_ITEM_STATUS_OPEN
PAUSED, CLOSED = pb.PAYOUT_ITEM_STATUS_PAUSED, pb.PAYOUT_ITEM_STATUS_CLOSED
# A definition as JSON: eight editions fit into a record at least.
MOST_DEFINITION: Final = 50_000


@dataclass(frozen=True, slots=True)
class PayoutItem:
    """The present state of an item. Editions stand in the journal."""

    id: str
    number: str
    department: str
    department_name: str
    # Of the working definition before the first edition, then of the newest edition: who looks after it.
    region: str
    county: str
    policy_id: str
    status: int
    created_at: datetime
    changed_at: datetime
    writing: Writing = field(default_factory=Writing)
    edition: int = 0
    # The newest edition, as proto3 JSON.
    definition: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    mode: int = 0
    payable: bool = False
    # The policy whose money can be claimed now through this item; empty = nothing can.
    payable_policy: str = ""
    opened_at: datetime | None = None
    # Why it is paused or closed.
    status_reason: str = ""


def definition_of(content: Mapping[str, Any]) -> pb.PayoutItemDefinition:
    """A definition from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), pb.PayoutItemDefinition(), ignore_unknown_fields=True)


def payable(definition: pb.PayoutItemDefinition) -> bool:
    """Whether it can be paid: it has a rule and a formula."""
    return definition.HasField("rule") and definition.HasField("amount")


def writes(actor: Actor, item: PayoutItem) -> bool:
    """Whether the actor writes and opens it: the officers of the department that leads it."""
    return actor.realm == OFFICER and POLICY in actor.roles and actor.department == item.department


def works(actor: Actor, item: PayoutItem) -> bool:
    """Whether the actor sees what is being written: its department's officers, finance and supervision of its region."""
    if actor.realm != OFFICER:
        return False
    own = actor.department == item.department and bool(actor.roles & {POLICY, PAYOUT})
    return own or (bool(actor.roles & {FINANCE, SUPERVISE}) and region_covers(actor.region, item.region))


def sees(actor: Actor, item: PayoutItem) -> bool:
    """Whether it is there for the actor: everybody once it was opened."""
    return item.edition > 0 or works(actor, item)


def words(item: PayoutItem) -> tuple[str, ...]:
    """What of its newest edition is looked through for words."""
    said = (str(item.definition.get(name, "")) for name in ("title", "object", "standard"))
    return (*said, item.number, item.department_name)


def save(
    item: PayoutItem | None, told: events.PayoutItemSaved, seen: int, faults: list[Violation]
) -> events.PayoutItemSaved | None:
    """The working definition, new or changed; nothing for the same one again. `seen` is the version it was read at, 0 = any."""
    content, writing = plain(told.definition), item.writing if item else None
    if item is not None and writing is not None:
        model_writing.require_version(writing, seen)
        require(item.status != CLOSED, "CLOSED", "已结束的兑付事项不能再修改")
    if faults:
        raise invalid(*faults)
    # It is saved, and opened.
    model_writing.require_room(writing, content, "definition", MOST_DEFINITION, 2)
    return told if model_writing.changes(writing, content) else None


def open_next(item: PayoutItem, by: str, seen: int, standing: bool, faults: list[Violation]) -> events.PayoutItemOpened:
    """The working definition as the next edition, by somebody who wrote none of it. `standing` tells whether its policy is published and in
    force, `faults` what is wrong with the definition as things are now."""
    model_writing.require_version(item.writing, seen)
    require(item.status != CLOSED, "CLOSED", "已结束的兑付事项不能再开放")
    model_writing.require_other(item.writing, by, "NOTHING_TO_OPEN", "WRITER_MAY_NOT_OPEN")
    require(standing, "POLICY_NOT_PUBLISHED", "所属政策尚未发布，或者已经失效")
    if faults:
        raise invalid(*faults)
    definition = definition_of(item.writing.working)
    return events.PayoutItemOpened(
        item_id=item.id,
        edition=item.edition + 1,
        definition=definition,
        number=item.number,
        department=item.department,
        department_name=item.department_name,
        payable=payable(definition),
    )


def give_back(item: PayoutItem, reason: str) -> events.PayoutItemReturned:
    """Back to its writers."""
    require(item.writing.waiting, "NOTHING_TO_RETURN", "没有可退回的修改")
    return events.PayoutItemReturned(item_id=item.id, reason=reason)


def pause(item: PayoutItem, reason: str) -> events.PayoutItemPaused:
    """No new claims for now."""
    require(item.status == OPEN, "NOT_OPEN", "该兑付事项未开放，不能暂停")
    _require_public(reason)
    return events.PayoutItemPaused(item_id=item.id, reason=reason)


def resume(item: PayoutItem, standing: bool) -> events.PayoutItemResumed:
    """New claims again."""
    require(item.status == PAUSED, "NOT_PAUSED", "该兑付事项未暂停，不需恢复")
    require(standing, "POLICY_NOT_PUBLISHED", "所属政策尚未发布，或者已经失效")
    return events.PayoutItemResumed(item_id=item.id, edition=item.edition)


def close(item: PayoutItem, reason: str) -> events.PayoutItemClosed:
    """No new claims for ever."""
    require(item.status != CLOSED, "CLOSED", "该兑付事项已经结束")
    _require_public(reason)
    return events.PayoutItemClosed(item_id=item.id, reason=reason)


def _require_public(reason: str) -> None:
    if found := list(public({"reason": reason})):
        raise invalid(*found)


def require_claimable(status: int, definition: pb.PayoutItemDefinition, day: date) -> None:
    """FAILED_PRECONDITION ITEM_NOT_OPEN, NOT_PAYABLE, NOT_YET or OVER unless an item may be claimed on this day."""
    require(status == OPEN, "ITEM_NOT_OPEN", "该兑付事项目前不接受申请")
    require(payable(definition), "NOT_PAYABLE", "该事项没有兑付规则，不可线上兑付")
    told = day.isoformat()
    require(not definition.opens_on or definition.opens_on <= told, "NOT_YET", "尚未到申请开始日期")
    require(not definition.closes_on or told <= definition.closes_on, "OVER", "申请已经截止")
