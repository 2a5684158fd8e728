"""Look-ups at the licence source, and which application each stands in: one at most.

A use is written before its application. One that a crash left without its application ends after a minute.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.records import Filter, Record, Records
from services.case import model_lookups
from services.case.model_lookups import LookUp
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]
COLLECTION, USES = "lookups", "lookup_uses"
# An application is written within this time of its uses, or not at all.
PATIENCE = timedelta(minutes=1)


def lookups(database: Database[Document]) -> Records[LookUp]:
    """The look-ups."""
    return Records(database[COLLECTION], LookUp, model_lookups.EVOLVE, events)


def ensure_indexes(database: Database[Document]) -> None:
    """Look-ups by person, uses by case."""
    lookups(database).ensure_indexes([("state.applicant_id", 1), ("state.at", 1)])
    database[USES].create_index([("case_id", 1)], name="case_id")
    database[USES].create_index([("_id", 1), ("case_id", 1)], name="id_case_id")


def newest(all: Records[LookUp], visible: Filter, token: str, count: int) -> tuple[list[Record[LookUp]], str]:
    """A page of the look-ups about a person, newest first, and the next page's token."""
    return paging.newest(all, visible, "at", token, count)


class Uses:
    """Which application a look-up stands in."""

    def __init__(self, database: Database[Document]) -> None:
        self._uses = database[USES]

    def claim(self, lookup_id: str, case_id: str, now: datetime, exists: Callable[[str], bool]) -> bool:
        """The look-up stands in this application; False when it stands in another one that is there (`exists`), or may yet be."""
        try:
            self._uses.insert_one({"_id": lookup_id, "case_id": case_id, "at": now})
            return True
        except DuplicateKeyError:
            use = self._uses.find_one({"_id": lookup_id}) or {}
        if use.get("case_id") == case_id:
            return True
        other = str(use.get("case_id", ""))
        if use.get("at", now) > now - PATIENCE or exists(other):
            return False
        change = {"$set": {"case_id": case_id, "at": now}}
        return self._uses.update_one({"_id": lookup_id, "case_id": other}, change).matched_count == 1

    def case_of(self, lookup_id: str) -> str:
        """The application a look-up stands in; empty for none."""
        return str((self._uses.find_one({"_id": lookup_id}) or {}).get("case_id", ""))

    def of_case(self, case_id: str) -> Iterable[str]:
        """The look-ups that stand in an application."""
        return [str(use["_id"]) for use in self._uses.find({"case_id": case_id}, {"_id": 1})]
