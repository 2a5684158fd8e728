"""Errands of the worker with programs outside: payments to order and ask about, money to give back, parcels to send and follow.

An errand is one document under the id the program outside knows it by; it goes when it is done. What happened stands in the case.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]
COLLECTION = "errands"
PAYMENT, REFUND, PARCEL = "payment", "refund", "parcel"
AT_ONCE = 50


def ensure_indexes(database: Database[Document]) -> None:
    """By when it is to be looked at next."""
    database[COLLECTION].create_index([("next", 1)], name="next")


class Errands:
    """The errands of one store."""

    def __init__(self, database: Database[Document]) -> None:
        self._errands = database[COLLECTION]

    def add(self, kind: str, id: str, case_id: str, at: datetime, **more: Any) -> None:
        """A new errand; one that is there already stays as it is."""
        with suppress(DuplicateKeyError):
            self._errands.insert_one(
                {"_id": f"{kind}/{id}", "kind": kind, "id": id, "case_id": case_id, "next": at, **more}
            )

    def find(self, kind: str, id: str) -> Document | None:
        """An errand that is not done."""
        return self._errands.find_one({"_id": f"{kind}/{id}"})

    def due(self, since: datetime, now: datetime) -> list[Document]:
        """What is to be looked at now, the longest waiting first."""
        return list(self._errands.find({"next": {"$gte": since, "$lte": now}}).sort("next", 1).limit(AT_ONCE))

    def later(self, errand: Document, at: datetime, **more: Any) -> None:
        """To be looked at again then, with what is known by now."""
        self._errands.update_one({"_id": errand["_id"]}, {"$set": {"next": at, **more}})

    def done(self, errand: Document) -> None:
        """Nothing is left to do."""
        self._errands.delete_one({"_id": errand["_id"]})
