"""What people ask and complain of: opening one, following it, its answer, and the word of who asked; and the desks that answer."""

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import rating_forms, rating_words, sources
from services.gateway.acts import FRESH, Act, Tried, do, form, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.case_acts import act_page
from services.gateway.desk_inputs import wrong
from services.gateway.forms import problems_of, text
from services.gateway.moves import offered
from services.gateway.overview import departments_of, or_none
from services.gateway.pages import Page, at, go
from services.gateway.pages_officer import PAGE_SIZE, known_departments
from services.gateway.pages_officers import names
from services.gateway.pages_rating_desk import scope_of
from services.gateway.rating_moves import TICKETS
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.rating.v1 import tickets_pb2 as tickets

MINE: Final = "/tickets"
ONE: Final = MINE + "/{ticket_id:uuid}"
BACK: Final = MINE + "/{ticket_id}"
DESK: Final = "/desk/tickets"
DESK_ONE: Final = DESK + "/{ticket_id:uuid}"
READS: Final = ("receive", "review", "decide", "supervise")


def _asked(form: FormData) -> dict[str, Any]:
    typed = only("title", "text", "contact_name", "contact", "case_number", "department")(form)
    kind, _ = rating_words.ASKED.get(text(form, "kind"), (0, ""))
    return typed | {"kind": kind, "confidential": text(form, "confidential") == "1"}


OPEN = Act("ask", "tickets.OpenTicket", tickets.OpenTicketRequest, "", _asked, rating_words.FIELD)


async def ask_page(request: Request, tried: Tried = FRESH) -> Response:
    """The form of a question, a complaint, a suggestion, or of what could not be done (办不成事), of one's own case where it is named."""
    kind = request.query_params.get("kind", "")
    context: dict[str, Any] = {
        "kind": kind if kind in rating_words.ASKED else "",
        "case_number": request.query_params.get("case", "")[:24],
        "departments": await or_none(departments_of(request)) or [],
        "tried": tried,
    }
    return show(request, "ask.html", tried.status, problems=tried.problems, **context)


async def open_ticket(request: Request) -> Response:
    """Opens it, its files first; its page shows number and query code."""
    typed = await request.form()
    try:
        files = await rating_forms.attach(request, typed)
        # Where: here, unless the case says otherwise.
        told = {"source": sources.of_browser(request), "region": request.app.state.settings.region}
        one = await do(request, OPEN, file_ids=files, **told)
    except CallError as error:
        return await ask_page(request, await refused(request, OPEN, error))
    return go(f"{MINE}/{one.id}", done="ticket-opened")


async def mine(request: Request) -> Response:
    """The visitor's own, newest first."""
    page = request.query_params.get("page", "")[:200]
    message = tickets.ListMyTicketsRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).tickets.ListMyTickets, message)
    return show(request, "tickets_mine.html", found=found, page=page)


async def one_ticket(request: Request, tried: Tried) -> Response:
    """One of the visitor's, with its answer and what he may say to it."""
    one = await _ticket(request)
    return show(request, "ticket.html", tried.status, problems=tried.problems, one=one, tried=tried)


async def _ticket(request: Request) -> tickets.Ticket:
    message = tickets.GetTicketRequest(ticket_id=str(request.path_params["ticket_id"]))
    return await ask(request, backends(request).tickets.GetTicket, message)


def _confirmed(form: FormData) -> dict[str, Any]:
    chosen = text(form, "satisfied")
    if chosen not in ("yes", "no"):
        raise wrong("satisfied", "请选择满意或者不满意")
    return {"satisfied": chosen == "yes", "text": text(form, "text")}


CONFIRM = Act(
    "confirm", "tickets.ConfirmTicket", tickets.ConfirmTicketRequest, "ticket-confirmed", _confirmed, rating_words.FIELD
)
WITHDRAW = Act("withdraw", "tickets.WithdrawTicket", tickets.WithdrawTicketRequest, "ticket-withdrawn")


async def follow_form(request: Request) -> Response:
    """The form to follow one by number and query code."""
    return show(request, "ticket_follow.html", progress=None, typed={"number": "", "query_code": ""})


async def follow(request: Request) -> Response:
    """How far one is. A form, not an address: number and code stay out of logs and histories."""
    form = await request.form()
    typed = {"number": text(form, "number").upper()[:24], "query_code": text(form, "query_code")[:8]}
    try:
        message = tickets.FollowTicketRequest(**typed)
        found = await ask_public(request, backends(request).tickets.FollowTicket, message)
    except CallError as error:
        if error.status not in (400, 404, 429):
            raise
        problems = problems_of(error, rating_words.FIELD)
        return show(request, "ticket_follow.html", error.status, progress=None, typed=typed, problems=problems)
    return show(request, "ticket_follow.html", progress=found, typed=typed)


async def desk(request: Request) -> Response:
    """Those at a desk: of the own department, or of a supervisor's region; those of one case when its number is asked for."""
    asked, scope = request.query_params, scope_of(request)
    tab, page = asked.get("status", ""), asked.get("page", "")[:200]
    kind, number = asked.get("kind", ""), asked.get("case", "")[:24]
    supervises = "supervise" in session_of(request).roles
    message = tickets.ListTicketsRequest(
        **scope,
        status=rating_words.TICKETS.get(tab, 0),  # type: ignore[arg-type]
        kind=int(kind) if kind in {str(one) for one in rating_words.TICKET_KIND} else 0,  # type: ignore[arg-type]
        overdue=tab == "overdue",
        case_number=number,
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found, known = await asyncio.gather(
        ask(request, backends(request).tickets.ListTickets, message), known_departments(request)
    )
    chosen = {**scope, "kind": kind, "case": number}
    context: dict[str, Any] = {"found": found, "picked": tab, "page": page, "supervises": supervises, "scope": scope}
    context |= {"departments": known, "names": names(known), "chosen": chosen}
    context["at"] = lambda tab, page="": at(DESK, **chosen, status=tab, page=page)
    return show(request, "desk_tickets.html", **context)


async def desk_ticket(request: Request, tried: Tried) -> Response:
    """One at a desk, with a form for every move that may be made now."""
    one, known = await asyncio.gather(_ticket(request), known_departments(request))
    moves = offered(TICKETS, list(one.moves))
    context: dict[str, Any] = {"one": one, "moves": moves, "departments": known, "names": names(known), "tried": tried}
    return show(request, "desk_ticket.html", tried.status, problems=tried.problems, **context)


PAGES = (
    Page("/ask", ask_page, open_ticket, "person", acting=True),
    Page(MINE, mine, None, "person", acting=True),
    Page(MINE + "/follow", follow_form, follow),
    Page(ONE, shown(one_ticket), None, "person", acting=True),
    act_page(ONE + "/confirm", CONFIRM, one_ticket, BACK),
    act_page(ONE + "/withdraw", WITHDRAW, one_ticket, BACK),
    Page(DESK, desk, None, "officer", READS),
    Page(DESK_ONE, shown(desk_ticket), None, "officer", READS),
    *(
        form(f"{DESK_ONE}/{move.act.name}", move.act, desk_ticket, DESK + "/{ticket_id}", "officer", READS)
        for move in TICKETS.values()
    ),
)
