"""An agency as it stands: who it is, what it may do, how it stands in the market. Pure.

Acts are in `model_agencies_acts`, what it states is checked in `model_agencies_stated`, events turn into state in `model_agencies_evolve`,
who may do what when is the table in `model_agencies_moves`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from chassis.acts import OFFICER, Actor
from services.intermediary import model
from services.intermediary.model_parts import File
from standards.codes import region_covers
from standards.workdays import SHANGHAI
from yiwang.intermediary.v1 import agencies_pb2 as pb

SUBMITTED, RETURNED = pb.AGENCY_STANDING_SUBMITTED, pb.AGENCY_STANDING_RETURNED
NOTICED, ACTIVE = pb.AGENCY_STANDING_NOTICED, pb.AGENCY_STANDING_ACTIVE
SUSPENDED, BLACKLISTED = pb.AGENCY_STANDING_SUSPENDED, pb.AGENCY_STANDING_BLACKLISTED
LEFT = pb.AGENCY_STANDING_LEFT
STANDINGS: Final[Mapping[int, str]] = {
    SUBMITTED: "待审核",
    RETURNED: "已退回",
    NOTICED: "公示中",
    ACTIVE: "正常",
    SUSPENDED: "已暂停",
    BLACKLISTED: "黑名单",
    LEFT: "已退出",
}
# What everybody may see.
PUBLIC: Final = frozenset((NOTICED, ACTIVE, SUSPENDED, BLACKLISTED))
PENDING, APPROVED = pb.QUALIFICATION_STATUS_PENDING, pb.QUALIFICATION_STATUS_APPROVED
REFUSED, REVOKED = pb.QUALIFICATION_STATUS_REFUSED, pb.QUALIFICATION_STATUS_REVOKED
# How an appeal against the black list stands; NONE before it was made.
NONE, ASKED, OVERTURNED, KEPT = "", "asked", "overturned", "kept"
UPHELD, DISMISSED = "UPHELD", "DISMISSED"
# Why it is suspended.
NO_VALID_QUALIFICATION, BY_SUPERVISOR = "NO_VALID_QUALIFICATION", "SUPERVISOR"


@dataclass(frozen=True, slots=True)
class Qualification:
    """A qualification, valid from its first to its last day in China (empty = without end), once it was approved."""

    id: str
    kind: str
    grade: str
    certificate_number: str
    valid_from: str
    valid_to: str
    file: File
    status: int = PENDING
    sealed_reason: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """A certificate of one of its people, who is known by a blind index."""

    person_key: str
    certificate_kind: str
    valid_to: str


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection to an entry; the text is sealed under the key of who objects, the reason under the organisation's."""

    id: str
    person_id: str
    sealed_text: str
    at: datetime
    decision: str = ""
    sealed_reason: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Blacklisting:
    """Why and until when it is on the black list."""

    since: datetime
    until: datetime
    appeal_until: datetime
    officer_id: str
    sealed_reason: str
    appeal: str = NONE
    sealed_appeal: str = ""
    sealed_decision: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Agency:
    """The present state of an agency. What names persons is sealed under the key of `organization_id`."""

    id: str
    organization_id: str
    uscc: str
    name: str
    region: str
    county: str
    sealed: str
    legal_key: str
    shareholder_keys: list[str]
    address_key: str
    person_keys: list[str]
    staff: list[Staff]
    services: list[str]
    avoids: list[str]
    entered_at: datetime
    # Where its entry is: SUBMITTED, RETURNED, NOTICED, ACTIVE (in the market), LEFT; `standing` is what follows from all of it.
    phase: int
    standing: int
    qualifications: list[Qualification] = field(default_factory=list)
    reviewer_id: str = ""
    sealed_reason: str = ""
    notice_until: datetime | None = None
    admitted_at: datetime | None = None
    left_at: datetime | None = None
    objections: list[Objection] = field(default_factory=list)
    # A supervisor's suspension, with the reason.
    held: bool = False
    sealed_held: str = ""
    # Whether any qualification was valid when it was last written.
    qualified: bool = False
    blacklisting: Blacklisting | None = None
    # What desks wait for (AgencyWait), and whether they do.
    waits: list[int] = field(default_factory=list)
    waiting: bool = False
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""


def first_instant(day: str) -> datetime:
    """When a day in China begins."""
    return datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=SHANGHAI)


def end_instant(day: str) -> datetime | None:
    """When a last day in China is over; None without one."""
    return first_instant(day) + timedelta(days=1) if day else None


def within(valid_from: str, valid_to: str, at: datetime) -> bool:
    """Whether an instant is within these days in China."""
    end = end_instant(valid_to)
    return (not valid_from or first_instant(valid_from) <= at) and (end is None or at < end)


def valid(qualification: Qualification, at: datetime) -> bool:
    """Whether it was approved and the instant is within its days."""
    return qualification.status == APPROVED and within(qualification.valid_from, qualification.valid_to, at)


def suspended_for(agency: Agency) -> list[str]:
    """Why it is suspended; empty when it is not."""
    if agency.standing != SUSPENDED:
        return []
    reasons = ((not agency.qualified, NO_VALID_QUALIFICATION), (agency.held, BY_SUPERVISOR))
    return [reason for holds, reason in reasons if holds]


def listed(agency: Agency) -> Blacklisting | None:
    """Its entry on the black list, while that holds."""
    entry = agency.blacklisting
    return entry if entry and not entry.ended else None


def open_objections(agency: Agency) -> list[Objection]:
    """Objections nobody decided yet."""
    return [one for one in agency.objections if not one.decision]


def objection(agency: Agency, id: str) -> Objection | None:
    """One objection by its id."""
    return next((one for one in agency.objections if one.id == id), None)


def qualification(agency: Agency, id: str) -> Qualification | None:
    """One qualification by its id."""
    return next((one for one in agency.qualifications if one.id == id), None)


def belongs(actor: Actor, agency: Agency) -> bool:
    """Whether the actor is a handler of the organisation that the agency is."""
    return model.is_handler(actor) and bool(actor.id) and actor.id == agency.organization_id


def officer(actor: Actor, role: str) -> bool:
    """Whether the actor is an officer with this role, with a region of his own."""
    return actor.realm == OFFICER and role in actor.roles and bool(actor.region)


def operates(actor: Actor, agency: Agency) -> bool:
    """Whether it is in the operator's region."""
    return officer(actor, model.MARKET) and region_covers(actor.region, agency.region)


def supervises(actor: Actor, agency: Agency) -> bool:
    """Whether it is in the supervisor's region."""
    return officer(actor, model.SUPERVISE) and region_covers(actor.region, agency.region)


def at_desk(actor: Actor, agency: Agency) -> bool:
    """Whether an officer may read all of it but persons in clear."""
    return operates(actor, agency) or supervises(actor, agency)


def sees(actor: Actor, agency: Agency) -> bool:
    """Whether the actor may read it at all: its own, officers of its region, everybody what is public."""
    return belongs(actor, agency) or at_desk(actor, agency) or agency.standing in PUBLIC
