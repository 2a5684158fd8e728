"""Puts the gateway together: routes, error pages, and the three layers around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from services.gateway import (
    api_json,
    callbacks,
    county,
    health,
    live,
    openapi,
    pages_account,
    pages_acting,
    pages_agent,
    pages_api,
    pages_apply,
    pages_board,
    pages_bulk,
    pages_bundles,
    pages_case,
    pages_catalog,
    pages_catalog_edit,
    pages_catalog_kinds,
    pages_catalog_kinds_edit,
    pages_catalog_new,
    pages_catalog_words,
    pages_clients,
    pages_contact,
    pages_correct,
    pages_county,
    pages_delegations,
    pages_desk,
    pages_documents,
    pages_drafts,
    pages_embed,
    pages_factors,
    pages_guide,
    pages_intake,
    pages_kiosk,
    pages_lists,
    pages_market,
    pages_market_agency,
    pages_market_desk,
    pages_market_evaluator,
    pages_market_need,
    pages_market_notice,
    pages_market_signup,
    pages_market_work,
    pages_messages,
    pages_messages_desk,
    pages_messages_rules,
    pages_officer,
    pages_officers,
    pages_organizations,
    pages_payment,
    pages_person,
    pages_places,
    pages_policy,
    pages_policy_claim,
    pages_policy_desk,
    pages_policy_desk_claims,
    pages_policy_desk_facts,
    pages_policy_desk_money,
    pages_policy_desk_rolls,
    pages_policy_enterprise,
    pages_policy_facts,
    pages_policy_portal_appeals,
    pages_policy_portal_bulletin,
    pages_policy_portal_complaints,
    pages_policy_portal_news,
    pages_policy_portal_supervision,
    pages_policy_results,
    pages_public,
    pages_qr,
    pages_rating,
    pages_rating_desk,
    pages_rating_import,
    pages_reported,
    pages_results,
    pages_sign_in,
    pages_sso,
    pages_supervision,
    pages_themes,
    pages_tickets,
    pages_topics,
    pages_trace,
    pages_visits,
    pages_windows,
)
from services.gateway.calls import Backends
from services.gateway.items import ItemNames
from services.gateway.limits import Limits
from services.gateway.observe import Observe
from services.gateway.overview import Overview
from services.gateway.packing import packed, taken
from services.gateway.pages import route
from services.gateway.render import STATIC, show_refusal
from services.gateway.security import BODY_LIMIT, BodyLimit, SecurityHeaders, own_path
from services.gateway.session import Refresher, Sealer
from services.gateway.settings import Settings
from services.gateway.sources import Sources
from services.gateway.unread import Bell

PAGES = (
    *pages_public.PAGES,
    *live.PAGES,
    *pages_reported.PAGES,
    *pages_guide.PAGES,
    *pages_topics.PAGES,
    *pages_themes.PAGES,
    *pages_lists.PAGES,
    *pages_qr.PAGES,
    *pages_api.PAGES,
    *pages_sign_in.PAGES,
    *pages_sso.PAGES,
    *pages_account.PAGES,
    *pages_contact.PAGES,
    *pages_acting.PAGES,
    *pages_factors.PAGES,
    *pages_delegations.PAGES,
    *pages_organizations.PAGES,
    *pages_person.PAGES,
    *pages_rating.PAGES,
    *pages_results.PAGES,
    *pages_windows.PAGES,
    *pages_kiosk.PAGES,
    *pages_tickets.PAGES,
    *pages_market.PAGES,
    *pages_market_notice.PAGES,
    *pages_market_signup.PAGES,
    *pages_market_need.PAGES,
    *pages_market_work.PAGES,
    *pages_market_agency.PAGES,
    *pages_market_evaluator.PAGES,
    *pages_market_desk.PAGES,
    *pages_policy.PAGES,
    *pages_policy_results.PAGES,
    *pages_policy_enterprise.PAGES,
    *pages_policy_facts.PAGES,
    *pages_policy_claim.PAGES,
    *pages_policy_portal_appeals.PAGES,
    *pages_policy_portal_complaints.PAGES,
    *pages_policy_portal_supervision.PAGES,
    *pages_policy_portal_news.PAGES,
    *pages_policy_portal_bulletin.PAGES,
    *pages_policy_desk.PAGES,
    *pages_policy_desk_claims.PAGES,
    *pages_policy_desk_facts.PAGES,
    *pages_policy_desk_money.PAGES,
    *pages_policy_desk_rolls.PAGES,
    *pages_apply.PAGES,
    *pages_drafts.PAGES,
    *pages_bundles.PAGES,
    *pages_case.PAGES,
    *pages_correct.PAGES,
    *pages_visits.PAGES,
    *pages_payment.PAGES,
    *pages_trace.PAGES,
    *pages_documents.PAGES,
    *pages_messages.PAGES,
    *pages_messages_desk.PAGES,
    *pages_messages_rules.PAGES,
    *pages_agent.PAGES,
    *pages_board.PAGES,
    *pages_catalog_words.PAGES,
    *pages_catalog_kinds.PAGES,
    *pages_catalog_kinds_edit.PAGES,
    *pages_catalog.PAGES,
    *pages_catalog_edit.PAGES,
    *pages_catalog_new.PAGES,
    *pages_desk.PAGES,
    *pages_rating_import.PAGES,
    *pages_rating_desk.PAGES,
    *pages_intake.PAGES,
    *pages_supervision.PAGES,
    *pages_bulk.PAGES,
    *pages_officer.PAGES,
    *pages_officers.PAGES,
    *pages_places.PAGES,
    *pages_clients.PAGES,
    *pages_county.PAGES,
)


class Assets(StaticFiles):
    """The site's own files, packed once. Their addresses carry a mark of the content, so browsers need not ask again."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)
        self._packed = {file.name: packed(file.read_bytes()) for file in STATIC.iterdir() if file.is_file()}

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and path in self._packed and taken(scope):
            response = Response(self._packed[path], 200, {"Content-Encoding": "gzip"}, response.media_type)
        response.headers.add_vary_header("Accept-Encoding")
        marked = response.status_code == 200 and b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "public, max-age=300"
        return response


async def _favicon(request: Request) -> Response:
    """For browsers that ask before they have read the page."""
    return RedirectResponse("/static/emblem.svg", 301)


def _routes() -> list[BaseRoute]:
    """Everything that has an address."""
    return [
        Mount("/static", Assets()),
        Route("/favicon.ico", _favicon),
        *county.ROUTES,
        *health.ROUTES,
        *openapi.ROUTES,
        *api_json.ROUTES,
        *pages_sso.ROUTES,
        *callbacks.ROUTES,
        *pages_embed.ROUTES,
        *(route(page) for page in PAGES),
    ]


async def _refuse(request: Request, error: Exception) -> Response:
    """A refusal of the gateway itself: problem+json below /api, a page elsewhere."""
    refusal = error if isinstance(error, HTTPException) else HTTPException(500)
    if refusal.status_code == 404 and (meant := _without_slash(request)):
        return RedirectResponse(meant, 307)
    if request.url.path.startswith("/api/"):
        return api_json.problem_of(request, refusal)
    page = show_refusal(request, refusal.status_code, refusal.detail)
    page.headers.update(refusal.headers or {})
    return page


def _without_slash(request: Request) -> str:
    """The page an address with a slash too many was meant for, as a path of this site; empty when there is none. Starlette's own redirect
    would name the host and scheme of the request, which are the caller's, or a proxy's, to choose."""
    path = str(request.scope["path"])
    bare = path.rstrip("/")
    if bare == path or request.method not in ("GET", "HEAD"):
        return ""
    scope = {**request.scope, "path": bare}
    if not any(isinstance(one, Route) and one.matches(scope)[0] == Match.FULL for one in request.app.routes):
        return ""
    return own_path(quote(bare) + (f"?{request.url.query}" if request.url.query else ""), "")


def _lifespan(settings: Settings) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.backends = Backends(settings)
        app.state.county.start(app.state.backends)
        yield
        await app.state.county.stop()
        await app.state.backends.close()

    return lifespan


def build(settings: Settings) -> ASGIApp:
    """The ASGI application."""
    # Uploads stay in memory: they are personal, bounded by the limit, and a container's disk may be read-only.
    MultiPartParser.spool_max_size = BODY_LIMIT
    routes = _routes()
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: _refuse, 500: _refuse}, lifespan=_lifespan(settings)
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.sealer = Sealer(settings.master_key, settings.secure_cookies)
    app.state.kiosks = Sealer(settings.master_key, settings.secure_cookies, "yiwang-kiosk")
    app.state.sources = Sources(settings.master_key, settings.secure_cookies)
    app.state.refresher = Refresher()
    app.state.county = county.County(settings)
    app.state.item_names = ItemNames()
    app.state.overview = Overview()
    app.state.bell = Bell()
    app.state.limits = Limits(settings.rate_limit)
    app.state.streams = live.Streams()
    return Observe(SecurityHeaders(BodyLimit(app), https=settings.secure_cookies), routes)
