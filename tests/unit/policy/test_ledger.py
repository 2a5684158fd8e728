"""The ledger's table, and that whatever can happen to a claim keeps its accounts balanced and never below nothing."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import Refused
from services.policy import model, model_claims, model_ledger, model_payments, reserving
from services.policy.model import Claim
from services.policy.model_evolve import EVOLVE
from tests.support.actors import DEPARTMENT, REGION, officer, supervisor
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2
from yiwang.rules.v1 import rules_pb2

AT = datetime(2026, 11, 20, 4, tzinfo=UTC)
REVIEWER, TREASURER, SUPERVISOR = officer("payout"), officer("finance"), supervisor()


class Told(NamedTuple):
    """What a bank says."""

    state: str
    at: datetime | None = AT
    reference: str = "ref"
    code: str = "CLOSED"


class Life:
    """A claim, the pot it is paid from, and the ledger, without a store."""

    def __init__(self, mode: int, fen: int, total: int) -> None:
        self.claim: Any = None
        self.mode, self.fen = mode, fen
        self.pot = Counter(total=total, available=total)
        self.held: int | None = None
        self.moved: Counter[tuple[str, str]] = Counter()
        self.lines = 0
        self.told(events.BudgetChangeApplied(budget_id="b", delta_fen=total))

    @property
    def accounts(self) -> dict[str, int]:
        return model_ledger.balances(self.moved)

    def told(self, event: Message) -> None:
        """An event is written, and heard."""
        if type(event) in EVOLVE:
            self.claim = EVOLVE[type(event)](self.claim, event, Moment(AT, "test"))
        for source, target, fen in model_ledger.lines(event) if type(event) in model_ledger.BOOKS else ():
            self.moved[source, target] += fen

    def act(self, decide: Callable[[], Any]) -> None:
        """An act, when it is allowed."""
        try:
            said = decide()
        except Refused:
            return
        for event in said if isinstance(said, list) else [said] if said is not None else []:
            self.told(event)

    def explained(self, fen: int) -> items_pb2.Explanation:
        return items_pb2.Explanation(
            result=rules_pb2.TRUTH_TRUE, amount=items_pb2.AmountTold(fen=fen, computed_fen=fen)
        )

    # -- what can happen; a number between 0 and 1 says how much

    def submit(self, _: float) -> None:
        told = events.ClaimSubmitted(
            claim_id="c",
            item_id="i",
            period="2026",
            mode=self.mode,  # type: ignore[arg-type]
            uscc="u",
            region=REGION,
            department=DEPARTMENT,
            explanation=self.explained(self.fen),
        )
        stated = events.AccountStated(claim_id="c", sealed_account="s", number=9)
        self.act(lambda: model_claims.submit(told, self.claim, stated, AT))

    def reserve(self, _: float) -> None:
        """The pot holds it, and the claim is told, or not."""
        if self.claim.reservation != model.ASKED:
            return
        if self.held is None and self.pot["available"] < self.claim.reserved_fen:
            self.act(lambda: model_claims.not_reserved(self.claim, "BUDGET_EXHAUSTED"))
            return
        self.hold()
        self.act(lambda: model_claims.reserved(self.claim, AT))

    def hold(self, _: float = 0) -> None:
        """The pot holds it, and who reserved it died."""
        asked = self.claim.reservation == model.ASKED and self.held is None
        if asked and self.pot["available"] >= self.claim.reserved_fen:
            self.held = self.claim.reserved_fen
            self.pot["available"] -= self.held

    def free(self, _: float) -> None:
        if self.claim.reservation == model.FREEING:
            self.pot["available"] += self.held or 0
            self.held = None
            self.act(lambda: reserving._released(self.claim, model.FREEING))

    def spend(self, _: float) -> None:
        if self.claim.reservation == model.SPENDING:
            assert self.held is not None
            self.pot.update(available=self.held - self.claim.fen, spent=self.claim.fen)
            self.held = None
            freed = self.claim.reserved_fen - self.claim.fen
            self.told(events.ReservationSpent(claim_id="c", budget_id="b", spent_fen=self.claim.fen, freed_fen=freed))

    def restore(self, _: float) -> None:
        if self.claim.reservation == model.RESTORING:
            self.pot.update(available=self.claim.booked_fen, spent=-self.claim.booked_fen)
            self.act(lambda: reserving._released(self.claim, model.RESTORING))

    def check(self, part: float) -> None:
        result = model.OK if part < 0.8 else "CLOSED"
        self.act(lambda: model_claims.account_checked(self.claim, self.claim.account_number, result, AT))

    def account(self, _: float) -> None:
        self.act(lambda: model_claims.state_account(self.claim, "s", "0001", "某行"))

    def review(self, part: float) -> None:
        right = max(int(self.fen * part), 1)
        explained = self.explained(self.fen)
        self.act(lambda: model_claims.review(self.claim, REVIEWER, explained, right, "sealed", AT))

    def approve(self, _: float) -> None:
        self.act(lambda: model_claims.approve(self.claim, TREASURER, AT))

    def order(self, _: float) -> None:
        self.act(lambda: model_payments.order(self.claim))

    def answer(self, part: float) -> None:
        state = ("PAID", "PAID", "REJECTED", "RETURNED", "ACCEPTED")[int(part * 4.99)]
        if last := model.order(self.claim):
            self.act(lambda: model_payments.answered(self.claim, last.id, Told(state), AT))

    def withdraw(self, _: float) -> None:
        self.act(lambda: model_claims.withdraw(self.claim, ""))

    def lapse(self, _: float) -> None:
        self.act(lambda: model_claims.fire(self.claim, AT + timedelta(days=400)))

    def spot_check(self, part: float) -> None:
        recover = int(self.claim.fen * part)
        self.act(lambda: model_payments.open_check(self.claim, SUPERVISOR, ""))
        self.act(lambda: model_payments.conclude_check(self.claim, SUPERVISOR, recover, "", "ZHAAAAAAAA", AT))

    def recover(self, part: float) -> None:
        fen = max(int(self.claim.fen * part), 1)
        self.lines += 1
        told = model_payments.recovered(self.claim, fen, f"line-{self.lines}", "2026-11-20")
        if told is not None:
            self.told(told)
            self.pot.update(available=fen, spent=-fen)


STEPS = [
    name for name, one in vars(Life).items() if not name.startswith("_") and name not in ("accounts", "told", "act")
]
STEPS = [name for name in STEPS if name not in ("explained", "submit")]
# In this order a claim is paid; between any two of them anything else may happen.
WAY = ("submit", "reserve", "check", "review", "approve", "order", "answer", "spend")
PART = st.floats(0, 1)
DETOUR = st.lists(st.tuples(st.sampled_from(["submit", *STEPS]), PART), max_size=4)


@settings(max_examples=400)
@given(
    mode=st.sampled_from((model.ORDINARY, model.INSTANT, model.PROACTIVE)),
    fen=st.integers(1, 2000),
    total=st.integers(1, 4000),
    ways=st.lists(st.lists(st.tuples(DETOUR, PART), min_size=len(WAY), max_size=len(WAY)), min_size=1, max_size=2),
)
def test_whatever_happens_to_a_claim_the_accounts_are_balanced_and_agree_with_the_pot(
    mode: int, fen: int, total: int, ways: list[list[tuple[list[tuple[str, float]], float]]]
) -> None:
    life = Life(mode, fen, total)
    for way in ways:
        for name, (detour, part) in zip(WAY, way, strict=True):
            for step, amount in [(name, part), *detour]:
                getattr(life, step)(amount)
                accounts = life.accounts
                assert sum(accounts.values()) == 0
                assert all(fen >= 0 for name, fen in accounts.items() if name != "appropriation"), (step, accounts)
                assert life.pot["available"] >= 0
                assert life.pot["total"] == life.pot["available"] + (life.held or 0) + life.pot["spent"]
    claim: Claim = life.claim
    # A hold the claim was not told of is the pot's alone, as long as it lasts.
    aside = life.held or 0 if claim.booked_fen == 0 else 0
    committed = (life.held or 0) - aside + life.pot["spent"]
    assert model_ledger.agree(life.accounts, total, life.pot["available"] + aside, committed)


def test_a_walk_of_the_property_reaches_every_end_of_money() -> None:
    """What the property leans on: its steps do lead to payment, return, restoring and recovery."""
    life = Life(model.INSTANT, 1000, 1500)
    for name, part in [(name, 0.0) for name in WAY] + [("spot_check", 0.5), ("recover", 0.25), ("recover", 0.25)]:
        getattr(life, name)(part)
    assert life.claim.status == model.RECOVERED
    assert (life.accounts["paid"], life.accounts["available"]) == (500, 1000)
    back = Life(model.ORDINARY, 1000, 1500)
    for name, part in [(name, 0.5 if name == "review" else 0.0) for name in WAY] + [("answer", 0.7)]:
        getattr(back, name)(part)
    assert (back.claim.status, back.accounts["payable"], back.accounts["available"]) == (model.ACCOUNT, 500, 1000)
    back.withdraw(0)
    back.restore(0)
    assert (back.claim.reservation, back.accounts["available"], back.pot["available"]) == (model.FREE, 1500, 1500)


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (events.BudgetChangeApplied(delta_fen=7), [("appropriation", "available", 7)]),
        (events.BudgetChangeApplied(delta_fen=-7), [("available", "appropriation", 7)]),
        (events.BudgetChangeApplied(), []),
        (events.BudgetClosed(surplus_fen=7, spent_fen=3), [("available", "appropriation", 7)]),
        (events.ClaimReserved(fen=7), [("available", "reserved", 7)]),
        (events.ClaimApproved(fen=7), [("reserved", "payable", 7)]),
        (events.PaymentOrdered(fen=7), [("payable", "in_transit", 7)]),
        (events.PaymentSettled(fen=7), [("in_transit", "paid", 7)]),
        (events.PaymentRejected(fen=7), [("in_transit", "payable", 7)]),
        (events.PaymentReturned(fen=7), [("paid", "payable", 7)]),
        (events.ReservationSpent(spent_fen=7, freed_fen=2), [("reserved", "available", 2)]),
        (events.RecoveryReceived(fen=7), [("paid", "available", 7)]),
        (
            events.ReservationReleased(fen=7, payable_fen=5),
            [("payable", "available", 5), ("reserved", "available", 2)],
        ),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Message) else "",
)
def test_each_event_books_what_the_table_says(event: Any, lines: list[model_ledger.Line]) -> None:
    event.budget_id = "b"
    assert model_ledger.lines(event) == lines
    posted = model_ledger.postings(event, AT)
    assert [(one.source, one.target, one.fen, one.budget, one.type) for one in posted] == [
        (*line, "b", type(event).__name__) for line in lines
    ]


def test_an_event_without_money_is_not_booked() -> None:
    with pytest.raises(KeyError):
        model_ledger.lines(events.ClaimWithdrawn())
