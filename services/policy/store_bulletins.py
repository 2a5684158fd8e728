"""The bulletin's numbers by county and month, counted over the claims themselves: neither a duplicate nor the order of anything changes a
number. Beside them visits by county and day, and how many enterprises each county has."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records
from chassis.tally import Marks
from chassis.timers import Groups
from services.policy import model_bulletins, store_enterprises
from services.policy.model import COUNTY_DIGITS, Claim
from services.policy.model_bulletins import Counted
from standards.workdays import SHANGHAI

Document = dict[str, Any]
# How claims of a month are found, submitted and paid.
INDEXES: Final = (
    [("state.county", 1), ("state.submitted_at", 1)],
    [("state.county", 1), ("state.orders.paid_at", 1)],
)


class Counts:
    """The numbers of a service's claims."""

    def __init__(self, database: Database[Document]) -> None:
        self._months = database["claim_months"]
        self._marks = Marks(self._months)

    def ensure_indexes(self) -> None:
        """Months that are marked, and months by county and time."""
        self._marks.ensure_indexes()
        self._months.create_index("bucket", name="bucket")

    def mark(self, claim: Claim) -> None:
        """A claim is about to be written as it is here."""
        self._marks.mark(f"{claim.county}:{month}" for month in sorted(model_bulletins.months_touched(claim)))

    def recount(self, all: Records[Claim]) -> int:
        """Counts marked months anew; called by a timer. Returns how many were counted."""

        def count(buckets: Sequence[str]) -> None:
            for bucket in buckets:
                county, month = bucket.split(":")
                found = model_bulletins.kept(of_month(all, county, month))
                self._months.update_one({"_id": bucket}, {"$set": {"counted": found}})

        return self._marks.recount(count)

    def between(self, county: str, first: str, last: str) -> Mapping[str, Counted]:
        """The numbers of a county by month, from month to month, both included."""
        bounds = {"$gte": f"{county}:{first}", "$lte": f"{county}:{last}"}
        rows = self._months.find({"bucket": bounds}, {"bucket": 1, "counted": 1})
        return {
            row["bucket"].partition(":")[2]: model_bulletins.of_kept(row["counted"]) for row in rows if "counted" in row
        }


def of_month(all: Records[Claim], county: str, month: str) -> Counted:
    """The numbers of a month, from the claims as they are."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=SHANGHAI)
    span = {"$gte": first, "$lt": (first + timedelta(days=32)).replace(day=1)}
    submitted = (row.state for row in all.select({"state.county": county, "state.submitted_at": span}))
    paid = (row.state for row in all.select({"state.county": county, "state.orders.paid_at": span}))
    return model_bulletins.counted(submitted, paid, month)


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of numbers; safe to repeat."""
    Counts(database).ensure_indexes()
    database["visit_days"].create_index("bucket", name="bucket")


# -- visits ------------------------------------------------------------------------------------------------------------


def visited(database: Database[Document], county: str, day: str, count: int) -> None:
    """So many more reads in a county on a day. Of a write whose answer was lost the count may come twice: it is a figure, not money."""
    bucket = f"{county}:{day}"
    Groups(database["visit_counties"], COUNTY_DIGITS).know(county)
    database["visit_days"].update_one(
        {"_id": bucket}, {"$inc": {"count": count}, "$set": {"bucket": bucket}}, upsert=True
    )


def visits(database: Database[Document], county: str, first: str, last: str) -> int:
    """Reads in a county from month to month, both included."""
    bounds = {"$gte": f"{county}:{first}", "$lte": f"{county}:{last}-99"}
    return sum(row["count"] for row in database["visit_days"].find({"bucket": bounds}, {"count": 1}))


def visited_within(database: Database[Document], region: str) -> list[str]:
    """Counties of a region that were visited."""
    return Groups(database["visit_counties"], COUNTY_DIGITS).within(region)


# -- enterprises -------------------------------------------------------------------------------------------------------


def count_enterprises(database: Database[Document], joined: Mapping[str, int]) -> None:
    """How many enterprises each county has, and how many of them somebody acts for; called by a timer now and then."""
    group = [{"$group": {"_id": "$county", "count": {"$sum": 1}}}]
    for row in list(database[store_enterprises.COLLECTION].aggregate(group)):
        if row["_id"]:
            told = {"enterprises": row["count"], "joined": joined.get(row["_id"], 0)}
            database["county_enterprises"].update_one({"_id": row["_id"]}, {"$set": told}, upsert=True)


def enterprises(database: Database[Document]) -> list[tuple[str, int, int]]:
    """Counties, how many enterprises each had when they were counted last, and how many of them somebody acts for."""
    return [(row["_id"], row["enterprises"], row["joined"]) for row in database["county_enterprises"].find({})]
