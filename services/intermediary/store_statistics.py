"""The market's numbers by county and month (of opening, in China), counted over the procurements themselves: neither a duplicate nor the order
of anything changes a number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records
from chassis.tally import Marks
from services.intermediary import model_statistics
from services.intermediary.model import COUNTY_DIGITS, Procurement
from services.intermediary.model_agencies import STANDINGS
from services.intermediary.model_statistics import Counted
from standards.workdays import SHANGHAI, local_day

Document = dict[str, Any]
# How procurements of a month are found stands among the lists of store.py: (county, opened_at).
INDEXES: Final[tuple[list[tuple[str, int]], ...]] = ()


class Counts:
    """The numbers of a service's procurements."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._months = database["market_months"]
        self._marks = Marks(self._months)

    def ensure_indexes(self) -> None:
        """Months that are marked, and months by county and time."""
        self._marks.ensure_indexes()
        self._months.create_index("bucket", name="bucket")

    def mark(self, county: str, opened_at: datetime) -> None:
        """A procurement of this county's month is about to be written."""
        self._marks.mark([f"{county[:COUNTY_DIGITS]}:{local_day(opened_at):%Y-%m}"])

    def recount(self, all: Records[Procurement]) -> int:
        """Counts marked months anew; called by a timer. Returns how many were counted."""

        def count(buckets: Sequence[str]) -> None:
            for bucket in buckets:
                county, month = bucket.split(":")
                found = model_statistics.counted(of_month(all, county, month))
                self._months.update_one({"_id": bucket}, {"$set": {"counted": model_statistics.kept(found)}})

        return self._marks.recount(count)

    def between(self, county: str, first: str, last: str) -> Counted:
        """The numbers of a county from month to month, both included."""
        found = Counted()
        bounds = {"$gte": f"{county}:{first}", "$lte": f"{county}:{last}"}
        for row in self._months.find({"bucket": bounds}, {"counted": 1}):
            if "counted" in row:
                found.join(model_statistics.of_kept(row["counted"]))
        return found

    def standings(self, county: str) -> dict[str, int]:
        """How many agencies of a county are in which standing, now."""
        rows = self._database["agencies"].aggregate(
            [{"$match": {"state.county": county}}, {"$group": {"_id": "$state.standing", "count": {"$sum": 1}}}]
        )
        return {STANDINGS[row["_id"]]: row["count"] for row in rows}


def of_month(all: Records[Procurement], county: str, month: str) -> list[Procurement]:
    """The procurements of a county opened in a month (YYYY-MM, in China)."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=SHANGHAI)
    following = (first + timedelta(days=32)).replace(day=1)
    return opened(all, county, first, following)


def opened(all: Records[Procurement], county: str, since: datetime, until: datetime) -> list[Procurement]:
    """The procurements of a county opened in a time, the latter instant not included."""
    query = {"state.county": county, "state.opened_at": {"$gte": since, "$lt": until}}
    return [row.state for row in all.select(query)]


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is counted from the procurements'."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of numbers; safe to repeat."""
    Counts(database).ensure_indexes()
