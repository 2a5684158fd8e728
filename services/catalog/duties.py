"""The 权责清单 with its history, in memory: which implementations were in force at an instant. Each api brings it up to date from the
store before it is asked, at most once a second.
"""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from chassis.acts import now
from chassis.records import Records
from services.catalog import store_directory
from services.catalog.model_life import WITHDRAWN
from standards import codes

Document = dict[str, Any]
_SIDES: Final = ("code", "name", "region", "typeCode", "department", "formerCodes")
_FIELDS: Final = {"version": 1, "state.life": 1} | {f"state.published.{side}": 1 for side in _SIDES}
# A stamp is older than its write, and clocks differ: each look goes back a little, one a minute further.
OVERLAP, SWEEP, SWEEP_BACK = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10)
REST_SECONDS: Final = 1.0
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Duty(NamedTuple):
    """One implementation as it was from an instant on, until the next (None = to this day)."""

    id: str
    edition: int
    since: datetime
    until: datetime | None
    code: str
    former_codes: tuple[str, ...]
    name: str
    department: str
    department_name: str
    region: str
    type_code: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Those it is found by: its own, and those it had."""
        return (self.code, *self.former_codes)


class Duties:
    """Threads may share it."""

    def __init__(self, database: Database[Document]) -> None:
        self._all = store_directory.implementations(database)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, tuple[Duty, ...]]] = {}
        self._since = self._swept = _FIRST + SWEEP_BACK
        self._looked = -REST_SECONDS

    def in_force(self, at: datetime) -> list[Duty]:
        """Everything in force at an instant, by code."""
        with self._lock:
            known = list(self._known.values())
        lines = [line for _, history in known for line in history if _in_force(line, at)]
        return sorted(lines, key=lambda line: (line.code, line.id))

    def refresh(self, now_at_once: bool = False) -> None:
        """Takes up what changed in the store since the last look."""
        with self._lock:
            if not now_at_once and time.monotonic() - self._looked < REST_SECONDS:
                return
            instant = now()
            sweep = instant - self._swept > SWEEP
            for id, version, history in _changed(
                self._all, self._since - (SWEEP_BACK if sweep else OVERLAP), self._known
            ):
                self._known[id] = (version, history)
            self._since, self._swept = instant, instant if sweep else self._swept
            self._looked = time.monotonic()


def of(lines: list[Duty], region: str, department: str) -> list[Duty]:
    """Those of a region and a department; empty = any."""
    prefix = codes.region_prefix(region)
    return [one for one in lines if one.region.startswith(prefix) and department in ("", one.department)]


def _in_force(line: Duty, at: datetime) -> bool:
    return line.since <= at and (line.until is None or at < line.until)


def _changed(
    all: Records[Any], since: datetime, known: dict[str, tuple[int, tuple[Duty, ...]]]
) -> Iterator[tuple[str, int, tuple[Duty, ...]]]:
    span = {"state.life.changed_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
    for row in all.collection.find(span, _FIELDS, batch_size=1000):
        held = known.get(row["_id"])
        if row["state"]["life"]["edition"] and (held is None or held[0] < row["version"]):
            yield row["_id"], row["version"], _history(all, row)


def _history(all: Records[Any], row: Document) -> tuple[Duty, ...]:
    """Its editions. Most have one, which stands in the state; only the others' journals are read."""
    life = row["state"]["life"]
    ended = life["changed_at"] if life["status"] == WITHDRAWN else None
    if life["edition"] == 1:
        return (_duty(row["_id"], 1, life["published_at"], ended, row["state"]["published"]),)
    document = all.collection.find_one({"_id": row["_id"]}, {"journal": 1})
    journal = document["journal"] if document else []
    entries = [one for one in journal if one["type"] == "ImplementationPublished"]
    ends = [*(one["at"] for one in entries[1:]), ended]
    return tuple(
        _duty(row["_id"], one["data"]["edition"], one["at"], end, one["data"]["definition"])
        for one, end in zip(entries, ends, strict=True)
    )


def _duty(id: str, edition: int, since: datetime, until: datetime | None, said: Document) -> Duty:
    department = said.get("department", {})
    return Duty(
        id,
        edition,
        since,
        until,
        said.get("code", ""),
        tuple(said.get("formerCodes", ())),
        said.get("name", ""),
        department.get("code", ""),
        department.get("name", ""),
        said.get("region", ""),
        said.get("typeCode", ""),
    )
