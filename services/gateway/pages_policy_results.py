"""What of policies' money everybody sees before it is paid: results in publicity, lists of proactive payouts, and objections to them."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import refused
from services.gateway.market_reading import seen
from services.gateway.pages import Page, at, go
from services.gateway.policy_forms import act
from services.gateway.policy_reading import AT, PAGE_SIZE, TABS, region
from services.gateway.render import show
from services.gateway.session import ask_public
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import rolls_pb2 as rolls

PUBLISHED: Final = AT + "/published"
ROLLS: Final = AT + "/rolls"
ROLL: Final = ROLLS + "/{roll_id:uuid}"
LINES: Final = 100

OBJECT: Final = act("claims.ObjectToClaim", claims.ObjectToClaimRequest, "policy-objected", only("text"))
OBJECT_TO_ROLL: Final = act(
    "rolls.ObjectToRoll",
    rolls.ObjectToRollRequest,
    "policy-objected",
    lambda form: {"uscc": text(form, "uscc").upper(), "text": text(form, "text")},
)


async def published(request: Request, tried: Tried) -> Response:
    """Results in publicity; the form to object to the one of the address."""
    page, where = request.query_params.get("page", "")[:200], region(request)
    message = claims.ListPublishedClaimsRequest(region=where, page_size=PAGE_SIZE, page_token=page)
    found = await ask_public(request, backends(request).claims.ListPublishedClaims, message)
    about = str(request.path_params.get("claim_id", ""))
    one = next((one for one in found.claims if one.claim_id == about), None)
    context: dict[str, Any] = {"found": found, "one": one, "page": page, "tried": tried, "tabs": TABS}
    return show(
        request,
        "policy_published.html",
        tried.status,
        problems=tried.problems,
        at=lambda **more: at(PUBLISHED, **({"region": where} | more)),
        **context,
    )


async def object_to(request: Request) -> Response:
    """Objects to a result in publicity."""
    try:
        await do(request, OBJECT)
    except CallError as error:
        return await published(request, await refused(request, OBJECT, error))
    return go(PUBLISHED, done=OBJECT.done)


async def listed(request: Request) -> Response:
    """The lists of proactive payouts that are or were public."""
    page, where = request.query_params.get("page", "")[:200], region(request)
    message = rolls.ListRollsRequest(region=where, page_size=PAGE_SIZE, page_token=page)
    found = await ask_public(request, backends(request).rolls.ListRolls, message)
    context: dict[str, Any] = {"found": found, "page": page, "tabs": TABS}
    return show(request, "policy_rolls.html", at=lambda **more: at(ROLLS, **({"region": where} | more)), **context)


async def roll(request: Request, tried: Tried) -> Response:
    """One list with its enterprises; an enterprise reads its own reasons; objections while it is public."""
    id, page = str(request.path_params["roll_id"]), request.query_params.get("page", "")[:200]
    stub = backends(request).rolls
    one: rolls.Roll
    lines: rolls.ListRollLinesResponse
    one, lines = await asyncio.gather(
        seen(request, stub.GetRoll, rolls.GetRollRequest(roll_id=id)),
        seen(request, stub.ListRollLines, rolls.ListRollLinesRequest(roll_id=id, page_size=LINES, page_token=page)),
    )
    context: dict[str, Any] = {
        "one": one,
        "lines": lines,
        "page": page,
        "is_public": one.status == rolls.ROLL_STATUS_PUBLISHED,
        "tried": tried,
    }
    return show(request, "policy_roll.html", tried.status, problems=tried.problems, **context)


async def object_to_roll(request: Request) -> Response:
    """Objects to a list: to who is on it, or who is not."""
    try:
        await do(request, OBJECT_TO_ROLL)
    except CallError as error:
        return await roll(request, await refused(request, OBJECT_TO_ROLL, error))
    return go(f"{ROLLS}/{request.path_params['roll_id']}", done=OBJECT_TO_ROLL.done)


PAGES = (
    Page(PUBLISHED, shown(published)),
    Page(PUBLISHED + "/{claim_id:uuid}", shown(published)),
    Page(PUBLISHED + "/{claim_id:uuid}/object", None, object_to, "person", acting=True),
    Page(ROLLS, listed),
    Page(ROLL, shown(roll)),
    Page(ROLL + "/object", None, object_to_roll, "person", acting=True),
)
