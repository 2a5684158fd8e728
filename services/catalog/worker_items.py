"""What catalog does about items when it hears something, and by the clock: parts are opened, predecessors retired, days come."""

from functools import partial

from chassis import store as chassis_store
from chassis.acts import Cause, now
from chassis.errors import NOT_FOUND, NotYet, Refused
from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.telemetry import log
from services.catalog import model, model_succession, store, taking_over
from services.catalog.model_life import PUBLISHED
from yiwang.catalog.v1.events_pb2 import ItemPublished, ItemSplit


class HearsItems:
    """Handlers and timers."""

    parts: Parts

    @on(ItemSplit)
    def open_parts(self, event: Heard[ItemSplit]) -> None:
        """Act: a draft for each part; those that are there already stay as they are."""
        items, source = store.items(self.parts.database), event.body.item_id
        filled = partial(taking_over.filled, self.parts.database)
        for position, id in enumerate(event.body.part_ids):
            decide = partial(
                model_succession.open_part, event=event.body, position=position, by=event.by, filled=filled
            )
            record = store.write(items, id, event.cause, decide)
            if source not in record.state.predecessors:
                log("items").warning("part_is_another_item", record=id, source=source)
            elif record.state.life.status == PUBLISHED:
                # It was in force before it was known to be a part: nobody will hear of that again.
                own = Cause(f"{event.cause.key}/{id}", event.cause.by, event.cause.request, event.cause.trace)
                beside = len(record.state.predecessors) - 1
                items.change(source, own, partial(model_succession.part_published, part_id=id, beside=beside))

    @on(ItemPublished)
    def retire_predecessors(self, event: Heard[ItemPublished]) -> None:
        """Act: each item this one stands for notes it, and ends once nothing is missing that is to take its place."""
        items, body = store.items(self.parts.database), event.body
        beside = len(body.predecessors) - 1
        for id in body.predecessors:
            decide = partial(model_succession.part_published, part_id=body.item_id, beside=beside)
            try:
                items.change(id, event.cause, decide)
            except Refused as refused:
                if refused.code == NOT_FOUND:
                    raise NotYet from None
                raise

    @every(interval=2)
    def take_effect(self) -> None:
        """Publishes scheduled items whose day has come, unless the clocks of this worker and of the store differ."""
        items = store.items(self.parts.database)
        found = store.due(items, now())
        if not found or not chassis_store.clocks_agree(self.parts.database):
            return
        for id, due in found:
            cause = Cause(f"timer/take_effect/{id}/{due.isoformat()}", "system:catalog")
            try:
                items.change(id, cause, lambda item: model.take_effect(item, now()))
            except Refused as refused:
                # One that cannot be written must not keep the others from their day.
                log("items").error("takes_no_effect", record=id, reason=refused.reason)
