"""Failed sign-ins, counted per account, per login as it was typed and per address; and registrations per address.

Addresses and logins are kept as blind indexes only. Logins that do not exist are counted too, so that a lock does not tell which ones
do; and the lock of an account is told to none but who locked that very login, so that it does not tell which logins are one account.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import now
from chassis.sealed import Keyring
from services.identity import model_lockout

Document = dict[str, Any]
COLLECTION = "lockouts"


class Attempt(NamedTuple):
    """The keys somebody's try is counted under; empty ones are not."""

    account: str
    login: str = ""
    address: str = ""

    @property
    def told(self) -> tuple[str, str]:
        """Those whose lock is told."""
        return self.login, self.address


def account_key(id: str) -> str:
    """The key of an account, by its principal's id."""
    return f"account/{id}"


def ensure_indexes(database: Database[Document]) -> None:
    """Counts go away after a day of quiet, those of registrations after their hour."""
    database[COLLECTION].create_index("quiet", name="quiet", expireAfterSeconds=60)


class Lockout:
    """The counts, shared by all processes."""

    def __init__(self, database: Database[Document], keyring: Keyring) -> None:
        self._counts = database[COLLECTION]
        self._keyring = keyring

    def login_key(self, login: str) -> str:
        """The key of a login as it was typed."""
        return f"login/{self._keyring.blind('login', login)}"

    def address_key(self, address: str) -> str:
        """The key of an address; empty for none."""
        return f"address/{self._keyring.blind('address', address)}" if address else ""

    def require_open(self, keys: Iterable[str]) -> None:
        """RESOURCE_EXHAUSTED SIGN_IN_LOCKED while one of these is locked."""
        instant = now()
        for key in filter(None, keys):
            found = self._present(key)
            if found and found["until"] > instant:
                raise model_lockout.locked(found["until"], instant)

    def is_open(self, key: str) -> bool:
        """Whether this one is not locked."""
        found = self._present(key)
        return found is None or found["until"] <= now()

    def failed(self, attempt: Attempt) -> None:
        """Counts a failure under every key, and locks what has too many; those whose lock is told first."""
        for key in filter(None, (*attempt.told, attempt.account)):
            free = model_lockout.ADDRESS_FREE if key.startswith("address/") else model_lockout.ACCOUNT_FREE
            self._present(key)  # drops what is quiet long enough
            instant = now()
            quiet = {"quiet": instant + model_lockout.QUIET}
            self._add(key, {"$inc": {"failures": 1}, "$max": {"until": instant}, "$set": quiet})
            # Read again: of failures at the same time the last one sees them all.
            found = self._present(key)
            lasts = model_lockout.wait(found["failures"], free) if found else None
            if lasts:
                self._counts.update_one({"_id": key}, {"$max": {"until": instant + lasts}})

    def passed(self, attempt: Attempt) -> None:
        """Forgets the failures of account and login: it was their owner. Those of the address stay, or who has an account there could
        guess others' passwords without end."""
        for key in filter(None, (attempt.account, attempt.login)):
            if self._counts.find_one({"_id": key}, {"_id": 1}):
                self._counts.delete_one({"_id": key})

    def take_registration(self, address: str) -> None:
        """Counts a registration; RESOURCE_EXHAUSTED TOO_MANY_REGISTRATIONS after thirty of an address in an hour."""
        if not address:
            return
        instant = now()
        key = f"registrations/{self._keyring.blind('address', address)}/{instant:%Y%m%d%H}"
        # Counted before it is looked at: of those that come at once the last ones see them all.
        self._add(key, {"$inc": {"failures": 1}, "$set": {"quiet": instant + timedelta(hours=1)}})
        found = self._counts.find_one({"_id": key})
        if found and found["failures"] > model_lockout.REGISTRATIONS_AN_HOUR:
            raise model_lockout.too_many_registrations()

    def _present(self, key: str) -> Document | None:
        """The count under a key. One that is quiet long enough is as good as gone: the store deletes it when it comes round to it."""
        found = self._counts.find_one({"_id": key})
        if found and found["quiet"] <= now():
            self._counts.delete_one({"_id": key})
            return None
        return found

    def _add(self, key: str, change: Document) -> None:
        try:
            self._counts.update_one({"_id": key}, change, upsert=True)
        except DuplicateKeyError:  # another process counted first
            self._counts.update_one({"_id": key}, change)
