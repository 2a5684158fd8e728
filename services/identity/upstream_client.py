"""One upstream provider over OpenID Connect, as its client: discovery, keys, the exchange of a code, and what it says of a person.

Every fault is a `Fault`, whose text names what was wrong and nothing of anybody.
"""

import base64
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from services.identity.model_clients_checks import redirectable

if TYPE_CHECKING:
    import urllib3

SECONDS = 4.0
LONGEST_ANSWER = 256 * 1024
# How long discovery and keys are kept; a key nobody knows is asked for at most once in the shorter time.
KEPT_SECONDS, ASK_AGAIN_SECONDS = 3600.0, 30.0
# A provider that did not answer is not asked again for so long, so that those who want it do not use up our threads.
REST_SECONDS = 10.0
LEEWAY_SECONDS = 60
ALGORITHMS = ("EdDSA", "ES256", "ES384", "PS256", "RS256")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Fault(Exception):
    """The provider did not answer, or not as it must."""


@dataclass
class Kept:
    """What was fetched, and when; and when that failed."""

    at: float = -KEPT_SECONDS
    content: Any = None
    failed: float = -KEPT_SECONDS


@dataclass
class Provider:
    """A provider one may sign in with, as it is configured."""

    code: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    # A private JWK; then private_key_jwt instead of the secret.
    key: Mapping[str, str] = field(default_factory=dict, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    # Profile of real-name levels by name, or a table of its own.
    profile: str | Mapping[str, str] = "generic"
    # Our name of a claim -> the provider's.
    claims: Mapping[str, str] = field(default_factory=dict)


class Client:
    """A provider, asked over HTTP. What it says of itself is kept for an hour."""

    def __init__(self, provider: Provider, callback: str) -> None:
        self.provider = provider
        self.callback = callback
        self._discovered, self._keys = Kept(), Kept()
        self._lock = threading.Lock()

    def authorization(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.callback,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = str(self.discovered()["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def check_issuer(self, iss: str | None) -> None:
        """Fault when the answer is another provider's (RFC 9207); a provider that promises `iss` must send it."""
        promised = self.discovered().get("authorization_response_iss_parameter_supported") is True
        if iss != self.provider.issuer and (iss is not None or promised):
            raise Fault("another issuer")

    def claims(self, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """What the provider says of the person who came back with this code: of its id token, and of userinfo where it has one."""
        answer = self._exchange(code, verifier)
        token = answer.get("id_token")
        told = self._id_token(str(token), nonce, str(answer.get("access_token", "")))
        wanted = set(self.provider.claims.values())
        address = self.discovered().get("userinfo_endpoint")
        if address and not wanted <= told.keys():
            more = self._fetch(str(address), {"Authorization": f"Bearer {answer.get('access_token')}"})
            if more.get("sub") != told["sub"]:
                raise Fault("userinfo of another")
            told = {**more, **told}
        return told

    def discovered(self) -> dict[str, Any]:
        """The discovery document. Fault unless it is this issuer's, with addresses a browser or we may be sent to."""
        with self._lock:
            if time.monotonic() - self._discovered.at >= KEPT_SECONDS:
                if time.monotonic() - self._discovered.failed < REST_SECONDS:
                    raise Fault("no answer a moment ago")
                try:
                    self._discovered = Kept(time.monotonic(), self._discover())
                except Fault:
                    self._discovered.failed = time.monotonic()
                    raise
        return dict(self._discovered.content)

    def _discover(self) -> dict[str, Any]:
        found = self._fetch(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.provider.issuer:
            raise Fault("discovery of another issuer")
        if not all(redirectable(str(found.get(name, ""))) for name in ENDPOINTS):
            raise Fault("no secure addresses")
        return found

    def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        address = str(self.discovered()["token_endpoint"])
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._fetch(address, headers | self._proof(form, address), urlencode(form).encode())

    def _proof(self, form: dict[str, str], address: str) -> dict[str, str]:
        """How we prove ourselves: headers, or parameters put into the form."""
        from authlib.oauth2.rfc7523 import private_key_jwt_sign

        own = self.provider
        form["client_id"] = own.client_id
        if own.key:
            key = import_key(dict(own.key))
            alg = own.key.get("alg") or {"OKP": "EdDSA", "EC": "ES256", "RSA": "RS256"}[own.key["kty"]]
            header = {"alg": alg, "kid": own.key["kid"]} if "kid" in own.key else {"alg": alg}
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = private_key_jwt_sign(
                key, own.client_id, address, alg=alg, header=header, expires_in=120
            )
        elif own.client_secret:
            del form["client_id"]
            pair = ":".join(quote(one, safe="") for one in (own.client_id, own.client_secret))
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {}

    def _id_token(self, token: str, nonce: str, access_token: str) -> dict[str, Any]:
        """The claims of an id token that is right in every part (OpenID Connect Core, 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken

        try:
            found = self._decoded(token)
            params = {"client_id": self.provider.client_id, "nonce": nonce, "access_token": access_token}
            options: Any = {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": self.provider.client_id},
                "nonce": {"essential": True, "value": nonce},
            }
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Fault(f"id token: {type(error).__name__}") from None
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if audience != [self.provider.client_id] and claims.get("azp") != self.provider.client_id:
            raise Fault("id token for others")
        if not isinstance(claims["sub"], str) or claims["iat"] > time.time() + LEEWAY_SECONDS:
            raise Fault("id token of nobody, or not yet")
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        """Verified by the provider's keys; fetched anew when none of them fits, since keys rotate."""
        if len(token) > LONGEST_ANSWER // 8:
            raise Fault("id token too long")
        try:
            return jwt.decode(token, self._key_set(KEPT_SECONDS), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, self._key_set(ASK_AGAIN_SECONDS), algorithms=ALGORITHMS)

    def _key_set(self, age: float) -> KeySet:
        address = str(self.discovered()["jwks_uri"])
        with self._lock:
            if time.monotonic() - self._keys.at >= age:
                rows = self._fetch(address).get("keys", [])
                usable = [
                    row for row in rows if row.get("kty") in ("OKP", "EC", "RSA") and row.get("use", "sig") == "sig"
                ]
                self._keys = Kept(time.monotonic(), KeySet.import_key_set({"keys": usable}))
        keys: KeySet = self._keys.content
        return keys

    def _fetch(
        self, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> dict[str, Any]:
        """The JSON object at an address. Fault for none, for one that is too long, and for a redirect."""
        import urllib3

        try:
            answer = _pool().request(
                "POST" if body is not None else "GET",
                address,
                headers={"Accept": "application/json", **(headers or {})},
                body=body,
                timeout=urllib3.Timeout(connect=SECONDS / 2, read=SECONDS),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            content = answer.read(LONGEST_ANSWER + 1, decode_content=True)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Fault(f"no answer: {type(error).__name__}") from None
        if answer.status != 200 or len(content) > LONGEST_ANSWER:
            raise Fault(f"HTTP {answer.status}")
        try:
            found = orjson.loads(content)
        except ValueError:
            raise Fault("no JSON") from None
        if not isinstance(found, dict):
            raise Fault("no object")
        return found


@cache
def _pool() -> "urllib3.PoolManager":
    """The connections of this process."""
    import urllib3

    return urllib3.PoolManager(num_pools=8, maxsize=4)
