"""What the market costs: ten thousand sign-ups in the last minute at one api, whether any is lost or late, the freeze, and the draw.

`python -m loadtests.bench_market` measures it alone; SIGNUPS=n says how many.
"""

import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import grpc
import psutil

from chassis import tokens
from chassis.acts import PERSON, Acting, Actor, Cause, holder
from chassis.records import Record
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import scratch, until_true
from loadtests.figures import Figure, publish
from services.intermediary import model, store, store_agencies, store_frozen
from services.intermediary.model import Procurement
from standards.identifiers import uscc_check_digit
from yiwang.intermediary.v1 import (
    agencies_pb2,
    market_pb2,
    market_pb2_grpc,
    service_pb2,
    service_pb2_grpc,
    signups_pb2,
    signups_pb2_grpc,
)
from yiwang.intermediary.v1 import events_pb2 as events

SIGNUPS = int(os.environ.get("SIGNUPS", "0")) or 10_000
# All of the last minute; beyond it some more come, who are too late.
MINUTE, LATE = 60.0, 0.03
SENDERS, SHEETS, DRAWN, BATCH = 12, 256, 1_000, 200
REGION = "990121"
GOAL_DRAW = 1_000
RULES = market_pb2.MarketRules(candidates_least=1, proposals_least=1, direct_most_fen=5_000_000)


class Bidder(NamedTuple):
    """An agency, and its handler's token."""

    uscc: str
    metadata: tuple[tuple[str, str], ...]


class Sent(NamedTuple):
    """What became of the sign-ups."""

    acknowledged: set[str]
    refused: set[str]
    took: list[float]
    seconds: float
    spent: dict[str, float]


def figures(suite: Suite, signups: int = SIGNUPS) -> list[Figure]:
    """Everything; `suite` runs intermediary."""
    database = world.database(suite.store("intermediary").uri, "intermediary")
    key = world.signing_key(database)
    desk = _Desk(suite, key)
    bidders = _bidders(database, key, int(signups * (1 + LATE)))
    time.sleep(2)  # the api reads the key of the tokens
    few, _ = _round(suite, database, desk, bidders[:DRAWN], MINUTE * DRAWN / signups)
    procurement, sent = _round(suite, database, desk, bidders, MINUTE)
    listed = {one["uscc"] for one in store_frozen.get(database, procurement.state.list_digest)["candidates"]}
    lost, late = len(sent.acknowledged - listed), len(listed - sent.acknowledged)
    ordered = sorted(sent.took)
    return [
        Figure("market.signups", len(sent.acknowledged), "sign-ups"),
        Figure("market.signups_lost", lost, "sign-ups", 0),
        Figure("market.signups_late_accepted", late, "sign-ups", 0),
        Figure("market.signups_refused_after_the_end", len(sent.refused), "sign-ups"),
        Figure("market.signups_in_the_minute_short", max(0, signups - len(sent.acknowledged)), "sign-ups", 0),
        Figure("market.signup_p50", ordered[len(ordered) // 2], "ms"),
        Figure("market.signup_p99", ordered[len(ordered) * 99 // 100], "ms"),
        Figure("market.signup_cpu", sum(sent.spent.values()) * 1000 / len(sent.took), "ms"),
        *(
            Figure(f"market.signup_cpu.{name}", sent.spent[name] * 1000 / len(sent.took), "ms")
            for name in sorted(sent.spent)
        ),
        Figure("market.freeze_of_10000", _freeze_ms(database, procurement), "ms"),
        Figure("market.freeze_of_1000", _freeze_ms(database, few), "ms"),
        Figure("market.draw_of_1000", _draw_ms(few), "ms", GOAL_DRAW),
        Figure("market.draw_of_10000", _draw_ms(procurement), "ms"),
    ]


class _Desk:
    """The owner and those who run the market."""

    def __init__(self, suite: Suite, key: Any) -> None:
        channel = grpc.insecure_channel(suite.address("intermediary"))
        self.stub = service_pb2_grpc.ProcurementServiceStub(channel)
        self._owner = _metadata(world.officer_token(key, 0, "procure"))
        self._operator = _metadata(world.officer_token(key, 1, "market"))
        self._supervisor = _metadata(world.officer_token(key, 1, "supervise"))
        self._market = market_pb2_grpc.MarketServiceStub(channel)
        self._ruled = False

    def publish(self, closes: datetime) -> str:
        """A draw whose sign-up ends then, and which is made two seconds later."""
        if not self._ruled:
            request = market_pb2.SaveMarketRulesRequest(request_id=_id(), county=REGION, rules=RULES)
            self._market.SaveMarketRules(request, metadata=self._supervisor)
            self._ruled = True
        need = service_pb2.Need(
            title="压力测试采购需求",
            description="压力测试：最后一分钟的报名",
            service="工程测量",
            region=REGION,
            mode=service_pb2.MODE_DRAW,
            requirement={"qualifications": [{"kind": "surveying", "grade": "乙级"}]},  # type: ignore[arg-type]
            signup_end=closes.isoformat(),
            selection_at=(closes + timedelta(seconds=2)).isoformat(),
        )
        submit = service_pb2.SubmitProcurementRequest(request_id=_id(), owner_name="压力测试业主", need=need)
        made = self.stub.SubmitProcurement(submit, metadata=self._owner)
        review = service_pb2.ReviewProcurementRequest(request_id=_id(), procurement_id=made.id, approved=True)
        self.stub.ReviewProcurement(review, metadata=self._operator)
        return str(made.id)


def _round(
    suite: Suite, database: Any, desk: _Desk, bidders: list[Bidder], seconds: float
) -> tuple[Record[Procurement], Sent]:
    """One procurement: all sign up within these seconds, the last of them past the end; then its draw."""
    all = store.procurements(database)
    ahead = 3.0
    closes = datetime.now(UTC) + timedelta(seconds=ahead + seconds)
    id = desk.publish(closes)
    # More sheets than a county's few agencies need.
    all.collection.update_one({"_id": id}, {"$set": {"state.sheets": SHEETS}})
    time.sleep(max(0.0, (closes - datetime.now(UTC)).total_seconds() - seconds))
    sent = _send(suite, id, bidders, seconds)
    until_true(lambda: all.get(id).state.status not in (model.OPEN, model.FROZEN), 180, 0.1)
    return all.get(id), sent


def _send(suite: Suite, id: str, bidders: list[Bidder], seconds: float) -> Sent:
    local, took, acknowledged, refused = threading.local(), list[float](), set[str](), set[str]()
    own, before, started = psutil.Process(), _cpu(suite), time.monotonic()
    mine, times = own.cpu_times(), _times(len(bidders), seconds)

    def sign_up(number: int) -> None:
        stub = getattr(local, "stub", None)
        if stub is None:
            # A channel of its own: one connection's stream limit is not what is measured.
            channel = grpc.insecure_channel(
                suite.address("intermediary"), options=[("grpc.use_local_subchannel_pool", 1)]
            )
            stub = local.stub = signups_pb2_grpc.SignUpServiceStub(channel)
        time.sleep(max(0.0, started + times[number] - time.monotonic()))
        one, since = bidders[number], time.perf_counter()
        request = signups_pb2.SignUpRequest(request_id=_id(), procurement_id=id)
        try:
            stub.SignUp(request, metadata=one.metadata, timeout=30)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            refused.add(one.uscc)
        else:
            acknowledged.add(one.uscc)
            took.append((time.perf_counter() - since) * 1000)

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(sign_up, range(len(bidders))))
    spent = {name: value - before[name] for name, value in _cpu(suite).items()}
    spent["client"] = sum(own.cpu_times()[:2]) - sum(mine[:2])
    return Sent(acknowledged, refused, took, time.monotonic() - started, spent)


def _times(count: int, seconds: float) -> list[float]:
    """When each signs up: all but the last few evenly within the time, these around its end."""
    early = int(count / (1 + LATE))
    late = count - early
    evenly = [number * seconds * 0.97 / early for number in range(early)]
    return evenly + [seconds - 0.5 + number * 1.5 / late for number in range(late)]


def _cpu(suite: Suite) -> dict[str, float]:
    taking = ("intermediary", "broker")
    return {name: seconds for name, seconds in suite.cpu_seconds().items() if name.startswith(taking)}


def _freeze_ms(database: Any, record: Record[Procurement]) -> float:
    """From the first sheet that was closed to the list that was fixed."""
    ids = (store.sheet_id(record.id, number) for number in range(record.state.sheets))
    rows = (database["sheets"].find_one({"_id": id}, {"journal": 1}) for id in ids)
    closed = min(entry["at"] for row in rows for entry in row["journal"] if entry["type"] == "SheetClosed")
    return _between(closed, _at(record, "CandidatesFrozen"))


def _draw_ms(record: Record[Procurement]) -> float:
    """From the platform's reveal to the result."""
    return _between(_at(record, "NonceRevealed"), _at(record, "ResultFound"))


def _at(record: Record[Procurement], kind: str) -> datetime:
    found: datetime = next(entry["at"] for entry in record.journal if entry["type"] == kind)
    return found


def _between(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds() * 1000


# -- agencies ----------------------------------------------------------------------------------------------------------


def _bidders(database: Any, key: Any, count: int) -> list[Bidder]:
    """Agencies in the market by the model, with a token of each one's handler."""
    all, found, batch = store_agencies.agencies(database), list[Bidder](), list[dict[str, Any]]()
    for number in range(count):
        first = f"91990121MA{number:07}"
        uscc = first + uscc_check_digit(first)
        organization = str(uuid.uuid5(uuid.NAMESPACE_OID, uscc))
        document = all._document(
            store_agencies.agency_id(uscc), _entry(uscc, organization), Cause(f"bench/{uscc}", "bench")
        )
        del document["unsent"]
        batch.append(document | {"sent": document["version"]})
        acting = Acting(agent=f"person:load-{number}", name="经办", channel="handler")
        actor = Actor(
            organization, PERSON, level=3, session=f"load-{number}", acting=acting, holder=holder(organization, uscc)
        )
        found.append(Bidder(uscc, _metadata(tokens.mint(key, actor, 3600))))
        if len(batch) == BATCH or number == count - 1:
            all.collection.insert_many(batch)
            batch = []
    return found


def _entry(uscc: str, organization: str) -> list[Any]:
    qualification = events.StatedQualification(
        qualification_id=organization,
        kind="surveying",
        grade="乙级",
        certificate_number="乙测资字0000001",
        valid_from="2020-01-01",
        valid_to="2035-12-31",
    )
    entered = events.AgencyEntered(
        agency_id=store_agencies.agency_id(uscc),
        organization_id=organization,
        uscc=uscc,
        agency_name=f"压力测试机构{uscc[-8:]}",
        region=REGION,
        stated=events.AgencyStated(legal_key=f"l{uscc}", address_key=f"a{uscc}", person_keys=[f"l{uscc}"]),
        qualifications=[qualification],
    )
    until = datetime.now(UTC).isoformat()
    return [
        entered,
        events.QualificationReviewed(
            qualification_id=organization, decision=agencies_pb2.QUALIFICATION_STATUS_APPROVED, officer_id="o"
        ),
        events.AgencyReviewed(approved=True, officer_id="o", notice_until=until),
        events.AgencyAdmitted(),
    ]


def _metadata(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def _id() -> str:
    return uuid.uuid4().hex


def main() -> None:
    """These figures alone, into build/bench-market.json."""
    with Suite(scratch("bench-market") / "suite", services=("identity", "intermediary"), gateway=False) as suite:
        publish("bench-market", figures(suite))


if __name__ == "__main__":
    main()
