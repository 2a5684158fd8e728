"""What handling cases costs: an application that a rule decides at once, reads among a million cases, and the timers over them."""

import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import grpc

from chassis.acts import now
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import Campaign, scratch, until_true
from loadtests.figures import Figure, publish
from services.case import store, store_timers, timing
from services.case.store_items import Items
from yiwang.case.v1 import service_pb2 as pb
from yiwang.case.v1 import service_pb2_grpc
from yiwang.rules.v1 import rules_pb2

FEW = 10_000
INSTANT, CALLS, READS, ROUNDS = 500, 400, 300, 3
BATCH = 200
# Ends of one county that are due at once, and the other county that has one, and its turn after it.
CROWD, CROWDED, OTHER = 10_000, "990198", "990199"
ACTS = ("inbox", "mine", "progress", "get")
Call = Callable[[int], Any]


class Caller:
    """Calls of persons and officers, one after the other, with the time each takes."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign, spec = campaign, campaign.spec
        self._stub = service_pb2_grpc.CaseServiceStub(grpc.insecure_channel(campaign.suite.address("case")))
        self._persons, self._officers = spec["tokens"], spec["officers"]

    def submit(self, item: str, number: int) -> pb.Case:
        request = pb.SubmitCaseRequest(request_id=uuid.uuid4().hex, item_id=item, form=world.FORM)
        return self._stub.SubmitCase(request, metadata=_of(self._persons, number), timeout=30)  # type: ignore[no-any-return]

    def inbox(self, number: int) -> Any:
        return self._stub.ListInbox(pb.ListInboxRequest(page_size=20), metadata=_of(self._officers, number), timeout=30)

    def mine(self, number: int) -> Any:
        return self._stub.ListMyCases(
            pb.ListMyCasesRequest(page_size=20), metadata=_of(self._persons, number), timeout=30
        )

    def get(self, case: str, number: int) -> Any:
        return self._stub.GetCase(pb.GetCaseRequest(case_id=case), metadata=_of(self._persons, number), timeout=30)

    def progress(self, number: str, code: str) -> Any:
        return self._stub.GetProgress(pb.GetProgressRequest(number=number, query_code=code), timeout=30)


def _of(tokens: list[str], number: int) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {tokens[number % len(tokens)]}"),)


def _timed(call: Call, count: int) -> list[float]:
    """Milliseconds of so many calls, ordered."""
    took = []
    for number in range(count):
        began = time.perf_counter()
        call(number)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def _p(ordered: list[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def instant_item(case_store: Any) -> str:
    """An item that is decided by its rule at once."""
    id, definition = world.item(INSTANT)
    leaf = rules_pb2.Leaf(id="phone", cel="contact_phone.size() > 5", basis="办法第三条", says="留有联系电话")
    definition.automatic.rule.CopyFrom(rules_pb2.Rule(leaf=leaf))
    Items(case_store).keep(id, 1, 1, definition)
    return id


def instant(campaign: Campaign) -> list[Figure]:
    """秒批 end to end, beside an ordinary application in the same minute."""
    caller, item = Caller(campaign), instant_item(campaign.cases.database)
    ordinary = campaign.spec["items"][0]
    found: dict[str, tuple[list[float], float]] = {}
    for name, one in (("warm", item), ("ordinary", ordinary), ("instant", item)):
        before = campaign.suite.cpu_seconds()
        took = _timed(lambda number, one=one: caller.submit(one, number), 50 if name == "warm" else CALLS)
        after = campaign.suite.cpu_seconds()
        found[name] = took, sum(after[part] - before[part] for part in ("case-api", "case-store"))
    assert caller.submit(item, 0).status == pb.CASE_STATUS_CLOSED, "the rule decides"
    until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 60)
    (took, cpu), (_, plain) = found["instant"], found["ordinary"]
    return [
        Figure("case.instant_p50", _p(took, 50), "ms"),
        Figure("case.instant_p99", _p(took, 99), "ms", 1_000),
        Figure("case.instant_cpu_ratio", cpu / plain, "×", 2.0),
    ]


def reads(campaign: Campaign) -> dict[str, float]:
    """p99 of each read in milliseconds with what the store holds now, the acts taking turns; the worker rests."""
    caller, worker = Caller(campaign), campaign.suite.process("case", "worker")
    known = [caller.submit(campaign.spec["items"][number % 50], number) for number in range(50)]
    calls: dict[str, Call] = {
        "inbox": caller.inbox,
        "mine": caller.mine,
        "progress": lambda number: caller.progress(known[number % 50].number, known[number % 50].query_code),
        "get": lambda number: caller.get(known[number % 50].id, number % 50),
    }
    until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 60)
    worker.pause()
    rounds: dict[str, list[float]] = {act: [] for act in ACTS}
    for act in ACTS:
        _timed(calls[act], 50)
    for _ in range(ROUNDS):
        for act in ACTS:
            rounds[act].append(_p(_timed(calls[act], READS), 99))
    worker.resume()
    return {act: statistics.median(rounds[act]) for act in ACTS}


def growth(few: dict[str, float], many: dict[str, float]) -> list[Figure]:
    """How much longer a read takes among many cases."""
    found = [Figure(f"case.growth_{act}_p99_ratio", many[act] / few[act], "×", 1.3) for act in ACTS]
    return found + [Figure(f"case.growth_{act}_p99", many[act], "ms") for act in ACTS]


def quiet_round(campaign: Campaign) -> list[Figure]:
    """The timer's round over all there is, with nothing due."""
    database = campaign.cases.database
    rounds = timing.timing_of(database, store.cases(database))
    rounds.round()
    took = _timed(lambda _: rounds.round(), 20)
    return [
        Figure("case.timer_counties", len(store_timers.Timers(database).counties()), "counties"),
        Figure("case.timer_quiet_round", statistics.median(took), "ms", 50),
    ]


def crowd(campaign: Campaign) -> list[Figure]:
    """Ten thousand ends due at once in one county: how long another county's single end waits for the worker's timer, and how many
    it gets through a second."""
    cases, timers = campaign.cases, store_timers.Timers(campaign.cases.database)
    template = cases.find_one({"state.status": pb.CASE_STATUS_SUBMITTED, "version": 1})
    for county in (CROWDED, OTHER):
        timers.know(county)
    worker = campaign.suite.process("case", "worker")
    worker.pause()
    due = now() - timedelta(seconds=1)
    rows = [_due(template, CROWDED, due, number) for number in range(CROWD)] + [_due(template, OTHER, due, CROWD)]
    for start in range(0, len(rows), BATCH):
        cases.insert_many(rows[start : start + BATCH])
    worker.resume()
    began, other = time.monotonic(), rows[-1]["_id"]
    until_true(lambda: cases.find_one({"_id": other}, {"version": 1})["version"] > 1, 60, step=0.02)
    waited = time.monotonic() - began
    time.sleep(max(0.0, 5 - waited))
    left = cases.count_documents({"state.county": CROWDED, "state.due": due})
    fired = (CROWD - left) / (time.monotonic() - began)
    cases.delete_many({"state.county": CROWDED})
    until_true(lambda: cases.find_one({"unsent": True}) is None, 120)
    return [Figure("case.timer_other_county_s", waited, "s", 5), Figure("case.timer_ends_a_second", fired, "ends/s")]


def _due(template: dict[str, Any], county: str, due: datetime, number: int) -> dict[str, Any]:
    """A case whose acceptance is due."""
    id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"due-{county}-{number}-{due}"))
    told = {"id": id, "number": f"D{county}{number:012d}", "county": county, "region": county}
    state = template["state"] | told | {"accept_due": due, "due": due, "due_of": "ACCEPT"}
    return {"_id": id, "version": 1, "sent": 1, "state": state, "journal": template["journal"]}


def main() -> None:
    """This part alone, with ten thousand and a hundred thousand cases."""
    from loadtests import bench

    folder = scratch("bench-case")
    with Suite(folder / "suite", services=("case",), gateway=False) as suite:
        campaign = Campaign(suite, folder / "loads").prepare()
        campaign.load("submit", 100, 20)
        publish("bench-case", figures(campaign, bench.fill, int(sys.argv[1]) if len(sys.argv) > 1 else bench.MANY))


def figures(campaign: Campaign, fill: Callable[[Campaign, int], None], many: int) -> list[Figure]:
    """Everything, in the order of growing data."""
    fill(campaign, FEW)
    few = reads(campaign)
    found = instant(campaign)
    fill(campaign, many)
    return found + growth(few, reads(campaign)) + quiet_round(campaign) + crowd(campaign)


if __name__ == "__main__":
    main()
