"""What the county sets for itself: its name and look, what it offers, and which channels are open. Kept here and refreshed beside the
requests."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import telemetry
from services.gateway.calls import Backends, CallError, backends, call
from services.gateway.settings import Settings
from yiwang.identity.v1 import counties_pb2 as counties

SECONDS = 3.0
DEADLINE = 2.0
# WCAG 2.1, 1.4.3: text on a ground.
CONTRAST = 4.5
# The dimmest text on the bars of the page: the gold of tokens.css, in the slogan.
DIM = "#e3b75a"
HOVER = 0.82


class Part(NamedTuple):
    """A part of the site a county may do without: its name here, its title, where its pages begin, and whether some of them are
    people's own matters, which go on to their end."""

    name: str
    title: str
    at: str
    has_own: bool


PARTS: Final = {
    counties.SITE_PART_THEMES: Part("themes", "一件事", "/themes", False),
    counties.SITE_PART_POLICIES: Part("policies", "惠企政策", "/policies", True),
    counties.SITE_PART_MARKET: Part("market", "中介超市", "/market", True),
}


@dataclass(frozen=True)
class Look:
    """The county as pages show it."""

    name: str
    slogan: str = ""
    hotline: str = ""
    # Style sheet that puts the county's colour over the site's own; empty without one.
    sheet: str = ""
    # The web channel is open; applications are refused by their service when it is not.
    web: bool = True
    # The digest of its emblem; empty = the suite's own.
    emblem: str = ""
    hotlines: tuple[counties.Hotline, ...] = ()
    # Names of the parts it does not offer.
    closed: frozenset[str] = frozenset()

    def closes(self, path: str, public: bool) -> bool:
        """Whether a page is of a part the county does not offer; what is not `public` may be somebody's own."""
        parts = [one for one in PARTS.values() if one.name in self.closed and (public or not one.has_own)]
        return any(path == one.at or path.startswith(f"{one.at}/") for one in parts)

    @property
    def mark(self) -> str:
        """Changes with the sheet, so that browsers may keep it."""
        return hashlib.sha256(self.sheet.encode()).hexdigest()[:10]


def look_of(county: counties.County, name: str) -> Look:
    """The look a county's settings make; `name` when they state none."""
    return Look(
        name=county.name or name,
        slogan=county.slogan,
        hotline=county.hotline,
        sheet=sheet(county.color),
        web=county.channels.web or not county.HasField("channels"),
        emblem=county.emblem,
        hotlines=tuple(county.hotlines),
        closed=frozenset(one.name for part, one in PARTS.items() if part in county.closed_parts),
    )


def sheet(color: str) -> str:
    """The tokens a main colour (#rrggbb) stands for; empty for none. Bars are darkened until their dimmest text can be read."""
    if not color:
        return ""
    bar = color
    while contrast(DIM, bar) < CONTRAST:
        bar = darker(bar, 0.95)
    tokens = {"brand-deep": bar, "brand": bar, "button": color, "button-hover": darker(color, HOVER)}
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in tokens.items()) + " }\n"


def darker(color: str, share: float) -> str:
    """The colour with so much of its light."""
    return "#" + "".join(f"{int(int(color[at : at + 2], 16) * share):02x}" for at in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.1)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class County:
    """The county of this gateway: its present look, and the task that keeps it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self.look = Look(settings.region_name)

    def start(self, services: Backends) -> None:
        """Begins to follow the settings. No request waits for it: until the first answer the defaults are shown."""
        self._task = asyncio.create_task(self._follow(services))

    async def stop(self) -> None:
        """Ends it."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self, services: Backends) -> None:
        """Asks once; CallError when identity does not answer, and the look stays."""
        message = counties.GetCountyRequest(region=self._settings.region)
        found = await call(services.counties.GetCounty, message, timeout=DEADLINE)
        self.look = look_of(found, self._settings.region_name)

    async def _follow(self, services: Backends) -> None:
        away = ""
        while True:
            try:
                await self.refresh(services)
                away = ""
            except CallError as error:
                if error.reason != away:
                    telemetry.log("gateway").warning("county_not_refreshed", reason=error.reason)
                away = error.reason
            await asyncio.sleep(SECONDS)


def look(request: Request) -> Look:
    """The county's present look."""
    return cast(County, request.app.state.county).look


async def _sheet(request: Request) -> Response:
    """The county's colours. A page names it with a mark, under which browsers keep it."""
    shown = look(request)
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") == shown.mark else "no-cache"
    return Response(shown.sheet, headers={"Cache-Control": kept}, media_type="text/css")


async def _emblem(request: Request) -> Response:
    """The county's emblem under its digest, so that browsers keep it; 404 for a digest nobody has."""
    message = counties.GetEmblemRequest(digest=str(request.path_params["digest"]))
    try:
        found = await call(backends(request).counties.GetEmblem, message, timeout=DEADLINE)
    except CallError as error:
        raise HTTPException(error.status if error.status >= 500 else 404) from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(found.content, headers=headers, media_type="image/png")


ROUTES = (Route("/county.css", _sheet), Route("/county-emblem/{digest}.png", _emblem))
