"""The notices that make a calendar: reading, checking and merging them. Pure but for reading files; counting is in `workdays`.

A file is {"year", "published", "notice", "off": [days], "work": [days]} and for an autonomous region's own holidays
(三月三 in 广西) also "region": the first digits of the codes it holds for ("45"). "published": null is a forecast by law.
Of two files of a year and region the later published wins as a whole; a forecast loses to every notice.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Notice(NamedTuple):
    """One file: the year it is for, when it was published ("" for a forecast), the region it is confined to ("" for none)."""

    year: int
    published: str
    region: str
    off: frozenset[date]
    work: frozenset[date]


class Year(NamedTuple):
    """Ordinals of the working days of a year, ascending, and of the days a notice or the law makes free."""

    worked: tuple[int, ...]
    free: frozenset[int]


class _Days(NamedTuple):
    """What the notices of one area say together: the last year with notices, free days, weekend days that are worked."""

    last: int
    off: frozenset[date]
    work: frozenset[date]


def read(folders: Iterable[Path]) -> list[Notice]:
    """The notices in force of the *.json files of these folders, in order of publication; of two published on one day the later
    folder's wins. ValueError that names file and field for a malformed file, or the folder that is not there."""
    notices = [_notice(path) for folder in folders for path in _files(folder)]
    winners = {(one.region, one.year): one for one in sorted(notices, key=lambda one: one.published)}
    return sorted(winners.values(), key=lambda one: (one.published, one.year, one.region))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder of calendars")
    return sorted(folder.glob("*.json"))


def _notice(path: Path) -> Notice:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ValueError(f"{path.name}: not JSON: {fault}") from fault
    if not isinstance(content, dict):
        raise ValueError(f"{path.name}: not an object")
    year, published, region = content.get("year"), content.get("published", 0), content.get("region", "")
    if not isinstance(year, int) or not 1949 < year < 2200:
        raise _malformed(path, "year")
    _check(published is None or _date(published) is not None, path, "published")
    _check(isinstance(region, str) and len(region) <= 12 and (not region or region.isdecimal()), path, "region")
    off, work = (_days(content, field, year, path) for field in ("off", "work"))
    _check(off.isdisjoint(work), path, "work")
    return Notice(year, published or "", region, off, work)


def _check(holds: bool, path: Path, field: str) -> None:
    if not holds:
        raise _malformed(path, field)


def _malformed(path: Path, field: str) -> ValueError:
    return ValueError(f"{path.name}: {field}: missing or malformed")


def _date(text: Any) -> date | None:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == text else None


def _days(content: dict[str, Any], field: str, year: int, path: Path) -> frozenset[date]:
    """The days of a list; a notice may also name days of the year before its own."""
    texts = content.get(field)
    _check(isinstance(texts, list), path, field)
    days = {text: _date(text) for text in map(str, texts or ())}
    for text, day in days.items():
        _check(day is not None and day.year in (year - 1, year), path, f"{field}: {text}")
    return frozenset(day for day in days.values() if day)


@cache
def _library(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Free days and working weekends of a year without a file, from the library `holidays` (18 MB: loaded only then)."""
    import holidays

    china = holidays.country_holidays("CN", years=year)
    worked: set[date] = getattr(china, "weekend_workdays", set())
    return frozenset(day for day in china if day.year == year), frozenset(day for day in worked if day.year == year)


def _merged(notices: Sequence[Notice]) -> tuple[frozenset[date], frozenset[date]]:
    """Free and worked days; where two notices name a day, the later in the sequence tells."""
    off, work = set[date](), set[date]()
    for notice in notices:
        off = (off - notice.work) | notice.off
        work = (work - notice.off) | notice.work
    return frozenset(off), frozenset(work)


def _last(notices: Sequence[Notice]) -> int:
    """The last year with a notice; with forecasts only, the year before the first of them."""
    return max(
        (one.year for one in notices if one.published), default=min((one.year for one in notices), default=1950) - 1
    )


class Calendar:
    """The notices in force, with the years counted so far. Never changed: a new notice makes a new calendar, so that no count mixes two."""

    def __init__(self, notices: Sequence[Notice]) -> None:
        self._national = [one for one in notices if not one.region]
        self._regional = [one for one in notices if one.region]
        self._known_years = frozenset(one.year for one in self._national)
        self._prefixes = sorted({one.region for one in self._regional}, key=len, reverse=True)
        self._areas = {area: self._days(area) for area in ("", *self._prefixes)}
        self._years: dict[tuple[int, str], Year] = {}
        content = sorted([one.region, one.year, one.published, _texts(one.off), _texts(one.work)] for one in notices)
        self.digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def _days(self, area: str) -> _Days:
        """National days first, then those of the region and of what lies around it, which win."""
        around = {one.region for one in self._regional if area.startswith(one.region)}
        ours = sorted((one for one in self._regional if one.region in around), key=lambda one: len(one.region))
        # A region's own holidays of a year are certain only when its own notice has come.
        last = min(
            [_last(self._national)] + [_last([one for one in ours if one.region == region]) for region in around]
        )
        return _Days(last, *_merged([*self._national, *ours]))

    def area(self, region: str) -> str:
        """The key of the days that hold in a region: the longest prefix that has files of its own, mostly none."""
        return next((prefix for prefix in self._prefixes if region.startswith(prefix)), "")

    def last(self, area: str) -> int:
        """The last year all of whose notices are known for the area."""
        return self._areas[area].last

    def year(self, year: int, area: str) -> Year:
        """The days of a year in an area, counted once."""
        key = (year, area)
        found = self._years.get(key)
        if found is None:
            found = self._years[key] = self._count(year, area)
        return found

    def _count(self, year: int, area: str) -> Year:
        _, off, work = self._areas[area]
        if year not in self._known_years:
            library_off, library_work = _library(year)
            off, work = off | (library_off - work), work | (library_work - off)
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        free = frozenset(day.toordinal() for day in off if day.year == year)
        busy = {day.toordinal() for day in work if day.year == year}
        # ordinal 1 was a Monday
        days = (one for one in range(first, last + 1) if one in busy or ((one - 1) % 7 < 5 and one not in free))
        return Year(tuple(days), free)


def _texts(days: frozenset[date]) -> list[str]:
    return sorted(map(str, days))
