"""The api while its store stands still or is away and while it ends: deadlines hold, health is true, no call is lost."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from pymongo import MongoClient

from chassis import rpc
from chassis import store as chassis_store
from deploy.local.stores import Store, with_database
from tests.support.actors import person, trust
from tests.support.calling import As, refused
from tests.support.items import publish, simple
from tests.support.serving import CASE, CaseApart, case_here
from tests.support.waiting import wait_until

Code = grpc.StatusCode


@pytest.fixture
def apart(tmp_path: Path, own_store: Store) -> Iterator[CaseApart]:
    """An api in a process with a store of its own."""
    uri = with_database(own_store.uri, "case")
    with MongoClient(uri) as client:
        trust(client.get_default_database())
    apart = CaseApart(tmp_path, uri)
    apart.process.start()
    yield apart
    apart.end()


def test_a_store_that_stands_still_makes_no_call_hang_and_leaves_no_thread_behind(own_store: Store) -> None:
    database = chassis_store.connect(with_database(own_store.uri, "case"), "case")
    with case_here(database) as api:
        citizen, item = api.by(person()), publish(database, simple())
        citizen.SubmitCase(item_id=item)
        own_store.pause()

        def call(deadline: float | None) -> tuple[Any, float]:
            began = time.monotonic()
            with refused() as refusal:
                citizen.SubmitCase(item_id=item, deadline=deadline)
            return refusal, time.monotonic() - began

        try:
            # More calls than the server has threads, each with a deadline; and one whose caller set none.
            with ThreadPoolExecutor(2 * rpc.THREADS) as pool:
                patient = pool.submit(call, None)
                answers = [future.result() for future in [pool.submit(call, 3.0) for _ in range(rpc.THREADS + 4)]]
                refusal, took = patient.result()
        finally:
            own_store.resume()
        for answer, seconds in answers:
            assert answer.code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED) and seconds < 5
        assert (refusal.code, refusal.reason) == (Code.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert took < rpc.DEADLINE_SECONDS + 2
        wait_until(lambda: _works(citizen, item), "it works again as soon as the store does", 10)
    database.client.close()


def _works(citizen: As, item: str) -> bool:
    try:
        return bool(citizen.SubmitCase(item_id=item, deadline=2).id)
    except grpc.RpcError:
        return False


def test_health_is_not_serving_while_the_store_stands_still_or_is_away_and_serving_again_after(
    apart: CaseApart, own_store: Store
) -> None:
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    assert apart.health() == serving
    own_store.pause()
    wait_until(lambda: apart.health() == not_serving, "NOT_SERVING while the store stands still", 15)
    own_store.resume()
    wait_until(lambda: apart.health() == serving, "SERVING again", 15)
    own_store.kill()
    wait_until(lambda: apart.health() == not_serving, "NOT_SERVING while the store is away", 15)
    own_store.restart()
    wait_until(lambda: apart.health() == serving, "SERVING again", 20)
    assert apart.process.alive


def test_a_process_told_to_end_answers_the_call_in_flight_and_takes_no_new_ones(
    apart: CaseApart, own_store: Store
) -> None:
    with MongoClient(with_database(own_store.uri, "case")) as client:
        item = publish(client.get_default_database(), simple())
    citizen, answers = apart.by(person()), []
    citizen.SubmitCase(item_id=item)
    own_store.pause()
    in_flight = threading.Thread(target=lambda: answers.append(citizen.SubmitCase(item_id=item, deadline=20)))
    in_flight.start()
    time.sleep(0.5)  # it is with the store now
    began = time.monotonic()
    apart.process.terminate()
    time.sleep(0.5)
    with refused(), grpc.insecure_channel(apart.places.addresses["case"]) as late:
        As(late, CASE, person()).ListMyCases(deadline=1)
    own_store.resume()
    in_flight.join(20)
    (case,) = answers
    assert case.number
    wait_until(lambda: not apart.process.alive, "it ends", 30)
    assert (apart.process.exit_code, time.monotonic() - began < rpc.DRAIN_SECONDS) == (0, True)
    with MongoClient(with_database(own_store.uri, "case")) as client:
        assert client.get_default_database()["cases"].count_documents({}) == 2
