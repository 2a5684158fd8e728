"""Files of rows as people send them: CSV, JSON, JSON Lines, XLSX. Bounded, streamed where the format allows, faults named by place.

    for row in reading.open_rows(path): row.number, row.values, row.faults
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_BYTES: Final = 64 * 2**20
"""The largest file but JSON Lines, which are read line by line."""


class Place(NamedTuple):
    """Something wrong at a place of a row: the column's name (or, in XLSX, its cell) and what, in Chinese."""

    column: str
    message: str


class RawRow(NamedTuple):
    """One row: its number as an editor or spreadsheet shows it (the header is 1; of JSON the position in the list, from 1).

    `values`: of CSV and XLSX a dict from column to text, of JSON whatever the element is. A row with faults must not be used.
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

    Raises Unreadable, also in the middle: rows given out before it are good.
    """
    raise Unreadable(0, "", "尚不可读")


def document(path: Path, most: int = MOST_BYTES) -> Any:
    """A JSON file as a whole, within the same bounds. Raises Unreadable. For formats with more than one list."""
    raise Unreadable(0, "", "尚不可读")
