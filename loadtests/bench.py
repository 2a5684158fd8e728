"""`make bench`: the figures of the spine, in one run, against the floor measured beside them.

The floor of a write is an echo RPC of the same bytes plus a raw insert of the same document; of a read, echo plus a raw find.
Ratios of CPU time of all processes (clients included) within one run; medians of rounds, since the machines are noisy.
"""

import os
import statistics
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import psutil

from deploy.local.stores import Store, start_store
from deploy.local.suite import Suite
from loadtests import (
    bench_case,
    bench_catalog_import,
    bench_catalog_lint,
    bench_exchange,
    bench_identity,
    bench_market,
    bench_message,
    bench_pages,
    bench_policy_claims,
    bench_policy_match,
    bench_rating,
    bench_search,
    bench_watch,
)
from loadtests.bench_figures import (
    Rounds,
    consequence_figures,
    growth_figures,
    idle_figures,
    ratio_figures,
    total,
)
from loadtests.campaign import Campaign, free_port, scratch, until_true
from loadtests.figures import Figure, publish
from services.case import store_timers
from yiwang.case.v1 import service_pb2 as case_pb

ROUNDS = int(os.environ.get("ROUNDS", "5"))
RATE, SECONDS = 100, 4
FULL = os.environ.get("FULL") == "1"
# A batch of many more of these documents with their indexes is never answered by the embedded store.
BATCH = 200
COUNTIES = 20
FEW, MANY = 1_000, 1_000_000 if FULL else 100_000
SUITE = ("identity", "catalog", "case", "rating", "intermediary", "policy", "message")


class Floor:
    """What the floor is measured with: an echo server and a store of its own."""

    def __init__(self, folder: Path, campaign: Campaign) -> None:
        self.campaign = campaign
        self.store: Store = start_store("raw", folder / "raw")
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        sizes = _sizes(campaign)
        command = [sys.executable, "-m", "loadtests.echo", self.address, str(sizes["case_bytes"])]
        self.echo = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.spec = {"echo": self.address, "raw_store": self.store.uri, **sizes}

    def load(self, act: str, **more: Any) -> dict[str, float]:
        """CPU per act of a floor act: of the client and of the server it talks to."""
        server = self._echo_cpu if act == "echo" else self.store.cpu_seconds
        before = server()
        result = self.campaign.start(act, RATE, SECONDS, **{**self.spec, **more}).result(120)
        count = result["asked"]
        if result["errors"]:
            raise RuntimeError(f"{act}: {result['errors']}")
        return {"client": result["cpu"] * 1000 / count, "server": (server() - before) * 1000 / count}

    def _echo_cpu(self) -> float:
        times = psutil.Process(self.echo.pid).cpu_times()
        return times.user + times.system

    def stop(self) -> None:
        self.echo.terminate()
        self.echo.wait()
        self.store.stop()


def _sizes(campaign: Campaign) -> dict[str, Any]:
    """The bytes of a submitted case: on the wire and in the store."""
    campaign.load("submit", 10, 1)
    document = campaign.cases.find_one({})
    document["journal"][0]["trace"] = "0" * 55
    return {"document": bson.BSON.encode(document).hex(), "request_bytes": 250, "case_bytes": 900}


def request_paths(campaign: Campaign, floor: Floor) -> Rounds:
    """CPU per act, round by round: the floor, and the acts with the worker frozen so that only the request path counts."""
    worker = campaign.suite.process("case", "worker")
    rounds: Rounds = {name: [] for name in ("echo", "raw_insert", "raw_find", "submit", "accept", "get")}
    for number in range(ROUNDS):
        run = f"bench{number}"
        rounds["echo"].append(floor.load("echo"))
        rounds["raw_insert"].append(floor.load("raw_insert", run=run))
        rounds["raw_find"].append(floor.load("raw_find", run=run, inserted=RATE * SECONDS))
        worker.pause()
        rounds["submit"].append(_checked(campaign.load("submit", RATE, SECONDS, warm=5)))
        cases = newest_cases(campaign, RATE * SECONDS)
        rounds["accept"].append(_checked(campaign.load("accept", RATE, SECONDS, cases=cases["by_department"])))
        rounds["get"].append(_checked(campaign.load("get", RATE, SECONDS, cases=cases["by_person"])))
        worker.resume()
        until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 120)
        _say(f"round {number + 1} of {ROUNDS}")
    return rounds


def _checked(result: dict[str, Any]) -> dict[str, float]:
    if result["errors"]:
        raise RuntimeError(f"{result['name']}: {result['errors']}")
    return result["cpu_by"] | {f"p{share}": result[f"p{share}"] for share in (50, 95, 99)}


def newest_cases(campaign: Campaign, count: int) -> dict[str, list[tuple[str, int]]]:
    """The newest cases that were really submitted, with the number of their applicant and of their department."""
    rows = list(
        campaign.cases.find(
            {"state.number": {"$gte": "0", "$lt": "A"}}, {"state.applicant_id": 1, "state.department": 1}
        )
        .sort("state.submitted_at", -1)
        .limit(count)
    )
    return {
        "by_person": [(row["_id"], int(row["state"]["applicant_id"].rsplit("-", 1)[1])) for row in rows],
        "by_department": [(row["_id"], int(row["state"]["department"][4:])) for row in rows],
    }


def consequences(campaign: Campaign) -> list[dict[str, float]]:
    """CPU milliseconds of everything a submit causes beyond its request path, round by round."""
    found = []
    for _ in range(ROUNDS):
        before, started = campaign.suite.cpu_seconds(), time.monotonic()
        result = campaign.load("submit", RATE, SECONDS)
        until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 60)
        time.sleep(1)
        after, elapsed = campaign.suite.cpu_seconds(), time.monotonic() - started
        idle = idle_cpu(campaign.suite, 2)
        spent = {name: after[name] - before[name] - idle[name] * elapsed for name in after}
        found.append({name: value * 1000 / result["asked"] for name, value in spent.items()})
        _say(", ".join(f"{name} {found[-1][name]:.2f} ms" for name in ("case-worker", "broker", "case-store")))
    return found


def idle_cpu(suite: Suite, seconds: float) -> dict[str, float]:
    """CPU seconds per second of each process while nothing is asked."""
    before = suite.cpu_seconds()
    time.sleep(seconds)
    after = suite.cpu_seconds()
    return {name: (after[name] - before[name]) / seconds for name in after}


def lag(campaign: Campaign) -> dict[str, float]:
    """Milliseconds from a submit's entry in the journal to its handler's write, at 100 submits/s."""
    result = campaign.start("submit", 100, 10).result(120)
    assert not result["errors"], result["errors"]
    database = campaign.cases.database
    until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 60)
    time.sleep(1)
    lags = []
    for id, _ in newest_cases(campaign, 1000)["by_person"]:
        submitted = campaign.cases.find_one({"_id": id}, {"state.submitted_at": 1})["state"]["submitted_at"]
        lags.append((database["arrivals"].find_one({"_id": id})["at"] - submitted).total_seconds() * 1000)
    lags.sort()
    return {"p50": lags[len(lags) // 2], "p99": lags[len(lags) * 99 // 100]}


def fill(campaign: Campaign, until: int) -> None:
    """Puts copies of a submitted case into the store, until it holds so many; spread over persons, departments and a year."""
    have = campaign.cases.estimated_document_count()
    timers = store_timers.Timers(campaign.cases.database)
    for number in range(COUNTIES):
        timers.know(_county(number))
    template = campaign.cases.find_one({"state.status": 1})
    batch: list[dict[str, Any]] = []
    for number in range(have, until):
        id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"fill-{number}"))
        state = template["state"] | _spread(template["state"]["submitted_at"], number) | {"id": id}
        batch.append({"_id": id, "version": 1, "sent": 1, "state": state, "journal": template["journal"]})
        if len(batch) == BATCH:
            campaign.cases.insert_many(batch)
            batch = []
    if batch:
        campaign.cases.insert_many(batch)


def _county(number: int) -> str:
    return f"9902{number % COUNTIES:02d}"


def _spread(newest: datetime, number: int) -> dict[str, Any]:
    """What tells a filled case from its template: whose it is, when it came, and when its clocks end, none of them by now."""
    at, ahead = newest - timedelta(seconds=30 * (number % 1_000_000)), timedelta(minutes=1 + number % 20_000)
    promised = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1) + ahead
    in_review = {
        "status": case_pb.CASE_STATUS_IN_REVIEW,
        "accepted_at": at,
        "clock_from": at,
        "promised_due": promised,
        "statutory_due": promised + timedelta(days=15),
        "yellow_at": promised - timedelta(hours=12),
        "due": promised - timedelta(hours=12),
        "due_of": "YELLOW",
    }
    submitted = {"accept_due": promised, "due": promised, "due_of": "ACCEPT"}
    return {
        "number": f"F{number:018d}",
        "county": _county(number),
        "applicant_id": f"load-person-{number % 20_000}",
        "department": f"LOAD{number % 50:014d}",
        "desk": f"LOAD{number % 50:014d}",
        "submitted_at": at,
        **(in_review if number % 3 else submitted),
    }


def at_size(campaign: Campaign, floor: Floor, count: int) -> dict[str, float]:
    """CPU per act of the request path with so many cases in the store, the worker frozen as in request_paths; and an echo's."""
    fill(campaign, count)
    worker = campaign.suite.process("case", "worker")
    worker.pause()
    found = {"echo": statistics.median(total(floor.load("echo"), "client", "server") for _ in range(3))}
    for act in ("submit", "get", "inbox"):
        cases = newest_cases(campaign, 400)["by_person"]
        runs = [_checked(campaign.load(act, RATE, SECONDS, warm=10, cases=cases)) for _ in range(3)]
        found[act] = statistics.median(total(run, "case-api", "case-store", "client") for run in runs)
    worker.resume()
    until_true(lambda: campaign.cases.find_one({"unsent": True}) is None, 120)
    _say(f"{count} cases: {found}")
    return found


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> None:
    started = time.monotonic()
    folder = scratch("bench")
    figures: list[Figure] = []
    with Suite(folder / "suite", services=SUITE) as suite:
        campaign = Campaign(suite, folder / "loads").prepare()
        floor = Floor(folder, campaign)
        try:
            figures += measure(campaign, floor, folder)
        finally:
            floor.stop()
    figures.append(Figure("spine.bench_minutes", (time.monotonic() - started) / 60, "min", 15))
    publish("bench", figures)


def measure(campaign: Campaign, floor: Floor, folder: Path) -> list[Figure]:
    """Everything, in the order of growing data."""
    _say("idle")
    time.sleep(5)
    idle = idle_cpu(campaign.suite, 10)
    figures = idle_figures(campaign.suite, idle)
    _say("few cases")
    few = at_size(campaign, floor, FEW)
    _say("request paths")
    rounds = request_paths(campaign, floor)
    figures += ratio_figures(rounds)
    _say("what a submit causes")
    causes = consequences(campaign)
    figures += consequence_figures(causes, rounds)
    _say("lag")
    lags = lag(campaign)
    figures += [Figure("spine.lag_p50", lags["p50"], "ms"), Figure("spine.lag_p99", lags["p99"], "ms", 500)]
    if campaign.suite.gateway_url:
        _say("submit over HTTP")
        http = _checked(campaign.load("submit_http", 50, SECONDS, warm=5))
        figures.append(
            Figure("spine.submit_http_cpu", total(http, "client", "gateway", "case-api", "case-store"), "ms")
        )
        figures.append(Figure("spine.submit_http_cpu.gateway", http["gateway"], "ms"))
        figures.append(Figure("spine.submit_http_p99", http["p99"], "ms"))
    _say("growth")
    fill(campaign, bench_case.FEW)
    few_reads = bench_case.reads(campaign)
    figures += bench_case.instant(campaign)
    many = at_size(campaign, floor, MANY)
    figures += growth_figures(few, many, (FEW, MANY))
    figures += bench_case.growth(few_reads, bench_case.reads(campaign))
    _say("timers")
    figures += bench_case.quiet_round(campaign) + bench_case.crowd(campaign)
    _say("departments watch")
    figures += bench_watch.figures(campaign)
    _say("sign-on")
    figures += bench_identity.figures(campaign, folder)
    _say("exchange with departments' systems")
    figures += bench_exchange.figures(folder)
    _say("ratings and their results")
    figures += bench_rating.figures(campaign.suite)
    _say("sign-ups of the last minute, freeze and draw")
    figures += bench_market.figures(campaign.suite)
    _say("enterprises against payout items")
    figures += bench_policy_match.figures(folder)
    _say("claims on one budget at once")
    figures += bench_policy_claims.measure()
    _say("notices through a provider")
    figures += bench_message.measure()
    _say("pages of the site")
    figures += bench_pages.measure()
    _say("search")
    figures += bench_search.figures(campaign)
    _say("guide lint")
    return figures + bench_catalog_import.figures(folder) + bench_catalog_lint.figures(folder)


if __name__ == "__main__":
    main()
