"""Personal data sealed under a key per person that this service keeps for itself.

The person's key is wrapped by a master (chassis/masters.py) in the collection `keys`. Destroying it forgets the person
wherever the ciphertext stands: state, journal, events, back-ups. What is found again is indexed under a key of the service,
made at its first start and kept, with its algorithm, in `service_keys`: neither a new master nor another profile changes it.
"""

import base64
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import orjson
from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis.config import ConfigurationError
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.masters import Masters
from standards.ciphers import INTERNATIONAL, Profile, Sealer, derive, mac

Document = dict[str, Any]
CACHED = 20_000
BATCH = 500


class _Index(NamedTuple):
    """What values are found again by: the digest's name, the key of indexes, the key of requests."""

    digest: str
    values: bytes
    requests: bytes


class Keyring:
    """The keys of one service: of its persons, and its own."""

    def __init__(self, collection: Collection[Document], masters: Masters, profile: Profile = INTERNATIONAL) -> None:
        self._collection = collection
        self._own = collection.database[f"service_{collection.name}"]
        self._masters = masters
        self._profile = profile
        self._found: _Index | None = None
        self._cache: OrderedDict[str, Sealer] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Declares the indexes and makes the service's own key at its first start; KeysUnavailable while the KMS is away.

        ConfigurationError when it is not the masters of this store, or its own key was lost: nobody would be found again.
        """
        self._collection.create_index("erased_at", name="erased_at", sparse=True)
        self._collection.create_index([("_id", 1), ("erased_at", 1)], name="id_erased_at")
        used = self._collection.find_one({}, {"_id": 1})
        if self._own.find_one({"_id": "index"}) is None:
            if used:
                raise ConfigurationError(f"{self._own.name} is gone: restore it from the same back-up as the store")
            self._kept(self._own, {"_id": "index", "digest": self._profile.digest})
        try:
            self._index()
        except ValueError:
            raise ConfigurationError("the masters are not those of this store") from None

    def seal(self, person: str, content: Mapping[str, Any] | str | bytes) -> str:
        """Ciphertext (URL-safe base64) of a mapping, a text or bytes; FAILED_PRECONDITION PERSON_ERASED after erasure."""
        return base64.urlsafe_b64encode(self.seal_bytes(person, orjson.dumps(content))).decode()

    def ready(self, persons: Iterable[str]) -> None:
        """Has the keys of many persons at hand, those of new ones made in one write: for who seals thousands at a time."""
        secrets = {person: os.urandom(32) for person in persons if person not in self._cache}
        documents = [{"_id": person, "wrapped": self.wrap(person, secret)} for person, secret in secrets.items()]
        try:
            if documents:
                self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != 11000 for one in error.details["writeErrors"]):
                raise
            for one in error.details["writeErrors"]:  # theirs are there, and are found when they are needed
                del secrets[documents[one["index"]]["_id"]]
        for person, secret in secrets.items():
            self._keep(person, Sealer(self._profile, secret))

    def open(self, person: str, sealed: str) -> Any:
        """What was sealed, None when nothing was or the person is erased."""
        plain = self.open_bytes(person, base64.urlsafe_b64decode(sealed)) if sealed else None
        return None if plain is None else orjson.loads(plain)

    def open_text(self, person: str, sealed: str) -> str:
        """A sealed text, empty when nothing was sealed or the person is erased."""
        return self.open(person, sealed) or ""

    def seal_bytes(self, person: str, plain: bytes) -> bytes:
        """Ciphertext of bytes by the profile's cipher, with the person's id bound in."""
        key = self._key(person, create=True)
        if key is None:
            raise Refused(FAILED_PRECONDITION, "PERSON_ERASED", "该用户的个人信息已被删除")
        return key.seal(plain, person.encode())

    def open_bytes(self, person: str, sealed: bytes) -> bytes | None:
        """The bytes, None when the person is erased; cryptography's InvalidTag when they were changed."""
        key = self._key(person, create=False)
        return None if key is None else key.open(sealed, person.encode())

    def blind(self, kind: str, value: str) -> str:
        """A blind index: finds a value again without storing it (HMAC)."""
        own = self._index()
        return mac(own.digest, own.values, f"{kind}:{value}".encode()).hex()

    def request_digest(self, command: bytes) -> str:
        """Keyed digest of a command. Keyed, because a short form could be guessed from a plain one."""
        own = self._index()
        return mac(own.digest, own.requests, command).hex()

    def code(self, of: str) -> str:
        """Eight base-32 characters (40 bits) only this service can derive from a text."""
        own = self._index()
        return base64.b32encode(mac(own.digest, own.values, f"code:{of}".encode())[:5]).decode()

    def wrap(self, name: str, secret: bytes) -> bytes:
        """A secret of the service itself, wrapped by the current master. `name` is the _id of the document it is kept in."""
        return self._masters.wrap(name, secret)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret again; KeysUnavailable while its master is away, ValueError under another master key."""
        return self._masters.unwrap(name, wrapped)

    def rewrap(self, collection: Collection[Document]) -> Iterator[tuple[int, int]]:
        """Wraps each `wrapped` of a collection by the current master, a batch at a time: how many needed it, of how many."""
        current, found = self._masters.current(), collection.find({"wrapped": {"$exists": True}}, {"wrapped": 1})
        with found.batch_size(BATCH):
            while batch := list(islice(found, BATCH)):
                old = [(one["_id"], one["wrapped"]) for one in batch if not one["wrapped"].startswith(current)]
                # Whoever was erased meanwhile stays so.
                writes = [
                    UpdateOne(
                        {"_id": id, "erased_at": None}, {"$set": {"wrapped": self.wrap(id, self.unwrap(id, was))}}
                    )
                    for id, was in old
                ]
                if writes:
                    collection.bulk_write(writes, ordered=False)
                yield len(writes), len(batch)

    def own_collections(self) -> list[Collection[Document]]:
        """Where this keyring keeps wrapped keys."""
        return [self._collection, self._own]

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

    def _key(self, person: str, create: bool) -> Sealer | None:
        if cached := self._cache.get(person):
            return cached
        document = self._collection.find_one({"_id": person})
        if document is None and create:
            document = self._kept(self._collection, {"_id": person})
        if document is None or "wrapped" not in document:
            return None
        return self._keep(person, Sealer(self._profile, self.unwrap(person, document["wrapped"])))

    def _keep(self, person: str, key: Sealer) -> Sealer:
        with self._lock:
            self._cache[person] = key
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return key

    def _index(self) -> _Index:
        if self._found is None:
            document = self._own.find_one({"_id": "index"})
            if document is None:
                raise ConfigurationError(f"{self._own.name} was not prepared")
            secret, digest = self.unwrap("index", document["wrapped"]), document["digest"]
            self._found = _Index(digest, derive(digest, secret, "index"), derive(digest, secret, "request"))
        return self._found

    def _kept(self, collection: Collection[Document], document: Document) -> Document | None:
        """The document with a new wrapped key, or the one another process put there first."""
        document["wrapped"] = self.wrap(document["_id"], os.urandom(32))
        try:
            collection.insert_one(document)
        except DuplicateKeyError:
            return collection.find_one({"_id": document["_id"]})
        return document
