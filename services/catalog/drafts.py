"""The officers' list of items by where their working definition stands: a table in the memory of each api, kept in step with the store.

The store would have to read every definition of a city for a list of twenty; this holds 0.4 KB an item. Each call first asks the store
what changed since the last one, so that an officer sees what he has just written, whichever api he wrote it at.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from chassis.acts import now
from chassis.paging import malformed
from chassis.records import Records
from services.catalog import instants
from services.catalog.model import Item
from standards import codes
from yiwang.catalog.v1 import items_pb2 as pb
from yiwang.catalog.v1.service_pb2 import Department

# A change is stamped before it is written, and clocks differ: each look goes back a little, one a minute further.
OVERLAP, SWEEP, SWEEP_BACK = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10)
PAGE: Final = 20
_FIELDS: Final = {
    "version": 1,
    "state.code": 1,
    "state.region": 1,
    "state.department": 1,
    "state.findings": 1,
    "state.definition.name": 1,
    "state.definition.department.name": 1,
    **{f"state.life.{name}": 1 for name in ("status", "draft", "edition", "changed_at")},
}
_SCHEMA: Final = """
CREATE TABLE lines (id TEXT PRIMARY KEY, version INTEGER, changed INTEGER, region TEXT, department TEXT, department_name TEXT,
                    code TEXT, name TEXT, status INTEGER, draft INTEGER, edition INTEGER, errors INTEGER, warnings INTEGER)
WITHOUT ROWID;
CREATE INDEX lines_changed ON lines (changed, id);
"""
_KEEP: Final = "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PAGE: Final = """
SELECT * FROM lines WHERE region >= :region AND region < :region || ':' AND (changed, id) < (:changed, :id)
AND (:draft = 0 OR draft = :draft) AND (:status = 0 OR status = :status) AND (:department = '' OR department = :department)
AND (:query = '' OR instr(lower(name), :query) OR substr(lower(code), 1, length(:query)) = :query)
ORDER BY changed DESC, id DESC LIMIT :count
"""


class Wanted(NamedTuple):
    """Which items: of a region and below; 0 and empty = any. `query` is part of the name, or the beginning of the code."""

    region: str
    draft: int = 0
    status: int = 0
    department: str = ""
    query: str = ""


class Drafts:
    """The table of one process. Threads may share it."""

    def __init__(self, items: Records[Item]) -> None:
        self._items = items
        self._sql = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._sql.executescript(_SCHEMA)
        self._lock = threading.Lock()
        self._since = datetime(2000, 1, 1, tzinfo=UTC) + SWEEP_BACK
        self._swept = self._since

    def refresh(self) -> None:
        """Brings the table up to what was written since the last call; the first call reads everything."""
        with self._lock:
            instant = now()
            sweep = instant - self._swept > SWEEP
            self._sql.execute("BEGIN")
            try:
                self._sql.executemany(_KEEP, self._changed(self._since - (SWEEP_BACK if sweep else OVERLAP)))
            finally:
                # What was read before the store went away is true as well.
                self._sql.execute("COMMIT")
            self._since, self._swept = instant, instant if sweep else self._swept

    def page(self, wanted: Wanted, token: str, count: int) -> tuple[list[pb.DraftLine], str]:
        """The next lines, newest change first, and the next page's token. INVALID_ARGUMENT for a token no page ever gave."""
        changed, id = _place(token)
        values = wanted._asdict() | {
            "region": codes.region_prefix(wanted.region),
            "query": wanted.query.strip().lower(),
            "changed": changed,
            "id": id,
            "count": (count or PAGE) + 1,
        }
        with self._lock:
            rows = self._sql.execute(_PAGE, values).fetchall()
        shown = rows[: count or PAGE]
        more = len(rows) > len(shown)
        return [_line(row) for row in shown], f"{shown[-1][2]}-{shown[-1][0]}" if more else ""

    def _changed(self, since: datetime) -> Iterator[Sequence[Any]]:
        span = {"state.life.changed_at": {"$gte": since, "$lt": now() + timedelta(days=1)}}
        collection = self._items.collection
        known = self._sql.execute("SELECT count(*) FROM lines").fetchone()[0]
        if not known:
            yield from map(_row, collection.find(span, _FIELDS, batch_size=1000))
            return
        for seen in collection.find(span, {"version": 1}, batch_size=1000):
            found = self._sql.execute("SELECT version FROM lines WHERE id = ?", (seen["_id"],)).fetchone()
            if (not found or found[0] < seen["version"]) and (
                one := collection.find_one({"_id": seen["_id"]}, _FIELDS)
            ):
                yield _row(one)


def _row(document: Mapping[str, Any]) -> Sequence[Any]:
    state = document["state"]
    life, definition = state["life"], state["definition"]
    return (
        document["_id"],
        document["version"],
        round(life["changed_at"].timestamp() * 1000),
        state["region"],
        state["department"],
        definition["department"].get("name", ""),
        state["code"],
        definition["name"],
        life["status"],
        life["draft"],
        life["edition"],
        *state["findings"],
    )


def _line(row: Sequence[Any]) -> pb.DraftLine:
    id, version, changed, region, department, department_name, code, name, status, draft, edition, errors, warnings = (
        row
    )
    return pb.DraftLine(
        id=id,
        code=code,
        name=name,
        department=Department(code=department, name=department_name),
        region=region,
        status=status,
        draft_status=draft,
        edition=edition,
        changed_at=instants.told(datetime.fromtimestamp(changed / 1000, UTC)),
        version=version,
        errors=errors,
        warnings=warnings,
    )


def _place(token: str) -> tuple[int, str]:
    if not token:
        return 2**62, ""
    changed, _, id = token.partition("-")
    if not (changed.isascii() and changed.isdecimal() and len(changed) < 18 and id):
        raise malformed()
    return int(changed), id
