"""Slots for inspections on site: a document each, whose places are taken and given back by guarded updates.

`held` tells by case which of its visits has a place, since when, and whether the case's journal says so, too (`settled`).
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]
COLLECTION = "slots"
# Further back and ahead there is nothing.
REACH = timedelta(days=3660)


class Held(NamedTuple):
    """A place that a visit of a case has in a slot."""

    slot_id: str
    case_id: str
    visit: int


def ensure_indexes(database: Database[Document]) -> None:
    """By the guard of the write, by department and time, by what is marked to be looked at, and by time."""
    slots = database[COLLECTION]
    slots.create_index([("_id", 1), ("available", 1)], name="id_available")
    slots.create_index([("department", 1), ("start", 1)], name="department_start")
    slots.create_index([("marked_at", 1)], name="marked_at")
    slots.create_index([("start", 1)], name="start")


class Slots:
    """The slots of one store."""

    def __init__(self, database: Database[Document]) -> None:
        self._slots = database[COLLECTION]

    def open(self, id: str, slot: Document) -> Document:
        """Opens a slot with all its places free; the same id again answers with what is there."""
        fresh = {"_id": id, "available": slot["capacity"], "held": {}, **slot}
        with suppress(DuplicateKeyError):
            self._slots.insert_one(fresh)
            return fresh
        return self.get(id) or fresh

    def get(self, id: str) -> Document | None:
        """One slot."""
        return self._slots.find_one({"_id": id})

    def future(self, department: str, now: datetime) -> list[Document]:
        """A department's slots that begin after this instant and have room, earliest first."""
        query = {"department": department, "start": {"$gt": now, "$lt": now + REACH}}
        found = self._slots.find(query, {"held": 0}).sort([("start", 1), ("_id", 1)])
        return [slot for slot in found if slot["available"] > 0]

    def claim(self, id: str, case: str, visit: int, now: datetime) -> bool:
        """Takes a place for a visit of a case; again is no fault. A place the case still has for a visit it cancelled is taken over. False
        when the slot is full."""
        held = f"held.{case}"
        fresh = {held: {"visit": visit, "at": now, "settled": False}, "marked_at": now}
        free = {"_id": id, "available": {"$gte": 1}, held: {"$exists": False}}
        if self._slots.update_one(free, {"$inc": {"available": -1}, "$set": fresh}).matched_count:
            return True
        mine = ((self.get(id) or {}).get("held") or {}).get(case)
        if mine is None or mine["visit"] >= visit:
            return mine is not None and bool(mine["visit"] == visit)
        taken_over = {"_id": id, f"{held}.visit": mine["visit"]}
        return bool(self._slots.update_one(taken_over, {"$set": fresh}).matched_count)

    def settle(self, held: Held) -> bool:
        """Notes that the case's journal has the visit; False when it has no place here."""
        place = f"held.{held.case_id}"
        settled = {"$set": {f"{place}.settled": True}}
        return bool(self._slots.update_one({"_id": held.slot_id, f"{place}.visit": held.visit}, settled).matched_count)

    def release(self, held: Held) -> bool:
        """Gives a place back, once."""
        place = f"held.{held.case_id}"
        freed = {"$inc": {"available": 1}, "$unset": {place: ""}}
        return bool(self._slots.update_one({"_id": held.slot_id, f"{place}.visit": held.visit}, freed).matched_count)

    def unsettled(self, before: datetime) -> Iterator[tuple[Document, list[Held]]]:
        """Slots marked since a place was taken, before this instant, with the places that no journal was seen to have."""
        for slot in list(self._slots.find({"marked_at": {"$gt": before - REACH, "$lt": before}})):
            yield slot, [one for one in _held(slot) if not slot["held"][one.case_id]["settled"]]

    def looked_at(self, slot: Document) -> None:
        """Nothing of a slot is unsettled, unless a place was taken meanwhile."""
        self._slots.update_one({"_id": slot["_id"], "marked_at": slot["marked_at"]}, {"$unset": {"marked_at": ""}})

    def forget(self, before: datetime) -> int:
        """Deletes slots that began before this instant, which nobody books any more; how many. The cases tell what was inspected when."""
        return self._slots.delete_many({"start": {"$gt": before - REACH, "$lt": before}}).deleted_count

    def held(self, now: datetime) -> Iterator[Held]:
        """Every place that is taken in slots to come."""
        for slot in list(self._slots.find({"start": {"$gt": now, "$lt": now + REACH}})):
            yield from _held(slot)


def _held(slot: Document) -> list[Held]:
    return [Held(slot["_id"], case, hold["visit"]) for case, hold in slot["held"].items()]
