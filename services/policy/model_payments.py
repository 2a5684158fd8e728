"""What becomes of a claim's order, and what comes after its payment: spot checks and recovery. Pure."""

from datetime import datetime
from typing import Any, Final, Protocol

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid
from services.policy import model
from services.policy.model import Claim, Order
from services.policy.model_claims import CONFIRM_DAYS
from services.policy.model_moves import require_move, require_other
from standards.instants import after, after_natural, text
from yiwang.policy.v1 import events_pb2 as events

RECOVER_DAYS: Final = 15
# In so many parts an enterprise gives back: what comes in more has finance to book.
MOST_LINES: Final = 50


class Told(Protocol):
    """What the bank says of an order (services.policy.bank.OrderState)."""

    @property
    def state(self) -> str:
        """PAID, REJECTED, RETURNED, or none of these."""

    @property
    def at(self) -> datetime | None:
        """When it was paid, or came back."""

    @property
    def reference(self) -> str:
        """The bank's own."""

    @property
    def code(self) -> str:
        """Why not."""


def order(claim: Claim) -> Message | None:
    """The order of a claim that is to be paid, unless one is under way. What was paid, and did not come back, is never ordered again."""
    if claim.status != model.PAYING or claim.account != model.OK:
        return None
    if any(one.state in (model.ORDERED, model.SETTLED) for one in claim.orders):
        return None
    number = len(claim.orders) + 1
    return events.PaymentOrdered(
        claim_id=claim.id,
        budget_id=model.budget(claim),
        order_id=model.order_id(claim.id, number),
        number=number,
        fen=claim.fen,
        tail=claim.account_tail,
    )


def answered(claim: Claim, id: str, told: Told, now: datetime) -> list[Message] | None:
    """What the bank says of an order, once: paid, refused for good, or come back (which it was paid before, whether or not we heard)."""
    found = next((one for one in claim.orders if one.id == id), None)
    over = found is None or found.state in (model.REJECTED, model.RETURNED)
    if found is None or over or claim.status not in (model.PAYING, model.PAID):
        return None
    paid, due = found.state == model.SETTLED, text(after_natural(now, claim.terms.confirm_days or CONFIRM_DAYS))
    common: dict[str, Any] = {
        "claim_id": claim.id,
        "budget_id": model.budget(claim),
        "order_id": id,
        "fen": found.fen,
    }
    if told.state == "REJECTED" and not paid:
        return [events.PaymentRejected(**common, code=told.code, due=due)]
    settled = [] if paid else [_settled(found, told, common, now)]
    if told.state == "RETURNED":
        at = text(told.at or now)
        back = events.PaymentReturned(**common, returned_at=at, reference=told.reference, code=told.code, due=due)
        return [*settled, back]
    return settled if told.state == "PAID" and settled else None


def _settled(found: Order, told: Told, common: dict[str, Any], now: datetime) -> Message:
    at = text(told.at or now)
    return events.PaymentSettled(**common, paid_at=at, reference=told.reference)


def open_check(claim: Claim, actor: Actor, sealed_note: str) -> events.SpotCheckOpened:
    """A paid claim is looked at again, by somebody who did not let it pass. FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "OpenSpotCheck")
    require_other(claim, "OpenSpotCheck", actor)
    return events.SpotCheckOpened(claim_id=claim.id, officer_id=actor.id, sealed_note=sealed_note)


def conclude_check(
    claim: Claim, actor: Actor, recover_fen: int, sealed: str, code: str, now: datetime
) -> events.SpotCheckConcluded:
    """Nothing wrong, or so much is to be given back within 15 working days, under a code. INVALID_ARGUMENT `recover_fen` ABOVE_PAID;
    FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "ConcludeSpotCheck")
    require_other(claim, "ConcludeSpotCheck", actor)
    if recover_fen > claim.fen:
        raise invalid(Violation("recover_fen", "ABOVE_PAID", "追回金额不得高于已拨付金额"))
    due = text(after(now, RECOVER_DAYS, claim.region)) if recover_fen else ""
    return events.SpotCheckConcluded(
        claim_id=claim.id,
        officer_id=actor.id,
        recover_fen=recover_fen,
        sealed_reason=sealed,
        recovery_code=code if recover_fen else "",
        due=due,
    )


def recovered(claim: Claim, fen: int, line: str, day: str) -> events.RecoveryReceived | None:
    """The enterprise gave back so much, by a line of the bank's statement; each line once, and never more than is to be given back: what is
    more has another reason, and finance is to say which."""
    if claim.status != model.RECOVERING or line in claim.recovery_lines or fen > to_recover(claim):
        return None
    return events.RecoveryReceived(claim_id=claim.id, budget_id=model.budget(claim), fen=fen, line_id=line, day=day)


def end_recovery(claim: Claim, actor: Actor, sealed: str) -> events.RecoveryEnded:
    """What is still open is given up, by somebody of finance who did not release it. FAILED_PRECONDITION SAME_OFFICER."""
    require_move(claim, "EndRecovery")
    require_other(claim, "EndRecovery", actor)
    return events.RecoveryEnded(
        claim_id=claim.id, officer_id=actor.id, left_fen=to_recover(claim), sealed_reason=sealed
    )


def to_recover(claim: Claim) -> int:
    """How much the enterprise is still to give back, in fen."""
    return max(claim.recover_fen - claim.recovered_fen, 0)


def reconciled(claim: Claim, order_id: str, day: str, line: str) -> events.PaymentReconciled | None:
    """An order of the claim stands in the bank's statement of a day."""
    found = next((one for one in claim.orders if one.id == order_id), None)
    if found is None or found.reconciled_on:
        return None
    return events.PaymentReconciled(claim_id=claim.id, order_id=order_id, day=day, line_id=line)
