"""The stream of case's events (`case.watch.v1`, a RabbitMQ stream) as it is read: from any offset on, and as events for watchers."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any, NamedTuple

import amqp
import orjson
from kombu.connection import Connection

from chassis import bus
from services.case.model_evolve import EVOLVE
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

_QUEUE = bus.stream_of(events)
QUEUE = _QUEUE.name if _QUEUE else ""
TYPES = frozenset(events.DESCRIPTOR.message_types_by_name)
# Of other records than the cases that are handled here.
OTHERS = TYPES - {event.DESCRIPTOR.name for event in EVOLVE}
TICK_SECONDS = 0.5
# How long a broker that is asked for what must be there may say nothing.
SILENCE_SECONDS = 10
PREFETCH, ACK_EACH = 500, 100
HEARTBEAT_SECONDS = 10


class Away(Exception):
    """The stream does not answer, or does not say what it must."""


class Told(NamedTuple):
    """One event of the stream, with nothing sealed in it."""

    offset: int
    event: pb.CaseEvent


class _Reader:
    """A consumer of the stream with a connection of its own."""

    def __init__(self, uri: str, start: int | str) -> None:
        self._connection = Connection(uri, connect_timeout=5, heartbeat=HEARTBEAT_SECONDS)
        self._arrived: deque[amqp.Message] = deque()
        self._start = start

    def deliveries(self) -> Iterator[amqp.Message | None]:
        """Messages in order; None when there was nothing for a tick. OSError and amqp errors when the broker goes."""
        channel = self._connection.channel()
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(QUEUE, callback=self._arrived.append, arguments={"x-stream-offset": self._start})
        unacked, beat = 0, time.monotonic()
        while True:
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=TICK_SECONDS)
            if time.monotonic() - beat > 1:
                self._connection.heartbeat_check()
                beat = time.monotonic()
            if not self._arrived:
                yield None
            while self._arrived:
                message = self._arrived.popleft()
                unacked += 1
                if unacked == ACK_EACH:  # which gives the broker leave to send more
                    channel.basic_ack(message.delivery_tag, multiple=True)
                    unacked = 0
                yield message

    def close(self) -> None:
        """Closes the connection, however broken it is."""
        try:
            self._connection.release()
        except (OSError, amqp.AMQPError):
            self._connection._close()


def read(uri: str, start: int | str) -> Iterator[amqp.Message | None]:
    """The stream from an offset on, or from `first` or (the chunk of the) `last`; None for a tick without a message."""
    with closing(_Reader(uri, start)) as reader:
        yield from reader.deliveries()


def head(uri: str, start: int | str) -> amqp.Message | None:
    """The first message from there on; None when the stream is empty or ends before. Away when the broker does not say."""
    until = time.monotonic() + SILENCE_SECONDS
    with closing(read(uri, start)) as deliveries:  # type: ignore[type-var]
        for message in deliveries:
            if message is not None:
                return message
            if _length(uri) == 0 or (isinstance(start, int) and _ends_before(uri, start)):
                return None
            if time.monotonic() > until:
                break
    raise Away


def _ends_before(uri: str, offset: int) -> bool:
    """Whether the last chunk, which is sent at once, has nothing so new."""
    newest, until = -1, time.monotonic() + SILENCE_SECONDS
    with closing(read(uri, "last")) as deliveries:  # type: ignore[type-var]
        for message in deliveries:
            if message is not None:
                newest = offset_of(message)
            elif newest >= 0:
                return newest < offset
            elif time.monotonic() > until:
                break
    raise Away


def _length(uri: str) -> int:
    with Connection(uri, connect_timeout=5) as connection:
        return int(connection.channel().queue_declare(QUEUE, passive=True).message_count)


def offset_of(message: amqp.Message) -> int:
    """Where in the stream the message is."""
    return int(message.headers["x-stream-offset"])


def id_of(message: amqp.Message) -> str:
    """Id of the event, `<record id>.<seq>`."""
    return str(message.headers.get("cloudEvents:id", ""))


def department_of(message: amqp.Message) -> str:
    """The department whose case it is of; empty for what is of no case that is handled here."""
    headers = message.headers
    other = str(headers.get("cloudEvents:type", "")).rpartition(".")[2] in OTHERS
    return "" if other else str(headers.get("cloudEvents:department", ""))


def told(message: amqp.Message) -> Told:
    """The message as watchers are told it."""
    headers = message.headers
    record, _, seq = id_of(message).rpartition(".")
    return Told(
        offset_of(message),
        pb.CaseEvent(
            type=headers["cloudEvents:type"].rpartition(".")[2],
            case_id=record,
            seq=int(seq),
            at=headers["cloudEvents:time"],
            data_json=orjson.dumps(_open(orjson.loads(message.body))).decode(),
        ),
    )


def _open(value: Any) -> Any:
    """Without what is sealed, at any depth."""
    if isinstance(value, dict):
        return {key: _open(one) for key, one in value.items() if not key.startswith("sealed")}
    return [_open(one) for one in value] if isinstance(value, list) else value
