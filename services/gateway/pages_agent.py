"""The desk of an agent: whom he may help, asking somebody to be let, and acting for them."""

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, form, shown
from services.gateway.forms import text
from services.gateway.items import names_of
from services.gateway.pages import Page
from services.gateway.pages_acting import act_for
from services.gateway.pages_delegations import ACT_FOR, REVOKE, days, items, listed, picking, scope, until
from services.gateway.render import show
from yiwang.identity.v1 import delegations_pb2 as delegations

HOME = "/agent"
ONE = HOME + "/delegations/{delegation_id:uuid}"


async def home(request: Request, tried: Tried) -> Response:
    """The delegations the agent's organisation holds or asked for."""
    held = await listed(request, True)
    context = {"held": held, "names": await names_of(request, held.delegations), "tried": tried}
    return show(request, "agent.html", tried.status, problems=tried.problems, **context)


async def new(request: Request, tried: Tried) -> Response:
    """The form to ask a person."""
    hits, chosen = await items(request, tried, "ask")
    picked = {"hits": hits, "chosen": chosen, "tried": tried}
    return show(request, "agent_new.html", tried.status, problems=tried.problems, **picked, **days())


def _request(form: FormData) -> dict[str, Any]:
    person = {"name": text(form, "name"), "id_number": text(form, "id_number").upper()}
    return {**person, "scope": scope(form), "until": until(form)}


ASK = Act("ask", "delegations.RequestDelegation", delegations.RequestDelegationRequest, "requested", _request)

PAGES = (
    Page(HOME, shown(home), None, "agent", counts=True),
    Page(HOME + "/delegations/new", shown(new), picking(ASK, new, HOME), "agent"),
    form(ONE + "/revoke", REVOKE, home, HOME, "agent"),
    Page(ONE + "/act", shown(home), act_for(ACT_FOR, home), "agent"),
)
