"""Streams: a thread pool of their own and a cap, so that they never starve calls; and when one ends before its own end.

A stream holds a thread as long as it lasts. It ends within a second of its token's end, of its session's, and of the drain of
the process, which is why whoever serves one never waits longer than TICK_SECONDS without a word.
"""

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc
import pymongo

from chassis import errors
from chassis.acts import Actor
from chassis.errors import Refused
from chassis.tokens import Verifier

TICK_SECONDS = 1.0
# What one process serves at once of each kind, and of it one caller.
MOST_WATCHERS, MOST_SENDERS, MOST_EACH = 64, 16, 8
# Threads beside: they tell the next one that there is no place.
SPARE = 4
STEP_SECONDS = 10.0


class Streams:
    """The streams a process serves now. `watching` are those of the server, the others of clients."""

    def __init__(self, watchers: int = MOST_WATCHERS, senders: int = MOST_SENDERS, each: int = MOST_EACH) -> None:
        self.pool = ThreadPoolExecutor(watchers + senders + SPARE, "streams")
        self.closing = threading.Event()
        self._most = {True: watchers, False: senders}
        self._each = each
        self._open: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        self._lock = threading.Lock()

    @contextmanager
    def place(self, watching: bool, principal: str) -> Iterator[None]:
        """A place for a stream of this caller; RESOURCE_EXHAUSTED TOO_MANY_WATCHERS (TOO_MANY_STREAMS) when there is none."""
        taken = self._open[watching]
        with self._lock:
            if taken.total() >= self._most[watching] or taken[principal] >= self._each:
                reason = "TOO_MANY_WATCHERS" if watching else "TOO_MANY_STREAMS"
                raise Refused(errors.RESOURCE_EXHAUSTED, reason, "同时建立的连接过多，请稍后重试")
            taken[principal] += 1
        try:
            yield
        finally:
            with self._lock:
                taken[principal] -= 1
                taken += Counter()  # callers with none left are forgotten

    def goes_on(self, verifier: Verifier, token: str, actor: Actor) -> None:
        """UNAVAILABLE SERVER_CLOSING in the drain, UNAUTHENTICATED SESSION_ENDED or TOKEN_EXPIRED when the caller may no more."""
        if self.closing.is_set():
            raise Refused(errors.UNAVAILABLE, "SERVER_CLOSING", "服务正在重启，请重新连接")
        try:
            verifier.actor(token)
        except Refused:
            if verifier.has_ended(actor.session):
                raise Refused(errors.UNAUTHENTICATED, "SESSION_ENDED", "登录已失效，请重新登录") from None
            raise Refused(errors.UNAUTHENTICATED, "TOKEN_EXPIRED", "登录已过期，请重新登录") from None


class Messages:
    """What a client streams, message by message, each checked before it is handed on; the store's deadline begins anew with each.

    A thread reads one message ahead and no further: a slow act is a slow stream. `grpc.RpcError` when the client is gone, which
    is no end of the stream.
    """

    def __init__(self, requests: Iterator[Any], goes_on: Callable[[], None], check: Callable[[Any], None]) -> None:
        self._requests, self._goes_on, self._check = requests, goes_on, check
        self._read: queue.Queue[Any] = queue.Queue(1)
        self._done = threading.Event()
        self._step = ExitStack()

    def __enter__(self) -> "Messages":
        threading.Thread(target=self._reading, name="stream-reader", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._step.close()

    def __iter__(self) -> "Messages":
        return self

    def __next__(self) -> Any:
        self._step.close()
        message = self._wait()
        if isinstance(message, Exception):
            raise message
        self._step.enter_context(pymongo.timeout(STEP_SECONDS))
        self._check(message)
        return message

    def _wait(self) -> Any:
        while True:
            self._goes_on()
            try:
                return self._read.get(timeout=TICK_SECONDS)
            except queue.Empty:
                continue

    def _reading(self) -> None:
        try:
            for message in self._requests:
                if not self._hand(message):
                    return
            self._hand(StopIteration())
        except grpc.RpcError as error:
            self._hand(error)

    def _hand(self, message: Any) -> bool:
        while not self._done.is_set():
            try:
                self._read.put(message, timeout=TICK_SECONDS)
                return True
            except queue.Full:
                continue
        return False
