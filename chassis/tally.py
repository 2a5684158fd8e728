"""Counts that survive duplicates and any order: one contribution per source record, buckets marked dirty and recounted.

Never `$inc` from an event: an event heard twice would count twice.
"""

import time
from collections.abc import Iterable
from typing import Any

from pymongo.database import Database

# A recount may take this share of the time at most, so that a large bucket is counted less often rather than all the time.
SHARE = 0.02


class Tally:
    """Contributions in `<name>`, counts by bucket and kind in `<name>_totals`."""

    def __init__(self, database: Database[dict[str, Any]], name: str) -> None:
        self._contributions = database[name]
        self._totals = database[f"{name}_totals"]
        self._rest: dict[str, float] = {}

    def ensure_indexes(self) -> None:
        """Contributions by bucket, totals that are dirty."""
        self._contributions.create_index("buckets", name="buckets")
        self._totals.create_index([("dirty", 1)], name="dirty", partialFilterExpression={"dirty": True})

    def contribute(self, source: str, buckets: list[str], kind: str, order: int) -> None:
        """What one source record counts as: `kind`, in these buckets. A contribution of a lower order never replaces a higher."""
        known = self._contributions.find_one({"_id": source})
        if known is None or known["order"] < order:
            values = {"buckets": buckets, "kind": kind, "order": order}
            self._contributions.update_one({"_id": source}, {"$set": values}, upsert=True)
        for bucket in buckets:
            self._totals.update_one({"_id": bucket}, {"$set": {"dirty": True}}, upsert=True)

    def recount(self) -> int:
        """Counts dirty buckets anew; called by a timer. Returns how many were counted."""
        counted = 0
        for total in self._totals.find({"dirty": True}):
            bucket, started = total["_id"], time.monotonic()
            if self._rest.get(bucket, 0.0) > started:
                continue
            # The mark goes first: what is contributed from here on sets it again.
            self._totals.update_one({"_id": bucket}, {"$unset": {"dirty": ""}})
            group = {"$group": {"_id": "$kind", "count": {"$sum": 1}}}
            rows = self._contributions.aggregate([{"$match": {"buckets": bucket}}, group])
            counts = {row["_id"]: row["count"] for row in rows}
            self._totals.update_one({"_id": bucket}, {"$set": {"counts": counts}})
            self._rest[bucket] = started + (time.monotonic() - started) / SHARE
            counted += 1
        self._rest = {bucket: until for bucket, until in self._rest.items() if until > time.monotonic()}
        return counted

    def totals(self, buckets: Iterable[str]) -> dict[str, int]:
        """Counts by kind, summed over buckets."""
        summed: dict[str, int] = {}
        for bucket in buckets:
            total = self._totals.find_one({"_id": bucket}) or {}
            for kind, count in total.get("counts", {}).items():
                summed[kind] = summed.get(kind, 0) + count
        return summed
