"""The guide of an item: on screen, on paper, its questions, its files, and the page of an item that is no more."""

import asyncio
import re
from typing import Any
from urllib.parse import quote

from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response

from chassis import paper
from services.gateway import qr, scenarios
from services.gateway.calls import FILE_DEADLINE, CallError, backends, call
from services.gateway.forms import whole
from services.gateway.overview import or_none
from services.gateway.pages import Page
from services.gateway.render import show, show_refusal
from services.gateway.scenarios import Scenario
from services.gateway.session import ask_public
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rating.v1 import service_pb2 as rating

# A date, or a moment as RFC 3339 has it.
AS_OF = re.compile(r"\d{4}-\d{2}-\d{2}(T[0-9:.]{5,15}(Z|[+-]\d{2}:\d{2}))?")
FILE_TYPES = ("application/pdf", "image/jpeg", "image/png")
# What each necessity demands while catalog cannot tell more.
_DEMAND = {
    catalog.NECESSITY_REQUIRED: catalog.DEMAND_REQUIRED,
    catalog.NECESSITY_DEFERRABLE: catalog.DEMAND_DEFERRABLE,
    catalog.NECESSITY_CONDITIONAL: catalog.DEMAND_CONDITIONAL,
}


async def item_of(request: Request) -> catalog.Item:
    """The item of the path in the edition, or as of the date, the address asks for; what makes no sense counts as not asked."""
    edition, as_of = request.query_params.get("edition", ""), request.query_params.get("as_of", "")
    message = catalog.GetItemRequest(item_id=str(request.path_params["item_id"]), edition=whole(edition))
    if not message.edition and AS_OF.fullmatch(as_of):
        message.as_of = as_of
    return await ask_public(request, backends(request).catalog.GetItem, message)


async def scenario_of(request: Request, item: catalog.Item) -> tuple[Scenario, bool]:
    """What applies under the answers of the address, and whether catalog could be asked; the whole list while it cannot."""
    answers = scenarios.answers_of(request.query_params.multi_items(), item.definition.questions)
    try:
        return await scenarios.look(request, item, answers), True
    except CallError:
        return scenarios.scenario(item, _everything(item), {}), False


def _everything(item: catalog.Item) -> catalog.ScenarioGuide:
    """The guide without questions: all that may be asked of anybody."""
    d = item.definition
    guide = catalog.ScenarioGuide(
        item_id=item.id,
        edition=item.edition,
        steps=range(len(d.steps)),
        fees=range(len(d.fees)),
        special_procedures=range(len(d.special_procedures)),
        statutory_limit=d.statutory_limit,
        promised_limit=d.promised_limit,
    )
    for one in d.materials:
        handed_in = one.maker not in (catalog.MAKER_OFFICER, catalog.MAKER_SYSTEM) and not one.stage
        demand = _DEMAND.get(one.necessity, catalog.DEMAND_OPTIONAL)
        demand = catalog.DEMAND_ONE_OF if one.one_of else catalog.DEMAND_OPEN if one.HasField("when") else demand
        guide.materials.add(
            key=one.key, demand=demand if handed_in else catalog.DEMAND_NOT_BY_APPLICANT, one_of=one.one_of
        )
    return guide


async def guide(request: Request) -> Response:
    """The guide, with the questions answered so far and the public rating totals."""
    item = await item_of(request)
    if item.status == catalog.ITEM_STATUS_WITHDRAWN and not _asked_for_old(request):
        return await gone(request, item)
    (scenario, complete), totals, editions = await asyncio.gather(
        scenario_of(request, item), or_none(_totals(request, item.id)), or_none(_editions(request, item.id))
    )
    context: dict[str, Any] = {
        "s": scenario,
        "told": complete,
        "totals": totals,
        "editions": editions,
        **_address(request, item),
    }
    return show(request, "guide.html", item=item, d=item.definition, as_of=_asked_for(request, "as_of"), **context)


async def on_paper(request: Request) -> Response:
    """The guide as an A4 document: complete, with its code, edition and address."""
    item = await item_of(request)
    scenario, complete = await scenario_of(request, item)
    context: dict[str, Any] = {"s": scenario, "told": complete, "squares": [], **_address(request, item)}
    if item.short_code:
        context["squares"] = paper.squares(str(context["address"]))
    return show(request, "guide_print.html", item=item, d=item.definition, **context)


def _address(request: Request, item: catalog.Item) -> dict[str, Any]:
    """The short address of the item, as the code has it and as people type it."""
    url = qr.short_url(qr.base_url(request), item.short_code) if item.short_code else ""
    return {"address": url, "typed_address": qr.readable(url)}


def _asked_for(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    return value if AS_OF.fullmatch(value) else ""


def _asked_for_old(request: Request) -> bool:
    return bool(request.query_params.get("edition") or _asked_for(request, "as_of"))


async def gone(request: Request, item: catalog.Item) -> Response:
    """The page of a withdrawn item: since when, why, and what stands for it."""
    found, editions = await asyncio.gather(
        or_none(resolved(request, item.short_code)), or_none(_editions(request, item.id))
    )
    named = {one.item_id: one.name for one in found.successors} if found else {}
    successors = [(id, named.get(id, "")) for id in item.successors]
    return show(request, "withdrawn.html", item=item, d=item.definition, successors=successors, editions=editions)


async def resolved(request: Request, short_code: str) -> catalog.ShortCode:
    """What a short code leads to; CallError NOT_FOUND when nothing."""
    if not re.fullmatch(r"[0-9A-Za-z]{6,16}", short_code):
        raise CallError(StatusCode.NOT_FOUND, "SHORT_CODE_UNKNOWN", "没有这个事项码")
    message = catalog.ResolveShortCodeRequest(short_code=short_code)
    return await ask_public(request, backends(request).catalog.ResolveShortCode, message)


async def _totals(request: Request, item_id: str) -> rating.Totals:
    message = rating.GetTotalsRequest(scope=rating.TOTAL_SCOPE_ITEM, id=item_id)
    return await ask_public(request, backends(request).rating.GetTotals, message)


async def _editions(request: Request, item_id: str) -> catalog.ListEditionsResponse:
    rpc = backends(request).catalog.ListEditions
    return await ask_public(request, rpc, catalog.ListEditionsRequest(item_id=item_id))


async def file(request: Request) -> Response:
    """A blank form or sample, always saved, never shown as a page of this site. Its address is its content, so it may be kept."""
    id = str(request.path_params["id"])
    if not re.fullmatch(r"[0-9a-f]{64}", id):
        return show_refusal(request, 404)
    message = catalog.DownloadGuideFileRequest(id=id)
    rpc, trace = backends(request).catalog.DownloadGuideFile, request.state.traceparent
    found = await call(rpc, message, traceparent=trace, timeout=FILE_DEADLINE)
    kind = found.type if found.type in FILE_TYPES else "application/octet-stream"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
    return Response(found.content, 200, headers, kind)


PAGES = (
    Page("/items/{item_id:uuid}", guide),
    Page("/items/{item_id:uuid}/print", on_paper),
    Page("/guide-files/{id}", file),
)
