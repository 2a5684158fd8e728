"""The supermarket as everybody sees it: notices, numbers, services, rules, agencies with qualifications and credit, the black list."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import charts, market_words
from services.gateway.acts import Tried, do, only, shown
from services.gateway.calls import CallError, backends
from services.gateway.market_forms import act, refused
from services.gateway.market_reading import PAGE_SIZE, kinds_of, seen
from services.gateway.overview import or_none
from services.gateway.pages import Page, at, go
from services.gateway.pages_rating_desk import county_of
from services.gateway.render import show
from services.gateway.session import ask_public
from services.gateway.words import SHANGHAI
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import market_pb2 as market
from yiwang.intermediary.v1 import service_pb2 as pb

AT: Final = "/market"
AGENCIES: Final = AT + "/agencies"
AGENCY: Final = AGENCIES + "/{agency_id:uuid}"
TABS: Final = (
    (AT, "采购公告"),
    (AGENCIES, "中介机构"),
    (AT + "/services", "服务清单"),
    (AT + "/rules", "规则与信用"),
    (AT + "/statistics", "统计公开"),
)
_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def county(request: Request) -> str:
    """The county of the address; else the gateway's own."""
    return county_of(request.query_params.get("county", "")) or str(request.app.state.settings.region)


async def home(request: Request) -> Response:
    """What the supermarket is, and its notices, by status, mode and words."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = {"status": asked.get("status", ""), "mode": asked.get("mode", ""), "words": asked.get("words", "")[:60]}
    message = pb.ListProcurementsRequest(
        region=county(request),
        status=market_words.STATUSES.get(picked["status"], 0),  # type: ignore[arg-type]
        mode=market_words.MODES.get(picked["mode"], 0),  # type: ignore[arg-type]
        words=picked["words"].strip(),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask_public(request, backends(request).procurements.ListProcurements, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "tabs": TABS}
    return show(request, "market.html", at=lambda **more: at(AT, **(picked | more)), **context)


async def listed(request: Request) -> Response:
    """Agencies by standing, kind of qualification and words; the black list is one of the standings."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = {
        "standing": asked.get("standing", ""),
        "kind": asked.get("kind", "")[:40],
        "words": asked.get("words", "")[:60],
    }
    message = agencies.ListAgenciesRequest(
        region=county(request),
        standing=market_words.STANDINGS.get(picked["standing"], 0),  # type: ignore[arg-type]
        kind=picked["kind"],
        words=picked["words"].strip(),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found, kinds = await asyncio.gather(
        ask_public(request, backends(request).market_agencies.ListAgencies, message), kinds_of(request)
    )
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "kinds": kinds, "tabs": TABS}
    return show(request, "market_agencies.html", at=lambda **more: at(AGENCIES, **(picked | more)), **context)


async def agency(request: Request, tried: Tried) -> Response:
    """One agency: qualifications with their days, promise, credit with its marks and their rules, standing; objections while noticed."""
    id, stub = str(request.path_params["agency_id"]), backends(request).market_agencies
    one: agencies.Agency
    one, credits = await asyncio.gather(
        seen(request, stub.GetAgency, agencies.GetAgencyRequest(agency_id=id)),
        or_none(ask_public(request, stub.ListCredits, agencies.ListCreditsRequest(agency_id=id, page_size=50))),
    )
    context: dict[str, Any] = {"one": one, "credits": credits, "tried": tried, "tabs": TABS}
    return show(request, "market_agency.html", tried.status, problems=tried.problems, **context)


OBJECT: Final = act("market_agencies.ObjectToAgency", agencies.ObjectToAgencyRequest, "market-objected", only("text"))


async def object_to(request: Request) -> Response:
    """Objects to an entry during its public notice."""
    try:
        await do(request, OBJECT)
    except CallError as error:
        return await agency(request, await refused(request, OBJECT, error))
    return go(f"{AGENCIES}/{request.path_params['agency_id']}", done=OBJECT.done)


async def services(request: Request) -> Response:
    """The intermediary services of the catalogue's items: what may be procured for which item."""
    words, where = request.query_params.get("words", "")[:60], county(request)
    message = market.ListServicesRequest(region=where, words=words.strip())
    found = await ask_public(request, backends(request).market.ListServices, message)
    return show(request, "market_services.html", found=found.services, words=words, tabs=TABS)


async def rules(request: Request) -> Response:
    """The rules of the county in words, the rules of credit, the kinds of qualifications with the law they come from."""
    message = market.GetMarketRulesRequest(county=county(request))
    found, kinds = await asyncio.gather(
        or_none(ask_public(request, backends(request).market.GetMarketRules, message)), kinds_of(request)
    )
    credits = await _credit_rules(request)
    return show(request, "market_rules.html", rules=found, kinds=kinds, credits=credits, tabs=TABS)


async def _credit_rules(request: Request) -> agencies.ListCreditsResponse | None:
    """The published rules of credit are told with any agency's marks."""
    stub = backends(request).market_agencies
    some = await or_none(ask_public(request, stub.ListAgencies, agencies.ListAgenciesRequest(page_size=1)))
    if not some or not some.agencies:
        return None
    message = agencies.ListCreditsRequest(agency_id=some.agencies[0].id, page_size=1)
    return await or_none(ask_public(request, stub.ListCredits, message))


async def statistics(request: Request) -> Response:
    """The market's numbers of a county by months, as charts and tables."""
    today = datetime.now(UTC).astimezone(SHANGHAI)
    last = _month(request, "to", f"{today:%Y-%m}")
    first = _month(request, "from", f"{today.year - 1}-{today.month:02d}")
    message = market.GetStatisticsRequest(
        county=county(request), from_month=min(first, last), to_month=max(first, last)
    )
    found = await ask_public(request, backends(request).market.GetStatistics, message)
    context: dict[str, Any] = {"found": found, "first": message.from_month, "last": message.to_month, "tabs": TABS}
    context["county_code"] = message.county
    context["tables"] = [
        ("standings", "机构现状", _named(found.agencies, _by_name(agencies.AgencyStanding, market_words.STANDING))),
        ("modes", "需求：选取方式", _named(found.modes, _by_name(pb.Mode, market_words.MODE))),
        ("statuses", "需求：进展", _named(found.statuses, _by_name(pb.ProcurementStatus, market_words.STATUS))),
        ("services", "需求：中介服务", _named(found.services, {})),
        ("ended", "提前终止原因", _named(found.ended, market_words.ENDING)),
    ]
    context["bars"] = {key: _bars(counts) for key, _, counts in context["tables"]}
    return show(request, "market_statistics.html", **context)


def _month(request: Request, name: str, otherwise: str) -> str:
    typed = request.query_params.get(name, "")
    return typed if _MONTH.fullmatch(typed) else otherwise


def _by_name(kind: Any, words: Mapping[Any, Any]) -> dict[str, str]:
    """Words of an enum by its names, long and short, and by its numbers."""
    found: dict[str, str] = {}
    for name, number in kind.items():
        said = words.get(number)
        if said is not None:
            text = said if isinstance(said, str) else said.text
            short = name.split("_", 2)[-1] if name.count("_") > 1 else name.partition("_")[2]
            found |= {name: text, short: text, str(number): text}
    return found


def _named(counts: Sequence[market.Count], names: Mapping[str, str]) -> list[tuple[str, int]]:
    """Counts with their names, most first."""
    found = [(names.get(one.kind, one.kind), one.count) for one in counts if one.count]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _bars(counts: Sequence[tuple[str, int]]) -> charts.Bars:
    return charts.bars(
        [(name if len(name) <= 7 else name[:6] + "…", count, str(count), "") for name, count in counts[:12]]
    )


PAGES = (
    Page(AT, home),
    Page(AGENCIES, listed),
    Page(AGENCY, shown(agency)),
    Page(AGENCY + "/object", None, object_to, "person", acting=True),
    Page(AT + "/services", services),
    Page(AT + "/rules", rules),
    Page(AT + "/statistics", statistics),
)
