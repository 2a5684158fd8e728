"""What intermediary does when it hears of the catalogue's items, and how its numbers are counted."""

from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.intermediary import store, store_services
from yiwang.catalog.v1.events_pb2 import ItemPublished, ItemResumed, ItemSuspended, ItemWithdrawn


class HearsItems:
    """The handlers of items, and the timer of numbers."""

    parts: Parts
    procurements: store.Procurements

    @on(ItemPublished)
    def keep_item(self, event: Heard[ItemPublished]) -> None:
        """Read model: which intermediary services an item needs."""
        store_services.keep(self.parts.database, event.body.item_id, event.seq, event.body.definition)

    @on(ItemSuspended)
    def suspend_item(self, event: Heard[ItemSuspended]) -> None:
        """Read model: nothing new is procured for it."""
        store_services.drop(self.parts.database, event.body.item_id, event.seq)

    @on(ItemResumed)
    def resume_item(self, event: Heard[ItemResumed]) -> None:
        """Read model: it is there again."""
        store_services.resume(self.parts.database, event.body.item_id, event.seq)

    @on(ItemWithdrawn)
    def withdraw_item(self, event: Heard[ItemWithdrawn]) -> None:
        """Read model: nothing is procured for it for ever."""
        store_services.drop(self.parts.database, event.body.item_id, event.seq)

    @every(interval=2)
    def count_market(self) -> None:
        """Recounts the months that changed."""
        self.procurements.counts.recount(self.procurements)
