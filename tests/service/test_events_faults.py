"""Handlers while a worker dies or ends and while store or broker are away: nothing is lost, nothing counts twice."""

import signal
import time
from collections import Counter
from pathlib import Path

from pymongo import MongoClient

from chassis.acts import now
from deploy.local.stores import Store, with_database
from services.case import store as case_store
from standards.workdays import SHANGHAI
from tests.support import broking
from tests.support.handling import Bench, submissions
from tests.support.serving import odd_worker, places_for, text_of
from tests.support.waiting import wait_until


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
    time.sleep(0.3)
    first.terminate()  # told twice it ends as well
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
