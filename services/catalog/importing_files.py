"""Opens a file, tells by its content which format it is, and gives its rows out one by one, checked."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from chassis import fields
from chassis.errors import Refused, Violation
from services.catalog import (
    importing_guangan,
    importing_hunan,
    importing_own,
    model_checks,
    model_themes_checks,
    reading,
    reading_json,
    store_files,
)
from services.catalog.importing_defaults import Row, bad
from services.catalog.reading import RawRow, Unreadable
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes

_FAULTS: Final[Mapping[type, Any]] = {
    pb.ItemDefinition: model_checks.faults,
    themes.ThemeDefinition: model_themes_checks.faults,
}
_UNKNOWN: Final = "无法识别的格式：不是已知的 JSON，表头也不是已知的列"


def rows(path: Path) -> Iterator[Row]:
    """Every row of a file, checked: a bad one has no definition and says why. A code used before in the file is bad."""
    return checked(read(path))


def read(path: Path) -> Iterator[Row]:
    """Every row of a file as its format maps it, not yet checked. What cannot be read ends it with a bad row."""
    try:
        yield from _mapped(path)
    except Unreadable as unreadable:
        yield bad(unreadable.row, unreadable.column, unreadable.message)


def checked(found: Iterable[Row], skip: int = 0) -> Iterator[Row]:
    """Rows against the contract's field rules and the model's; the first `skip` are taken as good, since they were checked before."""
    seen: dict[tuple[type, str], str] = {}
    levels: set[str] = set()
    for position, row in enumerate(found):
        one = row if position < skip else _checked(row)
        if one.definition is not None:
            place, key = f"{one.part}第 {one.number} 行", (type(one.definition), _key(one.definition))
            if seen.setdefault(key, place) != place:
                one = bad(one.number, "code", f"编码与{seen[key]}重复")._replace(part=one.part)
        # A level above that several items share is brought with the first of them.
        above = tuple(level for level in one.above if _new(levels, level)) if one.definition is not None else ()
        yield one._replace(above=above)


def rough_rows(path: Path) -> int | None:
    """About how many rows a file of lines has, for the progress; None for other formats."""
    try:
        if path.suffix.lower() not in (*reading.LINES, ".csv"):
            return None
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
    except OSError:
        return None


def _guide_file(path: Path) -> items.UploadGuideFileRequest | None:
    """A form or sample of guides, as a whole; None for what is a table (an XLSX, too) or cannot be read."""
    try:
        if path.stat().st_size > store_files.MOST_BYTES:
            return None
        with path.open("rb") as file:
            if not file.read(4).startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"PK\x03\x04")):
                return None
        content = path.read_bytes()
    except OSError:
        return None
    kind = store_files.media_type(content)
    if kind is None or kind.endswith(".sheet"):
        return None
    return items.UploadGuideFileRequest(request_id="import-guide-file", name=path.name[:200], content=content)


def _mapped(path: Path) -> Iterator[Row]:
    if upload := _guide_file(path):
        yield Row(1, upload, [], [])
        return
    reading.checked_head(path, reading.MOST_BYTES)
    lines = path.suffix.lower() in reading.LINES or reading_json.is_lines(path)
    content = None if lines else reading.document(path)
    if content is not None:
        yield from importing_hunan.read(content) if importing_hunan.matches(content) else importing_own.read(content)
        return
    found = reading.open_rows(path)
    first = next(found, None)
    if first is None:
        yield bad(1, "", _UNKNOWN)
        return
    columns = set(first.values) if isinstance(first.values, dict) else set()
    everything = chain((first,), found)
    if lines:
        yield from (_row(raw, importing_own.line) for raw in everything)
    elif columns >= importing_guangan.COLUMNS:
        yield from (_row(raw, importing_guangan.row) for raw in everything)
    elif (table := importing_own.Table(columns)).known:
        yield from (_row(raw, table.row) for raw in everything)
    else:
        yield bad(1, "", _UNKNOWN)


def _row(raw: RawRow, mapped: Any) -> Row:
    if raw.faults:
        return Row(raw.number, None, [Violation(one.column, "BAD_ROW", one.message) for one in raw.faults], [])
    return mapped(raw.number, raw.values)  # type: ignore[no-any-return]


def _checked(row: Row) -> Row:
    if row.definition is None:
        return row
    try:
        for message in (row.definition, *row.above):
            fields.check(message)
        faults = _FAULTS.get(type(row.definition))
        found = faults(row.definition) if faults else []
    except Refused as refused:
        found = list(refused.violations)
    return Row(row.number, None, found, [], part=row.part) if found else row


def _key(definition: Any) -> str:
    """What may stand once in a file: a code; of a theme, or of words, one for a region."""
    region = "" if isinstance(definition, pb.ItemDefinition) else getattr(definition, "region", "")
    return f"{getattr(definition, 'code', '')}/{region}"


def _new(seen: set[str], level: Any) -> bool:
    key = f"{type(level).__name__}/{level.code}"
    known = key in seen
    seen.add(key)
    return not known
