"""The keys that sign tokens, private halves wrapped by the master key, one new each 30 days: Ed25519 for access tokens and id
tokens, RSA for the id tokens of systems that know nothing else (OpenID Connect Core 1.0, 15.1, wants it of every provider).

A new key is announced first and signs five minutes later, so that every service knows it by then; an old one is
published two days longer than it signs.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from joserfc.jwk import OKPKey, RSAKey
from pymongo.database import Database

from chassis.acts import now
from chassis.sealed import Keyring
from chassis.telemetry import log

Document = dict[str, Any]
ROTATE_AFTER = timedelta(days=30)
ANNOUNCED_FOR = timedelta(minutes=5)
PUBLISHED_FOR = timedelta(days=2)
LOOK_AGAIN_SECONDS = 1.0


class Kind(NamedTuple):
    """A kind of key: where it is kept, what it signs with, how one is read and made."""

    collection: str
    alg: str
    read: Callable[[Any, Any], OKPKey | RSAKey]
    make: Callable[[], OKPKey | RSAKey]


ED25519 = Kind("signing_keys", "EdDSA", OKPKey.import_key, lambda: OKPKey.generate_key("Ed25519"))
RSA = Kind("signing_keys_rsa", "RS256", RSAKey.import_key, lambda: RSAKey.generate_key(2048))


class Kept(NamedTuple):
    """A key as it is kept."""

    created_at: datetime
    kid: str


def signing(keys: Sequence[Kept], now: datetime) -> Kept:
    """The key that signs at an instant: the newest that is announced long enough, else the first there was."""
    announced = [key for key in keys if key.created_at <= now - ANNOUNCED_FOR]
    return max(announced) if announced else min(keys)


def published(keys: Sequence[Kept], now: datetime) -> list[Kept]:
    """The keys tokens are verified by at an instant, oldest first: all but those whose successor signs for two days."""
    ordered = sorted(keys)
    starts = [later.created_at + ANNOUNCED_FOR for later in ordered[1:]]
    gone = sum(start + PUBLISHED_FOR <= now for start in starts)
    return ordered[gone:]


def ensure_indexes(database: Database[Document]) -> None:
    """By age; there are never more than a few."""
    for collection in (ED25519.collection, RSA.collection):
        database[collection].create_index("created_at", name="created_at")


class SigningKeys:
    """The keys of one kind in one api process, re-read from the store, which all processes share."""

    def __init__(self, database: Database[Document], keyring: Keyring, kind: Kind = ED25519) -> None:
        self._collection = database[kind.collection]
        self._kind = kind
        self._keyring = keyring
        self._kept: list[Kept] = []
        self._keys: dict[str, Any] = {}
        self._read = 0.0
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Reads the keys of all processes, deletes what is no longer published; makes one when none is there or young enough."""
        self._load()
        for old in set(self._kept).difference(published(self._kept, now())):
            self._collection.delete_one({"_id": old.kid})
        if not self._kept or max(self._kept).created_at < now() - ROTATE_AFTER:
            self._create()
            self._load()

    def signing_key(self) -> Any:
        """The private key that signs now."""
        return self._keys[signing(self._kept, now()).kid]

    def find(self, kid: str) -> Any | None:
        """A published key by its id. An unknown one may be another process's: the store is looked into once a second."""
        if kid not in self._keys and time.monotonic() - self._read > LOOK_AGAIN_SECONDS:
            self._load()
        return self._keys.get(kid) if any(key.kid == kid for key in published(self._kept, now())) else None

    def jwks(self) -> str:
        """The JWK set of what is published (RFC 7517)."""
        keys = [self._keys[key.kid].as_dict(private=False) for key in published(self._kept, now())]
        return orjson.dumps({"keys": [key | {"use": "sig", "alg": self._kind.alg} for key in keys]}).decode()

    def _load(self) -> None:
        with self._lock:
            self._read = time.monotonic()
            found = [(Kept(one["created_at"], one["_id"]), one["wrapped"]) for one in self._collection.find({})]
            for kept, wrapped in found:
                if kept.kid not in self._keys:
                    private = orjson.loads(self._keyring.unwrap(kept.kid, wrapped))
                    self._keys[kept.kid] = self._kind.read(private, {"kid": kept.kid})
            self._kept = [kept for kept, _ in found]

    def _create(self) -> None:
        key = self._kind.make()
        kid = key.thumbprint()
        document = {
            "_id": kid,
            "jwk": orjson.dumps(key.as_dict(private=False) | {"kid": kid}).decode(),
            "wrapped": self._keyring.wrap(kid, orjson.dumps(key.as_dict(private=True))),
            "created_at": now(),
        }
        self._collection.insert_one(document)
        log("keys").info("signing_key_created", kid=kid)
