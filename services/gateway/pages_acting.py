"""Acting for somebody: how a visitor's session becomes one in another's name, and how it ends."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Shown, do, refused
from services.gateway.calls import CallError, backends
from services.gateway.forms import request_id
from services.gateway.pages import Handler, Page, go, home_of
from services.gateway.session import ask, session_of
from standards.identifiers import name_mask
from yiwang.identity.v1 import service_pb2 as identity


def act_for(act: Act, page: Shown) -> Handler:
    """Serves a form that opens a session in somebody's name; refused, its page is shown again."""

    async def handler(request: Request) -> Response:
        try:
            reply = await do(request, act)
        except CallError as error:
            return await page(request, await refused(request, act, error))
        session_of(request).act_for(reply, _name(reply.me), _scope(reply.me.acted_for))
        return go("/cases", done=act.done)

    return handler


def _name(me: identity.Me) -> str:
    """Whom the visitor acts for: an organisation by its name, a person's masked, since others may look at the screen."""
    return me.organization.name if me.HasField("organization") else name_mask(me.person.name)


def _scope(acted_for: identity.ActedFor) -> str:
    """Within what, in words."""
    if acted_for.case_id:
        return "一个办件"
    return f"{len(acted_for.item_codes)} 个事项" if acted_for.item_codes else "全部事项"


async def end(request: Request) -> Response:
    """Ends acting here in any case, and at identity when it answers; back to the visitor's own session."""
    session = session_of(request)
    if session.own:
        message = identity.SignOutRequest(request_id=request_id(await request.form()))
        # The tokens leave the cookie all the same; the access token ends by itself within 15 minutes.
        with suppress(CallError):
            await ask(request, backends(request).identity.SignOut, message)
        session.leave()
    return go(home_of(session), done="acting-ended") if session.realm else go("/sign-in")


PAGES = (Page("/acting/end", None, end, "anyone", acting=True),)
