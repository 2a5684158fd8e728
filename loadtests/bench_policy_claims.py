"""What a claim costs: two hundred enterprises claim on one budget at one moment, which is right to the fen; and their money at the bank.

`python -m loadtests.bench_policy_claims` measures it alone.
"""

import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any, NamedTuple

import grpc
import orjson

from chassis import tokens
from chassis.acts import PERSON, Acting, Actor, Cause, holder
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import free_port, scratch, until_true
from loadtests.figures import Figure, publish
from services.policy import model, model_periods, store_claims, store_enterprises, store_items, store_pots
from services.policy.model_facts import REPORTED, Fact
from standards.identifiers import uscc_check_digit
from standards.workdays import local_day
from yiwang.policy.v1 import claims_pb2, claims_pb2_grpc, items_pb2, money_pb2, money_pb2_grpc
from yiwang.policy.v1 import events_pb2 as events
from yiwang.rules.v1 import rules_pb2

CLAIMS, PAID, FEN = 200, 150, 1_234_567
REGION, DEPARTMENT = "990121", "11990121MB0000001K"


class Claimant(NamedTuple):
    """An enterprise, its name, and its handler's token."""

    uscc: str
    name: str
    account: str
    metadata: tuple[tuple[str, str], ...]


def figures(suite: Suite, bank: str) -> list[Figure]:
    """Everything; `suite` runs policy, told of the bank at this address."""
    database = world.database(suite.store("policy").uri, "policy")
    key = world.signing_key(database)
    item, claimants = _item(database), [_claimant(database, key, number) for number in range(CLAIMS)]
    time.sleep(2)  # the api reads the key of the tokens
    # Enough for so many, and all but a fen for one more.
    budget = _budget(suite, key, item, PAID * FEN + FEN - 1)
    before, started = _cpu(suite), time.monotonic()
    said, took = _claim(suite, item, claimants)
    seconds, spent = time.monotonic() - started, _cpu(suite) - before
    pot = _pot(database, budget)
    held = sum(pot["held"].values())
    until_true(lambda: _paid(database, item) == PAID, 300, 0.2)
    paid_in = time.monotonic() - started
    out = sum(line["amount_fen"] for line in _moved(bank) if line["kind"] == "OUT")
    return [
        Figure("policy.claims_at_once", CLAIMS, "claims"),
        Figure("policy.claims_granted_wrong", abs(said["granted"] - PAID), "claims", 0),
        Figure("policy.claims_fen_held_wrong", abs(held - PAID * FEN), "fen", 0),
        Figure("policy.claims_fen_over_budget", max(0, -int(pot["available"])), "fen", 0),
        Figure("policy.claims_fen_paid_wrong", abs(out - PAID * FEN), "fen", 0),
        Figure("policy.claims_seconds", seconds, "s"),
        Figure("policy.claim_p50", took[len(took) // 2], "ms"),
        Figure("policy.claim_p99", took[len(took) * 99 // 100], "ms"),
        Figure("policy.claim_cpu", spent * 1000 / CLAIMS, "ms"),
        Figure("policy.claims_paid_in", paid_in, "s"),
    ]


def _claim(suite: Suite, item: str, claimants: list[Claimant]) -> tuple[Counter[str], list[float]]:
    """All at one moment; what they were answered, and how long each took in milliseconds, sorted."""
    barrier, took = Barrier(len(claimants)), list[float]()

    def claim(one: Claimant) -> str:
        stub = claims_pb2_grpc.ClaimServiceStub(grpc.insecure_channel(suite.address("policy")))
        account = claims_pb2.Account(
            name=one.name, number=one.account, bank_code="102331000018", bank_name="压力测试银行"
        )
        request = claims_pb2.SubmitClaimRequest(request_id=_id(), item_id=item, uscc=one.uscc, account=account)
        barrier.wait()
        since = time.perf_counter()
        answer = stub.SubmitClaim(request, metadata=one.metadata, timeout=120, wait_for_ready=True)
        took.append((time.perf_counter() - since) * 1000)
        return "refused" if answer.status == model.REFUSED else "granted"

    with ThreadPoolExecutor(len(claimants)) as pool:
        said = Counter(pool.map(claim, claimants))
    return said, sorted(took)


def _item(database: Any) -> str:
    """An item that is open: so much to everybody whom nothing keeps out."""
    leaf = rules_pb2.Leaf(id="here", cel='region.startsWith("990121")', says="在本县")
    definition = items_pb2.PayoutItemDefinition(
        policy_id=str(uuid.uuid4()),
        title="压力测试兑付事项",
        mode=items_pb2.PAYOUT_MODE_INSTANT,
        period=items_pb2.PERIOD_KIND_YEAR,
        region=REGION,
        rule=rules_pb2.Rule(leaf=leaf),
        amount=items_pb2.AmountFormula(cel=str(FEN)),
        confirm_days=30,
    )
    saved = events.PayoutItemSaved(number="DF990121000001", department=DEPARTMENT, definition=definition)
    opened = events.PayoutItemOpened(definition=definition, department=DEPARTMENT, edition=1, payable=True)
    cause = Cause(key=f"bench/{uuid.uuid4()}", by="bench")

    def decide(id: str) -> list[Any]:
        saved.item_id = opened.item_id = id
        return [saved, opened]

    store_items.counties(database).know(REGION)
    return store_items.items(database).create(cause, decide).id


def _claimant(database: Any, key: Any, number: int) -> Claimant:
    first = f"91990121MB{number:07}"
    uscc = first + uscc_check_digit(first)
    name, organization = f"压力测试企业{uscc[-8:]}", str(uuid.uuid5(uuid.NAMESPACE_OID, uscc))
    at = datetime.now(UTC)
    told = {"name": name, "region": REGION}
    facts = [Fact(fact, value, DEPARTMENT, "压力测试部门", REPORTED, at, "bench", 1) for fact, value in told.items()]
    database[store_enterprises.COLLECTION].insert_one(store_enterprises.document(uscc, facts))
    acting = Acting(agent=f"person:claims-{number}", name="经办", channel="handler")
    actor = Actor(
        organization, PERSON, level=3, session=f"claims-{number}", acting=acting, holder=holder(organization, uscc)
    )
    return Claimant(uscc, name, f"62220000{number:08}", (("authorization", f"Bearer {tokens.mint(key, actor, 3600)}"),))


def _budget(suite: Suite, key: Any, item: str, fen: int) -> str:
    """The item's budget of this period, as finance sets it; its id."""
    period = model_periods.period_of(items_pb2.PERIOD_KIND_YEAR, local_day(datetime.now(UTC)))
    stub = money_pb2_grpc.MoneyServiceStub(grpc.insecure_channel(suite.address("policy")))
    request = money_pb2.SetBudgetRequest(
        request_id=_id(), item_id=item, period=period, total_fen=fen, document="压力测试〔2026〕1号"
    )
    metadata = (("authorization", f"Bearer {world.officer_token(key, 0, 'finance')}"),)
    stub.SetBudget(request, metadata=metadata, timeout=30, wait_for_ready=True)
    return model.budget_id(item, period)


def _pot(database: Any, budget: str) -> Any:
    return store_pots.pots(database).find_one({"_id": budget})


def _paid(database: Any, item: str) -> int:
    rows = store_claims.claims(database).collection.find({"state.item_id": item}, {"state.status": 1})
    return sum(row["state"]["status"] == model.PAID for row in rows)


def _moved(bank: str) -> list[Any]:
    """Every movement on the bank's statement of its day."""
    found, cursor = list[Any](), ""
    while True:
        path = f"{bank}/statements/3300000000000001/2026-07-01" + (f"?cursor={cursor}" if cursor else "")
        with urllib.request.urlopen(path, timeout=10) as answer:  # nosec B310 - the loopback address above
            said = orjson.loads(answer.read())
        found += said["lines"]
        if not (cursor := said["next"]):
            return found


def _cpu(suite: Suite) -> float:
    return sum(seconds for name, seconds in suite.cpu_seconds().items() if name.startswith(("policy", "broker")))


def _id() -> str:
    return str(uuid.uuid4())


def measure() -> list[Figure]:
    """The figures, with a suite and a bank of their own."""
    port = free_port()
    bank = f"http://127.0.0.1:{port}"
    os.environ |= {"BANK_URL": bank, "PAYER_ACCOUNT": "3300000000000001"}
    process = subprocess.Popen([sys.executable, "-m", "tests.fakes.bank", str(port)], stdin=subprocess.DEVNULL)
    try:
        with Suite(scratch("claims"), ("identity", "policy"), gateway=False) as suite:
            return figures(suite, bank)
    finally:
        process.terminate()
        process.wait()
        for name in ("BANK_URL", "PAYER_ACCOUNT"):
            os.environ.pop(name, None)


if __name__ == "__main__":
    publish("policy_claims", measure())
