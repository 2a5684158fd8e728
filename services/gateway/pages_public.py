"""Pages for everyone: home, search, progress query."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway import overview, words
from services.gateway.calls import CallError, backends
from services.gateway.forms import problems_of, text
from services.gateway.overview import PERSONS, departments_of, or_none, topics_of
from services.gateway.pages import Page
from services.gateway.pages_themes import themes_of
from services.gateway.progress import stages
from services.gateway.render import LETTERS, show
from services.gateway.searching import Search, chosen, favourites, groups, search_of
from services.gateway.security import own_path
from services.gateway.session import ask_public
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# So many of each are on the home page; the rest is a link away.
HOME_HITS, HOME_TOPICS, HOME_DEPARTMENTS, HOME_THEMES = 6, 12, 12, 4
YEAR = 365 * 24 * 3600


async def home(request: Request) -> Response:
    """Search as the centre; below it topics, departments and themes, as far as catalog can be asked."""
    first = catalog.SearchItemsRequest(page_size=HOME_HITS, facets=True)
    found, persons, legal, departments, themes = await asyncio.gather(
        or_none(overview.overview(request).search(request, first)),
        or_none(topics_of(request, PERSONS)),
        or_none(topics_of(request, overview.LEGAL)),
        or_none(departments_of(request)),
        or_none(themes_of(request)),
    )
    context: dict[str, Any] = {
        "found": found,
        "favourites": favourites(Search(), found.facets) if found else [],
        "topics": [
            ("个人办事", "person", (persons or [])[:HOME_TOPICS]),
            ("企业办事", "legal", (legal or [])[:HOME_TOPICS]),
        ],
        "departments": (departments or [])[:HOME_DEPARTMENTS],
        "more_departments": len(departments or []) > HOME_DEPARTMENTS,
        "themes": (themes or [])[:HOME_THEMES],
    }
    return show(request, "home.html", **context)


def region_names(request: Request) -> dict[str, str]:
    """Names of regions the gateway knows itself."""
    settings = request.app.state.settings
    return {settings.region: request.app.state.county.look.name}


async def search(request: Request) -> Response:
    """Items found by words and facets."""
    asked = search_of(request)
    return show(request, "search.html", **listing(request, asked, await find(request, asked)))


def listing(request: Request, asked: Search, found: catalog.SearchItemsResponse) -> dict[str, Any]:
    """A search and what it found as pages show them."""
    names = region_names(request)
    ways = {"groups": groups(asked, found, names), "chosen": chosen(asked, found, names)}
    return {"asked": asked, "found": found, "favourites": favourites(asked, found.facets), **ways}


async def find(request: Request, asked: Search) -> catalog.SearchItemsResponse:
    """What catalog finds; its facets are counted over all pages."""
    message = asked.message()
    # What people here call things is understood here, and what they look for in vain counts here.
    message.place = request.app.state.settings.region
    return await ask_public(request, backends(request).catalog.SearchItems, message)


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
    Page("/", home, counts=True),
    Page("/items", search),
    Page("/progress", progress_form, progress),
    Page("/letters/{size}", letters),
)
