"""Claims walked at random: whatever enterprises, officers, the bank and the clock do, every step is a move of the table, and nothing is
ordered that was paid."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Moment
from chassis.errors import Refused
from services.policy import bank, model, model_claims, model_payments
from services.policy.model import Claim
from services.policy.model_evolve import EVOLVE
from services.policy.model_moves import MOVES, leads, require_move
from tests.support.actors import officer
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

FEN = 5_000_000
CODES = ("CLOSED", "NAME_MISMATCH")
BEGIN = datetime(2026, 3, 2, 2, tzinfo=UTC)
PAIRS = {pair for name in MOVES for pair in leads(name)} | {
    # A claim that is paid may turn out to have come back at once; what is asked anew stays where it is.
    (model.PAYING, model.ACCOUNT),
}


class Walk:
    """One claim, its journal and the clock."""

    def __init__(self, seed: int, mode: int, **terms: Any) -> None:
        self.random = random.Random(seed)
        self.now = BEGIN
        self.journal: list[tuple[Message, datetime]] = []
        self.claim: Claim | None = None
        self.mode, self.terms = mode, terms
        self.seen: list[int] = []
        self.officers = [officer("payout", id=f"officer-{number}") for number in range(3)]

    @property
    def one(self) -> Claim:
        """The claim as it is."""
        assert self.claim is not None
        return self.claim

    def do(self, decide: Callable[[], Any]) -> bool:
        """Writes what is decided; whether anything was."""
        try:
            told = decide()
        except Refused:
            return False
        listed = told if isinstance(told, list) else [told] if told else []
        before = self.claim.status if self.claim else 0
        for event in listed:
            self.claim = EVOLVE[type(event)](self.claim, event, Moment(self.now, ""))
            self.journal.append((event, self.now))
        after = self.one.status
        if before and before != after:
            self.seen.append(after)
            assert (before, after) in PAIRS, (model.STATUSES[before], model.STATUSES[after], told)
        self.check()
        return bool(listed)

    def check(self) -> None:
        """What holds at every moment."""
        claim = self.one
        live = [order for order in claim.orders if order.state in (model.ORDERED, model.SETTLED)]
        assert len(live) <= 1, "never two orders that may be paid"
        assert claim.fen <= claim.claimed_fen or claim.reviewed
        paid = sum(order.fen for order in claim.orders if order.state == model.SETTLED)
        assert paid <= claim.fen
        if claim.status == model.PAID:
            assert paid == claim.fen and claim.reservation in (model.SPENDING, model.SPENT)
        if claim.status in model.ENDED:
            assert paid == 0
        if claim.status in (model.APPROVING, model.PAYING):
            assert claim.reservation in (model.HELD, model.SPENDING, model.SPENT)
        if claim.approved_at and claim.approved_by:
            assert claim.approved_by not in claim.reviewers

    def replayed(self) -> Claim:
        """The claim its journal alone gives."""
        claim: Any = None
        for event, at in self.journal:
            claim = EVOLVE[type(event)](claim, event, Moment(at, ""))
        return claim  # type: ignore[no-any-return]


def explained(truth: int, fen: int = FEN) -> items_pb2.Explanation:
    return items_pb2.Explanation(result=truth, amount=items_pb2.AmountTold(fen=fen))  # type: ignore[arg-type]


def submit(walk: Walk) -> Any:
    truth = walk.random.choice(
        (rules_pb2.TRUTH_TRUE, rules_pb2.TRUTH_TRUE, rules_pb2.TRUTH_UNKNOWN, rules_pb2.TRUTH_FALSE)
    )
    told = events.ClaimSubmitted(
        claim_id="claim", number="DF1", item_id="item", period="2026", uscc="uscc", region="990121", mode=walk.mode,
        department="dept", explanation=explained(truth), terms=events.ClaimTerms(**walk.terms),
    )  # fmt: skip
    number = walk.claim.account_number if walk.claim else 0
    stated = events.AccountStated(claim_id="claim", sealed_account="x", tail="1234", number=number + 1)
    return model_claims.submit(told, walk.claim, walk.random.choice((stated, None)), walk.now)


def _officer(walk: Walk) -> Any:
    return walk.random.choice(walk.officers)


def _told(walk: Walk) -> bank.OrderState:
    state = walk.random.choice((bank.PAID, bank.PAID, bank.REJECTED, bank.RETURNED, bank.ACCEPTED))
    return bank.OrderState(state, walk.now, "ref", walk.random.choice(CODES))


def _order(walk: Walk) -> Any:
    found = model.order(walk.one)
    return model_payments.answered(walk.one, found.id, _told(walk), walk.now) if found else None


def _object(walk: Walk) -> Any:
    return model_claims.object(walk.one, f"objection-{len(walk.one.objections)}", "person", "sealed")


def _decide(walk: Walk) -> Any:
    waiting = [one.id for one in walk.one.objections if not one.decision] or ["none"]
    decision = walk.random.choice(("DISMISSED", "DISMISSED", "UPHELD"))
    return model_claims.decide_objection(walk.one, waiting[0], decision, _officer(walk), "sealed", walk.now)


def _freed(walk: Walk) -> Any:
    told = events.ReservationReleased(claim_id="claim", fen=walk.one.booked_fen)
    return told if walk.one.reservation in (model.FREEING, model.RESTORING) else None


def _spent(walk: Walk) -> Any:
    claim = walk.one
    told = events.ReservationSpent(claim_id="claim", spent_fen=claim.fen, freed_fen=claim.reserved_fen - claim.fen)
    return told if claim.reservation == model.SPENDING else None


def _pass(walk: Walk) -> Any:
    walk.now += timedelta(days=walk.random.choice((1, 40)))
    return model_claims.fire(walk.one, walk.now)


STEPS: tuple[Callable[[Walk], Any], ...] = (
    submit,
    lambda walk: model_claims.reserved(walk.one, walk.now),
    lambda walk: model_claims.reserved(walk.one, walk.now),
    lambda walk: model_claims.not_reserved(walk.one, "BUDGET_EXHAUSTED") if walk.random.random() < 0.1 else None,
    lambda walk: model_claims.review(
        walk.one, _officer(walk), explained(rules_pb2.TRUTH_TRUE), walk.random.choice((0, FEN - 1)), "note", walk.now
    ),
    lambda walk: model_claims.second_review(walk.one, _officer(walk), "", walk.now),
    lambda walk: model_claims.send_back(
        walk.one, _officer(walk), walk.random.choice(("ReviewClaim", "SecondReviewClaim")), "sealed", walk.now
    ),
    lambda walk: (
        model_claims.refuse(walk.one, _officer(walk), walk.random.choice(("ReviewClaim", "ApproveClaim")), "sealed")
        if walk.random.random() < 0.2
        else None
    ),
    lambda walk: model_claims.correct(walk.one, [], walk.now),
    lambda walk: model_claims.approve(walk.one, _officer(walk), walk.now),
    lambda walk: model_claims.approve(walk.one, _officer(walk), walk.now),
    lambda walk: model_claims.withdraw(walk.one, "") if walk.random.random() < 0.1 else None,
    _object,
    _decide,
    lambda walk: model_claims.account_checked(
        walk.one, walk.one.account_number, walk.random.choice((model.OK, model.OK, *CODES)), walk.now
    ),
    lambda walk: model_claims.state_account(walk.one, "sealed", "9999", "bank"),
    lambda walk: model_payments.order(walk.one),
    _order,
    _freed,
    _spent,
    _pass,
    lambda walk: model_payments.open_check(walk.one, _officer(walk), ""),
    lambda walk: (
        model_payments.conclude_check(walk.one, _officer(walk), FEN - 10, "sealed", "ZH1", walk.now)
        if walk.one.fen >= FEN - 10 and walk.random.random() < 0.3
        else None
    ),
    lambda walk: model_payments.recovered(walk.one, 2_500_000, f"line-{len(walk.journal)}", "2026-03-03"),
)


@pytest.mark.parametrize("mode", [model.INSTANT, model.ORDINARY, model.PROACTIVE])
def test_every_step_of_a_life_is_a_move_of_the_table_and_nothing_is_ordered_twice(mode: int) -> None:
    reached: set[int] = set()
    for seed in range(150):
        terms = {"publicity_days": seed % 2 * 5, "second_review_fen": (seed % 3 == 0) * FEN}
        walk = Walk(seed, mode, **terms)
        walk.do(lambda walk=walk: submit(walk))  # type: ignore[misc]
        for _ in range(60):
            step = walk.random.choice(STEPS)
            walk.do(lambda walk=walk, step=step: step(walk))  # type: ignore[misc]
        assert walk.replayed() == walk.claim
        reached |= set(walk.seen)
    wanted = {model.REVIEWING, model.APPROVING, model.PAYING, model.PAID, model.ACCOUNT, model.REFUSED, model.LAPSED}
    assert wanted <= reached, {model.STATUSES[one] for one in wanted - reached}


@pytest.mark.parametrize("name", list(MOVES))
def test_a_move_is_refused_wherever_the_table_does_not_have_it(name: str) -> None:
    walk = Walk(1, model.INSTANT)
    walk.do(lambda: submit(walk))
    for status in model.STATUSES:
        claim = replace(walk.one, status=status, account="", check="OPEN" if name == "ConcludeSpotCheck" else "")
        if status in MOVES[name].sources:
            require_move(claim, name)
        else:
            with pytest.raises(Refused) as refused:
                require_move(claim, name)
            assert refused.value.reason == "MOVE_NOT_ALLOWED"
