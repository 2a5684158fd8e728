"""Departments watch their cases while the api they watch is restarted and killed: nothing is lost, and how soon they know.

Events are written into the records as an api would, so that they go on while no api is there: relay, stream, api, watcher.
"""

import threading
import time
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import grpc

from chassis import rpc, tokens
from chassis.acts import MACHINE, Actor, Cause, now
from chassis.records import Records
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import Campaign, scratch, until_true
from loadtests.figures import Figure, publish
from services.case import store
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import exchange_pb2 as pb

METHOD = "yiwang.case.v1.ExchangeService/WatchCases"
WATCHERS, RATE, SECONDS, EVENTS_OF_A_CASE = 20, 200, 15, 5
# Quietly until then; then the api is asked to end, and later it is killed.
STEADY, KILLED = 5.0, 10.0
PAUSE, MARGIN = 0.2, timedelta(seconds=1)
Key = tuple[str, int]


def figures(campaign: Campaign) -> list[Figure]:
    """Events lost and doubled, the lag from the journal to the watcher, and what it costs the api."""
    key = world.signing_key(world.database(campaign.suite.store("case").uri, "case"))
    watchers = [Watcher(campaign.suite.address("case"), key, number) for number in range(WATCHERS)]
    api = campaign.suite.process("case", "api")
    try:
        until_true(lambda: all(one.token for one in watchers), 30)
        writer = Writer(store.cases(campaign.cases.database))
        cpu, began = api.cpu_seconds(), time.monotonic()
        writer.start()
        time.sleep(STEADY)
        cpu, steady = (api.cpu_seconds() - cpu) / (time.monotonic() - began), now()
        api.stop()
        api.restart()
        time.sleep(max(0.0, began + KILLED - time.monotonic()))
        api.kill()
        api.restart()
        writer.join()
        _wait(lambda: all(writer.written[one.department] <= one.seen.keys() for one in watchers), 30)
    finally:
        for one in watchers:
            one.stop()
    lost = sum(len(writer.written[one.department] - one.seen.keys()) for one in watchers)
    told = sum(one.seen.total() for one in watchers)
    lags = sorted(lag for one in watchers for _, lag in one.lags)
    # What was written shortly before the restart is told after it.
    before = (steady - MARGIN).isoformat()
    quiet = sorted(lag for one in watchers for at, lag in one.lags if at < before)
    return [
        Figure("exchange.watch_lost", lost, "events", 0),
        Figure("exchange.watch_disordered", sum(one.disordered for one in watchers), "events", 0),
        Figure("exchange.watch_doubled_share", told / max(1, sum(len(one.seen) for one in watchers)) - 1, "", 0.05),
        Figure("exchange.watch_events_a_second", sum(map(len, writer.written.values())) / writer.took, "events/s"),
        Figure("exchange.watch_lag_p50", _share(quiet, 50), "ms", 500),
        Figure("exchange.watch_lag_p99", _share(quiet, 99), "ms", 2_000),
        Figure("exchange.watch_lag_over_restarts_p50", _share(lags, 50), "ms"),
        Figure("exchange.watch_lag_over_restarts_p99", _share(lags, 99), "ms"),
        Figure("exchange.watch_api_cpu", cpu * 100, "% of a core", 60),
    ]


def _share(ordered: list[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else 0.0


def _wait(condition: Any, seconds: float) -> None:
    """What is not there by then is counted as lost."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)


class Writer(threading.Thread):
    """Writes events of all departments at a rate."""

    def __init__(self, cases: Records[Case]) -> None:
        super().__init__(daemon=True)
        self._cases = cases
        self.written: dict[str, set[Key]] = {world.department(number): set() for number in range(WATCHERS)}
        self.took = 1.0

    def run(self) -> None:
        began = time.monotonic()
        for number in range(RATE * SECONDS // EVENTS_OF_A_CASE):
            department, cause = world.department(number % WATCHERS), _cause()
            id = self._cases.create(cause, lambda id, of=department: _submitted(id, of)).id
            for step in range(EVENTS_OF_A_CASE):
                if step:
                    self._cases.change(id, _cause(), lambda case: events.CaseHandedOver(case_id=case.id))
                self.written[department].add((id, step + 1))
                due = began + (number * EVENTS_OF_A_CASE + step + 1) / RATE
                time.sleep(max(0.0, due - time.monotonic()))
        self.took = time.monotonic() - began


def _cause() -> Cause:
    return Cause(uuid.uuid4().hex, "system:load", "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


def _submitted(id: str, department: str) -> events.CaseSubmitted:
    return events.CaseSubmitted(
        case_id=id, number=f"W{id}", applicant_id="load-watched", department=department, region="990121"
    )


class Watcher:
    """A department's own system: it keeps the token of the last event it has dealt with, and goes on there."""

    def __init__(self, address: str, key: Any, number: int) -> None:
        self.department, self.token = world.department(number), ""
        id = str(uuid.uuid4())
        actor = Actor(
            id=id,
            realm=MACHINE,
            department=self.department,
            region="990121",
            session=f"{id}.1",
            rpcs=frozenset([METHOD]),
            quota=6000,
        )
        self._metadata = (("authorization", f"Bearer {tokens.mint(key, actor, 3600)}"),)
        self._address, self._over = address, threading.Event()
        self.seen: Counter[Key] = Counter()
        self.lags: list[tuple[str, float]] = []
        self.disordered = 0
        self._newest: dict[str, int] = {}
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        options = [*rpc.OPTIONS, ("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
        with grpc.insecure_channel(self._address, options=options) as channel:
            watch = channel.unary_stream(
                f"/{METHOD}",
                request_serializer=pb.WatchCasesRequest.SerializeToString,
                response_deserializer=pb.WatchCasesResponse.FromString,
            )
            while not self._over.is_set():
                call = watch(pb.WatchCasesRequest(token=self.token), metadata=self._metadata)
                try:
                    self._read(call)
                except grpc.RpcError as error:
                    if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                        raise
                self._over.wait(PAUSE)

    def _read(self, call: Any) -> None:
        for answer in call:
            if answer.HasField("event"):
                self._take(answer.event)
            self.token = answer.token
            if self._over.is_set():
                call.cancel()
                return

    def _take(self, event: pb.CaseEvent) -> None:
        key = (event.case_id, event.seq)
        if key not in self.seen:
            lag = now().timestamp() - _instant(event.at)
            self.lags.append((event.at, lag * 1000))
            self.disordered += event.seq != self._newest.get(event.case_id, 0) + 1
            self._newest[event.case_id] = event.seq
        self.seen[key] += 1

    def stop(self) -> None:
        """Ends with the next answer; a heartbeat comes before long."""
        self._over.set()


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> None:
    """This part alone."""
    folder = scratch("bench-watch")
    with Suite(folder / "suite", services=("case",), gateway=False) as suite:
        publish("bench-watch", figures(Campaign(suite, folder / "loads").prepare()))


if __name__ == "__main__":
    main()
