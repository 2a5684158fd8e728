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


def take(database: Database[dict[str, Any]], name: str, most: int, now: datetime, span: timedelta = MINUTE) -> None:
    """Counts one more of this name in this span; RESOURCE_EXHAUSTED QUOTA_EXHAUSTED when there were `most` already."""
    start = now - (now - MIDNIGHT) % span
    query = {"_id": f"{name}/{start:%H:%M}/{start:%Y%m%d}", "count": {"$lt": most}}
    change = {"$inc": {"count": 1}, "$set": {"until": start + span}}
    counters = database[COLLECTION]
    try:
        if most > 0 and counters.update_one(query, change, upsert=True).acknowledged:
            return
    except DuplicateKeyError:
        # It is there: full, or another process made it this instant.
        if counters.update_one(query, change).matched_count:
            return
    raise Refused(RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED", "调用过于频繁，请稍后重试")
