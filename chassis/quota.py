"""How often a minute something may happen, counted in the service's own store, so that all processes of a service share one count."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.errors import RESOURCE_EXHAUSTED, Refused

COLLECTION = "quotas"
SPAN = timedelta(minutes=1)


def ensure_indexes(database: Database[dict[str, Any]]) -> None:
    """By the guard of the write; gone a minute after their own."""
    database[COLLECTION].create_index([("_id", 1), ("count", 1)], name="id_count")
    database[COLLECTION].create_index("until", name="until", expireAfterSeconds=60)


def take(database: Database[dict[str, Any]], name: str, most: int, now: datetime) -> None:
    """Counts one more of this name in this minute; RESOURCE_EXHAUSTED QUOTA_EXHAUSTED when there were `most` already."""
    minute = now.replace(second=0, microsecond=0)
    query = {"_id": f"{name}/{minute:%H:%M}/{minute:%Y%m%d}", "count": {"$lt": most}}
    change = {"$inc": {"count": 1}, "$set": {"until": minute + SPAN}}
    counters = database[COLLECTION]
    try:
        if most > 0 and counters.update_one(query, change, upsert=True).acknowledged:
            return
    except DuplicateKeyError:
        # It is there: full, or another process made it this instant.
        if counters.update_one(query, change).matched_count:
            return
    raise Refused(RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED", "调用过于频繁，请稍后重试")
