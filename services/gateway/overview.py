"""What stands above the single items: how many there are by topic, department and trait. Counting costs, so answers are shared
by the visitors of the same two seconds; what is published is seen by everyone within five."""

import asyncio
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from starlette.requests import Request

from services.gateway.calls import CallError, backends, call
from services.gateway.searching import value_of
from yiwang.catalog.v1 import service_pb2 as catalog

T = TypeVar("T")

SECONDS = 2.0
MOST_KEPT = 64
# A facet tells so many values at most.
MOST_VALUES = 50
# Whose topics are whose, in the words of GB/T 39046 and in those of older guides.
PERSONS, LEGAL = ("自然人", "个人"), ("法人", "企业", "企业法人", "事业法人", "社会组织法人", "非法人企业", "其他组织")


@dataclass(frozen=True)
class Counted:
    """One value and how many items have it."""

    value: str
    text: str
    count: int


@dataclass
class Overview:
    """Searches of the last seconds, each asked once however many visitors wait for it."""

    _kept: dict[bytes, tuple[float, asyncio.Task[catalog.SearchItemsResponse]]] = field(default_factory=dict)

    async def search(self, request: Request, message: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
        """The answer of catalog, at most SECONDS old; CallError when it does not answer (which is not kept)."""
        key, now = message.SerializeToString(deterministic=True), time.monotonic()
        until, task = self._kept.get(key, (0.0, None))
        if task is None or until < now or (task.done() and (task.cancelled() or task.exception())):
            rpc, trace = backends(request).catalog.SearchItems, request.state.traceparent
            task = asyncio.create_task(call(rpc, message, traceparent=trace))
            self._kept = {one: kept for one, kept in self._kept.items() if kept[0] >= now}
            if len(self._kept) < MOST_KEPT:
                self._kept[key] = (now + SECONDS, task)
        return await asyncio.shield(task)


def overview(request: Request) -> Overview:
    """The overview of this process."""
    return cast(Overview, request.app.state.overview)


async def counted(request: Request, **filters: str) -> catalog.SearchItemsResponse:
    """The facets under some filters; the hits are of no use."""
    message = catalog.SearchItemsRequest(page_size=1, facets=True, **filters)  # type: ignore[arg-type]
    return await overview(request).search(request, message)


def values(found: catalog.SearchItemsResponse, kind: int) -> list[Counted]:
    """The values of one facet, most first."""
    told = [value for facet in found.facets if facet.kind == kind for value in facet.values]
    spelled = [(value_of(kind, one.value), one) for one in told]
    return [Counted(name, one.label or one.value, one.count) for name, one in spelled if name and one.count]


async def topics_of(request: Request, objects: Iterable[str]) -> list[Counted]:
    """The topics of items for any of these service objects; an item for several of them counts once for each topic's largest."""
    known = values(await counted(request), catalog.FACET_KIND_SERVICE_OBJECT)
    asked = [one.value for one in known if one.value in tuple(objects)]
    found = await asyncio.gather(*(counted(request, service_object=one) for one in asked))
    most: dict[str, Counted] = {}
    for one in found:
        for topic in values(one, catalog.FACET_KIND_TOPIC):
            before = most.get(topic.value)
            if before is None or before.count < topic.count:
                most[topic.value] = topic
    return sorted(most.values(), key=lambda one: (-one.count, one.value))


async def departments_of(request: Request) -> list[Counted]:
    """All departments with items. A facet tells the largest ones only: where it is full, each type is asked for its own."""
    whole = await counted(request)
    found = {one.value: one for one in values(whole, catalog.FACET_KIND_DEPARTMENT)}
    if len(found) >= MOST_VALUES:
        types = [one.value for one in values(whole, catalog.FACET_KIND_TYPE)]
        for part in await asyncio.gather(*(counted(request, type_code=one) for one in types)):
            for one in values(part, catalog.FACET_KIND_DEPARTMENT):
                found.setdefault(one.value, one)
    return list(found.values())


async def or_none(answer: Awaitable[T]) -> T | None:
    """What a call answers; None while it does not, for parts a page can do without."""
    try:
        return await answer
    except CallError:
        return None
