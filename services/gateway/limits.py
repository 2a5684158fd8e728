"""How often somebody may ask: buckets of this process, for each visitor, each token and each address. Services keep quotas of their own.

A replica counts for itself, so a suite of three lets three times as much through: this keeps a runaway program or a stuck key from others,
it is no quota. Counted is who is known for sure: the sealed session, the token as it came, the address proxies of ours tell.
"""

import hashlib
import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.gateway.security import visitor_address
from services.gateway.session import session_of

TOO_MANY: Final = "TOO_MANY_REQUESTS"


class Rate(NamedTuple):
    """So many at once, and so many a minute for long."""

    burst: int
    a_minute: int


# Somebody who reads and fills in forms; a program; and everybody behind one address, which may be a whole hall.
READ, WRITE = Rate(120, 600), Rate(40, 120)
PROGRAM: Final = Rate(120, 600)
ADDRESS: Final = Rate(1200, 6000)
# More than a county has visitors in a minute; those whose buckets are full again are forgotten.
MOST_BUCKETS: Final = 50_000


class Limits:
    """The buckets. `share` widens or narrows all of them; 0 = nobody is counted."""

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = share
        self._clock = clock
        # Of each: what is left, when it was looked at, and its rate.
        self._buckets: dict[str, tuple[float, float, Rate]] = {}

    def wait(self, key: str, rate: Rate) -> float:
        """Takes one from the bucket: 0, or the seconds until there is one again."""
        if not self._share:
            return 0.0
        instant = self._clock()
        left = self._left(key, rate, instant)
        if left < 1:
            return (1 - left) * 60 / (rate.a_minute * self._share)
        if key not in self._buckets and len(self._buckets) >= MOST_BUCKETS:
            self._forget(instant)
        self._buckets[key] = (left - 1, instant, rate)
        return 0.0

    def _left(self, key: str, rate: Rate, instant: float) -> float:
        most = rate.burst * self._share
        left, at, _ = self._buckets.get(key, (most, instant, rate))
        return min(most, left + (instant - at) * rate.a_minute * self._share / 60)

    def _forget(self, instant: float) -> None:
        """Those that are full again; all of them should that be too few."""
        full = [
            key
            for key, (_, _, rate) in self._buckets.items()
            if self._left(key, rate, instant) >= rate.burst * self._share
        ]
        for key in full:
            del self._buckets[key]
        if len(self._buckets) > MOST_BUCKETS * 9 // 10:
            self._buckets.clear()


def of_page(request: Request) -> None:
    """Counts a request of a page. 429 TOO_MANY_REQUESTS with Retry-After when it is one too many."""
    session, writes = session_of(request), request.method == "POST"
    # Who acts for somebody is the same at his keyboard.
    who = session.own.get("id") or session.id
    _take(request, f"{'write' if writes else 'read'}:{who}" if who else "", WRITE if writes else READ)


def of_program(request: Request, token: str) -> None:
    """The same for the JSON API: who has a token is counted by it."""
    _take(request, f"token:{hashlib.sha256(token.encode()).hexdigest()[:24]}" if token else "", PROGRAM)


def _take(request: Request, key: str, rate: Rate) -> None:
    limits: Limits = request.app.state.limits
    address = visitor_address(request)
    wanted = [(f"address:{address}", ADDRESS)] if address else []
    for one, its in [*wanted, *([(key, rate)] if key else [])]:
        if seconds := limits.wait(one, its):
            raise HTTPException(429, TOO_MANY, {"Retry-After": str(math.ceil(seconds))})
