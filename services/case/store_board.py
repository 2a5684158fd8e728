"""What boards are counted from: the open cases and findings as they are, and the tallies of what came in, was closed and was done.

A county or a department is counted once for everybody who asks, and kept for a second; longer where counting takes long, so that boards
take no more than a share of a process's time, however many cases are open.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar, cast

from pymongo.database import Database

from chassis.acts import now
from chassis.tally import Tally
from services.case.model_board import Counted, Day, Group, Scope, last_days
from services.case.model_findings import OPEN
from services.case.store_timers import Timers
from standards.codes import region_prefix

Document = dict[str, Any]
T = TypeVar("T")
ARRIVALS, CLOSINGS, WORK = "arrivals", "closings", "work"
# What is counted is kept so long, or so long that counting takes this share of the time.
SECONDS, SHARE = 1.0, 0.05
MOST_KEPT = 1000
# What a figure asks of an open case.
_ALIKE: Final = {
    "department": "$state.desk",
    "status": "$state.status",
    "promised_due": "$state.promised_due",
    "yellow_at": "$state.yellow_at",
}
_COUNT: Final = {"$sum": 1}


def within(county: str, day: date | str, department: str) -> str:
    """The bucket of a department's cases of a day within a county; those of a county's day stand together."""
    return f"within:{county}/{day}/{department}"


def counted_in(database: Database[Document], tally: str, bucket: str) -> list[str]:
    """Ids of the cases a bucket of arrivals or closings counts, those counted last first."""
    rows = database[tally].find({"buckets": bucket}, {"at": 1})
    return [str(row["_id"]) for row in sorted(rows, key=lambda row: row["at"], reverse=True)]


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    until: float = 0.0
    value: Any = None


class Kept:
    """What was counted lately. Whoever asks for it while somebody counts waits for that, and counts no second time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}

    def get(self, key: str, count: Callable[[], T]) -> T:
        """What `count` gave lately, or gives now."""
        slot = self._slot(key)
        with slot.lock:
            started = time.monotonic()
            if slot.until <= started:
                slot.value = count()
                ended = time.monotonic()
                slot.until = ended + max(SECONDS, (ended - started) / SHARE)
            return cast(T, slot.value)

    def _slot(self, key: str) -> _Slot:
        with self._lock:
            if len(self._slots) >= MOST_KEPT:
                instant = time.monotonic()
                self._slots = {one: slot for one, slot in self._slots.items() if slot.until > instant}
            return self._slots.setdefault(key, _Slot())


class Boards:
    """Counts of one store."""

    def __init__(self, database: Database[Document]) -> None:
        self._cases, self._findings = database["cases"], database["findings"]
        self._tallies = (Tally(database, ARRIVALS), Tally(database, CLOSINGS))
        self._work = Tally(database, WORK)
        self._timers = Timers(database)
        self._kept = Kept()

    def counted(self, scope: Scope, today: date) -> dict[str, Counted]:
        """What was counted of a scope, by county; of a department wherever its cases are under no county."""
        if scope.wide:
            return {county: self._county(county, today) for county in self._counties(scope.region)}
        if not scope.region:
            return {"": self._department(scope.department, today)}
        whole = self._county(scope.region, today)
        return {scope.region: self._of(whole, scope, today) if scope.department else whole}

    def worked(self, name: str, first: date, last: date) -> dict[str, dict[str, int]]:
        """What an officer (`officer:<id>`) or a department did, by day as text, where there was anything."""
        found = self._work.each(f"{name}/{first}", f"{name}/{last}")
        return {bucket.rpartition("/")[2]: counts for bucket, counts in found.items()}

    def decided(self, department: str, first: date, last: date) -> dict[str, int]:
        """What all officers of a department decided between two days, both included."""
        key = f"decided/{department}/{first}/{last}"
        return self._kept.get(key, lambda: self._work.between(f"{department}/{first}", f"{department}/{last}"))

    def _counties(self, region: str) -> list[str]:
        prefix = region_prefix(region)
        return [county for county in self._timers.counties() if county.startswith(prefix)]

    def _county(self, county: str, today: date) -> Counted:
        def count() -> Counted:
            match = {"state.county": county, "state.desk": {"$gt": ""}}
            findings = self._open_findings({"state.county": county})
            return Counted(
                now(),
                list(self._open(match)),
                findings,
                self._by_department(county, today),
                self._days(f"county:{county}", today),
            )

        return self._kept.get(f"county/{county}/{today}", count)

    def _department(self, department: str, today: date) -> Counted:
        def count() -> Counted:
            groups = list(self._open({"state.desk": department}))
            findings = self._open_findings({"state.department": department})
            return Counted(now(), groups, findings, {}, self._days(department, today))

        return self._kept.get(f"department/{department}/{today}", count)

    def _of(self, whole: Counted, scope: Scope, today: date) -> Counted:
        """One department of a county that was counted."""

        def days() -> list[Day]:
            return [self._day(scope, day) for day in last_days(today)]

        kept = self._kept.get(f"within/{scope.region}/{scope.department}/{today}", days)
        return whole.of(scope.department, kept)

    def _open(self, match: Document) -> Iterator[Group]:
        for row in self._cases.aggregate([{"$match": match}, {"$group": {"_id": _ALIKE, "count": _COUNT}}]):
            alike = row["_id"]
            ends = alike.get("promised_due"), alike.get("yellow_at")
            yield Group(alike["department"], alike["status"], *ends, row["count"])

    def _open_findings(self, match: Document) -> dict[str, int]:
        only = {"$match": {**match, "state.status": OPEN}}
        rows = self._findings.aggregate([only, {"$group": {"_id": "$state.department", "count": _COUNT}}])
        return {row["_id"]: row["count"] for row in rows}

    def _by_department(self, county: str, today: date) -> dict[str, Day]:
        """What came in and was closed today, of each department with any of it."""
        before = within(county, today, "")
        received, closed = (self._each(tally, before, f"{before}~") for tally in self._tallies)
        found = {bucket.removeprefix(before): bucket for bucket in received | closed}
        return {one: Day(today, received.get(key, 0), closed.get(key, 0)) for one, key in found.items()}

    def _days(self, name: str, today: date) -> list[Day]:
        days = last_days(today)
        received, closed = (self._each(tally, f"{name}/{days[0]}", f"{name}/{today}") for tally in self._tallies)
        return [Day(day, received.get(f"{name}/{day}", 0), closed.get(f"{name}/{day}", 0)) for day in days]

    def _day(self, scope: Scope, day: date) -> Day:
        bucket = within(scope.region, day, scope.department)
        received, closed = (sum(tally.totals([bucket]).values()) for tally in self._tallies)
        return Day(day, received, closed)

    def _each(self, tally: Tally, first: str, last: str) -> dict[str, int]:
        return {bucket: sum(counts.values()) for bucket, counts in tally.each(first, last).items()}
