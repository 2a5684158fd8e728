"""Events turn into the state of a ticket: one pure function each. What is derived from the rest stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from services.rating import model_tickets as tickets
from services.rating import model_tickets_acts as acts
from services.rating import model_tickets_counts as counts
from services.rating import model_tickets_moves as moves
from services.rating.model import COUNTY_DIGITS, File
from services.rating.model_tickets import Line, Ticket
from standards.instants import instant
from yiwang.rating.v1 import events_pb2 as events


def _opened(_ticket: None, event: events.TicketOpened, moment: Moment) -> Ticket:
    due = instant(event.due)
    assert due is not None
    return Ticket(
        id=event.ticket_id,
        number=event.number,
        kind=event.kind,
        status=tickets.ASSIGNED if event.department else tickets.RECEIVED,
        asker_id=event.asker_id,
        sealer_id=event.sealer_id,
        sealed=event.sealed,
        confidential=event.confidential,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        department=event.department,
        department_name=event.department_name,
        case_id=event.case_id,
        case_number=event.case_number,
        item_name=event.item_name,
        window_id=event.window_id,
        officers=list(event.officer_ids),
        files=[File(one.file_id, one.sealed_filename, one.media_type, one.size, one.sha256) for one in event.files],
        hotline_number=event.hotline_number,
        day=event.day,
        opened_at=moment.at,
        answer_due=due,
        lines=[Line(moment.at, tickets.PLATFORM if event.hotline_number else tickets.ASKER, "TicketOpened")],
        buckets=counts.buckets(event.region, event.day),
    )


def _assigned(ticket: Ticket, event: events.TicketAssigned, moment: Moment) -> Ticket:
    return replace(
        _line(ticket, event, moment, tickets.SUPERVISOR, event.sealed_note),
        status=tickets.ASSIGNED,
        department=event.department,
        department_name=event.department_name,
    )


def _answered(ticket: Ticket, event: events.TicketAnswered, moment: Moment) -> Ticket:
    by = tickets.DEPARTMENT if event.department else tickets.SUPERVISOR
    pending = ticket.extension == tickets.ASKED
    return replace(
        _line(ticket, event, moment, by, event.sealed_text),
        status=tickets.ANSWERED,
        answered_at=moment.at,
        close_due=instant(event.close_due),
        late=ticket.late or event.late,
        overdue=False,
        # What was asked for and not decided is not needed any more.
        extension=tickets.NONE if pending else ticket.extension,
        extension_asked_at=None if pending else ticket.extension_asked_at,
        extension_days=0 if pending else ticket.extension_days,
    )


def _extension_asked(ticket: Ticket, event: events.TicketExtensionAsked, moment: Moment) -> Ticket:
    return replace(
        _line(ticket, event, moment, tickets.DEPARTMENT, event.sealed_reason),
        extension=tickets.ASKED,
        extension_days=event.days,
        extension_asked_at=moment.at,
    )


def _extension_decided(ticket: Ticket, event: events.TicketExtensionDecided, moment: Moment) -> Ticket:
    return replace(
        _line(ticket, event, moment, tickets.SUPERVISOR, event.sealed_reason),
        extension=tickets.GRANTED if event.granted else tickets.DECLINED,
        answer_due=instant(event.due) or ticket.answer_due,
    )


def _confirmed(ticket: Ticket, event: events.TicketConfirmed, moment: Moment) -> Ticket:
    said = replace(
        _line(ticket, event, moment, tickets.ASKER, event.sealed_text),
        satisfied=event.satisfied,
        confirmed_at=moment.at,
    )
    return _again(said, event.due) if event.reopened else said


def _withdrawn(ticket: Ticket, event: events.TicketWithdrawn, moment: Moment) -> Ticket:
    return replace(_line(ticket, event, moment, tickets.ASKER), status=tickets.WITHDRAWN, ended_at=moment.at)


def _closed(ticket: Ticket, event: events.TicketClosed, moment: Moment) -> Ticket:
    by = tickets.SUPERVISOR if event.officer_id else tickets.SYSTEM
    closed = _line(ticket, event, moment, by, event.sealed_note)
    return replace(closed, status=tickets.CLOSED, ended_at=moment.at)


def _overdue(ticket: Ticket, event: events.TicketOverdue, moment: Moment) -> Ticket:
    return replace(_line(ticket, event, moment, tickets.SYSTEM), overdue=True)


def _told(ticket: Ticket, event: events.HotlineTold, moment: Moment) -> Ticket:
    said = _line(ticket, event, moment, tickets.PLATFORM, event.sealed_text)
    if event.status in (acts.SATISFIED, acts.NOT_SATISFIED):
        # The caller was content in the end, in whatever order the platform's words came.
        satisfied = event.status == acts.SATISFIED or (ticket.satisfied and ticket.confirmed_at is not None)
        return replace(said, satisfied=satisfied, confirmed_at=moment.at)
    if event.status == acts.CLOSED:
        ends = ticket.status in moves.MOVES["HotlineClosed"].sources
        ended = replace(said, status=tickets.CLOSED, ended_at=moment.at) if ends else said
        return replace(ended, ended_outside=True)
    return _again(said, event.due) if event.reopened else said


def _linked(ticket: Ticket, event: events.CallLinked, _moment: Moment) -> Ticket:
    return replace(ticket, calls=[*ticket.calls, event.call_number])


def _again(ticket: Ticket, due: str) -> Ticket:
    """Open again, with supervision."""
    return replace(
        ticket,
        status=tickets.RECEIVED,
        department="",
        department_name="",
        answer_due=instant(due) or ticket.answer_due,
        answered_at=None,
        close_due=None,
        ended_at=None,
        overdue=False,
        reopened=ticket.reopened + 1,
    )


def _line(ticket: Ticket, event: Any, moment: Moment, by: str, sealed: str = "") -> Ticket:
    what = event.DESCRIPTOR.name
    if what == "HotlineTold":
        what = f"{what}/{event.status}"
    return replace(ticket, lines=[*ticket.lines, Line(moment.at, by, what, sealed)])


def _settled(evolve: Callable[[Any, Any, Moment], Ticket]) -> Callable[[Ticket | None, Any, Moment], Ticket]:
    """The state after the event, with what follows from it: when something is due by itself, and what it counts as."""

    def settled(before: Ticket | None, event: Any, moment: Moment) -> Ticket:
        ticket = evolve(before, event, moment)
        due, due_of = _due(ticket)
        return replace(ticket, due=due, due_of=due_of, counted=counts.text(counts.counted_of(ticket)))

    return settled


def _due(ticket: Ticket) -> tuple[datetime | None, str]:
    if ticket.status == tickets.ANSWERED:
        return ticket.close_due, "close"
    if ticket.status in tickets.UNANSWERED and not ticket.overdue:
        return ticket.answer_due, "overdue"
    return None, ""


_EVOLVE: Evolve = {
    events.TicketOpened: _opened,
    events.TicketAssigned: _assigned,
    events.TicketAnswered: _answered,
    events.TicketExtensionAsked: _extension_asked,
    events.TicketExtensionDecided: _extension_decided,
    events.TicketConfirmed: _confirmed,
    events.TicketWithdrawn: _withdrawn,
    events.TicketClosed: _closed,
    events.TicketOverdue: _overdue,
    events.HotlineTold: _told,
    events.CallLinked: _linked,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
