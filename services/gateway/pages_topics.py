"""Ways to items beside the search: topics, departments, and the directory (基本目录 → 实施清单 → 事项 → 情形)."""

import asyncio
from typing import Any

from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import CallError, backends
from services.gateway.overview import LEGAL, PERSONS, departments_of, or_none, topics_of
from services.gateway.pages import Page
from services.gateway.pages_public import find, listing
from services.gateway.render import show
from services.gateway.searching import search_of
from services.gateway.session import ask_public
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as catalog

PAGE_SIZE = 50
# Items of an implementation whose questions are looked at.
SHOWN_ITEMS = 20
# A main item and its sub-items share so much of their code (C.1.2).
SHARED = 9
AUDIENCE = {"person": ("个人办事", PERSONS), "legal": ("企业办事", LEGAL)}


async def topics(request: Request) -> Response:
    """All topics, of natural and of legal persons."""
    found = await asyncio.gather(*(topics_of(request, objects) for _, objects in AUDIENCE.values()))
    sections = [(key, title, some) for (key, (title, _)), some in zip(AUDIENCE.items(), found, strict=True)]
    return show(request, "topics.html", sections=sections)


async def topic(request: Request) -> Response:
    """The items of one topic."""
    name = str(request.path_params["topic"])[:50]  # some have a slash in them
    return await _items(request, "topic.html", "topic", name, title=name)


async def departments(request: Request) -> Response:
    """All departments."""
    return show(request, "departments.html", departments=await departments_of(request))


async def department(request: Request) -> Response:
    """The items of one department, and the powers it exercises."""
    code = str(request.path_params["code"])[:18]
    message = directory.ListImplementationsRequest(department=code, page_size=1)
    powers = await or_none(ask_public(request, backends(request).directory.ListImplementations, message))
    listed = bool(powers and powers.implementations)
    return await _items(request, "department.html", "department", code, listed=listed, code=code)


async def _items(request: Request, template: str, name: str, value: str, **context: Any) -> Response:
    """A page of items with one value fixed; 404 when nothing has it."""
    asked = search_of(request, request.url.path, **{name: value})
    found = await find(request, asked)
    if not found.hits and not (asked.narrowed or asked.q or asked.page):
        raise CallError(StatusCode.NOT_FOUND, "NOTHING_THERE", "没有找到相应的内容")
    return show(request, template, **listing(request, asked, found), **context)


async def entries(request: Request) -> Response:
    """The basic directory: its main items, by type or found by name or code."""
    asked = request.query_params
    kind = asked.get("type", "") if asked.get("type", "").isdecimal() and len(asked.get("type", "")) == 2 else ""
    typed, page = asked.get("q", "").strip()[:100], asked.get("page", "")[:200]
    message = directory.ListEntriesRequest(type_code=kind, query=typed, page_size=PAGE_SIZE, page_token=page)
    found = await ask_public(request, backends(request).directory.ListEntries, message)
    return show(request, "directory.html", found=found, kind=kind, typed=typed, page=page)


async def entry(request: Request) -> Response:
    """One entry: its standard, its sub-items, and who exercises it."""
    stub = backends(request).directory
    message = directory.GetEntryRequest(id=str(request.path_params["id"]))
    one = await ask_public(request, stub.GetEntry, message)
    code = one.definition.code
    below = directory.ListEntriesRequest(parent_code=code, page_size=100)
    exercised = directory.ListImplementationsRequest(base_code=code, page_size=100)
    parts, implementations, above = await asyncio.gather(
        ask_public(request, stub.ListEntries, below),
        ask_public(request, stub.ListImplementations, exercised),
        or_none(_entry(request, one.definition.parent_code)),
    )
    context: dict[str, Any] = {
        "parts": parts.entries,
        "implementations": implementations.implementations,
        "above": above,
    }
    return show(request, "directory_entry.html", entry=one, d=one.definition, **context)


async def implementation(request: Request) -> Response:
    """One implementation: power, laws and duties, and the items below it with their scenario questions."""
    message = directory.GetImplementationRequest(id=str(request.path_params["id"]))
    one = await ask_public(request, backends(request).directory.GetImplementation, message)
    items, above = await asyncio.gather(
        _items_below(request, one.definition), or_none(_entry(request, one.definition.base_code))
    )
    context: dict[str, Any] = {"items": items or [], "away": items is None, "above": above}
    return show(request, "directory_implementation.html", implementation=one, d=one.definition, **context)


async def _items_below(request: Request, definition: directory.ImplementationDefinition) -> list[catalog.Item] | None:
    """The handling items that name it or whose code goes on from its code; None while catalog cannot tell."""
    message = directory.ListImplementationItemsRequest(implementation_code=definition.code, page_size=SHOWN_ITEMS)
    try:
        listed = await ask_public(request, backends(request).directory.ListImplementationItems, message)
        stub = backends(request).catalog
        found = (ask_public(request, stub.GetItem, catalog.GetItemRequest(item_id=hit.id)) for hit in listed.items)
        return list(await asyncio.gather(*found))
    except CallError:
        return None


async def _entry(request: Request, code: str) -> directory.Entry | None:
    """The published entry with this code; sub-items are listed below their main item, whose code begins as theirs does."""
    if not code:
        return None
    rpc = backends(request).directory.ListEntries
    found = await ask_public(request, rpc, directory.ListEntriesRequest(query=code[:SHARED], page_size=20))
    for one in found.entries:
        if one.definition.code == code:
            return one
    below = [directory.ListEntriesRequest(parent_code=one.definition.code, page_size=100) for one in found.entries]
    parts = await asyncio.gather(*(ask_public(request, rpc, message) for message in below))
    return next((one for part in parts for one in part.entries if one.definition.code == code), None)


PAGES = (
    Page("/topics", topics),
    Page("/topics/{topic:path}", topic),
    Page("/departments", departments),
    Page("/departments/{code}", department),
    Page("/directory", entries),
    Page("/directory/{id:uuid}", entry),
    Page("/directory/implementations/{id:uuid}", implementation),
)
