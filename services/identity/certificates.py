"""Signed documents: canonical JSON under a document key, checked offline by anybody who has the public keys.

A document key is made once a year and profile, wrapped by the master key, and its public half is published for ever: a document is
read years after it was signed. Ed25519 (RFC 8032), or SM2 with SM3 (GB/T 32918, GB/T 32905) under the 国密 profile.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import now
from chassis.parts import Parts
from chassis.telemetry import log
from standards import ciphers
from standards.workdays import SHANGHAI
from yiwang.identity.v1 import delegations_pb2 as pb

Document = dict[str, Any]
COLLECTION = "document_keys"
# An uncompressed point of SM2 is 04, x, y; published are x and y.
PUBLISHED = {"Ed25519": 32, "SM2-SM3": 64}


class Key(NamedTuple):
    """A document key as it is used."""

    id: str
    algorithm: str
    private: bytes
    public: bytes


def ensure_indexes(database: Database[Document]) -> None:
    """By age; there is one a year."""
    database[COLLECTION].create_index("created_at", name="created_at")


def canonical(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON (RFC 8785) of a document of texts, lists and objects: sorted keys, no blanks, UTF-8."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def slot(algorithm: str, instant: datetime) -> str:
    """The one place of an algorithm's key of a year; who is second to put one there uses the first."""
    return f"{algorithm}/{instant.astimezone(SHANGHAI).year}"


class DocumentKeys:
    """The document keys of one process, from the store, which all processes share."""

    def __init__(self, parts: Parts) -> None:
        self._collection = parts.database[COLLECTION]
        self._keyring = parts.keyring
        self._profile = parts.settings.profile
        self._used: dict[str, Key] = {}

    def signed(self, document: Mapping[str, Any]) -> pb.DelegationCertificate:
        """The document in its canonical form, with its signature by this year's key."""
        key, message = self.current(now()), canonical(document)
        signature = ciphers.document_sign(self._profile, key.private, message)
        return pb.DelegationCertificate(
            document_json=message.decode(),
            signature=base64.b64encode(signature).decode(),
            algorithm=key.algorithm,
            key_id=key.id,
        )

    def current(self, instant: datetime) -> Key:
        """The key that signs at an instant; made when it is the year's first."""
        place = slot(self._profile.signature, instant)
        if place not in self._used:
            found = self._collection.find_one({"_id": place}) or self._made(place, instant)
            private = self._keyring.unwrap(place, found["wrapped"])
            self._used[place] = Key(found["key_id"], found["algorithm"], private, found["public"])
        return self._used[place]

    def published(self) -> list[pb.DocumentKey]:
        """The public keys of all years, oldest first; there is always the one that signs now."""
        self.current(now())
        rows = sorted(self._collection.find({}), key=lambda row: row["created_at"])
        return [
            pb.DocumentKey(key_id=row["key_id"], algorithm=row["algorithm"], public_key=row["public"]) for row in rows
        ]

    def _made(self, place: str, instant: datetime) -> Document:
        private = ciphers.document_key_new(self._profile)
        algorithm = self._profile.signature
        public = ciphers.document_public(self._profile, private)[-PUBLISHED[algorithm] :]
        document = {
            "_id": place,
            "key_id": hashlib.sha256(public).hexdigest()[:32],
            "algorithm": algorithm,
            "public": public,
            "wrapped": self._keyring.wrap(place, private),
            "created_at": instant,
        }
        try:
            self._collection.insert_one(document)
        except DuplicateKeyError:  # another process was first; its key is the one
            return self._collection.find_one({"_id": place}) or document
        log("certificates").info("document_key_created", kid=document["key_id"])
        return document
