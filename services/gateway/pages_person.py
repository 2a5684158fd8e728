"""A person's cases: the list of them, and their files."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import whole
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import service_pb2 as cases
from yiwang.rating.v1 import service_pb2 as rating

PAGE_SIZE = 20
# What the services tell by content; anything else is handed out as bytes.
SAFE_TYPES = ("application/pdf", "image/jpeg", "image/png")


async def my_cases(request: Request) -> Response:
    """The visitor's own cases, with the ones that wait for a rating marked."""
    message = cases.ListMyCasesRequest(page_size=PAGE_SIZE, page_token=request.query_params.get("page", "")[:200])
    found = await ask(request, backends(request).case.ListMyCases, message)
    return show(request, "my_cases.html", found=found, to_rate=await _to_rate(request))


async def _to_rate(request: Request) -> dict[str, str]:
    """Cases with a service node that waits for a rating, each with the rating's id, of its closing if that is one; none while rating is
    away, because the list must not wait for it."""
    try:
        message = rating.ListRatingsRequest(open_only=True, page_size=100)
        found = await ask(request, backends(request).rating.ListRatings, message)
    except CallError:
        return {}
    nodes = sorted(found.ratings, key=lambda one: one.node == rating.SERVICE_NODE_CLOSE)
    return {one.case_id: one.id for one in nodes}


async def get_case(request: Request) -> cases.Case:
    """The case of the path, at least as new as the visitor's own last act."""
    newer = whole(request.query_params.get("at", ""))
    message = cases.GetCaseRequest(case_id=str(request.path_params["case_id"]), min_version=newer)
    return await ask(request, backends(request).case.GetCase, message)


async def download(request: Request) -> Response:
    """A file of a case, for its applicant and its officers; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = cases.DownloadAttachmentRequest(**ids)
    found = await ask(request, backends(request).case.DownloadAttachment, message, FILE_DEADLINE)
    kind = found.attachment.media_type
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.attachment.filename, safe='')}"}
    return Response(found.content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


PAGES = (
    Page("/cases", my_cases, None, "person", acting=True, counts=True),
    Page("/cases/{case_id:uuid}/files/{attachment_id:uuid}", download, None, "anyone", acting=True),
)
