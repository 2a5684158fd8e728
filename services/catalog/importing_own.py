"""The project's own JSON and JSON Lines, and flat lists of any platform whose columns are known (`columns`). See README.md."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from chassis.errors import Violation
from services.catalog import columns, importing_words
from services.catalog.importing_defaults import Row, bad, default_fields, default_steps, implementation_of
from standards import item_codes
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary

# Lists of a JSON document in the order they are brought: what others stand on comes first.
LISTS: Final[Mapping[str, Callable[[], Message]]] = {
    "entries": directory.EntryDefinition,
    "implementations": directory.ImplementationDefinition,
    "items": pb.ItemDefinition,
    "themes": themes.ThemeDefinition,
    "vocabularies": vocabulary.Vocabulary,
}
_NEEDED: Final = frozenset({"code", "name"})
_CODES: Final = ("code", "base_code", "implementation_code")
_NO_FIELD = re.compile(r'no field named "([^"]+)"')
_BAD_FIELD = re.compile(r"Failed to parse (\S+) field")


def read(content: Any) -> Iterator[Row]:
    """The definitions of a JSON document, each list numbered from 1."""
    if not isinstance(content, dict) or not any(isinstance(content.get(name), list) for name in LISTS):
        yield bad(0, "items", f"JSON 中没有 {'、'.join(LISTS)} 之一的列表")
        return
    for name, made in LISTS.items():
        for number, one in enumerate(content.get(name) or (), 1):
            yield line(number, one) if name == "items" else _parsed(number, one, made())._replace(part=name)


def line(number: int, values: Any) -> Row:
    """An item of a JSON list, or a line of JSON Lines: a definition, or a flat row."""
    if isinstance(values, dict) and not columns.whole(values):
        table = Table(values)
        return table.row(number, {name: columns.text_of(value) for name, value in values.items()})
    return _parsed(number, values, pb.ItemDefinition())


class Table:
    """A flat table with these columns; unknown ones are named with its first row and not read."""

    def __init__(self, names: Iterable[str]) -> None:
        self._columns = columns.columns_of(names)
        self._unknown = sorted(self._columns.unknown)
        self.known = {column.field for column in self._columns.known.values()} >= _NEEDED
        """Whether it has what no item does without."""

    def row(self, number: int, values: Mapping[str, str]) -> Row:
        """A row as an item."""
        item, faults = columns.definition_of(self._columns, values)
        doubts = [Violation(name, "COLUMN_UNKNOWN", f"未知的列“{name}”，已忽略") for name in self._unknown]
        self._unknown = []
        if faults:
            return Row(number, None, [Violation(column, "BAD_ROW", message) for column, message in faults], doubts)
        for name in _CODES:
            setattr(item, name, item_codes.normal_code(getattr(item, name)))
        for material in item.materials:
            material.kind = importing_words.material_kind(material.name)
        if not item.steps:
            item.steps.extend(default_steps())
        item.form_fields.extend(default_fields())
        return with_levels(Row(number, item, [], doubts))


def _parsed(number: int, one: Any, into: Message) -> Row:
    if not isinstance(one, dict):
        return bad(number, "", "不是一个对象")
    try:
        row = Row(number, ParseDict(one, into), [], [])
    except ParseError as error:
        if unknown := _NO_FIELD.search(str(error)):
            return bad(number, unknown[1], "没有此字段")
        field = _BAD_FIELD.search(str(error))
        return bad(number, field[1] if field else "", "取值无法识别")
    return with_levels(row) if isinstance(row.definition, pb.ItemDefinition) else row


def with_levels(row: Row) -> Row:
    """The item with the codes its own code tells, and the implementation it belongs to (C.1.2: 33 = 31 + 2, 31 ends in the 12)."""
    item = row.definition
    assert isinstance(item, pb.ItemDefinition)
    item.implementation_code = item.implementation_code or item_codes.implementation_of(item.code)
    item.base_code = item.base_code or item_codes.base_of(item.implementation_code)
    if not item.implementation_code:
        return row
    if not item.duty_codes:
        item.duty_codes.append(item.implementation_code)
    return row._replace(above=(implementation_of(item),))
