"""Text files: which encoding, and CSV row by row. UTF-8 (also with BOM), UTF-16 with BOM, GB18030; others are refused by place."""

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from services.catalog.reading import RawRow, Unreadable, column_names, row_of

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMES: Final = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}
_CHUNK: Final = 2**20
_QUOTED = re.compile(r'"[^"]*"')
MOST_FIELD: Final = 2**20
"""Characters of one CSV field: beyond it a quote is open, and what follows cannot be told apart."""
MOST_RECORD: Final = 4 * 2**20
"""Characters of one CSV record: a line of commas alone would become a list of millions of cells."""


def encoding_of(path: Path) -> str:
    """The encoding a file can be decoded by from end to end. Raises Unreadable with row and byte where the better one breaks."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable(0, "", "是 UTF-32 编码，请另存为 UTF-8")
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            if broken := _broken(path, encoding):
                raise Unreadable(*_told(path, broken, encoding))
            return encoding
    if head.count(0) > len(head) // 5:
        raise Unreadable(1, "", "不是文本文件，或是没有 BOM 的 UTF-16，请另存为 UTF-8")
    places = {}
    for encoding in ("utf-8-sig", "gb18030"):
        broken = _broken(path, encoding)
        if broken is None:
            return encoding
        places[encoding] = broken
    # The encoding that goes further is the one it is meant to be.
    meant = max(places, key=lambda encoding: places[encoding])
    raise Unreadable(*_told(path, places[meant], meant))


def _broken(path: Path, encoding: str) -> int | None:
    """The position of the first byte that cannot be decoded; None when all can be."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return max(read - waiting + error.start, 0)
            if not chunk:
                return None
            read += len(chunk)


def _told(path: Path, position: int, encoding: str) -> tuple[int, str, str]:
    row, left = 1, position
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            row += chunk.count(b"\n")
            left -= len(chunk)
    return row, "", f"第 {position + 1} 个字节不是 {_NAMES[encoding]} 编码（文件须为 UTF-8 或 GB18030）"


def begins_json(path: Path, encoding: str) -> bool:
    """Whether the text begins like a JSON list or object."""
    with path.open(encoding=encoding) as file:
        return file.read(4096).lstrip()[:1] in ("{", "[")


def csv_rows(path: Path, encoding: str) -> Iterator[RawRow]:
    """The rows of a CSV with a header; separated by comma, semicolon or tabulator, whichever the header has most of."""
    csv.field_size_limit(max(MOST_FIELD, csv.field_size_limit()))
    with path.open(encoding=encoding, newline="") as file:
        header = _QUOTED.sub("", file.readline(MOST_FIELD))
        file.seek(0)
        separator = max(",\t;", key=header.count)
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        names: list[str] = []
        for number, cells in _numbered(reader, lines):
            if not names:
                names = column_names(cells)
            elif (row := row_of(number, names, cells)) is not None:
                yield row


class _Lines:
    """The lines of a file, as long as those of one record stay within bounds."""

    def __init__(self, file: TextIO) -> None:
        self._file, self.record, self._left = file, 0, MOST_RECORD

    def begin(self) -> int:
        """A record begins; its number."""
        self.record, self._left = self.record + 1, MOST_RECORD
        return self.record

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(self._left + 1):
            self._left -= len(line)
            if self._left < 0:
                raise Unreadable(self.record, "", f"一行超过 {MOST_RECORD:,} 个字符")
            yield line


def _numbered(reader: Iterator[list[str]], lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """Records with their numbers; blank lines are records, as in a spreadsheet."""
    while True:
        number = lines.begin()
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(
                number, "", _CSV_ERRORS.get(str(error).split(" (")[0], f"引号或分隔符有误（{error}）")
            ) from error


_CSV_ERRORS: Final = {
    "unexpected end of data": "引号没有成对，直到文件末尾都在同一个引号里",
    "field larger than field limit": "一个单元格超过 1,048,576 个字符，多半是引号没有成对",
    "',' expected after '\"'": "引号之后不是分隔符：内容里的引号须写成两个",
    "'\t' expected after '\"'": "引号之后不是分隔符：内容里的引号须写成两个",
    "';' expected after '\"'": "引号之后不是分隔符：内容里的引号须写成两个",
}
