"""Bursts are found by workers that are processes of their own, killed with SIGKILL half-way and doubled."""

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from chassis.acts import Cause
from chassis.records import broken_at
from services.rating.giving import Entered
from tests.support.rating_service import DEPARTMENT, REGION, Db, RatingHere
from tests.support.sources import ROOT
from tests.support.waiting import wait_until
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import service_pb2 as pb

DEVICES, EACH, KILLS = 20, 5, 3
WORKER = """
import sys
from chassis import store as stores
from chassis.acts import now
from services.rating import store, worker_flags

ratings = store.ratings(stores.connect(sys.argv[1], sys.argv[2]))
worker_flags.LOOK_SECONDS = 60
print("ready", flush=True)
sys.stdin.readline()
worker_flags.look(ratings, "bursts", now())
print("done", flush=True)
"""


@contextmanager
def worker(database: Db) -> Iterator["subprocess.Popen[str]"]:
    """A process that is ready to look, and looks when it is told a line."""
    host, port = database.client.address or ("", 0)
    uri = f"mongodb://{host}:{port}/{database.name}?directConnection=true"
    command = [sys.executable, "-W", "ignore", "-c", WORKER, uri, database.name]
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PATH": ""}
    with subprocess.Popen(
        command, cwd=ROOT, env=path, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def burst(rating: RatingHere) -> None:
    """So many ratings of so many devices."""
    served = events.ServiceServed(node=pb.SERVICE_NODE_WINDOW, department=DEPARTMENT, region=REGION, day="2026-11-23")
    for number in range(DEVICES * EACH):
        told = Entered(grade=pb.GRADE_SATISFIED, channel=pb.RATING_CHANNEL_QR, device=f"device-{number % DEVICES}")
        rating.servicer.giving.begin(served, told, Cause(key=uuid.uuid4().hex, by="public"))


def test_workers_that_are_killed_and_doubled_flag_every_rating_of_a_burst_once(
    rating: RatingHere, database: Db
) -> None:
    burst(rating)

    def flagged() -> int:
        return sum(1 for _ in database["ratings"].find({"state.flagged": True}, {"_id": 1}))

    seen = []
    with ExitStack() as stack:
        ready = [stack.enter_context(worker(database)) for _ in range(KILLS + 2)]
        for number, one in enumerate(ready[:KILLS]):
            go(one)
            wait_until(lambda least=10 + 20 * number: flagged() >= least, "flags", pause=0.001)  # type: ignore[misc]
            one.kill()
            one.wait()
            seen.append(flagged())
        assert seen[0] < DEVICES * EACH, "killed half-way"
        for one in ready[KILLS:]:
            go(one)
        assert [one.stdout.readline() for one in ready[KILLS:] if one.stdout] == ["done\n"] * 2
    for document in database["ratings"].find({}):
        types = Counter(entry["type"] for entry in document["journal"])
        assert types == {"RatingGiven": 1, "RatingFlagged": 1}
        assert broken_at(document["journal"]) is None
        assert [flag["kind"] for flag in document["state"]["flags"]] == [pb.FLAG_KIND_BURST]
