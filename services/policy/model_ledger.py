"""The ledger as a table: what each event of money books, from which account to which. Pure.

Money comes from the appropriation and ends as paid; every posting takes from one account what it gives to another, so that all accounts
together are always nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import Message

from yiwang.policy.v1 import events_pb2 as events

APPROPRIATION, AVAILABLE, RESERVED = "appropriation", "available", "reserved"
PAYABLE, IN_TRANSIT, PAID = "payable", "in_transit", "paid"
ACCOUNTS: Final = (APPROPRIATION, AVAILABLE, RESERVED, PAYABLE, IN_TRANSIT, PAID)
# From which account, to which, how much.
Line = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of the ledger, as it is kept."""

    budget: str
    at: datetime
    source: str
    target: str
    fen: int
    type: str
    claim_id: str
    order_id: str


def _released(event: events.ReservationReleased) -> list[Line]:
    return [(PAYABLE, AVAILABLE, event.payable_fen), (RESERVED, AVAILABLE, event.fen - event.payable_fen)]


BOOKS: Final[Mapping[type[Message], Callable[[Any], list[Line]]]] = {
    events.BudgetChangeApplied: lambda one: [(APPROPRIATION, AVAILABLE, one.delta_fen)],
    events.BudgetClosed: lambda one: [(AVAILABLE, APPROPRIATION, one.surplus_fen)],
    # What a claim takes over of its roll's sum is reserved already.
    events.ClaimReserved: lambda one: [] if one.roll_id else [(AVAILABLE, RESERVED, one.fen)],
    events.RollPublished: lambda one: [(AVAILABLE, RESERVED, one.fen)],
    events.RollIssued: lambda one: [(RESERVED, AVAILABLE, one.freed_fen)],
    events.ReservationReleased: _released,
    events.ReservationSpent: lambda one: [(RESERVED, AVAILABLE, one.freed_fen)],
    events.ClaimApproved: lambda one: [(RESERVED, PAYABLE, one.fen)],
    events.PaymentOrdered: lambda one: [(PAYABLE, IN_TRANSIT, one.fen)],
    events.PaymentSettled: lambda one: [(IN_TRANSIT, PAID, one.fen)],
    events.PaymentRejected: lambda one: [(IN_TRANSIT, PAYABLE, one.fen)],
    events.PaymentReturned: lambda one: [(PAID, PAYABLE, one.fen)],
    events.RecoveryReceived: lambda one: [(PAID, AVAILABLE, one.fen)],
}


def lines(event: Any) -> list[Line]:
    """What an event books: nothing of nothing, and what is less the other way round. KeyError for an event without money."""
    found = BOOKS[type(event)](event)
    return [(source, target, fen) if fen > 0 else (target, source, -fen) for source, target, fen in found if fen]


def postings(event: Any, at: datetime) -> list[Posting]:
    """The lines of an event."""
    told = (type(event).__name__, getattr(event, "claim_id", ""), getattr(event, "order_id", ""))
    return [Posting(event.budget_id, at, source, target, fen, *told) for source, target, fen in lines(event)]


def balances(moved: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """What each account holds, of what went from one to another."""
    held = dict.fromkeys(ACCOUNTS, 0)
    for (source, target), fen in moved.items():
        held[source] -= fen
        held[target] += fen
    return held


def agree(accounts: Mapping[str, int], total: int, available: int, committed: int) -> bool:
    """Whether the ledger and the pot say the same: what was given, what may be had, what is reserved and paid."""
    taken = sum(accounts[one] for one in (RESERVED, PAYABLE, IN_TRANSIT, PAID))
    return (-accounts[APPROPRIATION], accounts[AVAILABLE], taken) == (total, available, committed)
