"""What identity keeps of departments and officers, and how they are found again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis.records import Filter, Record, Records, record_id
from services.identity import model_departments, model_officers, model_regions, store_pages
from services.identity.model_departments import Department
from services.identity.model_officers import Officer
from services.identity.model_sessions import Session
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def officers(database: Database[Document]) -> Records[Officer]:
    """The officers; the id follows from the staff number."""
    return Records(database["officers"], Officer, model_officers.EVOLVE, events)


def departments(database: Database[Document]) -> Records[Department]:
    """The departments; the id follows from the USCC."""
    return Records(database["departments"], Department, model_departments.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [officers(database), departments(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    officers(database).ensure_indexes(
        [("state.region", 1), ("state.staff_number", 1)],
    )
    departments(database).ensure_indexes([("state.region", 1), ("state.uscc", 1)])


def officer_id(staff_number: str) -> str:
    """The id of the officer with this staff number."""
    return record_id(f"officer/{staff_number}")


def department_id(uscc: str) -> str:
    """The id of the department with this USCC."""
    return record_id(f"department/{uscc}")


def officer_of(database: Database[Document], id: str) -> Officer | None:
    """The officer with this id, if there is one."""
    found = officers(database).find({"_id": id})
    return found.state if found else None


def department_of(database: Database[Document], uscc: str) -> Department | None:
    """The department with this USCC, if it was brought in."""
    found = departments(database).find({"_id": department_id(uscc)})
    return found.state if found else None


def officers_page(
    all: Records[Officer], visible: Filter, department: str, proposed: bool, after: str, count: int
) -> tuple[list[Record[Officer]], str]:
    """The next officers by staff number, and the next page's token; of a department, and only those with a proposal."""
    fields = ["staff_number", "department", "proposed_by"]

    def keep(state: Mapping[str, Any]) -> bool:
        return department in ("", state["department"]) and (not proposed or bool(state["proposed_by"]))

    return store_pages.page(all, visible, lambda state: str(state["staff_number"]), fields, after, count, keep)


def departments_page(
    all: Records[Department], region: str, after: str, count: int
) -> tuple[list[Record[Department]], str]:
    """The next departments of a region and below it by USCC, and the next page's token."""
    return store_pages.page(all, model_regions.within(region), lambda state: str(state["uscc"]), ["uscc"], after, count)


def sessions_before(all: Records[Session], principal_id: str, instant: datetime) -> list[str]:
    """Open sessions of a principal that started before an instant."""
    query = {"state.principal_id": principal_id, "state.reason": ""}
    rows = all.collection.find(query, {"state.started_at": 1})
    return [row["_id"] for row in rows if row["state"]["started_at"] < instant]
