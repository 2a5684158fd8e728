"""Lists of the closed loop: what a department or a supervisor has before him."""

from collections.abc import Callable, Sequence

from chassis import paging
from chassis.records import Filter, Record, Records
from services.rating.model import Rating


def newest(
    all: Records[Rating], matches: Sequence[Filter], keep: Callable[[Rating], bool], token: str, count: int
) -> tuple[list[Record[Rating]], str]:
    """A page of the ratings that match any of these and are to be kept, rated last first, and the next page's token; never empty before
    the end. What is kept is decided here: the embedded store scans for a field no index has beside the others."""
    while True:
        rows, token = paging.newest_of(all, matches, "rated_at", token, count)
        kept = [row for row in rows if keep(row.state)]
        if kept or not token:
            return kept, token


def of_desk(department: str) -> list[Filter]:
    """What was assigned to a department."""
    return [{"state.desk": department}]


def of_counties(counties: Sequence[str], flagged: bool) -> list[Filter]:
    """The negative ratings of counties, or the flagged ones of any grade."""
    key = "state.flagged" if flagged else "state.negative"
    return [{"state.county": county, key: True} for county in counties]
