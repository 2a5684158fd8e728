"""Sessions that ended: heard by the worker, kept in the service's own store, polled by its apis."""

from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis.acts import now

COLLECTION = "refused_sessions"


def ensure_indexes(database: Database[dict[str, Any]]) -> None:
    """By when it was heard (for the poll), and gone a minute after its last token is."""
    database[COLLECTION].create_index("heard", name="heard")
    database[COLLECTION].create_index("until", name="until", expireAfterSeconds=60)


def refuse(database: Database[dict[str, Any]], session: str, tokens_end: str) -> None:
    """Refuses a session's tokens in every api of the service. `tokens_end` is RFC 3339."""
    values = {"until": datetime.fromisoformat(tokens_end), "heard": now()}
    database[COLLECTION].update_one({"_id": session}, {"$set": values}, upsert=True)


def ended_since(database: Database[dict[str, Any]], since: datetime) -> dict[str, float]:
    """Sessions heard of since then, with the end of their last token as Unix time."""
    span = {"$gte": since, "$lt": since + timedelta(days=3650)}
    return {one["_id"]: one["until"].timestamp() for one in database[COLLECTION].find({"heard": span})}
