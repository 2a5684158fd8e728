"""A complaint as it stands (营商环境投诉): where it is, by when supervision makes its next step, what was found. Pure.

Who complains and about whom stand in the state as blind indexes alone; all that was said is sealed under the complaint's own key. Who may
do what when is the table in `model_complaints_moves`, acts are in `model_complaints_acts`, events turn into state in
`model_complaints_evolve`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from chassis.acts import Actor
from services.policy.model_portal import SUPERVISE, acts_for_itself, looks_after
from yiwang.policy.v1 import complaints_pb2 as pb

RECEIVED, ACCEPTED = pb.COMPLAINT_STATUS_RECEIVED, pb.COMPLAINT_STATUS_ACCEPTED
CONCLUDED, WITHDRAWN = pb.COMPLAINT_STATUS_CONCLUDED, pb.COMPLAINT_STATUS_WITHDRAWN
STATUSES: Final[Mapping[int, str]] = {
    RECEIVED: "待受理",
    ACCEPTED: "调查中",
    CONCLUDED: "已办结",
    WITHDRAWN: "已撤回",
}
SUBSTANTIATED, PARTLY = pb.COMPLAINT_OUTCOME_SUBSTANTIATED, pb.COMPLAINT_OUTCOME_PARTLY
UNFOUNDED = pb.COMPLAINT_OUTCOME_UNFOUNDED
OUTCOMES: Final[Mapping[int, str]] = {SUBSTANTIATED: "属实", PARTLY: "部分属实", UNFOUNDED: "不属实"}
OPEN: Final = (RECEIVED, ACCEPTED)
# Working days for each step: the platform's own.
ACCEPT_DAYS: Final = 5
CONCLUDE_DAYS: Final = 30
# The step that is late, by the status it is in.
STEPS: Final[Mapping[int, str]] = {RECEIVED: "ACCEPTANCE", ACCEPTED: "CONCLUSION"}
# As many signs of a complaint in a row are a quotation.
QUOTED: Final = 12
_NO_WORDS: Final = re.compile(r"[\W_]+")


class Marks(NamedTuple):
    """The blind indexes an actor is known by to one complaint: as who complains, and by his department, which has another index in each
    complaint, so that none tells of another. Empty = none."""

    complainant: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """The present state of a complaint."""

    id: str
    number: str
    status: int
    complainant_index: str
    department_index: str
    code_index: str
    region: str
    county: str
    sealed: str
    opened_at: datetime
    # By when supervision makes the next step; None after the end.
    step_due: datetime | None
    overdue: bool = False
    # Steps that were ever late.
    late: list[str] = field(default_factory=list)
    outcome: int = 0
    sealed_conclusion: str = ""
    sealed_reason: str = ""
    ended_at: datetime | None = None
    # When something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""


def complains(actor: Actor, complaint: Complaint, marks: Marks) -> bool:
    """Whether it is the actor's own, made with his name."""
    known = bool(complaint.complainant_index) and complaint.complainant_index == marks.complainant
    return acts_for_itself(actor) and known


def supervises(actor: Actor, complaint: Complaint, marks: Marks) -> bool:
    """Whether the actor supervises its region, and it is not about his own department. Who has no department supervises nothing here:
    nobody could tell."""
    apart = bool(marks.department) and marks.department != complaint.department_index
    return looks_after(actor, SUPERVISE, complaint.region) and apart


def sees(actor: Actor, complaint: Complaint, marks: Marks) -> bool:
    """Whether the actor may read it: what stands above every read, and once more behind every act."""
    return complains(actor, complaint, marks) or supervises(actor, complaint, marks)


def quotes(said: Mapping[str, str], question: str) -> bool:
    """Whether a question for the department has words of the complaint: a run of its title or text, or who complains, or how he is
    reached."""
    asked = _bare(question)
    for field_name in ("title", "text"):
        bare = _bare(said.get(field_name, ""))
        if any(bare[start : start + QUOTED] in asked for start in range(len(bare) - QUOTED + 1)):
            return True
    names = (_bare(said.get(name, "")) for name in ("complainant_name", "contact"))
    return any(len(name) > 1 and name in asked for name in names)


def _bare(text: str) -> str:
    return _NO_WORDS.sub("", text).upper()


def counts(complaints: Iterable[Complaint]) -> dict[str, int]:
    """Numbers of complaints: `received`, `status_<STATUS>`, `outcome_<OUTCOME>`, `late`. Nothing by department: that could name who
    complained. A number of what is not there is not there."""
    found: Counter[str] = Counter()
    for one in complaints:
        found["received"] += 1
        found[f"status_{pb.ComplaintStatus.Name(one.status).removeprefix('COMPLAINT_STATUS_')}"] += 1  # type: ignore[arg-type]
        if one.outcome:
            outcome = pb.ComplaintOutcome.Name(one.outcome)  # type: ignore[arg-type]
            found[f"outcome_{outcome.removeprefix('COMPLAINT_OUTCOME_')}"] += 1
        found["late"] += bool(one.late)
    return {name: number for name, number in found.items() if number}
