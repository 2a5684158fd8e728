"""What rating finds by the clock: one device or address that rates in bursts, texts that were copied at once. And unused files go."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from chassis.acts import Cause, now
from chassis.errors import Refused
from chassis.events import every
from chassis.files import UNUSED_FOR
from chassis.parts import Parts
from chassis.telemetry import log
from services.rating import flags, model_flags, store, store_files, store_flags
from services.rating.model import Rating
from yiwang.rating.v1 import events_pb2 as events

# Looked through at once; grows over nights and days on which nobody rated.
SLICE, LONGEST_SLICE = timedelta(seconds=5), timedelta(days=1)
# All is looked through as it comes, and once more so much later: what was stamped before may have landed after.
LOOKS: Final = {"bursts": timedelta(0), "bursts_again": timedelta(minutes=2)}
# Where nobody looked before.
START = timedelta(days=1)
# As long a look may take at most; what is left waits for the next round.
LOOK_SECONDS = 0.5
# A place is not written while nobody rates, but for once in so long.
QUIET = timedelta(minutes=1)
_BY: Final = "system:rating"


class FindsFlags:
    """Timers."""

    parts: Parts
    ratings: store.Ratings

    @every(interval=2)
    def find_bursts(self) -> None:
        """Flags every rating of a burst, and texts that were copied, since the last look; again changes nothing."""
        for name, behind in LOOKS.items():
            look(self.ratings, name, now() - behind)

    @every(interval=3600)
    def sweep_files(self) -> None:
        """Deletes files that no rating and no ticket took within a day."""
        store_files.sweep(self.parts.database, now() - UNUSED_FOR)


def look(ratings: store.Ratings, name: str, end: datetime) -> None:
    """Looks through what was noted since this look's place in the store, as far as the time allows. The place moves on only when all up to
    it was flagged: whoever is killed before is followed by who looks again, and two at once flag the same, once."""
    database, started, span = ratings.collection.database, time.monotonic(), SLICE
    since = noted = store_flags.place(database, name, end - START)
    while since < end and time.monotonic() - started < LOOK_SECONDS:
        until = min(since + span, end)
        rows = store_flags.noted(database, since, until)
        for id, raised in _raised(ratings, rows):
            _flag(ratings, id, raised)
        if rows or until - noted >= QUIET:
            store_flags.go_on(database, name, until)
            noted = until
        since, span = until, SLICE if rows else min(span * 4, LONGEST_SLICE)


def _raised(ratings: store.Ratings, rows: list[dict[str, Any]]) -> Iterator[tuple[str, events.Raised]]:
    """What is found about these ratings and those near them, of what is not known yet."""
    database = ratings.collection.database
    marked = [
        (rule, row[rule.field], row["rated_at"])
        for row in rows
        for rule in model_flags.rules_of(row["channel"])
        if row[rule.field]
    ]
    for (rule, mark), group in groupby(sorted(marked), lambda one: one[:2]):
        instants = [at for _, _, at in group]
        near = store_flags.with_mark(database, rule, mark, instants[0] - rule.within, instants[-1] + rule.within)
        counts = model_flags.bursts(rule, ((at, id) for id, (at, _) in near.items()))
        yield from ((id, model_flags.burst(rule, count)) for id, count in counts.items() if not near[id][1])
    for row in rows:
        if raised := flags.copied(database, _seen(row)):
            yield row["_id"], raised


def _seen(row: dict[str, Any]) -> flags.Seen:
    return flags.Seen(
        row["_id"], row["department"], row["rater_id"], row["rated_at"], row["device_mark"], row["text_mark"]
    )


def _flag(ratings: store.Ratings, id: str, raised: events.Raised) -> None:
    def decide(rating: Rating) -> events.RatingFlagged | None:
        if any(flag.kind == raised.kind for flag in rating.flags):
            return None
        return events.RatingFlagged(rating_id=id, flags=[raised])

    try:
        ratings.change(id, Cause(key=f"flag/{raised.kind}", by=_BY), decide)
    except Refused as refused:  # one that cannot be changed any more keeps no other from being looked at
        log("flags").error("flag_refused", record=id, reason=refused.reason)
