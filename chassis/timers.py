"""Timers: what is due in a record happens, group by group, once. A group whose records cannot be changed keeps no other waiting.

Survives kills (what is due stays due, the cause says whether it was done) and jumps of the clock: nothing fires while the clocks of
worker and store differ, since what is deemed cannot be undone. A state tells its `due` (None = nothing) and `due_of`.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from chassis import store as stores
from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.records import Filter, Record, Records
from chassis.telemetry import log
from standards.codes import region_prefix

S = TypeVar("S")
Fire = Callable[[S, datetime], Message | list[Message] | None]
Decide = Callable[[S], Message | list[Message] | None]
# What is due longer than this has been looked at already, or waits for a backup that was restored: the first round looks back further.
REACH = timedelta(days=3660)
# A record that cannot be changed is left alone for so long.
PATIENCE = timedelta(minutes=1)
# As many of one group are taken in one round.
BATCH = 100
# No record has more of them at once.
MOST_ENDS = 50


class Timing(Generic[S]):
    """The timer over the records of one kind. `service` is who does it, `fire` what the model makes of an end that is reached, `groups`
    tells the groups there are, `path` where a record tells its own."""

    def __init__(
        self, service: str, records: Records[S], fire: Fire[S], groups: Callable[[], Iterable[str]], path: str
    ) -> None:
        self._by = f"system:{service}"
        self._records = records
        self._fire = fire
        self._groups, self._path = groups, path
        self._left_alone: dict[str, datetime] = {}

    def round(self) -> int:
        """One round over all groups; how many ends were acted on."""
        if not self._sure():
            log("timing").warning("clocks_differ")
            return 0
        return sum(self._group(group) for group in self._groups())

    def _group(self, group: str) -> int:
        instant, fired = now(), 0
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > instant}
        most = BATCH + len(self._left_alone)
        for id, at, what in due(self._records, (self._path, group), instant - REACH, instant, most):
            if id in self._left_alone:
                continue
            try:
                self._end(id, at, what)
                fired += 1
            except Exception as error:  # whatever is wrong with one record: the others' ends are the law's
                self._left_alone[id] = instant + PATIENCE
                reason = error.reason if isinstance(error, Refused) else type(error).__name__
                log("timing").error("timer_refused", record=id, timer=what, reason=reason)
        return fired

    def change(
        self, id: str, cause: Cause, decide: Decide[S], visible: Filter | None = None, room: int = 0
    ) -> Record[S]:
        """An act on a record, as `records.change`. What is due in it by then happens first, whether or not the timer came round."""

        late: list[bool] = []

        def in_time(state: Any) -> Message | list[Message] | None:
            late[:] = [state.due is not None and state.due <= now() and self._sure()]
            return None if late[0] else decide(state)

        changed = self._records.change(id, cause, in_time, visible, room)
        if not any(late):
            return changed
        self.catch_up(id)
        return self._records.change(id, cause, decide, visible, room)

    def catch_up(self, id: str) -> None:
        """All that is due in one record happens now, the earliest first, as the timer would do it."""
        for _ in range(MOST_ENDS):
            state: Any = self._records.get(id).state
            if state.due is None or state.due > now():
                return
            self._end(id, state.due, state.due_of)

    def _sure(self) -> bool:
        return stores.clocks_agree(self._records.collection.database)

    def _end(self, id: str, at: datetime, what: str) -> None:
        cause = Cause(key=f"timer/{what}/{at.isoformat()}", by=self._by)
        self._records.change(id, cause, lambda state: self._fire(state, now()))


class Groups:
    """Which groups have something with a due date, so that a timer takes each by itself: a group is where it happens, the first `digits`
    of a region's code."""

    def __init__(self, collection: Collection[Any], digits: int) -> None:
        self._groups, self._digits = collection, digits
        self._known: set[str] = set()

    def know(self, region: str) -> None:
        """Makes a region's group known, before its first record is there."""
        group = region[: self._digits]
        if group not in self._known:
            with suppress(DuplicateKeyError):
                self._groups.insert_one({"_id": group})
            self._known.add(group)

    def within(self, region: str) -> list[str]:
        """Those of a region: of a larger one each of its own, of a smaller one the group it lies in."""
        prefix = region_prefix(region)[: self._digits]
        return [group for group in self.all() if group.startswith(prefix)]

    def all(self) -> list[str]:
        """All of them, sorted."""
        return sorted(row["_id"] for row in self._groups.find({}, {"_id": 1}))


def due(
    records: Records[Any], group: tuple[str, str], since: datetime, until: datetime, most: int
) -> list[tuple[str, datetime, str]]:
    """Ids of the records of a group (path and value) with something due, since when and what; the longest due first, at most so many
    (0 = all). Wants an index on (path, state.due)."""
    query = {group[0]: group[1], "state.due": {"$gte": since, "$lte": until}}
    found = records.collection.find(query, {"state.due": 1, "state.due_of": 1}).sort("state.due", 1).limit(most)
    return [(row["_id"], row["state"]["due"], row["state"]["due_of"]) for row in found]
