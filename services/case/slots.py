"""Slots for inspections: a place is taken in the slot first, then the case says so; a crash in between is mended by what follows.

`settle` hears the case (VisitBooked), `free` hears it, too (VisitCancelled), and `sweep` looks for places no case ever said to have.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis.acts import Actor, Cause, now
from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, require
from chassis.records import Filter, Record, Records, record_id
from chassis.sealed import Keyring
from services.case import model_visits
from services.case.model import Case
from services.case.store_slots import Document, Held, Slots

# A booking is written long before; its call has a deadline of seconds.
UNSETTLED_FOR = timedelta(minutes=1)
# What is over is kept for so long.
KEPT_FOR = timedelta(days=90)
DROPPED = "所选时段已无空位，请另选时段"


class Booking:
    """Slots and the cases that book them, of one store."""

    def __init__(self, database: Database[dict[str, Any]], cases: Records[Case], keyring: Keyring) -> None:
        self.slots = Slots(database)
        self._cases = cases
        self._keyring = keyring

    def open(self, wanted: Sequence[Any], officer: Actor, cause: Cause) -> list[Document]:
        """Opens slots of the officer's department; the same request again answers with them, another one is refused."""
        require(bool(officer.department), "NO_DEPARTMENT", "您没有所属部门，不能开放勘验时段")
        ids, instant = [record_id(f"{cause.key}/{number}") for number in range(len(wanted))], now()
        if known := self.slots.get(ids[0]):
            _same(known, cause)
            instant = known["opened_at"]
        times = [
            model_visits.slot_times(f"slots[{number}]", one.start, one.end, instant)
            for number, one in enumerate(wanted)
        ]
        return [
            self.slots.open(
                id,
                {
                    "department": officer.department,
                    "start": start,
                    "end": end,
                    "capacity": one.capacity,
                    "place": one.place,
                    "by": cause.by,
                    "request": cause.request,
                    "opened_at": instant,
                },
            )
            for id, one, (start, end) in zip(ids, wanted, times, strict=True)
        ]

    def book(self, case_id: str, slot_id: str, visible: Filter, cause: Cause) -> Record[Case]:
        """Takes a place for the next visit of a case. INVALID_ARGUMENT SLOT_UNKNOWN, FAILED_PRECONDITION SLOT_PAST, SLOT_FULL."""
        record = self._cases.get(case_id, visible)
        if any(entry["cause"] == cause.key for entry in record.journal):  # done already: no second place
            return self._cases.change(case_id, cause, _nothing, visible)
        case, instant = record.state, now()
        held = Held(slot_id, case_id, model_visits.next_number(case))
        slot = self.slots.get(slot_id)
        if slot is None or slot["department"] != case.department:
            raise invalid(Violation("slot_id", "SLOT_UNKNOWN", "没有此勘验时段"))
        require(slot["start"] > instant, "SLOT_PAST", "该时段已经开始，请另选时段")
        if not self.slots.claim(slot_id, case_id, held.visit, instant):
            raise Refused(FAILED_PRECONDITION, "SLOT_FULL", "该时段已约满，请另选时段")
        try:
            return self._cases.change(
                case_id,
                cause,
                lambda case: model_visits.book(case, held.visit, slot_id, slot["start"], slot["end"]),
                visible,
            )
        except Refused:
            self._give_back(held)
            raise

    def settle(self, held: Held, cause: Cause) -> None:
        """The case has the visit: its place is kept. One that was taken away meanwhile is taken again; without room the visit is
        dropped."""
        if self.slots.settle(held) or not self._has(held):
            return
        if self.slots.claim(held.slot_id, held.case_id, held.visit, now()):
            self.slots.settle(held)
            return
        self._cases.change(
            held.case_id, cause, lambda case: model_visits.drop(case, held.visit, self._sealed(case, DROPPED))
        )

    def free(self, held: Held) -> None:
        """The visit was cancelled: its place is free."""
        self.slots.release(held)

    def sweep(self, instant: datetime) -> int:
        """Frees places that were taken a minute ago or longer for visits no case has; how many."""
        freed = 0
        for slot, places in self.slots.unsettled(instant - UNSETTLED_FOR):
            for held in places:
                if slot["held"][held.case_id]["at"] >= instant - UNSETTLED_FOR:
                    continue
                freed += 0 if self._has(held) and self.slots.settle(held) else self.slots.release(held)
            self.slots.looked_at(slot)
        return freed

    def tidy(self, instant: datetime) -> int:
        """Frees places to come whose case needs them no more, since it ended or was decided; how many. Slots long over are forgotten."""
        self.slots.forget(instant - KEPT_FOR)
        return sum(self.slots.release(held) for held in self.slots.held(instant) if not self._has(held))

    def _give_back(self, held: Held) -> None:
        # The same place may have been booked by another call of the same applicant.
        if not self._has(held):
            self.slots.release(held)

    def _has(self, held: Held) -> bool:
        record = self._cases.find({"_id": held.case_id})
        return record is not None and model_visits.holds(record.state, held.visit, held.slot_id)

    def _sealed(self, case: Case, text: str) -> str:
        try:
            return self._keyring.seal(case.applicant_id, text)
        except Refused as refused:
            if refused.reason != "PERSON_ERASED":
                raise
            return ""


def _same(slot: Document, cause: Cause) -> None:
    if slot["request"] != cause.request:
        raise invalid(Violation("request_id", "REQUEST_ID_REUSED", "同一 request_id 已用于另一请求"))


def _nothing(_case: Case) -> None:
    """What a request does that was done already."""
