"""Counts of ratings by county and day, whole and split, and by month, which is the sum of its days.

Whoever writes a rating marks its county's day before; a timer counts marked days over the ratings themselves, so that neither a duplicate
nor the order of anything changes a number. The breakdown of a day or month is one document: a year of all items is read in a dozen.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from chassis.acts import now
from chassis.tally import Marks
from services.rating import model_results, model_splits
from services.rating.model import COUNTY_DIGITS
from services.rating.model_splits import SPLITS, Group, Span, Split

Document = dict[str, Any]
# How ratings are found, a day of a county at a time.
INDEX: Final = [("state.county", 1), ("state.day", 1)]
# How published ones are found, which are few among all.
PUBLISHED: Final = (
    [("state.county", 1), ("state.published", 1), ("state.published_at", 1)],
    [("state.county", 1), ("state.department", 1), ("state.published", 1), ("state.published_at", 1)],
)
_GROUP: Final = {
    "department": "$state.department",
    "department_name": "$state.department_name",
    "item": "$state.item_id",
    "subject": "$state.subject",
    "window": "$state.window_id",
    "kind": "$state.kind",
}


class Found(NamedTuple):
    """What was counted, and when the newest of it was; None when nothing was."""

    split: Split
    at: datetime | None


# Places that were noted are noted again so often: a store may be restored under a running worker. Seconds.
FORGOTTEN_AFTER = 600.0


class Counts:
    """The counts of a service's ratings."""

    def __init__(self, database: Database[Document]) -> None:
        self._ratings = database["ratings"]
        self._days = database["rating_days"]
        self._counts = database["rating_counts"]
        self._places = database["rating_places"]
        self._windows = database["windows"]
        self._marks = Marks(self._days)
        self._known: set[tuple[str, str]] = set()
        self._known_since = time.monotonic()

    def ensure_indexes(self) -> None:
        """Days that are marked, and counts by county, breakdown and time."""
        self._marks.ensure_indexes()
        self._counts.create_index("key", name="key")
        self._days.create_index("edition", name="edition")
        self._days.create_index("bucket", name="bucket")
        for fields in PUBLISHED:
            name = "_".join(field.removeprefix("state.") for field, _ in fields)
            self._ratings.create_index(fields, name=name, partialFilterExpression={"state.published": True})

    # -- counting ------------------------------------------------------------------------------------------------------

    def mark(self, region: str, day: str) -> None:
        """A rating of this county's day is about to be written."""
        self._marks.mark([f"{region[:COUNTY_DIGITS]}:{day}"])

    def recount(self) -> int:
        """Counts marked days anew; called by a timer. Returns how many were counted."""
        return self._marks.recount(self.count)

    def renew(self) -> None:
        """Marks what was counted by another edition of the table of counters; called once by each worker."""
        for row in self._days.find({"edition": {"$lt": model_results.EDITION}}, {"_id": 1}):
            self._marks.mark([row["_id"]])

    def count(self, buckets: Iterable[str]) -> None:
        """Counts days of counties over their ratings, then their months over the days."""
        months = set()
        for bucket in buckets:
            county, day = bucket.split(":")
            for name, split in self.recounted(county, day).items():
                self._keep(county, name, f"d:{day}", split)
                self._place(county, name, split)
            self._days.update_one({"_id": bucket}, {"$set": {"edition": model_results.EDITION}})
            months.add((county, model_splits.month_of(day)))
        for county, month in sorted(months):
            for name in SPLITS:
                days = self.read(county, name, Span(f"d:{month}-01", f"d:{month}-31"))
                self._keep(county, name, f"m:{month}", days.split)

    def recounted(self, county: str, day: str) -> dict[str, Split]:
        """The counts of a day as its ratings are now, whatever was counted before."""
        match = {"state.county": county, "state.day": day}
        rows = self._ratings.aggregate([{"$match": match}, {"$group": {"_id": _GROUP, "count": {"$sum": 1}}}])
        return model_splits.split((Group(**row["_id"]), row["count"]) for row in rows)

    def _keep(self, county: str, name: str, period: str, split: Split) -> None:
        key = f"{county}:{name}:{period}"
        rows = {_field(id): row for id, row in split.rows.items()}
        names = {_field(id): text for id, text in split.names.items()}
        self._counts.update_one(
            {"_id": key}, {"$set": {"key": key, "rows": rows, "names": names, "at": now()}}, upsert=True
        )

    def _place(self, county: str, name: str, split: Split) -> None:
        """Notes in which county an item, a department or a window has numbers."""
        if name not in (model_splits.DEPARTMENT, model_splits.ITEM, model_splits.WINDOW):
            return
        if time.monotonic() - self._known_since > FORGOTTEN_AFTER:
            self._known.clear()
            self._known_since = time.monotonic()
        for id in split.rows:
            place = (f"{name}:{id}", county)
            if place not in self._known:
                self._places.update_one({"_id": place[0]}, {"$addToSet": {"counties": county}}, upsert=True)
                self._known.add(place)

    # -- reading -------------------------------------------------------------------------------------------------------

    def between(self, county: str, name: str, first: date, last: date, id: str | None = None) -> Found:
        """The counts of a county in a period by a breakdown, both days included; of one id alone when it is given."""
        spans = model_splits.spans(first, last)
        found = [self.read(county, name, span, id) for span in spans.added]
        split = model_splits.added(one.split for one in found)
        for span in spans.taken:
            split = model_splits.less(split, self.read(county, name, span, id).split)
        return Found(split, max((one.at for one in found if one.at), default=None))

    def read(self, county: str, name: str, span: Span, id: str | None = None) -> Found:
        """The counts of days or months by a breakdown, added up; of one id alone when it is given."""
        found = list(self._documents(county, name, span, id))
        split = model_splits.added(Split(_plain(row.get("rows", {})), _plain(row.get("names", {}))) for row in found)
        return Found(split, max((row["at"] for row in found), default=None))

    def _documents(self, county: str, name: str, span: Span, id: str | None = None) -> Iterator[Document]:
        before = f"{county}:{name}:"
        wanted = {"key": {"$gte": before + span.first, "$lte": before + span.last}}
        field = None if id is None else _field(id)
        only = {f"rows.{field}": 1, f"names.{field}": 1, "at": 1, "key": 1} if field else None
        # By time, so that the later of two names stands; the index is in this order, the answer need not be.
        return iter(sorted(self._counts.find(wanted, only), key=lambda row: str(row["key"])))

    def days(self, county: str, name: str, first: date, last: date) -> dict[str, Split]:
        """The counts of each day of a period that has some, in order."""
        rows = self._documents(county, name, Span(f"d:{first}", f"d:{last}"))
        return {str(row["key"])[-10:]: Split(_plain(row["rows"]), _plain(row["names"])) for row in rows}

    def of_day(self, county: str, day: str, fields: Iterable[str]) -> Iterator[Document]:
        """These fields of the state of each rating of a day, with its id."""
        only = {f"state.{field}": 1 for field in fields}
        for row in self._ratings.find({"state.county": county, "state.day": day}, only):
            yield row["state"] | {"id": row["_id"]}

    def counties_of(self, name: str, id: str) -> list[str]:
        """Counties in which an item, a department or a window has numbers."""
        place = self._places.find_one({"_id": f"{name}:{id}"})
        return list(place["counties"]) if place else []

    def window_titles(self) -> dict[str, str]:
        """What the windows are called, by id."""
        rows = self._windows.find({}, {"hall": 1, "number": 1})
        return {row["_id"]: f"{row['hall']}{row['number']}号窗口" for row in rows}

    def marked(self, county: str) -> dict[str, bool]:
        """Days of a county that were ever marked, and whether they still are."""
        rows = self._days.find({"bucket": {"$gte": f"{county}:", "$lt": f"{county};"}})
        return {str(row["_id"]).split(":")[1]: bool(row.get("dirty")) for row in rows}


def _field(id: str) -> str:
    """An id as a field's name: other systems' ids may have dots, the whole has none."""
    return id.replace("%", "%25").replace(".", "%2E").replace("$", "%24") or "%"


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    for field in [field for field in fields if "%" in field]:
        fields[_id(field)] = fields.pop(field)
    return fields


def _id(field: str) -> str:
    return "" if field == "%" else field.replace("%2E", ".").replace("%24", "$").replace("%25", "%")


def records(_database: Database[Document]) -> list[Any]:
    """Nothing here has a journal: counts are made of others' journals."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    Counts(database).ensure_indexes()
