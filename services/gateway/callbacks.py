"""What programs outside tell: callbacks of providers of messages, signed. No session, no form; the body is passed on as it came."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.calls import CallError, backends, call
from yiwang.message.v1 import desk_pb2 as desk

MOST: Final = 64 * 1024


async def told(request: Request) -> Response:
    """A provider tells what became of messages. 204; 401 for a signature that does not hold, 400 for what is no callback."""
    body = await request.body()
    if not 2 <= len(body) <= MOST:
        return Response(status_code=413 if body else 400)
    message = desk.TellDeliveriesRequest(
        provider=request.path_params["provider"][:40],
        body=body,
        timestamp=request.headers.get("x-timestamp", "")[:12],
        signature=request.headers.get("x-signature", "")[:200],
    )
    try:
        await call(backends(request).message_callbacks.TellDeliveries, message, traceparent=request.state.traceparent)
    except CallError as error:
        return Response(status_code=error.status)
    return Response(status_code=204)


ROUTES = (Route("/callbacks/messages/{provider}", told, methods=["POST"]),)
