"""How many notices the visitor has not read, for the header of the pages where he begins."""

import asyncio
import time

from grpc import StatusCode
from starlette.requests import Request

from services.gateway.calls import CallError, backends
from services.gateway.session import Session, ask, session_of
from yiwang.message.v1 import service_pb2 as messages

# No page waits longer for it; and after it was waited for in vain nobody asks for so long.
PATIENCE, PAUSE = 0.3, 5.0
_AWAY = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED)


class Bell:
    """Whether message gave no answer just now."""

    def __init__(self) -> None:
        self.silent_until = 0.0


def has_centre(session: Session) -> bool:
    """Whether the visitor has a message centre: everybody who is signed in, but who acts for another person within what was delegated."""
    return bool(session.realm) and (session.organization or not session.own)


async def count(request: Request) -> int | None:
    """The number, up to 100; None where there is none, or while message gives no answer: the page is shown without it."""
    bell: Bell = request.app.state.bell
    if not has_centre(session_of(request)) or time.monotonic() < bell.silent_until:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            rpc = backends(request).messages.CountUnread
            return (await ask(request, rpc, messages.CountUnreadRequest(), PATIENCE)).unread
    except (CallError, TimeoutError) as error:
        if not isinstance(error, CallError) or error.code in _AWAY:
            bell.silent_until = time.monotonic() + PAUSE
        return None
