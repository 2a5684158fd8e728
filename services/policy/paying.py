"""Money to the account, exactly once: the order is written down before the bank hears of it, the bank is asked before anything is sent, and
only an order it does not know is sent, under an id that is always the same.

Whatever dies, and whatever the bank answers twice, late or not at all: the next who comes asks for the same order.
"""

from collections.abc import Callable
from typing import Any, Final

import orjson

from chassis.acts import Cause, now
from chassis.parts import Parts
from chassis.telemetry import log
from services.policy import bank, model, model_claims, model_payments, settings, store_claims
from services.policy.model import Claim

BY: Final = "system:policy"


class Paying:
    """The payments of one store."""

    def __init__(self, parts: Parts) -> None:
        self._keyring = parts.keyring
        self._told = settings.of(parts)
        self._claims = store_claims.claims(parts.database)

    def check(self, id: str) -> bool:
        """The bank is asked whether an account is the enterprise's; whether it answered."""
        claim = self._claims.get(id).state
        if claim.account != model.CHECKING:
            return True
        account = self._account(claim)
        if not self._told.bank_url or account is None:
            return _nobody(claim, "check")
        number = claim.account_number
        told = bank.check_account(self._told.bank_url, f"{id}-{number}", account)
        self._tell(claim, f"check/{number}", lambda one: model_claims.account_checked(one, number, told.result, now()))
        return True

    def pay(self, id: str) -> bool:
        """A claim's order: written down, asked for, sent when the bank does not know it; whether the bank has answered for good."""
        claim = self._claims.get(id).state
        if claim.status != model.PAYING or claim.account != model.OK:
            return True
        if not self._told.bank_url or self._account(claim) is None:
            return _nobody(claim, "pay")
        claim = self._ordered(claim)
        # Of the very state the order stands in: another may have ordered anew meanwhile, to another account.
        order, account = model.order(claim), self._account(claim)
        if order is None or account is None or order.state != model.ORDERED:
            return True
        told = bank.order_state(self._told.bank_url, order.id, order.fen)
        if told.state == bank.UNKNOWN:
            told = bank.send(self._told.bank_url, self._order(claim, order, account))
        return self._answered(claim, order, told)

    def look(self, id: str) -> bool:
        """Asks what became of the last order of a claim that was paid: it may have come back. Whether it is as it was."""
        claim = self._claims.get(id).state
        order = model.order(claim)
        if claim.status == model.PAYING:
            return self.pay(id)
        if order is None or order.state != model.SETTLED or not self._told.bank_url:
            return True
        return self._answered(claim, order, bank.order_state(self._told.bank_url, order.id, order.fen))

    def _ordered(self, claim: Claim) -> Claim:
        """The claim with its order written down, before the bank hears of it."""
        cause = Cause(key=f"task/order/{len(claim.orders)}/{claim.account_number}/{claim.attempt}", by=BY)
        return self._claims.change(claim.id, cause, model_payments.order).state

    def _order(self, claim: Claim, order: model.Order, account: bank.Account) -> bank.Order:
        purpose = f"惠企政策兑付 {claim.number}"
        return bank.Order(order.id, order.fen, account, purpose, self._told.payer_account)

    def _answered(self, claim: Claim, order: model.Order, told: bank.OrderState) -> bool:
        """What the bank says of an order is told to the claim; whether that was for good."""
        if told.state not in (bank.PAID, bank.REJECTED, bank.RETURNED):
            return False
        self._tell(
            claim, f"order/{order.id}/{told.state}", lambda one: model_payments.answered(one, order.id, told, now())
        )
        return True

    def _account(self, claim: Claim) -> bank.Account | None:
        text = self._keyring.open_text(claim.id, claim.sealed_account) if claim.sealed_account else ""
        return bank.Account(**orjson.loads(text)) if text else None

    def _tell(self, claim: Claim, what: str, decide: Callable[[Claim], Any]) -> None:
        self._claims.change(claim.id, Cause(key=f"task/{what}/{claim.attempt}", by=BY), decide)


def _nobody(claim: Claim, task: str) -> bool:
    log("paying").warning("no_bank_or_account", record=claim.id, task=task)
    return False
