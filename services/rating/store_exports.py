"""Ratings in the order in which they were noted here, from a place on: what other systems are told, with nothing left out.

Not by when they were given: an import brings last week's ratings, which would lie behind a place that was passed already. And not up to
the present: an act takes its instant before it is written, so what was noted within the last minute may still have a neighbour
under way that will lie before it. A minute is six times what a call may last; clocks of the apis agree much better than that.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from chassis.paging import malformed
from chassis.records import Record, Records
from services.rating.model import COUNTY_DIGITS, Rating
from standards.codes import region_prefix

SETTLED: Final = timedelta(minutes=1)
# Before the first rating of any county; and how far one look goes at first and at most.
BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_LOOK, LONGEST_LOOK = timedelta(hours=1), timedelta(days=30)
_STEP: Final = timedelta(milliseconds=1)
_FIELD: Final = "state.record_at"
INDEXES: Final = ([("state.county", 1), (_FIELD, 1)], [(_FIELD, 1)])
"""What the order wants of the ratings' collection."""


class Place(NamedTuple):
    """A place in the order: behind the rating of this id among those of the instant; before all of them when it is empty."""

    at: datetime
    id: str


def after(
    ratings: Records[Rating], region: str, keep: Callable[[Rating], bool], token: str, count: int, now: datetime
) -> tuple[list[Record[Rating]], str]:
    """The next ratings of a region that are kept, as many as `count` while there are so many, and the place behind them.

    The token is never empty: where nothing more is, it is the place from which to go on later. INVALID_ARGUMENT for a token nobody
    gave out.
    """
    match = {"state.county": region[:COUNTY_DIGITS]} if len(region_prefix(region)) >= COUNTY_DIGITS else {}
    place, horizon, look = _parse(token), now - SETTLED, FIRST_LOOK
    found: list[Record[Rating]] = []
    while len(found) < count:
        rows = _here(ratings, match, place, count - len(found))
        if not rows and place.at + _STEP < horizon:
            begin = place.at + _STEP if place.id else place.at
            end = min(begin + look, horizon)
            span = {_FIELD: {"$gte": begin, "$lt": end}}
            rows = ratings.select({**match, **span}, [(_FIELD, 1), ("_id", 1)], limit=count - len(found))
            if not rows:
                place, look = Place(end, ""), min(look * 4, LONGEST_LOOK)
                continue
        if not rows:
            break
        found += [row for row in rows if keep(row.state)]
        last = rows[-1]
        place, look = Place(_noted(last), last.id), FIRST_LOOK
    return found, f"{round(place.at.timestamp() * 1000)}-{place.id}"


def _here(ratings: Records[Rating], match: dict[str, Any], place: Place, count: int) -> list[Record[Rating]]:
    """Those of the place's own instant that lie behind it."""
    same = ratings.select({**match, _FIELD: place.at}) if place.id else []
    return sorted((row for row in same if row.id > place.id), key=lambda row: row.id)[:count]


def _noted(row: Record[Rating]) -> datetime:
    assert row.state.record_at is not None  # it was found by it
    return row.state.record_at


def _parse(token: str) -> Place:
    if not token:
        return Place(BEGIN, "")
    try:
        milliseconds, id = token.split("-", 1)
        return Place(datetime.fromtimestamp(int(milliseconds) / 1000, UTC), id)
    except (ValueError, OverflowError, OSError):
        raise malformed() from None
