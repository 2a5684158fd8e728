"""What rating costs: ratings given to the api while one worker publishes and counts them, and the page of results over many ratings.

`python -m loadtests.bench_rating` measures it alone; RATINGS=n says how many ratings the results are of.
"""

import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import psutil

from chassis import records
from chassis.acts import Cause, now
from chassis.records import Records, record_id
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import scratch, until_true
from loadtests.figures import Figure, publish
from services.rating import model_giving, store
from services.rating.model import Rating
from services.rating.store_results import Counts
from yiwang.rating.v1 import events_pb2 as events
from yiwang.rating.v1 import results_pb2, service_pb2
from yiwang.rating.v1 import results_pb2_grpc as results_grpc
from yiwang.rating.v1 import service_pb2_grpc as service_grpc

FULL = os.environ.get("FULL") == "1"
MANY = int(os.environ.get("RATINGS", "0")) or (1_000_000 if FULL else 20_000)
# A batch of many more of these documents with their indexes is never answered by the embedded store.
BATCH = 200
GIVEN, WRITERS, PAGES, WARM = 5_000, 8, 300, 20
PERSONS, DEPARTMENTS, ITEMS, WINDOWS, DAYS = 200, 20, 200, 100, 365
# Ratings are given in one county and read of another.
LIVE, COUNTY = "990131", "990130"
LAST = datetime.now(UTC).date() - timedelta(days=1)
GOAL_RATE, GOAL_PAGE = 500, 100
By = results_pb2.Breakdown
_GRADES = (5, 5, 5, 5, 5, 4, 4, 4, 3, 2, 1)


def figures(suite: Suite, many: int = MANY) -> list[Figure]:
    """Everything; `suite` runs rating."""
    database = world.database(suite.store("rating").uri, "rating")
    return [*_given(suite, database), *_read(suite, database, many)]


# -- giving ------------------------------------------------------------------------------------------------------------


def _given(suite: Suite, database: Any) -> list[Figure]:
    """Ratings through the api while the worker is frozen, then all of its work at once: what one worker keeps up with."""
    ratings, worker = store.ratings(database), suite.process("rating", "worker")
    day = datetime.now(UTC).date().isoformat()
    ids = _insert(ratings, (_invitation(ratings, number, LIVE, day) for number in range(GIVEN)))
    store.counties(database).know(LIVE)
    key = world.signing_key(database)
    tokens = [world.person_token(key, number) for number in range(PERSONS)]
    stub = service_grpc.RatingServiceStub(grpc.insecure_channel(suite.address("rating")))

    def give(number: int) -> None:
        request = service_pb2.GiveRatingRequest(
            request_id=uuid.uuid4().hex, rating_id=ids[number], grade=_GRADES[number % len(_GRADES)], channel=2,
            comment=f"窗口人员很耐心，材料第{number}份一次办成",
        )  # fmt: skip
        stub.GiveRating(request, metadata=(("authorization", f"Bearer {tokens[number % PERSONS]}"),), timeout=30)

    time.sleep(2)  # the api reads the key of the tokens
    give(0)
    worker.pause()
    own, before = psutil.Process(), _cpu(suite)
    mine, started = own.cpu_times(), time.monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(give, range(1, GIVEN)))
    took, spent = time.monotonic() - started, _spent(suite, before)
    spent["client"] = sum(own.cpu_times()[:2]) - sum(mine[:2])
    worker.resume()
    before, started = _cpu(suite), time.monotonic()
    until_true(lambda: database["ratings"].find_one({"unsent": True}) is None, 120, 0.02)
    published, caused = time.monotonic() - started, _spent(suite, before)
    until_true(lambda: _right(suite, database, day), 180, 0.5)
    right = time.monotonic() - started
    both = {name: spent.get(name, 0) + caused.get(name, 0) for name in spent | caused}
    return [
        Figure("rating.given_by_api", GIVEN / took, "ratings/s"),
        Figure("rating.worker_keeps_up", GIVEN / published, "ratings/s"),
        Figure("rating.worker_ms_a_rating", published * 1000 / GIVEN, "ms", 1000 / GOAL_RATE),
        Figure("rating.totals_right_after", right, "s", 60),
        Figure("rating.cpu_a_rating", sum(both.values()) * 1000 / GIVEN, "ms"),
        *(Figure(f"rating.cpu_a_rating.{name}", both[name] * 1000 / GIVEN, "ms") for name in sorted(both)),
    ]


def _right(suite: Suite, database: Any, day: str) -> bool:
    """Whether everybody is told what a recount over the records says."""
    stub = results_grpc.ResultServiceStub(grpc.insecure_channel(suite.address("rating")))
    told = stub.GetResults(results_pb2.GetResultsRequest(county=LIVE, from_day=day, to_day=day)).whole.counters
    wanted = Counts(database).recounted(LIVE, day)["whole"].rows.get("", {})
    return dict(told) == wanted and wanted.get("active") == GIVEN


def _cpu(suite: Suite) -> dict[str, float]:
    """CPU seconds of what takes part."""
    return {
        name: seconds for name, seconds in suite.cpu_seconds().items() if name.startswith("rating") or name == "broker"
    }


def _spent(suite: Suite, before: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before[name] for name, seconds in _cpu(suite).items()}


# -- reading -----------------------------------------------------------------------------------------------------------


def _read(suite: Suite, database: Any, many: int) -> list[Figure]:
    """The calls of the results page, one after the other, over so many ratings of a county and a year; an echo of the same bytes beside."""
    started = time.monotonic()
    ratings = store.ratings(database)
    with _dated() as clock:
        _insert(ratings, (_rated(ratings, clock(number, many), many) for number in range(many)))
    filled = time.monotonic() - started
    counts, started = Counts(database), time.monotonic()
    counts.count(sorted({f"{COUNTY}:{_day(number, many)}" for number in range(many)}))
    counted = time.monotonic() - started
    stub = results_grpc.ResultServiceStub(grpc.insecure_channel(suite.address("rating")))
    with _echo(len(_results(stub, 0).SerializeToString())) as floor:
        took: dict[str, list[float]] = {
            "results": [],
            "coverage": [],
            "published": [],
            "page": [],
            "behind": [],
            "echo": [],
        }
        for number in range(-WARM, PAGES):
            one = {
                "results": _ms(lambda number=number: _results(stub, number)),
                "coverage": _ms(lambda number=number: _coverage(stub, number)),
                "published": _ms(lambda: stub.ListPublished(results_pb2.ListPublishedRequest(county=COUNTY))),
            }
            one |= {
                "page": sum(one.values()),
                "behind": _ms(lambda number=number: _behind(stub, number)),
                "echo": _ms(floor),
            }
            for name, value in one.items() if number >= 0 else ():
                took[name].append(value)
    for values in took.values():
        values.sort()
    found = [
        Figure("rating.results_ratings", many, "ratings"),
        Figure("rating.results_fill", many / filled, "ratings/s"),
        Figure("rating.results_count_ms_a_day", counted * 1000 / min(DAYS, many), "ms"),
    ]
    for name, values in took.items():
        goal = GOAL_PAGE if name == "page" else None
        found += [
            Figure(f"rating.{name}_p50", _p(values, 50), "ms"),
            Figure(f"rating.{name}_p99", _p(values, 99), "ms", goal),
        ]
    return [*found, Figure("rating.page_ratio", _p(took["page"], 50) / _p(took["echo"], 50), "× echo")]


def _period(number: int) -> dict[str, Any]:
    """What people look at: the last week, thirty days, a quarter, the year in whole months, and the year to the day."""
    month = LAST.replace(day=1)
    first, last = (
        (LAST - timedelta(days=6), LAST),
        (LAST - timedelta(days=29), LAST),
        ((month - timedelta(days=80)).replace(day=1), month - timedelta(days=1)),
        ((month - timedelta(days=330)).replace(day=1), LAST),
        (LAST - timedelta(days=364), LAST),
    )[number % 5]
    return {"from_day": str(first), "to_day": str(last)}


def _results(stub: Any, number: int) -> Any:
    by = (By.BREAKDOWN_DEPARTMENT, By.BREAKDOWN_ITEM, By.BREAKDOWN_WINDOW, By.BREAKDOWN_CHANNEL)[number // 5 % 4]
    return stub.GetResults(results_pb2.GetResultsRequest(county=COUNTY, by=by, **_period(number)))


def _coverage(stub: Any, number: int) -> Any:
    return stub.GetCoverage(results_pb2.GetCoverageRequest(county=COUNTY, **_period(number)))


def _behind(stub: Any, number: int) -> Any:
    counter = ("negative", "rectified_on_time", "active", "defaulted")[number % 4]
    return stub.ListBehind(results_pb2.ListBehindRequest(county=COUNTY, counter=counter, **_period(number)))


def _ms(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _p(ordered: list[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


@contextmanager
def _echo(size: int) -> Iterator[Callable[[], Any]]:
    """A call of an echo server that answers with as many bytes as the results have."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen([sys.executable, "-m", "loadtests.echo", address, str(size)], stdin=subprocess.DEVNULL)
    try:
        channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(channel).result(20)
        call: Callable[[bytes], Any] = channel.unary_unary("/load.Echo/Echo")
        yield lambda: call(b"x" * 60)
    finally:
        process.terminate()
        process.wait()


# -- records -----------------------------------------------------------------------------------------------------------


def _insert(ratings: Records[Rating], documents: Iterator[dict[str, Any]]) -> list[str]:
    """Puts records into the store as if they had been sent; their ids."""
    ids: list[str] = []
    batch: list[dict[str, Any]] = []
    for document in documents:
        ids.append(document["_id"])
        del document["unsent"]
        batch.append(document | {"sent": document["version"]})
        if len(batch) == BATCH:
            ratings.collection.insert_many(batch)
            batch = []
    if batch:
        ratings.collection.insert_many(batch)
    return ids


def _invitation(ratings: Records[Rating], number: int, county: str, day: str) -> dict[str, Any]:
    """Somebody who was asked, by the model."""
    served, id = _served(number, county, day)
    opened = model_giving.open_invitation(id, served, f"load-person-{number % PERSONS}", None, now())
    return ratings._document(id, [opened], Cause(f"bench/{id}", "system:rating"))


def _rated(ratings: Records[Rating], number: int, many: int) -> dict[str, Any]:
    """A service of the year that ended somehow: rated, by default, not yet, negative with its loop; by the model."""
    served, id = _served(number, COUNTY, _day(number, many))
    person, at, draw = f"load-person-{number % PERSONS}", records.now(), random.Random(number)
    told: list[Any] = [model_giving.open_invitation(id, served, person, None, at)]
    way, grade = draw.random(), draw.choice(_GRADES)
    if way < 0.2:
        told += [events.RatingDefaulted(rating_id=id, grade=service_pb2.GRADE_SATISFIED)] if way < 0.15 else []
    else:
        given = events.GivenRating(grade=grade, channel=1 + draw.randrange(7), anonymous=draw.random() < 0.3)  # type: ignore[arg-type]
        told += [events.RatingGiven(rating_id=id, rater_id=person, given=given)]
        told += model_giving.loop_of(id, grade, served.region, None, at)
    if len(told) == 3 and way < 0.8:
        due = told[-1].step_due
        told += [
            events.RatingAssigned(rating_id=id, officer_id="o", department=served.department, step_due=due),
            events.RatingVerified(rating_id=id, officer_id="o", verdict=1, step_due=due),  # type: ignore[arg-type]
            events.RatingRectified(rating_id=id, officer_id="o", step_due=due),
            events.RaterCalledBack(rating_id=id, officer_id="o", outcome=1, step_due=due),  # type: ignore[arg-type]
            events.RatingPublished(rating_id=id, officer_id="o", public_reply="已增开窗口", step_due=due),
        ]
    return ratings._document(id, told, Cause(f"bench/{id}", "system:rating"))


@contextmanager
def _dated() -> Iterator[Callable[[int, int], int]]:
    """Journals are written on the day after the service ended, not all in the minutes of the filling."""
    present = records.now

    def turn(number: int, many: int) -> int:
        at = datetime.fromisoformat(f"{_day(number, many)}T04:00:00+00:00") + timedelta(seconds=number % 30_000)
        records.now = lambda: at  # type: ignore[assignment]
        return number

    try:
        yield turn
    finally:
        records.now = present


def _day(number: int, many: int) -> str:
    return str(LAST - timedelta(days=number * DAYS // many))


def _served(number: int, county: str, day: str) -> tuple[events.ServiceServed, str]:
    case, item = str(uuid.uuid5(uuid.NAMESPACE_OID, f"rating-{county}-{number}")), number * 7919 % ITEMS
    served = events.ServiceServed(
        node=service_pb2.SERVICE_NODE_CLOSE,
        occasion=1,
        case_id=case,
        case_number=f"{county}{number:013d}",
        item_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"item-{item}")),
        item_code=f"LOADITEM{item:05d}",
        subject=f"压力测试事项{item}",
        department=world.department(item % DEPARTMENTS),
        department_name=f"压力测试部门{item % DEPARTMENTS}",
        region=county,
        window_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"window-{number % WINDOWS}")),
        officer_ids=[f"load-officer-{number % 300}"],
        day=day,
        case_channel=1,
    )
    return served, record_id(f"bench/{case}/{served.node}")


def main() -> None:
    """These figures alone, into build/bench-rating.json."""
    with Suite(scratch("bench-rating") / "suite", services=("identity", "rating"), gateway=False) as suite:
        publish("bench-rating", figures(suite))


if __name__ == "__main__":
    main()
