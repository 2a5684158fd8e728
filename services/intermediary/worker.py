"""What intermediary does when it hears something, and by the clock."""

from chassis.events import Heard, every, on
from chassis.parts import Parts
from chassis.timers import Timing
from services.intermediary import linking, store, tasks, worker_agencies
from services.intermediary.model import Procurement
from services.intermediary.worker_agencies import HearsAgencies
from services.intermediary.worker_credits import HearsCredits
from services.intermediary.worker_market import HearsItems
from services.intermediary.worker_performance import HearsOwners
from yiwang.case.v1.events_pb2 import IntermediaryRequested


class Worker(HearsOwners, HearsAgencies, HearsCredits, HearsItems):
    """The handlers and timers of intermediary; a queue each, `intermediary.<method>`."""

    name = "intermediary"
    parts: Parts
    procurements: store.Procurements
    timing: Timing[Procurement]
    tasks: tasks.Tasks

    @on(IntermediaryRequested)
    def open_linked(self, event: Heard[IntermediaryRequested]) -> None:
        """Act: what a case needs becomes a draft of its applicant's, once."""
        linking.open_linked(self.parts, self.procurements, event.body, event.cause)

    @every(interval=1)
    def fire_timers(self) -> None:
        """What is due happens: awards, what is overdue, archives; county by county."""
        self.timing.round()

    @every(interval=1)
    def do_tasks(self) -> None:
        """Freezes and selections whose time has come."""
        self.tasks.round()


def build(parts: Parts) -> type[Worker]:
    """The worker of intermediary, from its parts."""
    Worker.parts = parts
    Worker.procurements = store.procurements(parts.database)
    Worker.timing = store.timing(parts.database, Worker.procurements)
    Worker.tasks = tasks.Tasks(parts)
    worker_agencies.prepare(Worker, parts)
    return Worker
