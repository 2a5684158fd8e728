"""Passwords: argon2id hashes beside the records, never in a journal or an event."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import now
from chassis.errors import ALREADY_EXISTS, RESOURCE_EXHAUSTED, Refused, Violation, invalid
from services.identity import lockout

Document = dict[str, Any]
# OWASP's second choice of argon2id: 28 ms CPU and 19 MiB. RFC 9106's low-memory set takes 180 ms and 64 MiB, on two
# cores half a dozen sign-ins a second, and an idle api would not stay below 70 MB after the first.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Two at once in a process; ten more may wait. The rest of the 16 threads of an api stay free for other calls.
AT_ONCE, SEATS = 2, 12
_SEATS = threading.BoundedSemaphore(SEATS)
_RUNNING = threading.BoundedSemaphore(AT_ONCE)
# A change of password whose journal nobody wrote within this time was cut off by a crash.
CUT_OFF_AFTER = timedelta(seconds=10)


def ensure_indexes(database: Database[Document]) -> None:
    """An ID number and a phone belong to one person."""
    for field in ("id_index", "phone_index"):
        database["credentials"].create_index(field, name=f"{field}_unique", unique=True, sparse=True)
    database["credentials"].create_index([("_id", 1), ("kind", 1)], name="id_kind")
    database["credentials"].create_index([("_id", 1), ("at", 1)], name="id_at")
    database["credentials"].create_index("changed.at", name="changed_at", sparse=True)
    lockout.ensure_indexes(database)


def number_taken() -> Refused:
    """ALREADY_EXISTS NUMBER_TAKEN: somebody of another kind signs in with this number."""
    return Refused(ALREADY_EXISTS, "NUMBER_TAKEN", "该工号已被使用")


@contextmanager
def slot() -> Iterator[None]:
    """One of the places where passwords are hashed; RESOURCE_EXHAUSTED SIGN_IN_BUSY when too many wait for one."""
    if not _SEATS.acquire(blocking=False):
        raise Refused(RESOURCE_EXHAUSTED, "SIGN_IN_BUSY", "当前登录人数较多，请稍后重试")
    try:
        with _RUNNING:
            yield
    finally:
        _SEATS.release()


class Credentials:
    """The hash of each principal's password, by his id, and the blind indexes a person signs in with.

    They are unique here and not in the records: credentials are deleted with the person, which frees the number again,
    while a record stays (and the embedded store keeps a unique value taken that an update replaced). The hash of who came by an
    upstream provider is empty: no password is his.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._hashes = database["credentials"]
        self._counts = database[lockout.COLLECTION]

    def hash(self, password: str, salt: str) -> str:
        """The hash under this salt (hexadecimal, 16 bytes of it): the same act has the same hash, so a repeated one is told."""
        with slot():
            return hashed(password, salt)

    def claim(self, id: str, hashed: str, indexes: Mapping[str, str]) -> bool:
        """Keeps a new person's hash and indexes in one write; False when another holds one of the indexes.

        INVALID_ARGUMENT REQUEST_ID_REUSED when the same act came with another password before.
        """
        try:
            self._hashes.insert_one({"_id": id, "kind": "person", "hash": hashed, "at": now(), **indexes})
        except DuplicateKeyError:
            found = self._hashes.find_one({"_id": id})
            if found is not None and found["hash"] != hashed:
                raise invalid(Violation("request_id", "REQUEST_ID_REUSED", "同一 request_id 已用于另一请求")) from None
            return found is not None
        return True

    def holder(self, field: str, index: str) -> Document | None:
        """Whose ID number (`id_index`) or phone (`phone_index`) this is."""
        return self._hashes.find_one({field: index})

    def drop_orphan(self, orphan: Document) -> None:
        """Deletes credentials whose person never came to be: a crash between the two writes of a registration."""
        self._hashes.delete_one({"_id": orphan["_id"], "at": orphan["at"]})

    def put(self, id: str, hashed: str, kind: str = "officer") -> None:
        """Keeps an officer's or agent's hash, in place of the one before; earlier failures no longer count.

        ALREADY_EXISTS NUMBER_TAKEN when the login is one of another kind: of an officer and an agent with one number, one is let in.
        """
        values = {"hash": hashed, "at": now()}
        try:
            self._hashes.update_one({"_id": id, "kind": kind}, {"$set": values}, upsert=True)
        except DuplicateKeyError:
            # Of the other kind; or of this one, made by another process this instant.
            if not self._hashes.update_one({"_id": id, "kind": kind}, {"$set": values}).matched_count:
                raise number_taken() from None
        self._counts.delete_one({"_id": lockout.account_key(id)})

    def find(self, id: str) -> Document | None:
        """`hash`, `kind`, `at` and, while a change is under way, `changed`."""
        return self._hashes.find_one({"_id": id})

    def has_password(self, id: str) -> bool:
        """Whether the principal can sign in by a password."""
        found = self.find(id)
        return bool(found and found["hash"])

    def remember(self, id: str, account: str) -> None:
        """By which account of an upstream provider (a blind index) the person came."""
        if not self.remembers(id, account):
            self._hashes.update_one({"_id": id}, {"$addToSet": {"upstreams": account}})

    def remembers(self, id: str, account: str) -> bool:
        """Whether the person came by this account before."""
        found = self.find(id)
        return found is not None and account in found.get("upstreams", [])

    def forget_upstreams(self, id: str) -> None:
        """No account of a provider is known to be the person's any more."""
        self._hashes.update_one({"_id": id}, {"$unset": {"upstreams": ""}})

    def swap(self, before: Document, hashed: str, mark: Mapping[str, str]) -> bool:
        """A new hash in the place of the one read; False when another came between. `mark` stays until `settle`."""
        instant = now()
        change = {"hash": hashed, "at": instant, "changed": {**mark, "at": instant}}
        guard = {"_id": before["_id"], "at": before["at"]}
        return self._hashes.update_one(guard, {"$set": change}).matched_count == 1

    def settle(self, changed: Document) -> None:
        """The change is in the journal, and other sessions have ended."""
        self._hashes.update_one({"_id": changed["_id"], "at": changed["at"]}, {"$unset": {"changed": ""}})

    def cut_off(self) -> list[Document]:
        """Credentials with a change that a crash cut off."""
        instant = now()
        span = {"$gte": instant - timedelta(days=3650), "$lt": instant - CUT_OFF_AFTER}
        return list(self._hashes.find({"changed.at": span}))

    def delete(self, id: str) -> None:
        """Nobody signs in with this any more."""
        self._hashes.delete_one({"_id": id})
        self._counts.delete_one({"_id": lockout.account_key(id)})


def hashed(password: str, salt: str) -> str:
    """The hash under this salt; the caller holds a slot."""
    return HASHER.hash(password, salt=bytes.fromhex(salt)[:16])


def matches(found: Document | None, password: str) -> bool:
    """Whether this is the password of these credentials. It takes as long for nobody's. The caller holds a slot."""
    own = found["hash"] if found else ""
    try:
        return HASHER.verify(own or _nobody(), password) and bool(own)
    except VerificationError:
        return False


@cache
def _nobody() -> str:
    return HASHER.hash("nobody")
