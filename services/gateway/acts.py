"""Forms that are one act of a service: from what was typed to one call, and back to its page when the service refuses."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import terms
from services.gateway.calls import CallError, backends
from services.gateway.forms import (
    Problem,
    new_request_id,
    next_request_id,
    problem_at,
    problems_of,
    request_id,
    text,
    whole,
)
from services.gateway.pages import Handler, Page, go
from services.gateway.session import ask

# Refusals a page shows itself, at the form they are about; the rest is for the page of errors.
SHOWN = (400, 403, 409, 429)
# Never shown again.
SECRET = ("csrf", "request_id", "password", "card_number")


@dataclass(frozen=True)
class Tried:
    """A form that was refused, and what was typed into it; nothing on a fresh page."""

    form: str = ""
    problems: tuple[Problem, ...] = ()
    typed: Mapping[str, list[str]] = field(default_factory=dict)
    act: str = ""
    status: int = 200

    def value(self, form: str, name: str, otherwise: Any = "") -> Any:
        """What was typed into an input of a form; else what stands there at first."""
        return "".join(self.typed.get(name, [])[:1]) if form == self.form else otherwise

    def values(self, form: str, name: str, otherwise: Any = ()) -> list[str]:
        """The same for an input that holds several."""
        return self.typed.get(name, []) if form == self.form else list(otherwise)

    def wrong(self, form: str, name: str) -> str:
        """What is to be put right at an input."""
        return problem_at(self.problems, f"{form}-{name}") if form == self.form else ""

    def request_id(self, form: str) -> str:
        """The id of the act a form is for: every form its own, and the one that was refused keeps it."""
        return self.act if form == self.form and self.act else new_request_id()


FRESH = Tried()
Shown = Callable[[Request, Tried], Awaitable[Response]]


@dataclass(frozen=True)
class Act:
    """A form: the stub and method behind it, the fields it fills, and what is said when it is done."""

    name: str
    rpc: str
    request: type[Message]
    done: str
    fields: Callable[[FormData], dict[str, Any]] = lambda form: {}
    labels: Mapping[str, str] = field(default_factory=lambda: terms.FIELD)


def only(*names: str) -> Callable[[FormData], dict[str, Any]]:
    """The fields that are inputs of the same name."""
    return lambda form: {name: text(form, name) for name in names}


def texts(form: FormData, name: str) -> list[str]:
    """What was typed into an input that may come several times, or hold several lines; each once."""
    lines = [line.strip() for value in form.getlist(name) if isinstance(value, str) for line in value.splitlines()]
    return list(dict.fromkeys(line for line in lines if line))


def number(form: FormData, name: str, most: int = 10_000_000) -> int:
    """A number as typed; 0 when it is none, which the service judges."""
    return min(whole(text(form, name)), most)


def tried(form: FormData, name: str, problems: list[Problem], status: int, act: str = "") -> Tried:
    """What the page is to show again."""
    typed = {key: [v for v in form.getlist(key) if isinstance(v, str)] for key in form if key not in SECRET}
    return Tried(name, tuple(problems), typed, act, status)


async def do(request: Request, act: Act, **more: Any) -> Any:
    """Makes the call of a form. Ids in the path are fields of the request under the same names, where it has them; `more` are
    fields no input fills."""
    form, known = await request.form(), act.request.DESCRIPTOR.fields_by_name
    ids = {name: str(value) for name, value in request.path_params.items() if name in known}
    message = act.request(**{"request_id": request_id(form), **ids, **act.fields(form), **more})
    stub, _, method = act.rpc.partition(".")
    return await ask(request, getattr(getattr(backends(request), stub), method), message)


async def refused(request: Request, act: Act, error: CallError) -> Tried:
    """The refusal as its page shows it; raised again when a page cannot."""
    if error.status not in SHOWN:
        raise error
    form = await request.form()
    problems = problems_of(error, act.labels, f"{act.name}-")
    return tried(form, act.name, problems, error.status, next_request_id(form, error))


def post(act: Act, page: Shown, to: str) -> Handler:
    """Serves a form: does its act and goes to `to` (filled from the path), or shows its page again; also when something was looked
    up in it before it is sent (`do=find`)."""

    async def handler(request: Request) -> Response:
        typed = await request.form()
        if text(typed, "do") == "find":
            return await page(request, tried(typed, act.name, [], 200))
        try:
            await do(request, act)
        except CallError as error:
            return await page(request, await refused(request, act, error))
        return go(to.format(**request.path_params), done=act.done)

    return handler


def form(path: str, act: Act, page: Shown, to: str, needs: Any, roles: tuple[str, ...] = ()) -> Page:
    """The entry of the route table for a form without a page of its own; opening its address leads to `to`."""

    async def back(request: Request) -> Response:
        return go(to.format(**request.path_params))

    return Page(path, back, post(act, page, to), needs, roles)


def shown(page: Shown) -> Handler:
    """A page as it is opened."""

    async def handler(request: Request) -> Response:
        return await page(request, FRESH)

    return handler
