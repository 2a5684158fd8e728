"""Watchers of cases in a test: each reads in a thread of its own, and events are sent as case's relay sends them."""

import threading
from typing import Any

import grpc
from google.protobuf.message import Message

from chassis import bus
from chassis.acts import Actor
from tests.support import broking
from tests.support.actors import DEPARTMENT, machine
from tests.support.serving import Here
from tests.support.waiting import wait_until

WATCH = "yiwang.case.v1.ExchangeService/WatchCases"


def system(department: str = DEPARTMENT, quota: int = 1000) -> Actor:
    """A department's own system that may watch."""
    return machine(WATCH, department=department, quota=quota)


def event(body: Message, record: str, seq: int, department: str = DEPARTMENT) -> bus.Outgoing:
    """The event as case's relay sends it, of a case of this department."""
    one = broking.outgoing(body, record, seq)
    headers = dict(one.headers) | ({"cloudEvents:department": department} if department else {})
    return bus.Outgoing(one.exchange, one.key, one.body, headers, False)


class Watch:
    """What one watcher is told."""

    def __init__(self, api: Here, by: Actor, token: str = "", types: tuple[str, ...] = (), access: str = "") -> None:
        self.call = api.by(by, access, "ExchangeService").WatchCases(token=token, types=types, deadline=None)
        self.answers: list[Any] = []
        self.error: Any = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for answer in self.call:
                self.answers.append(answer)
        except grpc.RpcError as error:
            self.error = error

    @property
    def events(self) -> list[Any]:
        """The events so far."""
        return [one.event for one in self.answers if one.HasField("event")]

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(case, seq) of the events so far."""
        return [(one.case_id, one.seq) for one in self.events]

    @property
    def token(self) -> str:
        """Where to go on."""
        return str(self.answers[-1].token)

    def begun(self) -> "Watch":
        """Returns when the watcher has its first token."""
        wait_until(lambda: bool(self.answers or self.error), "the watcher is told where it is", 20)
        if self.error:
            raise self.error
        return self

    def take(self, count: int, seconds: float = 20) -> list[tuple[str, int]]:
        """(case, seq) of the events once there are so many."""
        wait_until(lambda: len(self.events) >= count or bool(self.error), f"{count} events", seconds)
        if self.error:
            raise self.error
        return self.keys

    def ended(self, seconds: float = 10) -> Any:
        """The error the stream ends with."""
        self._thread.join(seconds)
        assert self.error is not None, "the stream goes on"
        return self.error

    def stop(self) -> None:
        self.call.cancel()
        self._thread.join(5)
