"""Sealed bids, and how bids and scores are ranked: exact, with the reason of every place. Pure.

A bid is committed to before the list is frozen and told afterwards; whoever tells another one than he committed to is refused.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import Final, NamedTuple

# From so many evaluators on the highest and the lowest total of each candidate are left out.
TRIMMED_FROM: Final = 5
WHOLE: Final = 10_000


class Bid(NamedTuple):
    """A bid that was opened: fen, or basis points of the discount; with what ties are decided by."""

    uscc: str
    value: int
    credit: int
    # RFC 3339, when it signed up.
    at: str


class Place(NamedTuple):
    """A place of the order, and why."""

    uscc: str
    value: int
    why: str


def commitment(procurement: str, uscc: str, value: int, nonce: str) -> str:
    """What stands for a sealed bid: SHA-256 (hex) of `<procurement id>|<USCC>|<value>|<nonce hex>`."""
    return hashlib.sha256(f"{procurement}|{uscc}|{value}|{nonce}".encode()).hexdigest()


def opened(committed: str, procurement: str, uscc: str, value: int, nonce: str) -> bool:
    """Whether a bid is the one that was committed to."""
    return hmac.compare_digest(committed, commitment(procurement, uscc, value, nonce))


def rank(method: str, bids: Sequence[Bid], root: str) -> list[Place]:
    """The bids from the winner on, by LOWEST (amount), DISCOUNT (highest) or AVERAGE (nearest to the mean of all, of two as near the
    lower); equal ones by the stated rule. `root` is the list's (hex)."""
    mean = Fraction(sum(one.value for one in bids), len(bids)) if bids else Fraction(0)
    key = _KEYS[method](mean)
    rows = [_Row(one.uscc, one.value, key(one), one.credit, one.at) for one in bids]
    return _ranked(rows, root, lambda row: _SAYS[method](row.value, mean))


_KEYS: Final[Mapping[str, Callable[[Fraction], Callable[[Bid], tuple[Fraction, ...]]]]] = {
    "LOWEST": lambda _mean: lambda one: (Fraction(one.value),),
    "DISCOUNT": lambda _mean: lambda one: (Fraction(-one.value),),
    "AVERAGE": lambda mean: lambda one: (abs(one.value - mean), Fraction(one.value)),
}
_SAYS: Final[Mapping[str, Callable[[int, Fraction], str]]] = {
    "LOWEST": lambda value, _mean: f"报价{_yuan(Fraction(value))}元",
    "DISCOUNT": lambda value, _mean: f"下浮率{_hundredths(Fraction(value))}%",
    "AVERAGE": lambda value, mean: (
        f"报价{_yuan(Fraction(value))}元，平均价{_yuan(mean)}元，相差{_yuan(abs(value - mean))}元"
    ),
}


class _Row(NamedTuple):
    uscc: str
    value: int
    key: tuple[Fraction, ...]
    credit: int
    at: str


def _ranked(rows: Sequence[_Row], root: str, says: Callable[[_Row], str]) -> list[Place]:
    def steps(row: _Row) -> tuple[tuple[Fraction, ...], int, str, bytes]:
        lot = hashlib.sha256(bytes.fromhex(root) + row.uscc.encode()).digest()
        return row.key, -row.credit, row.at, lot

    ordered = sorted(rows, key=steps)
    found = []
    for row, following in zip_longest(ordered, ordered[1:]):
        tied = ""
        if following is not None and following.key == row.key:
            ours, theirs = steps(row), steps(following)
            tied = "；与下一名并列，" + next(
                words for words, a, b in zip(_TIES, ours[1:], theirs[1:], strict=True) if a != b
            )
        found.append(Place(row.uscc, row.value, says(row) + tied))
    return found


_TIES: Final = ("信用分较高", "报名较早", "名单根与代码的摘要较小")


def scores(
    weights: Sequence[int],
    given: Mapping[str, Mapping[str, Sequence[int]]],
    facts: Mapping[str, tuple[int, str]],
    root: str,
) -> list[Place]:
    """Candidates by their evaluators' scores: `weights` of the criteria in basis points, `given` by evaluator and USCC the points (0 to
    100) by each criterion, `facts` by USCC the credit and the sign-up's instant. The value is the mean in hundredths of a point."""
    trimmed = len(given) >= TRIMMED_FROM
    rows, means = [], dict[str, Fraction]()
    for uscc, (credit, at) in facts.items():
        totals = sorted(_total(weights, points[uscc]) for points in given.values())
        kept = totals[1:-1] if trimmed else totals
        mean = means[uscc] = sum(kept, Fraction(0)) / len(kept)
        rows.append(_Row(uscc, _half_up(mean * 100), (-mean,), credit, at))
    left_out = "，去掉一个最高分和一个最低分" if trimmed else ""

    def says(row: _Row) -> str:
        return f"{len(given)}名专家{left_out}，平均{_hundredths(Fraction(row.value))}分"

    return _ranked(rows, root, says)


def _total(weights: Sequence[int], points: Sequence[int]) -> Fraction:
    return Fraction(sum(weight * point for weight, point in zip(weights, points, strict=True)), WHOLE)


def _half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def _hundredths(value: Fraction) -> str:
    whole = _half_up(value)
    return f"{whole // 100}.{whole % 100:02}"


def _yuan(fen: Fraction) -> str:
    return _hundredths(fen)
