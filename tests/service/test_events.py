"""Handlers on a real broker and a real store: nothing is lost, nothing counts twice, whatever dies or stands still."""

import itertools
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from chassis import bus
from chassis import store as chassis_store
from chassis.acts import now
from chassis.sealed import Keyring
from deploy.local.broker import Broker
from deploy.local.processes import Process
from deploy.local.stores import Store, with_database
from services.case import store as case_store
from services.topology import EVENTS
from standards.workdays import SHANGHAI
from tests.support import broking
from tests.support.items import simple
from tests.support.serving import odd_worker, parts_of, places_for, text_of
from tests.support.waiting import wait_until
from yiwang.case.v1.events_pb2 import CaseSubmitted
from yiwang.catalog.v1.events_pb2 import ItemPublished, ItemSuspended
from yiwang.identity.v1.events_pb2 import PersonErased, SessionEnded

Db = Database[dict[str, Any]]
QUEUES = ("case.keep_item", "case.suspend_item", "case.note_arrival", "case.refuse_session", "case.forget_person")
SCHEDULE = ("retry.1s", "retry.1s", "retry.10s")
DELAYS = {"retry.1s": 200, "retry.10s": 900, "retry.1m": 60_000, "retry.10m": 600_000}
CANARY = "王重阳"


@pytest.fixture(scope="module")
def hasty_uri(broker: Broker) -> Iterator[str]:
    """A virtual host whose retries wait 0.2 and 0.9 seconds instead of 1 and 10."""
    if broker.given:
        pytest.skip("virtual hosts cannot be made on the broker of AMQP_URI")
    name, plain = f"hasty-{uuid.uuid4().hex[:12]}", bus.RETRIES
    uri = broker.vhost(name)
    bus.RETRIES = DELAYS
    try:
        bus.declare(uri, EVENTS)
    finally:
        bus.RETRIES = plain
    yield uri
    broker.drop_vhost(name)


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


@pytest.fixture
def bench(tmp_path: Path, mongodb_uri: str, database: Db, hasty_uri: str) -> Iterator[Bench]:
    bench = Bench(tmp_path, mongodb_uri, hasty_uri)
    yield bench
    bench.stop()
    bench.database.client.close()


def submissions(count: int) -> list[bus.Outgoing]:
    return [
        broking.outgoing(CaseSubmitted(case_id=str(n), department="d", item_name=CANARY), f"case{n}", 1)
        for n in range(count)
    ]


def published(item: str, seq: int, edition: int) -> bus.Outgoing:
    definition = simple(name=f"第{edition}版")
    return broking.outgoing(ItemPublished(item_id=item, edition=edition, definition=definition), item, seq)


def test_every_handler_hears_its_events_twice_and_in_reverse_order_and_is_right(bench: Bench) -> None:
    item, stopped = str(uuid.uuid4()), str(uuid.uuid4())
    parts = parts_of(bench.database)
    sealed = parts.keyring.seal("erased", "personal")
    tokens_end = "2099-01-01T00:00:00+00:00"
    heard = [
        published(item, 1, 1),
        published(item, 3, 2),
        published(item, 5, 3),
        published(stopped, 1, 1),
        broking.outgoing(ItemSuspended(item_id=stopped, reason="停"), stopped, 2),
        *submissions(5),
        broking.outgoing(SessionEnded(session_id="s", tokens_end=tokens_end), "s", 2),
        broking.outgoing(PersonErased(person_id="erased"), "erased", 2),
    ]
    bench.start()
    bench.send(*reversed(heard), *heard, *reversed(heard))
    ids = {str(message.headers["cloudEvents:id"]) for message in heard}
    wait_until(lambda: bench.handled() == Counter(dict.fromkeys(ids, 3)), "everything handled three times")
    items = case_store.Items(bench.database)
    current = items.current(item)
    assert current is not None and (current.edition, current.suspended) == (3, False)
    assert current.definition.name == "第3版"
    assert [one.name for one in (items.edition(item, n) for n in (1, 2, 3)) if one] == ["第1版", "第2版", "第3版"]
    halted = items.current(stopped)
    assert halted is not None and halted.suspended
    assert bench.arrived() == 5
    day = now().astimezone(SHANGHAI).date()
    arrivals = case_store.arrivals(bench.database)
    wait_until(lambda: arrivals.totals([f"d/{day}"]) == {"arrived": 5}, "the day is counted")
    assert [one["_id"] for one in bench.database["refused_sessions"].find()] == ["s"]
    assert Keyring(bench.database["keys"], parts.settings.master).open("erased", sealed) is None
    for queue in QUEUES:
        assert broking.length(bench.amqp_uri, f"{queue}.dead") == 0


def test_a_failing_handler_is_tried_again_after_growing_delays_and_then_given_up_with_its_attempts_counted(
    bench: Bench,
) -> None:
    bad, good = submissions(2)
    bench.failing.write_text("case0")
    worker = bench.start()
    bench.send(bad, good)
    wait_until(lambda: bench.handled() == Counter({"case1.1": 1}), "the other is not held up")
    dead = "case.note_arrival.dead"
    wait_until(lambda: broking.length(bench.amqp_uri, dead) == 1, "the failing one is given up")
    tries = [at for id, at in bench.notes("start") if id == "case0.1"]
    gaps = [later - sooner for sooner, later in itertools.pairwise(tries)]
    assert len(tries) == len(SCHEDULE) + 1
    assert all(gap >= DELAYS[name] / 1000 * 0.95 for gap, name in zip(gaps, SCHEDULE, strict=True)), gaps
    assert gaps[-1] > gaps[0]
    assert bus.dead_letters(bench.amqp_uri, "case.note_arrival") == [
        {
            "cloudEvents:id": "case0.1",
            "cloudEvents:type": "yiwang.case.v1.CaseSubmitted",
            "x-attempt": 4,
            "x-error": "ValueError",
        }
    ]
    # Mended, it is replayed by one command and done.
    bench.failing.unlink()
    assert bus.replay_dead(bench.amqp_uri, "case.note_arrival") == 1
    wait_until(lambda: bench.handled()["case0.1"] == 1, "the replayed one is handled")
    assert broking.length(bench.amqp_uri, dead) == 0 and bench.arrived() == 2
    worker.stop()
    said = bench.logs()
    assert '"handler_again"' in said and '"dead_letter"' in said
    assert CANARY not in said, "neither what failed nor why carries a person's data into the log"


def test_a_predecessor_that_is_missing_only_delays(bench: Bench) -> None:
    """The same path as a failure: what is handled after a few attempts is not dead."""
    bench.failing.write_text("case0")
    bench.start()
    bench.send(*submissions(1))
    wait_until(lambda: len(bench.notes("fail")) == 2, "two attempts")
    bench.failing.write_text("")
    wait_until(lambda: bench.handled()["case0.1"] == 1, "handled in the end")
    assert broking.length(bench.amqp_uri, "case.note_arrival.dead") == 0


POISON: dict[str, Callable[[bus.Outgoing], bus.Outgoing]] = {
    "no JSON": lambda m: bus.Outgoing(m.exchange, m.key, b"{" + CANARY.encode(), m.headers, True),
    "not even text": lambda m: bus.Outgoing(m.exchange, m.key, b"\xff\xfe\x00", m.headers, True),
    "a list": lambda m: bus.Outgoing(m.exchange, m.key, b"[1, 2]", m.headers, True),
    "empty": lambda m: bus.Outgoing(m.exchange, m.key, b"", m.headers, True),
    "a field of another kind": lambda m: bus.Outgoing(m.exchange, m.key, b'{"caseId": {"a": 1}}', m.headers, True),
    "no headers": lambda m: bus.Outgoing(m.exchange, m.key, m.body, {}, True),
    "an id without a seq": lambda m: bus.Outgoing(
        m.exchange, m.key, m.body, {**m.headers, "cloudEvents:id": "nonsense"}, True
    ),
}


def test_a_poisoned_message_is_given_up_at_once_and_whole_while_the_others_pass(bench: Bench) -> None:
    good = submissions(len(POISON) + 1)
    bench.start()
    for number, spoil in enumerate(POISON.values()):
        bench.send(good[number], spoil(good[-1]))
    dead = "case.note_arrival.dead"
    wait_until(lambda: broking.length(bench.amqp_uri, dead) == len(POISON), "all poison is dead")
    wait_until(lambda: sum(bench.handled().values()) == len(POISON), "all others are handled")
    assert bench.notes("fail") == []
    assert CANARY not in bench.logs()
    bodies = Counter(
        bytes(m.body.encode() if isinstance(m.body, str) else m.body) for m in broking.dump(bench.amqp_uri, dead)
    )
    assert bodies == Counter(spoil(good[-1]).body for spoil in POISON.values())


def test_fields_of_a_newer_version_of_an_event_are_ignored(bench: Bench) -> None:
    (message,) = submissions(1)
    newer = bus.Outgoing(message.exchange, message.key, message.body[:-1] + b',"colour":"red"}', message.headers, True)
    bench.start()
    bench.send(newer)
    wait_until(lambda: bench.handled()["case0.1"] == 1, "handled")


def test_while_the_store_stands_still_or_is_away_events_wait_and_it_is_no_attempt(
    tmp_path: Path, own_store: Store, hasty_uri: str
) -> None:
    bench = Bench(tmp_path, with_database(own_store.uri, "case"), hasty_uri)
    try:
        bench.start(patience=2)
        bench.send(*submissions(1))
        wait_until(lambda: bench.arrived() == 1, "the first arrives")
        own_store.pause()
        bench.send(*submissions(15)[1:])
        time.sleep(8)  # the fault itself
        wait_until(lambda: '"handler_waits_for_store"' in bench.logs(), "handlers say that they wait", 25)
        own_store.resume()
        wait_until(lambda: bench.arrived() == 15, "everything arrives after the pause", 30)
        own_store.kill()
        bench.send(*submissions(30)[15:])
        wait_until(lambda: len(bench.notes("start")) > 15, "handlers have begun")
        own_store.restart()
        wait_until(lambda: bench.arrived() == 30, "everything arrives after the restart", 40)
        assert '"handler_again"' not in bench.logs() and '"dead_letter"' not in bench.logs()
        assert broking.length(bench.amqp_uri, "case.note_arrival.dead") == 0
    finally:
        bench.stop()
        bench.database.client.close()


def test_a_worker_told_to_end_finishes_its_handlers_and_nothing_is_heard_twice(bench: Bench) -> None:
    bench.send(*submissions(30))
    first = bench.start(slow=2.5)
    wait_until(lambda: len(bench.notes("start")) > 10, "handlers are in flight, some have ended")
    began = time.monotonic()
    first.terminate()
    wait_until(lambda: not first.alive, "the worker ends", 30)
    assert (first.exit_code, time.monotonic() - began < 15) == (0, True)
    begun = Counter(id for id, _ in bench.notes("start"))
    assert bench.handled() == begun, "what was begun was finished"
    assert len(begun) < 30
    bench.start()
    wait_until(lambda: len(bench.handled()) == 30, "the next worker does the rest")
    assert set(bench.handled().values()) == {1}
    assert bench.arrived() == 30


def test_after_kill_9_in_the_midst_every_event_is_handled_and_counts_once(bench: Bench) -> None:
    bench.send(*submissions(60))
    first = bench.start(slow=0.2)
    wait_until(lambda: len(bench.notes("end")) >= 8, "some are handled, some in flight")
    first.kill()
    assert first.exit_code == -signal.SIGKILL
    bench.start()
    wait_until(lambda: len(bench.handled()) == 60, "all are handled")
    day = now().astimezone(SHANGHAI).date()
    arrivals = case_store.arrivals(bench.database)
    wait_until(lambda: arrivals.totals([f"d/{day}"]) == {"arrived": 60}, "all count", 20)
    assert bench.arrived() == 60


def test_two_workers_share_the_work(bench: Bench) -> None:
    bench.start(slow=0.2)
    bench.start(slow=0.2)
    bench.send(*submissions(60))
    wait_until(lambda: len(bench.handled()) == 60, "all are handled")
    assert set(bench.handled().values()) == {1}


def test_a_worker_waits_for_broker_and_store_and_says_so(tmp_path: Path, mongodb_uri: str, own_store: Store) -> None:
    uri = with_database(own_store.uri, "case")
    own_store.stop()
    worker = odd_worker(places_for(tmp_path, uri))
    worker.launch()
    try:
        wait_until(lambda: '"waiting_for_store"' in text_of(tmp_path), "it says that the store is away", 30)
        own_store.start()
        wait_until(lambda: '"waiting_for_broker"' in text_of(tmp_path), "it says that the broker is away", 30)
        assert worker.alive
        with MongoClient(uri) as client:
            assert "cases" in client.get_default_database().list_collection_names()
    finally:
        worker.kill()
