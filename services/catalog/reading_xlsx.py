"""XLSX: values by python-calamine, after the archive is known to be bounded and the sheet was scanned for what values do not tell.

A cell with a formula or an error, and one that is merged with others, is a fault of its row: what it says is computed or belongs to other
rows. A code stored as a number has lost its leading zeros or its last digits, and is one, too.
"""

import datetime
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from services.catalog.reading import Place, RawRow, Unreadable, column_names, row_of

MOST_ENTRIES: Final = 2_000
MOST_TIMES: Final = 8
"""All entries unpacked, in times of the largest file."""
MOST_RATIO, RATIO_FROM = 200, 10 * 2**20
"""No entry above that size unpacks to more than so many times its packed size."""
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 300_000, 1_000, 12_000_000
"""Of the used area: a single cell far out would make a table of everything before it."""
EXACT: Final = 10**15
"""Numbers from here on have lost digits (IEEE 754 double, 15 significant digits in spreadsheets)."""

_CODE_COLUMN = re.compile(
    r"编码|信用代码|(?:catalog|task|dept|implement(?:ation)?|base|duty|former)_?(?:code|uscc)s?$|^code$|\.code$|task_handle_item",
    re.IGNORECASE,
)
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_CHUNK: Final = 2**18
_FAULTS_A_ROW: Final = 5
_FORMULA, _ERROR, _MERGED = "是公式，请把公式的结果粘贴为数值", "是错误值", "是合并单元格，请取消合并后逐行填写"


class _Sheet(NamedTuple):
    name: str
    visible: bool
    part: str


class _Scan:
    """What the XML of a sheet tells beside its values."""

    def __init__(self) -> None:
        self.faults: dict[int, list[tuple[str, str]]] = {}
        self.merged: list[tuple[str, int, int, str]] = []
        self.rows = self.columns = 0
        self._cell = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._cell = attributes.get("r", "")
            if found := _CELL.fullmatch(self._cell):
                self._seen(_column(found[1]), int(found[2]))
            if attributes.get("t") == "e":
                self._fault(_ERROR)
        elif name == "f":
            self._fault(_FORMULA)
        elif name == "mergeCell" and (found := _RANGE.fullmatch(attributes.get("ref", ""))):
            self.merged.append((found[0], int(found[2]), int(found[4]), found[1]))
            if len(self.merged) > MOST_ROWS:
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


def _scanned(path: Path, sheet: str, most: int) -> tuple[_Sheet, _Scan]:
    """The sheet that is meant, and what its XML tells; every entry was unpacked once and is as large as it says."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            entries = _bounded(archive, most)
            chosen = _chosen(_sheets(file, entries), sheet)
            if chosen.part not in entries:
                raise Unreadable(0, "", f"找不到工作表“{chosen.name}”的内容")
            scan = _Scan()
            for name, entry in entries.items():
                _parse(file, entry, scan.start) if name == chosen.part else _drain(file, entry)
            return chosen, scan
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError) as error:
        raise Unreadable(0, "", "不是有效的 XLSX 文件（压缩包已损坏）") from error
    except expat.ExpatError as error:
        raise Unreadable(
            0, "", f"XLSX 中的 XML 有误（{expat.ErrorString(error.code)}，第 {error.lineno} 行）"
        ) from error


def _bounded(archive: zipfile.ZipFile, most: int) -> dict[str, zipfile.ZipInfo]:
    """The entries by name. Raises Unreadable for an archive that declares too much."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(0, "", f"压缩包中有 {len(entries)} 个文件，超过上限 {MOST_ENTRIES}")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable(0, "", "XLSX 文件加了密码，请取消密码后再用")
    total = sum(entry.file_size for entry in entries)
    if total > MOST_TIMES * most:
        raise Unreadable(0, "", f"解压后有 {total / 2**20:.0f} MiB，超过上限 {MOST_TIMES * most / 2**20:g} MiB")
    for entry in entries:
        if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise Unreadable(0, "", f"压缩包中的 {entry.filename[:60]} 压缩比超过 {MOST_RATIO}，疑为压缩炸弹")
    if "xl/workbook.xml" not in archive.NameToInfo:
        raise Unreadable(0, "", "是压缩包，但不是 XLSX 文件（没有 xl/workbook.xml）")
    if len(archive.NameToInfo) < len(entries):
        raise Unreadable(0, "", "压缩包中有同名文件")
    return dict(archive.NameToInfo)


def _unpacked(file: Any, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's content in pieces, counted: more than it declares is refused, whatever its checksum says."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header")
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    if inflate is None and entry.compress_type != zipfile.ZIP_STORED:
        raise NotImplementedError(entry.compress_type)
    left, told = entry.compress_size, entry.file_size
    while left > 0 and (packed := file.read(min(_CHUNK, left))):
        left -= len(packed)
        while packed:
            piece = inflate.decompress(packed, _CHUNK) if inflate else packed
            packed = inflate.unconsumed_tail if inflate else b""
            told -= len(piece)
            if told < 0:
                raise Unreadable(0, "", f"压缩包中的 {entry.filename[:60]} 解压后比声明的大，疑为压缩炸弹")
            yield piece


def _drain(file: Any, entry: zipfile.ZipInfo) -> None:
    tail = b""
    for piece in _unpacked(file, entry):
        if entry.filename.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in tail + piece or b"<!ENTITY" in tail + piece):
            raise Unreadable(0, "", _DTD)
        tail = piece[-10:]


_DTD: Final = "XLSX 中的 XML 含有 DTD 或实体定义，不予读取"


def _parse(file: Any, entry: zipfile.ZipInfo, start: Callable[[str, dict[str, str]], None]) -> None:
    """Runs an XML entry through expat: no document type, no entities, so nothing grows and nothing outside is read."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: Any) -> None:
        raise Unreadable(0, "", _DTD)

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    for piece in _unpacked(file, entry):
        parser.Parse(piece, False)
    parser.Parse(b"", True)


def _sheets(file: Any, entries: dict[str, zipfile.ZipInfo]) -> list[_Sheet]:
    """Worksheets in their order: name, whether it is visible, and the entry that holds it."""
    found: list[tuple[str, bool, str]] = []
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith(" sheet"):
            relation = next((value for name, value in attributes.items() if name.endswith(" id")), "")
            found.append((attributes.get("name", ""), attributes.get("state", "visible") == "visible", relation))

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith(" Relationship") and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(file, entries["xl/workbook.xml"], sheet)
    if "xl/_rels/workbook.xml.rels" in entries:
        _parse(file, entries["xl/_rels/workbook.xml.rels"], relation)
    return [_Sheet(name, visible, _part(targets[id])) for name, visible, id in found if id in targets]


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _chosen(sheets: list[_Sheet], name: str) -> _Sheet:
    wanted = [sheet for sheet in sheets if (sheet.name == name if name else sheet.visible)]
    if wanted:
        return wanted[0]
    if not name:
        raise Unreadable(0, "", "没有可见的工作表")
    raise Unreadable(
        0, "", f"没有名为“{name[:40]}”的工作表（有：{'、'.join(sheet.name for sheet in sheets[:10])[:200]}）"
    )
