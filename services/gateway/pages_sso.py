"""Single sign-on in the browser: signing on to other systems, the consent page, leaving them; and sign-in with an upstream provider."""

import base64
import binascii
import hashlib
import time
from typing import Any, cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import oauth
from services.gateway.calls import CallError, Req, backends
from services.gateway.forms import new_request_id, request_id, text
from services.gateway.officer_devices import noting
from services.gateway.pages import Page, go, home_of
from services.gateway.render import show, show_refusal
from services.gateway.security import own_path, visitor_address
from services.gateway.session import Sealer, ask, ask_public, keep_session, session_of
from yiwang.identity.v1 import sso_pb2 as sso

AUTHORIZE, CONSENT, LEAVE = "/oauth/authorize", "/oauth/consent", "/oauth/end-session"
# A sign-in that was asked for is fresh when it is so old at most.
FRESH_SECONDS = 60
UPSTREAM_SECONDS = 300
LISTED_SECONDS = 60
# So that its cookie stays below what browsers take.
LONGEST_NEXT = 2000
# Navigations that came from elsewhere, or were typed: none of our forms stands at their beginning.
FROM_ELSEWHERE = ("cross-site", "same-site", "none")


# -- signing on to another system --------------------------------------------------------------------------------------


async def authorize(request: Request) -> Response:
    """The authorization endpoint: to sign-in, to the consent page, or back to the system with a code or a refusal."""
    asked = _asked(request.url.query)
    found = await _as_visitor(
        request, backends(request).sso.CheckAuthorization, sso.CheckAuthorizationRequest(parameters=asked)
    )
    if found.redirect_to:
        return onward(request, found.redirect_to)
    if found.sign_in_needed:
        return go("/sign-in", next=f"{AUTHORIZE}?{_after_sign_in(asked)}")
    if found.consent_needed:
        return show(request, "consent.html", asked=found, query=request.url.query, request_id=new_request_id())
    message = sso.AuthorizeRequest(request_id=new_request_id(), parameters=asked)
    return onward(request, (await ask(request, backends(request).sso.Authorize, message)).redirect_to)


async def authorize_by_form(request: Request) -> Response:
    """The same by POST (OpenID Connect Core, 3.1.2.1). Browsers send our cookie with no form of another site: it is asked again by GET."""
    body = await request.body()
    if len(body) > oauth.LONGEST_BODY:
        return show_refusal(request, 413)
    try:
        asked = oauth.parameters(body.decode("ascii"))
    except ValueError:
        return show_refusal(request, 400)
    return RedirectResponse(f"{AUTHORIZE}?{_query(asked)}", 303)


async def consent(request: Request) -> Response:
    """The answer of the consent page."""
    form = await request.form()
    said = text(form, "decision")
    message = sso.AuthorizeRequest(
        request_id=request_id(form),
        parameters=_asked(request.url.query),
        approved=said == "yes",
        denied=said == "no",
    )
    try:
        found = await ask(request, backends(request).sso.Authorize, message)
    except CallError as error:
        if error.reason not in ("SIGN_IN_NEEDED", "CONSENT_NEEDED"):
            raise
        return await to_authorize(request)
    return onward(request, found.redirect_to)


async def to_authorize(request: Request) -> Response:
    """Where the consent page came from."""
    return RedirectResponse(f"{AUTHORIZE}?{request.url.query}", 303)


def onward(request: Request, address: str) -> Response:
    """Sends the browser to another site. After a form of ours it goes on by itself from a page of ours: `form-action 'self'` lets no
    form end elsewhere, also not by a redirect, and should stay that way."""
    if request.headers.get("sec-fetch-site") in FROM_ELSEWHERE:
        return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    page = show(request, "onward.html", address=address)
    page.headers.update({"Refresh": f"0; url={address}", "Cache-Control": "no-store"})
    return page


async def _as_visitor(request: Request, rpc: Any, message: Req) -> Any:
    """Asks in the visitor's name, or as nobody when he is not signed in or no longer."""
    session = session_of(request)
    if session.realm:
        try:
            return await ask(request, rpc, message)
        except CallError as error:
            if error.status != 401:
                raise
            session.clear()
    return await ask_public(request, rpc, message)


def _asked(query: str) -> list[sso.Parameter]:
    """The parameters as they came; what cannot be read asks for nothing, and is refused as such."""
    try:
        return oauth.parameters(query)
    except ValueError:
        return []


def _query(asked: list[sso.Parameter]) -> str:
    return urlencode([(one.name, one.value) for one in asked])


def _after_sign_in(asked: list[sso.Parameter]) -> str:
    """The request for after the sign-in it asks for: `prompt=login` is served by it, and that it was just now is for `max_age` to show."""
    given = {one.name: one.value for one in asked}
    prompts = given.get("prompt", "").split()
    left = [one for one in prompts if one not in ("login", "select_account")]
    old = given.get("max_age", "")
    if left != prompts or old.isdecimal():
        given["max_age"] = str(max(int(old[:9]) if old.isdecimal() else 0, FRESH_SECONDS))
    given.pop("prompt", None)
    if left:
        given["prompt"] = " ".join(left)
    return urlencode(given)


# -- leaving it --------------------------------------------------------------------------------------------------------


async def leave(request: Request) -> Response:
    """The end-session endpoint (RP-Initiated Logout 1.0), by GET and by POST: the id token says what ends, no cookie."""
    query = (await request.body()).decode("ascii", "replace") if request.method == "POST" else request.url.query
    message = sso.EndAuthorizationRequest(parameters=_asked(query))
    try:
        found = await ask_public(request, backends(request).sso.EndAuthorization, message)
    except CallError as error:
        return show_refusal(request, error.status)
    if found.redirect_to:
        return onward(request, found.redirect_to)
    page = show(request, "left.html")
    keep_session(request, page)
    return page


# -- sign-in with an upstream provider ---------------------------------------------------------------------------------


async def upstreams(request: Request) -> list[sso.Upstream]:
    """The providers for the buttons of the sign-in page, known for a minute; none while identity is away."""
    kept: tuple[float, list[sso.Upstream]] = getattr(request.app.state, "upstreams", (-LISTED_SECONDS, []))
    if time.monotonic() - kept[0] > LISTED_SECONDS:
        try:
            found = await ask_public(request, backends(request).sso.ListUpstreams, sso.ListUpstreamsRequest())
        except CallError:
            return list(kept[1])
        kept = request.app.state.upstreams = (time.monotonic(), list(found.upstreams))
    return list(kept[1])


async def begin_upstream(request: Request) -> Response:
    """To the provider. What it must answer to, and where the visitor wanted to go, waits in a cookie of this browser."""
    code = str(request.path_params["code"])[:40]
    found = await ask_public(request, backends(request).sso.BeginUpstream, sso.BeginUpstreamRequest(code=code))
    wanted = own_path(request.query_params.get("next", ""), "")
    wanted = wanted if len(wanted) < LONGEST_NEXT else ""
    kept = f"{found.keep}.{base64.urlsafe_b64encode(wanted.encode()).decode()}"
    response = RedirectResponse(found.redirect_to, 303)
    sealer = cast(Sealer, request.app.state.sealer)
    response.set_cookie(
        _cookie(request), kept, max_age=UPSTREAM_SECONDS, secure=sealer.secure, httponly=True, samesite="lax"
    )
    return response


async def finish_upstream(request: Request) -> Response:
    """Back from the provider."""
    keep, _, wanted = request.cookies.get(_cookie(request), "").partition(".")
    # The id follows from what was kept, so that reloading the page is the same act.
    message = sso.FinishUpstreamRequest(
        request_id=f"upstream-{hashlib.sha256(keep.encode()).hexdigest()[:40]}",
        keep=keep,
        parameters=_asked(request.url.query),
        address=visitor_address(request),
    )
    session = session_of(request)
    try:
        session.sign_in(await ask_public(request, backends(request).sso.FinishUpstream, message))
    except CallError as error:
        if error.status not in (400, 401):
            raise
        return show_refusal(request, 401, "UPSTREAM_REFUSED")
    response = noting(request, go(own_path(_read(wanted), home_of(session))))
    response.delete_cookie(_cookie(request), secure=cast(Sealer, request.app.state.sealer).secure, httponly=True)
    return response


def _cookie(request: Request) -> str:
    return f"{cast(Sealer, request.app.state.sealer).name}-upstream"


def _read(kept: str) -> str:
    try:
        return base64.urlsafe_b64decode(kept).decode()
    except (binascii.Error, ValueError):
        return ""


PAGES = (
    Page(AUTHORIZE, authorize),
    Page(CONSENT, to_authorize, consent, "anyone"),
    Page("/sign-in/upstream/callback", finish_upstream),
    Page("/sign-in/upstream/{code}", begin_upstream),
)
ROUTES = (
    *oauth.ROUTES,
    Route(LEAVE, leave, methods=["GET", "POST"]),
    Route(AUTHORIZE, authorize_by_form, methods=["POST"]),
)
