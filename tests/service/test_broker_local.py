"""Broker and embedded store themselves: what they acknowledged outlives kill -9, and they come back in their place."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from amqp.exceptions import NotAllowed
from kombu import Connection, Exchange, Queue
from pymongo import MongoClient

from deploy.local.broker import Broker, start_broker
from deploy.local.faults import LocalFault
from deploy.local.stores import Store, start_store

QUEUE = Queue("kept", Exchange("kept"), routing_key="kept", durable=True, queue_arguments={"x-queue-type": "quorum"})


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = start_broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = start_store("case", tmp_path)
    yield store
    store.stop()


def declare(uri: str) -> None:
    """RabbitMQ saves the list of its quorum queues only every half second; a younger queue is lost with kill -9."""
    with Connection(uri) as connection:
        QUEUE(connection.default_channel).declare()
    time.sleep(1.5)


def publish(uri: str, body: str) -> None:
    """Returns when the broker has confirmed."""
    with Connection(uri, transport_options={"confirm_publish": True}) as connection:
        connection.Producer().publish(body, exchange="kept", routing_key="kept", delivery_mode=2, mandatory=True)


def fetch(uri: str) -> list[str]:
    with Connection(uri) as connection:
        queue = QUEUE(connection.default_channel)
        return [message.body for message in iter(lambda: queue.get(no_ack=True), None)]


def test_a_confirmed_message_outlives_kill_9_of_the_broker(broker: Broker) -> None:
    if broker.given:
        pytest.skip("the broker of AMQP_URI is not ours to kill")
    uri, pid = broker.vhost("killed"), broker.pid
    declare(uri)
    publish(uri, "acknowledged")
    broker.kill()
    broker.restart()
    assert broker.pid != pid
    assert fetch(uri) == ["acknowledged"]


def test_virtual_hosts_share_nothing(broker: Broker) -> None:
    if broker.given:
        pytest.skip("virtual hosts cannot be made on the broker of AMQP_URI")
    for name in ("one", "two"):
        declare(broker.vhost(name))
        publish(broker.vhost(name), f"for {name}")
    assert (fetch(broker.vhost("one")), fetch(broker.vhost("two"))) == (["for one"], ["for two"])
    broker.drop_vhost("one")
    with pytest.raises(NotAllowed):
        fetch(broker.uri.rpartition("/")[0] + "/one")
    with pytest.raises(LocalFault, match="letters, digits"):
        broker.vhost('x">>), halt(')


def test_two_brokers_run_side_by_side(broker: Broker, tmp_path: Path) -> None:
    other = start_broker(tmp_path)
    try:
        if not broker.given:
            assert other.uri != broker.uri and other.pid != broker.pid
            assert other.cpu_seconds() > 0 and other.rss > 50_000_000
    finally:
        other.stop()
    assert broker.answers()


def test_a_written_document_outlives_kill_9_of_the_store(store: Store) -> None:
    if store.given:
        pytest.skip("the store of MONGODB_URI is not ours to kill")
    with MongoClient(store.uri, w="majority", journal=True) as client:
        client.get_default_database()["things"].insert_one({"_id": 1, "kept": True})
    store.kill()
    store.restart()
    with MongoClient(store.uri) as client:
        assert client.get_default_database().name == "case"
        assert client.get_default_database()["things"].find_one({"_id": 1}) == {"_id": 1, "kept": True}


def test_a_paused_store_goes_on_where_it_stood(store: Store) -> None:
    if store.given:
        pytest.skip("the store of MONGODB_URI is not ours to pause")
    store.pause()
    assert store.alive and not store.answers()
    store.resume()
    assert store.answers()
