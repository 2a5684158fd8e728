"""Self-service machines (自助终端): a browser that has proved to be a registered device, and whose visitors are forgotten once they left.

A machine signs in by its own key (static/kiosk.js) and gets a sealed cookie that says so. In such a browser a session ends sixty seconds
after the last sign of its visitor: its page ends it, and should it not, the next request finds it too old. Cases say where they came from.
"""

import time
from contextlib import suppress
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.calls import CallError, backends
from services.gateway.forms import new_request_id
from services.gateway.session import Sealer, Session, ask, session_of
from yiwang.case.v1 import service_pb2 as cases
from yiwang.identity.v1 import service_pb2 as identity

# A machine proves itself anew each day; its page does so by itself.
DAY: Final = 24 * 3600
IDLE: Final = 60


def keep_device(request: Request, response: Response, id: str) -> None:
    """From now on this browser is the device."""
    sealer = cast(Sealer, request.app.state.kiosks)
    sealed = sealer.seal(Session(opened=int(time.time()), realm="device", id=id))
    response.set_cookie(sealer.name, sealed, max_age=DAY, secure=sealer.secure, httponly=True, samesite="strict")


def device(request: Request) -> str:
    """The device this browser is; empty for a browser of anybody's."""
    sealer = cast(Sealer, request.app.state.kiosks)
    told = sealer.open(request.cookies.get(sealer.name, ""))
    return told.id if told.realm == "device" and time.time() - told.opened < DAY else ""


def channel(request: Request) -> cases.Channel.ValueType:
    """The channel of what is applied for here."""
    return cases.CHANNEL_KIOSK if request.state.kiosk else cases.CHANNEL_WEB


async def forget_idle(request: Request) -> Response | None:
    """Ends the session of who left the machine, and goes to its first page; nothing while somebody is there."""
    request.state.kiosk = device(request)
    session = session_of(request)
    if not request.state.kiosk or not session.realm:
        return None
    if time.time() - session.seen <= IDLE or not session.seen:
        session.seen = int(time.time())
        return None
    await end(request)
    return RedirectResponse("/kiosk?done=kiosk-over", 303)


async def end(request: Request) -> None:
    """Ends every session of the visitor, here in any case."""
    session = session_of(request)
    message = identity.SignOutRequest(request_id=new_request_id())
    while session.realm:
        with suppress(
            CallError
        ):  # the cookie goes away all the same; the access token ends by itself within 15 minutes
            await ask(request, backends(request).identity.SignOut, message)
        session.leave()
    session.clear()
