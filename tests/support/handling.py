"""A worker of case at work, with notes of what it handled, and the events it is sent."""

from collections import Counter
from pathlib import Path
from typing import Any

from pymongo.database import Database

from chassis import bus
from chassis import store as chassis_store
from deploy.local.processes import Process
from tests.support import broking
from tests.support.serving import odd_worker, places_for, text_of
from tests.support.waiting import wait_until
from yiwang.case.v1.events_pb2 import CaseSubmitted

Db = Database[dict[str, Any]]
QUEUES = (
    *("case.keep_item", "case.suspend_item", "case.note_arrival", "case.refuse_session", "case.forget_person"),
    *("case.resume_item", "case.withdraw_item"),
    *("case.keep_county", "case.hand_over", "case.take_back"),
)
SCHEDULE = ("retry.1s", "retry.1s", "retry.10s")
DELAYS = {"retry.1s": 200, "retry.10s": 900, "retry.1m": 60_000, "retry.10m": 600_000}
CANARY = "王重阳"


class Bench:
    """A worker of case with notes of what it handled, its database and its broker."""

    def __init__(self, folder: Path, mongodb_uri: str, amqp_uri: str) -> None:
        self.folder = folder
        self.amqp_uri = amqp_uri
        self.database: Db = chassis_store.connect(mongodb_uri, "tests")
        self._mongodb_uri = mongodb_uri
        self._notes, self.failing = folder / "notes", folder / "failing"
        self.workers: list[Process] = []
        broking.purge(amqp_uri, *QUEUES, *(f"{queue}.dead" for queue in QUEUES))

    def start(self, slow: float = 0.0, patience: float = 20.0) -> Process:
        """Starts a worker and returns when it consumes."""
        others = broking.consumers(self.amqp_uri, "case.note_arrival")
        worker = odd_worker(
            places_for(self.folder / f"worker{len(self.workers)}", self._mongodb_uri, self.amqp_uri),
            notes=str(self._notes),
            fail=str(self.failing),
            slow=str(slow),
            patience=str(patience),
            schedule=",".join(SCHEDULE),
        )
        self.workers.append(worker)
        worker.launch()
        wait_until(lambda: broking.consumers(self.amqp_uri, "case.note_arrival") > others, "the worker consumes", 30)
        return worker

    def stop(self) -> None:
        """Ends what still runs, at once."""
        for worker in self.workers:
            if worker.alive:
                worker.kill()
            worker.stop()

    def notes(self, what: str) -> list[tuple[str, float]]:
        """Ids of events and times of these notes, in order."""
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        split = [line.split() for line in lines]
        return [(id, float(at)) for kind, _, id, at in split if kind == what]

    def handled(self) -> Counter[str]:
        """How often each event was handled to its end."""
        return Counter(id for id, _ in self.notes("end"))

    def send(self, *messages: bus.Outgoing) -> None:
        broking.send(self.amqp_uri, *messages)

    def logs(self) -> str:
        return text_of(self.folder)

    def arrived(self) -> int:
        """Cases the tally of arrivals counts, by its contributions."""
        return self.database["arrivals"].count_documents({})


def submissions(count: int) -> list[bus.Outgoing]:
    """So many CaseSubmitted, of the records case0, case1 and so on."""
    return [
        broking.outgoing(CaseSubmitted(case_id=str(n), department="d", item_name=CANARY), f"case{n}", 1)
        for n in range(count)
    ]
