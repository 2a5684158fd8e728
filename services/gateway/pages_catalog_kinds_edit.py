"""Writing entries of the basic directory, implementations and themes: section by section, like items."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import Message
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import editing, editing_reading, editing_words
from services.gateway.acts import number
from services.gateway.calls import CallError
from services.gateway.editing import Around
from services.gateway.editing_rules import Mistyped, Questions
from services.gateway.editing_words import SECTIONS
from services.gateway.forms import Problem, new_request_id, next_request_id, request_id, text
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_catalog import CATALOG
from services.gateway.pages_catalog_edit import FIELDS, MOST_TICKED, problems_at, told
from services.gateway.pages_catalog_kinds import KINDS, OWN, Kind, message, read, rpc, thing_of
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.catalog.v1 import themes_pb2 as themes

# What may be standard, to be opened for counties.
STANDARD = [(name, editing_words.LABEL[name]) for _, fields in SECTIONS.values() for name in fields if name not in OWN]


def _target(kind: Kind, definition: Any, section: str) -> tuple[Any, str]:
    """The message a section is of, and the beginning of its paths."""
    return (definition.standard, "standard.") if section.startswith("standard.") else (definition, "")


def _section(kind: Kind, request: Request) -> str:
    asked = str(request.path_params["section"])
    return asked if asked in kind.sections else next(iter(kind.sections))


def _around(answer: Any, definition: Any, target: Any, more: str = "") -> Around:
    """What the inputs are made with: the questions rules may ask, what there is to pick from."""
    picks: dict[str, list[tuple[str, str]]] = {"EntryDefinition.open_fields": STANDARD}
    if isinstance(definition, themes.ThemeDefinition):
        picks["ThemeItem.after"] = [(one.key, one.name) for one in definition.items if one.key]
    if len(materials := getattr(target, "materials", ())) <= MOST_TICKED:
        picks["Material.excludes"] = [(one.key, one.name) for one in materials]
    return Around(_questions(answer, getattr(target, "questions", ())), picks, more=more)


def _questions(answer: Any, own: Questions) -> Questions:
    """The questions of what is edited; of a theme also those of its items."""
    if not isinstance(answer, themes.ThemeGuide):
        return own
    asked = {one.key for one in own}
    return [*own, *(one for one in answer.questions if one.key not in asked)]


def _form(
    request: Request, kind: Kind, answer: Any, section: str, problems: Sequence[Problem | Mistyped] = (), more: str = "",
    status: int = 200, act: str = "", unsaved: bool = False,
) -> Response:  # fmt: skip
    (title, fields), thing = kind.sections[section], thing_of(answer)
    target, prefix = _target(kind, thing.definition, section)
    inputs = editing.inputs(target, fields, prefix, _around(answer, thing.definition, target, more))
    base = f"{kind.at}/{thing.id}"
    context = {
        "thing": thing, "trail": [(kind.at, kind.title)], "base": base, "action": f"{base}/edit/{section}", "section": section,
        "sections": kind.sections, "title": title, "checks": False, "unsaved": unsaved, "more": more, "files": {},
        "act": act or new_request_id(), **told(inputs, problems),
    }  # fmt: skip
    return show(request, "catalog_edit.html", status, **context)


def edit(kind: Kind) -> Handler:
    """A section of the working definition."""

    async def handler(request: Request) -> Response:
        return _form(request, kind, await read(request, kind), _section(kind, request))

    return handler


def write(kind: Kind) -> Handler:
    """Takes what was typed: to save it or to add a row."""

    async def handler(request: Request) -> Response:
        typed, answer, section = await request.form(), await read(request, kind), _section(kind, request)
        thing, fields = thing_of(answer), kind.sections[section][1]
        target, prefix = _target(kind, thing.definition, section)
        if wrong := editing_reading.take(typed, target, fields, lambda own: Around(_questions(answer, own)), prefix):
            act = request_id(typed)
            return _form(request, kind, answer, section, wrong, status=400, act=act, unsaved=True)
        if (do := text(typed, "do")) != "save":
            more = do.removeprefix("add ")
            return _form(request, kind, answer, section, more=more, act=request_id(typed), unsaved=True)
        version = number(typed, "version") or thing.version
        try:
            await _save(request, kind, typed, thing.definition, version)
        except CallError as error:
            act, refused = next_request_id(typed, error), problems_at(error)
            return _form(request, kind, answer, section, refused, status=error.status, act=act, unsaved=True)
        return go(f"{kind.at}/{thing.id}/edit/{section}", done="item-saved")

    return handler


async def _save(request: Request, kind: Kind, typed: FormData, definition: Message, version: int) -> Any:
    wanted = message(kind, "Save*Request")(request_id=request_id(typed), definition=definition, version=version)
    return await ask(request, rpc(request, kind, f"Save{kind.noun}"), wanted)


def new(kind: Kind) -> Handler:
    """The form of one that is not there yet."""

    async def handler(request: Request) -> Response:
        return _form_new(request, kind, message(kind, "*Definition")(region=session_of(request).region))

    return handler


def _form_new(
    request: Request,
    kind: Kind,
    definition: Message,
    problems: Sequence[Problem | Mistyped] = (),
    more: str = "",
    status: int = 200,
    act: str = "",
) -> Response:
    inputs = editing.inputs(definition, kind.first, around=_around(None, definition, definition, more))
    context = {"kind": kind, "act": act or new_request_id(), "action": kind.at + "/new", **told(inputs, problems)}
    return show(request, "catalog_kind_new.html", status, **context)


def begin(kind: Kind) -> Handler:
    """Makes it as a draft, and goes on with its sections."""

    async def handler(request: Request) -> Response:
        typed, definition = await request.form(), message(kind, "*Definition")()
        if wrong := editing_reading.read(typed, definition, kind.first):
            return _form_new(request, kind, definition, wrong, status=400, act=request_id(typed))
        if (do := text(typed, "do")) != "save":
            return _form_new(request, kind, definition, more=do.removeprefix("add "), act=request_id(typed))
        try:
            saved = await _save(request, kind, typed, definition, 0)
        except CallError as error:
            act = next_request_id(typed, error)
            return _form_new(request, kind, definition, problems_at(error), status=error.status, act=act)
        return go(f"{kind.at}/{thing_of(saved).id}", done="item-saved")

    return handler


PAGES = tuple(
    page
    for kind in KINDS
    for page in (
        Page(kind.at + "/new", new(kind), begin(kind), "officer", CATALOG, fields=FIELDS),
        Page(kind.at + "/{id:uuid}/edit/{section}", edit(kind), write(kind), "officer", CATALOG, fields=FIELDS),
    )
)
