"""The relay round by round on a real store and a real broker: everything written is published once, and nothing blocks the rest."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import amqp
import orjson
import pytest
from kombu.connection import Connection

from chassis import bus, relay
from chassis.acts import now
from chassis.records import Records, parse_event
from chassis.relay import Relay
from services.case import watching_stream as stream
from services.case.model import Case
from services.topology import EVENTS
from tests.support import broking
from tests.support.broking import Spy
from tests.support.relaying import by_record, new, relay_of, step, unsent
from tests.support.waiting import wait_until
from yiwang.case.v1 import events_pb2 as events

# -- what is sent ------------------------------------------------------------------------------------------------------


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
        "cloudEvents:department": "d",
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


def test_more_than_a_batch_is_sent_in_rounds(cases: Records[Case], sender: Relay, spy: Spy) -> None:
    count = relay.BATCH + 30
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new(cases).id, range(count)))
    assert [sender.once(), sender.once(), sender.once()] == [relay.BATCH, 30, 0]
    spy.take(count)
    assert by_record(spy) == {id: [1] for id in made}
    assert unsent(cases) == 0


def test_the_relay_never_touches_the_version(cases: Records[Case], sender: Relay) -> None:
    made = new(cases)
    sender.once()
    assert step(cases, made.id).version == 2
    sender.once()
    assert cases.get(made.id).version == 2


# -- what waits holds up nobody ----------------------------------------------------------------------------------------


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
        lay_stream(bare_uri)
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


def test_nothing_is_sent_before_the_stream_of_a_broker_that_came_back_stands(
    cases: Records[Case], amqp_uri: str, sender: Relay, spy: Spy
) -> None:
    made = [new(cases).id for _ in range(3)]
    with Connection(amqp_uri) as connection:
        connection.channel().queue_delete(stream.QUEUE)
    with pytest.raises(amqp.NotFound):
        sender.once()
    assert unsent(cases) == 3
    assert spy.listen() == [], "else the broker would confirm what the stream never gets"
    bus.declare(amqp_uri, EVENTS)
    assert sender.once() == 3
    assert unsent(cases) == 0
    kept = itertools.islice(stream.read(amqp_uri, "first"), 3)
    assert [stream.id_of(message) for message in kept if message] == [f"{id}.1" for id in made]


def lay_stream(uri: str) -> None:
    """Declares the stream of case's events, bound to nothing yet."""
    queue = bus.stream_of(events)
    assert queue is not None
    with Connection(uri) as connection:
        queue(connection.channel()).queue_declare()


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
    cases.collection.update_one({"_id": newer.id}, {"$set": {"journal.0.type": "CaseOfTomorrow"}})
    assert sender.once() == 1
    spy.take(1)
    assert by_record(spy) == {other.id: [1]}
    assert unsent(cases) == 1, "the worker of the newer version will send it"


# -- written meanwhile -------------------------------------------------------------------------------------------------


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


# -- sent again --------------------------------------------------------------------------------------------------------


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
    assert broking.length(amqp_uri, "rating.invite_closed") == 0


def test_sending_again_to_a_queue_that_does_not_stand_is_said(
    cases: Records[Case], sender: Relay, bare_uri: str
) -> None:
    new(cases)
    with pytest.raises(LookupError, match="no queue"):
        sender._heard.add("CaseSubmitted")
        with broking.Connection(bare_uri) as connection:
            connection.channel().queue_delete("case.note_arrival")
        relay.republish(sender, [cases.collection], "case.note_arrival", bare_uri, None)
