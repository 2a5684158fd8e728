"""Passwords: argon2id hashes beside the records, never in a journal or an event; and the lock after too many failures."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import now
from chassis.errors import RESOURCE_EXHAUSTED, Refused, Violation, invalid

Document = dict[str, Any]
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=10)
# OWASP's second choice of argon2id: 28 ms CPU and 19 MiB. RFC 9106's low-memory set takes 180 ms and 64 MiB, on two
# cores half a dozen sign-ins a second, and an idle api would not stay below 70 MB after the first.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Two at once; ten more may wait. The rest of the 16 threads of an api stay free for other calls.
AT_ONCE, SEATS = 2, 12


def ensure_indexes(database: Database[Document]) -> None:
    """An ID number and a phone belong to one person. Failures go away when their lock is long over."""
    for field in ("id_index", "phone_index"):
        database["credentials"].create_index(field, name=f"{field}_unique", unique=True, sparse=True)
    database["failures"].create_index("until", name="until", expireAfterSeconds=60)
    database["failures"].create_index([("_id", 1), ("until", 1)], name="id_until")


def locked(until: datetime, now: datetime) -> Refused:
    """RESOURCE_EXHAUSTED SIGN_IN_LOCKED; says in how many minutes to try again."""
    minutes = max(1, -(-int((until - now).total_seconds()) // 60))
    return Refused(RESOURCE_EXHAUSTED, "SIGN_IN_LOCKED", f"登录失败次数过多，请{minutes}分钟后重试")


class Credentials:
    """The hash of each person's and officer's password, by their id, and the blind indexes a person signs in with.

    They are unique here and not in the records: credentials are deleted with the person, which frees the number again,
    while a record stays (and the embedded store keeps a unique value taken that an update replaced).
    Failures are counted for logins that do not exist too, so that a lock does not tell which ones do.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._hashes = database["credentials"]
        self._failures = database["failures"]
        self._seats = threading.BoundedSemaphore(SEATS)
        self._running = threading.BoundedSemaphore(AT_ONCE)
        # Verified against for unknown logins, so that they take as long as others.
        self._nobody = HASHER.hash("nobody")

    def hash(self, password: str, salt: str) -> str:
        """The hash under this salt (hexadecimal, 16 bytes of it): the same act has the same hash, so a repeated one is told."""
        with self._slot():
            return HASHER.hash(password, salt=bytes.fromhex(salt)[:16])

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

    def put(self, id: str, hashed: str) -> None:
        """Keeps an officer's hash, in place of the one before; earlier failures no longer count."""
        values = {"kind": "officer", "hash": hashed, "at": now()}
        self._hashes.update_one({"_id": id}, {"$set": values}, upsert=True)
        self._failures.delete_one({"_id": id})

    def verify(self, id: str, password: str) -> bool:
        """Whether this is the password. After 5 failures: SIGN_IN_LOCKED for ten minutes, with no look at the password."""
        with self._slot():
            # Read inside the slot: as many guesses at once as there are slots cannot get round the count.
            failed = self._failures.find_one({"_id": id})
            if failed and failed["failures"] >= MOST_FAILURES and failed["until"] > now():
                raise locked(failed["until"], now())
            found = self._hashes.find_one({"_id": id})
            good = _matches(found["hash"] if found else self._nobody, password) and found is not None
            if not good:
                self._count_failure(id)
            elif failed:
                self._failures.delete_one({"_id": id})
        return good

    def delete(self, id: str) -> None:
        """Nobody signs in with this any more."""
        self._hashes.delete_one({"_id": id})
        self._failures.delete_one({"_id": id})

    def _count_failure(self, id: str) -> None:
        instant = now()
        until = {"until": instant + LOCKED_FOR}
        for _ in range(3):
            more = {"$inc": {"failures": 1}, "$set": until}
            if self._failures.update_one({"_id": id, "until": {"$gt": instant}}, more).matched_count:
                return
            try:
                first = {"$set": {"failures": 1, **until}}
                self._failures.update_one({"_id": id, "until": {"$lte": instant}}, first, upsert=True)
                return
            except DuplicateKeyError:
                continue  # another sign-in counted first

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._seats.acquire(blocking=False):
            raise Refused(RESOURCE_EXHAUSTED, "SIGN_IN_BUSY", "当前登录人数较多，请稍后重试")
        try:
            with self._running:
                yield
        finally:
            self._seats.release()


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except VerificationError:
        return False
