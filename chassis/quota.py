"""How often something may happen in a minute, or in a day, counted in the service's own store: all processes share one count."""

from datetime import datetime, timedelta, timezone
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.errors import RESOURCE_EXHAUSTED, Refused

COLLECTION = "quotas"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# A midnight in Shanghai: spans begin there, so that a day is one for people.
MIDNIGHT = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8)))


def ensure_indexes(database: Database[dict[str, Any]]) -> None:
    """By the guard of the write; gone a minute after their span."""
    database[COLLECTION].create_index([("_id", 1), ("count", 1)], name="id_count")
    database[COLLECTION].create_index("until", name="until", expireAfterSeconds=60)


def take(
    database: Database[dict[str, Any]], name: str, most: int, now: datetime, span: timedelta = MINUTE, count: int = 1
) -> None:
    """Counts one more of this name in this span, or so many; RESOURCE_EXHAUSTED QUOTA_EXHAUSTED when that is more than `most`."""
    id, until = _span(name, now, span)
    query = {"_id": id, "count": {"$lte": most - count}}
    change = {"$inc": {"count": count}, "$set": {"until": until}}
    counters = database[COLLECTION]
    try:
        if most >= count and counters.update_one(query, change, upsert=True).acknowledged:
            return
    except DuplicateKeyError:
        # It is there: full, or another process made it this instant.
        if counters.update_one(query, change).matched_count:
            return
    raise Refused(RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED", "调用过于频繁，请稍后重试")


def taken(database: Database[dict[str, Any]], name: str, now: datetime, span: timedelta = MINUTE) -> int:
    """How many of this name there were in this span so far."""
    found = database[COLLECTION].find_one({"_id": _span(name, now, span)[0]}) or {}
    return int(found.get("count", 0))


def _span(name: str, now: datetime, span: timedelta) -> tuple[str, datetime]:
    start = now - (now - MIDNIGHT) % span
    return f"{name}/{start:%H:%M}/{start:%Y%m%d}", start + span
