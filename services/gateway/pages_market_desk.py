"""The desk of the supermarket: what waits for operators and supervisors, agencies and evaluators, rules, and pairs that meet too often."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import market_moves, market_words
from services.gateway.acts import Act, Tried, do, form, number, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import act, fen, refused
from services.gateway.moves import Move
from services.gateway.overview import or_none
from services.gateway.pages import Handler, Page, at, go
from services.gateway.pages_officer import PAGE_SIZE
from services.gateway.pages_rating_desk import county_of
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import market_pb2 as market
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

DESK: Final = "/desk/market"
AGENCY: Final = DESK + "/agencies/{agency_id:uuid}"
ROLES: Final = ("market", "supervise")
SUPERVISE: Final = ("supervise",)
EVALUATORS: Final = DESK + "/evaluators"


class Queue(NamedTuple):
    """What waits: of procurements by status (or late), or of agencies by what they wait for; for whom it is, and where else it is."""

    key: str
    text: str
    role: str
    status: int = 0
    late: bool = False
    wait: int = 0


QUEUES: Final = (
    Queue("needs", "需求待审核", "market", pb.PROCUREMENT_STATUS_SUBMITTED),
    Queue("entries", "机构待审核", "market", wait=agencies.AGENCY_WAIT_ENTRY),
    Queue("qualifications", "资质待核实", "market", wait=agencies.AGENCY_WAIT_QUALIFICATION),
    Queue("agency-objections", "入驻异议", "market", wait=agencies.AGENCY_WAIT_OBJECTION),
    Queue("selecting", "选取中", "", pb.PROCUREMENT_STATUS_FROZEN),
    Queue("late", "选取逾期", "", late=True),
    Queue("objections", "结果异议", "supervise", pb.PROCUREMENT_STATUS_OBJECTED),
    Queue("awarded", "待签合同", "supervise", pb.PROCUREMENT_STATUS_AWARDED),
    Queue("running", "服务中", "supervise", pb.PROCUREMENT_STATUS_CONTRACTED),
    Queue("appeals", "黑名单申诉", "supervise", wait=agencies.AGENCY_WAIT_APPEAL),
    Queue("below", "信用警戒", "", wait=agencies.AGENCY_WAIT_BELOW_LINE),
    Queue("open", "报名中", "", pb.PROCUREMENT_STATUS_OPEN),
    Queue("all", "全部采购", ""),
)


def queues(request: Request) -> list[Queue]:
    """Those of the officer's roles."""
    roles = session_of(request).roles
    return [one for one in QUEUES if not one.role or one.role in roles]


async def desk(request: Request) -> Response:
    """One queue; the first of the officer's where the address names none."""
    known = queues(request)
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    picked = next((one for one in known if one.key == asked.get("queue", "")), known[0])
    county = county_of(asked.get("county", ""))
    context: dict[str, Any] = {"queues": known, "picked": picked, "page": page, "county_code": county}
    context["found"] = await _waiting(request, picked, county, page)
    return show(
        request, "desk_market.html", at=lambda key, page="": at(DESK, queue=key, county=county, page=page), **context
    )


async def _waiting(request: Request, picked: Queue, county: str, page: str) -> Any:
    paging: dict[str, Any] = {"county": county, "page_size": PAGE_SIZE, "page_token": page}
    if picked.wait:
        message = agencies.ListAgencyDeskRequest(wait=picked.wait, **paging)  # type: ignore[arg-type]
        return await ask(request, backends(request).market_agencies.ListAgencyDesk, message)
    asked = pb.ListProcurementDeskRequest(status=picked.status, late=picked.late, **paging)  # type: ignore[arg-type]
    return await ask(request, backends(request).procurements.ListProcurementDesk, asked)


async def agency(request: Request, tried: Tried) -> Response:
    """One agency at the desk, with its proofs and a form for every move that may be made now."""
    id, stub = str(request.path_params["agency_id"]), backends(request).market_agencies
    one, credits = await asyncio.gather(
        ask(request, stub.GetAgency, agencies.GetAgencyRequest(agency_id=id)),
        or_none(ask_public(request, stub.ListCredits, agencies.ListCreditsRequest(agency_id=id, page_size=50))),
    )
    context: dict[str, Any] = {"one": one, "credits": credits, "moves": market_moves.of_agency(one), "tried": tried}
    return show(request, "desk_market_agency.html", tried.status, problems=tried.problems, **context)


def _made(move: Move, page: Callable[[Request, Tried], Awaitable[Response]], to: str) -> Handler:
    async def handler(request: Request) -> Response:
        try:
            await do(request, move.act)
        except CallError as error:
            return await page(request, await refused(request, move.act, error))
        return go(to.format(**request.path_params), done=move.act.done)

    return handler


async def evaluators(request: Request, tried: Tried) -> Response:
    """The pool of the officer's region, by status."""
    asked, page = request.query_params, request.query_params.get("page", "")[:200]
    status = asked.get("status", "APPLIED")
    picked = status if status in market_words.EVALUATOR else ""
    message = selection.ListEvaluatorsRequest(status=picked, page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).selection.ListEvaluators, message)
    context: dict[str, Any] = {"found": found, "picked": picked, "page": page, "tried": tried}
    context["move"] = market_moves.REVIEW_EVALUATOR
    context["at"] = lambda status, page="": at(EVALUATORS, status=status, page=page)
    return show(request, "desk_market_evaluators.html", tried.status, problems=tried.problems, **context)


async def concentrations(request: Request) -> Response:
    """Pairs of owner and agency that met conspicuously often, with the rule they are shown by."""
    county = _county(request)
    message = market.ListConcentrationsRequest(county=county)
    found = await ask(request, backends(request).market.ListConcentrations, message)
    return show(request, "desk_market_concentrations.html", found=found, county_code=county)


def _county(request: Request) -> str:
    own = county_of(session_of(request).region[:6])
    return county_of(request.query_params.get("county", "")) or own or str(request.app.state.settings.region)


async def rules(request: Request, tried: Tried) -> Response:
    """The rules of a county, to be stated anew."""
    county = _county(request)
    message = market.GetMarketRulesRequest(county=county)
    found = await ask_public(request, backends(request).market.GetMarketRules, message)
    context: dict[str, Any] = {"rules": found, "county_code": county, "tried": tried}
    return show(request, "desk_market_rules.html", tried.status, problems=tried.problems, **context)


def _rules(form: FormData) -> dict[str, Any]:
    county = county_of(text(form, "county"))
    numbers = {name: number(form, name, 100_000) for name, _, _ in market_words.RULES}
    direct = fen(form, "direct_most_fen", "直接选取限额")
    return {"county": county, "rules": market.MarketRules(county=county, direct_most_fen=direct, **numbers)}


SAVE: Final[Act] = act("market.SaveMarketRules", market.SaveMarketRulesRequest, "market-rules", _rules)


async def save(request: Request) -> Response:
    """States the rules anew."""
    try:
        saved = await do(request, SAVE)
    except CallError as error:
        return await rules(request, await refused(request, _named(SAVE), error))
    return go(DESK + "/rules", county=saved.county, done=SAVE.done)


def _named(what: Act) -> Act:
    """The same act with its fields named as the service names them."""
    labels: Mapping[str, str] = {f"rules.{name}": label for name, label, _ in market_words.RULES}
    return Act(what.name, what.rpc, what.request, what.done, what.fields, {**market_words.FIELD, **labels})


_BACK: Final = DESK + "/agencies/{agency_id}"
PAGES = (
    Page(DESK, desk, None, "officer", ROLES),
    Page(AGENCY, shown(agency), None, "officer", ROLES),
    *(
        Page(f"{AGENCY}/{move.act.name}", None, _made(move, agency, _BACK), "officer", ROLES)
        for move in (*market_moves.AGENCY.values(), *market_moves.QUALIFICATIONS)
    ),
    Page(EVALUATORS, shown(evaluators), None, "officer", ROLES),
    form(
        EVALUATORS + "/{evaluator_id:uuid}/review",
        market_moves.REVIEW_EVALUATOR.act,
        evaluators,
        EVALUATORS,
        "officer",
        ROLES,
    ),
    Page(DESK + "/concentrations", concentrations, None, "officer", SUPERVISE),
    Page(DESK + "/rules", shown(rules), save, "officer", ROLES),
)
