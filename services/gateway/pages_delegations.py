"""Delegations: those a person gave or holds, giving one, its certificate; and the items and helper points they are made of."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any

import orjson
from google.protobuf import json_format
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Shown, Tried, do, form, refused, shown, texts, tried
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.items import names_of
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_acting import act_for
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from services.gateway.words import SHANGHAI
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import delegations_pb2 as delegations

PAGE_SIZE = 20
HITS = 10
# As many as a delegation may name.
MOST_ITEMS = 50
POINTS = 200
# A delegation lasts a year at most; a month is what most need.
LONGEST, USUAL = timedelta(days=365), timedelta(days=30)


async def mine(request: Request, tried: Tried) -> Response:
    """What the visitor gave and what he holds."""
    given, held = await asyncio.gather(listed(request, False), listed(request, True))
    names = await names_of(request, [*given.delegations, *held.delegations])
    shown_here = {"given": given, "held": held, "names": names, "tried": tried}
    return show(request, "delegations.html", tried.status, problems=tried.problems, **shown_here)


async def listed(request: Request, held: bool) -> delegations.ListDelegationsResponse:
    """Delegations given, or held; `given` and `held` of the address say from where on."""
    token = request.query_params.get("held" if held else "given", "")[:200]
    message = delegations.ListDelegationsRequest(held=held, page_size=PAGE_SIZE, page_token=token)
    return await ask(request, backends(request).delegations.ListDelegations, message)


async def new(request: Request, tried: Tried) -> Response:
    """The form to give one: what for, to whom, until when."""
    region = _region(request, tried)
    (hits, chosen), points, own = await asyncio.gather(
        items(request, tried, "grant"), _points(request, region), _own_cases(request)
    )
    picked = {"hits": hits, "chosen": chosen, "points": points, "cases": own, "region": region}
    return show(request, "delegation_new.html", tried.status, tried=tried, problems=tried.problems, **picked, **days())


def _region(request: Request, tried: Tried) -> str:
    typed = str(tried.value("grant", "region"))
    known = typed.isascii() and typed.isdecimal() and len(typed) in (6, 9, 12)
    return typed if known else str(request.app.state.settings.region)


def days() -> dict[str, str]:
    """The first, usual and last day a delegation may end on, as date inputs take them."""
    today = datetime.now(SHANGHAI).date()
    return {
        "first_day": f"{today}",
        "usual_day": f"{today + USUAL}",
        "last_day": f"{today + LONGEST - timedelta(days=1)}",
    }


async def items(request: Request, tried: Tried, form: str) -> tuple[list[Any], list[tuple[str, str]]]:
    """What a search of the form found, and what is chosen already: code and name."""
    words = str(tried.value(form, "q"))[:100]
    # A chosen item is kept as `code name`: the name would else have to be looked up again.
    chosen = [tuple(one.split(" ", 1)) for one in tried.values(form, "item") if " " in one]
    if not words:
        return [], [(code, name) for code, name in chosen]
    message = catalog.SearchItemsRequest(query=words, page_size=HITS, place=request.app.state.settings.region)
    found = await ask_public(request, backends(request).catalog.SearchItems, message)
    taken = {code for code, _ in chosen}
    return [hit for hit in found.hits if hit.code not in taken], [(code, name) for code, name in chosen]


async def _points(request: Request, region: str) -> list[agents.AgentOrganization]:
    message = agents.ListAgentOrganizationsRequest(region=region, page_size=POINTS)
    found = await ask_public(request, backends(request).agents.ListAgentOrganizations, message)
    return sorted(
        (one for one in found.agent_organizations if not one.closed), key=lambda one: (one.kind, one.level, one.name)
    )


async def _own_cases(request: Request) -> list[cases.Case]:
    """Open cases one may delegate; none while case is away: items still can be."""
    try:
        found = await ask(request, backends(request).case.ListMyCases, cases.ListMyCasesRequest(page_size=50))
    except CallError:
        return []
    return [one for one in found.cases if not one.closed_at]


def scope(form: FormData) -> delegations.DelegationScope:
    """What is delegated: the one case, or the items."""
    case_id = text(form, "case_id")
    codes = [] if case_id else [one.split(" ", 1)[0] for one in texts(form, "item")]
    return delegations.DelegationScope(item_codes=codes, case_id=case_id)


def until(form: FormData) -> str:
    """The end of the chosen day in China; what is no day goes to the service as it is, which says so."""
    try:
        day = datetime.fromisoformat(text(form, "until")).date()
    except ValueError:
        return text(form, "until")
    return datetime.combine(day, time(23, 59, 59), SHANGHAI).isoformat()


def _grant(form: FormData) -> dict[str, Any]:
    to_person = text(form, "to") == "person"
    holder = {"name": text(form, "name"), "id_number": text(form, "id_number").upper()}
    point = {"agent_organization_id": text(form, "agent_organization_id")}
    return {**(holder if to_person else point), "scope": scope(form), "until": until(form)}


GRANT = Act("grant", "delegations.GrantDelegation", delegations.GrantDelegationRequest, "granted", _grant)
CONFIRM = Act("confirm", "delegations.ConfirmDelegation", delegations.ConfirmDelegationRequest, "confirmed")
DECLINE = Act("decline", "delegations.DeclineDelegation", delegations.DeclineDelegationRequest, "declined")
REVOKE = Act("revoke", "delegations.RevokeDelegation", delegations.RevokeDelegationRequest, "revoked")
ACT_FOR = Act("act", "delegations.ActFor", delegations.ActForRequest, "acting")


def picking(act: Act, page: Shown, to: str) -> Handler:
    """Serves a form in which items are searched before it is sent: `do=find` shows it again with what was found."""

    async def handler(request: Request) -> Response:
        form = await request.form()
        if text(form, "do") == "find":
            return await page(request, tried(form, act.name, [], 200))
        try:
            await do(request, act)
        except CallError as error:
            return await page(request, await refused(request, act, error))
        return go(to, done=act.done)

    return handler


async def certificate(request: Request) -> Response:
    """The signed document, to keep and to hand on; anybody can check it offline."""
    message = delegations.GetDelegationCertificateRequest(delegation_id=str(request.path_params["delegation_id"]))
    found = await ask(request, backends(request).delegations.GetDelegationCertificate, message)
    fields = json_format.MessageToDict(found, preserving_proto_field_name=True)
    headers = {"Content-Disposition": f'attachment; filename="delegation-{message.delegation_id}.json"'}
    return Response(orjson.dumps(fields, option=orjson.OPT_INDENT_2), 200, headers, "application/json")


async def certificate_page(request: Request) -> Response:
    """What the document says, for reading and printing."""
    id, stub = str(request.path_params["delegation_id"]), backends(request).delegations
    one, signed = await asyncio.gather(
        ask(request, stub.GetDelegation, delegations.GetDelegationRequest(delegation_id=id)),
        ask(request, stub.GetDelegationCertificate, delegations.GetDelegationCertificateRequest(delegation_id=id)),
    )
    return show(request, "certificate.html", one=one, signed=signed, names=await names_of(request, [one], MOST_ITEMS))


HOME = "/account/delegations"
ONE = HOME + "/{delegation_id:uuid}"

PAGES = (
    Page(HOME, shown(mine), None, "person"),
    Page(HOME + "/new", shown(new), picking(GRANT, new, HOME), "person"),
    form(ONE + "/confirm", CONFIRM, mine, HOME, "person"),
    form(ONE + "/decline", DECLINE, mine, HOME, "person"),
    form(ONE + "/revoke", REVOKE, mine, HOME, "person"),
    Page(ONE + "/act", shown(mine), act_for(ACT_FOR, mine), "person"),
    Page("/delegations/{delegation_id:uuid}", certificate_page, None, "anyone"),
    Page("/delegations/{delegation_id:uuid}/certificate.json", certificate, None, "anyone"),
)
