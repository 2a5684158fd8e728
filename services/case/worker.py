"""What case does when it hears something, and by the clock."""

from datetime import datetime

from chassis.acts import now
from chassis.events import Heard, every, on
from chassis.files import UNUSED_FOR
from chassis.parts import Parts
from chassis.people import HearsPeople
from chassis.tally import Tally
from chassis.timers import Timing
from services.case import (
    folding,
    handing_over,
    recalculating,
    settings,
    slots,
    store,
    store_bundles,
    store_counties,
    store_drafts,
    store_items,
    timing,
)
from services.case.bundling_children import Children
from services.case.handing_over import Departure
from services.case.model import Case
from services.case.worker_bundles import HearsBundles
from services.case.worker_drafts import HearsDrafts
from services.case.worker_fulfilment import HearsFulfilment
from services.case.worker_intermediary import HearsIntermediary
from services.case.worker_promises import HearsPromises
from services.case.worker_proofs import HearsProofs
from services.case.worker_supervision import HearsSupervision
from services.case.worker_visits import HearsVisits
from services.case.worker_work import HearsWork
from standards.workdays import SHANGHAI
from yiwang.case.v1.events_pb2 import CaseClosed, CaseSubmitted
from yiwang.catalog.v1.events_pb2 import ItemPublished, ItemResumed, ItemSuspended, ItemWithdrawn
from yiwang.identity.v1.events_pb2 import CountySaved, OfficerDismissed, OfficerTransferred

# How long one round of folding may last: the next one goes on.
FOLDING_SECONDS = 5.0


class Worker(
    HearsPeople,
    HearsBundles,
    HearsDrafts,
    HearsFulfilment,
    HearsIntermediary,
    HearsPromises,
    HearsProofs,
    HearsSupervision,
    HearsVisits,
    HearsWork,
):
    """The handlers and timers of case; a queue each, `case.<method>`."""

    name = "case"
    items: store_items.Items
    arrivals: Tally
    closings: Tally
    counties: store_counties.Counties
    handing_over: handing_over.HandingOver
    folder: folding.Folder
    timing: Timing[Case]

    @on(ItemPublished)
    def keep_item(self, event: Heard[ItemPublished]) -> None:
        """Read model: the item's newest edition, and every edition it had."""
        self.items.keep(event.body.item_id, event.seq, event.body.edition, event.body.definition)

    @on(ItemSuspended)
    def suspend_item(self, event: Heard[ItemSuspended]) -> None:
        """Read model: no new applications for the item."""
        self.items.suspend(event.body.item_id, event.seq)

    @on(ItemResumed)
    def resume_item(self, event: Heard[ItemResumed]) -> None:
        """Read model: applications again, in the edition it had."""
        self.items.resume(event.body.item_id, event.seq, event.body.edition)

    @on(ItemWithdrawn)
    def withdraw_item(self, event: Heard[ItemWithdrawn]) -> None:
        """Read model: no new applications for ever; cases under way go on."""
        self.items.withdraw(event.body.item_id, event.seq)

    @on(CountySaved)
    def keep_county(self, event: Heard[CountySaved]) -> None:
        """Read model: which ways into a county are open, and how many applications a minute it takes."""
        body = event.body
        self.counties.keep(body.region, event.seq, body.channels, body.submits_per_minute)

    @on(OfficerTransferred)
    def hand_over(self, event: Heard[OfficerTransferred]) -> None:
        """Act: what he had open in the department he left goes to his successor, case by case."""
        self.handing_over.leave(_departure(event), event.seq)

    @on(OfficerDismissed)
    def take_back(self, event: Heard[OfficerDismissed]) -> None:
        """Act: what he had open goes to his successor, or to nobody."""
        self.handing_over.leave(_departure(event), event.seq)

    @every(interval=60)
    def finish_hand_overs(self) -> None:
        """Hands over what was taken up while its officer was leaving."""
        self.handing_over.again()

    @on(CaseSubmitted)
    def note_arrival(self, event: Heard[CaseSubmitted]) -> None:
        """Tally: cases received by department, county or item, and day."""
        day = datetime.fromisoformat(event.time).astimezone(SHANGHAI).date()
        self.arrivals.contribute(event.record, store.buckets(event.body, day), "arrived", event.seq)

    @on(CaseClosed)
    def note_closing(self, event: Heard[CaseClosed]) -> None:
        """Tally: cases closed, by the same buckets."""
        day = datetime.fromisoformat(event.time).astimezone(SHANGHAI).date()
        self.closings.contribute(event.record, store.buckets(event.body, day), "closed", event.seq)

    @every(interval=1)
    def fire_timers(self) -> None:
        """What is due happens: deemed acceptance, lapse, warnings; county by county."""
        self.timing.round()

    @every(interval=1)
    def fold_reported(self) -> None:
        """Folds rows that departments' systems reported into their cases, a case at a time, between other work."""
        self.folder.turn(FOLDING_SECONDS)

    @every(interval=60)
    def recalculate(self) -> None:
        """A calendar that landed moves the ends of open clocks."""
        recalculating.reread(settings.of(self.parts).calendar_dir)
        recalculating.run(self.parts.database, store.cases(self.parts.database))

    @every(interval=2)
    def count_arrivals(self) -> None:
        """Recounts the days that changed."""
        self.arrivals.recount()
        self.closings.recount()
        self.work.recount()

    @every(interval=3600)
    def sweep_uploads(self) -> None:
        """Deletes uploads that no case used within a day, and no draft has."""
        cases, bundles = store.cases(self.parts.database), store_bundles.bundles(self.parts.database)
        drafts = store_drafts.drafts(self.parts.database)
        store.attachments(self.parts.database).sweep(
            now() - UNUSED_FOR,
            lambda file: store.uses_file(cases, file) or store_bundles.uses_file(bundles, file),
            lambda file: store_drafts.uses_file(drafts, file),
        )


def _departure(event: Heard[OfficerTransferred] | Heard[OfficerDismissed]) -> Departure:
    body, left = event.body, datetime.fromisoformat(event.time)
    return Departure(body.officer_id, body.department, body.successor_id, left, event.cause)


def build(parts: Parts) -> type[Worker]:
    """The worker of case, from its parts."""
    Worker.parts = parts
    Worker.items, Worker.arrivals = store_items.Items(parts.database), store.arrivals(parts.database)
    Worker.closings, Worker.work = store.closings(parts.database), store.work(parts.database)
    Worker.counties = store_counties.Counties(parts.database)
    Worker.timing = timing.timing_of(parts.database, store.cases(parts.database))
    Worker.children = Children(parts.database, parts.keyring)
    Worker.folder = folding.Folder(parts.database)
    Worker.booking = slots.Booking(parts.database, store.cases(parts.database), parts.keyring)
    Worker.handing_over = handing_over.HandingOver(parts.database, store.cases(parts.database))
    return Worker
