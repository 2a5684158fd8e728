"""A part of the site for other portals to show in a frame: search and progress, in the county's colours.

It has no session, sets no cookie and takes no form but searches, so that there is nothing in it a foreign page could lead a visitor into;
whatever is chosen opens on the site itself. Who may show it is set (EMBED_ORIGINS).
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import limits, overview
from services.gateway.overview import PERSONS, or_none, topics_of
from services.gateway.render import show
from services.gateway.security import HEADERS

TOPICS: Final = 8


async def embed(request: Request) -> Response:
    """Search, the most used topics, progress. `?topics=legal` shows those of enterprises, `?topics=none` none."""
    limits.of_page(request)
    audience = {"legal": overview.LEGAL, "none": None}.get(request.query_params.get("topics", ""), PERSONS)
    topics = (await or_none(topics_of(request, audience)) or [])[:TOPICS] if audience else []
    page = show(request, "embed.html", topics=topics)
    may = request.app.state.settings.embed_origins or "'none'"
    page.headers["Content-Security-Policy"] = HEADERS["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", f"frame-ancestors {may}"
    )
    page.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    page.headers["Cache-Control"] = "public, max-age=60"
    return page


ROUTES = (Route("/embed", embed),)
