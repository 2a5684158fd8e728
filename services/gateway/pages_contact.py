"""Where the visitor is reached beside the phone of his file: e-mail, postal address, and the mini-program that is bound."""

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import Act, Tried, do, number, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.pages import Handler, Page, go
from services.gateway.render import show
from services.gateway.session import ask, session_of
from services.gateway.terms import CONTACT
from yiwang.identity.v1 import contacts_pb2 as contacts

HOME = "/account/contact"


async def _own(request: Request) -> contacts.Contact:
    """What the visitor stated."""
    return await ask(request, backends(request).contacts.GetContact, contacts.GetContactRequest())


async def contact(request: Request, tried: Tried) -> Response:
    """What is known, and the form that states it anew."""
    found, person = await _own(request), session_of(request).realm == "person"
    context = {"found": found, "person": person, "tried": tried, "problems": tried.problems}
    return show(request, "contact.html", tried.status, **context)


def _stated(form: FormData) -> dict[str, Any]:
    return {**only("email", "address")(form), "version": number(form, "version")}


def _seen(form: FormData) -> dict[str, Any]:
    return {"version": number(form, "version")}


SAVE = Act("contact", "contacts.SaveContact", contacts.SaveContactRequest, "contact-saved", _stated, CONTACT)
UNBIND = Act("unbind", "contacts.SaveContact", contacts.SaveContactRequest, "unbound", _seen, CONTACT)


def _keeping(act: Act, *kept: str) -> Handler:
    """Serves a form that states only a part: the rest stays as it is. Had it changed meanwhile, the version would be another."""

    async def handler(request: Request) -> Response:
        before = await _own(request)
        try:
            await do(request, act, **{name: getattr(before, name) for name in kept})
        except CallError as error:
            return await contact(request, await refused(request, act, error))
        return go(HOME, done=act.done)

    return handler


async def _home(request: Request) -> Response:
    return go(HOME)


PAGES = (
    Page(HOME, shown(contact), _keeping(SAVE, "push_id"), "anyone"),
    Page(HOME + "/unbind", _home, _keeping(UNBIND, "email", "address"), "anyone"),
)
