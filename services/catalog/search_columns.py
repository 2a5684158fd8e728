"""What items are filtered and counted by, in memory: for each value of a facet the set of its rows.

Departments and regions have too many values for sets; there each row names its value.
"""

from array import array
from collections import Counter
from collections.abc import Iterable
from itertools import compress
from typing import Final, NamedTuple

from services.catalog import search_bits
from services.catalog.search_rows import DEPARTMENT, KINDS, REGION, TRAIT, Tags
from standards import codes

MOST_VALUES: Final = 50
_ONES: Final = bytes.maketrans(b"01", b"\x00\x01")
# Lengths of a region's code and those it lies in; a city is written with six digits.
_LEVELS: Final = (4, 6, 9, 12)


class Wanted(NamedTuple):
    """Filters, each empty = any. `region` is a prefix; all of `traits` must hold."""

    region: str = ""
    department: str = ""
    type_code: str = ""
    topic: str = ""
    service_object: str = ""
    exercise_level: str = ""
    handling_form: str = ""
    traits: tuple[str, ...] = ()

    def by_kind(self) -> dict[int, str]:
        """The filters that are set but traits, by kind of facet."""
        told = (
            self.type_code,
            self.service_object,
            self.department,
            self.topic,
            self.exercise_level,
            self.handling_form,
        )
        chosen = dict(zip(KINDS[:6], told, strict=True)) | {REGION: codes.region_prefix(self.region)}
        return {kind: value for kind, value in chosen.items() if value}


class Columns:
    """One thread puts rows in; others may ask meanwhile."""

    def __init__(self) -> None:
        self._values: dict[tuple[int, str], bytearray] = {}
        self._live = bytearray()
        self._named = {DEPARTMENT: _Named(), REGION: _Named()}
        # Sets as integers, until the next change.
        self._sets: dict[tuple[int, str], int] = {}

    def put(self, row: int, tags: Tags | None, fresh: bool = False) -> None:
        """A row's values, or None when it is gone. `fresh`: nothing was there before."""
        if not fresh:
            for values in list(self._values.values()):
                _mark(values, row, False)
        _mark(self._live, row, tags is not None)
        for kind, named in self._named.items():
            named.put(row, tags[kind][0] if tags else "")
        for kind in KINDS if tags else ():
            for value in () if kind in self._named else tags[kind]:  # type: ignore[index]
                _mark(self._values.setdefault((kind, value), bytearray()), row, True)
        self._sets = {}

    def live(self) -> int:
        """All rows that are there."""
        return self._set((0, ""))

    def sets(self, wanted: Wanted) -> dict[int, int]:
        """The rows each filter lets through, by kind; of all traits together."""
        found = {kind: self._set((kind, value)) for kind, value in wanted.by_kind().items()}
        for trait in wanted.traits:
            found[TRAIT] = found.get(TRAIT, -1) & self._set((TRAIT, trait))
        return found

    def count(self, kind: int, rows: int) -> list[tuple[str, int]]:
        """Values of a facet and how many of these rows have them, most first."""
        if kind in self._named:
            counted = self._named[kind].count(rows)
            counted = _places(counted) if kind == REGION else counted
        else:
            values = [value for of, value in list(self._values) if of == kind]
            counted = {value: (self._set((kind, value)) & rows).bit_count() for value in values}
        found = [(value, count) for value, count in counted.items() if value and count]
        return sorted(found, key=lambda one: (-one[1], one[0]))[:MOST_VALUES]

    def _set(self, key: tuple[int, str]) -> int:
        sets = self._sets
        if (found := sets.get(key)) is None:
            kind, value = key
            if kind in self._named:
                found = self._named[kind].rows(value, prefix=kind == REGION) & self.live()
            else:
                found = int.from_bytes(self._values.get(key, b"") if kind else self._live, "little")
            # What people make up has no rows and is not kept.
            if found:
                sets[key] = found
        return found


class _Named:
    """A column of one value a row."""

    def __init__(self) -> None:
        self._numbers = array("I")
        self._values: list[str] = [""]
        self._known = {"": 0}

    def put(self, row: int, value: str) -> None:
        if value not in self._known:
            self._values.append(value)
            self._known[value] = len(self._values) - 1
        while len(self._numbers) <= row:
            self._numbers.append(0)
        self._numbers[row] = self._known[value]

    def rows(self, value: str, prefix: bool) -> int:
        if not prefix:
            wanted = {self._known.get(value, -1)}
        else:
            wanted = {number for number, known in enumerate(list(self._values)) if known.startswith(value)}
        return search_bits.some(map(wanted.__contains__, self._numbers))

    def count(self, rows: int) -> dict[str, int]:
        chosen = format(rows, "b")[::-1].encode().translate(_ONES)
        return {self._values[number]: count for number, count in Counter(compress(self._numbers, chosen)).items()}


def _mark(values: bytearray, row: int, is_so: bool) -> None:
    place = row >> 3
    if place >= len(values):
        if not is_so:
            return
        values.extend(bytes(place + 1 - len(values)))
    if is_so:
        values[place] |= 1 << (row & 7)
    else:
        values[place] &= ~(1 << (row & 7))


def _places(counted: dict[str, int]) -> dict[str, int]:
    """Counts of regions with what lies in them: a county's are those of its towns, too."""
    found: Counter[str] = Counter()
    for region, count in counted.items():
        for length in _LEVELS:
            if length <= len(region):
                found[region[:length].ljust(6, "0")] += count
    return found


def merged(sets: Iterable[int], rows: int) -> int:
    """The rows that are in all of the sets, too."""
    for one in sets:
        rows &= one
    return rows
