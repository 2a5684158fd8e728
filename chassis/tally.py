"""Counts that survive duplicates and any order: one contribution per source record, buckets marked dirty and recounted.

Never `$inc` from an event: an event heard twice would count twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import now

# Recounting may take this share of the time at most: large buckets are counted less often rather than all the time.
SHARE = 0.02
# A process marks a bucket once in this time; a mark is taken off only when it is so much older that clocks may differ, too.
# What is marked before it is written is there within a call's deadline, and a store's (chassis.store.SOCKET_SECONDS).
MARK_SECONDS, CLEAN_AFTER = 10.0, timedelta(seconds=60)


class Marks:
    """Which buckets are to be counted anew, in `collection`: whoever writes what is counted marks its bucket, and a timer counts them."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        self._buckets = collection
        self._marked: dict[str, float] = {}
        self._rest_until = 0.0

    def ensure_indexes(self) -> None:
        """Those that are dirty, and what takes a mark off."""
        # The embedded store scans for an id together with another field unless they have an index together.
        self._buckets.create_index([("_id", 1), ("marked_at", 1)], name="id_marked")
        self._buckets.create_index([("dirty", 1)], name="dirty", partialFilterExpression={"dirty": True})

    def mark(self, buckets: Iterable[str]) -> None:
        """These buckets are counted anew, now and for a while."""
        for bucket in buckets:
            self._mark(bucket)

    def _mark(self, bucket: str) -> None:
        # Skipping is safe: the contribution is written, and the mark it relies on is taken off no sooner than CLEAN_AFTER.
        instant = time.monotonic()
        if instant - self._marked.get(bucket, -MARK_SECONDS) >= MARK_SECONDS:
            mark = {"dirty": True, "marked_at": now(), "bucket": bucket}
            self._buckets.update_one({"_id": bucket}, {"$set": mark}, upsert=True)
            self._marked[bucket] = instant

    def recount(self, count: Callable[[Sequence[str]], None]) -> int:
        """Has dirty buckets counted anew; called by a timer. Returns how many were counted."""
        started = time.monotonic()
        if started < self._rest_until:
            return 0
        dirty = list(self._buckets.find({"dirty": True}, {"marked_at": 1}))
        # A mark that contributions relied on and that is gone: the store was restored under us.
        gone = set(self._marked) - {row["_id"] for row in dirty}
        fresh = {bucket: at for bucket, at in self._marked.items() if started - at < MARK_SECONDS}
        self._marked = {bucket: at for bucket, at in fresh.items() if bucket not in gone}
        for bucket in gone:
            self._mark(bucket)
        settled = now() - CLEAN_AFTER
        count([row["_id"] for row in dirty])
        for row in dirty:
            if row["marked_at"] < settled:  # marked again meanwhile: stays dirty
                unmark = {"_id": row["_id"], "marked_at": row["marked_at"]}
                self._buckets.update_one(unmark, {"$unset": {"dirty": ""}})
        self._rest_until = time.monotonic() + (time.monotonic() - started) / SHARE
        return len(dirty)


class Tally:
    """Contributions in `<name>`, counts by bucket and kind in `<name>_totals`. Or, given a collection and the paths of buckets and kind
    in its documents, counts of these documents themselves: whoever writes one marks its buckets before."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        name: str,
        counted: str = "",
        paths: tuple[str, str] = ("buckets", "kind"),
    ) -> None:
        self._contributions = database[counted or name]
        self._buckets, self._kind = paths
        self._totals = database[f"{name}_totals"]
        self._marks = Marks(self._totals)
        self.mark = self._marks.mark

    def ensure_indexes(self) -> None:
        """Contributions by bucket, totals by bucket and those that are dirty."""
        self._contributions.create_index(self._buckets, name="buckets")
        # As of the marks.
        self._contributions.create_index([("_id", 1), ("order", 1)], name="id_order")
        self._totals.create_index("bucket", name="bucket")
        self._marks.ensure_indexes()

    def contribute(self, source: str, buckets: list[str], kind: str, order: int) -> None:
        """What one source record counts as: `kind`, in these buckets. Of two contributions the higher order stays."""
        older = {"_id": source, "order": {"$lt": order}}
        change = {"$set": {"buckets": buckets, "kind": kind, "order": order, "at": now()}}
        try:
            self._contributions.update_one(older, change, upsert=True)
        except DuplicateKeyError:
            # There is one already, perhaps an older one inserted this very moment; its buckets may still lack their mark.
            self._contributions.update_one(older, change)
        self.mark(buckets)

    def recount(self) -> int:
        """Counts dirty buckets anew; called by a timer. Returns how many were counted."""
        return self._marks.recount(self._count)

    def _count(self, buckets: Sequence[str]) -> None:
        group = {"$group": {"_id": f"${self._kind}", "count": {"$sum": 1}}}
        for bucket in buckets:
            rows = self._contributions.aggregate([{"$match": {self._buckets: bucket}}, group])
            counts = {row["_id"]: row["count"] for row in rows}
            self._totals.update_one({"_id": bucket}, {"$set": {"counts": counts}})

    def totals(self, buckets: Iterable[str]) -> dict[str, int]:
        """Counts by kind, summed over buckets."""
        return _summed((self._totals.find_one({"_id": bucket}) or {}).get("counts", {}) for bucket in buckets)

    def between(self, first: str, last: str) -> dict[str, int]:
        """Counts by kind, summed over the buckets from the first to the last in the order of their names, both included."""
        return _summed(self.each(first, last).values())

    def each(self, first: str, last: str) -> dict[str, dict[str, int]]:
        """Counts by kind of each of these buckets, by its name."""
        rows = self._totals.find({"bucket": {"$gte": first, "$lte": last}}, {"bucket": 1, "counts": 1})
        return {row["bucket"]: row.get("counts", {}) for row in rows}


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Counts by kind, added up."""
    return dict(sum((Counter(one) for one in counts), Counter()))
