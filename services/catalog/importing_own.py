"""The project's own formats: JSON with lists of definitions, JSON Lines, and a flat table (CSV, XLSX, JSON Lines). See README.md."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from chassis.errors import Violation
from services.catalog import importing_words as words
from services.catalog.importing_defaults import (
    Row,
    bad,
    default_fields,
    default_steps,
    implementation_of,
    material_keys,
    step_kind,
)
from standards import item_codes
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as pb
from yiwang.catalog.v1 import themes_pb2 as themes
from yiwang.catalog.v1 import vocabulary_pb2 as vocabulary

NEEDED = frozenset({"code", "name"})
# Lists of a JSON document in the order they are brought: what others stand on comes first.
LISTS: Final[Mapping[str, Callable[[], Message]]] = {
    "entries": directory.EntryDefinition,
    "implementations": directory.ImplementationDefinition,
    "items": pb.ItemDefinition,
    "themes": themes.ThemeDefinition,
    "vocabularies": vocabulary.Vocabulary,
}
UNITS: Final = {
    "工作日": "TIME_UNIT_WORKING_DAY",
    "自然日": "TIME_UNIT_NATURAL_DAY",
    "小时": "TIME_UNIT_HOUR",
    "月": "TIME_UNIT_MONTH",
    "即办": "TIME_UNIT_AT_ONCE",
}
NECESSITIES: Final = {
    "必要": pb.NECESSITY_REQUIRED,
    "非必要": pb.NECESSITY_OPTIONAL,
    "容缺后补": pb.NECESSITY_DEFERRABLE,
    "有条件": pb.NECESSITY_CONDITIONAL,
}
CASE_KINDS: Final = {"即办件": pb.CASE_KIND_AT_ONCE, "承诺件": pb.CASE_KIND_PROMISED}
REVIEW_KINDS: Final = {"即审即办": pb.REVIEW_KIND_AT_ONCE, "前审后批": pb.REVIEW_KIND_THEN_DECIDED}
FORMS: Final = {
    "窗口": pb.HANDLING_FORM_WINDOW,
    "网上": pb.HANDLING_FORM_WEB,
    "移动端": pb.HANDLING_FORM_MOBILE,
    "快递": pb.HANDLING_FORM_POST,
    "自助": pb.HANDLING_FORM_KIOSK,
}
REACHES: Final = {
    "不通办": pb.REACH_NONE,
    "全县": pb.REACH_COUNTY,
    "全市": pb.REACH_CITY,
    "全省": pb.REACH_PROVINCE,
    "跨省": pb.REACH_NATION,
}
_TRUTHS = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_NO_FIELD = re.compile(r'no field named "([^"]+)"')
_BAD_FIELD = re.compile(r"Failed to parse (\S+) field")


def read(content: Any) -> Iterator[Row]:
    """The definitions of a JSON document, each list numbered from 1."""
    if not isinstance(content, dict) or not any(isinstance(content.get(name), list) for name in LISTS):
        yield bad(0, "items", f"JSON 中没有 {'、'.join(LISTS)} 之一的列表")
        return
    for name, made in LISTS.items():
        for number, one in enumerate(content.get(name) or (), 1):
            yield _parsed(number, one, made())._replace(part="" if name == "items" else name)


def line(number: int, values: Any) -> Row:
    """A line of JSON Lines: an item's definition, or a flat row where a name has a dot or the lists are texts."""
    if isinstance(values, dict) and _flat(values):
        return _row(number, {str(key): _text(value) for key, value in values.items()})
    return _parsed(number, values, pb.ItemDefinition())


class Table:
    """A flat table with these columns; unknown ones are named with its first row and not read."""

    def __init__(self, columns: Collection[str]) -> None:
        self._unknown = sorted(name for name in columns if name.strip() not in COLUMNS)

    def row(self, number: int, values: Mapping[str, str]) -> Row:
        """A row as an item."""
        doubts = [Violation(name, "COLUMN_UNKNOWN", f"未知的列“{name}”，已忽略") for name in self._unknown]
        self._unknown = []
        row = _row(number, values)
        return row._replace(doubts=[*row.doubts, *doubts])


def _flat(values: Mapping[str, Any]) -> bool:
    return any("." in str(name) for name in values) or isinstance(values.get("materials"), str)


def _text(value: Any) -> str:
    return "" if value is None else ("是" if value else "否") if isinstance(value, bool) else str(value).strip()


def _parsed(number: int, one: Any, into: Message) -> Row:
    if not isinstance(one, dict):
        return bad(number, "", "不是一个对象")
    try:
        definition = ParseDict(one, into)
    except ParseError as error:
        if unknown := _NO_FIELD.search(str(error)):
            return bad(number, unknown[1], "没有此字段")
        field = _BAD_FIELD.search(str(error))
        return bad(number, field[1] if field else "", "取值无法识别")
    return (
        with_levels(Row(number, definition, [], []))
        if isinstance(definition, pb.ItemDefinition)
        else Row(number, definition, [], [])
    )


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


def _row(number: int, values: Mapping[str, str]) -> Row:
    content: dict[str, Any] = {}
    for column, reader in COLUMNS.items():
        if text := values.get(column, ""):
            try:
                _place(content, column, reader(text))
            except (ValueError, KeyError):
                return bad(number, column, f"“{text[:40]}”无法识别")
    content.setdefault("steps", default_steps_plain())
    row = _parsed(number, content, pb.ItemDefinition())
    if isinstance(row.definition, pb.ItemDefinition):
        row.definition.form_fields.extend(default_fields())
    return row


def default_steps_plain() -> list[dict[str, Any]]:
    """The default steps as JSON."""
    return [{"name": step.name, "kind": step.kind} for step in default_steps()]


def _place(content: dict[str, Any], column: str, value: Any) -> None:
    *path, last = column.split(".")
    for name in path:
        content = content.setdefault(name, {})
    content[last] = value


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split("[；;|\n]", text) if part.strip()]


def _truth(text: str) -> bool:
    return _TRUTHS[text.lower()]


def _unit(text: str) -> str:
    return text if text in UNITS.values() else UNITS[text]


def _steps(text: str) -> list[dict[str, Any]]:
    return [{"name": name, "kind": step_kind(name)} for name in _listed(text)]


def _materials(text: str) -> list[dict[str, Any]]:
    """`营业执照；非必要:授权委托书`; without a word before the colon a material is required."""
    split = [_necessity(part) for part in _listed(text)]
    keys = material_keys(name for name, _ in split)
    return [
        {"key": key, "name": name, "necessity": necessity, "kind": words.material_kind(name)}
        for key, (name, necessity) in zip(keys, split, strict=True)
    ]


def _necessity(part: str) -> tuple[str, int]:
    word, colon, name = part.replace("：", ":", 1).partition(":")
    return (name.strip(), NECESSITIES[word]) if colon and word in NECESSITIES else (part, pb.NECESSITY_REQUIRED)


def _results(text: str) -> list[dict[str, Any]]:
    return [{"name": one.name, "kind": one.kind} for one in words.results(text)]


def _laws(text: str) -> list[dict[str, Any]]:
    return [
        {"title": one.title, "article": one.article, "number": one.number, "text": one.text} for one in words.laws(text)
    ]


def _named(table: Mapping[str, int]) -> Callable[[str], int]:
    return lambda text: table[text]


def _each(table: Mapping[str, int]) -> Callable[[str], list[int]]:
    return lambda text: [table[one] for one in _listed(text)]


COLUMNS: Final[Mapping[str, Callable[[str], Any]]] = {
    "code": item_codes.normal_code,
    "baseCode": item_codes.normal_code,
    "implementationCode": item_codes.normal_code,
    "dutyCodes": _listed,
    "formerCodes": _listed,
    "name": str,
    "aliases": _listed,
    "typeCode": lambda text: text.zfill(2),
    "department.code": str,
    "department.name": str,
    "region": str,
    "exerciseLevel": str,
    "serviceObjects": _listed,
    "statutoryLimit.amount": int,
    "statutoryLimit.unit": _unit,
    "statutoryLimit.note": str,
    "promisedLimit.amount": int,
    "promisedLimit.unit": _unit,
    "promisedLimit.note": str,
    "caseKind": _named(CASE_KINDS),
    "reviewKind": _named(REVIEW_KINDS),
    "conditions": str,
    "quantityLimit": str,
    "applyBy": str,
    "legalBasis": str,
    "laws": _laws,
    "steps": _steps,
    "materials": _materials,
    "charged": _truth,
    "feeNote": str,
    "payOnline": _truth,
    "resultName": str,
    "results": _results,
    "visits": int,
    "visitReason": str,
    "online": _truth,
    "onlineDepths": lambda text: [int(one) for one in re.split(r"[；;^、,]", text) if one.strip()],
    "handlingForms": _each(FORMS),
    "reach": _named(REACHES),
    "postal": _truth,
    "bookable": _truth,
    "commitment": _truth,
    "intermediaryServices": _listed,
    "topics": _listed,
    "corporateTopics": _listed,
    "windows": str,
    "phone": str,
    "supervisionPhone": str,
    "sourceNote": str,
}
"""Columns of the flat table: the JSON field, with a dot for one within another, and how its text is read."""
