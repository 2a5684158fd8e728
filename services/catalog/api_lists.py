"""ListService over gRPC."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from chassis import paging
from chassis.acts import now
from chassis.errors import Violation, invalid, not_found
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import instants, lists, model_life, settings, store_lists
from services.catalog.duties import Duties
from services.catalog.list_reading import Place
from services.catalog.lists import Lists
from services.catalog.model_publications import Fixed
from services.catalog.search import Index
from standards import depths
from yiwang.catalog.v1 import lists_pb2 as pb

PAGE: Final = 100
# A publication is stamped before it is written. After so long whatever was stamped before an instant is in the store.
SETTLING_SECONDS: Final = 1.0
_MILLISECOND: Final = 1000


class ListApi:
    """The methods of yiwang.catalog.v1.ListService, by name. `refresh` brings the index up to what the store has."""

    def __init__(self, parts: Parts, index: Index, refresh: Callable[[], None]) -> None:
        path = settings.of(parts).depths_file
        table = depths.read(Path(path)) if path else depths.USUAL
        self.duties = Duties(parts.database)
        self.lists = Lists(index.reading, self.duties, table)
        self.publications = store_lists.publications(parts.database)
        self.refresh = refresh

    def GetRates(self, request: pb.GetRatesRequest, call: Call) -> pb.GetRatesResponse:
        at = _instant(request.as_of)
        rates, items = self.lists.rates(Place(request.region, request.department, at))
        for rate in rates:
            if rate.kind in request.targets:
                rate.target = request.targets[rate.kind]
                rate.reached = rate.HasField("value") and rate.value >= rate.target
        return pb.GetRatesResponse(rates=rates, as_of=instants.told(at), items=items)

    def ListRateItems(self, request: pb.ListRateItemsRequest, call: Call) -> pb.ListRateItemsResponse:
        at, after = _start(request.page_token, request.as_of)
        size = request.page_size or PAGE
        place = Place(request.region, request.department, at)
        page = self.lists.behind(place, request.kind, request.part, after, size)
        token = _token(at, page.lines, size)
        return pb.ListRateItemsResponse(lines=page.lines, next_page_token=token, total=page.total)

    def GetList(self, request: pb.GetListRequest, call: Call) -> pb.GetListResponse:
        publication, region = None, request.region
        at, after = _start(request.page_token, request.as_of)
        if request.number:
            if request.as_of:
                raise invalid(Violation("as_of", "NOT_WITH_NUMBER", "发布号与日期只能选一个"))
            found = store_lists.numbered(self.publications, request.kind, region, request.number)
            if found is None:
                raise not_found()
            publication, at, region = _publication(found.id, found.state), found.state.as_of, found.state.region
        size = request.page_size or PAGE
        page = self.lists.lines(Place(region, request.department, at), request.kind, after, size)
        return pb.GetListResponse(
            lines=page.lines,
            next_page_token=_token(at, page.lines, size),
            total=page.total,
            as_of=instants.told(at),
            publication=publication,
        )

    def PublishList(self, request: pb.PublishListRequest, call: Call) -> pb.Publication:
        model_life.require_region(call.actor, request.region, "region")
        at = now()
        time.sleep(SETTLING_SECONDS)
        self.refresh()
        self.duties.refresh(now_at_once=True)
        page = self.lists.lines(Place(request.region, "", at), request.kind)
        content = pb.Publication(
            kind=request.kind,
            region=request.region,
            as_of=instants.told(at),
            count=page.total,
            digest=lists.digest(page.lines),
            note=request.note,
        )
        record = store_lists.publish(self.publications, call.cause, content)
        return _publication(record.id, record.state)

    def ListPublications(self, request: pb.ListPublicationsRequest, call: Call) -> pb.ListPublicationsResponse:
        match = store_lists.matching(request.kind, request.region)
        rows, token = paging.newest(
            self.publications, match, "published_at", request.page_token, request.page_size or PAGE
        )
        return pb.ListPublicationsResponse(
            publications=[_publication(row.id, row.state) for row in rows], next_page_token=token
        )

    def GetReductions(self, request: pb.GetReductionsRequest, call: Call) -> pb.GetReductionsResponse:
        at = _instant(request.as_of)
        found = self.lists.reductions(Place(request.region, "", at))
        return pb.GetReductionsResponse(reductions=found, as_of=instants.told(at))


def _publication(id: str, fixed: Fixed) -> pb.Publication:
    return pb.Publication(
        id=id,
        kind=fixed.kind,  # type: ignore[arg-type]
        region=fixed.region,
        number=fixed.number,
        as_of=instants.told(fixed.as_of),
        count=fixed.count,
        digest=fixed.digest,
        note=fixed.note,
    )


def _instant(as_of: str) -> datetime:
    """The instant asked for. Nothing is true of one to come: today's date is now."""
    asked, instant = instants.read(as_of, "as_of"), now()
    return min(asked, instant) if asked else instant


def _start(token: str, as_of: str) -> tuple[datetime, str]:
    """The instant of a listing and the code it goes on after: all pages of one listing are of one instant, that of the first."""
    if not token:
        return _instant(as_of), ""
    told, separator, after = token.partition("-")
    if not (separator and told.isascii() and told.isdecimal() and len(told) < 15):
        raise paging.malformed()
    return datetime.fromtimestamp(int(told) / _MILLISECOND, UTC), after


def _token(at: datetime, page: list[pb.ListLine], size: int) -> str:
    return f"{round(at.timestamp() * _MILLISECOND)}-{page[-1].code}" if len(page) == size else ""
