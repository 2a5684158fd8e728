"""Lists of the closed loop: what a department or a supervisor has before him."""

from collections.abc import Callable, Sequence

from chassis import paging
from chassis.acts import Cause
from chassis.errors import Refused
from chassis.records import Filter, Record, Records
from services.rating import store
from services.rating.model import Rating
from services.rating.model_rules import Rules
from yiwang.rating.v1 import events_pb2 as events

# So many ratings are looked at in one step for those that are wanted.
MOST_LOOKED_AT = 1000


def newest(
    all: Records[Rating], matches: Sequence[Filter], keep: Callable[[Rating], bool], token: str, count: int
) -> tuple[list[Record[Rating]], str]:
    """A page of the ratings that match any of these and are to be kept, rated last first, and the next page's token; full before the end.
    What is kept is decided here: the embedded store scans for a field no index has beside the others. A page with a gap would tell an
    officer that he was rated, and a token with an instant when somebody did it: a token is the id of the last one shown."""
    place, found, most = _place(all, token), list[Record[Rating]](), count
    while len(found) <= count:
        rows, place = paging.kept(all, matches, "rated_at", lambda _: True, place, most)
        found += [row for row in rows if keep(row.state)]
        if not place:
            break
        # The embedded store reads all that is left for each step: of what is seldom wanted, few steps are made.
        most = min(most * 4, MOST_LOOKED_AT)
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


def save_rules(all: Records[Rules], county: str, cause: Cause, event: events.RatingRulesSaved) -> Record[Rules]:
    """Sets a county's days. Of two who do so for the first time at one moment, one does so after the other."""
    id = store.rules_id(county)
    if all.find({"_id": id}) is None:
        try:
            return all.create(cause, lambda _: event, id)
        except Refused as refused:
            # Somebody else was faster: his cause is there and not this one.
            if refused.reason != "REQUEST_ID_REUSED":
                raise
    return all.change(id, cause, lambda _: event)
