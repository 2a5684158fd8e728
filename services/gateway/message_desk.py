"""What the pages of the desk of messages share: the county they are about, and forms that lead back to it."""

from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import FRESH, Act, Shown, Tried, do, refused
from services.gateway.calls import CallError
from services.gateway.forms import text
from services.gateway.pages import Handler, go
from services.gateway.pages_rating_desk import county_of
from services.gateway.session import session_of
from standards.codes import region_level, region_valid

HOME: Final = "/admin/messages"
READS: Final = ("administer", "supervise")
WRITES: Final = ("administer",)
COUNTY_DIGITS: Final = 6


def is_wide(request: Request) -> bool:
    """Whether the officer is of more than one county, and so says which one he means."""
    region = session_of(request).region
    return not region_valid(region) or region_level(region) in ("province", "city")


def _usual(request: Request) -> str:
    """The county of the officer; of one of a larger region the county of this site."""
    return str(request.app.state.settings.region if is_wide(request) else session_of(request).region[:COUNTY_DIGITS])


def place_of(request: Request, tried: Tried = FRESH) -> str:
    """The county a page is about: that of the form that was refused, the one that is asked for, or the usual one."""
    typed = str(tried.value(tried.form, "region")) if tried.form else ""
    return county_of(typed) or county_of(request.query_params.get("county", "")) or _usual(request)


def frame(request: Request, place: str) -> dict[str, Any]:
    """What every template of the desk needs: the county, whether it is chosen, and what its addresses carry for it."""
    county = "" if place == _usual(request) else place
    writes = "administer" in session_of(request).roles
    return {
        "place": place,
        "wide": is_wide(request),
        "in_county": f"?county={county}" if county else "",
        "writes": writes,
    }


def posted(act: Act, page: Shown, to: str, told: Callable[[CallError, FormData], CallError] | None = None) -> Handler:
    """Serves a form as `acts.post` does, and leads back to the county it was about. `told` is a refusal as the form's inputs are called."""

    async def handler(request: Request) -> Response:
        form = await request.form()
        try:
            await do(request, act)
        except CallError as error:
            return await page(request, await refused(request, act, told(error, form) if told else error))
        place = county_of(text(form, "region"))
        county = {} if place in ("", _usual(request)) else {"county": place}
        return go(to.format(**request.path_params), done=act.done, **county)

    return handler
