"""ItemService over gRPC: how items are written, reviewed, published and ended. Every act reads parse → load → decide → write → reply."""

from collections.abc import Callable
from functools import partial
from typing import Any

from chassis import telemetry
from chassis.acts import now
from chassis.errors import Violation, invalid
from chassis.records import Record
from chassis.rpc import Call
from services.catalog import (
    instants,
    model,
    model_life,
    model_standard,
    model_succession,
    store,
    store_directory,
    taking_over,
    views,
)
from services.catalog.api_items_desk import ItemDesk
from services.catalog.model import Item
from services.catalog.store import ROOM
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import items_pb2 as pb
from yiwang.catalog.v1.service_pb2 import Item as View
from yiwang.catalog.v1.service_pb2 import ItemDefinition


class ItemApi(ItemDesk):
    """The methods of yiwang.catalog.v1.ItemService, by name; those that write no item are in `api_items_desk`."""

    def SaveItem(self, request: pb.SaveItemRequest, call: Call) -> View:
        model_life.require_region(call.actor, request.definition.region)
        id = store.item_id(request.definition.code)
        decide = partial(self._save, id, request)
        return _shown(call, store.write(self.items, id, call.cause, decide, model_life.visible(call.actor), room=ROOM))

    def _save(self, id: str, request: pb.SaveItemRequest, item: Item | None) -> events.ItemSaved | None:
        self.require_files(request.definition)
        standard = store_directory.standard_of(self.database, request.definition)
        definition = model_standard.held(standard.entry if standard else None, request.definition)
        return model.save(item, id, definition, request.version, standard=standard.name if standard else "")

    def ReviewItem(self, request: pb.ReviewItemRequest, call: Call) -> View:
        by = call.actor.by
        return self._change(
            request, call, lambda item: model.review(item, by, request.version, request.note, self._no_duties(item))
        )

    def ReturnItem(self, request: pb.ReturnItemRequest, call: Call) -> View:
        return self._change(request, call, lambda item: model.give_back(item, request.reason))

    def PublishItem(self, request: pb.PublishItemRequest, call: Call) -> View:
        since = instants.read(request.effective_from, "effective_from", instants.START_OF_DAY)

        def decide(item: Item) -> events.ItemScheduled | events.ItemPublished:
            unknown = self._no_duties(item)
            return model.schedule(item, since, now(), unknown) if since else model.publish(item, unknown)

        return self._change(request, call, decide)

    def SuspendItem(self, request: pb.SuspendItemRequest, call: Call) -> View:
        return self._change(request, call, lambda item: model.suspend(item, request.reason), room=0)

    def ResumeItem(self, request: pb.ResumeItemRequest, call: Call) -> View:
        return self._change(request, call, model.resume)

    def WithdrawItem(self, request: pb.WithdrawItemRequest, call: Call) -> View:
        def decide(item: Item) -> events.ItemWithdrawn:
            unknown = [
                Violation(f"successors[{position}]", "SUCCESSOR_UNKNOWN", "替代事项不存在，或未发布")
                for position, id in enumerate(request.successors)
                if id == item.id or not store.is_live(self.items, id)
            ]
            if unknown:
                raise invalid(*unknown)
            return model.withdraw(item, request.reason, request.successors)

        return self._change(request, call, decide, room=0)

    def SplitItem(self, request: pb.SplitItemRequest, call: Call) -> View:
        codes = [part.code for part in request.parts]
        ids = [store.item_id(code) for code in codes]

        def decide(item: Item) -> events.ItemSplit:
            taken = store.known_codes(self.items, codes)
            return model_succession.split(item, ids, request.parts, taken, self._in_force(item, call))

        return self._change(request, call, decide)

    def MergeItems(self, request: pb.MergeItemsRequest, call: Call) -> View:
        id, visible = store.item_id(request.into.code), model_life.visible(call.actor)

        def decide(item: Item | None) -> events.ItemSaved | None:
            if item is not None:
                raise invalid(Violation("into.code", "CODE_TAKEN", f"编码 {request.into.code} 已被使用"))
            sources = [self.items.get(one, visible).state for one in request.item_ids]
            merged = model_succession.merge(sources, [self._in_force(one, call) for one in sources], request.into)
            definition, standard = taking_over.filled(self.database, merged)
            return model.save(None, id, definition, predecessors=request.item_ids, standard=standard)

        return _shown(call, store.write(self.items, id, call.cause, decide))

    def _in_force(self, item: Item, call: Call) -> ItemDefinition:
        """What was reviewed and is in force of an item: not the draft that somebody may be writing, who could review it elsewhere."""
        model.require_published(item)
        found = store.edition(self.items, self.items.get(item.id), item.life.edition)
        assert found is not None
        model_life.require_region(call.actor, found[0].definition.region)
        return found[0].definition

    def _no_duties(self, item: Item) -> list[str]:
        return store_directory.no_duties(self.database, item.definition.get("dutyCodes", ()))

    def _change(self, request: Any, call: Call, decide: Callable[[Item], Any], room: int = ROOM) -> View:
        visible = model_life.visible(call.actor)
        return _shown(call, self.items.change(request.item_id, call.cause, decide, visible, room))


def _shown(call: Call, record: Record[Item]) -> View:
    call.span.set(telemetry.RECORD, record.id)
    return views.draft(record)
