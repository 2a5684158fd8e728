"""What rating does when a ticket is answered or closed, and by the clock: who asked may rate the answer, the 12345 platform is told,
what is not answered in time is overdue, what is answered ends by itself."""

from datetime import datetime

from chassis.errors import NotYet, Refused
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.records import Record
from chassis.timers import Timing
from services.rating import hotline, inviting, model_tickets, store, store_tickets
from services.rating.hotline import Telling
from services.rating.model_tickets import Ticket
from services.rating.model_tickets_acts import fire
from services.rating.store_tickets import Tickets
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb
from yiwang.rating.v1.events_pb2 import TicketAnswered, TicketClosed


class HearsTickets:
    """The handlers and timers of tickets."""

    parts: Parts
    inviting: inviting.Inviting
    tickets: Tickets
    ticket_timing: Timing[Ticket]
    telling: Telling

    @on(TicketAnswered)
    def follow_answered(self, event: Heard[TicketAnswered]) -> None:
        """Act: who asked a question may rate how he was answered, once; the platform is told of the answer to its ticket."""
        ticket = _heard(self.tickets, event.record).state
        hotline.note(self.parts, event, ticket)
        if ticket.kind == model_tickets.CONSULT and ticket.asker_id:
            at = datetime.fromisoformat(event.time)
            served = _served(self.parts, ticket, event.body, at)
            self.inviting.invite(served, ticket.asker_id, at, event.cause)

    @on(TicketClosed)
    def follow_closed(self, event: Heard[TicketClosed]) -> None:
        """Act: the platform is told that its ticket is closed."""
        hotline.note(self.parts, event, _heard(self.tickets, event.record).state)

    @every(interval=1)
    def fire_tickets(self) -> None:
        """What is due happens: tickets that are overdue, answered ones that end; county by county."""
        self.ticket_timing.round()

    @every(interval=2)
    def count_tickets(self) -> None:
        """Recounts the days that changed."""
        self.tickets.counts.recount()

    @every(interval=2)
    def tell_hotline(self) -> None:
        """Tells the platform what it was not told yet."""
        self.telling.round()


def prepare(worker: type[HearsTickets], parts: Parts) -> None:
    """What the handlers and timers work with."""
    worker.tickets = store_tickets.tickets(parts.database)
    counties = store.counties(parts.database, store_tickets.COUNTIES)
    worker.ticket_timing = Timing("rating", worker.tickets, fire, counties.all, store.BY_COUNTY)
    worker.telling = Telling(parts)


def _heard(tickets: Tickets, id: str) -> Record[Ticket]:
    """The ticket an event is about; NotYet while there is none."""
    try:
        return tickets.get(id)
    except Refused as refused:
        raise NotYet from refused


def _served(parts: Parts, ticket: Ticket, answered: TicketAnswered, at: datetime) -> events.ServiceServed:
    """The consultation, as it is rated: by ticket, since a case may be asked about more than once."""
    known = store_tickets.department(parts.database, answered.department) if answered.department else None
    return events.ServiceServed(
        node=pb.SERVICE_NODE_CONSULT,
        occasion=1,
        ticket_id=ticket.id,
        # No number: what was rated is public, the ticket is not.
        subject="咨询",
        department=answered.department,
        department_name=known.name if known else "",
        region=ticket.region,
        window_id=ticket.window_id,
        officer_ids=[answered.officer_id],
        day=inviting.day_of(at),
    )
