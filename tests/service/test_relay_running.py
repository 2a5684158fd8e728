"""Relays as workers run them: while many write, while the broker is away, and one of several active under the lease."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo.database import Database

from chassis import relay
from chassis.records import Records
from chassis.relay import Lease, Relay
from services.case.model import Case
from tests.support.broking import Spy
from tests.support.cable import Cable
from tests.support.relaying import by_record, new, relay_of, step, unsent
from tests.support.waiting import wait_until

Db = Database[dict[str, Any]]


class Stopped(BaseException):
    """Ends a relay's thread as a kill would: wherever it stands."""


class Stoppable(Lease):
    """A lease under which a relay can be told to stop at once."""

    stop = False

    def held(self) -> bool:
        if self.stop:
            raise Stopped
        return super().held()


@pytest.fixture
def running(database: Db) -> Iterator[Callable[[Relay], Stoppable]]:
    """Runs relays in threads; the lease that is returned can stop its relay."""
    threads: list[tuple[threading.Thread, Stoppable]] = []

    def run(one: Relay) -> Stoppable:
        lease = Stoppable(database)

        def work() -> None:
            try:
                one.run(lease)
            except Stopped:
                one.publisher.close()

        thread = threading.Thread(target=work)
        thread.start()
        threads.append((thread, lease))
        return lease

    yield run
    for _, lease in threads:
        lease.stop = True
    for thread, _ in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_events_come_in_order_per_record_while_many_write(
    cases: Records[Case], sender: Relay, spy: Spy, running: Callable[[Relay], Stoppable]
) -> None:
    running(sender)

    def life(_number: int) -> str:
        made = new(cases)
        for _ in range(5):
            step(cases, made.id)
        return made.id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(life, range(24)))
    wait_until(lambda: unsent(cases) == 0, "everything sent")
    spy.take(24 * 6)
    assert by_record(spy) == {id: [1, 2, 3, 4, 5, 6] for id in ids}


def test_submissions_go_on_while_the_broker_is_away_and_are_sent_when_it_is_back(
    cases: Records[Case], amqp_uri: str, spy: Spy, running: Callable[[Relay], Stoppable]
) -> None:
    parts = urlsplit(amqp_uri)
    cable = Cable(parts.port or 5672)
    running(relay_of(cases, amqp_uri.replace(f":{parts.port}", f":{cable.port}")))
    first = new(cases).id
    spy.take(1)
    cable.pull()
    away = [new(cases).id for _ in range(5)]
    step(cases, first)
    time.sleep(0.7)  # more than the longest pause of the relay: it has tried
    assert unsent(cases) == 6
    cable.plug()
    wait_until(lambda: unsent(cases) == 0, "everything sent")
    spy.take(7)
    assert by_record(spy) == {first: [1, 2], **{id: [1] for id in away}}
    cable.pull()


def test_of_two_relays_only_one_is_active(database: Db) -> None:
    one, two = Lease(database), Lease(database)
    assert (one.held(), two.held(), one.held()) == (True, False, True)


def test_of_eight_relays_that_start_at_once_only_one_is_active(database: Db) -> None:
    leases = [Lease(database) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(Lease.held, leases))
    assert held.count(True) == 1


def test_the_other_relay_takes_over_when_the_lease_ends_and_at_once_when_it_is_given_back(
    database: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LEASE", timedelta(seconds=0.5))
    one, two = Lease(database), Lease(database)
    assert one.held() and not two.held()
    began = time.monotonic()  # one has died
    wait_until(two.held, "the lease is taken over", 3)
    assert 0.3 < time.monotonic() - began < 1.5
    assert not one.held()
    two.release()
    wait_until(one.held, "the lease is taken at once", 0.2)


def test_when_the_active_relay_dies_the_other_goes_on_and_nothing_is_lost_or_sent_out_of_order(
    cases: Records[Case],
    amqp_uri: str,
    spy: Spy,
    running: Callable[[Relay], Stoppable],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "LEASE", timedelta(seconds=0.6))
    leases = [running(relay_of(cases, amqp_uri)) for _ in range(2)]
    ids = [new(cases).id for _ in range(10)]
    wait_until(lambda: unsent(cases) == 0, "the first are sent")
    active = next(lease for lease in leases if lease.held())
    active.stop = True
    for id in ids:
        step(cases, id)
    wait_until(lambda: unsent(cases) == 0, "the rest is sent by the other")
    spy.take(20)
    for id, seqs in by_record(spy).items():
        first_deliveries = list(dict.fromkeys(seqs))
        assert first_deliveries == [1, 2], id
    assert set(by_record(spy)) == set(ids)
