"""Challenges: what somebody who is about to prove something takes along, sealed, and brings back once within five minutes."""

import base64
import os
from datetime import timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause, now
from chassis.sealed import Keyring

Document = dict[str, Any]
COLLECTION = "used_challenges"
GOOD_FOR = timedelta(minutes=5)
# What a challenge is for; one for the other thing is none.
SECOND_FACTOR, NEW_PASSKEY, PASSKEY_SIGN_IN = "second-factor", "new-passkey", "passkey-sign-in"
UPSTREAM = "upstream"


def ensure_indexes(database: Database[Document]) -> None:
    """Used ones are forgotten a minute after they would be too old anyway."""
    database[COLLECTION].create_index("until", name="until", expireAfterSeconds=60)


class Challenges:
    """Seals, opens and uses up challenges. Nothing is kept of one until it was used."""

    def __init__(self, database: Database[Document], keyring: Keyring) -> None:
        self._used = database[COLLECTION]
        # A key of its own that follows from the master key; no key service is asked while somebody signs in.
        self._cipher = AESGCM(bytes.fromhex(keyring.blind("key", "challenges")))

    def seal(self, use: str, **content: str) -> tuple[str, bytes]:
        """A challenge for one use, with what it is bound to, and the 32 random bytes in it: `nonce` (hexadecimal) when it is opened."""
        random, nonce = os.urandom(32), os.urandom(12)
        told = {"nonce": random.hex(), "at": now().timestamp(), **content}
        sealed = nonce + self._cipher.encrypt(nonce, orjson.dumps(told), use.encode())
        return base64.urlsafe_b64encode(sealed).decode(), random

    def open(self, use: str, challenge: str) -> dict[str, Any] | None:
        """What was sealed; None for one that is not ours, for another use, or older than five minutes."""
        try:
            sealed = base64.urlsafe_b64decode(challenge)
            told: dict[str, Any] = orjson.loads(self._cipher.decrypt(sealed[:12], sealed[12:], use.encode()))
        except (ValueError, InvalidTag):
            return None
        return told if 0 <= now().timestamp() - told["at"] <= GOOD_FOR.total_seconds() else None

    def use(self, told: dict[str, Any], cause: Cause) -> bool:
        """Uses it up; False when another act did. The same act may again."""
        document = {"_id": told["nonce"], "cause": f"{cause.key}/{cause.request}", "until": now() + GOOD_FOR}
        try:
            self._used.insert_one(document)
        except DuplicateKeyError:
            found = self._used.find_one({"_id": told["nonce"]})
            return found is not None and found["cause"] == document["cause"]
        return True
