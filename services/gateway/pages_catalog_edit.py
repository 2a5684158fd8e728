"""Writing an item: section by section, with what the lint finds beside each field, and what a standard owns shut."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import editing, editing_reading
from services.gateway.acts import SHOWN, number
from services.gateway.calls import CallError, backends
from services.gateway.editing import Around, Input
from services.gateway.editing_rules import Mistyped
from services.gateway.editing_words import BOUNDED, LIGHTER, SECTIONS
from services.gateway.forms import Problem, new_request_id, next_request_id, request_id, text
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.pages_catalog import CATALOG, DESK, ITEM, LEVEL, draft, lint
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog

# As many materials are offered to be ticked at each other; more would make the page too long.
MOST_TICKED = 30
# A hundred materials with all their inputs.
FIELDS = 20_000
# What a file may be of a material.
FILES = {"blank_form": "空白表", "sample": "样表"}
Owned = Mapping[str, str]


def shut(owned: Owned, names: Sequence[str]) -> dict[str, str]:
    """The fields of these that a standard owns wholly, and in whose name."""
    return {name: owner for name in names if name not in LIGHTER and (owner := owned.get(name))}


def told(
    inputs: Sequence[Input], problems: Sequence[Problem | Mistyped] = (), found: Sequence[items.Finding] = (), owned: Owned | None = None
) -> dict[str, Any]:  # fmt: skip
    """What templates show of a form made from a contract: the inputs and, by their ids, what is wrong with them and what the lint
    found; whose they are; and which rows hold any of it, so that they stand open."""
    known, errors, beside = dict(editing.spots(inputs)), dict[str, str](), dict[str, list[items.Finding]]()
    typed = {editing.anchor(one.path): one.typed for one in problems if isinstance(one, Mistyped)}
    paths = [one.path if isinstance(one, Mistyped) else one.anchor for one in problems]
    at_inputs = [Problem(editing.placed(path, known), one.text) for path, one in zip(paths, problems, strict=True)]
    for one in at_inputs:
        errors[one.anchor] = "；".join(filter(None, (errors.get(one.anchor), one.text)))
    for finding in found:
        if at := editing.placed(finding.field, known):
            beside.setdefault(at, []).append(finding)
    marked = {at[:end] for at in {*errors, *beside} for end, sign in enumerate(at + "-") if sign == "-"}
    names = [name.path for name in inputs]
    forms = {
        "errors": errors, "beside": beside, "shut": shut(owned or {}, names), "owned": owned or {}, "level_words": LEVEL,
        "lighter": LIGHTER, "marked": marked, "typed": typed,
    }  # fmt: skip
    summary = [Problem(one.anchor, one.text, known.get(one.anchor, "")) for one in at_inputs]
    listed = [(at, known[at], one) for at in known for one in beside.get(at, [])]
    return {"inputs": inputs, "c": forms, "problems": summary, "listed": listed}


async def _around(
    request: Request, definition: catalog.ItemDefinition, section: str, owned: Owned, more: str
) -> Around:
    """What the inputs of a section are made with: its questions, what there is to pick from, what is bounded."""
    picks: dict[str, list[tuple[str, str]]] = {}
    if section == "basic" and (powers := await _powers(request, definition)):
        picks["ItemDefinition.duty_codes"] = powers
    if section == "materials" and len(definition.materials) <= MOST_TICKED:
        picks["Material.excludes"] = [(one.key, one.name) for one in definition.materials]
    return Around(definition.questions, picks, _bounded(owned), more)


def _bounded(owned: Owned) -> dict[str, Sequence[str]]:
    return {name: open for name, open in BOUNDED.items() if name in owned}


async def _powers(request: Request, definition: catalog.ItemDefinition) -> list[tuple[str, str]]:
    """The published implementations of its department, to be linked; none while they cannot be read."""
    message = directory.ListImplementationsRequest(department=definition.department.code[:18], page_size=100)
    found = await or_none(ask_public(request, backends(request).directory.ListImplementations, message))
    return [(one.definition.code, one.definition.name) for one in found.implementations] if found else []


async def _show(
    request: Request, item: catalog.Item, section: str, owned: Owned, found: Sequence[items.Finding] = (),
    problems: Sequence[Problem | Mistyped] = (), more: str = "", status: int = 200, act: str = "", unsaved: bool = False,
) -> Response:  # fmt: skip
    """The form of a section over the definition as it stands, or as it was typed and not saved."""
    title, names = SECTIONS[section]
    around = await _around(request, item.definition, section, owned, more)
    inputs = editing.inputs(item.definition, names, around=around)
    base = f"{DESK}/items/{item.id}"
    context = {
        "thing": item, "trail": [], "base": base, "action": f"{base}/edit/{section}", "section": section, "sections": SECTIONS,
        "title": title, "checks": True, "unsaved": unsaved, "more": more, "files": FILES if section == "materials" else {},
        "act": act or new_request_id(), **told(inputs, problems, found, owned),
    }  # fmt: skip
    return show(request, "catalog_edit.html", status, **context)


def _section(request: Request) -> str:
    asked = str(request.path_params["section"])
    return asked if asked in SECTIONS else "basic"


async def edit(request: Request) -> Response:
    """A section of the working definition."""
    item = await draft(request)
    seen = await lint(request, item.definition)
    return await _show(request, item, _section(request), seen.owned, seen.findings)


async def write(request: Request) -> Response:
    """Takes what was typed: to save it, to check it, or to add a row; whatever is wrong stands beside its field."""
    form, item, section = await request.form(), await draft(request), _section(request)
    owned = (await lint(request, item.definition)).owned
    names = [name for name in SECTIONS[section][1] if name not in shut(owned, [name])]
    bounded = _bounded(owned)
    if wrong := editing_reading.take(form, item.definition, names, lambda asked: Around(asked, bounded=bounded)):
        return await _show(
            request, item, section, owned, problems=wrong, status=400, act=request_id(form), unsaved=True
        )
    if (do := text(form, "do")) != "save":
        found = (await lint(request, item.definition)).findings
        more = do.removeprefix("add ") if do.startswith("add ") else ""
        return await _show(request, item, section, owned, found, more=more, act=request_id(form), unsaved=True)
    version = number(form, "version") or item.version
    message = items.SaveItemRequest(request_id=request_id(form), definition=item.definition, version=version)
    try:
        await ask(request, backends(request).catalog_items.SaveItem, message)
    except CallError as error:
        act, refused = next_request_id(form, error), problems_at(error)
        return await _show(request, item, section, owned, (), refused, status=error.status, act=act, unsaved=True)
    return go(f"{DESK}/items/{item.id}/edit/{section}", done="item-saved")


def problems_at(error: CallError) -> list[Problem]:
    """A refusal at the fields it names; raised again when a page cannot show it."""
    if error.status not in SHOWN:
        raise error
    if not error.fields:
        return [Problem("", error.message)]
    return [Problem(one.field.removeprefix("definition."), one.text or error.message) for one in error.fields]


async def upload(request: Request) -> Response:
    """Keeps a blank form or a sample, and writes it down at its material; what else was typed on the page is not touched."""
    form, item = await request.form(), await draft(request)
    owned = (await lint(request, item.definition)).owned
    file, place = form.get("file"), text(form, "as")
    material = next((one for one in item.definition.materials if one.key == text(form, "material")), None)
    try:
        if material is None or place not in FILES or file is None or isinstance(file, str) or not file.filename:
            raise Mistyped("file", "请选择材料、用途和文件")
        message = items.UploadGuideFileRequest(
            request_id=request_id(form), name=file.filename[-200:], content=await file.read()
        )
        kept = await ask(request, backends(request).catalog_items.UploadGuideFile, message)
        getattr(material, place).CopyFrom(kept)
        save = items.SaveItemRequest(
            request_id=f"{request_id(form)[:60]}.at", definition=item.definition, version=item.version
        )
        await ask(request, backends(request).catalog_items.SaveItem, save)
    except Mistyped as error:
        return await _show(request, item, "materials", owned, problems=[Problem("", error.text)], status=400)
    except CallError as error:
        return await _show(request, item, "materials", owned, problems=problems_at(error), status=error.status)
    return go(f"{DESK}/items/{item.id}/edit/materials", done="file-kept")


PAGES = (
    Page(ITEM + "/edit/{section}", edit, write, "officer", CATALOG, fields=FIELDS),
    Page(ITEM + "/files", None, upload, "officer", CATALOG),
)
