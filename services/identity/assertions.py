"""Assertions: JWTs by which a department's system or a device proves itself with its own key (RFC 7523), each good once.

Keys of RFC 7518 and RFC 8037 only, never a shared secret and never `none`; what was used is remembered until it expires.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.errors import UNAUTHENTICATED, Refused

Document = dict[str, Any]
COLLECTION = "assertions"
ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "ES384", "PS256", "RS256")
LONGEST, LONGEST_NAME = 4096, 200
# Clocks of others differ; an assertion may be good for five minutes and not longer.
LEEWAY = timedelta(seconds=30)
MOST_SECONDS = timedelta(minutes=5)


def ensure_indexes(database: Database[Document]) -> None:
    """What was used is forgotten a minute after it could have been used."""
    database[COLLECTION].create_index("until", name="until", expireAfterSeconds=60)


def refused(reason: str = "CLIENT_REFUSED") -> Refused:
    """UNAUTHENTICATED, the same for every fault, so that nobody learns which clients or keys there are."""
    return Refused(UNAUTHENTICATED, reason, "凭据无效")


def verify(
    database: Database[Document],
    assertion: str,
    find_keys: Callable[[str], Sequence[Key]],
    audiences: Collection[str],
    now: datetime,
    reason: str = "CLIENT_REFUSED",
) -> str:
    """Whom the assertion proves: its `sub`, which is its `iss` too, under one of the public keys `find_keys(sub)` gives.

    UNAUTHENTICATED with the reason for every fault: signature, audience, time, no or a used `jti`.
    """
    try:
        claims = _signed(assertion, find_keys)
        subject, jti, until = _checked(claims, audiences, now)
    except (JoseError, ValueError, KeyError, TypeError, OverflowError):
        raise refused(reason) from None
    if not _first_use(database, subject, jti, until):
        raise refused(reason)
    return subject


def claimed_subject(assertion: str) -> str:
    """Whom an assertion claims to prove, before anything of it was verified; ValueError when it says nobody."""
    if len(assertion) > LONGEST:
        raise ValueError("too long")
    return _name(payload_of(assertion)["sub"])


def payload_of(token: str) -> dict[str, Any]:
    """The claims of a JWT as they stand, unverified. ValueError for what is no JWT."""
    try:
        plain = jws.extract_compact(token.encode()).payload
    except JoseError as error:
        raise ValueError("no JWT") from error
    claims = orjson.loads(plain)
    if not isinstance(claims, dict):
        raise ValueError("no claims")
    return claims


def _signed(assertion: str, find_keys: Callable[[str], Sequence[Key]]) -> dict[str, Any]:
    """The claims, when one of the keys of whom they name signed them."""
    keys = find_keys(claimed_subject(assertion))
    kid = jws.extract_compact(assertion.encode()).headers().get("kid")
    for key in keys:
        if kid is not None and key.kid is not None and key.kid != kid:
            continue
        try:
            return jwt.decode(assertion, key, algorithms=ALGORITHMS).claims
        except JoseError:
            continue  # another of the client's keys may have signed it
    raise ValueError("no key of theirs signed it")


def _checked(claims: dict[str, Any], audiences: Collection[str], now: datetime) -> tuple[str, str, datetime]:
    """Subject, id and end of claims that are as they must be; ValueError, KeyError or TypeError for others."""
    instant, slack = now.timestamp(), LEEWAY.total_seconds()
    told = claims["aud"]
    fits = (
        claims["iss"] == claims["sub"],
        not set(audiences).isdisjoint([told] if isinstance(told, str) else [_name(one) for one in told]),
        instant - slack < _seconds(claims["exp"]) <= instant + MOST_SECONDS.total_seconds() + slack,
        _seconds(claims.get("nbf", instant)) <= instant + slack,
        _seconds(claims.get("iat", instant)) <= instant + slack,
    )
    if not all(fits):
        raise ValueError("claims")
    return _name(claims["sub"]), _name(claims["jti"]), datetime.fromtimestamp(claims["exp"], UTC)


def _name(value: object) -> str:
    """A short text; TypeError for anything else, so that no operator of the store gets through."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise TypeError
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _first_use(database: Database[Document], subject: str, jti: str, until: datetime) -> bool:
    id = hashlib.sha256(f"{subject}\0{jti}".encode()).hexdigest()
    try:
        database[COLLECTION].insert_one({"_id": id, "until": until + LEEWAY})
    except DuplicateKeyError:
        return False
    return True
