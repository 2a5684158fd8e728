"""Writing an item: section by section, with what the lint finds beside each field, and what a standard owns shut."""

from collections.abc import Mapping, Sequence
from typing import Any

from grpc import StatusCode
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import editing
from services.gateway.acts import SHOWN
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.editing import Mistyped, anchor
from services.gateway.editing_words import SECTIONS
from services.gateway.forms import Problem, new_request_id, next_request_id, request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_catalog import CATALOG, DESK, ITEM, LEVEL, lint
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog

# Owned, and yet to be made lighter: shorter, fewer, less necessary.
LIGHTER = frozenset({"materials", "steps", "promised_limit", "visits", "special_procedures"})
NEW = ("code", "name", "type_code", "department", "region", "implementation_code")


def _shut(owned: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The fields of these that a standard owns, and in whose name."""
    return {name: owner for name in names if name not in LIGHTER and (owner := owned.get(name))}


async def _show(
    request: Request, item: catalog.Item, section: str, problems: Sequence[Problem] = (), more: str = "",
    status: int = 200, act: str = "",
) -> Response:  # fmt: skip
    """The form of a section over the definition as it stands or was typed."""
    title, names = SECTIONS[section]
    # A definition that cannot be read by the service is not linted either: its refusal stands beside the fields already.
    findings = items.LintDefinitionResponse() if problems else await lint(request, item.definition)
    beside: dict[str, list[items.Finding]] = {}
    for one in findings.findings:
        beside.setdefault(anchor(one.field), []).append(one)
    context = {
        "item": item, "section": section, "sections": SECTIONS, "title": title, "beside": beside, "shut": _shut(findings.owned, names),
        "owned": findings.owned, "inputs": editing.inputs(item.definition, names, more=more), "level_words": LEVEL,
        "errors": {one.anchor: one.text for one in problems}, "act": act or new_request_id(), "more": more,
    }  # fmt: skip
    return show(request, "catalog_edit.html", status, problems=problems, **context)


async def _item(request: Request) -> catalog.Item:
    message = items.GetItemDraftRequest(item_id=str(request.path_params["item_id"]))
    return await ask(request, backends(request).catalog_items.GetItemDraft, message)


def _section(request: Request) -> str:
    asked = str(request.path_params["section"])
    return asked if asked in SECTIONS else "basic"


async def edit(request: Request) -> Response:
    """A section of the working definition."""
    return await _show(request, await _item(request), _section(request))


async def write(request: Request) -> Response:
    """Takes what was typed: to save it, to check it, or to add a row; whatever is wrong stands beside its field."""
    form, item, section = await request.form(), await _item(request), _section(request)
    names = SECTIONS[section][1]
    shut = _shut((await lint(request, item.definition)).owned, names)
    try:
        editing.read(form, item.definition, [name for name in names if name not in shut])
    except Mistyped as error:
        return await _show(request, item, section, [Problem(anchor(error.path), error.text)], status=400)
    do = text(form, "do")
    if do != "save":
        return await _show(request, item, section, more=do.removeprefix("add "), act=request_id(form))
    version = int(text(form, "version")) if text(form, "version").isdecimal() else item.version
    message = items.SaveItemRequest(request_id=request_id(form), definition=item.definition, version=version)
    try:
        await ask(request, backends(request).catalog_items.SaveItem, message)
    except CallError as error:
        problems = problems_at(error)
        return await _show(request, item, section, problems, status=error.status, act=next_request_id(form, error))
    return go(f"{DESK}/items/{item.id}/edit/{section}", done="item-saved")


def problems_at(error: CallError) -> list[Problem]:
    """A refusal at the fields it names; raised again when a page cannot show it."""
    if error.status not in SHOWN:
        raise error
    if not error.fields:
        return [Problem("", error.message)]
    return [Problem(anchor(one.field.removeprefix("definition.")), one.text or error.message) for one in error.fields]


async def new(request: Request) -> Response:
    """The form of an item that is not there yet."""
    session = session_of(request)
    definition = catalog.ItemDefinition(region=session.region)
    definition.department.code, definition.department.name = session.department, session.department_name
    return await _show_new(request, definition)


async def _show_new(
    request: Request,
    definition: catalog.ItemDefinition,
    problems: Sequence[Problem] = (),
    status: int = 200,
    act: str = "",
) -> Response:
    context = {
        "inputs": editing.inputs(definition, NEW), "errors": {one.anchor: one.text for one in problems},
        "act": act or new_request_id(), "beside": {}, "shut": {}, "owned": {}, "level_words": LEVEL,
    }  # fmt: skip
    return show(request, "catalog_new.html", status, problems=problems, **context)


async def begin(request: Request) -> Response:
    """Makes the draft, or proposes a code for it, and goes on with its sections."""
    form = await request.form()
    definition = catalog.ItemDefinition()
    try:
        editing.read(form, definition, NEW)
        if text(form, "do") == "propose":
            return await _show_new(request, await _proposed(request, definition), act=request_id(form))
        saved = await _begun(request, form, definition)
    except Mistyped as error:
        return await _show_new(request, definition, [Problem(anchor(error.path), error.text)], 400)
    except CallError as error:
        return await _show_new(request, definition, problems_at(error), error.status, next_request_id(form, error))
    return go(f"{DESK}/items/{saved.id}/edit/basic", done="item-saved")


async def _proposed(request: Request, definition: catalog.ItemDefinition) -> catalog.ItemDefinition:
    message = items.ProposeCodeRequest(implementation_code=definition.implementation_code)
    definition.code = (await ask(request, backends(request).catalog_items.ProposeCode, message)).code
    return definition


async def _begun(request: Request, form: FormData, definition: catalog.ItemDefinition) -> catalog.Item:
    # Each code is one item for ever: somebody who types a known one would write over it.
    found = await ask(
        request,
        backends(request).catalog_items.ListDrafts,
        items.ListDraftsRequest(query=definition.code[:100], page_size=1),
    )
    if definition.code and any(line.code == definition.code for line in found.lines):
        raise _taken()
    message: Any = items.SaveItemRequest(request_id=request_id(form), definition=definition)
    return await ask(request, backends(request).catalog_items.SaveItem, message)


def _taken() -> CallError:
    told = "该编码已有事项，请在列表中打开它修改"
    return CallError(StatusCode.INVALID_ARGUMENT, "CODE_TAKEN", told, [FieldError("definition.code", told)])


async def upload(request: Request) -> Response:
    """Keeps a blank form or a sample, and shows the id to write beside the material."""
    form = await request.form()
    file = form.get("file")
    content = await file.read() if file is not None and not isinstance(file, str) else b""
    name = (file.filename or "file") if file is not None and not isinstance(file, str) else ""
    message = items.UploadGuideFileRequest(request_id=request_id(form), name=name[-200:] or "file", content=content)
    item = await _item(request)
    try:
        kept = await ask(request, backends(request).catalog_items.UploadGuideFile, message)
    except CallError as error:
        told = "；".join(one.text for one in error.fields) or error.message
        return await _show(request, item, "materials", [Problem("file", told)], status=error.status)
    return show(request, "catalog_file.html", item=item, kept=kept)


PAGES = (
    Page(DESK + "/new", new, begin, "officer", CATALOG),
    Page(ITEM + "/edit/{section}", edit, write, "officer", CATALOG),
    Page(ITEM + "/files", None, upload, "officer", CATALOG),
)
