"""What case keeps: cases, accesses to them, attachments, and the count of arrivals. Its copy of the items is in `store_items`."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.files import Files
from chassis.records import Filter, Record, Records
from chassis.tally import Tally
from services.case import (
    handing_over,
    model_access,
    model_findings,
    store_blocks,
    store_board,
    store_bundles,
    store_counties,
    store_drafts,
    store_errands,
    store_items,
    store_lookups,
    store_reported,
    store_slots,
    store_themes,
    store_timers,
)
from services.case.model import COUNTY_DIGITS, Case
from services.case.model_access import Access
from services.case.model_evolve import EVOLVE
from services.case.model_findings import Finding
from yiwang.case.v1 import events_pb2 as events

Document = dict[str, Any]
# Whose stores declare their own indexes.
PARTS = (
    *(store_counties, handing_over, store_items, store_reported, store_timers, store_slots),
    *(store_errands, store_themes, store_bundles, store_lookups, store_blocks, store_drafts),
)
# A full desk's page lies within seconds; the windows grow from here.
FIRST_WINDOW = timedelta(seconds=10)
# A page token of what a department answered, after what waits for it.
ANSWERED = "answered-"


def cases(database: Database[Document]) -> Records[Case]:
    """The cases."""
    return Records(database["cases"], Case, EVOLVE, events)


def accesses(database: Database[Document]) -> Records[Access]:
    """Who saw cases as a supervisor, or answers in clear."""
    return Records(database["accesses"], Access, model_access.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [cases(database), accesses(database), findings(database), store_reported.cases(database)]
    return [
        *own,
        store_bundles.bundles(database),
        store_lookups.lookups(database),
        store_blocks.blocks(database),
        store_drafts.drafts(database),
    ]


def findings(database: Database[Document]) -> Records[Finding]:
    """What electronic supervision found."""
    return Records(database["findings"], Finding, model_findings.EVOLVE, events)


def newest_findings(
    all: Records[Finding], match: Filter, keep: Callable[[Finding], bool], token: str, count: int
) -> tuple[list[Record[Finding]], str]:
    """A page of the findings that are to be kept, newest first, and the next page's token."""
    return paging.kept(all, [match], "raised_at", keep, token, count)


def urged(all: Records[Finding], case_id: str) -> str | None:
    """Id of the finding by which a supervisor urges a case, while it is not answered."""
    query = {"state.case_id": case_id, "state.rule": model_findings.URGED, "state.status": model_findings.OPEN}
    found = all.collection.find_one(query, {"_id": 1})
    return str(found["_id"]) if found else None


def arrivals(database: Database[Document]) -> Tally:
    """Cases received, by day in China: buckets `<department>/<day>`, `county:<county>/<day>`, `item:<code>/<day>` and, for the departments
    within a county, `within:<county>/<day>/<department>`."""
    return Tally(database, store_board.ARRIVALS)


def closings(database: Database[Document]) -> Tally:
    """Cases closed, by the same buckets."""
    return Tally(database, store_board.CLOSINGS)


def work(database: Database[Document]) -> Tally:
    """What officers accepted, decided and closed, by day in China: buckets `officer:<id>/<day>`, and of decisions `<department>/<day>`."""
    return Tally(database, store_board.WORK)


def attachments(database: Database[Document]) -> Files:
    """Files people hand in; an upload that no case uses is swept after a day."""
    return Files(database, "attachments")


def buckets(event: events.CaseSubmitted | events.CaseClosed, day: date) -> list[str]:
    """Where a case counts on a day."""
    county = event.region[:COUNTY_DIGITS]
    names = (event.department, f"county:{county}", f"item:{event.item_code}")
    return [*(f"{name}/{day}" for name in names), store_board.within(county, day, event.department)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    cases(database).ensure_indexes(
        [("state.applicant_id", 1), ("state.submitted_at", 1)],
        [("state.desk", 1), ("state.submitted_at", 1)],
        [("state.desk", 1), ("state.promised_due", 1)],
        [("state.desk", 1), ("state.handler_id", 1), ("state.submitted_at", 1)],
        [("state.department", 1), ("state.submitted_at", 1)],
        [("state.desk", 1), ("state.yellow_at", 1)],
        [("state.receiving_department", 1), ("state.submitted_at", 1)],
        [("state.consulted", 1), ("state.submitted_at", 1)],
        [("state.asked", 1), ("state.submitted_at", 1)],
        [("state.county", 1), ("state.due", 1)],
        [("state.county", 1), ("state.desk", 1)],
        [("state.bundle_id", 1)],
        [("state.project_code", 1), ("state.submitted_at", 1)],
        [("state.item_code", 1)],
        [("state.files.attachment_id", 1)],
        unique=["state.number"],
    )
    accesses(database).ensure_indexes([("state.person_id", 1), ("state.at", 1)])
    findings(database).ensure_indexes(
        [("state.department", 1), ("state.raised_at", 1)],
        [("state.county", 1), ("state.raised_at", 1)],
        [("state.department", 1), ("state.status", 1)],
        [("state.county", 1), ("state.status", 1)],
        [("state.case_id", 1), ("state.rule", 1), ("state.status", 1)],
        [("state.case_id", 1), ("state.raised_at", 1)],
    )
    for tally in (arrivals(database), closings(database), work(database)):
        tally.ensure_indexes()
    for part in PARTS:
        part.ensure_indexes(database)
    attachments(database).ensure_indexes()


def uses_file(all: Records[Case], attachment: str) -> bool:
    """Whether a case has this file."""
    return all.collection.find_one({"state.files.attachment_id": attachment}, {"_id": 1}) is not None


def newest_at_desk(
    all: Records[Case], desk: str, handler_id: str, token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of the open cases of a department, or of those an officer handles there, newest first; and the next page's token."""
    return paging.newest(all, _at_desk(desk, handler_id), "submitted_at", token, count, FIRST_WINDOW)


def due_at_desk(
    all: Records[Case], desk: str, handler_id: str, bounds: tuple[str, datetime, datetime], skip: int, count: int
) -> list[Record[Case]]:
    """Open cases of a department, or of those an officer handles there, whose clock (a field of the state) ends in (after, until], the
    most urgent first."""
    field, after, until = bounds
    if handler_id:
        # His own are few, and no index has handler and due date: the embedded store scans for a field no index has beside the others.
        own = all.select(_at_desk(desk, handler_id))
        due = [
            (getattr(row.state, field), row.state.submitted_at, row.id, row) for row in own if getattr(row.state, field)
        ]
        return [row for at, _, _, row in sorted(due) if after < at <= until][skip : skip + count]
    query = {"state.desk": desk, f"state.{field}": {"$gt": after, "$lte": until}}
    return all.select(query, [(f"state.{field}", 1), ("state.submitted_at", 1)], skip, count)


def open_cases(
    all: Records[Case], desk: str, keep: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of the open cases of a department that are to be kept, newest first, and the next page's token."""
    return paging.kept(all, [_at_desk(desk, "")], "submitted_at", keep, token, count, FIRST_WINDOW)


def handled_by(all: Records[Case], desk: str, handler_id: str) -> list[Case]:
    """The open cases an officer handles in a department; they are few."""
    return [row.state for row in all.select(_at_desk(desk, handler_id))]


def _at_desk(desk: str, handler_id: str) -> Document:
    return {"state.desk": desk} | ({"state.handler_id": handler_id} if handler_id else {})


def own_cases(
    all: Records[Case], applicant: str, keep: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of a person's cases that are to be kept, newest first, and the next page's token."""
    return paging.kept(all, [{"state.applicant_id": applicant}], "submitted_at", keep, token, count)


def department_cases(
    all: Records[Case], department: str, keep: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of a department's cases that are to be kept, open and ended, newest first, and the next page's token."""
    return paging.kept(all, [{"state.department": department}], "submitted_at", keep, token, count, FIRST_WINDOW)


def project_cases(
    all: Records[Case], code: str, keep: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of the cases of an investment project that are to be kept, newest first, and the next page's token."""
    return paging.kept(all, [{"state.project_code": code}], "submitted_at", keep, token, count)


def asked_cases(
    all: Records[Case], department: str, is_open: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of the cases a department was asked about, those first that wait for its opinion, newest first within; and the next page's
    token."""
    rows, left = list[Record[Case]](), token
    if not token.startswith(ANSWERED):
        rows, left = paging.kept(all, [{"state.asked": department}], "submitted_at", is_open, token, count)
        if left or len(rows) == count:
            return rows, left or ANSWERED
        left = ANSWERED
    answered = {"state.consulted": department}
    more, left = paging.kept(
        all, [answered], "submitted_at", lambda case: not is_open(case), left.removeprefix(ANSWERED), count - len(rows)
    )
    return rows + more, f"{ANSWERED}{left}" if left else ""


def received_cases(
    all: Records[Case], department: str, keep: Callable[[Case], bool], token: str, count: int
) -> tuple[list[Record[Case]], str]:
    """A page of what a department's windows received for others and is to be kept, newest first, and the next page's token."""
    return paging.kept(all, [{"state.receiving_department": department}], "submitted_at", keep, token, count)


def newest_accesses(all: Records[Access], visible: Filter, token: str, count: int) -> tuple[list[Record[Access]], str]:
    """A page of a person's access record, newest first, and the next page's token."""
    return paging.newest(all, visible, "at", token, count)


def region_of(all: Records[Case], field: str, value: str) -> str:
    """The region of the cases of a department or an item, as far as there is one; empty when there is none."""
    found = all.collection.find_one({field: value}, {"state.region": 1})
    return str(found["state"]["region"]) if found else ""


def department_name(all: Records[Case], code: str) -> str:
    """How a department is called, as far as there is a case of it."""
    found = all.collection.find_one({"state.department": code}, {"state.department_name": 1})
    return str(found["state"]["department_name"]) if found else ""
