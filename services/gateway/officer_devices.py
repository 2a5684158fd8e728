"""Tells rating at which device an officer signed in, so that a rating of his own department from there is found (工作人员自评)."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import sources
from services.gateway.calls import backends
from services.gateway.forms import new_request_id
from services.gateway.overview import or_none
from services.gateway.session import ask, session_of
from yiwang.rating.v1 import service_pb2 as rating


def noting(request: Request, response: Response) -> Response:
    """The answer to a sign-in; behind it an officer's device is told, if rating can be reached: nobody waits for that to sign in."""
    if session_of(request).realm == "officer":
        response.background = BackgroundTask(_note, request, sources.of_browser(request))
    return response


async def _note(request: Request, source: rating.Source) -> None:
    message = rating.NoteOfficerDeviceRequest(request_id=new_request_id(), source=source)
    await or_none(ask(request, backends(request).rating.NoteOfficerDevice, message))
