"""Streams go through the same pipeline as calls: access first, fields named, an end when the caller may no more, and a cap."""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest

from chassis import contracts, rpc
from chassis.acts import Actor
from chassis.errors import RESOURCE_EXHAUSTED, Refused
from chassis.streams import Streams
from chassis.tokens import Verifier
from tests.support.actors import KEY, machine, person, token
from tests.support.calling import As, refused
from tests.support.serving import contract_of
from tests.support.waiting import wait_until
from yiwang.case.v1 import exchange_pb2 as pb

Code = grpc.StatusCode
SERVICE = contract_of("case", "ExchangeService")
PATHS = [contracts.path(method) for method in SERVICE.methods]
ROWS = pb.ReportCasesRequest(rows=[pb.ReportRow(number="1")])


class Acts:
    """A servicer whose streams go on until they are ended from outside."""

    def __init__(self) -> None:
        self.read: list[pb.ReportCasesRequest] = []
        self.watching = 0

    def ReportCases(self, requests: Iterator[pb.ReportCasesRequest], call: rpc.Call) -> pb.ReportCasesResponse:
        for request in requests:
            self.read.append(request)
        return pb.ReportCasesResponse(read=len(self.read))

    def WatchCases(self, request: pb.WatchCasesRequest, call: rpc.Call) -> Iterator[pb.WatchCasesResponse | None]:
        self.watching += 1
        try:
            yield pb.WatchCasesResponse(token="1")
            while True:
                time.sleep(0.05)
                yield None
        finally:
            self.watching -= 1

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda request, call: pb.ReportedProgress(number="unary")


class Serving:
    """A server of those acts with small caps; `taken` counts what is metered."""

    def __init__(self, acts: Acts) -> None:
        self.acts, self.taken, self.most = acts, 0, 1000
        self.verifier = Verifier(lambda kid: KEY)
        address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
        self.server = rpc.Server(address)
        self.server.streams = Streams(watchers=3, senders=2, each=2)
        self.server.add(SERVICE, self.acts, rpc.Guard(self.verifier, lambda command: "", self.meter))
        self.server.start()
        self.channel = grpc.insecure_channel(address)

    def meter(self, actor: Actor) -> None:
        self.taken += 1
        if self.taken > self.most:
            raise Refused(RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED", "调用过于频繁")

    def by(self, actor: Actor | None = None, seconds: int = 900) -> As:
        actor = actor or machine(*PATHS)
        return As(self.channel, SERVICE, actor, token(actor, seconds))


@pytest.fixture
def served() -> Iterator[Serving]:
    yield from serve(Acts())


def serve(acts: Acts) -> Iterator[Serving]:
    one = Serving(acts)
    yield one
    one.channel.close()
    one.server.streams.closing.set()
    one.server._server.stop(0).wait()


def test_nothing_of_a_stream_is_read_before_the_caller_is_let_in(served: Serving) -> None:
    for actor, code in ((person(), Code.PERMISSION_DENIED), (machine("yiwang.x.v1.X/Other"), Code.PERMISSION_DENIED)):
        with refused(code, "NOT_ALLOWED"):
            served.by(actor).ReportCases(stream=iter([ROWS, ROWS]))
        with refused(code, "NOT_ALLOWED"):
            next(served.by(actor).WatchCases())
    with refused(Code.UNAUTHENTICATED, "TOKEN_MISSING"):
        As(served.channel, SERVICE, None).ReportCases(stream=iter([ROWS]))
    assert served.acts.read == [] and served.taken == 0


def test_a_bad_message_names_its_field_wherever_it_comes_in_the_stream(served: Serving) -> None:
    bad = pb.ReportCasesRequest(profile="No such!")
    with refused(Code.INVALID_ARGUMENT) as refusal:
        served.by().ReportCases(stream=iter([ROWS, ROWS, bad, ROWS]))
    assert set(refusal.fields) == {"profile"} and len(served.acts.read) == 2
    with refused(Code.INVALID_ARGUMENT) as refusal:
        next(served.by().WatchCases(types=["Not a type"]))
    assert set(refusal.fields) == {"types[0]"}


def test_each_message_of_a_client_counts_beside_the_call(served: Serving) -> None:
    assert served.by().ReportCases(stream=iter([ROWS] * 5)).read == 5
    assert served.taken == 6
    served.most = served.taken + 3
    with refused(Code.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        served.by().ReportCases(stream=iter([ROWS] * 5))
    assert len(served.acts.read) == 5 + 2
    with refused(Code.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        next(served.by().WatchCases())


def test_a_stream_without_a_message_is_answered(served: Serving) -> None:
    assert served.by().ReportCases(stream=iter([])).read == 0


@pytest.mark.parametrize("watching", [True, False])
def test_a_stream_ends_when_its_token_is_over(served: Serving, monkeypatch: pytest.MonkeyPatch, watching: bool) -> None:
    monkeypatch.setattr("chassis.tokens.LEEWAY_SECONDS", 0)
    began = time.monotonic()
    with refused(Code.UNAUTHENTICATED, "TOKEN_EXPIRED"):
        run(served.by(seconds=2), watching)
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("watching", [True, False])
def test_a_stream_ends_when_its_session_does_though_its_client_says_nothing(served: Serving, watching: bool) -> None:
    actor = replace(machine(*PATHS), session="ends")
    threading.Timer(0.3, served.verifier.end, [{"ends": time.time() + 900}]).start()
    began = time.monotonic()
    with refused(Code.UNAUTHENTICATED, "SESSION_ENDED"):
        run(served.by(actor), watching)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("watching", [True, False])
def test_streams_end_at_once_when_the_process_closes(served: Serving, watching: bool) -> None:
    threading.Timer(0.3, served.server.streams.closing.set).start()
    began = time.monotonic()
    with refused(Code.UNAVAILABLE, "SERVER_CLOSING"):
        run(served.by(), watching)
    assert time.monotonic() - began < 3


def run(client: As, watching: bool) -> None:
    """A stream in which the client does not say a word after the first."""
    if watching:
        list(client.WatchCases(deadline=None))
        return
    silent = threading.Event()

    def one_and_then_nothing() -> Iterator[pb.ReportCasesRequest]:
        yield ROWS
        silent.wait(20)

    try:
        client.ReportCases(stream=one_and_then_nothing(), deadline=None)
    finally:
        silent.set()


def test_watchers_have_a_cap_and_never_starve_calls(served: Serving) -> None:
    one = served.by()
    open = [one.WatchCases(deadline=None) for _ in range(2)]
    for call in open:
        next(call)
    with refused(Code.RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS"):  # no more for him
        next(one.WatchCases())
    open.append(served.by().WatchCases(deadline=None))
    next(open[2])
    with refused(Code.RESOURCE_EXHAUSTED, "TOO_MANY_WATCHERS"):  # no more for anybody
        next(served.by().WatchCases())
    assert served.by().GetReportedProgress(number="1", last_six="123456").number == "unary"
    assert served.by().ReportCases(stream=iter([ROWS])).read == 1
    open[0].cancel()
    wait_until(lambda: served.acts.watching == 2, "a place is free again")
    wait_until(lambda: next(served.by().WatchCases(deadline=None)), "and somebody else may have it")


class Slow(Acts):
    """Reads one message and no more before it is told to; notes how the stream ended."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on, self.ended = threading.Event(), ""

    def ReportCases(self, requests: Iterator[pb.ReportCasesRequest], call: rpc.Call) -> pb.ReportCasesResponse:
        next(requests)
        self.go_on.wait(10)
        try:
            self.read.extend(requests)
            self.ended = "whole"
        except grpc.RpcError:
            self.ended = "broken off"
            raise
        return pb.ReportCasesResponse()


@pytest.fixture
def slow() -> Iterator[Serving]:
    yield from serve(Slow())


def test_a_slow_act_makes_a_slow_stream_and_one_its_client_breaks_off_ends(
    slow: Serving, capfd: pytest.CaptureFixture[str]
) -> None:
    acts, sent = slow.acts, []
    assert isinstance(acts, Slow)
    big, silent = pb.ReportCasesRequest(rows=[pb.ReportRow(number="1" * 1_000_000)]), threading.Event()

    def batches() -> Iterator[pb.ReportCasesRequest]:
        for _ in range(30):
            sent.append(1)
            yield big
        silent.wait(20)

    report = slow.channel.stream_unary(
        f"/{PATHS[0]}", pb.ReportCasesRequest.SerializeToString, pb.ReportCasesResponse.FromString
    )
    call = report.future(batches(), metadata=(("authorization", f"Bearer {token(machine(*PATHS))}"),))
    wait_until(lambda: bool(sent), "the first batch")
    time.sleep(0.5)
    assert 1 <= len(sent) < 20, "the client is held back"
    acts.go_on.set()
    wait_until(lambda: len(acts.read) == 29, "the rest")
    call.cancel()
    wait_until(lambda: bool(acts.ended), "the act hears of it")
    # grpcio may see the last message's end before it sees the cancellation: who must know the whole states it in a message.
    assert acts.ended in ("broken off", "whole")
    silent.set()
    assert '"bug"' not in capfd.readouterr().err
