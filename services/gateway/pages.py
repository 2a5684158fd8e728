"""What every page shares: the entry of the route table, and the one wrapper all of them are served through."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import county, kiosk, limits, unread
from services.gateway.calls import CallError
from services.gateway.packing import pack
from services.gateway.render import show_call_error, show_refusal
from services.gateway.security import check_charset, check_form_token
from services.gateway.session import Session, keep_session, session_of
from services.gateway.sources import keep_mark

Handler = Callable[[Request], Awaitable[Response]]
# Where everybody begins.
HOME_OF = {"person": "/cases", "officer": "/desk", "agent": "/agent"}
# What is done at the desk; officers without any of it begin where their first of these is done.
DESK = {"receive", "review", "decide", "issue"}
OFFICES = {
    "administer": "/admin",
    "supervise": "/desk",
    "catalog": "/desk/catalog",
    "market": "/desk/market",
    "procure": "/market/needs",
    "policy": "/desk/policies",
    "payout": "/desk/policies/claims",
    "finance": "/desk/policies/claims",
}


@dataclasses.dataclass(frozen=True)
class Page:
    """A path, who may come (empty: anyone), and what answers GET and POST there."""

    path: str
    get: Handler | None = None
    post: Handler | None = None
    needs: Literal["", "person", "officer", "agent", "anyone"] = ""
    # Officers need one of these.
    roles: tuple[str, ...] = ()
    # Who acts for somebody may come too, in his name.
    acting: bool = False
    # How many inputs its form may have.
    fields: int = 1000
    # Whether its header tells how many notices are unread: the pages where visitors begin, since it is a call of its own.
    counts: bool = False


def go(path: str, **query: str | int) -> RedirectResponse:
    """Sends the browser on after a form, so that reloading repeats nothing."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def at(path: str, **query: str) -> str:
    """An address with what is not empty."""
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def home_of(session: Session) -> str:
    """Where a visitor who is signed in begins."""
    if session.realm == "officer" and not DESK & set(session.roles):
        return next((home for role, home in OFFICES.items() if role in session.roles), HOME_OF["officer"])
    return HOME_OF[session.realm]


def route(page: Page) -> Route:
    """The page as a route. A path that only takes a form leads back to the page the form is on."""
    get = page.get or _to_parent

    async def endpoint(request: Request) -> Response:
        response = await _serve(request, page, get)
        private = page.needs or session_of(request).csrf
        response.headers.setdefault("Cache-Control", "no-store" if private else "private, no-cache")
        if not private:
            pack(request, response)
        keep_session(request, response)
        keep_mark(request, response)
        return response

    return Route(page.path, endpoint, methods=["GET", "POST"] if page.post else ["GET"])


async def _serve(request: Request, page: Page, get: Handler) -> Response:
    """Who may come, is the form ours, what does the handler say, and what if a service refuses."""
    try:
        limits.of_page(request)
        if gone := await kiosk.forget_idle(request):
            return gone
        if stop := _stop(request, page):
            return stop
        if county.look(request).closes(request.url.path, not page.needs):
            return show_refusal(request, 404, "PART_CLOSED")
        if request.method == "POST" and page.post:
            check_charset(request)
            await request.form(max_fields=page.fields)
            await check_form_token(request)
            return await page.post(request)
        if page.counts:
            request.state.unread = await unread.count(request)
        return await get(request)
    except CallError as error:
        if error.status == 401:
            return _ended(request)
        return show_call_error(request, error)
    finally:
        await request.close()


def _stop(request: Request, page: Page) -> Response | None:
    """What a visitor who may not come is answered."""
    session = session_of(request)
    if not page.needs:
        return None
    if not session.realm:
        return _to_sign_in(request)
    if session.own and not page.acting:
        return show_refusal(request, 403, "NOT_WHILE_ACTING")
    if page.needs not in ("anyone", session.realm):
        return show_refusal(request, 403, f"{page.needs.upper()}S_ONLY")
    if page.roles and session.realm == "officer" and not set(page.roles) & set(session.roles):
        return show_refusal(request, 403, "ROLE_NEEDED")
    return None


def _ended(request: Request) -> Response:
    """The session is over: back to the visitor's own when it acted for somebody, else to sign-in."""
    session = session_of(request)
    session.leave()
    return go(home_of(session), done="acting-over") if session.realm else _to_sign_in(request)


def _to_sign_in(request: Request) -> Response:
    """To sign-in, and back here afterwards."""
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return go("/sign-in", next=request.url.path + query)


async def _to_parent(request: Request) -> Response:
    """One step up from the path of a form."""
    return go(request.url.path.rpartition("/")[0] or "/")
