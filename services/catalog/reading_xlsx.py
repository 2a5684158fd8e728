"""XLSX: values by python-calamine, after the archive is known to be bounded and the sheet was scanned for what values do not tell.

A cell with a formula or an error, and one that is merged with others, is a fault of its row: what it says is computed or belongs to other
rows. A code stored as a number has lost its leading zeros or its last digits, and is one, too.
"""

import datetime
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from services.catalog import reading_package as package
from services.catalog.reading import MOST_COLUMNS, Place, RawRow, Unreadable, column_names, row_of
from services.catalog.reading_package import Sheet

MOST_MERGED_ROWS: Final = 2_000_000
MOST_TEXTS: Final = 4
"""Characters of all cells with a shared text, in times of the largest file's bytes."""
MOST_ROWS, MOST_CELLS = 300_000, 12_000_000
"""Of the used area: a single cell far out would make a table of everything before it."""
EXACT: Final = 10**15
"""Numbers from here on have lost digits (IEEE 754 double, 15 significant digits in spreadsheets)."""

_CODE_COLUMN = re.compile(
    r"编码|信用代码|(?:catalog|task|dept|implement(?:ation)?|base|duty|former)_?(?:code|uscc)s?$|^code$|\.code$|task_handle_item",
    re.IGNORECASE,
)
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ROW = re.compile(r"[0-9]{1,7}")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_FAULTS_A_ROW: Final = 5
_FORMULA, _ERROR, _MERGED = "是公式，请把公式的结果粘贴为数值", "是错误值", "是合并单元格，请取消合并后逐行填写"


class _Texts:
    """How long each shared text is."""

    def __init__(self) -> None:
        self.lengths = array("I")

    def start(self, tag: str, _: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "si":
            self.lengths.append(0)

    def text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _Scan:
    """What the XML of a sheet tells beside its values. A cell without a place of its own follows the one before it."""

    def __init__(self, lengths: Sequence[int], most_text: int) -> None:
        self.faults: dict[int, list[tuple[str, str]]] = {}
        self.merged: list[tuple[str, int, int, str]] = []
        self.rows = self.columns = self._merged_rows = 0
        self._row = self._column = 0
        self._cell = ""
        self._lengths, self._longest = lengths, max(lengths, default=0)
        self._text_left, self._most_text = most_text, most_text
        self._shared, self._index = False, ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._place(attributes.get("r"))
            kind = attributes.get("t")
            if kind == "e":
                self._fault(_ERROR)
            if self._shared:
                self.end()
            self._shared = kind == "s"
        elif name == "row":
            self._row, self._column = self._number(attributes.get("r")), 0
        elif name == "f":
            self._fault(_FORMULA)
        elif name == "mergeCell" and (found := _RANGE.fullmatch(attributes.get("ref", ""))):
            self._merge(found)

    def text(self, text: str) -> None:
        """The number of a shared text stands in its cell."""
        if self._shared:
            self._index += text

    def end(self) -> None:
        """Counts the shared text of the cell that ended: a short file may show a long text any number of times."""
        if self._shared:
            index = int(self._index) if self._index.isdecimal() and len(self._index) < 10 else -1
            self._text_left -= self._lengths[index] if 0 <= index < len(self._lengths) else self._longest
            self._shared, self._index = False, ""
            if self._text_left < 0:
                raise Unreadable(
                    self._row, self._cell, f"表格内容过多：重复的文字合计超过 {self._most_text // 2**20} 百万字符"
                )

    def _number(self, told: str | None) -> int:
        if told is None:
            return self._row + 1
        if not _ROW.fullmatch(told):
            raise Unreadable(0, told[:20], f"行号“{told[:20]}”有误")
        return int(told)

    def _place(self, told: str | None) -> None:
        if told is None:
            self._column += 1
            row, self._cell = self._row, f"{_letters(self._column)}{self._row}"
        elif found := _CELL.fullmatch(told):
            row, self._column, self._cell = int(found[2]), _column(found[1]), told
        else:
            raise Unreadable(self._row, told[:20], f"单元格位置“{told[:20]}”有误")
        self._seen(self._column, row)

    def _merge(self, found: "re.Match[str]") -> None:
        first, last = int(found[2]), int(found[4])
        self.merged.append((found[0], first, last, found[1]))
        self._merged_rows += max(min(last, MOST_ROWS) - first + 1, 1)
        if self._merged_rows > MOST_MERGED_ROWS:
            raise Unreadable(0, "", "合并单元格过多")

    def _seen(self, column: int, row: int) -> None:
        if row > MOST_ROWS or column > MOST_COLUMNS:
            raise Unreadable(row, self._cell, f"单元格 {self._cell} 超出范围（最多 {MOST_ROWS} 行、{MOST_COLUMNS} 列）")
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > MOST_CELLS:
            raise Unreadable(
                row, self._cell, f"表格过大：{self.rows} 行 × {self.columns} 列，超过 {MOST_CELLS} 个单元格"
            )

    def _fault(self, what: str) -> None:
        found = _CELL.fullmatch(self._cell)
        kept = self.faults.setdefault(int(found[2]) if found else 0, [])
        if len(kept) < _FAULTS_A_ROW:
            kept.append((self._cell, what))

    def of_rows(self) -> dict[int, list[tuple[str, str]]]:
        """Faults by row, those of merged cells with them."""
        for ref, first, last, column in self.merged:
            for row in range(first, min(last, self.rows) + 1):
                kept = self.faults.setdefault(row, [])
                if len(kept) < _FAULTS_A_ROW:
                    kept.append((f"{column}{row}", f"（{ref}）{_MERGED}"))
        return self.faults


def rows(path: Path, sheet: str, most: int) -> Iterator[RawRow]:
    """The rows of one sheet. Raises Unreadable."""
    from python_calamine import CalamineError, CalamineWorkbook

    chosen, scan = _scanned(path, sheet, most)
    faults = scan.of_rows()
    try:
        with CalamineWorkbook.from_path(path) as book:
            table = book.get_sheet_by_name(chosen.name)
            start = table.start
            if start is None:
                raise Unreadable(1, "", f"工作表“{chosen.name}”是空的")
            yield from _rows(table.iter_rows(), start[1], faults)
    except (CalamineError, OSError) as error:
        raise Unreadable(0, "", f"不是有效的 XLSX 文件（{str(error)[:100]}）") from error


def _rows(table: Iterator[list[Any]], offset: int, faults: dict[int, list[tuple[str, str]]]) -> Iterator[RawRow]:
    names: list[str] = []
    for number, cells in enumerate(table, 1):
        if not names:
            texts = [""] * offset + [_text(cell) for cell in cells]
            if not any(texts) and number not in faults:
                continue
            if number in faults:
                cell, what = faults[number][0]
                raise Unreadable(number, cell, f"表头{what}")
            names = column_names(texts)
            codes = [bool(_CODE_COLUMN.search(name)) for name in names]
            continue
        wrong = [Place(_named(names, cell), f"{cell} {what}") for cell, what in faults.get(number, ())]
        for position, cell in enumerate(cells, offset):
            told = _number_fault(cell, codes[position]) if position < len(names) else ""
            if told:
                wrong.append(Place(names[position], f"{_letters(position + 1)}{number} {told}"))
        row = row_of(number, names, [""] * offset + [_text(cell) for cell in cells], tuple(wrong))
        if row is not None:
            yield row


def _number_fault(number: Any, code: bool) -> str:
    if not isinstance(number, (int, float)) or isinstance(number, bool):
        return ""
    if abs(number) >= EXACT:
        return f"数字 {number:.15g} 超过 15 位，末尾已丢失，编码请设为文本格式"
    return f"编码被存为数字 {number:.15g}，前导零可能已丢失，请设为文本格式" if code else ""


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, truths as 是 and 否, dates as ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else f"{cell:.15g}"
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (datetime.date, datetime.time)) else str(cell)


def _named(names: list[str], cell: str) -> str:
    found = _CELL.fullmatch(cell)
    position = _column(found[1]) - 1 if found else len(names)
    return names[position] if position < len(names) else cell


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _scanned(path: Path, sheet: str, most: int) -> tuple[Sheet, _Scan]:
    """The sheet that is meant, and what its XML tells; every entry was unpacked once and is as large as it says."""
    try:
        with path.open("rb") as file:
            entries = package.entries_of(file, most)
            sheets, texts = package.sheets_of(file, entries)
            chosen = _chosen(sheets, sheet)
            if chosen.part not in entries:
                raise Unreadable(0, "", f"找不到工作表“{chosen.name}”的内容")
            for name, entry in entries.items():
                if name not in (chosen.part, texts):
                    package.drain(file, entry)
            shared = _Texts()
            if texts:
                package.parse(file, entries[texts], shared.start, shared.text)
            scan = _Scan(shared.lengths, MOST_TEXTS * most)
            package.parse(file, entries[chosen.part], scan.start, scan.text if texts else None)
            scan.end()
            return chosen, scan
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError, LookupError) as error:
        raise Unreadable(0, "", "不是有效的 XLSX 文件（压缩包已损坏）") from error
    except expat.ExpatError as error:
        raise Unreadable(
            0, "", f"XLSX 中的 XML 有误（{expat.ErrorString(error.code)}，第 {error.lineno} 行）"
        ) from error


def _chosen(sheets: list[Sheet], name: str) -> Sheet:
    wanted = [sheet for sheet in sheets if (sheet.name == name if name else sheet.visible)]
    if wanted:
        return wanted[0]
    if not name:
        raise Unreadable(0, "", "没有可见的工作表")
    raise Unreadable(
        0, "", f"没有名为“{name[:40]}”的工作表（有：{'、'.join(sheet.name for sheet in sheets[:10])[:200]}）"
    )
