"""What happens to agencies by the clock: the end of a notice, qualifications that begin or end, the end of a listing; and unused files."""

from chassis.acts import now
from chassis.events import every
from chassis.files import UNUSED_FOR
from chassis.parts import Parts
from chassis.timers import Timing
from services.intermediary import store, store_agencies, store_files
from services.intermediary.model_agencies import Agency


class HearsAgencies:
    """The timers of agencies."""

    parts: Parts
    agency_timing: Timing[Agency]

    @every(interval=1)
    def fire_agencies(self) -> None:
        """What is due happens, county by county."""
        self.agency_timing.round()

    @every(interval=3600)
    def sweep_market_files(self) -> None:
        """Deletes files that no record took within a day."""
        store_files.sweep(self.parts.database, now() - UNUSED_FOR)


def prepare(worker: type[HearsAgencies], parts: Parts) -> None:
    """What the timers work with."""
    counties = store.counties(parts.database, store_agencies.COUNTIES)
    worker.agency_timing = store_agencies.timing(store_agencies.agencies(parts.database), counties.all)
