"""Where reported cases are kept: `reported_rows`, a document for each row as it landed, and `reported_cases`, the records they are
folded into. A row's `_id` is its key, so the store itself knows a row that comes again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from chassis import paging
from chassis.records import Record, Records, record_id
from services.case import model_reported
from services.case.model_reported import UNKNOWN, ReportedCase
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]
# Rows that are not folded yet bear the number of one of these: the embedded store reads all that match before it takes a few, so what
# matches is kept small, and counting one tells about all.
BUCKETS: Final = 16
FIRST_WINDOW: Final = timedelta(minutes=10)
DUPLICATE_KEY: Final = 11000
_OPEN_FIELDS: Final = {"sealed": 0, "digest": 0}


def cases(database: Database[Document]) -> Records[ReportedCase]:
    """The reported cases."""
    return Records(database["reported_cases"], ReportedCase, model_reported.EVOLVE, events)


def ensure_indexes(database: Database[Document]) -> None:
    """Rows by case, and those not folded; cases by department and application, and by number."""
    rows = database["reported_rows"]
    rows.create_index([("case", 1), ("seq", 1)], name="case_seq")
    rows.create_index("unfolded", name="unfolded", sparse=True)
    cases(database).ensure_indexes([("state.department", 1), ("state.listed_at", 1)], [("state.number", 1)])


def case_id(department: str, number: str) -> str:
    """The id of the record of a reported case, from its key."""
    return record_id(f"reported/{department}/{number}")


def bucket_of(case: str) -> int:
    """Which bucket the rows of a case wait in: all in one, so that they are folded together."""
    return int(case[:4], 16) % BUCKETS


class Rows:
    """The rows as they landed."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database["reported_rows"]
        self._looked = count()

    def land(self, documents: Sequence[Document]) -> list[int]:
        """Inserts rows, each for itself; the positions of those whose key is there already."""
        try:
            self._rows.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            wrong = error.details["writeErrors"]
            if error.details.get("writeConcernErrors") or any(one["code"] != DUPLICATE_KEY for one in wrong):
                raise
            return sorted(one["index"] for one in wrong)
        return []

    def digests(self, case: str) -> dict[str, str]:
        """The digests of the rows of a case, by their ids."""
        return {row["_id"]: row["digest"] for row in self._rows.find({"case": case}, {"digest": 1})}

    def of(self, case: str) -> list[Document]:
        """The rows of a case without what is sealed, in any order."""
        return list(self._rows.find({"case": case}, _OPEN_FIELDS))

    def whole(self, case: str) -> list[Document]:
        """The rows of a case with what is sealed, by seq."""
        return sorted(self._rows.find({"case": case}), key=lambda row: int(row["seq"]))

    def waiting(self, bucket: int) -> list[Document]:
        """The rows of a bucket that are not folded yet: id and key of their case."""
        return list(self._rows.find({"unfolded": bucket}, {"case": 1, "department": 1, "number": 1}))

    def folded(self, ids: Iterable[str]) -> None:
        """Takes the mark off these rows."""
        marks = [UpdateOne({"_id": id}, {"$unset": {"unfolded": ""}}) for id in ids]
        if marks:
            self._rows.bulk_write(marks, ordered=False)

    def backlog(self) -> int:
        """About how many rows wait to be folded: one bucket, another each time, stands for all."""
        bucket = next(self._looked) % BUCKETS
        return BUCKETS * sum(1 for _ in self._rows.find({"unfolded": bucket}, {"_id": 1}))


def page(
    all: Records[ReportedCase], department: str, keep: Callable[[ReportedCase], bool], token: str, size: int
) -> tuple[list[Record[ReportedCase]], str]:
    """A page of a department's reported cases that are to be kept, newest application first, and the next page's token. Pages are shorter
    where something was not kept, never empty before the end."""
    return paging.kept(all, [{"state.department": department}], "listed_at", keep, token, size, FIRST_WINDOW)


def of_number(all: Records[ReportedCase], number: str) -> list[Record[ReportedCase]]:
    """The cases departments have under this number: each numbers its own."""
    return all.select({"state.number": number})


def of_day(all: Records[ReportedCase], department: str, start: datetime, end: datetime) -> list[ReportedCase]:
    """A department's cases that were applied for in [start, end), then those whose application has not come."""
    bounds = {"$gte": start, "$lt": end}
    found = all.select({"state.department": department, "state.listed_at": bounds})
    found += all.select({"state.department": department, "state.listed_at": UNKNOWN})
    return [one.state for one in found]


def versions_of_day(
    database: Database[Document], department: str, start: datetime, end: datetime
) -> list[tuple[str, int]]:
    """Number and version of a department's cases that are handled here and came in in [start, end)."""
    query = {"state.department": department, "state.submitted_at": {"$gte": start, "$lt": end}}
    found = database["cases"].find(query, {"state.number": 1, "version": 1})
    return [(one["state"]["number"], one["version"]) for one in found]
