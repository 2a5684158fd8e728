"""The rows of any file as definitions for the lint: the project's own JSON, the province's guides, or a flat list of any platform."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError

from services.catalog import columns, importing_hunan, reading
from services.catalog.columns import Columns, OwnMap
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes

_TOLD_BY: Final = {"results": "result_name", "places": "windows", "laws": "legal_basis", "fees": "fee_note"}
"""Fields of one meaning: a flat list that has the one tells the other."""
_OF_LIST: Final = frozenset({"name", "necessity", "when", "one_of", "maker", "stage", "kind", "standard", "title", ""})
"""Parts of list elements that names alone tell something of; flat lists have no more."""
_NEEDS_ALL: Final = frozenset({"L009", "L015"})
"""Rules that ask for parts no flat list has."""
_PATH = re.compile(r"([a-z_]+)(?:\[\d+\])?\.?([a-z_]*)")


class LintRow(NamedTuple):
    """A row: where it stands, its definition unless it cannot be read at all, and (column, message) of what cannot."""

    number: int
    item: pb.ItemDefinition | None
    faults: tuple[tuple[str, str], ...] = ()


class Source:
    """A file that is linted: its rows, and what was learned of its columns on the way."""

    def __init__(
        self, path: Path, sheet: str = "", own: OwnMap = columns.NO_MAP, most: int = reading.MOST_BYTES
    ) -> None:
        self.path = path
        self.name = path.name
        """What reports call it; set to more where two files have one name."""
        self._most = most
        self._sheet, self._own = sheet, own
        self.columns: Columns | None = None
        """Of a flat list; None while unread and where rows are whole definitions."""
        self.unknown: set[str] = set()

    def rows(self) -> Iterator[LintRow]:
        """The rows, read one by one. Raises reading.Unreadable."""
        known: dict[tuple[str, ...], Columns] = {}
        for row in reading.open_rows(self.path, self._sheet, self._most):
            if row.number == 1 and isinstance(row.values, dict) and "rights_code" in row.values:
                content = reading.document(self.path, self._most)
                if importing_hunan.matches(content):
                    yield from _guides(content)
                    return
            if row.faults:
                yield LintRow(row.number, None, tuple((one.column, one.message) for one in row.faults))
            elif not isinstance(row.values, dict):
                yield LintRow(row.number, None, (("", "不是一个事项对象"),))
            elif columns.whole(row.values):
                yield _whole(row.number, row.values)
            else:
                names = tuple(row.values)
                if names not in known:
                    if len(known) > 1000:
                        known.clear()
                    known[names] = self._learn(names)
                yield _flat(row.number, known[names], row.values)

    def _learn(self, names: tuple[str, ...]) -> Columns:
        found = columns.columns_of(names, self._own)
        fields = {column.field for column in found.known.values()}
        if not fields & {"name", "code"}:
            raise reading.Unreadable(
                1, "", f"没有事项名称或编码的列（现有：{'、'.join(names[:10])[:200]}），请用 --columns 指明"
            )
        self.columns = (
            found if self.columns is None else self.columns._replace(known={**self.columns.known, **found.known})
        )
        self.unknown.update(found.unknown)
        return found

    def tells(self, rule: str, path: str) -> bool:
        """Whether the file tells the field a finding is on: a list without a column for it is not to be blamed row by row."""
        if self.columns is None:
            return True
        found = _PATH.match(path)
        if found is None:
            return True
        field, part = found[1], found[2]
        if rule in _NEEDS_ALL or ("[" in path and part not in _OF_LIST):
            return False
        fields = self._present()
        return field in fields or _TOLD_BY.get(field) in fields

    def absent(self) -> list[str]:
        """Fields no column tells: what rules say of them was not looked at."""
        if self.columns is None:
            return []
        present = self._present()
        return [
            name
            for field in pb.ItemDefinition.DESCRIPTOR.fields
            if (name := field.name) not in present and _TOLD_BY.get(name) not in present
        ]

    def _present(self) -> set[str]:
        assert self.columns is not None
        return {column.field.partition(".")[0] for column in self.columns.known.values()}


def _guides(content: Any) -> Iterator[LintRow]:
    """The items of a province's guides, as the import maps them."""
    for row in importing_hunan.read(content):
        if row.part != "themes" and not isinstance(row.definition, themes.ThemeDefinition):
            item = row.definition if isinstance(row.definition, pb.ItemDefinition) else None
            yield LintRow(row.number, item, tuple((fault.field, fault.message) for fault in row.faults))


def _whole(number: int, values: dict[str, Any]) -> LintRow:
    try:
        return LintRow(number, definition(values))
    except ParseError as error:
        return LintRow(number, None, (("", f"不是有效的事项定义（{' '.join(str(error).split())[:160]}）"),))


def definition(values: dict[str, Any]) -> pb.ItemDefinition:
    """A definition from its proto3 JSON. Raises ParseError.

    Built field by field in C, ten times as fast as ParseDict, which is left what that does not take (numbers as text, unknown fields).
    """
    try:
        return pb.ItemDefinition(**{_snake(name): _plain(value) for name, value in values.items() if value is not None})
    except (TypeError, ValueError, AttributeError):
        return ParseDict(values, pb.ItemDefinition())


_LONG: Final = frozenset(field.name for field in pb.Fee.DESCRIPTOR.fields if field.cpp_type == field.CPPTYPE_UINT64)
"""Fields of 64 bits, which proto3 JSON writes as text; only fees have some."""
_SNAKES: dict[str, str] = {}


def _snake(name: str) -> str:
    found = _SNAKES.get(name)
    if found is None:
        found = re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name)
        if len(_SNAKES) < 10_000:
            _SNAKES[name] = found
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        built = {_snake(name): _plain(part) for name, part in value.items() if part is not None}
        for name in _LONG.intersection(built):
            if isinstance(built[name], str):
                built[name] = int(built[name])
        return built
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _flat(number: int, known: Columns, values: dict[str, Any]) -> LintRow:
    item, faults = columns.definition_of(known, {name: columns.text_of(value) for name, value in values.items()})
    return LintRow(number, item, tuple(faults))
