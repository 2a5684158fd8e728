"""Organisations: claiming one, its handlers, acting for it."""

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, form, only, post, shown
from services.gateway.calls import backends
from services.gateway.forms import text
from services.gateway.pages import Page
from services.gateway.pages_acting import act_for
from services.gateway.pages_delegations import days
from services.gateway.render import show
from services.gateway.session import ask
from services.gateway.terms import PLACE
from yiwang.identity.v1 import organizations_pb2 as organizations

HOME = "/account/organizations"
ONE = HOME + "/{organization_id:uuid}"


async def mine(request: Request, tried: Tried) -> Response:
    """The organisations the visitor represents, claims or handles; and the form to claim one."""
    message = organizations.ListMyOrganizationsRequest()
    found = await ask(request, backends(request).organizations.ListMyOrganizations, message)
    context = {"found": found.organizations, "tried": tried}
    return show(request, "organizations.html", tried.status, problems=tried.problems, **context)


async def one(request: Request, tried: Tried) -> Response:
    """One organisation: who acts for it, and until when."""
    message = organizations.GetOrganizationRequest(organization_id=str(request.path_params["organization_id"]))
    found = await ask(request, backends(request).organizations.GetOrganization, message)
    return show(request, "organization.html", tried.status, one=found, tried=tried, problems=tried.problems, **days())


def _claim(form: FormData) -> dict[str, Any]:
    return {**only("name", "address")(form), "uscc": text(form, "uscc").upper()}


def _handler(form: FormData) -> dict[str, Any]:
    return {**only("name", "from", "until")(form), "id_number": text(form, "id_number").upper()}


CLAIM = Act(
    "claim",
    "organizations.RegisterOrganization",
    organizations.RegisterOrganizationRequest,
    "claimed",
    _claim,
    PLACE,
)
ADD = Act("handler", "organizations.AuthorizeHandler", organizations.AuthorizeHandlerRequest, "handler-added", _handler)
REMOVE = Act("remove", "organizations.RevokeHandler", organizations.RevokeHandlerRequest, "handler-revoked")
ACT_FOR = Act("act", "organizations.ActForOrganization", organizations.ActForOrganizationRequest, "acting")

PAGES = (
    Page(HOME, shown(mine), post(CLAIM, mine, HOME), "person"),
    Page(ONE, shown(one), None, "person"),
    form(ONE + "/handlers", ADD, one, HOME + "/{organization_id}", "person"),
    form(ONE + "/handlers/{person_id:uuid}/revoke", REMOVE, one, HOME + "/{organization_id}", "person"),
    Page(ONE + "/act", shown(one), act_for(ACT_FOR, one), "person"),
)
