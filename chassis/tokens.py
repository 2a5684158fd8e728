"""Access tokens: EdDSA-signed JWTs (RFC 7519, RFC 8037), verified offline.

Public keys are fetched from identity, kept in the service's own store and refreshed when an unknown key id shows up, so that
a service verifies while identity is away. Sessions that ended are refused by id; the worker hears of them, the api polls.
"""

import base64
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import grpc
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey, OKPKey
from pymongo.collection import Collection

from chassis.acts import ANONYMOUS, REALMS, Acting, Actor
from chassis.acts import SERVICE as REALM_SERVICE
from chassis.errors import UNAUTHENTICATED, Refused
from chassis.telemetry import log
from yiwang.identity.v1 import service_pb2, service_pb2_grpc

# RFC 9864 renames the algorithm; departments' libraries know EdDSA (RFC 8037), so tokens keep it.
warnings.filterwarnings("ignore", "EdDSA is deprecated")

ISSUER = "yiwang.identity"
# Who these tokens are for. What identity signs for others (id tokens, userinfo) says another audience and opens nothing here.
AUDIENCE = "yiwang"
ACCESS_SECONDS = 15 * 60
# What a service signs for itself: the kid tells its name, and it is good for a minute.
SERVICE, SERVICE_SECONDS = "service:", 60
LEEWAY_SECONDS = 30
CACHED = 20_000
LONGEST = 4096
# Claims of a token and the fields of the actor they stand for; realm and roles are told in words.
CLAIMS = {"sub": "id", "sid": "session", "dept": "department", "region": "region", "lvl": "level"}
# Those only some have: who acts for the principal (RFC 8693), what a machine may call and how often.
ACT = {
    "sub": "agent",
    "name": "name",
    "ch": "channel",
    "dlg": "delegation",
    "items": "items",
    "case": "case",
    "org": "organization",
}

_REALM_NUMBERS = {name: number for number, name in REALMS.items()}


def mint(key: OKPKey, actor: Actor, seconds: int = ACCESS_SECONDS) -> str:
    """A signed token for the actor, good for so many seconds."""
    claims = _claims(actor, seconds, ISSUER)
    return jwt.encode({"alg": "EdDSA", "kid": key.kid}, claims, key, algorithms=["EdDSA"])


def service_token(name: str, secret: str) -> str:
    """A token a service signs for itself under a secret (base64) it shares with who is asked: api → api without a person."""
    key, header = OctKey.import_key(base64.b64decode(secret)), {"alg": "HS256", "kid": f"{SERVICE}{name}"}
    claims = _claims(Actor(id=name, realm=REALM_SERVICE), SERVICE_SECONDS, f"yiwang.{name}")
    return jwt.encode(header, claims, key, algorithms=["HS256"])


def _claims(actor: Actor, seconds: int, issuer: str) -> dict[str, Any]:
    instant = int(time.time())
    claims: dict[str, Any] = {"iss": issuer, "aud": AUDIENCE, "iat": instant, "nbf": instant, "exp": instant + seconds}
    claims |= {"realm": REALMS[actor.realm], "roles": sorted(actor.roles)}
    claims |= {claim: getattr(actor, name) for claim, name in CLAIMS.items()}
    if actor.acting:
        claims["act"] = {claim: _plain(value) for claim, name in ACT.items() if (value := getattr(actor.acting, name))}
    if actor.holder:
        claims["hld"] = actor.holder
    if actor.rpcs:
        claims |= {"rpcs": sorted(actor.rpcs), "quota": actor.quota}
    return claims


def _plain(value: str | frozenset[str]) -> str | list[str]:
    return value if isinstance(value, str) else sorted(value)


def refused() -> Refused:
    """The one answer to every token that is no good."""
    return Refused(UNAUTHENTICATED, "TOKEN_REFUSED", "登录状态无效或已过期，请重新登录")


class Verifier:
    """Verifies tokens by keys that `find_key(kid)` gives; verified ones are remembered until they expire."""

    def __init__(self, find_key: Callable[[str], OKPKey | OctKey | None]) -> None:
        self._find_key = find_key
        self._verified: OrderedDict[str, tuple[float, Actor]] = OrderedDict()
        self._ended: dict[str, float] = {}
        self._lock = threading.Lock()

    def actor(self, token: str) -> Actor:
        """The actor of a token; UNAUTHENTICATED TOKEN_REFUSED for any fault."""
        known = self._verified.get(token)
        expires, actor = known or self._verify(token)
        if time.time() > expires + LEEWAY_SECONDS or actor.session in self._ended:
            raise refused()
        if known is None:
            with self._lock:
                self._verified[token] = (expires, actor)
                while len(self._verified) > CACHED:
                    self._verified.popitem(last=False)
        return actor

    def end(self, sessions: dict[str, float]) -> None:
        """Refuses these sessions from now on; the value is when their last token expires (Unix time)."""
        instant = time.time() - LEEWAY_SECONDS
        self._ended = {id: until for id, until in (self._ended | sessions).items() if until > instant}

    def has_ended(self, session: str) -> bool:
        """Whether this session was ended, as opposed to a token that is over."""
        return session in self._ended

    def _verify(self, token: str) -> tuple[float, Actor]:
        if len(token) > LONGEST:
            raise refused()
        try:
            found = jwt.decode(token, self._key, algorithms=["EdDSA", "HS256"])
            return _checked(found.claims, str(found.header["kid"]), found.header["alg"])
        except (JoseError, ValueError, KeyError, TypeError):
            raise refused() from None

    def _key(self, token: GuestProtocol) -> OKPKey | OctKey:
        key = self._find_key(str(token.headers().get("kid", "")))
        if key is None:
            raise refused()
        return key


def _checked(claims: dict[str, Any], kid: str, alg: str) -> tuple[float, Actor]:
    instant, service = time.time(), kid.removeprefix(SERVICE) if kid.startswith(SERVICE) else ""
    told = (claims["iss"], claims["aud"], alg, claims["realm"] == REALMS[REALM_SERVICE])
    # A service speaks for itself alone, and nobody else for it.
    if told != ((f"yiwang.{service}" if service else ISSUER), AUDIENCE, "HS256" if service else "EdDSA", bool(service)):
        raise refused()
    if service and (claims["sub"] != service or claims["exp"] - claims["iat"] > SERVICE_SECONDS):
        raise refused()
    if max(claims["nbf"], claims["iat"]) > instant + LEEWAY_SECONDS:
        raise refused()
    values = {name: type(getattr(ANONYMOUS, name))(claims[claim]) for claim, name in CLAIMS.items()}
    actor = Actor(
        realm=_REALM_NUMBERS[claims["realm"]],
        roles=frozenset(claims["roles"]),
        acting=_acting(dict(claims["act"])) if "act" in claims else None,
        holder=str(claims.get("hld", "")),
        rpcs=frozenset(claims.get("rpcs", ())),
        quota=int(claims.get("quota", 0)),
        **values,
    )
    return float(claims["exp"]), actor


def _acting(act: dict[str, Any]) -> Acting:
    values = {name: act[claim] for claim, name in ACT.items() if claim in act}
    return Acting(**values | {"items": frozenset(act.get("items", ()))})


class KeyBook:
    """Public signing keys by key id: memory, then the own store, then identity (at most once in two seconds)."""

    def __init__(self, collection: Collection[dict[str, Any]], fetch: Callable[[], str]) -> None:
        self._collection = collection
        self._fetch = fetch
        self._keys: dict[str, OKPKey] = {}
        self._fetched = 0.0
        self._lock = threading.Lock()

    def find(self, kid: str) -> OKPKey | None:
        """The key, None when nobody knows it."""
        if (key := self._keys.get(kid)) or kid.startswith(SERVICE):
            return key
        with self._lock:
            self._read_store()
            if kid not in self._keys and time.monotonic() - self._fetched > 2:
                self._fetched = time.monotonic()
                self._ask()
        return self._keys.get(kid)

    def _read_store(self) -> None:
        for document in self._collection.find({}):
            self._keys.setdefault(document["_id"], OKPKey.import_key(orjson.loads(document["jwk"])))

    def _ask(self) -> None:
        try:
            found = orjson.loads(self._fetch())["keys"]
        except grpc.RpcError as error:
            log("tokens").warning("signing_keys_not_fetched", code=str(getattr(error, "code", lambda: "")()))
            return
        for jwk in found:
            document = {"jwk": orjson.dumps(jwk).decode()}
            self._collection.update_one({"_id": jwk["kid"]}, {"$set": document}, upsert=True)
            self._keys[jwk["kid"]] = OKPKey.import_key(jwk)


def keys_from(address: str) -> Callable[[], str]:
    """Fetches the JWK set from identity at host:port."""
    channel = grpc.insecure_channel(address)
    stub = service_pb2_grpc.IdentityServiceStub(channel)
    return lambda: stub.GetSigningKeys(service_pb2.GetSigningKeysRequest(), timeout=2).jwks_json
