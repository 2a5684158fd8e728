"""一事一码: short addresses, the codes of single items, and label sheets for officers."""

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway import qr
from services.gateway.calls import Backends, backends, call
from services.gateway.forms import whole
from services.gateway.overview import departments_of, or_none
from services.gateway.pages import Page
from services.gateway.pages_guide import gone, item_of, resolved
from services.gateway.qr import Label
from services.gateway.render import show, show_refusal
from services.gateway.session import ask_public, session_of
from standards.item_addresses import read_short_code
from yiwang.catalog.v1 import service_pb2 as catalog

# Labels of one download: about a second of work, and 15 sheets.
PART = 315
PAGE_SIZE = 100
# Who puts codes up in the hall.
ROLES = ("catalog", "administer", "supervise", "receive")
# One download is made at a time: it is work for the processor, here and, page by page, in catalog.
_TURN = asyncio.Semaphore(1)


async def short(request: Request) -> Response:
    """From a printed code to the guide of today; a withdrawn item says what stands for it. As typed: o for 0, small letters."""
    code = read_short_code(str(request.path_params["code"]))
    found = await resolved(request, code)
    if found.status != catalog.ITEM_STATUS_WITHDRAWN:
        # Not for ever: a browser that remembered it would miss the page of what came after.
        return RedirectResponse(f"/items/{found.item_id}", 302)
    message = catalog.GetItemRequest(item_id=found.item_id)
    return await gone(request, await ask_public(request, backends(request).catalog.GetItem, message))


async def _code_of(request: Request) -> str:
    """The short address of the item of the path; empty when it has none."""
    item = await item_of(request)
    return qr.short_url(qr.base_url(request), item.short_code) if item.short_code else ""


async def png(request: Request) -> Response:
    """The code of an item as PNG."""
    url = await _code_of(request)
    return Response(qr.png(url), media_type="image/png") if url else show_refusal(request, 404)


async def svg(request: Request) -> Response:
    """The code of an item as SVG."""
    url = await _code_of(request)
    return Response(qr.svg(url), media_type="image/svg+xml") if url else show_refusal(request, 404)


async def labels(services: Backends, region: str, department: str = "", trace: str = "") -> list[Label]:
    """The labels of all published items of a region or department, by department and name."""
    found, token = list[Label](), ""
    while True:
        message = catalog.SearchItemsRequest(
            region=region, department=department, page_size=PAGE_SIZE, page_token=token
        )
        page = await call(services.catalog.SearchItems, message, traceparent=trace)
        found += [Label(hit.name, hit.department.name, hit.short_code) for hit in page.hits if hit.short_code]
        token = page.next_page_token
        if not token:
            return found


async def batch(request: Request) -> Response:
    """What an officer may download: by department, in parts of some sheets."""
    region, department = session_of(request).region, request.query_params.get("department", "")[:18]
    message = catalog.SearchItemsRequest(region=region, department=department, page_size=1)
    found, departments = await asyncio.gather(
        ask_public(request, backends(request).catalog.SearchItems, message), or_none(departments_of(request))
    )
    # A total is exact up to a thousand; beyond that the parts are told by counting.
    total = found.total
    if total >= 1000:
        total = len(await labels(backends(request), region, department, request.state.traceparent))
    parts = [(number + 1, min(PART, total - number * PART)) for number in range((total + PART - 1) // PART)]
    context: dict[str, Any] = {
        "departments": departments or [],
        "department": department,
        "total": total,
        "parts": parts,
    }
    return show(request, "qr_batch.html", base=qr.base_url(request), **context)


async def pdf(request: Request) -> Response:
    """Label sheets as PDF."""
    return await _download(request, "pdf")


async def zipped(request: Request) -> Response:
    """The codes as PNGs in a ZIP."""
    return await _download(request, "zip")


async def _download(request: Request, kind: str) -> Response:
    asked, region = request.query_params, session_of(request).region
    number = whole(asked.get("part", "1"), 3)
    make = qr.sheets if kind == "pdf" else qr.archive
    async with _TURN:
        found = await labels(backends(request), region, asked.get("department", "")[:18], request.state.traceparent)
        chosen = found[(number - 1) * PART :][:PART] if number else []
        if not chosen:
            return show_refusal(request, 404)
        content = await run_in_threadpool(make, chosen, qr.base_url(request))
    name = quote(f"事项二维码-{asked.get('department', '')[:18] or region}-{number}.{kind}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, 200, headers, f"application/{kind}")


PAGES = (
    Page("/i/{code}", short),
    Page("/items/{item_id:uuid}/qr.png", png),
    Page("/items/{item_id:uuid}/qr.svg", svg),
    Page("/desk/catalog/qr", batch, None, "officer", ROLES),
    Page("/desk/catalog/qr.pdf", pdf, None, "officer", ROLES),
    Page("/desk/catalog/qr.zip", zipped, None, "officer", ROLES),
)
