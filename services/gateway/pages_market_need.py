"""An owner's need: one form with the parts of each mode, new, returned, or a draft a case opened."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import market_words
from services.gateway.acts import FRESH, Tried, do, number
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.market_forms import act, basis_points, fen, moment, more_rows, refused, row_count, rows
from services.gateway.market_reading import kinds_of, own_name, procurement_of
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.render import show
from services.gateway.session import ask_public, session_of
from services.gateway.words import SHANGHAI
from yiwang.intermediary.v1 import market_pb2 as market
from yiwang.intermediary.v1 import service_pb2 as pb

AT: Final = "/market/needs"
FORM: Final = "submitprocurement"
# The rows of the form, by what they are called.
TABLES: Final = {
    "requirement_qualifications": ("kind", "grade"),
    "avoidances": ("uscc", "reason"),
    "criteria": ("name", "weight"),
}
LEAST_EVALUATORS: Final = 3


def _common(form: FormData) -> dict[str, Any]:
    qualifications = [
        pb.QualificationNeed(**row) for row in rows(form, "requirement_qualifications", ("kind", "grade"))
    ]
    return {
        **{name: text(form, name) for name in ("title", "description", "item_code", "service", "region", "contact")},
        "budget_fen": fen(form, "budget_fen", "预算"),
        "requirement": pb.Requirement(
            qualifications=qualifications,
            people=number(form, "requirement_people", 1000),
            certificate_kind=text(form, "requirement_certificate_kind"),
            credit_min=number(form, "requirement_credit_min", 1000),
        ),
        "avoidances": [
            pb.Avoidance(uscc=row["uscc"].upper(), reason=row["reason"])
            for row in rows(form, "avoidances", TABLES["avoidances"])
        ],
        "days": number(form, "days", 100_000),
    }


def _times(form: FormData) -> dict[str, Any]:
    return {name: moment(form, name) for name in ("signup_end", "selection_at")}


def _draw(form: FormData) -> dict[str, Any]:
    source, at = text(form, "beacon_source"), moment(form, "beacon_at")
    stated = source or text(form, "beacon_round") or at
    beacon = pb.Beacon(source=source, round=number(form, "beacon_round", 10**9), at=at) if stated else None
    return {**_times(form), "beacon": beacon}


def _price(form: FormData) -> dict[str, Any]:
    method, _ = market_words.PRICES.get(text(form, "price_method"), (0, ""))
    discount = method == pb.PRICE_METHOD_DISCOUNT
    bound = basis_points if discount else fen
    limits = {"bid_least": bound(form, "bid_least", "最低限"), "bid_most": bound(form, "bid_most", "最高限")}
    return {**_times(form), "price_method": method, **limits}


def _choice(form: FormData) -> dict[str, Any]:
    criteria = [
        pb.Criterion(name=row["name"], weight=min(number_of(row["weight"]) * 100, 10_000))
        for row in rows(form, "criteria", TABLES["criteria"])
    ]
    return {**_times(form), "criteria": criteria, "evaluators": number(form, "evaluators", 1000)}


def number_of(typed: str) -> int:
    """A whole percentage as typed; 0 for anything else, which the service judges."""
    typed = typed.removesuffix("%").strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0


def _direct(form: FormData) -> dict[str, Any]:
    return {"direct_uscc": text(form, "direct_uscc").upper(), "direct_reason": text(form, "direct_reason")}


_BY_MODE: Final[Mapping[int, Callable[[FormData], dict[str, Any]]]] = {
    pb.MODE_DRAW: _draw,
    pb.MODE_PRICE: _price,
    pb.MODE_CHOICE: _choice,
    pb.MODE_DIRECT: _direct,
}


def need_of(form: FormData) -> pb.Need:
    """The need as typed: what belongs to another mode than the chosen one is left out."""
    mode = market_words.MODES.get(text(form, "mode"), 0)
    more = _BY_MODE[mode](form) if mode in _BY_MODE else {}
    return pb.Need(mode=mode, **_common(form), **more)  # type: ignore[arg-type]


SUBMIT: Final = act(
    "procurements.SubmitProcurement",
    pb.SubmitProcurementRequest,
    "market-submitted",
    lambda form: {
        "need": need_of(form),
        "owner_uscc": text(form, "owner_uscc").upper(),
        "owner_name": text(form, "owner_name"),
    },
)


async def _form(request: Request, tried: Tried, one: pb.Procurement) -> Response:
    rules, kinds = await _rules(request), await kinds_of(request)
    uscc, name = await own_name(request)
    need = one.need
    context: dict[str, Any] = {
        "one": one,
        "at": _values(request, need, rules),
        "need": need,
        "rules": rules,
        "kinds": kinds,
        "services": await _services(request),
        "counts": {
            key: row_count(tried, FORM, key, len(filled), least)
            for key, filled, least in (
                ("requirement_qualifications", need.requirement.qualifications, 2),
                ("avoidances", need.avoidances, 2),
                ("criteria", need.criteria, 3),
            )
        },
        "owner": (uscc, one.owner_name or name),
        "action": f"{AT}/{one.id}/edit" if one.id else f"{AT}/new",
        "tried": tried,
    }
    return show(request, "market_need.html", tried.status, problems=tried.problems, **context)


def _values(request: Request, need: pb.Need, rules: market.MarketRules) -> dict[str, str]:
    """What stands in the form at first."""
    asked, session = request.query_params, session_of(request)
    places = {"signup_end": need.signup_end, "selection_at": need.selection_at, "beacon_at": need.beacon.at}
    times = {name: _local(told) for name, told in places.items()}
    if not need.signup_end:
        closes = datetime.now(SHANGHAI).replace(hour=17, minute=0, second=0) + timedelta(days=2 * rules.signup_days + 1)
        selects = closes + timedelta(minutes=max(rules.reveal_minutes, 60))
        times |= {"signup_end": f"{closes:%Y-%m-%dT%H:%M:%S}", "selection_at": f"{selects:%Y-%m-%dT%H:%M:%S}"}
    own = session.region or str(request.app.state.settings.region)
    return times | {
        "mode": next((key for key, mode in market_words.MODES.items() if mode == need.mode), ""),
        "price_method": next(
            (key for key, (method, _) in market_words.PRICES.items() if method == need.price_method), ""
        ),
        "item_code": need.item_code or asked.get("item_code", "")[:40],
        "service": need.service or asked.get("service", "")[:200],
        "region": need.region or own,
        "budget_fen": market_words.typed(need.budget_fen),
        "bid_least": market_words.typed(need.bid_least),
        "bid_most": market_words.typed(need.bid_most),
    }


def _local(told: str) -> str:
    try:
        return f"{datetime.fromisoformat(told).astimezone(SHANGHAI):%Y-%m-%dT%H:%M:%S}"
    except ValueError:
        return ""


async def _rules(request: Request) -> market.MarketRules:
    message = market.GetMarketRulesRequest(county=str(request.app.state.settings.region))
    found = await or_none(ask_public(request, backends(request).market.GetMarketRules, message))
    return found or market.MarketRules()


async def _services(request: Request) -> list[str]:
    """Names of the services of the catalogue's items here, to choose from."""
    message = market.ListServicesRequest(region=str(request.app.state.settings.region))
    found = await or_none(ask_public(request, backends(request).market.ListServices, message))
    return sorted({one.service for one in found.services}) if found else []


async def new(request: Request) -> Response:
    """The form of a new need; the service of the catalogue's list is in the address."""
    return await _form(request, FRESH, pb.Procurement())


async def edit(request: Request) -> Response:
    """The form of a draft, or of a need that was returned."""
    return await _form(request, FRESH, await procurement_of(request))


async def submit(request: Request) -> Response:
    """Lays it before the operator; or shows the form with more rows."""
    id = str(request.path_params.get("procurement_id", ""))
    before = await procurement_of(request) if id else pb.Procurement()
    if text(await request.form(), "do") == "more":
        return await _form(request, await more_rows(request, SUBMIT, TABLES), before)
    try:
        one: pb.Procurement = await do(request, SUBMIT)
    except CallError as error:
        return await _form(request, await refused(request, SUBMIT, error, TABLES), before)
    return go(f"{AT}/{one.id}", done=SUBMIT.done, at=one.version)


PAGES = (
    Page(AT + "/new", new, submit, "anyone", ("procure",), acting=True),
    Page(AT + "/{procurement_id:uuid}/edit", edit, submit, "anyone", ("procure",), acting=True),
)
