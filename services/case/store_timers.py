"""Which counties have cases, so that the timer takes each by itself; and the calendar the clocks were last calculated with."""

from contextlib import suppress
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.case.model import COUNTY_DIGITS
from standards import workdays

Document = dict[str, Any]
COLLECTION = "timer_counties"
# Where a case tells its county.
BY_COUNTY = "state.county"


def ensure_indexes(database: Database[Document]) -> None:
    """Nothing beside the id."""
    database[COLLECTION].create_index([("_id", 1), ("calendar", 1)], name="id_calendar")


class Timers:
    """The counties."""

    def __init__(self, database: Database[Document]) -> None:
        self._counties = database[COLLECTION]
        self._known: set[str] = set()

    def know(self, region: str) -> None:
        """Makes a region's county known, before its first case is there."""
        county = region[:COUNTY_DIGITS]
        if county in self._known:
            return
        with suppress(DuplicateKeyError):
            self._counties.insert_one({"_id": county, "calendar": workdays.calendar_digest()})
        self._known.add(county)

    def counties(self) -> list[str]:
        """All counties with cases, sorted."""
        return sorted(row["_id"] for row in self._counties.find({}, {"_id": 1}))

    def calculated_otherwise(self, calendar: str) -> list[str]:
        """Counties whose open cases were calculated with another calendar."""
        found = self._counties.find({}, {"calendar": 1})
        return sorted(row["_id"] for row in found if row["calendar"] != calendar)

    def calculated(self, county: str, calendar: str) -> None:
        """All open cases of the county were calculated with this calendar."""
        self._counties.update_one({"_id": county}, {"$set": {"calendar": calendar}})
