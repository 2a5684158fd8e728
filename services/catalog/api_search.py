"""Finding items: the part of CatalogService that answers from this process' index."""

from datetime import UTC, datetime, timedelta

from chassis import telemetry
from chassis.acts import now
from chassis.errors import Violation, invalid
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import search, store
from yiwang.catalog.v1 import service_pb2 as pb

PAGE = 20
MOST_OFFSET = 100_000
# A publication is stamped before it is written, and clocks differ: each poll looks back a little, one a minute further.
OVERLAP, SWEEP, SWEEP_BACK = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10)


class Searching:
    """SearchItems and ListCopies, and the poll that keeps the index in step."""

    def __init__(self, parts: Parts) -> None:
        self.items = store.items(parts.database)
        self.index = search.Index()
        self._since = self._swept = datetime(2000, 1, 1, tzinfo=UTC)

    def SearchItems(self, request: pb.SearchItemsRequest, call: Call) -> pb.SearchItemsResponse:
        query = search.Query(request.query, request.region, request.department, request.type_code, request.topic)
        offset, size = _offset(request.page_token), request.page_size or PAGE
        found = self.index.find(query, offset, size)
        token = str(offset + size) if found.more and offset + size <= MOST_OFFSET else ""
        return pb.SearchItemsResponse(hits=found.hits, next_page_token=token, total=found.total)

    def ListCopies(self, request: pb.ListCopiesRequest, call: Call) -> pb.ListCopiesResponse:
        return pb.ListCopiesResponse()

    def refresh(self) -> None:
        """Brings the index up to what was published and suspended since the last call; the first call reads everything."""
        instant = now()
        sweep = instant - self._swept > SWEEP
        since = self._since - (SWEEP_BACK if sweep else OVERLAP)
        known = self.index.version if len(self.index) else None
        changed = self.index.keep(store.listed_since(self.items, since, known))
        self._since, self._swept = instant, instant if sweep else self._swept
        if changed:
            telemetry.log("search").info("index_refreshed", changed=changed, items=len(self.index))


def _offset(token: str) -> int:
    if not token:
        return 0
    if token.isascii() and token.isdecimal() and len(token) < 9 and int(token) <= MOST_OFFSET:
        return int(token)
    raise invalid(Violation("page_token", "MALFORMED", "分页标识无效"))
