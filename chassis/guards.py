"""A write the store's own clock decides on: the instant is compared in the very write, whatever the clocks of processes say."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chassis.errors import Refused


class Guard(NamedTuple):
    """When a write is allowed: strictly before an instant, or from one on. Exactly one of the two; `refused` is raised otherwise."""

    refused: Refused
    before: datetime | None = None
    after: datetime | None = None

    def filter(self) -> dict[str, Any]:
        """What the store compares beside the record's version."""
        # To a store every instant comes after none: a guard without one would let everything through.
        assert (self.before is None) != (self.after is None)
        bound = {"$lt": ["$$NOW", self.before]} if self.before else {"$gte": ["$$NOW", self.after]}
        return {"$expr": bound}

    def within(self, at: datetime) -> datetime:
        """This process's instant, moved to where the store's clock allows the write: what came in time is not on record as late."""
        if self.before:
            return min(at, self.before - timedelta(milliseconds=1))
        return max(at, self.after) if self.after else at
