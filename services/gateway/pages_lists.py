"""Public lists, rates with everything behind them, and 四减: as of any date, on screen and as CSV."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway import catalog_terms as terms
from services.gateway.calls import CallError, backends, call
from services.gateway.forms import whole
from services.gateway.overview import departments_of, or_none
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask_public
from services.gateway.words import SHANGHAI
from yiwang.catalog.v1 import lists_pb2 as lists

PAGE_SIZE = 50
CSV_PAGE = 500
DEADLINE = 20.0
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# A cell that begins so is a formula to spreadsheets; Chinese ones take the full-width signs, too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("事项编码", "事项名称", "部门", "部门代码", "区划", "类型")
# What the county is measured by, where the visitor sets nothing else: percent.
TARGETS = {
    lists.RATE_KIND_ONLINE: 70.0,
    lists.RATE_KIND_AT_ONCE: 20.0,
    lists.RATE_KIND_LIMIT_REDUCTION: 50.0,
}


class Asked(NamedTuple):
    """What lists and rates are asked of: region, department, and as of when (a date; empty = now)."""

    region: str
    department: str
    as_of: str
    page: str

    @property
    def pairs(self) -> dict[str, str]:
        """As an address has it; what is the default is left out."""
        kept = {"region": self.region, "department": self.department, "as_of": self.as_of}
        return {name: value for name, value in kept.items() if value}

    def href(self, path: str, **more: str | int) -> str:
        """An address with the same scope."""
        query = urlencode({**self.pairs, **{name: value for name, value in more.items() if value}})
        return f"{path}?{query}" if query else path


def asked_of(request: Request) -> Asked:
    """The scope an address asks for: without a region that of the county, and dates of the future are today."""
    asked = request.query_params
    region = asked.get("region", request.app.state.settings.region)
    date = asked.get("as_of", "")
    today = datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
    date = date if DATE.fullmatch(date) and date < today else ""
    region = region if re.fullmatch("[0-9]{0,12}", region) else ""
    return Asked(region, asked.get("department", "")[:18], date, asked.get("page", "")[:200])


async def index(request: Request) -> Response:
    """The lists there are, each with what was published of it last."""
    stub, asked = backends(request).lists, asked_of(request)
    message = lists.ListPublicationsRequest(region=asked.region, page_size=100)
    found = await or_none(ask_public(request, stub.ListPublications, message))
    last: dict[int, lists.Publication] = {}
    for one in found.publications if found else ():
        last.setdefault(one.kind, one)
    return show(request, "lists.html", last=last)


def _list_kind(request: Request) -> lists.ListKind.ValueType:
    kind = terms.KIND_OF_LIST.get(str(request.path_params["kind"]))
    if kind is None:
        raise CallError(StatusCode.NOT_FOUND, "LIST_UNKNOWN", "没有这个清单")
    return kind


def _list_message(request: Request, asked: Asked, size: int = PAGE_SIZE) -> lists.GetListRequest:
    number = whole(request.query_params.get("number", ""))
    as_of = "" if number else asked.as_of
    return lists.GetListRequest(
        kind=_list_kind(request), region=asked.region, department=asked.department, as_of=as_of, number=number,
        page_size=size, page_token=asked.page,
    )  # fmt: skip


async def listed(request: Request) -> Response:
    """One list, as of a date or as published under a number."""
    kind, asked, stub = _list_kind(request), asked_of(request), backends(request).lists
    told = lists.ListPublicationsRequest(kind=kind, region=asked.region, page_size=20)
    message = _list_message(request, asked)
    found, publications, departments = await asyncio.gather(
        ask_public(request, stub.GetList, message),
        or_none(ask_public(request, stub.ListPublications, told)),
        or_none(departments_of(request)),
    )
    context: dict[str, Any] = {"about": terms.LIST[kind], "number": message.number, "departments": departments or []}
    context["publications"] = publications.publications if publications else []
    return show(request, "list.html", found=found, asked=asked, **context)


async def list_csv(request: Request) -> Response:
    """The whole list as CSV."""
    about, asked = terms.LIST[_list_kind(request)], asked_of(request)._replace(page="")
    message = _list_message(request, asked, CSV_PAGE)
    number = f"-第{message.number}期" if message.number else ""
    name = f"{about.title}{number}{asked.as_of and '-' + asked.as_of}.csv"
    return await _csv(request, backends(request).lists.GetList, message, name, about.detail)


async def rates(request: Request) -> Response:
    """All rates: value, formula, what the denominator counts, and whether the target is reached."""
    asked, targets = asked_of(request), targets_of(request)
    message = lists.GetRatesRequest(region=asked.region, department=asked.department, as_of=asked.as_of)
    message.targets.update({kind: share / 100 for kind, share in targets.items()})
    found, departments = await asyncio.gather(
        ask_public(request, backends(request).lists.GetRates, message), or_none(departments_of(request))
    )
    context: dict[str, Any] = {"targets": targets, "departments": departments or []}
    return show(request, "rates.html", found=found, asked=asked, **context)


def targets_of(request: Request) -> dict[int, float]:
    """What the rates are compared with, in percent: as the address says (target_online=98.5; empty = none), else the usual."""
    found: dict[int, float] = {}
    for kind, slug in terms.RATE.items():
        value = request.query_params.get(f"target_{slug}")
        if value is None and kind in TARGETS:
            found[kind] = TARGETS[kind]
        elif value and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", value) and 0 < float(value) <= 100:
            found[kind] = float(value)
    return found


def _rate_message(request: Request, asked: Asked, size: int) -> lists.ListRateItemsRequest:
    kind = terms.KIND_OF_RATE.get(str(request.path_params["kind"]))
    if kind is None:
        raise CallError(StatusCode.NOT_FOUND, "RATE_UNKNOWN", "没有这个指标")
    part = terms.PART_OF.get(request.query_params.get("part", ""), lists.RATE_PART_DENOMINATOR)
    return lists.ListRateItemsRequest(
        kind=kind, part=part, region=asked.region, department=asked.department, as_of=asked.as_of,
        page_size=size, page_token=asked.page,
    )  # fmt: skip


async def rate(request: Request) -> Response:
    """The items behind one rate."""
    asked = asked_of(request)
    message, stub = _rate_message(request, asked, PAGE_SIZE), backends(request).lists
    whole = lists.GetRatesRequest(region=asked.region, department=asked.department, as_of=asked.as_of)
    found, told = await asyncio.gather(
        ask_public(request, stub.ListRateItems, message), ask_public(request, stub.GetRates, whole)
    )
    one = next((one for one in told.rates if one.kind == message.kind), None)
    if one is None:
        raise CallError(StatusCode.NOT_FOUND, "RATE_UNKNOWN", "没有这个指标")
    context: dict[str, Any] = {"rate": one, "slug": terms.RATE[message.kind], "part": message.part, "as_of": told.as_of}
    return show(request, "rate.html", found=found, asked=asked, **context)


async def rate_csv(request: Request) -> Response:
    """All items behind one rate as CSV."""
    asked = asked_of(request)._replace(page="")
    message = _rate_message(request, asked, CSV_PAGE)
    name = f"{terms.RATE[message.kind]}{asked.as_of and '-' + asked.as_of}.csv"
    return await _csv(request, backends(request).lists.ListRateItems, message, name, "说明", counted=True)


async def reductions(request: Request) -> Response:
    """四减: limits, materials, steps and visits before and after, per department."""
    asked = asked_of(request)
    message = lists.GetReductionsRequest(region=asked.region, as_of=asked.as_of)
    found = await ask_public(request, backends(request).lists.GetReductions, message)
    return show(request, "reductions.html", found=found, asked=asked)


def cell(value: object) -> str:
    """A CSV cell that is text to every spreadsheet: what would be a formula gets an apostrophe before it."""
    text = str(value)
    text = f"'{text}" if text.startswith(FORMULA) else text
    return '"' + text.replace('"', '""') + '"' if any(one in text for one in '",\r\n') else text


async def _csv(request: Request, rpc: Any, message: Any, name: str, detail: str, counted: bool = False) -> Response:
    """All pages of an answer as one file. The first is asked before the answer begins, so that a refusal is a page; a later one breaks
    the download off, so that nobody takes a part for the whole."""

    async def page(token: str) -> Any:
        message.page_token = token
        return await call(rpc, message, traceparent=request.state.traceparent, timeout=DEADLINE)

    first = await page("")

    async def content() -> AsyncIterator[str]:
        found = first
        head = (*COLUMNS, detail, *(("计入", "分母") if counted else ()), "指南版本")
        yield "\ufeff" + ",".join(head) + "\r\n"
        while True:
            yield "".join(_row(line, counted) for line in found.lines)
            if not found.next_page_token:
                return
            found = await page(found.next_page_token)

    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return StreamingResponse(content(), 200, headers, "text/csv; charset=utf-8")


def _row(line: lists.ListLine, counted: bool) -> str:
    department, kind = line.department, terms.TYPE.get(line.type_code, line.type_code)
    cells = [line.code, line.name, department.name, department.code, line.region, kind, line.detail]
    cells += [str(line.counts), str(line.of)] if counted else []
    return ",".join(cell(one) for one in (*cells, line.edition)) + "\r\n"


PAGES = (
    Page("/lists", index),
    Page("/lists/{kind}.csv", list_csv),
    Page("/lists/{kind}", listed),
    Page("/rates", rates),
    Page("/rates/{kind}.csv", rate_csv),
    Page("/rates/{kind}", rate),
    Page("/reductions", reductions),
)
