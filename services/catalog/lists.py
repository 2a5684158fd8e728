"""Lists and rates of an api: what `model_lists` says, read from the index and the 权责清单 of one instant.

Only one of them is read at a time: the index has few readers, and searches need them more.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from sqlite3 import Connection
from typing import Any, Final, NamedTuple

import orjson

from services.catalog import duties, model_lists
from services.catalog.duties import Duties, Duty
from services.catalog.list_reading import Line, Place, Reading
from standards.depths import DepthStep
from yiwang.catalog.v1 import lists_pb2 as pb
from yiwang.catalog.v1 import service_pb2

# The 权责清单 proper; entries of the 公共服务清单 are public services.
_PUBLIC_SERVICE: Final = "20"
# Names of the sums of 四减: before and after, and the condition under which both are stated.
REDUCTIONS: Final = {
    "limit": ("days_before", "promised_days", "days_before >= 0 AND promised_days >= 0"),
    "materials": ("materials_before", "materials", "1"),
    "steps": ("steps_before", "steps", "1"),
    "visits": ("visits_before", "visits", "1"),
}


class Page(NamedTuple):
    """Lines of a list by code, and how many it has in all."""

    lines: list[pb.ListLine]
    total: int


class Lists:
    """Threads may share it."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        listed: Duties,
        table: Sequence[DepthStep],
    ) -> None:
        self._reading = reading
        self._duties = listed
        self._figures = model_lists.figures(table)
        self._turn = threading.Lock()

    def rates(self, place: Place) -> tuple[list[pb.Rate], int]:
        """Every rate, in the order of the kinds, and how many items there are."""
        wanted: dict[str, str] = {}
        for kind, rule in model_lists.RATES.items():
            wanted |= {
                f"counts_{kind}": f"CASE WHEN {rule.known} THEN {rule.counts} END",
                f"of_{kind}": f"CASE WHEN {rule.known} THEN {rule.of} END",
                f"left_out_{kind}": f"NOT ({rule.known})",
            }
        with self._read(place) as reading:
            sums = reading.sums(wanted)[0]
        return [_rate(kind, sums) for kind in model_lists.RATES], sums["items"]

    def behind(self, place: Place, kind: int, part: int, after: str, count: int) -> Page:
        """The items behind a rate, from the one after a code on."""
        rule = model_lists.RATES[kind]
        where = model_lists.PARTS[part](rule)
        counted = part != pb.RATE_PART_LEFT_OUT
        counts, of = (rule.counts, rule.of) if counted else ("0", "0")
        with self._read(place) as reading:
            lines = [_line(one, rule.detail) for one in reading.lines(where, counts, of, after, count)]
            return Page(lines, reading.count(where))

    def lines(self, place: Place, kind: int, after: str = "", count: int = -1) -> Page:
        """The lines of a list, from the one after a code on; count -1 = all."""
        if kind == pb.LIST_KIND_DUTIES:
            return self._duty_lines(place, after, count)
        rule = model_lists.LISTS[kind]
        with self._read(place) as reading:
            lines = [_line(one, rule.detail) for one in reading.lines(rule.where, rule.counts, "0", after, count)]
            return Page(lines, reading.count(rule.where))

    def reductions(self, place: Place) -> list[pb.DepartmentReduction]:
        """四减: all departments together first, then each."""
        wanted: dict[str, str] = {}
        for name, (before, after, stated) in REDUCTIONS.items():
            wanted |= {
                f"{name}_before": f"CASE WHEN {stated} THEN {before} END",
                f"{name}_after": f"CASE WHEN {stated} THEN {after} END",
            }
        with self._read(place) as reading:
            rows = reading.sums(wanted, "department")
            names = reading.names()
        found = [_reduction(row, names.get(row["department"], "")) for row in rows]
        total: Counter[str] = Counter()
        for row in rows:
            total.update({key: value for key, value in row.items() if key != "department"})
        return [_reduction({"department": "", **total}, ""), *found] if found else []

    def _duty_lines(self, place: Place, after: str, count: int) -> Page:
        found = duties.of(self._in_force(place.at), place.region, place.department)
        powers = [one for one in found if one.type_code < _PUBLIC_SERVICE]
        with self._read(Place("", "", place.at)) as reading:
            guides = _guides(powers, reading.duty_codes())
        chosen = [one for one in powers if one.code > after]
        lines = [_duty_line(one, guides[one.id]) for one in (chosen if count < 0 else chosen[:count])]
        return Page(lines, len(powers))

    def _in_force(self, at: datetime) -> list[Duty]:
        self._duties.refresh()
        return self._duties.in_force(at)

    @contextmanager
    def _read(self, place: Place) -> Iterator[Reading]:
        known = {code for one in self._in_force(place.at) for code in one.codes}
        with self._turn, self._reading() as reader:
            yield Reading(reader, place, known, self._figures)


def digest(lines: Iterable[pb.ListLine]) -> str:
    """SHA-256 over code, edition and detail of the lines, in their order."""
    found = hashlib.sha256()
    for line in lines:
        found.update(orjson.dumps([line.code, line.edition, line.detail]) + b"\n")
    return found.hexdigest()


def _rate(kind: int, sums: dict[str, Any]) -> pb.Rate:
    rule = model_lists.RATES[kind]
    numerator, denominator = sums[f"counts_{kind}"], sums[f"of_{kind}"]
    return pb.Rate(
        kind=kind,  # type: ignore[arg-type]
        name=rule.name,
        value=model_lists.value(rule, numerator, denominator),
        numerator=numerator,
        denominator=denominator,
        formula=rule.formula,
        denominator_definition=rule.denominator,
        left_out=sums[f"left_out_{kind}"],
    )


def _line(one: Line, detail: Callable[[Any], str]) -> pb.ListLine:
    row = one.row
    return pb.ListLine(
        item_id=row.item_id,
        edition=row.edition,
        code=row.code,
        name=row.name,
        department=service_pb2.Department(code=row.department, name=row.department_name),
        region=row.region,
        type_code=row.type_code,
        detail=detail(row),
        counts=one.counts,
        of=one.of,
    )


def _guides(listed: Sequence[Duty], named: Iterable[list[str]]) -> Counter[str]:
    """How many guides name each duty, by its id; a guide that names two of its codes counts once."""
    owners = {code: one.id for one in listed for code in one.codes}
    return Counter(id for codes in named for id in {owners[code] for code in codes if code in owners})


def _duty_line(one: Duty, linked: int) -> pb.ListLine:
    return pb.ListLine(
        item_id=one.id,
        edition=one.edition,
        code=one.code,
        name=one.name,
        department=service_pb2.Department(code=one.department, name=one.department_name),
        region=one.region,
        type_code=one.type_code,
        detail=f"关联办事指南{linked}项",
        counts=linked,
    )


def _reduction(sums: Any, name: str) -> pb.DepartmentReduction:
    counters = {f"{one}_{side}": sums[f"{one}_{side}"] for one in REDUCTIONS for side in ("before", "after")}
    department = service_pb2.Department(code=sums["department"] or "", name=name)
    return pb.DepartmentReduction(department=department, items=sums["items"], **counters)
