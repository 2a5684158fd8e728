"""What policy does when money moves: the ledger is written, what came back is there again, the bank is asked;
budgets and days by the clock."""

from datetime import UTC, datetime
from typing import Any, Final

from chassis.events import Heard, every, on
from chassis.outside import Away
from chassis.parts import Parts
from chassis.telemetry import log
from services.policy import store_ledger, store_pots
from services.policy.budgeting import Budgeting
from services.policy.paying import Paying
from services.policy.reconciling import Reconciling
from yiwang.policy.v1.events_pb2 import (
    BankNotified,
    BudgetChangeApplied,
    BudgetClosed,
    ClaimApproved,
    ClaimReserved,
    PaymentOrdered,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    RecoveryReceived,
    ReservationReleased,
    ReservationSpent,
    RollIssued,
    RollPublished,
)

MINUTE: Final = 60


class HearsMoney:
    """The handlers and timers of money. Each line of the ledger is written once, whatever comes twice or out of order."""

    parts: Parts
    budgeting: Budgeting
    paying: Paying
    reconciling: Reconciling

    @on(ClaimReserved)
    def post_reserved(self, event: Heard[ClaimReserved]) -> None:
        """Ledger: available → reserved."""
        _post(self.parts, event)

    @on(RollPublished)
    def post_roll(self, event: Heard[RollPublished]) -> None:
        """Ledger: available → reserved, the whole sum of a list."""
        _post(self.parts, event)

    @on(RollIssued)
    def post_roll_issued(self, event: Heard[RollIssued]) -> None:
        """Ledger: reserved → available, what nobody took of it."""
        _post(self.parts, event)

    @on(ReservationReleased)
    def post_released(self, event: Heard[ReservationReleased]) -> None:
        """Ledger: reserved and payable → available."""
        _post(self.parts, event)

    @on(ReservationSpent)
    def post_spent(self, event: Heard[ReservationSpent]) -> None:
        """Ledger: what was reserved and not approved → available."""
        _post(self.parts, event)

    @on(ClaimApproved)
    def post_approved(self, event: Heard[ClaimApproved]) -> None:
        """Ledger: reserved → payable."""
        _post(self.parts, event)

    @on(PaymentOrdered)
    def post_ordered(self, event: Heard[PaymentOrdered]) -> None:
        """Ledger: payable → in transit."""
        _post(self.parts, event)

    @on(PaymentSettled)
    def post_settled(self, event: Heard[PaymentSettled]) -> None:
        """Ledger: in transit → paid."""
        _post(self.parts, event)

    @on(PaymentRejected)
    def post_rejected(self, event: Heard[PaymentRejected]) -> None:
        """Ledger: in transit → payable."""
        _post(self.parts, event)

    @on(PaymentReturned)
    def post_returned(self, event: Heard[PaymentReturned]) -> None:
        """Ledger: paid → payable."""
        _post(self.parts, event)

    @on(RecoveryReceived)
    def post_recovered(self, event: Heard[RecoveryReceived]) -> None:
        """Act: what an enterprise gave back may be had of the budget again; ledger: paid → available."""
        told = event.body
        name = store_pots.recovery(told.claim_id, told.line_id)
        store_pots.give_back(self.parts.database, told.budget_id, name, told.fen)
        _post(self.parts, event)

    @on(BudgetChangeApplied)
    def post_budget(self, event: Heard[BudgetChangeApplied]) -> None:
        """Ledger: appropriation → available, or back."""
        _post(self.parts, event)

    @on(BudgetClosed)
    def post_closed(self, event: Heard[BudgetClosed]) -> None:
        """Ledger: what is left → appropriation."""
        _post(self.parts, event)

    @on(BankNotified)
    def ask_bank(self, event: Heard[BankNotified]) -> None:
        """Act: the bank is asked what became of the order. It may be away: the payment's own task asks again."""
        try:
            self.paying.look(event.body.claim_id)
        except Away as away:
            log("money").info("bank_away", record=event.body.claim_id, error=str(away))

    @every(interval=2)
    def do_budgets(self) -> None:
        """Changes and ends of budgets that were begun, and what came back to a budget that is closed."""
        self.budgeting.round()

    @every(interval=MINUTE)
    def reconcile_days(self) -> None:
        """The days up to yesterday are compared with the bank's statement."""
        self.reconciling.round()


def _post(parts: Parts, event: Heard[Any]) -> None:
    store_ledger.post(parts.database, event.id, datetime.fromisoformat(event.time).astimezone(UTC), event.body)


def prepare(worker: type[HearsMoney], parts: Parts) -> None:
    """What the handlers and timers of money work with."""
    worker.budgeting = Budgeting(parts)
    worker.paying = Paying(parts)
    worker.reconciling = Reconciling(parts)
