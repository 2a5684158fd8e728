"""What case hears of procurements it asked for: that there is one, its result, its end."""

from collections.abc import Callable

from google.protobuf.message import Message

from chassis.events import Heard, on
from chassis.parts import Parts
from services.case import model_intermediaries, store
from services.case.hearing import heard_case
from services.case.model import Case
from services.case.store_items import Items
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.intermediary.v1.events_pb2 import DeliverableConfirmed, ProcurementEnded, ProcurementLinked

Event = Heard[ProcurementLinked] | Heard[DeliverableConfirmed] | Heard[ProcurementEnded]


class HearsIntermediary:
    """The handlers of the intermediary supermarket's events. Procurements without a case are none of ours."""

    parts: Parts
    items: Items

    @on(ProcurementLinked)
    def note_procurement(self, event: Heard[ProcurementLinked]) -> None:
        """Act: the case knows its procurement."""
        self._change(event, lambda case: model_intermediaries.note(case, event.body))

    @on(DeliverableConfirmed)
    def keep_deliverable(self, event: Heard[DeliverableConfirmed]) -> None:
        """Act: the case has the intermediary's result, told by its hashes."""

        def keep(case: Case) -> Message | None:
            item = self.items.edition(case.item_id, case.edition) or catalog.ItemDefinition()
            return model_intermediaries.keep(case, item, event.body)

        self._change(event, keep)

    @on(ProcurementEnded)
    def note_procurement_end(self, event: Heard[ProcurementEnded]) -> None:
        """Act: another procurement may be asked for."""
        self._change(event, lambda case: model_intermediaries.end(case, event.body))

    def _change(self, event: Event, decide: Callable[[Case], Message | None]) -> None:
        if event.body.case_id:
            heard_case(self.parts, event.body.case_id)
            store.cases(self.parts.database).change(event.body.case_id, event.cause, decide)
