"""A new item: its code, or the next free one of its implementation, and what it begins with."""

from collections.abc import Sequence
from typing import Any

from grpc import StatusCode
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import editing, editing_reading
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.editing_rules import Mistyped
from services.gateway.forms import Problem, new_request_id, next_request_id, request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_catalog import CATALOG, DESK
from services.gateway.pages_catalog_edit import problems_at, told
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.catalog.v1 import items_pb2 as items
from yiwang.catalog.v1 import service_pb2 as catalog

NEW = ("code", "name", "type_code", "department", "region", "implementation_code")


async def new(request: Request) -> Response:
    """The form of an item that is not there yet."""
    session = session_of(request)
    definition = catalog.ItemDefinition(region=session.region)
    definition.department.code, definition.department.name = session.department, session.department_name
    return _show(request, definition)


def _show(
    request: Request,
    definition: catalog.ItemDefinition,
    problems: Sequence[Problem | Mistyped] = (),
    status: int = 200,
    act: str = "",
) -> Response:
    context = told(editing.inputs(definition, NEW), problems)
    return show(request, "catalog_new.html", status, act=act or new_request_id(), action=DESK + "/new", **context)


async def begin(request: Request) -> Response:
    """Makes the draft, or proposes a code for it, and goes on with its sections."""
    form = await request.form()
    definition = catalog.ItemDefinition()
    if wrong := editing_reading.read(form, definition, NEW):
        return _show(request, definition, wrong, 400, request_id(form))
    try:
        if text(form, "do") == "propose":
            return _show(request, await _proposed(request, definition), act=request_id(form))
        saved = await _begun(request, form, definition)
    except CallError as error:
        return _show(request, definition, problems_at(error), error.status, next_request_id(form, error))
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


PAGES = (Page(DESK + "/new", new, begin, "officer", CATALOG),)
