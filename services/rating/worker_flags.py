"""What rating finds by the clock: one device or address that rates in bursts, texts that were copied at once. And unused files go."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.acts import Cause, now
from chassis.events import every
from chassis.files import UNUSED_FOR
from chassis.parts import Parts
from services.rating import flags, model_flags, store, store_files, store_flags
from services.rating.model import Rating
from yiwang.rating.v1 import events_pb2 as events

# Looked through at once; grows over nights and days on which nobody rated.
SLICE, LONGEST_SLICE = timedelta(minutes=1), timedelta(days=1)
# A write that was stamped may land so much later: the last of it is looked through again.
OVERLAP = timedelta(seconds=60)
# Where nobody looked before.
START = timedelta(days=1)
# As long a round may take at most; what is left waits for the next one.
ROUND_SECONDS = 0.5
_BY: Final = "system:rating"


class FindsFlags:
    """Timers."""

    parts: Parts
    ratings: store.Ratings

    @every(interval=2)
    def find_bursts(self) -> None:
        """Flags every rating of a burst, and texts that were copied, since the last look; again changes nothing."""
        Bursts(self.ratings).round()

    @every(interval=3600)
    def sweep_files(self) -> None:
        """Deletes files that no rating and no ticket took within a day."""
        store_files.sweep(self.parts.database, now() - UNUSED_FOR)


class Bursts:
    """The look at what was noted since the place in the store. The place moves on only when all up to it was flagged: whoever is killed
    before is followed by who looks again, and two at once flag the same, once."""

    def __init__(self, ratings: store.Ratings) -> None:
        self._ratings = ratings
        self._database = ratings.collection.database
        self._asked: set[tuple[str, str, datetime]] = set()

    def round(self) -> int:
        """Looks through as much as the time allows; how many ratings were looked at."""
        started, looked, span = time.monotonic(), 0, SLICE
        since, end = store_flags.place(self._database, now() - START) - OVERLAP, now()
        while since < end and time.monotonic() - started < ROUND_SECONDS:
            until = min(since + span, end)
            rows = store_flags.noted(self._database, since, until)
            for row in rows:
                self._look(row)
            store_flags.go_on(self._database, until)
            looked, since, span = looked + len(rows), until, SLICE if rows else min(span * 4, LONGEST_SLICE)
        return looked

    def _look(self, row: dict[str, Any]) -> None:
        for rule in model_flags.rules_of(row["channel"]):
            mark, at = row[rule.field], row["rated_at"]
            if not mark:
                continue
            near = store_flags.with_mark(self._database, rule, mark, at)
            for id, count in model_flags.bursts(rule, near).items():
                self._flag(id, model_flags.burst(rule, count))
        seen = _seen(row)
        if raised := flags.copied(self._database, seen):
            self._flag(seen.rating, raised)

    def _flag(self, id: str, raised: events.Raised) -> None:
        def decide(rating: Rating) -> events.RatingFlagged | None:
            if any(flag.kind == raised.kind for flag in rating.flags):
                return None
            return events.RatingFlagged(rating_id=id, flags=[raised])

        self._ratings.change(id, Cause(key=f"flag/{raised.kind}/{id}", by=_BY), decide)


def _seen(row: dict[str, Any]) -> flags.Seen:
    return flags.Seen(
        row["_id"], row["department"], row["rater_id"], row["rated_at"], row["device_mark"], row["text_mark"]
    )
