"""Lists and rates read from the chapters of an api's index: the rules of `model_lists` as statements.

Every statement is about what was in force at one instant in a region and a department, and reads one state of the index.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from services.catalog import model_lists
from services.catalog.search_chapters import Row, milliseconds
from standards import codes

_COLUMNS: Final = ", ".join(Row._fields)
_IN_FORCE: Final = "since <= :at AND until > :at"
_REGION: Final = "region >= :region AND region < :region || ':'"


class Place(NamedTuple):
    """Where and when: a region's prefix and a department's code, both empty for any, and an instant."""

    region: str
    department: str
    at: datetime

    def values(self) -> dict[str, Any]:
        """What the statements are told."""
        prefix = codes.region_prefix(self.region)
        return {"region": prefix, "department": self.department, "at": milliseconds(self.at)}


class Line(NamedTuple):
    """One item of a list or behind a rate, with its part of the numerator and of the denominator."""

    row: Row
    counts: int
    of: int


class Reading:
    """One connection, with the codes of the 权责清单 that were in force then, and the columns `model_lists.figures` adds."""

    def __init__(self, reader: sqlite3.Connection, place: Place, duty_codes: Collection[str], figures: str) -> None:
        self._reader = reader
        self._values = place.values()
        self._from = _from(place, figures)
        reader.create_function("linked", 2, _linked(duty_codes))

    def sums(self, wanted: Mapping[str, str], by: str = "") -> list[dict[str, Any]]:
        """Sums of expressions by name over all items, one row for each value of the column `by`."""
        names = [f"coalesce(sum({sql}), 0) AS {name}" for name, sql in wanted.items()]
        chosen = ", ".join([*([by] if by else []), "count(*) AS items", *names])
        grouped = f"GROUP BY {by} ORDER BY {by}" if by else ""
        found = self._reader.execute(f"SELECT {chosen} FROM {self._from} {grouped}", self._values)  # noqa: S608
        columns = [one[0] for one in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found]

    def count(self, where: str) -> int:
        """How many items a condition holds of."""
        found = self._reader.execute(f"SELECT count(*) FROM {self._from} WHERE {where}", self._values)  # noqa: S608
        return int(found.fetchone()[0])

    def names(self) -> dict[str, str]:
        """The names of the departments by their codes."""
        chosen = f"SELECT department, max(department_name) FROM {self._from} GROUP BY department"  # noqa: S608
        return dict(self._reader.execute(chosen, self._values))

    def duty_codes(self) -> Iterator[list[str]]:
        """Of each item that names any, the entries of the 权责清单 it names."""
        chosen = f"SELECT rest FROM {self._from} WHERE duties > 0"  # noqa: S608
        for (rest,) in self._reader.execute(chosen, self._values):
            yield orjson.loads(rest)["duty_codes"]

    def lines(self, where: str, counts: str, of: str, after: str = "", most: int = -1) -> Iterator[Line]:
        """The items a condition holds of, by code, from the one after a code on."""
        values = self._values | {"after": after, "most": most}
        statement = f"""
            SELECT {_COLUMNS}, ({counts}), ({of}) FROM {self._from} WHERE ({where}) AND code > :after ORDER BY code LIMIT :most
        """  # noqa: S608 - of rules and names of columns; what is asked for are parameters
        for found in self._reader.execute(statement, values):
            yield Line(Row._make(found[:-2]), int(found[-2]), int(found[-1]))


def _from(place: Place, figures: str) -> str:
    """What lists and rates are about, as a table."""
    region = f"INDEXED BY chapters_region WHERE {_REGION} AND" if place.region else "NOT INDEXED WHERE"
    department = "AND department = :department" if place.department else ""
    chosen = f"FROM chapters {region} {_IN_FORCE} {department} AND {model_lists.UNIVERSE}"
    return f"(SELECT *, {figures} {chosen})"


def _linked(duty_codes: Collection[str]) -> Any:
    known = frozenset(duty_codes)

    def linked(duties: int, rest: str) -> int:
        return int(bool(duties) and not known.isdisjoint(orjson.loads(rest).get("duty_codes", ())))

    return linked
