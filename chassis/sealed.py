"""Personal data sealed under a key per person that this service keeps for itself.

AES-256-GCM; the person's key is wrapped by the service's master key in the collection `keys`. Destroying the key
forgets the person wherever the ciphertext stands: state, journal, events, back-ups.
"""

import base64
import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from chassis.errors import FAILED_PRECONDITION, Refused

CACHED = 20_000


def derive(master: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA256), so that no key serves two."""
    return HKDF(hashes.SHA256(), 32, None, purpose.encode()).derive(master)


class Keyring:
    """The keys of persons of one service."""

    def __init__(self, collection: Collection[dict[str, Any]], master: bytes) -> None:
        self._collection = collection
        self._wrap = AESGCM(derive(master, "wrap"))
        self._index = derive(master, "index")
        self._request = derive(master, "request")
        self._cache: OrderedDict[str, AESGCM] = OrderedDict()
        self._lock = threading.Lock()

    def ensure_indexes(self) -> None:
        """Index for the poll of erased keys."""
        self._collection.create_index("erased_at", name="erased_at", sparse=True)

    def seal(self, person: str, content: Mapping[str, Any] | str | bytes) -> str:
        """Ciphertext (URL-safe base64) of a mapping, a text or bytes; FAILED_PRECONDITION PERSON_ERASED after erasure."""
        return base64.urlsafe_b64encode(self.seal_bytes(person, orjson.dumps(content))).decode()

    def open(self, person: str, sealed: str) -> Any:
        """What was sealed, None when nothing was or the person is erased."""
        plain = self.open_bytes(person, base64.urlsafe_b64decode(sealed)) if sealed else None
        return None if plain is None else orjson.loads(plain)

    def open_text(self, person: str, sealed: str) -> str:
        """A sealed text, empty when nothing was sealed or the person is erased."""
        return self.open(person, sealed) or ""

    def seal_bytes(self, person: str, plain: bytes) -> bytes:
        """Ciphertext of bytes: nonce, then AES-256-GCM with the person's id bound in."""
        key = self._key(person, create=True)
        if key is None:
            raise Refused(FAILED_PRECONDITION, "PERSON_ERASED", "该用户的个人信息已被删除")
        nonce = os.urandom(12)
        return nonce + key.encrypt(nonce, plain, person.encode())

    def open_bytes(self, person: str, sealed: bytes) -> bytes | None:
        """The bytes, None when the person is erased; cryptography's InvalidTag when they were changed."""
        key = self._key(person, create=False)
        return None if key is None else key.decrypt(sealed[:12], sealed[12:], person.encode())

    def blind(self, kind: str, value: str) -> str:
        """A blind index: finds a value again without storing it (HMAC-SHA256)."""
        return hmac.new(self._index, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()

    def request_digest(self, command: bytes) -> str:
        """Keyed SHA-256 of a command. Keyed, because a short form could be guessed from a plain digest."""
        return hmac.new(self._request, command, hashlib.sha256).hexdigest()

    def code(self, of: str) -> str:
        """Eight base-32 characters (40 bits) only this service can derive from a text."""
        digest = hmac.new(self._index, f"code:{of}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:5]).decode()

    def wrap(self, name: str, secret: bytes) -> bytes:
        """A secret of the service itself, wrapped by the master key."""
        nonce = os.urandom(12)
        return nonce + self._wrap.encrypt(nonce, secret, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret again; ValueError under another master key."""
        try:
            return self._wrap.decrypt(wrapped[:12], wrapped[12:], name.encode())
        except InvalidTag:
            raise ValueError(f"{name} was wrapped under another MASTER_KEY") from None

    def erase(self, person: str, now: datetime) -> None:
        """Destroys the person's key, and lets no other take its place. Again is no fault."""
        self._collection.update_one(
            {"_id": person}, {"$set": {"erased_at": now}, "$unset": {"wrapped": ""}}, upsert=True
        )
        self.forget([person])

    def erased_since(self, since: datetime) -> list[str]:
        """Persons erased since then by any process of the service; their cached keys are dropped by the caller's poll."""
        span = {"$gte": since, "$lt": since + timedelta(days=3650)}
        return [document["_id"] for document in self._collection.find({"erased_at": span}, {"_id": 1})]

    def forget(self, persons: list[str]) -> None:
        """Drops cached keys."""
        with self._lock:
            for person in persons:
                self._cache.pop(person, None)

    def _key(self, person: str, create: bool) -> AESGCM | None:
        if cached := self._cache.get(person):
            return cached
        document = self._collection.find_one({"_id": person})
        if document is None and create:
            document = self._create(person)
        if document is None or "wrapped" not in document:
            return None
        key = AESGCM(self.unwrap(person, document["wrapped"]))
        with self._lock:
            self._cache[person] = key
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return key

    def _create(self, person: str) -> dict[str, Any] | None:
        document = {"_id": person, "wrapped": self.wrap(person, AESGCM.generate_key(256))}
        try:
            self._collection.insert_one(document)
        except DuplicateKeyError:  # another process was first; its key is the one
            return self._collection.find_one({"_id": person})
        return document
