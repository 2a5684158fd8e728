"""Files of rows as people send them: CSV, JSON, JSON Lines, XLSX. Bounded, streamed where the format allows, faults named by place.

for row in reading.open_rows(path): row.number, row.values, row.faults
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_BYTES: Final = 64 * 2**20
"""The largest file but JSON Lines, which are read line by line."""
MOST_TEXT: Final = 100_000
"""Characters of one value; no field of an item takes more than 20,000."""
MOST_COLUMNS: Final = 1_000
LINES: Final = frozenset({".jsonl", ".ndjson"})

_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS: Final = {
    b"%PDF": "PDF",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"Rar!": "RAR 压缩包",
    b"\x1f\x8b": "GZIP 压缩包",
}
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")


class Place(NamedTuple):
    """Something wrong at a place of a row: the column's name (in XLSX with its cell) and what, in Chinese."""

    column: str
    message: str


class RawRow(NamedTuple):
    """One row: its number as a spreadsheet shows it (the header is 1; of JSON the position in the list, from 1; of JSON Lines the line).

    `values`: of CSV and XLSX a dict from column to text without blanks around it, of JSON whatever the element is. A row with
    faults must not be used.
    """

    number: int
    values: Any
    faults: tuple[Place, ...] = ()


class Unreadable(Exception):
    """The file, or the rest of it, cannot be read: row (0 = the file), column (or cell) and why, in Chinese."""

    def __init__(self, row: int, column: str, message: str) -> None:
        super().__init__(message)
        self.row, self.column, self.message = row, column, message


def open_rows(path: Path, sheet: str = "", most: int = MOST_BYTES) -> Iterator[RawRow]:
    """The rows of a file, its format told by its content. `sheet` names the sheet of an XLSX; empty = the first visible one.

    Raises Unreadable, also in the middle: rows given out before it are good. A file above `most` bytes is refused before it is read.
    """
    head = checked_head(path, most)
    if head.startswith(_ZIP):
        from services.catalog import reading_xlsx

        return reading_xlsx.rows(path, sheet, most)
    if sheet:
        raise Unreadable(0, "", "只有 XLSX 文件有工作表，不能指定工作表名")
    from services.catalog import reading_json, reading_text

    if path.suffix.lower() in LINES or reading_json.is_lines(path):
        return reading_json.lines(path)
    encoding = reading_text.encoding_of(path)
    if reading_text.begins_json(path, encoding):
        return reading_json.elements(path, encoding)
    return reading_text.csv_rows(path, encoding)


def document(path: Path, most: int = MOST_BYTES) -> Any:
    """A JSON file as a whole, within the same bounds; None when it is none. Raises Unreadable. For formats with more than one list."""
    if checked_head(path, most).startswith(_ZIP) or path.suffix.lower() in LINES:
        return None
    from services.catalog import reading_json, reading_text

    if reading_json.is_lines(path):
        return None
    encoding = reading_text.encoding_of(path)
    if not reading_text.begins_json(path, encoding):
        return None
    return reading_json.whole(path, encoding)


def checked_head(path: Path, most: int) -> bytes:
    """The first bytes of a file that may be read: an ordinary file, not too large, of no format that is never read."""
    try:
        told = path.stat()
        if not stat.S_ISREG(told.st_mode):
            raise Unreadable(0, "", "不是普通文件")
        if told.st_size > most and path.suffix.lower() not in LINES:
            size = f"文件有 {told.st_size / 2**20:.1f} MiB，超过上限 {most / 2**20:g} MiB"
            raise Unreadable(0, "", f"{size}；更大的数据请分成几个文件，或用 JSON Lines（.jsonl）")
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise Unreadable(0, "", f"无法读取文件（{error.strerror}）") from error
    if not head:
        raise Unreadable(0, "", "文件是空的")
    if head.startswith(_OLE):
        raise Unreadable(0, "", _old(path))
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise Unreadable(0, "", f"是{name}，不是 CSV、JSON、JSON Lines 或 XLSX")
    return head


def _old(path: Path) -> str:
    """Why a compound file (OLE) is refused: an encrypted XLSX is one, too."""
    mark, kept = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            if mark in kept + chunk:
                return "XLSX 文件加了密码，请取消密码后再用"
            kept = chunk[-len(mark) :]
    return "是旧格式的 .xls 文件，请另存为 .xlsx 或 CSV"


def text_fault(text: str) -> str:
    """What is wrong with a value as text; empty when nothing is."""
    if len(text) > MOST_TEXT:
        return f"内容有 {len(text)} 个字符，超过上限 {MOST_TEXT}"
    if "\0" in text:
        return "内容中有空字符（NUL）"
    if len(text) < 24 and _SCIENTIFIC.fullmatch(text):
        return f"“{text}”是被表格软件改成的科学计数法，原来的编码已丢失，请设为文本格式后重新填写"
    return ""


def column_names(cells: list[str]) -> list[str]:
    """Names of the columns from the header; a blank one is named by its position. Raises Unreadable for names used twice."""
    names = [cell.strip().lstrip("\ufeff") or f"第{position}列" for position, cell in enumerate(cells, 1)]
    while names and names[-1] == f"第{len(names)}列":
        names.pop()
    if not names:
        raise Unreadable(1, "", "第一行没有列名")
    if len(names) > MOST_COLUMNS:
        raise Unreadable(1, f"第{MOST_COLUMNS + 1}列", f"有 {len(names)} 列，超过上限 {MOST_COLUMNS}")
    for position, name in enumerate(names):
        if (first := names.index(name)) < position:
            raise Unreadable(1, name, f"列名“{name[:100]}”重复（第{first + 1}列和第{position + 1}列）")
        if wrong := text_fault(name):
            raise Unreadable(1, f"第{position + 1}列", f"列名不可用：{wrong}")
    return names


def row_of(number: int, names: list[str], cells: list[str], faults: tuple[Place, ...] = ()) -> RawRow | None:
    """A row of a table from its cells; None when it is blank. Too many cells are a fault, too few are blank ones."""
    values = [cell.strip() for cell in cells]
    if not any(values) and not faults:
        return None
    wrong = [Place(name, told) for name, value in zip(names, values, strict=False) if (told := text_fault(value))]
    if any(values[len(names) :]):
        wrong.append(
            Place(f"第{len(names) + 1}列", f"有 {len(values)} 列，表头只有 {len(names)} 列（内容里的分隔符或引号有误）")
        )
    values += [""] * (len(names) - len(values))
    return RawRow(number, dict(zip(names, values, strict=False)), (*faults, *wrong))
