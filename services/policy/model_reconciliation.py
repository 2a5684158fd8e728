"""A day's comparison of what we ordered with the bank's statement: what of a line or an order has no counterpart. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import Violation, invalid, not_found, require
from services.policy import model
from services.policy.model import COUNTY_DIGITS, NAMESPACE, Claim, Order
from standards.workdays import SHANGHAI, local_day
from yiwang.policy.v1 import events_pb2 as events

OPEN, EXCEPTIONS, CLOSED = "OPEN", "EXCEPTIONS", "CLOSED"
STATUSES: Final = (OPEN, EXCEPTIONS, CLOSED)
UNKNOWN_ORDER, WRONG_AMOUNT, TWICE = "UNKNOWN_ORDER", "WRONG_AMOUNT", "TWICE"
NOT_IN_STATEMENT, UNKNOWN_INCOME, RETURN_OF_UNPAID = "NOT_IN_STATEMENT", "UNKNOWN_INCOME", "RETURN_OF_UNPAID"
# A record has room for so many exceptions to be resolved one by one; with more the statement as a whole is wrong.
MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """A line or an order without its counterpart."""

    id: str
    kind: str
    line_id: str = ""
    order_id: str = ""
    claim_id: str = ""
    fen: int = 0
    expected_fen: int = 0
    resolution: str = ""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A day of an account, as it stands."""

    id: str
    # 2026-01-31, in China.
    day: str
    region: str
    payer_tail: str
    opened_at: datetime
    status: str = OPEN
    lines: int = 0
    matched: int = 0
    out_fen: int = 0
    returned_fen: int = 0
    in_fen: int = 0
    exceptions: list[Finding] = field(default_factory=list)


def reconciliation_id(account: str, day: date) -> str:
    """The id of the one comparison of an account and a day."""
    return str(uuid.uuid5(NAMESPACE, f"reconciliation/{account}/{day.isoformat()}"))


def span(day: date) -> tuple[datetime, datetime]:
    """A day of China: its first instant, and that of the next."""
    first = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)
    return first, first + timedelta(days=1)


def region_of(counties: Iterable[str]) -> str:
    """The smallest region all these counties lie in: who oversees it sees whom the account pays. Empty for none, or for no such region."""
    same = "".join(digits.pop() if len(digits) == 1 else " " for digits in map(set, zip(*counties, strict=True)))
    known = len(same.split(" ")[0]) // 2 * 2
    return same[:known].ljust(COUNTY_DIGITS, "0") if known else ""


def due_days(last: date | None, today: date, most: int) -> list[date]:
    """The days up to yesterday that come after the last one there is; at most so many, and yesterday alone when there is none."""
    yesterday = today - timedelta(days=1)
    first = max(last + timedelta(days=1), today - timedelta(days=most)) if last else yesterday
    return [first + timedelta(days=number) for number in range((yesterday - first).days + 1)]


def finding(
    kind: str, line: str = "", claim: Claim | None = None, order: str = "", fen: int = 0, expected: int = 0
) -> Finding:
    """An exception; the same one has the same id."""
    id = str(uuid.uuid5(NAMESPACE, f"exception/{kind}/{line}/{order}"))
    return Finding(id, kind, line, order, claim.id if claim else "", fen, expected)


def order_of(claim: Claim, id: str) -> Order:
    """An order of a claim, which it has."""
    return next(one for one in claim.orders if one.id == id)


def paid_out(claim: Claim, order: Order, day: str, line: str, fen: int, again: bool) -> Finding | None:
    """What is wrong with a line that money went out by, on a day, for an order that was asked for; `again`: the day has another such line.
    None: they are the same."""
    if again or order.reconciled_on not in ("", day):
        return finding(TWICE, line, claim, order.id, fen, 0)
    if order.paid_at is None:
        # The bank told us that it would never pay it.
        return finding(WRONG_AMOUNT, line, claim, order.id, fen, 0)
    return None if fen == order.fen else finding(WRONG_AMOUNT, line, claim, order.id, fen, order.fen)


def came_back(claim: Claim, order: Order, line: str, fen: int, again: bool) -> Finding | None:
    """What is wrong with a line that the money of an order came back by."""
    if again:
        return finding(TWICE, line, claim, order.id, fen, 0)
    if order.paid_at is None:
        return finding(RETURN_OF_UNPAID, line, claim, order.id, fen, 0)
    if order.state != model.RETURNED:
        # Of a claim whose money is being recovered another way.
        return finding(UNKNOWN_INCOME, line, claim, order.id, fen, 0)
    return None if fen == order.fen else finding(WRONG_AMOUNT, line, claim, order.id, fen, order.fen)


def lacking(claims: Iterable[Claim], day: date, there: Iterable[str]) -> list[Finding]:
    """The orders that were paid on a day as the bank told us, and that its whole statement lacks."""
    known = set(there)
    return [
        finding(NOT_IN_STATEMENT, "", claim, one.id, 0, one.fen)
        for claim in claims
        for one in claim.orders
        if one.state == model.SETTLED
        and one.paid_at is not None
        and local_day(one.paid_at) == day
        and one.id not in known
        and not one.reconciled_on
    ]


def resolve(one: Reconciliation, id: str, actor: Actor, resolution: str) -> events.ExceptionResolved:
    """Finance says what became of an exception. NOT_FOUND; FAILED_PRECONDITION RESOLVED_ALREADY; INVALID_ARGUMENT `resolution`
    TOO_SHORT."""
    found = next((each for each in one.exceptions if each.id == id), None)
    if found is None:
        raise not_found()
    require(not found.resolution, "RESOLVED_ALREADY", "该差异已处理")
    told = resolution.strip()
    if len(told) < 2:
        raise invalid(Violation("resolution", "TOO_SHORT", "请说明差异的处理结果"))
    return events.ExceptionResolved(reconciliation_id=one.id, exception_id=id, resolution=told, officer_id=actor.id)


def _opened(_before: Reconciliation | None, event: events.ReconciliationOpened, moment: Moment) -> Reconciliation:
    return Reconciliation(event.reconciliation_id, event.day, event.region, event.payer_tail, moment.at)


def _compared(one: Reconciliation, event: events.DayReconciled, _moment: Moment) -> Reconciliation:
    found = [
        Finding(
            each.exception_id,
            each.kind,
            each.line_id,
            each.order_id,
            each.claim_id,
            each.fen,
            each.expected_fen,
        )
        for each in event.exceptions
    ]
    return replace(
        one,
        status=EXCEPTIONS if found else CLOSED,
        lines=event.lines,
        matched=event.matched,
        out_fen=event.out_fen,
        returned_fen=event.returned_fen,
        in_fen=event.in_fen,
        exceptions=found,
    )


def _resolved(one: Reconciliation, event: events.ExceptionResolved, moment: Moment) -> Reconciliation:
    found = [
        replace(each, resolution=event.resolution, resolved_at=moment.at) if each.id == event.exception_id else each
        for each in one.exceptions
    ]
    return replace(one, exceptions=found, status=EXCEPTIONS if any(not each.resolution for each in found) else CLOSED)


EVOLVE: Evolve = {
    events.ReconciliationOpened: _opened,
    events.DayReconciled: _compared,
    events.ExceptionResolved: _resolved,
}
