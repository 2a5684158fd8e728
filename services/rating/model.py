"""A rating as it stands: the service node it is of, what was given, and the closed loop of a negative one. Pure.

Acts are in the `model_*` of their subject, events turn into state in `model_evolve`, who may move a loop where is the table in
`model_moves`, what it counts as is `model_kinds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chassis.acts import OFFICER, PERSON, Actor
from standards.codes import region_covers, region_prefix, region_valid
from yiwang.rating.v1 import service_pb2 as pb

OPEN, RATED, DEFAULTED = pb.RATING_STATUS_OPEN, pb.RATING_STATUS_RATED, pb.RATING_STATUS_DEFAULTED
UNRATED = pb.GRADE_UNSPECIFIED
NEGATIVE: Final = frozenset((pb.GRADE_DISSATISFIED, pb.GRADE_VERY_DISSATISFIED))
# What the default rating stands for at the edge (C.5.2: 系统默认评价).
DEFAULT_GRADE = pb.GRADE_SATISFIED
GRADES: Final[Mapping[int, str]] = {
    pb.GRADE_VERY_SATISFIED: "very_satisfied",
    pb.GRADE_SATISFIED: "satisfied",
    pb.GRADE_FAIRLY_SATISFIED: "fairly_satisfied",
    pb.GRADE_DISSATISFIED: "dissatisfied",
    pb.GRADE_VERY_DISSATISFIED: "very_dissatisfied",
}
SUPERVISE = "supervise"
# Who deals with a department's negative ratings.
DESK_ROLES: Final = frozenset(("review", "decide"))
COUNTY_DIGITS = 6
_ENDINGS: Final[Mapping[str, str]] = {"image/jpeg": "jpg", "image/png": "png"}
# What no record has.
NOBODY: Final[dict[str, Any]] = {"state.id": ""}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a rating or a ticket; its name is sealed under the key of who wrote it."""

    file_id: str
    sealed_filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a rating is counted apart; lifted when a supervisor looked."""

    kind: int
    reason: str
    at: datetime
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened in a loop, with what was said, sealed under the rater's key. `by`: rater, department, supervisor, system."""

    at: datetime
    by: str
    what: str
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """How a negative rating is dealt with. `department` is whose work it is, empty until it is assigned."""

    status: int
    step_due: datetime | None
    department: str = ""
    verdict: int = 0
    # The supervisor agreed to an excuse: it is counted apart.
    verdict_final: bool = False
    # The supervisor said what holds.
    reviewed: bool = False
    # Whose word of the department it is that a supervisor looks at: none of them does himself.
    parties: list[str] = field(default_factory=list)
    rectify_due: datetime | None = None
    rectified_at: datetime | None = None
    extended: bool = False
    outcome: int = 0
    called_back_at: datetime | None = None
    reopened: int = 0
    rater_appealed: bool = False
    department_appealed: bool = False
    # The step that is late now; and whether any was.
    overdue: bool = False
    was_overdue: bool = False
    public_comment: str = ""
    public_reply: str = ""
    published_at: datetime | None = None
    said: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rating:
    """The present state of a rating. What names a person is sealed under the key of `rater_id`."""

    id: str
    status: int
    node: int
    occasion: int
    case_id: str
    case_number: str
    ticket_id: str
    item_id: str
    item_code: str
    subject: str
    department: str
    department_name: str
    region: str
    county: str
    window_id: str
    # Officers concerned: none of them deals with it.
    officers: list[str]
    # Day in China on which the service ended.
    day: str
    case_channel: int
    # Who may rate; empty when nobody was asked.
    applicant_id: str
    opened_at: datetime
    closes_at: datetime | None = None
    grade: int = UNRATED
    tags: list[str] = field(default_factory=list)
    sealed_comment: str = ""
    anonymous: bool = False
    channel: int = 0
    files: list[File] = field(default_factory=list)
    sealed_contact: str = ""
    # Whose key seals the texts: the person, or the rating itself where nobody is known.
    rater_id: str = ""
    rated_at: datetime | None = None
    agent_id: str = ""
    sealed_agent_name: str = ""
    again_grade: int = UNRATED
    sealed_again: str = ""
    again_at: datetime | None = None
    flags: list[Flag] = field(default_factory=list)
    # Blind marks by which bursts and copies are found.
    device_mark: str = ""
    address_mark: str = ""
    text_mark: str = ""
    system: str = ""
    reference: str = ""
    # When the first rating, the default or the second rating was noted: the order in which records go out.
    record_at: datetime | None = None
    loop: Loop | None = None
    # The department it is with; whether it is on a supervisor's desk: keys of the lists.
    desk: str = ""
    negative: bool = False
    flagged: bool = False
    published: bool = False
    # When it was last published: the order in which everybody reads them.
    published_at: datetime | None = None
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""
    # What it counts as (model_kinds).
    kind: str = ""


def neutral_name(number: int, media_type: str) -> str:
    """What a file is called to officers: its own name would tell who brought it."""
    return f"附件{number}.{_ENDINGS.get(media_type, 'pdf')}"


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read of a rater: persons see their own, handlers of an organisation those of the organisation, nobody else
    sees any; a delegate is no judge of the service."""
    return {"state.applicant_id": actor.id} if _is_rater(actor) and actor.id else NOBODY


def sees(actor: Actor, rating: Rating) -> bool:
    """The same as `visible`, as a predicate."""
    return _is_rater(actor) and bool(actor.id) and rating.applicant_id == actor.id


def _is_rater(actor: Actor) -> bool:
    return actor.realm == PERSON and (actor.acting is None or actor.acting.channel == "handler")


def overseen(actor: Actor) -> dict[str, Any]:
    """The filter of a supervisor: his region."""
    if actor.realm == OFFICER and SUPERVISE in actor.roles and region_valid(actor.region):
        prefix = region_prefix(actor.region)
        return {"state.region": {"$gte": prefix, "$lt": f"{prefix}~"}}
    return NOBODY


def at_desk(actor: Actor) -> dict[str, Any]:
    """The filter of who deals with the negative ratings of a department. Who is concerned himself is told apart by `concerned`."""
    handles = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES) and actor.department
    return {"state.desk": actor.department} if handles else NOBODY


def oversees(actor: Actor, rating: Rating) -> bool:
    """The same as `overseen`, as a predicate, and not concerned himself."""
    supervises = actor.realm == OFFICER and SUPERVISE in actor.roles and region_valid(actor.region)
    return supervises and region_covers(actor.region, rating.region) and not concerned(actor, rating)


def handles(actor: Actor, rating: Rating) -> bool:
    """The same as `at_desk`, as a predicate, and not concerned himself: the officer rated never deals with it (C.5.4)."""
    at_it = actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES) and bool(actor.department)
    return at_it and rating.desk == actor.department and not concerned(actor, rating)


def concerned(actor: Actor, rating: Rating) -> bool:
    """Whether the officer is one of those who were rated: to him it is not there."""
    return actor.realm == OFFICER and actor.id in rating.officers


def negative(grade: int) -> bool:
    """Whether a grade is a negative one (差评): the last two of five."""
    return grade in NEGATIVE
