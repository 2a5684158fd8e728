"""The desk of the enterprise base: enterprises with what is known of them, what a department reports, corrections, kinds of facts."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from grpc import StatusCode
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Tried, do, number, only, shown
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.desk_inputs import wrong
from services.gateway.forms import text
from services.gateway.market_forms import refused
from services.gateway.pages import Page, at, go
from services.gateway.policy_desk_words import FIELD, KIND_FIELD
from services.gateway.policy_forms import VALUE, act, fact_value, renamed
from services.gateway.policy_reading import PAGE_SIZE, kinds_of, region
from services.gateway.render import show
from services.gateway.session import ask, session_of
from standards.workdays import SHANGHAI, local_day
from yiwang.policy.v1 import enterprises_pb2 as pb

ENTERPRISES: Final = "/desk/policies/enterprises"
ENTERPRISE: Final = ENTERPRISES + "/{uscc}"
CORRECTIONS: Final = "/desk/policies/corrections"
KINDS: Final = "/desk/policies/kinds"
READS: Final = ("policy", "payout", "finance", "supervise")
TELLS, DECIDES, MAKES = ("policy", "payout"), ("policy", "payout", "supervise"), ("policy",)
# Kinds one report asks for at most.
MOST: Final = 30
REPORT: Final = act("enterprises.ReportFacts", pb.ReportFactsRequest, "policy-reported", labels=FIELD)
DECIDE: Final = act(
    "enterprises.DecideCorrection", pb.DecideCorrectionRequest, "policy-correction-decided", labels=FIELD
)


def _kind(form: FormData) -> dict[str, Any]:
    typed = only("name", "title", "unit", "reporter")(form)
    return {"kind": pb.FactKind(**typed, type=number(form, "type", 6), cost=number(form, "cost", 9))}  # type: ignore[arg-type]


KIND: Final = act("enterprises.SaveFactKind", pb.SaveFactKindRequest, "policy-kind-saved", _kind, KIND_FIELD)


# -- enterprises -------------------------------------------------------------------------------------------------------


async def enterprises(request: Request) -> Response:
    """Enterprises of the officer's region by code or words of their names."""
    asked = request.query_params
    words, page = asked.get("q", "").strip()[:50], asked.get("page", "")[:200]
    message = pb.SearchEnterprisesRequest(words=words, page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).enterprises.SearchEnterprises, message)
    context: dict[str, Any] = {"found": found, "words": words, "page": page}
    return show(
        request, "desk_policy_enterprises.html", at=lambda page="": at(ENTERPRISES, q=words, page=page), **context
    )


async def enterprise(request: Request, tried: Tried) -> Response:
    """One with every fact, its source and day; who tells facts chooses kinds (`names`) and fills them in."""
    uscc = str(request.path_params["uscc"])[:18]
    one, kinds = await asyncio.gather(
        ask(request, backends(request).enterprises.GetEnterprise, pb.GetEnterpriseRequest(uscc=uscc)), kinds_of(request)
    )
    context: dict[str, Any] = {
        "one": one,
        "kinds": sorted(kinds.values(), key=lambda kind: kind.title),
        "picked": await _picked(request, kinds),
        "tells": any(role in session_of(request).roles for role in TELLS),
        "today": local_day(datetime.now(UTC)).isoformat(),
        "tried": tried,
    }
    return show(request, "desk_policy_enterprise.html", tried.status, problems=tried.problems, **context)


async def _picked(request: Request, kinds: Mapping[str, pb.FactKind]) -> list[pb.FactKind]:
    typed = text(await request.form(), "names").split(",") if request.method == "POST" else []
    names = typed or request.query_params.getlist("names")
    return [kinds[name] for name in dict.fromkeys(names) if name in kinds][:MOST]


async def report(request: Request) -> Response:
    """Tells facts of one enterprise in the name of the officer's department."""
    uscc, typed = str(request.path_params["uscc"])[:18], await request.form()
    names: Sequence[str] = ()
    try:
        picked = await _picked(request, await kinds_of(request))
        values = {kind.name: fact_value(typed, VALUE + kind.name, kind) for kind in picked}
        told = {name: value for name, value in values.items() if value}
        names = list(told)
        row = pb.FactRow(
            uscc=uscc,
            region=region(request) if not text(typed, "region") else text(typed, "region")[:12],
            facts=[pb.RowFact(name=name, value=value) for name, value in told.items()],
            at=_instant(typed),
        )
        answer = await do(request, REPORT, department_name=session_of(request).department_name, rows=[row])
        _require_taken(answer.outcomes[0])
    except CallError as error:
        return await enterprise(request, await refused(request, REPORT, _at_inputs(error, names)))
    return go(f"{ENTERPRISES}/{uscc}", done=REPORT.done)


def _instant(form: FormData) -> str:
    """The day it was true as an instant: its beginning in China, or now for today."""
    typed = text(form, "at")
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise wrong("at", "日期格式应为 2026-01-31") from None
    instant = datetime.now(UTC)
    return (
        instant if day == local_day(instant) else datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ).isoformat()


def _require_taken(outcome: pb.RowOutcome) -> None:
    """A row that was not taken is refused like any other bad input."""
    if not outcome.taken:
        fields = [FieldError(one.field, one.message, one.reason) for one in outcome.faults]
        raise CallError(StatusCode.INVALID_ARGUMENT, "FIELDS_INVALID", "信息没有保存", fields)


def _at_inputs(error: CallError, names: Sequence[str]) -> CallError:
    for place, name in enumerate(names):
        for path in (f"facts[{place}]", f"rows[0].facts[{place}]", f"facts[{place}].value"):
            error = renamed(error, path, VALUE + name)
    return error


# -- corrections -------------------------------------------------------------------------------------------------------


async def corrections(request: Request, tried: Tried) -> Response:
    """What enterprises say is wrong: of what the officer's department reported; to supervision of the region."""
    asked = request.query_params
    chosen, page = "all" if asked.get("status") == "all" else "", asked.get("page", "")[:200]
    message = pb.ListCorrectionsRequest(waiting=not chosen, page_size=PAGE_SIZE, page_token=page)
    found, kinds = await asyncio.gather(
        ask(request, backends(request).enterprises.ListCorrections, message), kinds_of(request)
    )
    context: dict[str, Any] = {
        "found": found,
        "kinds": kinds,
        "chosen": chosen,
        "page": page,
        "decides": any(role in session_of(request).roles for role in TELLS),
        "tried": tried,
        "fresh": Tried(),
    }
    return show(
        request,
        "desk_policy_corrections.html",
        tried.status,
        problems=tried.problems,
        at=lambda chosen, page="": at(CORRECTIONS, status=chosen, page=page),
        **context,
    )


async def decide(request: Request) -> Response:
    """Accepts, with the value as the enterprise says or as the department knows it, or refuses with a reason."""
    typed = await request.form()
    name = text(typed, "fact")
    try:
        kinds = await kinds_of(request)
        accepted = text(typed, "accepted")
        if accepted not in ("yes", "no"):
            # A bool has no third value, so only the form can tell that nothing was chosen.
            raise wrong("accepted", "请选择更正或者不更正")
        value = fact_value(typed, VALUE + name, kinds[name]) if name in kinds and accepted == "yes" else ""
        fields = {"accepted": accepted == "yes", "value": value, "reason": text(typed, "reason")}
        await do(request, DECIDE, correction_id=text(typed, "correction_id"), **fields)
    except CallError as error:
        return await corrections(request, await refused(request, DECIDE, renamed(error, "value", VALUE + name)))
    return go(CORRECTIONS, done=DECIDE.done)


# -- kinds -------------------------------------------------------------------------------------------------------------


async def fact_kinds(request: Request, tried: Tried) -> Response:
    """Every kind of fact, and the form of a region's own one."""
    kinds = await kinds_of(request)
    edited = kinds.get(request.query_params.get("name", ""), pb.FactKind())
    context: dict[str, Any] = {
        "kinds": sorted(kinds.values(), key=lambda kind: (not kind.region, kind.name)),
        "edited": edited if edited.region else pb.FactKind(),
        "makes": any(role in session_of(request).roles for role in MAKES),
        "tried": tried,
    }
    return show(request, "desk_policy_kinds.html", tried.status, problems=tried.problems, **context)


async def save_kind(request: Request) -> Response:
    """Adds or changes a kind of the officer's region."""
    try:
        await do(request, KIND)
    except CallError as error:
        fields = [FieldError(one.field.removeprefix("kind."), one.text, one.code) for one in error.fields]
        told = CallError(error.code, error.reason, error.message, fields)
        return await fact_kinds(request, await refused(request, KIND, told))
    return go(KINDS, done=KIND.done)


PAGES = (
    Page(ENTERPRISES, enterprises, None, "officer", READS),
    Page(ENTERPRISE, shown(enterprise), None, "officer", READS),
    Page(f"{ENTERPRISE}/report", None, report, "officer", TELLS),
    Page(CORRECTIONS, shown(corrections), None, "officer", DECIDES),
    Page(f"{CORRECTIONS}/decide", None, decide, "officer", TELLS),
    Page(KINDS, shown(fact_kinds), None, "officer", READS),
    Page(f"{KINDS}/save", None, save_kind, "officer", MAKES),
)
