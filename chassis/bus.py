"""The broker: exchanges, queues, batches with publisher confirms, dead letters. Everything is declared from the events' descriptors.

Topic exchange `<service>.events`, routing key = event type; queue `<consumer>.<handler>`; shared delay queues `retry.*`;
`<queue>.dead` for what was given up. Queue arguments never change on a living queue: version the name instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import amqp
from google.protobuf.descriptor import Descriptor
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from yiwang.access.v1 import access_pb2

RETRIES = {"retry.1s": 1_000, "retry.10s": 10_000, "retry.1m": 60_000, "retry.10m": 600_000}
# Delay before attempt 2, 3, …; after the last the message is dead: about 55 minutes of patience.
SCHEDULE = ("retry.1s",) * 2 + ("retry.10s",) * 2 + ("retry.1m",) * 2 + ("retry.10m",) * 5
DEAD = Exchange("dead", type="direct", durable=True)
ATTEMPT = "x-attempt"
CONFIRM_SECONDS = 10
_QUORUM = {"x-queue-type": "quorum"}
_SAFE = {**_QUORUM, "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
# Whoever watches and was away longer has to reconcile. Segments go as a whole, so the bounds hold to within one.
_STREAM = {
    "x-queue-type": "stream",
    "x-max-age": "7D",
    "x-max-length-bytes": 1_000_000_000,
    "x-stream-max-segment-size-bytes": 50_000_000,
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out."""

    exchange: str
    key: str
    body: bytes
    headers: Mapping[str, Any]
    mandatory: bool


def exchange_of(event: Descriptor) -> Exchange:
    """The exchange an event is published to: `case.events` for yiwang.case.v1."""
    return Exchange(f"{event.file.package.split('.')[1]}.events", type="topic", durable=True)


def rule_of(event: Descriptor) -> access_pb2.Event:
    """Who hears the event."""
    return event.GetOptions().Extensions[access_pb2.event]


def queue_of(name: str, event: Descriptor) -> Queue:
    """The quorum queue of one handler."""
    arguments = {
        **_SAFE,
        "x-delivery-limit": 20,  # a guard against handlers that kill their process; failing ones go by retry.*
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": name,
    }
    return Queue(name, exchange_of(event), routing_key=event.name, durable=True, queue_arguments=arguments)


def stream_of(module: ModuleType) -> Queue | None:
    """The stream that keeps all events of a module for a while, where its file names one."""
    events = module.DESCRIPTOR
    if not (name := events.GetOptions().Extensions[access_pb2.stream]):
        return None
    exchange = Exchange(f"{events.package.split('.')[1]}.events", type="topic", durable=True)
    return Queue(name, exchange, routing_key="#", durable=True, queue_arguments=_STREAM)


def dead_of(name: str) -> Queue:
    """Where a handler's messages end after the last retry."""
    return Queue(f"{name}.dead", DEAD, routing_key=name, durable=True, queue_arguments=_QUORUM)


def queues(modules: Iterable[ModuleType]) -> Iterator[tuple[str, Descriptor]]:
    """(queue, event) for every consumer the event modules name."""
    for module in modules:
        for event in module.DESCRIPTOR.message_types_by_name.values():
            for name in rule_of(event).consumers:
                yield name, event


def declare(uri: str, modules: Iterable[ModuleType]) -> list[str]:
    """Declares every exchange and queue; safe to repeat. Returns the queues' names."""
    modules = list(modules)
    with Connection(uri, connect_timeout=10) as connection:
        channel = connection.channel()
        for module in modules:
            for event in module.DESCRIPTOR.message_types_by_name.values():
                exchange_of(event)(channel).declare()
            if stream := stream_of(module):
                stream(channel).declare()
        for name, delay in RETRIES.items():
            arguments = {**_SAFE, "x-message-ttl": delay, "x-dead-letter-exchange": ""}
            waiting = Exchange(name, type="fanout", durable=True)
            Queue(name, waiting, durable=True, queue_arguments=arguments)(channel).declare()
        names = []
        for name, event in queues(modules):
            dead_of(name)(channel).declare()
            queue_of(name, event)(channel).declare()
            names.append(name)
        return names


class Publisher:
    """Publishes batches and waits for the broker's confirms. Connects when it must; not shared between threads.

    `streams`: queues that must stand before anything is sent. A broker that comes back brings a stream back some time after it
    lets clients in, and confirms what is published in between though the stream never gets it (RabbitMQ 3.10).
    """

    def __init__(self, uri: str, streams: Iterable[str] = ()) -> None:
        self._streams = tuple(streams)
        self._connection = Connection(uri, connect_timeout=5, heartbeat=0)
        self._channel: Any = None
        self._pending: dict[int, int] = {}
        self._refused: set[int] = set()
        self._tag = 0

    def publish(self, batch: list[Outgoing]) -> set[int]:
        """Publishes in order; returns the positions the broker refused or could not route. amqp/OS errors: none is certain."""
        try:
            if self._channel is None:
                self._open()
            self._refused = set()
            for position, message in enumerate(batch):
                self._send(position, message)
            while self._pending:
                self._connection.drain_events(timeout=CONFIRM_SECONDS)
            return self._refused
        except (OSError, amqp.AMQPError):
            self.close()
            raise

    def _open(self) -> None:
        self._tag, self._pending = 0, {}
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        handlers = {"basic_ack": self._acked, "basic_nack": self._nacked, "basic_return": self._returned}
        for event, handler in handlers.items():
            self._channel.events[event].add(handler)
        for name in self._streams:
            self._channel.queue_declare(name, passive=True)

    def close(self) -> None:
        """Closes the connection, however broken it is; the next batch opens it again."""
        self._channel = None
        try:
            self._connection.release()
        except (OSError, amqp.AMQPError):
            self._connection._close()
        self._connection = self._connection.clone()

    def _send(self, position: int, message: Outgoing) -> None:
        self._tag += 1
        self._pending[self._tag] = position
        content = amqp.Message(
            message.body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            correlation_id=str(position),
            application_headers=dict(message.headers),
        )
        self._channel.basic_publish(content, message.exchange, message.key, mandatory=message.mandatory)

    def _acked(self, tag: int, multiple: bool, into: set[int] | None = None) -> None:
        for known in [one for one in self._pending if one <= tag] if multiple else [tag]:
            position = self._pending.pop(known, None)
            if into is not None and position is not None:
                into.add(position)

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._acked(tag, multiple, self._refused)

    def _returned(self, _error: Exception, _exchange: str, _key: str, message: amqp.Message) -> None:
        self._refused.add(int(message.properties["correlation_id"]))


def dead_count(uri: str, queue: str) -> int:
    """How many dead messages a queue has."""
    with Connection(uri, connect_timeout=10) as connection:
        return int(connection.channel().queue_declare(f"{queue}.dead", passive=True).message_count)


def dead_letters(uri: str, queue: str, most: int = 1000) -> list[dict[str, Any]]:
    """The dead messages of a queue, left where they are: id, type, attempts and the last error's kind; no content."""
    listed: list[dict[str, Any]] = []
    with Connection(uri, connect_timeout=10) as connection:
        channel = connection.channel()
        while len(listed) < most and (message := channel.basic_get(f"{queue}.dead")) is not None:
            headers = message.headers
            listed.append({key: headers.get(key) for key in ("cloudEvents:id", "cloudEvents:type", ATTEMPT, "x-error")})
    return listed  # closing the connection puts them back


def replay_dead(uri: str, queue: str, most: int = 1000) -> int:
    """Sends dead messages to their handler again, from attempt 1; each is confirmed there before it leaves the dead queue."""
    most = min(most, dead_count(uri, queue))  # what dies again at once is not replayed in a circle
    moved = 0
    with closing(Publisher(uri)) as publisher, Connection(uri, connect_timeout=10) as connection:
        channel = connection.channel()
        while moved < most and (message := channel.basic_get(f"{queue}.dead")) is not None:
            headers = {key: value for key, value in message.headers.items() if not key.startswith("x-")}
            body = message.body if isinstance(message.body, bytes) else message.body.encode()
            if publisher.publish([Outgoing("", queue, body, headers, True)]):
                raise LookupError(f"no queue {queue}")
            channel.basic_ack(message.delivery_tag)
            moved += 1
    return moved
