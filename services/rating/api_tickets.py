"""TicketService over gRPC: what people ask and complain of, and the 12345 platform's tickets."""

import hmac
from collections.abc import Callable
from datetime import date
from typing import Any

from google.protobuf.message import Message

from chassis import telemetry
from chassis.acts import Actor, now
from chassis.errors import Violation, invalid, not_found
from chassis.parts import Parts
from chassis.records import Record
from chassis.rpc import Call
from services.rating import model_tickets as tickets
from services.rating import model_tickets_acts as acts
from services.rating import model_tickets_counts as counts
from services.rating import model_tickets_moves as moves
from services.rating import store, store_tickets, views_tickets
from services.rating.asking import ROOM, Asking, plain_numbers
from services.rating.model_tickets import Ticket
from standards.codes import region_covers
from yiwang.rating.v1 import tickets_pb2 as pb

PAGE = 20
Decide = Callable[[Ticket], Message | list[Message] | None]


class TicketApi:
    """The methods of yiwang.rating.v1.TicketService, by name."""

    def __init__(self, parts: Parts) -> None:
        self.database = parts.database
        self.keyring = parts.keyring
        self.asking = Asking(parts)
        self.tickets = self.asking.tickets
        self.counties = self.asking.counties

    def OpenTicket(self, request: pb.OpenTicketRequest, call: Call) -> pb.Ticket:
        opened = self.asking.open(request, call)
        actor = call.actor if tickets.is_asker(call.actor) else Actor()
        call.span.set(telemetry.RECORD, opened.id)
        return views_tickets.full(opened, actor, self.keyring, now())

    def ListMyTickets(self, request: pb.ListMyTicketsRequest, call: Call) -> pb.ListTicketsResponse:
        match, size = tickets.asked_by(call.actor), request.page_size or PAGE
        return self._list([match], lambda ticket: tickets.asks(call.actor, ticket), request.page_token, size, call)

    def GetTicket(self, request: pb.GetTicketRequest, call: Call) -> pb.Ticket:
        return self._view(self.tickets.get(request.ticket_id), call)

    def FollowTicket(self, request: pb.FollowTicketRequest, _call: Call) -> pb.TicketProgress:
        found = store_tickets.by_number(self.tickets, request.number.upper())
        # Made even where there is no such number, so that both refusals take as long.
        code = views_tickets.query_code(self.keyring, found.id if found else request.number)
        same = hmac.compare_digest(code.encode(), request.query_code.upper().encode())
        if found is None or not same:
            raise not_found()
        return views_tickets.progress(found.state)

    def ListTickets(self, request: pb.ListTicketsRequest, call: Call) -> pb.ListTicketsResponse:
        def wanted(ticket: Ticket) -> bool:
            return _wanted(ticket, request, call.actor)

        return self._list(self._where(request, call.actor), wanted, request.page_token, request.page_size or PAGE, call)

    def AssignTicket(self, request: pb.AssignTicketRequest, call: Call) -> pb.Ticket:
        def decide(ticket: Ticket) -> Message:
            name = self._department_name(request)
            note = self.asking.sealed(ticket, request.note)
            return acts.assign(ticket, call.actor, request.department, name, note, now())

        return self._act(request, call, decide)

    def AnswerTicket(self, request: pb.AnswerTicketRequest, call: Call) -> pb.Ticket:
        return self._act(
            request,
            call,
            lambda ticket: acts.answer(ticket, call.actor, self.asking.sealed(ticket, request.text), now()),
        )

    def AskTicketExtension(self, request: pb.AskTicketExtensionRequest, call: Call) -> pb.Ticket:
        def decide(ticket: Ticket) -> Message:
            reason = self.asking.sealed(ticket, request.reason)
            return acts.ask_extension(ticket, call.actor, request.days, reason, now())

        return self._act(request, call, decide)

    def DecideTicketExtension(self, request: pb.DecideTicketExtensionRequest, call: Call) -> pb.Ticket:
        def decide(ticket: Ticket) -> Message:
            reason = self.asking.sealed(ticket, request.reason)
            return acts.decide_extension(ticket, call.actor, request.granted, reason, now())

        return self._act(request, call, decide)

    def ConfirmTicket(self, request: pb.ConfirmTicketRequest, call: Call) -> pb.Ticket:
        def decide(ticket: Ticket) -> list[Message]:
            said = self.asking.sealed(ticket, request.text)
            rules = store.rules_of(self.asking.rules, ticket.region)
            return acts.confirm(ticket, request.satisfied, said, rules, now())

        return self._act(request, call, decide)

    def WithdrawTicket(self, request: pb.WithdrawTicketRequest, call: Call) -> pb.Ticket:
        return self._act(request, call, lambda ticket: acts.withdraw(ticket, now()))

    def CloseTicket(self, request: pb.CloseTicketRequest, call: Call) -> pb.Ticket:
        return self._act(
            request,
            call,
            lambda ticket: acts.close(ticket, call.actor, self.asking.sealed(ticket, request.note), now()),
        )

    def CountTickets(self, request: pb.CountTicketsRequest, _call: Call) -> pb.TicketCounts:
        for field in ("from_day", "to_day"):
            _day(field, getattr(request, field))
        if request.to_day < request.from_day:
            raise invalid(Violation("to_day", "BEFORE_FROM", "结束日期早于开始日期"))
        first, last = (f"county:{request.county}:{day}" for day in (request.from_day, request.to_day))
        return counts.counts(self.tickets.counts.between(first, last))

    def ReceiveHotlineTicket(self, request: pb.ReceiveHotlineTicketRequest, call: Call) -> pb.HotlineTicket:
        return views_tickets.of_hotline(self.asking.receive(request, call).state)

    def TellHotlineStatus(self, request: pb.TellHotlineStatusRequest, call: Call) -> pb.HotlineTicket:
        return views_tickets.of_hotline(self.asking.hear(request, call).state)

    def LinkCall(self, request: pb.LinkCallRequest, call: Call) -> pb.Ticket:
        def decide(ticket: Ticket) -> Message | None:
            plain_numbers(call_number=request.call_number)
            return acts.link_call(ticket, call.actor, request.call_number)

        return self._act(request, call, decide, room=ROOM)

    def _act(self, request: Any, call: Call, decide: Decide, room: int = 0) -> pb.Ticket:
        """One move by who may make it; to everybody else the ticket is not there."""

        def decided(ticket: Ticket) -> Message | list[Message] | None:
            if not moves.made_by(ticket, call.method, call.actor):
                raise not_found()
            return decide(ticket)

        return self._view(self.tickets.change(request.ticket_id, call.cause, decided, room=room), call)

    def _department_name(self, request: pb.AssignTicketRequest) -> str:
        """What the department is called, empty for supervision itself. INVALID_ARGUMENT DEPARTMENT_UNKNOWN for one nobody heard of, nor
        names."""
        if not request.department:
            return ""
        known = store_tickets.department(self.database, request.department)
        name = known.name if known else request.department_name.strip()
        if not name:
            raise invalid(Violation("department", "DEPARTMENT_UNKNOWN", "没有此部门，请核对部门代码"))
        return name

    def _list(
        self, matches: list[dict[str, Any]], keep: Callable[[Ticket], bool], token: str, size: int, call: Call
    ) -> pb.ListTicketsResponse:
        rows, next = store_tickets.newest(self.tickets, matches, keep, token, size)
        instant = now()
        found = [views_tickets.brief(row, call.actor, self.keyring, instant) for row in rows]
        return pb.ListTicketsResponse(tickets=found, next_page_token=next)

    def _where(self, request: pb.ListTicketsRequest, actor: Actor) -> list[dict[str, Any]]:
        """What is looked through: one case, the own department, or one department or the counties of the supervisor's region."""
        if request.case_number:
            return [{"state.case_number": request.case_number}]
        if not tickets.supervises(actor):
            bounds = [{"state.department": actor.department}]
        elif request.department:
            bounds = [{"state.department": request.department}]
        else:
            asked = request.county
            if asked and not (region_covers(actor.region, asked) or actor.region.startswith(asked)):
                raise invalid(Violation("county", "COUNTY", "不在您的监察区域内"))
            bounds = [{"state.county": county} for county in self.counties.within(asked or actor.region)]
        if request.status:
            return [{**bound, "state.status": request.status} for bound in bounds]
        return [{**bound, "state.overdue": True} if request.overdue else bound for bound in bounds]

    def _view(self, record: Record[Ticket], call: Call) -> pb.Ticket:
        if not tickets.sees(call.actor, record.state):
            raise not_found()
        call.span.set(telemetry.RECORD, record.id)
        return views_tickets.full(record, call.actor, self.keyring, now())


def _wanted(ticket: Ticket, request: pb.ListTicketsRequest, actor: Actor) -> bool:
    """Whether a list shows a ticket: to who may read it, and not by a case the reader is not to know of."""
    return (
        (tickets.handles(actor, ticket) or tickets.oversees(actor, ticket))
        and (not request.case_number or tickets.knows_asker(actor, ticket))
        and request.status in (0, ticket.status)
        and request.kind in (0, ticket.kind)
        and (not request.overdue or ticket.overdue)
        and request.county in ("", ticket.county)
        and request.department in ("", ticket.department)
    )


def _day(field: str, told: str) -> None:
    try:
        date.fromisoformat(told)
    except ValueError:
        raise invalid(Violation(field, "MALFORMED", "日期无效")) from None
