"""The QR code of a window: who and where, rate in two taps, or complain (码上监督); and the desk that shows and prints codes."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from chassis import paper
from services.gateway import qr, rating_forms, rating_words, sources
from services.gateway.acts import FRESH, Act, Tried, do, form, only, refused, shown, tried
from services.gateway.calls import CallError, backends, call
from services.gateway.forms import next_request_id, problems_of, request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_officers import ADMINISTER, departments_of, names
from services.gateway.pages_places import WINDOWS, windows_of
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.rating.v1 import tickets_pb2 as tickets
from yiwang.rating.v1 import windows_pb2 as window_codes

CODE: Final = "/w/{code}"
LIVE: Final = "/desk/window/code"
ONE: Final = WINDOWS + "/{window_id:uuid}"
SERVING: Final = ("receive", "review", "decide", "issue")


async def _window(request: Request) -> window_codes.WindowOfCode:
    """What the code of the path is for. What no code can look like is forged, before a service is asked."""
    message = window_codes.ReadWindowCodeRequest(code=str(request.path_params["code"])[:200])
    return await ask_public(request, backends(request).window_codes.ReadWindowCode, message)


async def _by_code(request: Request, rpc: Any, message: Any) -> Any:
    """Calls with the token of a person who is signed in, for whom it is his own; without one for anybody else."""
    session = session_of(request)
    if session.realm == "person" and not session.own:
        return await ask(request, rpc, message)
    return await call(rpc, message, traceparent=request.state.traceparent)


def _why(error: CallError) -> str:
    """The reason a code is of no use; empty when the refusal is of another kind."""
    told = [error.reason, *(one.code for one in error.fields)]
    # A text that is too short, or has signs no code has, was not made here either.
    of_code = error.status in (400, 404) and any(one.field == "code" for one in error.fields)
    return next((one for one in told if one in rating_words.CODE), "CODE_FORGED" if of_code else "")


async def _unusable(request: Request, error: CallError) -> Response:
    """The page of a code that is of no use; raised again when it is about something else."""
    if why := _why(error):
        title, advice = rating_words.CODE[why]
        return show(request, "window_unusable.html", error.status, title=title, advice=advice, why=why)
    raise error


async def by_code(request: Request, told: Tried = FRESH) -> Response:
    """The window, and five big buttons."""
    try:
        window, tags = await asyncio.gather(_window(request), rating_forms.tags_by_grade(request, hall=True))
    except CallError as error:
        return await _unusable(request, error)
    code = str(request.path_params["code"])
    context: dict[str, Any] = {"window": window, "code": code, "tags": tags, "tried": told, "problems": told.problems}
    return show(request, "window_rate.html", told.status, **context)


async def rate(request: Request) -> Response:
    """Rates by the code; a live one is good for one rating."""
    typed = await request.form()
    message = window_codes.RateAtWindowRequest(
        request_id=request_id(typed),
        code=str(request.path_params["code"])[:200],
        source=sources.of_browser(request),
        **rating_forms.given(typed),
    )
    try:
        await _by_code(request, backends(request).window_codes.RateAtWindow, message)
    except CallError as error:
        if _why(error):
            return await _unusable(request, error)
        return await by_code(request, await _refused(request, "give", error))
    return go("/rated", done="rating-given")


async def _refused(request: Request, name: str, error: CallError) -> Tried:
    """The refusal of a form that no session is needed for."""
    if error.status not in (400, 403, 409, 429):
        raise error
    typed = await request.form()
    problems = problems_of(error, rating_words.FIELD, f"{name}-")
    return tried(typed, name, problems, error.status, next_request_id(typed, error))


async def rated(request: Request) -> Response:
    """Thanks, and what happens now."""
    return show(request, "window_rated.html")


async def tablet(request: Request) -> Response:
    """The page a window's tablet keeps open: it signs in as a device by its own key (static/tablet.js), and nobody else can use it."""
    tags = await rating_forms.tags_by_grade(request, hall=True)
    return show(request, "tablet.html", tags=tags, tried=FRESH)


async def complain_page(request: Request, told: Tried = FRESH) -> Response:
    """The form of 码上监督."""
    try:
        window = await _window(request)
    except CallError as error:
        return await _unusable(request, error)
    context: dict[str, Any] = {"window": window, "code": str(request.path_params["code"]), "tried": told}
    return show(request, "window_complain.html", told.status, problems=told.problems, **context)


async def complain(request: Request) -> Response:
    """Opens the complaint; its number and query code are shown here, once."""
    typed = await request.form()
    fields = only("title", "text", "contact_name", "contact")(typed)
    message = tickets.OpenTicketRequest(
        request_id=request_id(typed),
        kind=tickets.TICKET_KIND_SUPERVISION,
        window_code=str(request.path_params["code"])[:200],
        confidential=text(typed, "confidential") == "1",
        source=sources.of_browser(request),
        **fields,
    )
    try:
        opened = await _by_code(request, backends(request).tickets.OpenTicket, message)
    except CallError as error:
        if _why(error) or any(one.field == "window_code" for one in error.fields):
            return await _unusable(request, error)
        return await complain_page(request, await _refused(request, "ask", error))
    return show(request, "ticket_opened.html", one=opened)


# The desk: a live code for the next person, printed ones for a year.


async def live_page(request: Request, told: Tried, code: window_codes.WindowCode | None = None) -> Response:
    """The window the officer sits at, and the code for whoever stands before it."""
    id = session_of(request).id
    here = next((one for one in await windows_of(request) if one.officer_id == id), None)
    context = _drawn(request, code) | {"here": here, "code": code, "tried": told}
    return show(request, "desk_window_code.html", told.status, problems=told.problems, **context)


ISSUE = Act(
    "issue", "window_codes.IssueWindowCode", window_codes.IssueWindowCodeRequest, "",
    only("window_id", "case_number"), rating_words.FIELD,
)  # fmt: skip


async def issue(request: Request) -> Response:
    """Shows a code for the next person; it is kept nowhere but on this screen."""
    try:
        code = await do(request, ISSUE)
    except CallError as error:
        return await live_page(request, await refused(request, ISSUE, error))
    return await live_page(request, FRESH, code)


def _drawn(request: Request, code: window_codes.WindowCode | None) -> dict[str, Any]:
    """The code as squares, and its address."""
    url = f"{qr.base_url(request)}/w/{code.code}" if code else ""
    return {"squares": paper.squares(url) if url else [], "address": url}


async def printed_page(request: Request, told: Tried, code: window_codes.WindowCode | None = None) -> Response:
    """The codes of one window to be put up: print another, or make those of before worthless."""
    id = str(request.path_params["window_id"])
    known, departments = await asyncio.gather(windows_of(request), departments_of(request))
    window = next((one for one in known if one.id == id), counties.Window(id=id))
    context = _drawn(request, code) | {"window": window, "names": names(departments), "code": code, "tried": told}
    return show(request, "admin_window_code.html", told.status, problems=told.problems, **context)


PRINT = Act("print", "window_codes.IssueWindowCode", window_codes.IssueWindowCodeRequest, "")
REVOKE = Act("revoke", "window_codes.RevokeWindowCodes", window_codes.RevokeWindowCodesRequest, "codes-revoked")


async def print_code(request: Request) -> Response:
    """A code of a year, as a poster."""
    try:
        code = await do(request, PRINT, printed=True)
    except CallError as error:
        return await printed_page(request, await refused(request, PRINT, error))
    return await printed_page(request, FRESH, code)


PAGES = (
    Page("/rated", rated),
    Page("/tablet", tablet),
    Page(CODE, by_code, rate, acting=True),
    Page(CODE + "/complain", complain_page, complain, acting=True),
    Page(LIVE, shown(live_page), issue, "officer", SERVING),
    Page(ONE + "/code", shown(printed_page), print_code, "officer", ADMINISTER),
    form(ONE + "/code/revoke", REVOKE, printed_page, WINDOWS + "/{window_id}/code", "officer", ADMINISTER),
)
