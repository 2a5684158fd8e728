"""Writes what an import read into the records in their normal way, one act each. Whatever is brought twice is written once."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message
from pymongo.errors import ConnectionFailure

from chassis.acts import Cause
from chassis.errors import Refused, Violation
from chassis.parts import Parts
from chassis.plain import plain
from chassis.records import Record, Records
from chassis.store import wait_for
from services.catalog import (
    model,
    model_directory,
    model_implementations,
    model_lines,
    model_standard,
    model_themes,
    model_vocabulary,
    store,
    store_directory,
    store_files,
    store_themes,
    store_vocabulary,
)
from services.catalog.importing_defaults import Row
from services.catalog.importing_report import BAD, CHANGED, NEW, UNCHANGED, Line, fault
from services.catalog.model_life import digest
from services.catalog.store_directory import Standard
from standards import lint
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary

# Seconds a standard may be out of date here.
FRESH: Final = 2.0


_NAMES: Final[dict[type, str]] = {
    directory.EntryDefinition: "基本目录条目",
    directory.ImplementationDefinition: "实施清单条目",
}


class Outcome(NamedTuple):
    """What became of a row: NEW, CHANGED, UNCHANGED or BAD, what is told about it, and whether its errors keep it a draft."""

    kind: str
    lines: list[Line]
    drafted: bool = False


class Kind(NamedTuple):
    """How one kind of definition is brought: its records, its id, and what is written of it."""

    records: Records[Any]
    id: Callable[[Any], str]
    bring: Callable[..., list[Message]]


class Importer:
    """Brings rows in; several threads may do so side by side."""

    def __init__(self, parts: Parts, live: bool, trace: str) -> None:
        self._database = parts.database
        self._live = live
        self._trace = trace
        self._kinds = _kinds(parts)
        # What had nothing in it when the run began need not be asked what it has: a county's first import writes only.
        self._empty = {
            made for made, kind in self._kinds.items() if kind.records.collection.find_one({}, {"_id": 1}) is None
        }
        self._entries: set[str] = set()
        self._files: set[str] = set()
        self._standards: dict[tuple[str, ...], Standard | None] = {}
        self._looked = -FRESH

    def bring(self, row: Row) -> Outcome:
        """Brings one row in, and before it the levels above it that are not there yet. Waits while the store is away."""
        if row.definition is None:
            return Outcome(BAD, [fault(one) for one in row.faults])
        while True:
            try:
                return self._bring(row)
            except Refused as refused:
                found = list(refused.violations) or [Violation("", refused.reason, refused.message)]
                return Outcome(BAD, [fault(one) for one in found])
            except ConnectionFailure:
                wait_for(self._database)

    def look(self, row: Row) -> Outcome:
        """What is told about a row that an earlier run brought in. Writes nothing."""
        if row.definition is None:
            return Outcome(BAD, [fault(one) for one in row.faults])
        lines, drafted = _told(row, row.definition)
        return Outcome(UNCHANGED, lines, drafted)

    def _bring(self, row: Row) -> Outcome:
        above = self._above(row)
        if isinstance(row.definition, items.UploadGuideFileRequest):
            return Outcome(self._file(row.definition), [])
        if not isinstance(row.definition, pb.ItemDefinition):
            lines, _ = _told(row, row.definition)
            lines += above
            # Words that officers keep are theirs: those of a file are for a region that has none.
            own = isinstance(row.definition, vocabulary.Vocabulary)
            return Outcome(self._write(row.definition, create_only=own), lines)
        standard = self._standard(row.definition)
        source = digest(plain(row.definition))
        definition = model_standard.held(standard.entry, row.definition) if standard else row.definition
        lines, drafted = _told(row, definition)
        lines += self._missing(definition)
        levels = Counter(line.kind for line in lines)
        kind = self._write(
            definition, not drafted, source=source, standard=standard.name if standard else "", levels=levels
        )
        return Outcome(kind, [*lines, *above], drafted)

    def _above(self, row: Row) -> list[Line]:
        """The levels above a row, where they are not there yet. One that is refused is told of and does not keep the row out."""
        lines = []
        for above in row.above:
            try:
                self._write(above, create_only=True)
            except Refused as refused:
                told = f"{_NAMES[type(above)]} {getattr(above, 'code', '')} 未建立：{refused.message}"
                lines.append(Line("", refused.reason, "base_code", told))
        return lines

    def _write(self, definition: Message | None, faultless: bool = True, create_only: bool = False, **more: Any) -> str:
        """NEW, CHANGED or UNCHANGED. `create_only`: what is there already is not touched, since others know it better."""
        kind = self._kinds[type(definition)]
        id = kind.id(definition)
        empty = type(definition) in self._empty
        known: Record[Any] | None = None if empty else next(iter(kind.records.select({"_id": id})), None)
        live = self._live and faultless

        def decide(state: Any) -> list[Message] | None:
            if create_only and state is not None:
                return None
            return kind.bring(state, id, definition, live, **more) or None

        if known and not decide(known.state):
            return UNCHANGED
        source = more.get("source") or digest(plain(definition))  # type: ignore[arg-type]
        # The version tells an import that brings an older definition back from one that is merely repeated.
        key = f"{model.IMPORTER}/import/{source}" + (f"/{known.version}" if known else "")
        cause = Cause(key, model.IMPORTER, trace=self._trace)
        store.write(kind.records, id, cause, decide, known=known is not None, room=store.ROOM)
        if isinstance(definition, directory.EntryDefinition):
            self._entries.update((definition.code, *definition.former_codes))
        return CHANGED if known else NEW

    def _file(self, upload: items.UploadGuideFileRequest) -> str:
        kind = store_files.media_type(upload.content)
        known = store_files.has(self._database, hashlib.sha256(upload.content).hexdigest())
        store_files.put(self._database, upload.name, kind or "", upload.content)
        return UNCHANGED if known else NEW

    def _missing(self, definition: pb.ItemDefinition) -> list[Line]:
        """Forms and samples a guide names that nobody brought."""
        named = {f"results[{n}].sample": one.sample.id for n, one in enumerate(definition.results)}
        for n, one in enumerate(definition.materials):
            named |= {f"materials[{n}].blank_form": one.blank_form.id, f"materials[{n}].sample": one.sample.id}
        found = []
        for path, id in named.items():
            if id and id not in self._files and not store_files.has(self._database, id):
                found.append(Line("", "FILE_UNKNOWN", path, "找不到该文件，请一并导入"))
            elif id:
                self._files.add(id)
        return found

    def _standard(self, definition: pb.ItemDefinition) -> Standard | None:
        if time.monotonic() - self._looked > FRESH:
            # A standard that is published while the import runs holds from then on.
            self._looked = time.monotonic()
            self._entries, self._standards = store_directory.codes_in_force(self._database), {}
        codes = model_standard.base_codes(definition)
        if self._entries.isdisjoint(codes):
            return None
        key = (*codes, definition.region)
        if key not in self._standards:
            self._standards[key] = store_directory.standard_of(self._database, definition)
        return self._standards[key]


def _words(state: Any, id: str, one: vocabulary.Vocabulary, live: bool) -> list[Message]:
    saved = model_vocabulary.save(state, one.region, one.groups, 0)
    return [saved] if saved else []


def _told(row: Row, definition: Message | None) -> tuple[list[Line], bool]:
    """The findings of the lint and the doubts of the import, and whether one of them keeps an item from being published."""
    doubts = [Line("", one.reason, one.field, one.message) for one in row.doubts]
    if not isinstance(definition, pb.ItemDefinition):
        return doubts, False
    found = lint.findings(definition)
    lines = [Line(one.level, one.rule, one.field, one.message) for one in found]
    return [*lines, *doubts], any(one.level == "error" for one in found)


def _kinds(parts: Parts) -> dict[type, Kind]:
    database = parts.database
    entry, implementation = model_directory.ENTRY, model_implementations.IMPLEMENTATION

    def line(kind: model_lines.Kind) -> Callable[..., list[Message]]:
        return lambda state, id, definition, live: model_lines.bring(kind, state, id, definition, live)

    return {
        pb.ItemDefinition: Kind(store.items(database), lambda one: store.item_id(one.code), model.bring),
        directory.EntryDefinition: Kind(
            store_directory.entries(database), lambda one: store_directory.entry_id(one.code), line(entry)
        ),
        directory.ImplementationDefinition: Kind(
            store_directory.implementations(database),
            lambda one: store_directory.implementation_id(one.code),
            line(implementation),
        ),
        themes.ThemeDefinition: Kind(
            store_themes.themes(database), lambda one: store_themes.theme_id(one.code, one.region), model_themes.bring
        ),
        vocabulary.Vocabulary: Kind(
            store_vocabulary.vocabularies(database),
            lambda one: store_vocabulary.vocabulary_id(one.region),
            _words,
        ),
    }
