"""Case's own copy of what counties set: which ways in are open, and how many applications a minute they take."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import quota
from chassis.acts import now

Document = dict[str, Any]
COLLECTION = "counties"
COUNTY_DIGITS = 6


class County(NamedTuple):
    """What case needs of a county's settings. None = the county has not said, and every channel is open; 0 = no bound."""

    channels: frozenset[str] | None = None
    submits_per_minute: int = 0


UNHEARD = County()


def ensure_indexes(database: Database[Document]) -> None:
    """By the guard of the write, and by when it was heard (for the poll)."""
    database[COLLECTION].create_index("heard", name="heard")
    database[COLLECTION].create_index([("_id", 1), ("seq", 1)], name="id_seq")


class Counties:
    """The settings by county, in memory as far as they were asked for."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._counties = database[COLLECTION]
        self._known: dict[str, County] = {}
        self._since = now() - timedelta(minutes=5)

    def keep(self, region: str, seq: int, channels: Iterable[str], submits_per_minute: int) -> None:
        """Keeps the settings; those of an older event than the one known change nothing."""
        values = {"channels": list(channels), "submits_per_minute": submits_per_minute, "seq": seq, "heard": now()}
        older = {"_id": region, "seq": {"$lt": seq}}
        try:
            self._counties.update_one(older, {"$set": values}, upsert=True)
        except DuplicateKeyError:
            # Newer ones are there, or older ones were inserted this very moment.
            self._counties.update_one(older, {"$set": values})

    def of(self, region: str) -> County:
        """The settings of the county a region lies in."""
        county = region[:COUNTY_DIGITS]
        known = self._known.get(county)
        if known is None:
            found = self._counties.find_one({"_id": county})
            known = County(frozenset(found["channels"]), found["submits_per_minute"]) if found else UNHEARD
            self._known[county] = known
        return known

    def take(self, region: str, county: County) -> None:
        """Counts one application; RESOURCE_EXHAUSTED beyond the county's bound. Without a bound nothing is written."""
        if county.submits_per_minute:
            quota.take(self._database, f"submits/{region[:COUNTY_DIGITS]}", county.submits_per_minute, now())

    def refresh(self) -> None:
        """Forgets what the worker heard anew since the last call; the api calls it every second or two."""
        instant = now()
        bounds = {"$gte": self._since - timedelta(seconds=60), "$lt": instant + timedelta(days=1)}
        for document in self._counties.find({"heard": bounds}, {"_id": 1}):
            self._known.pop(document["_id"], None)
        self._since = instant
