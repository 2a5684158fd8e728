"""What people, officers, the 12345 platform and the clock do to a ticket. Pure: one function per act, refusing is raising.

Due dates are working days by the county's rules (consult_days, complaint_days); an answered ticket is closed by itself ten natural days
later (CLOSED_AFTER), unless the asker says otherwise.
"""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import require
from services.rating import model_rules
from services.rating import model_tickets as tickets
from services.rating import model_tickets_moves as moves
from services.rating.model_rules import CLOSED_AFTER, Rules
from services.rating.model_tickets import Ticket
from standards.instants import after, after_natural, text
from standards.workdays import local_day
from yiwang.rating.v1 import events_pb2 as events

SATISFIED, NOT_SATISFIED, SENT_BACK, CLOSED = "SATISFIED", "NOT_SATISFIED", "SENT_BACK", "CLOSED"


def receive(
    told: events.TicketOpened, rules: Rules | None, now: datetime, due: datetime | None = None
) -> events.TicketOpened:
    """Somebody asks, or complains. Only a question, a suggestion or what the hotline sent goes to the department it names; the rest goes
    to supervision. `due` is what the hotline wants, instead of the county's days."""
    opened = events.TicketOpened()
    opened.CopyFrom(told)
    if told.kind not in tickets.DIRECT and told.kind != tickets.HOTLINE:
        opened.department = opened.department_name = ""
    opened.due = text(due) or _due(told.kind, told.region, rules, now)
    opened.day = local_day(now).isoformat()
    return opened


def assign(
    ticket: Ticket, actor: Actor, department: str, department_name: str, sealed_note: str, now: datetime
) -> events.TicketAssigned:
    """A department is to answer, or supervision itself (empty department). FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(ticket, "AssignTicket", now)
    return events.TicketAssigned(
        ticket_id=ticket.id,
        officer_id=actor.id,
        department=department,
        department_name=department_name if department else "",
        sealed_note=sealed_note,
    )


def answer(ticket: Ticket, actor: Actor, sealed_text: str, now: datetime) -> events.TicketAnswered:
    """The answer of whom the ticket is with. FAILED_PRECONDITION MOVE_NOT_ALLOWED, WITH_DEPARTMENT."""
    moves.require_move(ticket, "AnswerTicket", now)
    who = moves.made_by(ticket, "AnswerTicket", actor)
    require(moves.answers(who, ticket), "WITH_DEPARTMENT", "该诉求已转办责任部门，由责任部门答复")
    return events.TicketAnswered(
        ticket_id=ticket.id,
        officer_id=actor.id,
        sealed_text=sealed_text,
        department=ticket.department,
        close_due=text(after_natural(now, CLOSED_AFTER)),
        late=now > ticket.answer_due,
    )


def ask_extension(
    ticket: Ticket, actor: Actor, days: int, sealed_reason: str, now: datetime
) -> events.TicketExtensionAsked:
    """More working days are asked for, once and before it is due. FAILED_PRECONDITION MOVE_NOT_ALLOWED, EXTENDED_ALREADY,
    TICKET_OVERDUE."""
    moves.require_move(ticket, "AskTicketExtension", now)
    return events.TicketExtensionAsked(ticket_id=ticket.id, officer_id=actor.id, days=days, sealed_reason=sealed_reason)


def decide_extension(
    ticket: Ticket, actor: Actor, granted: bool, sealed_reason: str, now: datetime
) -> events.TicketExtensionDecided:
    """Granted, or not; a ticket that is overdue by now is not given time. FAILED_PRECONDITION MOVE_NOT_ALLOWED, NO_EXTENSION_ASKED,
    TICKET_OVERDUE."""
    moves.require_move(ticket, "DecideTicketExtension", now)
    require(not granted or now <= ticket.answer_due, "TICKET_OVERDUE", "答复期限已过，不能再批准延期")
    due = after(ticket.answer_due, ticket.extension_days, ticket.region) if granted else ticket.answer_due
    return events.TicketExtensionDecided(
        ticket_id=ticket.id, officer_id=actor.id, granted=granted, due=text(due), sealed_reason=sealed_reason
    )


def confirm(ticket: Ticket, satisfied: bool, sealed_text: str, rules: Rules | None, now: datetime) -> list[Message]:
    """The asker's word: satisfied, it is closed; not satisfied for the first time, it is open again with supervision; then it is closed as
    it is. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(ticket, "ConfirmTicket", now)
    reopened = not satisfied and not ticket.reopened
    said = events.TicketConfirmed(
        ticket_id=ticket.id,
        satisfied=satisfied,
        sealed_text=sealed_text,
        reopened=reopened,
        due=_due(ticket.kind, ticket.region, rules, now) if reopened else "",
    )
    return [said] if reopened else [said, events.TicketClosed(ticket_id=ticket.id)]


def withdraw(ticket: Ticket, now: datetime) -> events.TicketWithdrawn:
    """Taken back before it is answered. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(ticket, "WithdrawTicket", now)
    return events.TicketWithdrawn(ticket_id=ticket.id)


def close(ticket: Ticket, actor: Actor, sealed_note: str, now: datetime) -> events.TicketClosed:
    """A supervisor ends an answered one. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(ticket, "CloseTicket", now)
    return events.TicketClosed(ticket_id=ticket.id, officer_id=actor.id, sealed_note=sealed_note)


def link_call(ticket: Ticket, actor: Actor, call_number: str) -> events.CallLinked | None:
    """A call of the hotline belongs to it; nothing where that is known."""
    if call_number in ticket.calls:
        return None
    return events.CallLinked(ticket_id=ticket.id, call_number=call_number, officer_id=actor.id)


def hear_hotline(
    ticket: Ticket, callback_id: str, status: str, sealed_text: str, rules: Rules | None, now: datetime
) -> events.HotlineTold:
    """What the platform says of its ticket, in any order. Sent back, an answered one is open again, once, and not after the platform
    closed it: a word that was overtaken by the last one opens nothing."""
    reopened = (
        status == SENT_BACK
        and ticket.status in moves.MOVES["HotlineSentBack"].sources
        and not ticket.reopened
        and not ticket.ended_outside
    )
    return events.HotlineTold(
        ticket_id=ticket.id,
        callback_id=callback_id,
        status=status,
        sealed_text=sealed_text,
        reopened=reopened,
        due=_due(ticket.kind, ticket.region, rules, now) if reopened else "",
    )


def fire(ticket: Ticket, now: datetime) -> Message | None:
    """What the clock makes of it: overdue, told once, or closed by itself; nothing where it was done meanwhile."""
    if ticket.due is None or ticket.due > now:
        return None
    if ticket.status == tickets.ANSWERED:
        return events.TicketClosed(ticket_id=ticket.id)
    return events.TicketOverdue(ticket_id=ticket.id, due=text(ticket.due))


def _due(kind: int, region: str, rules: Rules | None, now: datetime) -> str:
    return text(after(now, model_rules.days(rules, tickets.days_of(kind)), region))
