"""Pages for everyone: home, search, guide and progress query."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway import words
from services.gateway.calls import CallError, backends
from services.gateway.forms import problems_of, text
from services.gateway.pages import Page
from services.gateway.progress import stages
from services.gateway.render import LETTERS, show
from services.gateway.security import own_path
from services.gateway.session import ask_public
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rating.v1 import service_pb2 as rating

HOME_HITS = 8
SEARCH_HITS = 20
YEAR = 365 * 24 * 3600


async def home(request: Request) -> Response:
    """Search as the centre; some items below it, when catalog can be asked."""
    try:
        found = await _search(request, catalog.SearchItemsRequest(page_size=HOME_HITS))
    except CallError:
        found = None
    return show(request, "home.html", found=found)


async def search(request: Request) -> Response:
    """Items found by words, kind and department."""
    asked = request.query_params
    kind = asked.get("type", "") if asked.get("type", "") in words.ITEM_TYPES else ""
    message = catalog.SearchItemsRequest(
        query=asked.get("q", "").strip()[:100],
        type_code=kind,
        department=asked.get("department", "")[:18],
        topic=asked.get("topic", "")[:50],
        page_size=SEARCH_HITS,
        page_token=asked.get("page", "")[:200],
    )
    return show(request, "search.html", found=await _search(request, message), asked=message)


async def _search(request: Request, message: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
    return await ask_public(request, backends(request).catalog.SearchItems, message)


async def guide(request: Request) -> Response:
    """The guide of an item, in the newest edition or the one asked for, with its public rating totals."""
    item_id, edition = str(request.path_params["item_id"]), request.query_params.get("edition", "")
    message = catalog.GetItemRequest(item_id=item_id, edition=int(edition) if _is_edition(edition) else 0)
    item, totals = await asyncio.gather(
        ask_public(request, backends(request).catalog.GetItem, message), _totals(request, item_id)
    )
    return show(request, "guide.html", item=item, d=item.definition, totals=totals)


def _is_edition(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 9


async def _totals(request: Request, item_id: str) -> rating.Totals | None:
    """The item's totals; none while rating is away, because the guide must not wait for it."""
    message = rating.GetTotalsRequest(scope=rating.TOTAL_SCOPE_ITEM, id=item_id)
    try:
        return await ask_public(request, backends(request).rating.GetTotals, message)
    except CallError:
        return None


async def progress_form(request: Request) -> Response:
    """The form of the progress query."""
    number = request.query_params.get("number", "")[:24]
    return show(request, "progress.html", progress=None, typed={"number": number, "query_code": ""})


async def progress(request: Request) -> Response:
    """How far a case is, for anyone with number and code. A form, not an address: both stay out of logs and histories."""
    form = await request.form()
    typed = {"number": text(form, "number").upper(), "query_code": text(form, "query_code")}
    try:
        found = await ask_public(request, backends(request).case.GetProgress, cases.GetProgressRequest(**typed))
    except CallError as error:
        if error.status not in (400, 404):
            raise
        problems = problems_of(error, words.FIELD)
        return show(request, "progress.html", error.status, progress=None, typed=typed, problems=problems)
    return show(request, "progress.html", progress=found, stages=stages(found), typed=typed)


async def letters(request: Request) -> Response:
    """Large letters on or off. A plain cookie: it says nothing about the visitor."""
    response = RedirectResponse(own_path(request.query_params.get("next", "/")), 303)
    size = "large" if request.path_params["size"] == "large" else "normal"
    secure = request.app.state.settings.secure_cookies
    response.set_cookie(LETTERS, size, max_age=YEAR, secure=secure, httponly=True, samesite="lax")
    return response


PAGES = (
    Page("/", home),
    Page("/items", search),
    Page("/items/{item_id:uuid}", guide),
    Page("/progress", progress_form, progress),
    Page("/letters/{size}", letters),
)
