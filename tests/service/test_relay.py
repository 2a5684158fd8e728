"""The relay on a real store and a real broker: everything written is published, in order per record, and nothing blocks the rest."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from pymongo.database import Database

from chassis import bus, relay
from chassis.acts import Cause, now
from chassis.records import Record, Records, parse_event
from chassis.relay import Lease, Relay
from services.case import store
from services.case.model import Case
from services.topology import EVENTS
from tests.support import broking
from tests.support.broking import Spy
from tests.support.cable import Cable
from tests.support.waiting import wait_until
from yiwang.case.v1 import events_pb2 as events

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
def cases(database: Db) -> Records[Case]:
    store.ensure_indexes(database)
    return store.cases(database)


@pytest.fixture
def spy(amqp_uri: str) -> Iterator[Spy]:
    with broking.spying(amqp_uri) as spy:
        yield spy


def relay_of(cases: Records[Case], uri: str) -> Relay:
    return Relay("case", [cases.collection], events, uri)


@pytest.fixture
def sender(cases: Records[Case], amqp_uri: str) -> Iterator[Relay]:
    one = relay_of(cases, amqp_uri)
    yield one
    one.publisher.close()


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


def cause() -> Cause:
    return Cause(uuid.uuid4().hex, "person:p", "digest", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def new(cases: Records[Case]) -> Record[Case]:
    number = uuid.uuid4().hex
    return cases.create(
        cause(), lambda id: events.CaseSubmitted(case_id=id, number=number, applicant_id="p", department="d")
    )


def step(cases: Records[Case], id: str) -> Record[Case]:
    return cases.change(id, cause(), lambda case: events.ReviewStepPassed(case_id=case.id, step="环节"))


def unsent(cases: Records[Case]) -> int:
    return cases.collection.count_documents({"unsent": True})


def by_record(spy: Spy) -> dict[str, list[int]]:
    """Seqs in the order they were heard, by record."""
    heard: dict[str, list[int]] = {}
    for id in spy.ids():
        record, seq = id.rsplit(".", 1)
        heard.setdefault(record, []).append(int(seq))
    return heard


def test_a_message_is_the_event_as_json_with_the_attributes_of_cloudevents(
    cases: Records[Case], sender: Relay, spy: Spy
) -> None:
    made = new(cases)
    assert sender.once() == 1
    (message,) = spy.take(1)
    headers = message.headers
    assert {key: headers[key] for key in headers if key != "traceparent"} == {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": f"{made.id}.1",
        "cloudEvents:type": "yiwang.case.v1.CaseSubmitted",
        "cloudEvents:source": "/case",
        "cloudEvents:subject": made.id,
        "cloudEvents:time": made.journal[0]["at"].isoformat(),
        "by": "person:p",
    }
    assert headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert (message.delivery_info["routing_key"], message.properties["delivery_mode"]) == ("CaseSubmitted", 2)
    assert message.properties["content_type"] == "application/json"
    body = orjson.loads(message.body)
    assert parse_event(events, "CaseSubmitted", body) == cases.event(made.journal[0])


def test_what_was_sent_is_marked_and_not_sent_again(cases: Records[Case], sender: Relay, spy: Spy) -> None:
    made = new(cases)
    assert (sender.once(), sender.once()) == (1, 0)
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["version"], document["sent"], "unsent" in document) == (1, 1, False)
    step(cases, made.id)
    assert sender.once() == 1
    spy.take(2)
    assert by_record(spy) == {made.id: [1, 2]}


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


def test_more_than_a_batch_is_sent_in_rounds(cases: Records[Case], sender: Relay, spy: Spy) -> None:
    count = relay.BATCH + 30
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new(cases).id, range(count)))
    assert [sender.once(), sender.once(), sender.once()] == [relay.BATCH, 30, 0]
    spy.take(count)
    assert by_record(spy) == {id: [1] for id in made}
    assert unsent(cases) == 0


def test_an_event_nobody_can_take_yet_waits_alone_and_comes_once_its_queue_stands(
    cases: Records[Case], bare_uri: str
) -> None:
    heard_by_none, others = new(cases), [new(cases) for _ in range(3)]
    for other in others:
        # Their submission was sent long ago; what follows is for nobody in the suite, so it needs no queue.
        cases.collection.update_one({"_id": other.id}, {"$set": {"sent": 1}})
        step(cases, other.id)
    one = relay_of(cases, bare_uri)
    with broking.spying(bare_uri, key="ReviewStepPassed") as spy:
        assert one.once() == 3, "the others are not held up"
        spy.take(3)
        assert by_record(spy) == {other.id: [2] for other in others}
        assert unsent(cases) == 1
        assert one.once() == 0, "it backs off"
        bus.declare(bare_uri, EVENTS)
        wait_until(lambda: one.once() == 1, "the waiting event is sent", 10)
    (message,) = broking.dump(bare_uri, "case.note_arrival")
    assert message.headers["cloudEvents:id"] == f"{heard_by_none.id}.1"
    assert unsent(cases) == 0
    one.publisher.close()


def test_records_that_back_off_do_not_fill_the_batch_of_the_others(
    cases: Records[Case], amqp_uri: str, sender: Relay, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 5)
    stuck = {new(cases).id for _ in range(8)}
    far = {id: (time.monotonic() + 60, 1) for id in stuck}
    sender._backoff = dict(far)
    fresh = {new(cases).id for _ in range(4)}
    wait_until(lambda: sender.once() == 0, "nothing more to send")
    spy.take(4)
    assert set(by_record(spy)) == fresh
    assert sender._backoff == far


def test_an_event_type_of_a_newer_version_waits_alone_and_the_relay_goes_on(
    cases: Records[Case], sender: Relay, spy: Spy
) -> None:
    newer, other = new(cases), new(cases)
    cases.collection.update_one({"_id": newer.id}, {"$set": {"journal.0.type": "CaseTransferred"}})
    assert sender.once() == 1
    spy.take(1)
    assert by_record(spy) == {other.id: [1]}
    assert unsent(cases) == 1, "the worker of the newer version will send it"


def test_a_record_written_while_it_is_published_stays_unsent_and_is_then_sent_without_a_gap(
    cases: Records[Case], sender: Relay, spy: Spy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, plain = new(cases), sender.publisher.publish

    def publish_and_be_overtaken(outgoing: list[bus.Outgoing]) -> set[int]:
        refused = plain(outgoing)
        step(cases, made.id)
        return refused

    monkeypatch.setattr(sender.publisher, "publish", publish_and_be_overtaken)
    sender.once()
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["version"], document["sent"], document["unsent"]) == (2, 1, True)
    monkeypatch.undo()
    assert sender.once() == 1
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["version"], document["sent"], "unsent" in document) == (2, 2, False)
    spy.take(2)
    assert by_record(spy) == {made.id: [1, 2]}


def test_a_slow_relay_does_not_undo_what_a_quicker_one_has_marked(
    cases: Records[Case], sender: Relay, amqp_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, plain, quick = new(cases), sender.publisher.publish, relay_of(cases, amqp_uri)

    def be_overtaken(outgoing: list[bus.Outgoing]) -> set[int]:
        refused = plain(outgoing)
        step(cases, made.id)
        quick.once()
        return refused

    monkeypatch.setattr(sender.publisher, "publish", be_overtaken)
    sender.once()
    document = cases.collection.find_one({"_id": made.id}) or {}
    assert (document["version"], document["sent"], "unsent" in document) == (2, 2, False)
    quick.publisher.close()


def test_the_relay_never_touches_the_version(cases: Records[Case], sender: Relay) -> None:
    made = new(cases)
    sender.once()
    assert step(cases, made.id).version == 2
    sender.once()
    assert cases.get(made.id).version == 2


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


def test_journals_are_sent_again_to_one_queue_alone(
    cases: Records[Case], sender: Relay, amqp_uri: str, spy: Spy
) -> None:
    made = [new(cases).id for _ in range(3)]
    step(cases, made[0])
    sender.once()
    spy.take(4)
    broking.purge(amqp_uri, "case.note_arrival")
    later = now() + timedelta(hours=1)
    assert relay.republish(sender, [cases.collection], "case.note_arrival", amqp_uri, later) == 0
    assert relay.republish(sender, [cases.collection], "case.note_arrival", amqp_uri, None) == 3
    again = broking.dump(amqp_uri, "case.note_arrival")
    assert sorted(message.headers["cloudEvents:id"] for message in again) == sorted(f"{id}.1" for id in made)
    assert len(spy.listen()) == 4, "nobody else hears it twice"
    assert broking.length(amqp_uri, "rating.open_invitation") == 0


def test_sending_again_to_a_queue_that_does_not_stand_is_said(
    cases: Records[Case], sender: Relay, bare_uri: str
) -> None:
    new(cases)
    with pytest.raises(LookupError, match="no queue"):
        sender._heard.add("CaseSubmitted")
        with broking.Connection(bare_uri) as connection:
            connection.channel().queue_delete("case.note_arrival")
        relay.republish(sender, [cases.collection], "case.note_arrival", bare_uri, None)
