"""Finding items: the part of CatalogService that answers from this process' index."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import UNAVAILABLE, Refused
from chassis.paging import malformed
from chassis.parts import Parts
from chassis.rpc import Call
from services.catalog import settings, store, store_vocabulary
from services.catalog.search import Index, Query
from services.catalog.search_columns import Wanted
from services.catalog.search_following import Follower
from services.catalog.search_misses import Misses
from yiwang.catalog.v1 import service_pb2 as pb

PAGE, COPIES = 20, 1000
MOST_OFFSET = 100_000


class Searching:
    """SearchItems and ListCopies, and what keeps the index in step."""

    def __init__(self, parts: Parts) -> None:
        self.items = store.items(parts.database)
        self.index = Index(settings.of(parts).index_dir)
        self._follower = Follower(self.items, store_vocabulary.vocabularies(parts.database), self.index)
        self._misses = Misses(parts.database, self.index)

    def SearchItems(self, request: pb.SearchItemsRequest, call: Call) -> pb.SearchItemsResponse:
        query = Query(request.query, _wanted(request), request.facets, request.place)
        offset, size = _offset(request.page_token), request.page_size or PAGE
        with self._whole():
            found = self.index.find(query, offset, size)
            if found.missed and not offset:
                self._misses.note(request.region or request.place, request.query)
        token = str(offset + size) if found.more and offset + size <= MOST_OFFSET else ""
        return pb.SearchItemsResponse(
            hits=found.hits, next_page_token=token, total=found.total, facets=found.facets, corrected=found.corrected
        )

    def ListCopies(self, request: pb.ListCopiesRequest, call: Call) -> pb.ListCopiesResponse:
        size = request.page_size or COPIES
        with self._whole():
            copies = self.index.copies(request.page_token, size)
        token = copies[-1].item_id if len(copies) == size else ""
        return pb.ListCopiesResponse(copies=copies, next_page_token=token)

    def refresh(self) -> None:
        """Brings the index up to what the store has, and writes what was looked for in vain."""
        self._follower.step()
        self._misses.flush()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """UNAVAILABLE while the index cannot be read."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                self._follower.replace()
            raise Refused(UNAVAILABLE, "INDEX_AWAY", "搜索正在恢复，请稍后重试") from error


def _wanted(request: pb.SearchItemsRequest) -> Wanted:
    return Wanted(
        region=request.region,
        department=request.department,
        type_code=request.type_code,
        topic=request.topic,
        service_object=request.service_object,
        exercise_level=request.exercise_level,
        handling_form=str(request.handling_form) if request.handling_form else "",
        traits=tuple(str(trait) for trait in request.traits),
    )


def _offset(token: str) -> int:
    if not token:
        return 0
    if token.isascii() and token.isdecimal() and len(token) < 9 and int(token) <= MOST_OFFSET:
        return int(token)
    raise malformed()
