"""The payment provider (非税收入统一支付), as docs/integrating.md describes it: orders, what became of them, money given back.

Amounts are fen, whole numbers. Everything is idempotent by the order's id (refunds by their own); an answer about another order or
another amount than was asked for is a Fault, and nothing of it is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from chassis import outside as http
from chassis.answers import Fault, fields, instant, reference, same, text

PENDING, PAID, CLOSED, UNKNOWN = "PENDING", "PAID", "CLOSED", "UNKNOWN"
REFUNDED, REFUND_PENDING, REFUND_REFUSED = "REFUNDED", "PENDING", "REFUSED"
LONGEST_URL = 1000
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Line:
    """What is paid for, and how many fen."""

    name: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """Where the applicant pays, and the provider's own reference (缴款单号)."""

    pay_url: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What became of an order: PENDING, PAID (with when, and the provider's reference), CLOSED, UNKNOWN to the provider."""

    state: str
    amount_fen: int = 0
    paid_at: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """What became of a refund: REFUNDED (with when, and the provider's reference), PENDING, REFUSED."""

    state: str
    at: datetime | None = None
    reference: str = ""


def order(url: str, order_id: str, lines: Sequence[Line], amount_fen: int, case_number: str) -> PaymentOrder:
    """Orders a payment; the same order again is the same payment. Nothing is ordered for nothing, and lines sum up (ValueError).

    Raises chassis.outside.Away for no answer, Fault for a wrong one.
    """
    if (
        amount_fen <= 0
        or amount_fen != sum(line.amount_fen for line in lines)
        or min(one.amount_fen for one in lines) < 0
    ):
        raise ValueError("lines do not sum up to an amount")
    asked = {
        "id": order_id,
        "case_number": case_number,
        "lines": [{"name": line.name, "amount_fen": line.amount_fen} for line in lines],
        "amount_fen": amount_fen,
    }
    said = _said(http.post(url, "/orders", asked), order_id, amount_fen)
    return PaymentOrder(_pay_url(said), reference(said, "reference"))


def state(url: str, order_id: str, amount_fen: int) -> PaymentState:
    """What became of the order of this amount. Away for no answer, Fault for a wrong one."""
    said = fields(http.get(url, _path(order_id)))
    same(said, "id", order_id)
    told = said.get("state")
    if told == UNKNOWN:
        return PaymentState(UNKNOWN)
    same(said, "amount_fen", amount_fen)
    if told == PAID:
        return PaymentState(PAID, amount_fen, instant(said, "paid_at"), reference(said, "reference"))
    if told not in (PENDING, CLOSED):
        raise Fault("state is unknown")
    return PaymentState(told, amount_fen)


def refund(url: str, order_id: str, refund_id: str, amount_fen: int) -> Refund:
    """Gives back what was paid, or a part of it; the same refund again is the same money. Away for no answer, Fault for a wrong one."""
    if amount_fen <= 0:
        raise ValueError("nothing to give back")
    content = {"id": refund_id, "amount_fen": amount_fen}
    said = _said(http.post(url, f"{_path(order_id)}/refunds", content), refund_id, amount_fen)
    same(said, "order_id", order_id)
    told = said.get("state")
    if told == REFUNDED:
        return Refund(REFUNDED, instant(said, "refunded_at"), reference(said, "reference"))
    if told not in (REFUND_PENDING, REFUND_REFUSED):
        raise Fault("state is unknown")
    return Refund(told)


def _said(answer: Any, id: str, amount_fen: int) -> Mapping[str, Any]:
    said = fields(answer)
    same(said, "id", id)
    same(said, "amount_fen", amount_fen)
    return said


def _path(order_id: str) -> str:
    return f"/orders/{quote(order_id, safe='')}"


def _pay_url(said: Mapping[str, Any]) -> str:
    """Where the applicant is sent to pay: https, without credentials (http on this machine only, for tests)."""
    url = text(said, "pay_url", LONGEST_URL)
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname in _THIS_MACHINE
    except ValueError:
        raise Fault("pay_url is malformed") from None
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.username is not None or " " in url:
        raise Fault("pay_url is no https address")
    return url
