"""What programs outside tell: callbacks of providers of messages, signed. No session, no form; the body is passed on as it came."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.calls import CallError, backends, call
from yiwang.message.v1 import desk_pb2 as desk

MOST: Final = 64 * 1024
# As the contract says.
_PROVIDER, _TIMESTAMP = re.compile(r"[a-z0-9_-]{1,40}"), re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = 200


async def told(request: Request) -> Response:
    """A provider tells what became of messages: 204. 401 whatever is wrong with who says so, 400 for what is no callback, 413 for one
    that is too long; anything else is ours, and worth telling again."""
    body = await request.body()
    if len(body) > MOST:
        return Response(status_code=413)
    message = desk.TellDeliveriesRequest(
        provider=str(request.path_params["provider"]),
        body=body,
        timestamp=request.headers.get("x-timestamp", ""),
        signature=request.headers.get("x-signature", ""),
    )
    if not _told_by_somebody(message):
        return Response(status_code=401)
    try:
        await call(backends(request).message_callbacks.TellDeliveries, message, traceparent=request.state.traceparent)
    except CallError as error:
        return Response(status_code=error.status)
    return Response(status_code=204)


def _told_by_somebody(message: desk.TellDeliveriesRequest) -> bool:
    """Whether who says so could be somebody at all: the rest is for message to judge."""
    known = _PROVIDER.fullmatch(message.provider) and _TIMESTAMP.fullmatch(message.timestamp)
    return bool(known) and 0 < len(message.signature) <= _SIGNATURE


ROUTES = (Route("/callbacks/messages/{provider}", told, methods=["POST"]),)
