"""Records: one document is the present state of a thing and the journal of what happened to it. The record is the outbox.

One act is one atomic write: changed fields of the state, the new journal entries and the mark `unsent` for the relay.
Optimistic (version), idempotent (cause), tamper-evident (digest), replayable (evolve).
"""

import hashlib
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import ModuleType
from typing import Any, Generic, TypeVar

import cattrs
import orjson
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, DuplicateKeyError

from chassis.acts import Cause, Evolve, Moment, now
from chassis.errors import ABORTED, FAILED_PRECONDITION, Refused, Violation, invalid, not_found
from chassis.filters import matches
from chassis.guards import Guard
from chassis.plain import plain

S = TypeVar("S")
T = TypeVar("T")
Filter = Mapping[str, Any]
Document = dict[str, Any]
# Fields with 1 (ascending) or -1.
Order = Sequence[tuple[str, int]]

NAMESPACE = uuid.UUID("6c1f1d0a-2f3b-5d52-9c53-7a9d1b1f6e11")
MAX_ENTRIES = 500
ATTEMPTS = 10

_converter = cattrs.Converter()
_converter.register_structure_hook(datetime, lambda value, _: value)
# A part of a stored state, for who reads no more of it.
structure = _converter.structure


@dataclass(frozen=True, slots=True)
class Record(Generic[S]):
    """A record as read: its state and its journal, oldest first."""

    id: str
    version: int
    state: S
    journal: Sequence[Document]


def record_id(cause: str) -> str:
    """The id a creation takes from its cause, so that the same cause cannot create twice."""
    return str(uuid.uuid5(NAMESPACE, cause))


def canonical(entry: Filter) -> bytes:
    """Canonical JSON (RFC 8785) of an entry without its digest: sorted keys, no blanks, no floats, instants in UTC."""
    plain = {key: value for key, value in entry.items() if key != "digest"}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


DIGESTS = ("sha256", "sm3")
# What new entries are chained by: SHA-256 unless the process was told otherwise at its start.
_digest = {"alg": "sha256"}


def digest_by(name: str) -> None:
    """New entries of this process are chained by `sha256` or `sm3`; a journal may change over between two entries."""
    _digest["alg"] = name


def chain(previous: str, entry: Filter) -> str:
    """The digest of an entry: SHA-256, or what its `alg` says, over the previous digest and the entry."""
    return hashlib.new(entry.get("alg", "sha256"), previous.encode() + canonical(entry)).hexdigest()


def broken_at(journal: Iterable[Filter]) -> int | None:
    """The seq of the first entry whose digest or number does not follow, None when the chain is whole."""
    previous = ""
    for number, entry in enumerate(journal, 1):
        known = entry.get("alg", "sha256") in DIGESTS
        if not known or entry["seq"] != number or entry["digest"] != chain(previous, entry):
            return number
        previous = entry["digest"]
    return None


class Records(Generic[S]):
    """The records of one kind in one collection. `events` is the module of its event messages, `evolve` the pure model."""

    def __init__(self, collection: Collection[Document], state: type[S], evolve: Evolve, events: ModuleType) -> None:
        self.collection = collection
        self.evolve = evolve
        self._state = state
        self._events = events

    def before_write(self, state: S) -> None:
        """Hears each new state before it is written, which may then fail or come again. A kind whose records are counted marks here what
        is to be counted anew."""

    def ensure_indexes(self, *keys: Sequence[tuple[str, int]], unique: Sequence[str] = ()) -> None:
        """Declares the relay's and the optimistic write's index, then those given (state fields, with their direction)."""
        self.collection.create_index([("_id", 1), ("version", 1)], name="id_version")
        self.collection.create_index([("unsent", 1)], name="unsent", partialFilterExpression={"unsent": True})
        for key in keys:
            self.collection.create_index(list(key), name="_".join(field for field, _ in key))
        for field in unique:
            self.collection.create_index([(field, 1)], name=f"{field}_unique", unique=True, sparse=True)

    def create(
        self, cause: Cause, decide: Callable[[str], Message | list[Message]], id: str | None = None
    ) -> Record[S]:
        """Creates a record by the events `decide(id)` returns. The same cause again answers with the present record.

        Refuses with INVALID_ARGUMENT REQUEST_ID_REUSED for the cause with another command, and lets pymongo's
        DuplicateKeyError through when another unique index is hit (the caller knows what it means).
        """
        id = id or record_id(cause.key)
        try:
            document = self._document(id, _listed(decide(id)), cause)
            _steady(self.collection.insert_one, document)
        except (Refused, DuplicateKeyError):
            # What was right then may be refused now; a repeated cause still gets its record.
            if (found := self.collection.find_one({"_id": id})) is None:
                raise
            return self._again(found, cause)
        return self._record(document)

    def change(
        self,
        id: str,
        cause: Cause,
        decide: Callable[[S], Message | list[Message] | None],
        visible: Filter | None = None,
        room: int = 0,
        guard: Guard | None = None,
    ) -> Record[S]:
        """Writes the events `decide(state)` returns, or nothing for None. The same cause again changes nothing.

        NOT_FOUND when there is none or it is not visible; ABORTED when the race was lost too often; FAILED_PRECONDITION
        JOURNAL_FULL when the journal has no more than `room` entries left, which are for what ends things; the guard's own refusal when
        the store's clock does not allow the write.
        """
        for attempt in range(ATTEMPTS):
            if changed := _steady(self._attempt, id, cause, decide, visible, room, guard):
                return changed
            time.sleep(random.uniform(0, 0.002 * 2**attempt))
        raise Refused(ABORTED, "CHANGED_MEANWHILE", "该记录正被他人修改，请稍后重试")

    def _attempt(
        self, id: str, cause: Cause, decide: Callable[[S], Any], visible: Filter | None, room: int, guard: Guard | None
    ) -> Record[S] | None:
        document = self._load(id, visible)
        if _caused(document, cause):
            return self._again(document, cause)
        state = self._structure(document)
        events = decide(state)
        if events is None:
            return self._record(document)
        written = self._write(document, state, _listed(events), cause, room, guard)
        if written is None and guard and self._load(id, visible)["version"] == document["version"]:
            raise guard.refused  # nobody wrote meanwhile: it was the clock
        return written

    def get(self, id: str, visible: Filter | None = None, min_version: int = 0) -> Record[S]:
        """One record. NOT_FOUND also when it is not visible; waits up to a second for `min_version`, then ABORTED."""
        for _ in range(20):
            document = self._load(id, visible)
            if document["version"] >= min_version:
                return self._record(document)
            time.sleep(0.05)
        raise Refused(ABORTED, "NOT_THAT_NEW_YET", "数据尚未更新，请稍后重试")

    def find(self, query: Filter) -> Record[S] | None:
        """The one record that matches, if any."""
        document = self.collection.find_one(query)
        return self._record(document) if document else None

    def select(self, query: Filter, order: Order = (), skip: int = 0, limit: int = 0) -> list[Record[S]]:
        """Records that match, without their journals. Keep the query bounded by an index: a store may sort in memory."""
        found = self.collection.find(query, {"journal": 0})
        if order:
            found = found.sort(list(order))
        return [self._record(document) for document in found.skip(skip).limit(limit)]

    def event(self, entry: Filter) -> Message:
        """The event message of a journal entry."""
        return parse_event(self._events, entry["type"], entry["data"])

    def replay(self, journal: Iterable[Filter]) -> S:
        """The state the journal alone gives."""
        state: Any = None
        for entry in journal:
            event = self.event(entry)
            state = self.evolve[type(event)](state, event, Moment(entry["at"], entry["by"]))
        return state  # type: ignore[no-any-return]

    def drift(self, document: Document) -> list[str]:
        """Fields of the stored state that the journal does not give; empty when it replays to the state."""
        replayed = _converter.unstructure(self.replay(document["journal"]))
        stored = document["state"]
        return sorted(field for field in replayed if replayed[field] != stored.get(field))

    def _load(self, id: str, visible: Filter | None) -> Document:
        # By the id alone, and the filter here: the embedded store scans for an id together with another field.
        document = self.collection.find_one({"_id": id})
        if document is None or not matches(document, visible or {}):
            raise not_found()
        return document

    def _structure(self, document: Document) -> S:
        return _converter.structure(document["state"], self._state)

    def _record(self, document: Document) -> Record[S]:
        return Record(document["_id"], document["version"], self._structure(document), document.get("journal", ()))

    def _again(self, document: Document, cause: Cause) -> Record[S]:
        entry = _caused(document, cause)
        if entry is None or entry["request"] != cause.request:
            raise invalid(Violation("request_id", "REQUEST_ID_REUSED", "同一 request_id 已用于另一请求"))
        return self._record(document)

    def _document(self, id: str, events: list[Message], cause: Cause) -> Document:
        state, entries = self._apply(None, events, cause, 0, "")
        self.before_write(state)
        return {
            "_id": id,
            "version": len(entries),
            "sent": 0,
            "unsent": True,
            "state": _converter.unstructure(state),
            "journal": entries,
        }

    def _write(
        self, document: Document, state: S, events: list[Message], cause: Cause, room: int, guard: Guard | None
    ) -> Record[S] | None:
        version, journal = document["version"], document["journal"]
        if version + len(events) > MAX_ENTRIES - room:
            raise Refused(FAILED_PRECONDITION, "JOURNAL_FULL", "该记录的变更次数已达上限")
        after, entries = self._apply(state, events, cause, version, journal[-1]["digest"], guard)
        self.before_write(after)
        # Compared as the model has them: a list that was not touched keeps what a newer version put into it.
        fresh = _converter.unstructure(after)
        changed = {f"state.{key}": fresh[key] for key in fresh if getattr(after, key) != getattr(state, key)}
        written = self.collection.update_one(
            {"_id": document["_id"], "version": version, **(guard.filter() if guard else {})},
            {
                "$set": changed | {"unsent": True},
                "$push": {"journal": {"$each": entries}},
                "$inc": {"version": len(entries)},
            },
        )
        if not written.matched_count:
            return None
        return Record(document["_id"], version + len(entries), after, [*journal, *entries])

    def _apply(
        self, state: S | None, events: list[Message], cause: Cause, version: int, head: str, guard: Guard | None = None
    ) -> tuple[S, list[Document]]:
        at = guard.within(now()) if guard else now()
        moment = Moment(at, cause.by)
        entries = []
        for event in events:
            version += 1
            entry: Document = {
                "seq": version,
                "type": event.DESCRIPTOR.name,
                "schema": 1,
                "at": at,
                "by": cause.by,
                "cause": cause.key,
                "request": cause.request,
                "trace": cause.trace,
                "data": plain(event),
            }
            if _digest["alg"] != "sha256":
                entry["alg"] = _digest["alg"]
            head = entry["digest"] = chain(head, entry)
            state = self.evolve[type(event)](state, event, moment)
            entries.append(entry)
        assert state is not None
        return state, entries


@lru_cache(maxsize=256)
def event_class(events: ModuleType, name: str) -> type[Message]:
    """The message class of an event type; KeyError for a type the module does not have."""
    return getattr(events, events.DESCRIPTOR.message_types_by_name[name].name)  # type: ignore[no-any-return]


def parse_event(events: ModuleType, name: str, data: Mapping[str, Any]) -> Message:
    """An event message from its proto3 JSON form; unknown fields are ignored (a newer writer)."""
    return ParseDict(dict(data), event_class(events, name)(), ignore_unknown_fields=True)


def _steady(write: Callable[..., T], *arguments: Any) -> T:
    """A write that loads before it decides, once more after a broken connection: the cause tells whether it was done."""
    try:
        return write(*arguments)
    except AutoReconnect:
        return write(*arguments)


def _listed(events: Message | list[Message]) -> list[Message]:
    return events if isinstance(events, list) else [events]


def _caused(document: Document, cause: Cause) -> Document | None:
    return next((entry for entry in document["journal"] if entry["cause"] == cause.key), None)
