"""WatchCases: what happens to a department's cases, from a token on. At least once, in the order of each case.

Who is behind reads the stream by himself up to where the process reads it, and is handed events from there; who cannot keep up
falls behind again, so that nothing is lost and no queue grows. While the broker is away a watcher waits, at most AWAY_SECONDS.
"""

import base64
import binascii
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from queue import Empty
from typing import NamedTuple

import amqp

from chassis.errors import FAILED_PRECONDITION, UNAVAILABLE, Refused, Violation, invalid, require
from chassis.parts import Parts
from chassis.rpc import Call
from services.case import model_seeing
from services.case import watching_stream as stream
from services.case.store_watching import Epochs
from services.case.watching_stream import Away, Told
from services.case.watching_tail import Tail, Watcher
from yiwang.case.v1 import exchange_pb2 as pb

EARLIEST = "earliest"
BEAT_SECONDS = 10.0
TICK_SECONDS = 0.5
AWAY_SECONDS = 15.0
# How far ahead of this process another one may be that gave the token.
AHEAD_SECONDS = 5.0

Answers = Iterator[pb.WatchCasesResponse | None]


class Mark(NamedTuple):
    """A place in the stream: the offset of the next event, in the stream of this epoch."""

    epoch: int
    offset: int

    def token(self) -> str:
        """As watchers keep it."""
        text = f"{self.epoch}.{self.offset}"
        return base64.urlsafe_b64encode(f"{text}.{zlib.crc32(text.encode()):08x}".encode()).decode().rstrip("=")


def mark_of(token: str) -> Mark:
    """What a token says; INVALID_ARGUMENT `token` for what is none of ours."""
    with suppress(ValueError, binascii.Error):
        text = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True).decode("ascii")
        epoch, offset, _ = text.split(".")
        mark = Mark(int(epoch), int(offset))
        if mark.epoch > 0 and mark.offset >= 0 and mark.token() == token:
            return mark
    raise invalid(Violation("token", "MALFORMED", "令牌格式不正确"))


def _reconcile() -> Refused:
    return Refused(FAILED_PRECONDITION, "RECONCILE_NEEDED", "该位置之后的记录已不完整，请先对账再重新订阅")


def _away() -> Refused:
    return Refused(UNAVAILABLE, "STREAM_AWAY", "消息服务暂时不可用，请稍后凭令牌重连")


class Watching:
    """What the watchers of one process share."""

    def __init__(self, parts: Parts) -> None:
        self.uri = parts.settings.amqp_uri
        self.tail = Tail(self.uri, Epochs(parts.database, stream.QUEUE))

    def watch(self, request: pb.WatchCasesRequest, call: Call) -> Answers:
        """The events of the caller's department; refuses a bad request before the first."""
        department = model_seeing.visible(call.actor).get("state.department", "")
        require(bool(department), "NO_DEPARTMENT", "您没有所属部门，没有可订阅的办件")
        unknown = [n for n, name in enumerate(request.types) if name not in stream.TYPES]
        if unknown:
            raise invalid(*(Violation(f"types[{n}]", "TYPE_UNKNOWN", "没有此类事件") for n in unknown))
        earliest = request.token == EARLIEST
        mark = mark_of(request.token) if request.token and not earliest else None
        return _Watch(self, department, frozenset(request.types), mark, earliest).answers()


class _Watch:
    """One watcher on his way through the stream. `mark` is where he is; None before he joined for the first time."""

    def __init__(
        self, shared: Watching, department: str, types: frozenset[str], mark: Mark | None, earliest: bool
    ) -> None:
        self._uri, self._tail = shared.uri, shared.tail
        self._department, self._types = department, types
        self._mark, self._earliest = mark, earliest
        self._said = self._turned = 0.0

    def answers(self) -> Answers:
        """Until the caller goes, or may no more."""
        while True:
            watcher = None
            since = time.monotonic()
            while (watcher := self._tail.join(self._department)) is None:
                if time.monotonic() - since > AWAY_SECONDS:
                    raise _away()
                time.sleep(0.1)
                yield from self._quiet()
            try:
                yield from self._follow(watcher)
            except (OSError, amqp.AMQPError, Away):
                # The broker went while he read by himself: he joins again, when it is back.
                time.sleep(TICK_SECONDS)
            finally:
                self._tail.leave(watcher)

    def _follow(self, watcher: Watcher) -> Answers:
        if self._mark is None:
            self._mark = Mark(watcher.epoch, 0 if self._earliest else watcher.start)
        if self._mark.epoch != watcher.epoch:
            raise _reconcile()
        since = time.monotonic()
        while self._mark.offset > (self._tail.position or 0):
            if watcher.lost:
                return
            if time.monotonic() - since > AHEAD_SECONDS:
                raise _reconcile()  # nobody gave this token for this stream
            time.sleep(0.1)
            yield from self._quiet()
        if not self._said:
            yield self._beat()  # from now on he can come back
        if self._mark.offset < watcher.start:
            yield from self._catch_up(watcher.start)
        yield from self._live(watcher)

    def _catch_up(self, until: int) -> Answers:
        """What lies between where he is and where the process reads, by a consumer of his own."""
        heard, first = time.monotonic(), True
        start = self._at() or "first"
        with closing(stream.read(self._uri, start)) as deliveries:  # type: ignore[type-var]
            for message in deliveries:
                if message is None and time.monotonic() - heard > stream.SILENCE_SECONDS:
                    raise Away
                if message is not None:
                    heard, offset = time.monotonic(), stream.offset_of(message)
                    if first and not self._earliest and offset > self._at() and self._gone(offset):
                        raise _reconcile()
                    first = self._earliest = False
                    if offset < until and stream.department_of(message) == self._department:
                        yield from self._tell(stream.told(message))
                    self._go_to(min(offset + 1, until))
                    if offset + 1 >= until:
                        return
                yield from self._quiet()

    def _gone(self, offset: int) -> bool:
        """Whether the stream begins at this offset, so that what was before it is not kept any more (else it is a gap of the broker)."""
        first = stream.head(self._uri, "first")
        return first is None or stream.offset_of(first) >= offset

    def _live(self, watcher: Watcher) -> Answers:
        """What he is handed, until he is lost."""
        while not watcher.lost:
            position = self._tail.position
            try:
                one = watcher.events.get(timeout=TICK_SECONDS)
            except Empty:
                if position is not None and not watcher.lost:  # then nothing before it can still be on its way to him
                    self._go_to(position)
                yield from self._quiet()
                continue
            yield from self._tell(one)
            yield from self._quiet()

    def _tell(self, one: Told) -> Answers:
        if one.offset < self._at():
            return
        self._go_to(one.offset + 1)
        if not self._types or one.event.type in self._types:
            yield self._said_now(pb.WatchCasesResponse(token=self._token(), event=one.event))

    def _quiet(self) -> Answers:
        """A heartbeat when it is time; else, each tick, leave to look whether the stream goes on."""
        if self._mark is not None and self._said and time.monotonic() - self._said > BEAT_SECONDS:
            yield self._beat()
        elif time.monotonic() - self._turned > TICK_SECONDS:
            self._turned = time.monotonic()
            yield None

    def _beat(self) -> pb.WatchCasesResponse:
        return self._said_now(pb.WatchCasesResponse(token=self._token()))

    def _said_now(self, answer: pb.WatchCasesResponse) -> pb.WatchCasesResponse:
        self._said = self._turned = time.monotonic()
        return answer

    def _at(self) -> int:
        return self._mark.offset if self._mark else 0

    def _go_to(self, offset: int) -> None:
        if self._mark is not None and offset > self._mark.offset:
            self._mark = Mark(self._mark.epoch, offset)

    def _token(self) -> str:
        return self._mark.token() if self._mark else ""
