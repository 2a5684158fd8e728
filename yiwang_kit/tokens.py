"""Proof of the system and stand-in tokens: assertions (RFC 7523) are looked at as identity does, the token is good for a while."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from yiwang_kit.recorder import digest_text
from yiwang_kit.refusals import Refusal
from yiwang_kit.settings import ASSERTION_SECONDS

ALGORITHMS: Final = ("EdDSA", "Ed25519", "ES256", "ES384", "PS256", "RS256")
AUDIENCE: Final = "yiwang.identity"
LONGEST: Final = 4000
SLACK: Final = 30


def parts_of(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, unverified. ValueError for what is none."""
    pieces = assertion.split(".")
    if len(pieces) != 3 or len(assertion) > LONGEST:
        raise ValueError("no JWT")
    header, claims = (json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))) for piece in pieces[:2])
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("no claims")
    return header, claims


def look_at(assertion: str, jwks: str | None, now: float) -> dict[str, Any]:
    """What is to be known of an assertion, nothing of it verbatim: faults, seconds until it ends, a digest of its `jti`, the signature."""
    try:
        header, claims = parts_of(assertion)
    except (ValueError, RecursionError):
        return {"faults": ["NO_JWT"], "seconds": None, "jti": "", "signed": None}
    return {
        "faults": _faults(header, claims, now),
        "seconds": _seconds_left(claims, now),
        "jti": digest_text(str(claims["jti"])) if claims.get("jti") else "",
        "signed": None if jwks is None else _signed(assertion, jwks),
    }


def _faults(header: Mapping[str, Any], claims: Mapping[str, Any], now: float) -> list[str]:
    """What is wrong with the shape of an assertion, by the claim."""
    told = claims.get("aud")
    audiences = told if isinstance(told, list) else [told]
    fits = {
        "alg": header.get("alg") in ALGORITHMS,
        "iss": isinstance(claims.get("iss"), str) and claims.get("iss") == claims.get("sub") != "",
        "aud": any(isinstance(one, str) and (one == AUDIENCE or one.startswith("https://")) for one in audiences),
        "jti": isinstance(claims.get("jti"), str) and 0 < len(claims["jti"]) <= 200,
        "exp": _number(claims.get("exp")),
        "iat": claims.get("iat") is None or (_number(claims["iat"]) and claims["iat"] <= now + SLACK),
        "nbf": claims.get("nbf") is None or (_number(claims["nbf"]) and claims["nbf"] <= now + SLACK),
    }
    return [claim for claim, well in fits.items() if not well]


def _seconds_left(claims: Mapping[str, Any], now: float) -> int | None:
    return int(claims["exp"] - now) if _number(claims.get("exp")) else None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _signed(assertion: str, jwks: str) -> bool:
    try:
        jwt.decode(assertion, KeySet.import_key_set(json.loads(jwks)), algorithms=list(ALGORITHMS))
    except (JoseError, ValueError):
        return False
    return True


class Tokens:
    """The stand-in's tokens: made of nothing, known by heart. They are told by a number, never as they are."""

    def __init__(self, life: int) -> None:
        self.life = life
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, float]] = {}
        self._seen: set[str] = set()

    def issue(self, seen: Mapping[str, Any]) -> tuple[str, int]:
        """A token and its number for an assertion that was looked at. UNAUTHENTICATED CLIENT_REFUSED for every fault."""
        seconds = seen["seconds"]
        bad = seen["faults"] or seen["signed"] is False or seconds is None or not -SLACK < seconds <= ASSERTION_SECONDS
        with self._lock:
            if bad or seen["jti"] in self._seen:
                raise Refusal("UNAUTHENTICATED", "CLIENT_REFUSED")
            self._seen.add(seen["jti"])
            return self._new()

    def issue_freely(self) -> tuple[str, int]:
        """A token for a system whose proof is its certificate; the kit has no TLS to see it by."""
        with self._lock:
            return self._new()

    def number_of(self, bearer: str) -> int:
        """The number of a token that is good. UNAUTHENTICATED NO_TOKEN, TOKEN_EXPIRED."""
        number, until = self._known.get(bearer.removeprefix("Bearer "), (0, 0.0))
        if not number or not bearer.startswith("Bearer "):
            raise Refusal("UNAUTHENTICATED", "NO_TOKEN")
        if time.monotonic() >= until:
            raise Refusal("UNAUTHENTICATED", "TOKEN_EXPIRED")
        return number

    def known(self, bearer: str) -> int:
        """The number of a token, good or over; 0 for none of ours."""
        return self._known.get(bearer.removeprefix("Bearer "), (0, 0.0))[0]

    def expire(self, number: int) -> None:
        """Ends a token before its time."""
        with self._lock:
            self._known = {key: (one, 0.0 if one == number else until) for key, (one, until) in self._known.items()}

    def _new(self) -> tuple[str, int]:
        token, number = secrets.token_urlsafe(24), len(self._known) + 1
        self._known[token] = (number, time.monotonic() + self.life)
        return token, number
