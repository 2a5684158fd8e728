"""A claim as it stands: one for each payout item, enterprise and period. Pure.

Acts are in the `model_claims_*` of their subject, events turn into state in `model_evolve`, who may do what when is the table in
`model_moves`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import ParseDict

from chassis.acts import OFFICER, PERSON, Actor
from standards.codes import region_covers
from yiwang.policy.v1 import claims_pb2 as pb
from yiwang.policy.v1 import items_pb2

RESERVING, REVIEWING = pb.CLAIM_STATUS_RESERVING, pb.CLAIM_STATUS_REVIEWING
CORRECTING, SECOND_REVIEW = pb.CLAIM_STATUS_CORRECTING, pb.CLAIM_STATUS_SECOND_REVIEW
PUBLICITY, OBJECTED = pb.CLAIM_STATUS_PUBLICITY, pb.CLAIM_STATUS_OBJECTED
ACCOUNT, APPROVING, PAYING = pb.CLAIM_STATUS_ACCOUNT, pb.CLAIM_STATUS_APPROVING, pb.CLAIM_STATUS_PAYING
PAID, RECOVERING, RECOVERED = pb.CLAIM_STATUS_PAID, pb.CLAIM_STATUS_RECOVERING, pb.CLAIM_STATUS_RECOVERED
RECOVERY_ENDED = pb.CLAIM_STATUS_RECOVERY_ENDED
REFUSED, WITHDRAWN = pb.CLAIM_STATUS_REFUSED, pb.CLAIM_STATUS_WITHDRAWN
DECLINED, LAPSED = pb.CLAIM_STATUS_DECLINED, pb.CLAIM_STATUS_LAPSED
STATUSES: Final[Mapping[int, str]] = {
    RESERVING: "核对预算中",
    REVIEWING: "审核中",
    CORRECTING: "待补正",
    SECOND_REVIEW: "复核中",
    PUBLICITY: "公示中",
    OBJECTED: "异议处理中",
    ACCOUNT: "待确认账户",
    APPROVING: "财政审批中",
    PAYING: "拨付中",
    PAID: "已拨付",
    RECOVERING: "追回中",
    RECOVERED: "已追回",
    RECOVERY_ENDED: "终止追回",
    REFUSED: "不予兑付",
    WITHDRAWN: "已撤回",
    DECLINED: "已放弃",
    LAPSED: "逾期未确认",
}
# After these an enterprise may claim again for the same key.
ENDED: Final = frozenset((REFUSED, WITHDRAWN, DECLINED, LAPSED))
PROACTIVE, INSTANT = items_pb2.PAYOUT_MODE_PROACTIVE, items_pb2.PAYOUT_MODE_INSTANT
ORDINARY = items_pb2.PAYOUT_MODE_ORDINARY
MODES: Final[Mapping[int, str]] = {PROACTIVE: "免申即享", INSTANT: "即申即享", ORDINARY: "申报审核"}
NO_REPEAT, HIGHEST = items_pb2.OVERLAP_NO_REPEAT, items_pb2.OVERLAP_HIGHEST
# What is due by itself at the end of a step, by status: an enterprise that does not answer lets its claim lapse, officers are late.
STEPS: Final[Mapping[int, str]] = {ACCOUNT: "lapse", CORRECTING: "lapse"}
# What became of a reservation.
ASKED, HELD, FREEING, FREE = "asked", "held", "freeing", "free"
SPENDING, SPENT, RESTORING = "spending", "spent", "restoring"
# What a worker has to do about one.
TASKS: Final[Mapping[str, str]] = {ASKED: "reserve", FREEING: "free", SPENDING: "spend", RESTORING: "restore"}
# What became of an account, and of an order.
CHECKING, OK = "CHECKING", "OK"
ORDERED, SETTLED, REJECTED, RETURNED = "ORDERED", "PAID", "REJECTED", "RETURNED"
# Why a claim was refused, for people.
REASONS: Final[Mapping[str, str]] = {
    "NOT_ELIGIBLE": "不符合兑付条件",
    "REVIEW": "审核未通过",
    "APPROVAL": "财政审批未通过",
    "OBJECTION": "公示异议成立",
    "BUDGET_EXHAUSTED": "本期预算已用完",
    "BUDGET_MISSING": "本期尚未安排预算",
    "PERIOD_CLOSED": "本期已经关账",
    "REPEATED": "已享受同类政策，不重复享受",
}
# Officers' roles.
POLICY, PAYOUT, FINANCE, SUPERVISE = "policy", "payout", "finance", "supervise"
COUNTY_DIGITS: Final = 6
# What no record has.
NO_RECORD: Final[dict[str, Any]] = {"state.id": ""}
NAMESPACE: Final = uuid.UUID("2f6e0a9c-6f0e-5b1f-9d55-52a0f3f4b7d1")


@dataclass(frozen=True, slots=True)
class Share:
    """Who bears a part of the money, in basis points."""

    bearer: str
    basis_points: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the edition a claim runs under."""

    benefit_group: str = ""
    overlap: int = 0
    publicity_days: int = 0
    review_days: int = 0
    confirm_days: int = 0
    second_review_fen: int = 0
    shares: list[Share] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a claim; its name is sealed under the organisation's key."""

    code: str
    file_id: str
    sealed_filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody has against a result; his text is sealed under his own key."""

    id: str
    person_id: str
    sealed_text: str
    at: datetime
    decision: str = ""
    sealed_reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order to the bank."""

    id: str
    number: int
    fen: int
    state: str
    ordered_at: datetime
    tail: str
    # When it was paid, refused or came back; the bank's reference, and why.
    at: datetime | None = None
    paid_at: datetime | None = None
    reference: str = ""
    code: str = ""
    reconciled_on: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """The present state of a claim."""

    id: str
    number: str
    status: int
    attempt: int
    item_id: str
    edition: int
    item_title: str
    period: str
    mode: int
    uscc: str
    name: str
    region: str
    county: str
    department: str
    department_name: str
    submitted_at: datetime
    organization_id: str = ""
    roll_id: str = ""
    terms: Terms = field(default_factory=Terms)
    # As proto3 JSON: what the rules said, with every fact they read.
    explanation: dict[str, Any] = field(default_factory=dict)
    materials: list[File] = field(default_factory=list)
    claimed_fen: int = 0
    # What was found right; what is ordered and paid.
    fen: int = 0
    # ASKED until the deadline of the store's clock, then HELD …
    reservation: str = ""
    reserved_fen: int = 0
    # What the ledger has of it, from ClaimReserved on.
    booked_fen: int = 0
    # Until then it may be reserved, and from then on it may be freed: who is late changes nothing.
    reserve_until: datetime | None = None
    # Who reviewed it, or the list it comes from.
    reviewers: list[str] = field(default_factory=list)
    reviewed: bool = False
    reviewed_twice: bool = False
    sealed_note: str = ""
    published: bool = False
    publicity_until: datetime | None = None
    objections: list[Objection] = field(default_factory=list)
    approved_at: datetime | None = None
    approved_by: str = ""
    # Sealed under the claim's own key.
    sealed_account: str = ""
    account_tail: str = ""
    account_bank: str = ""
    account_number: int = 0
    # Empty, CHECKING, OK, or why it was not taken.
    account: str = ""
    orders: list[Order] = field(default_factory=list)
    paid_at: datetime | None = None
    reason_code: str = ""
    sealed_reason: str = ""
    # OPEN, FINE, RECOVER.
    check: str = ""
    sealed_check: str = ""
    recover_fen: int = 0
    recovered_fen: int = 0
    recovery_code: str = ""
    recovery_lines: list[str] = field(default_factory=list)
    # When the step should end (a review, a recovery), and whether it is late.
    step_due: datetime | None = None
    late: bool = False
    ended_at: datetime | None = None
    # What a worker has to do with it beside a single write, by name, and from when on; None = nothing.
    task: str = ""
    task_due: datetime | None = None
    # The earliest instant something is due by itself, and what.
    due: datetime | None = None
    due_of: str = ""


def claim_id(item: str, uscc: str, period: str) -> str:
    """The id of the one claim of an item, an enterprise and a period."""
    return str(uuid.uuid5(NAMESPACE, f"claim/{item}/{uscc}/{period}"))


def budget_id(item: str, period: str) -> str:
    """The id of the budget of an item's period."""
    return str(uuid.uuid5(NAMESPACE, f"budget/{item}/{period}"))


def order_id(claim: str, number: int) -> str:
    """The id of a claim's order of this number: whoever sends it, it is the same order at the bank."""
    return str(uuid.uuid5(NAMESPACE, f"order/{claim}/{number}"))


def hold(claim: Claim) -> str:
    """Under what a budget and a benefit hold what is reserved for a claim: each attempt by itself."""
    return f"{claim.id}-{claim.attempt}"


def budget(claim: Claim) -> str:
    """The id of the budget a claim is paid from."""
    return budget_id(claim.item_id, claim.period)


def order(claim: Claim) -> Order | None:
    """The last order of a claim."""
    return claim.orders[-1] if claim.orders else None


def explanation_of(claim: Claim) -> items_pb2.Explanation:
    """What the rules said, as its message."""
    return ParseDict(claim.explanation, items_pb2.Explanation(), ignore_unknown_fields=True)


def is_handler(actor: Actor) -> bool:
    """Whether the actor acts for an organisation."""
    return actor.realm == PERSON and bool(actor.id) and actor.acting is not None and actor.acting.channel == "handler"


def owns(actor: Actor, claim: Claim) -> bool:
    """Whether it is the claim of the actor's organisation."""
    return is_handler(actor) and claim.organization_id == actor.id


def reviews(actor: Actor, claim: Claim) -> bool:
    """Whether the actor reviews for the department that leads the item."""
    return actor.realm == OFFICER and PAYOUT in actor.roles and actor.department == claim.department


def _officer(actor: Actor, role: str, region: str) -> bool:
    return actor.realm == OFFICER and role in actor.roles and region_covers(actor.region, region)


def finances(actor: Actor, claim: Claim) -> bool:
    """Whether the actor releases the money of its region."""
    return _officer(actor, FINANCE, claim.region)


def supervises(actor: Actor, claim: Claim) -> bool:
    """Whether the actor supervises its region."""
    return _officer(actor, SUPERVISE, claim.region)


def sees(actor: Actor, claim: Claim) -> bool:
    """Whether the actor may read all of it."""
    return any(is_one(actor, claim) for is_one in (owns, reviews, finances, supervises))
