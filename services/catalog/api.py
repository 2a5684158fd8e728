"""CatalogService over gRPC. Every act reads parse → load → decide → write → reply; everything around it is chassis.rpc."""

from datetime import UTC, datetime, timedelta

from chassis import telemetry
from chassis.acts import now
from chassis.errors import Violation, invalid, not_found
from chassis.parts import Api, Parts
from chassis.records import Record
from chassis.rpc import Call
from services.catalog import model, search, store
from services.catalog.model import Item
from yiwang.catalog.v1 import service_pb2 as pb

PAGE = 20
MOST_OFFSET = 100_000
# A publication is stamped before it is written, and clocks differ: each poll looks back a little, one a minute further.
OVERLAP, SWEEP, SWEEP_BACK = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10)


class CatalogApi:
    """The methods of yiwang.catalog.v1.CatalogService, by name."""

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

    def GetItem(self, request: pb.GetItemRequest, call: Call) -> pb.Item:
        return self._edition(self.items.get(request.item_id, model.published()), request.edition)

    def GetItemDraft(self, request: pb.GetItemDraftRequest, call: Call) -> pb.Item:
        return self._draft(self.items.get(request.item_id, model.visible(call.actor)), call)

    def SaveItem(self, request: pb.SaveItemRequest, call: Call) -> pb.Item:
        definition, id = request.definition, store.item_id(request.definition.code)
        model.require_region(call.actor, definition)
        visible = model.visible(call.actor)
        record = store.write(self.items, id, call.cause, lambda item: model.save(item, id, definition), visible)
        return self._draft(record, call)

    def PublishItem(self, request: pb.PublishItemRequest, call: Call) -> pb.Item:
        record = self.items.change(request.item_id, call.cause, model.publish, model.visible(call.actor))
        return self._edition(record, 0)

    def SuspendItem(self, request: pb.SuspendItemRequest, call: Call) -> pb.Item:
        visible = model.visible(call.actor)
        record = self.items.change(
            request.item_id, call.cause, lambda item: model.suspend(item, request.reason), visible
        )
        return self._edition(record, 0)

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

    def _edition(self, record: Record[Item], number: int) -> pb.Item:
        """An edition of the item; 0 = the newest."""
        found = store.edition(self.items, record, number or record.state.edition)
        if found is None:
            raise not_found()
        event, at = found
        view = _view(record)
        view.edition = event.edition
        view.definition.CopyFrom(event.definition)
        view.published_at = _time(at)
        return view

    def _draft(self, record: Record[Item], call: Call) -> pb.Item:
        """The working definition; its edition is the newest one's, which it may differ from."""
        call.span.set(telemetry.RECORD, record.id)
        view = _view(record)
        view.edition = record.state.edition
        view.definition.CopyFrom(model.definition_of(record.state.definition))
        view.published_at = _time(record.state.published_at)
        return view


def _view(record: Record[Item]) -> pb.Item:
    item = record.state
    return pb.Item(
        id=record.id,
        version=record.version,
        status=item.status,  # type: ignore[arg-type]
        latest_edition=item.edition,
    )


def _offset(token: str) -> int:
    if not token:
        return 0
    if token.isascii() and token.isdecimal() and len(token) < 9 and int(token) <= MOST_OFFSET:
        return int(token)
    raise invalid(Violation("page_token", "MALFORMED", "分页标识无效"))


def _time(instant: datetime | None) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""


def build(parts: Parts) -> Api:
    """The api of catalog, from its parts."""
    api = CatalogApi(parts)
    return Api({"CatalogService": api}, polls=[api.refresh])
