"""Administration of departments' systems, and of accounts that are misused."""

import asyncio
from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Shown, Tried, do, form, number, only, refused, shown, texts
from services.gateway.calls import CallError, backends
from services.gateway.forms import text
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_officers import ADMINISTER, departments_of, names
from services.gateway.render import show
from services.gateway.session import ask
from services.gateway.terms import PLACE
from yiwang.identity.v1 import clients_pb2 as clients
from yiwang.identity.v1 import service_pb2 as identity

PAGE_SIZE = 200
DAYS = (7, 31)
CLIENTS, PERSONS = "/admin/clients", "/admin/persons"
ONE = CLIENTS + "/{client_id:uuid}"


async def listed(request: Request) -> Response:
    """The systems of the region."""
    page = request.query_params.get("page", "")[:200]
    found, known = await asyncio.gather(_clients(request, page), departments_of(request))
    return show(request, "admin_clients.html", found=found, names=names(known), page=page)


async def _clients(request: Request, page: str = "") -> clients.ListClientsResponse:
    message = clients.ListClientsRequest(page_size=PAGE_SIZE, page_token=page)
    return await ask(request, backends(request).clients.ListClients, message)


async def new(request: Request, tried: Tried) -> Response:
    """The form of a new system."""
    context = {"departments": await departments_of(request), "one": None, "tried": tried}
    return show(request, "admin_client_new.html", tried.status, problems=tried.problems, **context)


async def one(request: Request, tried: Tried) -> Response:
    """One system: its figures, and the forms to change or stop it."""
    client = await _client(request, str(request.path_params["client_id"]))
    days = DAYS[1] if request.query_params.get("days") == str(DAYS[1]) else DAYS[0]
    figures, known = await asyncio.gather(_figures(request, client.id, days), departments_of(request))
    context = {"one": client, "figures": figures, "days": days, "departments": known, "tried": tried}
    return show(request, "admin_client.html", tried.status, problems=tried.problems, names=names(known), **context)


async def _client(request: Request, id: str) -> clients.Client:
    """The system of an id, out of the list; a page of it holds 200, which few regions have."""
    page = ""
    while True:
        found = await _clients(request, page)
        if client := next((one for one in found.clients if one.id == id), None):
            return client
        page = found.next_page_token
        if not page:
            raise HTTPException(404)


async def _figures(request: Request, id: str, days: int) -> list[clients.ClientDay]:
    message = clients.GetClientFiguresRequest(client_id=id, days=days)
    return list((await ask(request, backends(request).clients.GetClientFigures, message)).days)


def _system(form: FormData) -> dict[str, Any]:
    several = ("redirect_uris", "post_logout_redirect_uris", "scopes", "rpcs")
    return {
        **only("code", "name", "department", "region", "jwks_json", "id_token_alg")(form),
        **{name: texts(form, name) for name in several},
        "kind": dict(clients.ClientKind.items()).get(text(form, "kind"), 0),
        "proof": dict(clients.ClientProof.items()).get(text(form, "proof"), 0),
        "certificate_sha256": text(form, "certificate_sha256").replace(":", "").lower(),
        "quota_per_minute": number(form, "quota_per_minute"),
        "new_secret": bool(text(form, "new_secret")),
    }


SAVE = Act("client", "clients.SaveClient", clients.SaveClientRequest, "saved", _system, PLACE)
DISABLE = Act("disable", "clients.DisableClient", clients.DisableClientRequest, "disabled", only("reason"))
ENABLE = Act("enable", "clients.EnableClient", clients.EnableClientRequest, "enabled")


def saving(page: Shown) -> Handler:
    """Serves the form that registers or changes a system. A secret is shown once, on the answer itself: it may stand in no address."""

    async def handler(request: Request) -> Response:
        try:
            saved = await do(request, SAVE)
        except CallError as error:
            return await page(request, await refused(request, SAVE, error))
        if saved.secret:
            return show(request, "admin_client_secret.html", one=saved.client, secret=saved.secret)
        return go(f"{CLIENTS}/{saved.client.id}", done=SAVE.done)

    return handler


async def persons(request: Request, tried: Tried) -> Response:
    """Stopping an account that is misused, and letting it be used again."""
    return show(request, "admin_persons.html", tried.status, tried=tried, problems=tried.problems)


SUSPEND = Act(
    "suspend", "identity.SuspendPerson", identity.SuspendPersonRequest, "suspended", only("person_id", "reason")
)
RESUME = Act("resume", "identity.ResumePerson", identity.ResumePersonRequest, "resumed", only("person_id"))

PAGES = (
    Page(CLIENTS, listed, None, "officer", ADMINISTER),
    Page(CLIENTS + "/new", shown(new), saving(new), "officer", ADMINISTER),
    Page(ONE, shown(one), saving(one), "officer", ADMINISTER),
    form(ONE + "/disable", DISABLE, one, CLIENTS + "/{client_id}", "officer", ADMINISTER),
    form(ONE + "/enable", ENABLE, one, CLIENTS + "/{client_id}", "officer", ADMINISTER),
    Page(PERSONS, shown(persons), None, "officer", ADMINISTER),
    form(PERSONS + "/suspend", SUSPEND, persons, PERSONS, "officer", ADMINISTER),
    form(PERSONS + "/resume", RESUME, persons, PERSONS, "officer", ADMINISTER),
)
