"""The stand-in looks at assertions as identity does, and what it writes down tells nothing of them."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from yiwang_kit.refusals import Refusal
from yiwang_kit.tokens import Tokens, look_at

KEY = OKPKey.generate_key("Ed25519")
NOW = time.time()


def assertion(key: OKPKey = KEY, **changes: Any) -> str:
    claims = {"iss": "me", "sub": "me", "aud": "yiwang.identity", "jti": "one", "exp": int(NOW) + 60} | changes
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "Ed25519"}, told, key, ["Ed25519"])


def jwks() -> str:
    import json

    return json.dumps(KeySet([KEY]).as_dict(private=False))


def test_a_right_assertion_gives_a_token_once() -> None:
    tokens = Tokens(60)
    seen = look_at(assertion(), jwks(), NOW)
    assert seen["faults"] == [] and seen["signed"] is True and 58 <= seen["seconds"] <= 60
    token, number = tokens.issue(seen)
    assert tokens.number_of(f"Bearer {token}") == number == 1
    with pytest.raises(Refusal):
        tokens.issue(seen)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sub": "other"}, "iss"), ({"iss": None, "sub": None}, "iss"), ({"aud": "elsewhere"}, "aud"), ({"aud": [1]}, "aud"),
        ({"jti": None}, "jti"), ({"jti": "x" * 201}, "jti"), ({"exp": None}, "exp"), ({"exp": "soon"}, "exp"),
        ({"iat": NOW + 300}, "iat"), ({"nbf": NOW + 300}, "nbf"),
    ],
)  # fmt: skip
def test_a_fault_of_the_shape_is_named_and_gives_no_token(changes: dict[str, Any], fault: str) -> None:
    seen = look_at(assertion(**changes), None, NOW)
    assert seen["faults"] == [fault]
    with pytest.raises(Refusal, match="CLIENT_REFUSED"):
        Tokens(60).issue(seen)


@pytest.mark.parametrize("exp", [NOW - 31, NOW + 400, 1e300], ids=["expired", "long", "endless"])
def test_an_expired_or_far_too_long_assertion_gives_no_token(exp: float) -> None:
    with pytest.raises(Refusal, match="CLIENT_REFUSED"):
        Tokens(60).issue(look_at(assertion(exp=exp), None, NOW))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "!.!.!", "W10.W10.x", "x" * 5000])
def test_what_is_no_jwt_is_told(text: str) -> None:
    assert look_at(text, None, NOW)["faults"] == ["NO_JWT"]


def test_a_foreign_signature_is_found_where_keys_are_given() -> None:
    other = OKPKey.generate_key("Ed25519")
    seen = look_at(assertion(other), jwks(), NOW)
    assert seen["signed"] is False
    with pytest.raises(Refusal):
        Tokens(60).issue(seen)
    assert look_at(assertion(other), None, NOW)["signed"] is None


def test_nothing_of_an_assertion_is_written_down_as_it_is() -> None:
    assert "one-of-a-kind" not in str(look_at(assertion(jti="one-of-a-kind"), None, NOW))


def test_a_token_ends_and_a_made_up_one_never_was() -> None:
    tokens = Tokens(60)
    token, number = tokens.issue_freely()
    for bearer in ("", token, f"Basic {token}", "Bearer x"):
        with pytest.raises(Refusal, match="NO_TOKEN"):
            tokens.number_of(bearer)
    tokens.expire(number)
    with pytest.raises(Refusal, match="TOKEN_EXPIRED"):
        tokens.number_of(f"Bearer {token}")
    assert tokens.known(f"Bearer {token}") == number
