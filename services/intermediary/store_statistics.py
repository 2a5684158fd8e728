"""The market's numbers by county and month (of submission, in China), counted over the procurements themselves: neither a duplicate nor the
order of anything changes a number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records
from chassis.tally import Marks
from services.intermediary import model_statistics
from services.intermediary.model import DIRECT, Procurement
from services.intermediary.model_concentration import Award
from services.intermediary.model_statistics import Counted
from standards.workdays import SHANGHAI, local_day

Document = dict[str, Any]
# How procurements of a month are found, and the awards of a time.
INDEXES: Final = (
    [("state.county", 1), ("state.submitted_at", 1)],
    [("state.county", 1), ("state.awarded_at", 1)],
)
FIRST: Final = datetime(2000, 1, 1, tzinfo=SHANGHAI)
# What an award is seen by.
_AWARD: Final = (
    *("owner_id", "owner_uscc", "owner_name", "mode", "winner", "candidates", "list_digest", "performance.amount_fen"),
)


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

    def mark(self, one: Procurement) -> None:
        """A procurement is about to be written as it is here, or to be something else than it is here; a draft is counted nowhere."""
        if one.submitted_at is not None:
            self._marks.mark([f"{one.county}:{_month(one.submitted_at)}"])

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

    def months(self, all: Records[Procurement], county: str) -> list[str]:
        """The months (YYYY-MM) a county has numbers of, or procurements."""
        marked = self._months.find({"bucket": {"$gte": f"{county}:", "$lt": f"{county};"}}, {"bucket": 1})
        query = {"state.county": county, "state.submitted_at": {"$gte": FIRST}}
        there = all.collection.find(query, {"state.submitted_at": 1})
        known = {row["bucket"].partition(":")[2] for row in marked}
        return sorted(known | {_month(row["state"]["submitted_at"]) for row in there})

    def standings(self, county: str) -> dict[str, int]:
        """How many agencies of a county are in which standing, now."""
        rows = self._database["agencies"].aggregate(
            [{"$match": {"state.county": county}}, {"$group": {"_id": "$state.standing", "count": {"$sum": 1}}}]
        )
        return {model_statistics.standing_name(row["_id"]): row["count"] for row in rows}


def of_month(all: Records[Procurement], county: str, month: str) -> list[Procurement]:
    """The procurements of a county that were submitted in a month (YYYY-MM, in China), for the last time where some were returned."""
    return [row.state for row in all.select(_submitted(county, month))]


def replayed(all: Records[Procurement], county: str, month: str) -> list[Procurement]:
    """The same as their journals alone have them."""
    return [all.replay(row["journal"]) for row in all.collection.find(_submitted(county, month), {"journal": 1})]


def _month(instant: datetime) -> str:
    return f"{local_day(instant):%Y-%m}"


def _submitted(county: str, month: str) -> Document:
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=SHANGHAI)
    following = (first + timedelta(days=32)).replace(day=1)
    return {"state.county": county, "state.submitted_at": {"$gte": first, "$lt": following}}


def awards(all: Records[Procurement], county: str, since: datetime) -> list[Award]:
    """The awards of a county since an instant; one that was given up or taken back is none."""
    query = {"state.county": county, "state.awarded_at": {"$gte": since}}
    found = all.collection.find(query, {f"state.{name}": 1 for name in _AWARD})
    return [_award(row["state"]) for row in found if row["state"].get("winner")]


def _award(told: Document) -> Award:
    winner = told["winner"]
    return Award(
        owner=told["owner_uscc"] or told["owner_id"],
        owner_name=told["owner_name"],
        uscc=winner["uscc"],
        agency_name=winner["name"],
        direct=told["mode"] == DIRECT,
        amount_fen=told["performance"]["amount_fen"],
        candidates=told["candidates"],
        list_digest=told["list_digest"],
    )


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is counted from the procurements'."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of numbers; safe to repeat."""
    Counts(database).ensure_indexes()
