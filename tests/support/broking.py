"""The broker as a test sees it: a queue that hears everything, events sent as a relay sends them, lengths of queues."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from kombu.connection import Connection

from chassis import bus
from chassis.acts import now
from chassis.relay import Relay
from services.topology import EVENTS
from tests.support.waiting import wait_until

_MODULES = {module.DESCRIPTOR.package: module for module in EVENTS}


class Spy:
    """A queue of our own that hears all of an exchange."""

    def __init__(self, channel: amqp.Channel, queue: str) -> None:
        self._channel = channel
        self._queue = queue
        self.heard: list[amqp.Message] = []

    def take(self, count: int, seconds: float = 15) -> list[amqp.Message]:
        """Everything heard so far, once it is at least so many."""

        def enough() -> bool:
            self.listen()
            return len(self.heard) >= count

        wait_until(enough, f"{count} messages", seconds)
        return self.heard

    def listen(self) -> list[amqp.Message]:
        """Everything heard so far."""
        while (message := self._channel.basic_get(self._queue, no_ack=True)) is not None:
            self.heard.append(message)
        return self.heard

    def ids(self) -> list[str]:
        """Ids of the events heard so far, in order."""
        return [message.headers["cloudEvents:id"] for message in self.heard]


@contextmanager
def spying(uri: str, exchange: str = "case.events", key: str = "#") -> Iterator[Spy]:
    """Hears everything published to a topic exchange from now on, or only what has this key."""
    with Connection(uri) as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        queue = f"spy-{uuid.uuid4().hex[:8]}"
        channel.queue_declare(queue, exclusive=True)
        channel.queue_bind(queue, exchange, key)
        yield Spy(channel, queue)


def outgoing(event: Message, record: str, seq: int, by: str = "system:tests") -> bus.Outgoing:
    """The event as the relay of its service sends it."""
    package = event.DESCRIPTOR.file.package
    relay = Relay(package.split(".")[1], [], _MODULES[package], "")
    data = MessageToDict(event)
    entry = {"seq": seq, "type": event.DESCRIPTOR.name, "at": now(), "by": by, "trace": "", "data": data}
    return relay.message(record, entry, "")


def send(uri: str, *messages: bus.Outgoing) -> None:
    """Publishes and awaits the confirms; every message must be taken. As with a relay, a stream that is not there is an error."""
    exchanges = {message.exchange for message in messages}
    streams = [stream for stream in map(bus.stream_of, EVENTS) if stream and stream.exchange.name in exchanges]
    publisher = bus.Publisher(uri, [stream.name for stream in streams])
    try:
        assert publisher.publish(list(messages)) == set()
    finally:
        publisher.close()


def length(uri: str, queue: str) -> int:
    """Messages that are ready in a queue."""
    with Connection(uri) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)


def consumers(uri: str, queue: str) -> int:
    """How many listen to a queue."""
    with Connection(uri) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)


def purge(uri: str, *queues: str) -> None:
    """Empties queues."""
    with Connection(uri) as connection:
        channel = connection.channel()
        for queue in queues:
            channel.queue_purge(queue)


def dump(uri: str, queue: str) -> list[Any]:
    """Takes everything out of a queue."""
    with Connection(uri) as connection:
        channel = connection.channel()
        return list(iter(lambda: channel.basic_get(queue, no_ack=True), None))
