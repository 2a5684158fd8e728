"""Lists of the closed loop: what a department or a supervisor has before him."""

from collections.abc import Callable, Sequence

from chassis import paging
from chassis.records import Filter, Record, Records
from services.rating.model import Rating


def newest(
    all: Records[Rating], matches: Sequence[Filter], keep: Callable[[Rating], bool], token: str, count: int
) -> tuple[list[Record[Rating]], str]:
    """A page of the ratings that match any of these and are to be kept, rated last first, and the next page's token; full before the end.
    What is kept is decided here: the embedded store scans for a field no index has beside the others. A page with a gap would tell an
    officer that he was rated, and a token with an instant when somebody did it: a token is the id of the last one shown."""
    place, found = _place(all, token), list[Record[Rating]]()
    while len(found) <= count:
        rows, place = paging.newest_of(all, matches, "rated_at", place, count)
        found += [row for row in rows if keep(row.state)]
        if not place:
            break
    return found[:count], found[count - 1].id if len(found) > count else ""


def _place(all: Records[Rating], token: str) -> str:
    """Where the page before ended. INVALID_ARGUMENT for a token no page gave."""
    last = all.find({"_id": token}) if token else None
    if token and (last is None or last.state.rated_at is None):
        raise paging.malformed()
    return paging.place(last, "rated_at") if last else ""


def of_desk(department: str) -> list[Filter]:
    """What was assigned to a department."""
    return [{"state.desk": department}]


def of_counties(counties: Sequence[str], flagged: bool) -> list[Filter]:
    """The negative ratings of counties, or the flagged ones of any grade."""
    key = "state.flagged" if flagged else "state.negative"
    return [{"state.county": county, key: True} for county in counties]
