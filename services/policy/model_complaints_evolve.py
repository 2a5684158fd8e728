"""Events turn into the state of a complaint, and of a supervisor's look at one: one pure function each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from services.policy import model_complaints as complaints
from services.policy.model_complaints import Complaint
from services.policy.model_portal import COUNTY_DIGITS
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


@dataclass(frozen=True, slots=True)
class Look:
    """A supervisor's look at a complaint: a record of its own, written once, before anything is shown."""

    id: str
    complaint_id: str
    officer_id: str
    reader_department: str
    at: datetime


def _submitted(_none: None, event: events.ComplaintSubmitted, moment: Moment) -> Complaint:
    return Complaint(
        id=event.complaint_id,
        number=event.number,
        status=complaints.RECEIVED,
        complainant_index=event.complainant_index,
        department_index=event.department_index,
        code_index=event.code_index,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        sealed=event.sealed,
        opened_at=moment.at,
        step_due=instant(event.due),
    )


def _accepted(complaint: Complaint, event: events.ComplaintAccepted, _moment: Moment) -> Complaint:
    return replace(complaint, status=complaints.ACCEPTED, step_due=instant(event.due), overdue=False)


def _concluded(complaint: Complaint, event: events.ComplaintConcluded, moment: Moment) -> Complaint:
    ended = _ended(complaint, complaints.CONCLUDED, moment)
    return replace(ended, outcome=event.outcome, sealed_conclusion=event.sealed)


def _withdrawn(complaint: Complaint, event: events.ComplaintWithdrawn, moment: Moment) -> Complaint:
    return replace(_ended(complaint, complaints.WITHDRAWN, moment), sealed_reason=event.sealed_reason)


def _overdue(complaint: Complaint, event: events.ComplaintOverdue, _moment: Moment) -> Complaint:
    return replace(complaint, overdue=True, late=[*complaint.late, event.step])


def _ended(complaint: Complaint, status: int, moment: Moment) -> Complaint:
    return replace(complaint, status=status, step_due=None, overdue=False, ended_at=moment.at)


def _settled(evolve: Callable[[Any, Any, Moment], Complaint]) -> Callable[[Complaint | None, Any, Moment], Complaint]:
    """The state after the event, with when something is due by itself."""

    def settled(before: Complaint | None, event: Any, moment: Moment) -> Complaint:
        complaint = evolve(before, event, moment)
        due = None if complaint.overdue else complaint.step_due
        return replace(complaint, due=due, due_of="overdue" if due else "")

    return settled


def _read(_none: None, event: events.ComplaintRead, moment: Moment) -> Look:
    return Look(event.read_id, event.complaint_id, event.officer_id, event.department, moment.at)


_EVOLVE: Evolve = {
    events.ComplaintSubmitted: _submitted,
    events.ComplaintAccepted: _accepted,
    events.ComplaintConcluded: _concluded,
    events.ComplaintWithdrawn: _withdrawn,
    events.ComplaintOverdue: _overdue,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
EVOLVE_LOOKS: Evolve = {events.ComplaintRead: _read}
