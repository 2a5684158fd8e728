"""A procurement as it stands: what is needed, who signed up, who was chosen and how, and what became of it. Pure.

Acts are in the `model_*` of their subject, events turn into state in `model_evolve`, who may do what when is the table in `model_moves`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import OFFICER, PERSON, Actor
from services.intermediary.model_parts import (
    LeftOut,
    Objection,
    Party,
    Passed,
    Performance,
    Seat,
    Winner,
)
from standards.codes import region_covers
from yiwang.intermediary.v1 import service_pb2 as pb

DRAFT, SUBMITTED = pb.PROCUREMENT_STATUS_DRAFT, pb.PROCUREMENT_STATUS_SUBMITTED
RETURNED, OPEN, FROZEN = pb.PROCUREMENT_STATUS_RETURNED, pb.PROCUREMENT_STATUS_OPEN, pb.PROCUREMENT_STATUS_FROZEN
SELECTED, OBJECTED = pb.PROCUREMENT_STATUS_SELECTED, pb.PROCUREMENT_STATUS_OBJECTED
AWARDED, CONTRACTED = pb.PROCUREMENT_STATUS_AWARDED, pb.PROCUREMENT_STATUS_CONTRACTED
DELIVERED, COMPLETED = pb.PROCUREMENT_STATUS_DELIVERED, pb.PROCUREMENT_STATUS_COMPLETED
ARCHIVED, ENDED = pb.PROCUREMENT_STATUS_ARCHIVED, pb.PROCUREMENT_STATUS_ENDED
STATUSES: Final[Mapping[int, str]] = {
    DRAFT: "待完善",
    SUBMITTED: "审核中",
    RETURNED: "已退回",
    OPEN: "报名中",
    FROZEN: "选取中",
    SELECTED: "中选公示",
    OBJECTED: "异议处理中",
    AWARDED: "待签合同",
    CONTRACTED: "服务中",
    DELIVERED: "待确认成果",
    COMPLETED: "待评价",
    ARCHIVED: "已归档",
    ENDED: "已终止",
}
DIRECT, CHOICE, PRICE, DRAW = pb.MODE_DIRECT, pb.MODE_CHOICE, pb.MODE_PRICE, pb.MODE_DRAW
MODES: Final[Mapping[int, str]] = {DIRECT: "直接选取", CHOICE: "择优选取", PRICE: "竞价选取", DRAW: "随机抽取"}
PRICE_METHODS: Final[Mapping[int, str]] = {
    pb.PRICE_METHOD_LOWEST: "最低价",
    pb.PRICE_METHOD_DISCOUNT: "下浮率",
    pb.PRICE_METHOD_AVERAGE: "平均价",
}
# Why a procurement ends early.
NOBODY, TOO_FEW, OWNER_WITHDREW = "NOBODY_SIGNED_UP", "TOO_FEW", "OWNER_WITHDREW"
WINNERS_GAVE_UP, STOPPED, ANNULLED = "WINNERS_GAVE_UP", "STOPPED", "RESULT_ANNULLED"
BROKEN_OFF, ERASED = "BROKEN_OFF", "OWNER_ERASED"
ENDINGS: Final[Mapping[str, str]] = {
    NOBODY: "无人报名",
    TOO_FEW: "有效报名不足",
    OWNER_WITHDREW: "业主撤回",
    WINNERS_GAVE_UP: "中选机构均放弃",
    STOPPED: "监管终止",
    ANNULLED: "结果无效",
    BROKEN_OFF: "合同提前终止",
    ERASED: "业主已注销",
}
PLATFORM, OWNER, SUPERVISOR = "platform", "owner", "supervisor"
PARTIES: Final = (PLATFORM, OWNER, SUPERVISOR)
# Officers' roles.
MARKET, PROCURE, SUPERVISE = "market", "procure", "supervise"
DESK_ROLES: Final = frozenset(("receive", "review", "decide"))
COUNTY_DIGITS = 6
# What no record has.
NO_RECORD: Final[dict[str, Any]] = {"state.id": ""}


@dataclass(frozen=True, slots=True)
class Procurement:
    """The present state of a procurement."""

    id: str
    number: str
    owner_id: str
    region: str
    county: str
    service: str
    status: int
    opened_at: datetime
    # As proto3 JSON; empty in a draft.
    need: dict[str, Any] = field(default_factory=dict)
    item_id: str = ""
    item_code: str = ""
    item_name: str = ""
    case_id: str = ""
    case_number: str = ""
    case_department: str = ""
    project_code: str = ""
    owner_uscc: str = ""
    # Of an organisation or a department; a natural person's is sealed.
    owner_name: str = ""
    sealed_owner_name: str = ""
    owner_department: str = ""
    sealed_contact: str = ""
    mode: int = 0
    submitted_at: datetime | None = None
    returned_reason: str = ""
    published_at: datetime | None = None
    # Canonical JSON of the notice, and its digest.
    notice: str = ""
    notice_digest: str = ""
    sheets: int = 0
    # The county's rules it runs under, by name.
    rules: dict[str, int] = field(default_factory=dict)
    signup_end: datetime | None = None
    selection_at: datetime | None = None
    sealed_nonce: str = ""
    parties: list[Party] = field(default_factory=list)
    beacon_value: str = ""
    frozen_at: datetime | None = None
    root: str = ""
    candidates: int = 0
    excluded: int = 0
    list_digest: str = ""
    # What a selection waits for that is past its time: BEACON, SCORES.
    late: str = ""
    seats: list[Seat] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    # The rest of the pool's order.
    evaluator_reserve: list[str] = field(default_factory=list)
    selected_at: datetime | None = None
    order_digest: str = ""
    places: int = 0
    seed: str = ""
    winner: Winner | None = None
    # Who has the award now, by the organisation; empty without.
    winner_organization: str = ""
    passed: list[Passed] = field(default_factory=list)
    result_until: datetime | None = None
    objections: list[Objection] = field(default_factory=list)
    awarded_at: datetime | None = None
    contract_due: datetime | None = None
    contract_overdue: bool = False
    performance: Performance = field(default_factory=Performance)
    ended_reason: str = ""
    ended_note: str = ""
    ended_at: datetime | None = None
    archived_at: datetime | None = None
    # What a worker has to do with it, by name, and from when on (services/intermediary/tasks.py); None = nothing.
    task: str = ""
    task_due: datetime | None = None
    # The earliest instant something is due by itself, and what.
    due: datetime | None = None
    due_of: str = ""


def need_of(procurement: Procurement) -> pb.Need:
    """What is needed, as its message."""
    return ParseDict(procurement.need, pb.Need(), ignore_unknown_fields=True)


def party(procurement: Procurement, name: str) -> Party | None:
    """What a party of the draw did so far."""
    return next((one for one in procurement.parties if one.name == name), None)


def acts_for_itself(actor: Actor) -> bool:
    """Whether the actor is a person for himself, or a handler for his organisation; no delegate acts in the supermarket."""
    return actor.realm == PERSON and bool(actor.id) and (actor.acting is None or actor.acting.channel == "handler")


def is_handler(actor: Actor) -> bool:
    """Whether the actor acts for an organisation: agencies act by their handlers."""
    return acts_for_itself(actor) and actor.acting is not None


def procures(actor: Actor) -> bool:
    """Whether the actor is an officer who procures for his department."""
    return actor.realm == OFFICER and PROCURE in actor.roles and bool(actor.department)


def owner_of(actor: Actor) -> str:
    """As which owner the actor acts: the person, the organisation or the department; empty when as none."""
    return actor.id if acts_for_itself(actor) else actor.department if procures(actor) else ""


def owns(actor: Actor, procurement: Procurement) -> bool:
    """Whether it is the actor's need."""
    return bool(owner_of(actor)) and procurement.owner_id == owner_of(actor)


def won(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor's agency has the award now."""
    return is_handler(actor) and procurement.winner_organization == actor.id


def _officer(actor: Actor, role: str, region: str) -> bool:
    return actor.realm == OFFICER and role in actor.roles and region_covers(actor.region, region)


def operates(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor runs the supermarket of its region; never for what his own department wants."""
    return _officer(actor, MARKET, procurement.region) and not own_department(actor, procurement)


def supervises(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor supervises its region; never for what his own department wants."""
    return _officer(actor, SUPERVISE, procurement.region) and not own_department(actor, procurement)


def own_department(actor: Actor, procurement: Procurement) -> bool:
    """Whether an officer's own department is the owner."""
    return bool(procurement.owner_department) and actor.department == procurement.owner_department


def serves_case(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor works on the case it is for."""
    at_desk = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES)
    return at_desk and bool(procurement.case_department) and actor.department == procurement.case_department


def within(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor may see all of it: owner, winner, who runs and who supervises the market there."""
    return any(is_one(actor, procurement) for is_one in (owns, won, operates, supervises))


def sees(actor: Actor, procurement: Procurement) -> bool:
    """Whether the actor may read anything of it: what was published everybody may."""
    return procurement.published_at is not None or within(actor, procurement) or serves_case(actor, procurement)
