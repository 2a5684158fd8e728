"""Budget and benefit of a claim: reserved, freed, charged and restored, each under the claim's own name.

A process that dies anywhere in between leaves a claim whose task says what is still to be done; whoever takes it up does the same again.
"""

from collections.abc import Callable
from typing import Any, Final

from chassis.acts import Cause, now
from chassis.parts import Parts
from services.policy import model, model_claims, store_claims, store_pots
from services.policy.model import Claim
from yiwang.policy.v1 import events_pb2 as events

BY: Final = "system:policy"


class Reserving:
    """The reservations of one store."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._claims = store_claims.claims(parts.database)

    def reserve(self, id: str) -> bool:
        """Benefit, then budget, then the claim is told; whether it was. The same again changes nothing."""
        claim = self._claims.get(id).state
        if claim.reservation != model.ASKED or claim.reserve_until is None:
            return True
        outcome = self._take(claim)
        if outcome == store_pots.HELD:
            outcome = self._hold(claim)
        if outcome == store_pots.EXPIRED:
            return self._ask_anew(claim)
        if outcome == store_pots.HELD:
            self._tell(claim, "reserved", lambda one: model_claims.reserved(one, now()))
        else:
            self._tell(claim, "not_reserved", lambda one: model_claims.not_reserved(one, outcome))
        return True

    def _take(self, claim: Claim) -> str:
        id = _benefit(claim)
        assert claim.reserve_until is not None
        if not id:
            return store_pots.HELD
        already = model.explanation_of(claim).amount.already_fen
        overlap, until = claim.terms.overlap, claim.reserve_until
        return store_pots.take(self._database, id, model.hold(claim), claim.reserved_fen, overlap, already, until)

    def _hold(self, claim: Claim) -> str:
        assert claim.reserve_until is not None
        what = (model.hold(claim), claim.reserved_fen, claim.reserve_until)
        if claim.roll_id:
            return store_pots.take_over(self._database, model.budget(claim), claim.roll_id, *what)
        return store_pots.reserve(self._database, model.budget(claim), *what)

    def _ask_anew(self, claim: Claim) -> bool:
        """The deadline is over, and nothing is held: asked for once more, until another one."""

        def decide(one: Claim) -> events.ReservationAsked | None:
            same = one.reservation == model.ASKED and one.reserve_until == claim.reserve_until
            return model_claims.ask_reservation(one.id, one.reserved_fen, now()) if same else None

        self._tell(claim, f"ask/{claim.reserve_until}", decide)
        return False

    def free(self, id: str) -> bool:
        """What was reserved for a claim that came to nothing is free again; whether it is."""
        claim = self._claims.get(id).state
        if claim.reservation != model.FREEING:
            return True
        if not store_pots.free(self._database, model.budget(claim), model.hold(claim), claim.reserve_until):
            return False
        if not self._leave(claim):
            return False
        self._tell(claim, "freed", lambda one: _released(one, model.FREEING))
        return True

    def spend(self, id: str) -> bool:
        """What was paid is charged, the rest of what was reserved is free; whether it is."""
        claim = self._claims.get(id).state
        if claim.reservation != model.SPENDING:
            return True
        what = (model.budget(claim), model.hold(claim), claim.fen, claim.reserve_until)
        if not store_pots.spend(self._database, *what) or not self._lower(claim):
            return False
        freed = claim.reserved_fen - claim.fen
        told = events.ReservationSpent(claim_id=id, budget_id=model.budget(claim), spent_fen=claim.fen, freed_fen=freed)
        self._tell(claim, "spent", lambda one: told if one.reservation == model.SPENDING else None)
        return True

    def restore(self, id: str) -> bool:
        """What was charged for a claim that came to nothing in the end, its money sent back, is there again."""
        claim = self._claims.get(id).state
        if claim.reservation != model.RESTORING:
            return True
        store_pots.give_back(self._database, model.budget(claim), model.hold(claim), claim.booked_fen)
        if not self._leave(claim):
            return False
        self._tell(claim, "restored", lambda one: _released(one, model.RESTORING))
        return True

    def _lower(self, claim: Claim) -> bool:
        """Of its group the enterprise has what is paid, not what was reserved: the next item pays the rest of it."""
        return not (id := _benefit(claim)) or store_pots.lower(self._database, id, model.hold(claim), claim.fen)

    def _leave(self, claim: Claim) -> bool:
        id, hold = _benefit(claim), model.hold(claim)
        return not id or store_pots.leave(self._database, id, hold, claim.reserve_until)

    def _tell(self, claim: Claim, what: str, decide: Callable[[Claim], Any]) -> None:
        cause = Cause(key=f"task/{what}/{claim.attempt}/{claim.reserve_until}", by=BY)
        self._claims.change(claim.id, cause, decide)


def _benefit(claim: Claim) -> str:
    """Under what its benefit is held; empty without a group."""
    group = claim.terms.benefit_group
    return store_pots.benefit_id(group, claim.period, claim.uscc) if group else ""


def _released(claim: Claim, before: str) -> events.ReservationReleased | None:
    if claim.reservation != before:
        return None
    payable = claim.fen if claim.approved_at is not None else 0
    return events.ReservationReleased(
        claim_id=claim.id,
        budget_id=model.budget(claim),
        fen=claim.booked_fen,
        payable_fen=min(payable, claim.booked_fen),
    )
