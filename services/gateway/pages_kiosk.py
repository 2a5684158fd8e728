"""The pages of a self-service machine: setting it up, its first page, and the visitor who is there or has left (`kiosk.py`)."""

import base64
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import kiosk
from services.gateway.calls import CallError, backends, call
from services.gateway.forms import text
from services.gateway.pages import Page, go
from services.gateway.render import show, show_refusal
from services.gateway.session import session_of
from yiwang.identity.v1 import counties_pb2 as counties

HOME = "/kiosk"


async def first(request: Request) -> Response:
    """The machine's first page: what can be done here, for whoever comes next; or, before it proved itself, how it is set up."""
    if not request.state.kiosk:
        return show(request, "kiosk_set_up.html")
    await kiosk.end(request)
    return show(request, "kiosk.html")


async def begin(request: Request) -> Response:
    """The browser shows a token it was given as a device; identity says whether it is good."""
    token = text(await request.form(), "token")
    try:
        message = counties.ListWindowsRequest(region=request.app.state.settings.region)
        await call(backends(request).counties.ListWindows, message, token=token, traceparent=request.state.traceparent)
    except CallError as error:
        if error.status >= 500:
            raise
        return show_refusal(request, 403, "NO_DEVICE")
    claims = _claims(token)
    if claims.get("realm") != "device":
        return show_refusal(request, 403, "NO_DEVICE")
    answer = go(HOME)
    kiosk.keep_device(request, answer, str(claims["sub"]))
    return answer


def _claims(token: str) -> dict[str, Any]:
    """What a token says that identity has just taken as good."""
    part = token.split(".")[1]
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


async def here(request: Request) -> Response:
    """The visitor is still there: he types, or reads on."""
    return Response(status_code=204 if session_of(request).realm else 401)


async def over(request: Request) -> Response:
    """He says that he is done, or his page does."""
    await kiosk.end(request)
    return go(HOME, done="kiosk-over")


PAGES = (
    Page(HOME, first),
    Page(HOME + "/begin", None, begin),
    Page(HOME + "/here", None, here),
    Page(HOME + "/over", None, over),
)
