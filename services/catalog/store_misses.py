"""Words that found nothing, counted by region and day. Who looked for them is not kept, nor what may name anybody (`model_misses`)."""

from collections.abc import Iterable
from datetime import date, timedelta
from heapq import nsmallest
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import quota
from chassis.acts import now
from chassis.errors import Refused
from standards import codes

Document = dict[str, Any]
COLLECTION = "misses"
# Different words a region and day; days kept; from which time on words are shown, and how many.
MOST_WORDS, DAYS, SHOWN_FROM, MOST_SHOWN = 5_000, 90, 3, 200


class Miss(NamedTuple):
    """Words, how often they were looked for, and when last."""

    words: str
    times: int
    last_day: str


def ensure_indexes(database: Database[Document]) -> None:
    """By region and day, and by age."""
    database[COLLECTION].create_index([("region", 1), ("day", 1)], name="region_day")
    database[COLLECTION].create_index([("day", 1)], name="day")


def count(database: Database[Document], region: str, day: date, words: str, times: int) -> None:
    """Counts words so many times more; new ones only as long as their region has had less than MOST_WORDS that day."""
    misses, id = database[COLLECTION], f"{region}/{day}/{words}"
    if misses.update_one({"_id": id}, {"$inc": {"count": times}}).matched_count:
        return
    try:
        quota.take(database, f"misses/{region}", MOST_WORDS, now(), quota.DAY)
        misses.insert_one({"_id": id, "region": region, "day": day.isoformat(), "words": words, "count": times})
    except Refused:
        return
    except DuplicateKeyError:  # another process was first
        misses.update_one({"_id": id}, {"$inc": {"count": times}})


def most(database: Database[Document], region: str, today: date, days: int) -> list[Miss]:
    """What was looked for in vain in a region and all within it, most often first."""
    prefix, first = codes.region_prefix(region), today - timedelta(days=days - 1)
    span = {"region": {"$gte": prefix, "$lt": prefix + ":"}, "day": {"$gte": first.isoformat()}}
    counted: dict[str, Miss] = {}
    for row in database[COLLECTION].find(span, {"words": 1, "count": 1, "day": 1}, batch_size=5000):
        before = counted.get(row["words"], Miss("", 0, ""))
        counted[row["words"]] = Miss(row["words"], before.times + row["count"], max(before.last_day, row["day"]))
    shown = (miss for miss in counted.values() if miss.times >= SHOWN_FROM)
    return nsmallest(MOST_SHOWN, shown, key=lambda miss: (-miss.times, miss.words))


def forget(database: Database[Document], today: date) -> None:
    """Drops what is older than DAYS."""
    database[COLLECTION].delete_many({"day": {"$lt": (today - timedelta(days=DAYS)).isoformat()}})


def flush(database: Database[Document], counted: Iterable[tuple[tuple[str, date, str], int]]) -> None:
    """Counts what a process has gathered: ((region, day, words), times)."""
    for (region, day, words), times in counted:
        count(database, region, day, words, times)
