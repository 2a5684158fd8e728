"""Complaints, supervisors' looks at them, and what supervision asks departments."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pymongo.database import Database

from chassis import paging
from chassis.records import Filter, Record, Records
from chassis.sealed import Keyring
from chassis.timers import Groups, Timing
from services.policy import model_complaints, model_complaints_acts, model_complaints_evolve, model_questions
from services.policy.model_complaints import Complaint
from services.policy.model_complaints_evolve import Look
from services.policy.model_portal import COUNTY_DIGITS
from services.policy.model_questions import Question
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
# What a list is bounded by, each with the instant it was opened.
_LISTS = (("complainant_index",), ("county",), ("county", "status"))
LOOKS: Final = 50
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


def complaints(database: Database[Document]) -> Records[Complaint]:
    """The complaints."""
    return Records(database["complaints"], Complaint, model_complaints_evolve.EVOLVE, events)


def looks(database: Database[Document]) -> Records[Look]:
    """Supervisors' looks, a record each."""
    return Records(database["complaint_looks"], Look, model_complaints_evolve.EVOLVE_LOOKS, events)


def questions(database: Database[Document]) -> Records[Question]:
    """What supervision asks departments, a record each."""
    return Records(database["supervision_questions"], Question, model_questions.EVOLVE, events)


def counties(database: Database[Document]) -> Groups:
    """Which counties have complaints, so that the timers and the lists of a region take each by itself."""
    return Groups(database["complaint_counties"], COUNTY_DIGITS)


def timings(database: Database[Document]) -> tuple[Timing[Complaint], Timing[Question]]:
    """The timers over complaints and over questions of one store."""
    groups = counties(database).all
    return (
        Timing("policy", complaints(database), model_complaints_acts.fire, groups, "state.county"),
        Timing("policy", questions(database), model_questions.fire, groups, "state.county"),
    )


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [complaints(database), looks(database), questions(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of complaints, looks and questions; safe to repeat."""
    lists = [[*((f"state.{field}", 1) for field in fields), ("state.opened_at", 1)] for fields in _LISTS]
    due = [("state.county", 1), ("state.due", 1)]
    complaints(database).ensure_indexes(due, [("state.code_index", 1)], *lists)
    looks(database).ensure_indexes([("state.complaint_id", 1), ("state.at", 1)])
    questions(database).ensure_indexes(
        due, [("state.department", 1), ("state.asked_at", 1)], [("state.complaint_index", 1), ("state.asked_at", 1)]
    )


def complainant_index(keyring: Keyring, id: str) -> str:
    """How who complains is found again, by the id of the person or organisation."""
    return keyring.blind("complainant", id)


def department_index(keyring: Keyring, complaint: str, uscc: str) -> str:
    """How it is told whether a department is the one complained about: another index in each complaint, or a department that complained of
    itself would know what it looks like in all others."""
    return keyring.blind("complaint_department", f"{complaint}/{uscc}")


def by_code(all: Records[Complaint], keyring: Keyring, code: str) -> Record[Complaint] | None:
    """The complaint of a retrieval code, as somebody types it."""
    return all.find({"state.code_index": code_index(keyring, code)})


def code_index(keyring: Keyring, code: str) -> str:
    """How a complaint is found by its retrieval code."""
    return keyring.blind("complaint_code", plain_code(code))


def plain_code(code: str) -> str:
    """A retrieval code without what people put between its signs."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def questions_of(database: Database[Document], keyring: Keyring, complaint: str) -> list[Record[Question]]:
    """What was asked about a complaint, the oldest first."""
    query = {"state.complaint_index": question_index(keyring, complaint), "state.asked_at": {"$gte": FIRST}}
    return questions(database).select(query, [("state.asked_at", 1)])


def question_index(keyring: Keyring, complaint: str) -> str:
    """How a complaint's questions are found; nobody else can tell whose they are."""
    return keyring.blind("complaint_question", complaint)


def looks_at(database: Database[Document], complaint: str) -> list[Look]:
    """The last looks at a complaint, newest first."""
    rows, _ = paging.newest(looks(database), {"state.complaint_id": complaint}, "at", "", LOOKS)
    return [row.state for row in rows]


def newest(
    all: Records[Complaint], matches: Sequence[Filter], keep: Callable[[Complaint], bool], token: str, count: int
) -> tuple[list[Record[Complaint]], str]:
    """A page of the complaints that match any of these and are to be kept, newest first, and the next page's token."""
    return paging.kept(all, matches, "opened_at", keep, token, count)


def newest_questions(
    all: Records[Question], department: str, keep: Callable[[Question], bool], token: str, count: int
) -> tuple[list[Record[Question]], str]:
    """A page of what a department is asked, newest first, and the next page's token."""
    return paging.kept(all, [{"state.department": department}], "asked_at", keep, token, count)


def counts(database: Database[Document], county: str, since: datetime, until: datetime) -> dict[str, int]:
    """Numbers (model_complaints.counts) of a county's complaints that were submitted from an instant on and before another."""
    query = {"state.county": county, "state.opened_at": {"$gte": since, "$lt": until}}
    return model_complaints.counts(row.state for row in complaints(database).select(query))


def of_complainant(database: Database[Document], keyring: Keyring, person: str) -> list[str]:
    """Ids of what a person or an organisation complained of with his name."""
    query = {"state.complainant_index": complainant_index(keyring, person)}
    return [row["_id"] for row in complaints(database).collection.find(query, {"_id": 1})]
