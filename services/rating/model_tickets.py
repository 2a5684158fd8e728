"""A ticket as it stands (咨询、投诉、码上监督、办不成事、建议、12345 热线): who asks, with whom it is, by when it is to be answered. Pure.

Acts are in `model_tickets_acts`, events turn into state in `model_tickets_evolve`, who may do what when is the table in
`model_tickets_moves`, what it counts as is `model_tickets_counts`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chassis.acts import OFFICER, PERSON, Actor
from services.rating import model
from services.rating.model import NOBODY, File
from standards.codes import region_covers
from standards.identifiers import id_number_valid
from standards.workdays import local_day, working_days_between
from yiwang.rating.v1 import tickets_pb2 as pb

CONSULT, COMPLAINT, SUPERVISION = pb.TICKET_KIND_CONSULT, pb.TICKET_KIND_COMPLAINT, pb.TICKET_KIND_SUPERVISION
STUCK, SUGGESTION, HOTLINE = pb.TICKET_KIND_STUCK, pb.TICKET_KIND_SUGGESTION, pb.TICKET_KIND_HOTLINE
RECEIVED, ASSIGNED, ANSWERED = pb.TICKET_STATUS_RECEIVED, pb.TICKET_STATUS_ASSIGNED, pb.TICKET_STATUS_ANSWERED
CLOSED, WITHDRAWN = pb.TICKET_STATUS_CLOSED, pb.TICKET_STATUS_WITHDRAWN
KINDS: Final[Mapping[int, str]] = {
    CONSULT: "咨询",
    COMPLAINT: "投诉",
    SUPERVISION: "码上监督",
    STUCK: "办不成事",
    SUGGESTION: "建议",
    HOTLINE: "12345 热线",
}
STATUSES: Final[Mapping[int, str]] = {
    RECEIVED: "待转办",
    ASSIGNED: "待答复",
    ANSWERED: "已答复",
    CLOSED: "已办结",
    WITHDRAWN: "已撤回",
}
# What an asker may lay before a department himself; everything else is looked at by supervision first.
DIRECT: Final = frozenset((CONSULT, SUGGESTION))
UNANSWERED: Final = (RECEIVED, ASSIGNED)
# Which of a county's days it is answered in (model_rules).
DAYS: Final[Mapping[int, str]] = {CONSULT: "consult_days", SUGGESTION: "consult_days"}
DESK_ROLES: Final = frozenset(("receive", "review", "decide"))
# A mobile or a landline with its area code.
_PHONE: Final = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}|0[1-9][0-9]{8,10}")
# How an extension stands; NONE before it was asked for.
NONE, ASKED, GRANTED, DECLINED = "", "asked", "granted", "declined"
# Who said something.
ASKER, DEPARTMENT, SUPERVISOR, SYSTEM, PLATFORM = "asker", "department", "supervisor", "system", "hotline"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened to a ticket, with what was said, sealed under the key of `Ticket.sealer_id`. `what` is the event."""

    at: datetime
    by: str
    what: str
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The present state of a ticket. Title, text, name and contact are sealed under the key of `sealer_id`."""

    id: str
    number: str
    kind: int
    status: int
    # Empty where nobody is known; the key that seals is the ticket's own then.
    asker_id: str
    sealer_id: str
    sealed: str
    confidential: bool
    region: str
    county: str
    # Who answers; empty = supervision.
    department: str
    department_name: str
    case_id: str
    case_number: str
    item_name: str
    window_id: str
    # Officers it is about: to none of them it is there.
    officers: list[str]
    # Day in China on which it was received.
    day: str
    opened_at: datetime
    # By when it is to be answered.
    answer_due: datetime
    files: list[File] = field(default_factory=list)
    hotline_number: str = ""
    # Numbers of the hotline's calls that belong to it.
    calls: list[str] = field(default_factory=list)
    # Not answered in time, up to now.
    overdue: bool = False
    extension: str = NONE
    extension_days: int = 0
    extension_asked_at: datetime | None = None
    answered_at: datetime | None = None
    # Any answer of it came late.
    late: bool = False
    close_due: datetime | None = None
    satisfied: bool = False
    confirmed_at: datetime | None = None
    # How often it was open again: once at most.
    reopened: int = 0
    # When it was closed or taken back.
    ended_at: datetime | None = None
    # The platform closed it: whatever it said before and is heard later opens it no more.
    ended_outside: bool = False
    lines: list[Line] = field(default_factory=list)
    # The earliest instant something is due by itself, and what; None = nothing is.
    due: datetime | None = None
    due_of: str = ""
    # What it counts as (model_tickets_counts), and in which buckets.
    counted: str = ""
    buckets: list[str] = field(default_factory=list)


def asked_by(actor: Actor) -> dict[str, Any]:
    """The filter of who asked: persons their own, handlers of an organisation those of the organisation."""
    return {"state.asker_id": actor.id} if is_asker(actor) else NOBODY


def is_asker(actor: Actor) -> bool:
    """Whether the actor can have tickets: a person for himself, or a handler for his organisation; no delegate asks in another's name."""
    return actor.realm == PERSON and bool(actor.id) and (actor.acting is None or actor.acting.channel == "handler")


def asks(actor: Actor, ticket: Ticket) -> bool:
    """The same as `asked_by`, as a predicate."""
    return is_asker(actor) and ticket.asker_id == actor.id


def works_at(actor: Actor) -> bool:
    """Whether the actor answers what is asked of a department."""
    return actor.realm == OFFICER and not actor.roles.isdisjoint(DESK_ROLES) and bool(actor.department)


def handles(actor: Actor, ticket: Ticket) -> bool:
    """Whether it is with the officer's department, and not about himself."""
    return works_at(actor) and ticket.department == actor.department and not concerned(actor, ticket)


def supervises(actor: Actor) -> bool:
    """Whether the actor is a supervisor."""
    return actor.realm == OFFICER and model.SUPERVISE in actor.roles


def oversees(actor: Actor, ticket: Ticket) -> bool:
    """Whether it is in the supervisor's region, and not about himself."""
    return supervises(actor) and region_covers(actor.region, ticket.region) and not concerned(actor, ticket)


def concerned(actor: Actor, ticket: Ticket) -> bool:
    """Whether it is about the officer: to him it is not there."""
    return actor.realm == OFFICER and actor.id in ticket.officers


def sees(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may read it: what stands above every read, and once more behind every act."""
    return asks(actor, ticket) or handles(actor, ticket) or oversees(actor, ticket)


def knows_asker(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may know who asked, and of which case: not the department when the asker wants it so."""
    return asks(actor, ticket) or not ticket.confidential or oversees(actor, ticket)


def names_somebody(number: str) -> bool:
    """Whether a number somebody gives for a call, a ticket or a case is a phone's or a person's: such a number stands nowhere in clear."""
    bare = number.replace("-", "").upper()
    return bool(_PHONE.fullmatch(bare)) or id_number_valid(bare)


def days_of(kind: int) -> str:
    """Which of a county's days a kind is answered in, by its name in model_rules."""
    return DAYS.get(kind, "complaint_days")


def overdue_days(ticket: Ticket, now: datetime) -> int:
    """Working days over the due date, so far or at the answer (超期天数, GB/T 39046 table 10)."""
    until = ticket.answered_at or ticket.ended_at or now
    if until <= ticket.answer_due:
        return 0
    return max(0, working_days_between(local_day(ticket.answer_due), local_day(until), ticket.region))
