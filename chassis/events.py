"""Handlers of events: the only file that knows nameko, and `@on` the only way to subscribe.

Stock nameko 2.14.1 loses a message whose handler raised, dies when it acks on a dead socket, and closes the connection before
handlers in flight have acked; the two classes here mend that (private names of nameko: its version is pinned exactly).
"""

import functools
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import amqp
import eventlet
import orjson
from google.protobuf.message import Message
from kombu.connection import Connection
from kombu.message import Message as Delivery
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from nameko.messaging import QueueConsumer
from nameko.runners import ServiceRunner
from nameko.timer import timer
from pymongo.errors import ConnectionFailure, ExecutionTimeout

from chassis import bus, telemetry, wait
from chassis.acts import Cause
from chassis.errors import NotYet, Refused
from chassis.masters import KeysUnavailable
from chassis.records import parse_event
from chassis.telemetry import log

E = TypeVar("E", bound=Message)
T = TypeVar("T", bound=Callable[..., None])
WORKERS = 10
HEARTBEAT = 20


@dataclass(slots=True)
class Heard(Generic[E]):
    """An event as a handler hears it. `id` is `<record id>.<seq>`; `seq` orders the events of one record."""

    id: str
    record: str
    seq: int
    by: str
    time: str
    body: E
    handler: str
    trace: str

    @property
    def cause(self) -> Cause:
        """The cause of what the handler writes: `<event id>/<handler>`; done by the system, for the actor of the event."""
        service = self.handler.split(".", 1)[0]
        return Cause(key=f"{self.id}/{self.handler}", by=f"system:{service}", trace=self.trace)


class _Consumer(QueueConsumer):
    """nameko's consumer, that survives a broken connection and lets handlers in flight ack before it closes."""

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        consumers = super().get_consumers(consumer_cls, channel)
        for provider, consumer in self._consumers.items():
            # The handler reads the body itself: what kombu cannot read it acks away, and logs.
            consumer.on_message = functools.partial(self.handle_message, provider, None)
        return consumers

    def ack_message(self, message: Delivery) -> None:
        _settle(message.ack)

    def requeue_message(self, message: Delivery) -> None:
        _settle(message.requeue)

    def on_iteration(self) -> None:
        self._cancel_consumers_if_requested()
        if not self._consumers and not self.container._worker_threads:
            self.should_stop = True


def _settle(act: Callable[[], None]) -> None:
    try:
        act()
    except (OSError, amqp.AMQPError, AttributeError):
        # The connection is gone, the broker has taken the message back; the handler's cause absorbs the second delivery.
        log("events").info("settled_on_dead_connection")


class _Handler(Entrypoint):
    """The entrypoint behind @on: consume, run, then ack, delay or give up."""

    queue_consumer = _Consumer()

    def __init__(self, events: tuple[type[Message], ...], **kwargs: Any) -> None:
        self.events = {event.DESCRIPTOR.full_name: event for event in events}
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.name = f"{self.container.service_name}.{self.method_name}"
        # Bound to one of them here, to all of them by the topology.
        first = next(iter(self.events.values()))
        self.queue = bus.queue_of(self.name, first.DESCRIPTOR)  # type: ignore[arg-type]
        self.queue_consumer.register_provider(self)

    def stop(self) -> None:
        self.queue_consumer.unregister_provider(self)

    def handle_message(self, _body: None, message: Delivery) -> None:
        done = functools.partial(self.handle_result, message)
        try:
            heard = self._heard(orjson.loads(message.body), message.headers)
        except Exception as error:
            # Not an event of ours at all: nothing a later attempt could mend.
            self._give_up(message, error)
            return
        try:
            self.container.spawn_worker(self, (heard,), {}, context_data={}, handle_result=done)
        except ContainerBeingKilled:
            self.queue_consumer.requeue_message(message)

    def _heard(self, body: dict[str, Any], headers: dict[str, Any]) -> Heard[Any]:
        id = headers["cloudEvents:id"]
        record, seq = id.rsplit(".", 1)
        kind = self.events[headers["cloudEvents:type"]]
        event = parse_event(sys.modules[kind.__module__], kind.DESCRIPTOR.name, body)
        by, trace = headers.get("by", ""), headers.get("traceparent", "")
        return Heard(id, record, int(seq), by, headers["cloudEvents:time"], event, self.name, trace)

    def handle_result(self, message: Delivery, _context: Any, result: Any = None, exc_info: Any = None) -> Any:
        if exc_info is None:
            self.queue_consumer.ack_message(message)
        else:
            self._again(message, exc_info[1])
        return result, None

    def _again(self, message: Delivery, error: BaseException) -> None:
        attempt = int(message.headers.get(bus.ATTEMPT, 1))
        if attempt > len(bus.SCHEDULE):
            self._give_up(message, error)
            return
        say = log("events").info if isinstance(error, NotYet) else log("events").warning
        id = message.headers.get("cloudEvents:id")
        say("handler_again", queue=self.name, event_id=id, attempt=attempt, error=_kind(error))
        self._move(message, bus.SCHEDULE[attempt - 1], {bus.ATTEMPT: attempt + 1})

    def _give_up(self, message: Delivery, error: BaseException) -> None:
        telemetry.dead_letters.add(1, {"queue": self.name})
        id = message.headers.get("cloudEvents:id")
        log("events").error("dead_letter", queue=self.name, event_id=id, error=_kind(error))
        self._move(message, bus.DEAD.name, {"x-error": _kind(error)})

    def _move(self, message: Delivery, exchange: str, headers: dict[str, Any]) -> None:
        """Publishes a copy and awaits the confirm before the ack: the message is in both places rather than in none."""
        try:
            body = message.body if isinstance(message.body, bytes) else message.body.encode()
            copy = bus.Outgoing(exchange, self.name, body, {**message.headers, **headers}, True)
            with closing(bus.Publisher(self.container.config["AMQP_URI"])) as publisher:
                refused = publisher.publish([copy])
        except (OSError, amqp.AMQPError):
            refused = {0}
        if refused:
            eventlet.sleep(1)
            self.queue_consumer.requeue_message(message)
        else:
            self.queue_consumer.ack_message(message)


def on(*events: type[E]) -> Callable[[Callable[[Any, Heard[E]], None]], Callable[[Any, Heard[E]], None]]:
    """Subscribes a worker's method to an event, or to several that it treats alike. Its one queue is `<service>.<method>`, named in the
    events' protos too.

    Raise NotYet when a predecessor is missing; any other error is retried with growing delay, then dead-lettered.
    While the store or the KMS is away the handler waits: a broken store is not a broken message.
    """

    def decorate(method: Callable[[Any, Heard[E]], None]) -> Callable[[Any, Heard[E]], None]:
        @functools.wraps(method)
        def run(self: Any, heard: Heard[E]) -> None:
            _run(lambda: method(self, heard), heard)

        run.hears = events  # type: ignore[attr-defined]
        return _Handler.decorator(events)(run)  # type: ignore[no-any-return]

    return decorate


def every(interval: float) -> Callable[[T], T]:
    """A worker's method called each so many seconds: `@every(interval=60)`."""
    return timer(interval=interval)  # type: ignore[no-any-return]


def _run(handle: Callable[[], None], heard: Heard[Any]) -> None:
    attributes: dict[str, str | int] = {telemetry.RECORD: heard.record}
    with telemetry.span(f"handle {heard.handler}", "consumer", heard.trace, attributes) as span:
        heard.trace = span.traceparent
        while True:
            try:
                handle()
                break
            except (ConnectionFailure, ExecutionTimeout, KeysUnavailable) as error:
                log("events").warning("handler_waits_for_store", queue=heard.handler, error=type(error).__name__)
                time.sleep(1)
    telemetry.handled.record(span.ms(), {"queue": heard.handler})


def _kind(error: BaseException) -> str:
    """The kind of an error; its text could carry a person's data."""
    return error.reason if isinstance(error, Refused) else type(error).__name__


def wait_for_broker(uri: str) -> None:
    """Returns when the broker answers; says so while it does not (nameko would exit)."""
    wait.until("broker", lambda: Connection(uri, connect_timeout=5).connect().close(), OSError, amqp.AMQPError)


def host(worker: type, uri: str) -> ServiceRunner:
    """Runs a worker's handlers and timers; returns nameko's runner, to wait on and to stop."""
    runner = ServiceRunner({"AMQP_URI": uri, "max_workers": WORKERS, "heartbeat": HEARTBEAT})
    runner.add_service(worker)
    runner.start()
    return runner
