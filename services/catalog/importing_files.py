"""Opens a file and tells by its content which format it is."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from chassis import rpc
from chassis.errors import Refused, Violation
from services.catalog import importing_guangan, importing_hunan, importing_own
from services.catalog.importing_defaults import Row, Rows, bad
from services.catalog.model_checks import doubts, faults

# What older Chinese spreadsheets are saved in.
_ENCODINGS = ("utf-8-sig", "gb18030")


def rows(path: Path) -> Iterator[Row]:
    """Every row of a file, checked: a bad one has no definition and says why. A code used before in the file is bad."""
    seen: dict[str, int] = {}
    for row in _read(path):
        checked = _checked(row)
        if checked.definition is not None:
            code = checked.definition.code
            first = seen.setdefault(code, checked.number)
            if first != checked.number:
                checked = bad(checked.number, "code", f"编码与第 {first} 行重复")
        yield checked


def _read(path: Path) -> Rows:
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        return [bad(0, "", f"无法读取文件（{error.strerror}）")]
    except UnicodeDecodeError:
        return [bad(0, "", "文件既不是 UTF-8 也不是 GB18030 编码")]
    if text.lstrip()[:1] in ("{", "["):
        try:
            content = json.loads(text)
        except ValueError as error:
            return [bad(getattr(error, "lineno", 0), "", "不是有效的 JSON")]
        return importing_hunan.read(content) if importing_hunan.matches(content) else importing_own.read_json(content)
    header = {name.strip() for name in next(csv.reader(io.StringIO(text)), [])}
    if header >= importing_guangan.COLUMNS:
        return importing_guangan.read(text)
    if header >= importing_own.NEEDED:
        return importing_own.read_csv(text)
    return [bad(1, "", "无法识别的格式：不是已知的 JSON，表头也不是已知的列")]


def _decoded(content: bytes) -> str:
    for encoding in _ENCODINGS[:-1]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode(_ENCODINGS[-1])


def _checked(row: Row) -> Row:
    """A row against the contract's field rules and the model's."""
    if row.definition is None:
        return row
    try:
        rpc.check(row.definition)
        found = faults(row.definition)
    except Refused as refused:
        found = list(refused.violations)
    if found:
        return Row(row.number, None, [Violation(one.field, one.reason, one.message) for one in found], [])
    return row._replace(doubts=[*row.doubts, *doubts(row.definition)])
