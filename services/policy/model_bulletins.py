"""The bulletin's numbers of claims, as one pass over a county's month; months are summed. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from chassis.errors import Violation, invalid
from services.policy import model
from services.policy.model import Claim, Order
from standards.workdays import local_day

MOST_MONTHS: Final = 36
MOST_ITEMS: Final = 20


@dataclass(slots=True)
class Counted:
    """The numbers of some claims: submitted in a month, and paid in it. Of modes, departments and items claims, payments and fen."""

    claims: int = 0
    refused: int = 0
    payments: int = 0
    paid_fen: int = 0
    proactive_fen: int = 0
    payees: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Counter[str]] = field(default_factory=dict)

    def submitted(self, claim: Claim) -> None:
        """A claim that was submitted in the month."""
        self.claims += 1
        self.refused += claim.status == model.REFUSED
        self._part(claim, "claims", 1)

    def paid(self, claim: Claim, order: Order) -> None:
        """A payment of the month, and what it came to in the end."""
        self.payments += 1
        self.paid_fen += order.fen
        self.proactive_fen += order.fen if claim.mode == model.PROACTIVE else 0
        self.payees.add(claim.uscc)
        self._part(claim, "payments", 1)
        self._part(claim, "fen", order.fen)

    def _part(self, claim: Claim, what: str, more: int) -> None:
        for key, name in parts_of(claim):
            self.names[key] = name
            self.parts.setdefault(key, Counter())[what] += more

    def join(self, other: "Counted") -> None:
        """The numbers of others beside."""
        for name in ("claims", "refused", "payments", "paid_fen", "proactive_fen"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.payees |= other.payees
        self.names |= other.names
        for key, counts in other.parts.items():
            self.parts.setdefault(key, Counter()).update(counts)


def parts_of(claim: Claim) -> tuple[tuple[str, str], ...]:
    """What a claim is a part of: keys `<kind>:<key>` with their names."""
    return (
        (f"mode:{claim.mode}", model.MODES.get(claim.mode, "")),
        (f"department:{claim.department}", claim.department_name),
        (f"item:{claim.item_id}", claim.item_title),
    )


def counted(submitted: Iterable[Claim], paid: Iterable[Claim], month: str) -> Counted:
    """The numbers of a month: of what was submitted in it, and of payments that were made in it and did not come back."""
    found = Counted()
    for claim in submitted:
        found.submitted(claim)
    for claim in paid:
        for order in claim.orders:
            if order.state == model.SETTLED and order.paid_at and month_of(order.paid_at) == month:
                found.paid(claim, order)
    return found


def months_touched(claim: Claim) -> set[str]:
    """The months whose numbers a claim is in, or was."""
    paid = {month_of(one.paid_at) for one in claim.orders if one.paid_at}
    return paid | {month_of(claim.submitted_at)}


def kept(found: Counted) -> dict[str, Any]:
    """The numbers as they are kept; keys with dots stand in a list."""
    told = {name: getattr(found, name) for name in ("claims", "refused", "payments", "paid_fen", "proactive_fen")}
    parts = [{"key": key, "name": found.names[key], **counts} for key, counts in sorted(found.parts.items())]
    return {**told, "payees": sorted(found.payees), "parts": parts}


def of_kept(told: Mapping[str, Any]) -> Counted:
    """The numbers that were kept."""
    found = Counted(*(told[name] for name in ("claims", "refused", "payments", "paid_fen", "proactive_fen")))
    found.payees = set(told["payees"])
    for part in told["parts"]:
        found.names[part["key"]] = part["name"]
        counts = {name: part[name] for name in ("claims", "payments", "fen") if name in part}
        found.parts[part["key"]] = Counter(counts)
    return found


def month_of(at: datetime) -> str:
    """The month (2026-01) of an instant, in China."""
    return f"{local_day(at):%Y-%m}"


def months(first: str, last: str, today: date) -> list[str]:
    """The months asked for; none named = from January of this year to now. INVALID_ARGUMENT `first_month` MALFORMED, AFTER_LAST,
    TOO_LONG."""
    found, end = _parse(first or f"{today:%Y}-01"), _parse(last or f"{today:%Y-%m}")
    many = (end.year - found.year) * 12 + end.month - found.month + 1
    if many < 1:
        raise invalid(Violation("first_month", "AFTER_LAST", "起始月份不得晚于截止月份"))
    if many > MOST_MONTHS:
        raise invalid(Violation("first_month", "TOO_LONG", f"一次最多统计{MOST_MONTHS}个月"))
    starts = (found.month - 1 + place for place in range(many))
    return [f"{found.year + place // 12:04}-{place % 12 + 1:02}" for place in starts]


def _parse(month: str) -> date:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise invalid(Violation("first_month", "MALFORMED", "月份格式应为2026-01")) from None
