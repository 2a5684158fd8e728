"""The paying bank (国库集中支付代理银行), as docs/integrating.md describes it: accounts checked, orders asked for and sent, statements.

Amounts are fen, whole numbers. An order is known by its id alone: sent twice it is one payment. An answer about another order or another
amount than was asked for is a Fault, and nothing of it is taken; no answer is Away, and tells nothing of what was done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from chassis import outside
from chassis.answers import Fault, fields, instant, reference, same, text

UNKNOWN, ACCEPTED, PAID, REJECTED, RETURNED = "UNKNOWN", "ACCEPTED", "PAID", "REJECTED", "RETURNED"
OK: Final = "OK"
CHECKS: Final = frozenset((OK, "NAME_MISMATCH", "NO_SUCH_ACCOUNT", "CLOSED", "FROZEN"))
OUT, BACK, IN = "OUT", "RETURN", "IN"
# Of a day; more are a fault of the bank's.
MOST_PAGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account, its number and its branch (CNAPS)."""

    name: str
    number: str
    bank_code: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid, to whom, what for, from which account."""

    id: str
    fen: int
    payee: Account
    purpose: str
    payer_account: str


class AccountCheck(NamedTuple):
    """Whether an account is there and of that name: OK, NAME_MISMATCH, NO_SUCH_ACCOUNT, CLOSED, FROZEN, REFUSED."""

    result: str


class OrderState(NamedTuple):
    """What became of an order: UNKNOWN to the bank, ACCEPTED, PAID, REJECTED for good, RETURNED after it was paid."""

    state: str
    at: datetime | None = None
    reference: str = ""
    code: str = ""


class StatementLine(NamedTuple):
    """A line of a day's statement: OUT and RETURN name an order, IN what the payer wrote (a recovery's code)."""

    id: str
    kind: str
    subject: str
    fen: int
    at: datetime
    reference: str


class Statement(NamedTuple):
    """A day's lines; `complete` once the bank has closed the day."""

    lines: list[StatementLine]
    complete: bool


def check_account(url: str, check_id: str, account: Account) -> AccountCheck:
    """Whether an account can be paid to. chassis.outside.Away for no answer, Fault for a wrong one."""
    asked = {"id": check_id, **_account(account)}
    answer = outside.post(url, "/accounts/check", asked)
    if answer is None:
        return AccountCheck("REFUSED")
    said = fields(answer)
    same(said, "id", check_id)
    if said.get("result") not in CHECKS:
        raise Fault("result is unknown")
    return AccountCheck(said["result"])


def order_state(url: str, order_id: str, fen: int) -> OrderState:
    """What the bank says of an order of this amount. Away for no answer, Fault for a wrong one."""
    return _state(outside.get(url, f"/orders/{quote(order_id, safe='')}"), order_id, fen)


def send(url: str, order: Order) -> OrderState:
    """Sends an order; the same again is the same payment. Away for no answer, after which nobody knows whether it was taken."""
    asked = {
        "id": order.id,
        "amount_fen": order.fen,
        "payee": _account(order.payee),
        "purpose": order.purpose,
        "payer_account": order.payer_account,
    }
    return _state(outside.post(url, "/orders", asked), order.id, order.fen)


def statement(url: str, payer_account: str, day: str) -> Statement:
    """Everything that moved on an account on a day, page by page; a line that is told again is one line. Away for no answer, Fault for a
    wrong one, also for two lines under one id and for pages that go round."""
    lines, asked, cursor, complete = dict[str, StatementLine](), set[str](), "", True
    while cursor not in asked and len(asked) < MOST_PAGES:
        asked.add(cursor)
        path = f"/statements/{quote(payer_account, safe='')}/{day}"
        said = fields(outside.get(url, f"{path}?cursor={quote(cursor, safe='')}" if cursor else path))
        same(said, "day", day)
        rows = said.get("lines")
        if not isinstance(rows, list):
            raise Fault("lines are missing")
        for line in map(_line, map(fields, rows)):
            if lines.setdefault(line.id, line) != line:
                raise Fault("line_id stands for two lines")
        # A day that was closed while it was read may have had other pages before.
        complete = complete and said.get("complete") is True
        cursor = text(said, "next", 100, least=0)
        if not cursor:
            return Statement([*lines.values()], complete)
    raise Fault("statement does not end")


def _state(answer: Any, order_id: str, fen: int) -> OrderState:
    said = fields(answer)
    same(said, "id", order_id)
    state = said.get("state")
    if state == UNKNOWN:
        return OrderState(UNKNOWN)
    same(said, "amount_fen", fen)
    if state == ACCEPTED:
        return OrderState(ACCEPTED)
    if state == REJECTED:
        return OrderState(REJECTED, code=reference(said, "code"))
    if state in (PAID, RETURNED):
        code = reference(said, "code") if state == RETURNED else ""
        return OrderState(state, instant(said, "at"), reference(said, "reference"), code)
    raise Fault("state is unknown")


def _line(said: Any) -> StatementLine:
    kind, fen = said.get("kind"), said.get("amount_fen")
    if kind not in (OUT, BACK, IN):
        raise Fault("kind is unknown")
    if type(fen) is not int or fen <= 0:
        raise Fault("amount_fen is malformed")
    subject = text(said, "subject", 200, least=0)
    return StatementLine(
        reference(said, "line_id"), kind, subject, fen, instant(said, "at"), reference(said, "reference")
    )


def _account(account: Account) -> dict[str, str]:
    return {"name": account.name, "number": account.number, "bank_code": account.bank_code}
