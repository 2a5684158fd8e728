"""The project's own formats: JSON (`{"items": [ItemDefinition as proto3 JSON, …]}`) and a flat CSV. See README.md."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError

from chassis.errors import Violation
from services.catalog.importing_defaults import Row, bad, default_fields, default_steps, material_keys, step_kind
from yiwang.catalog.v1 import service_pb2 as pb

NEEDED = frozenset({"code", "name"})
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
}
_TRUTHS = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_NO_FIELD = re.compile(r'no field named "([^"]+)"')
_BAD_FIELD = re.compile(r"Failed to parse (\S+) field")


def read_json(content: Any) -> Iterator[Row]:
    """The definitions of `items`, numbered from 1."""
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(items, list):
        yield bad(0, "items", "JSON 中没有 items 列表")
        return
    for number, one in enumerate(items, 1):
        yield _parsed(number, one)


def _parsed(number: int, one: Any) -> Row:
    if not isinstance(one, dict):
        return bad(number, "", "不是一个事项对象")
    try:
        return Row(number, ParseDict(one, pb.ItemDefinition()), [], [])
    except ParseError as error:
        if unknown := _NO_FIELD.search(str(error)):
            return bad(number, unknown[1], "没有此字段")
        field = _BAD_FIELD.search(str(error))
        return bad(number, field[1] if field else "", "取值无法识别")


def read_csv(text: str) -> Iterator[Row]:
    """The rows of a flat file; a row's number is its line. Columns are those of COLUMNS, in any order."""
    reader = csv.DictReader(io.StringIO(text))
    unknown = [name for name in reader.fieldnames or () if name.strip() not in COLUMNS]
    for values in reader:
        if unknown:
            doubt = [Violation(name, "COLUMN_UNKNOWN", "未知的列，已忽略") for name in unknown]
            unknown = []
        else:
            doubt = []
        row = _row(reader.line_num, {key.strip(): (value or "").strip() for key, value in values.items() if key})
        yield row._replace(doubts=[*row.doubts, *doubt])


def _row(number: int, values: Mapping[str, str]) -> Row:
    content: dict[str, Any] = {}
    for column, read in COLUMNS.items():
        if text := values.get(column, ""):
            try:
                _place(content, column, read(text))
            except (ValueError, KeyError):
                return bad(number, column, f"“{text[:40]}”无法识别")
    row = _parsed(number, content)
    if row.definition is not None:
        if not row.definition.steps:
            row.definition.steps.extend(default_steps())
        row.definition.form_fields.extend(default_fields())
    return row


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
        {"key": key, "name": name, "necessity": necessity}
        for key, (name, necessity) in zip(keys, split, strict=True)
    ]  # fmt: skip


def _necessity(part: str) -> tuple[str, int]:
    word, colon, name = part.replace("：", ":", 1).partition(":")
    return (name.strip(), NECESSITIES[word]) if colon and word in NECESSITIES else (part, pb.NECESSITY_REQUIRED)


COLUMNS: Final[Mapping[str, Callable[[str], Any]]] = {
    "code": str,
    "baseCode": str,
    "name": str,
    "aliases": _listed,
    "typeCode": lambda text: text.zfill(2),
    "department.code": str,
    "department.name": str,
    "region": str,
    "serviceObjects": _listed,
    "statutoryLimit.amount": int,
    "statutoryLimit.unit": _unit,
    "statutoryLimit.note": str,
    "promisedLimit.amount": int,
    "promisedLimit.unit": _unit,
    "promisedLimit.note": str,
    "conditions": str,
    "legalBasis": str,
    "steps": _steps,
    "materials": _materials,
    "charged": _truth,
    "feeNote": str,
    "resultName": str,
    "visits": int,
    "online": _truth,
    "topics": _listed,
    "windows": str,
    "phone": str,
    "sourceNote": str,
}
"""Columns of the flat CSV: the JSON field, with a dot for one within another, and how its text is read."""
