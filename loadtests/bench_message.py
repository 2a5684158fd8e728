"""What telling costs: ten thousand notices of one county through a provider, and ten of another at the same time.

`python -m loadtests.bench_message` measures it alone. Notices are raised as the worker raises them, while the job that sends stands
still, so that its own rate is seen; then it goes on, and the other county's ten come in the middle of the flood.
"""

import hashlib
import hmac
import os
import secrets
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from typing import Any

import grpc
import orjson

from chassis.acts import Cause, now
from chassis.events import Heard
from chassis.parts import Parts
from deploy.local.places import master_key
from deploy.local.suite import Suite
from loadtests import world
from loadtests.campaign import free_port, scratch, until_true
from loadtests.figures import Figure, publish
from services.message import settings, shipping, store
from services.message.model_texts import SMS
from services.message.telling import Telling
from standards.identifiers import id_number_check_digit
from yiwang.case.v1 import events_pb2 as case
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1 import service_pb2_grpc
from yiwang.message.v1 import desk_pb2, desk_pb2_grpc
from yiwang.message.v1 import events_pb2 as events
from yiwang.message.v1 import service_pb2 as message

FLOOD, OTHERS, PEOPLE, CALLED = 10_000, 10, 100, 2_000
COUNTY, OTHER = "990121", "990122"
SECRET = "bench-callback-secret"
DUE = "2026-12-03T15:59:59+00:00"


def figures(suite: Suite) -> list[Figure]:
    """Everything; `suite` runs identity and message, told of a provider."""
    database, sender = world.database(suite.store("message").uri, "message"), suite.process("message", "send")
    people = [_person(suite, number) for number in range(PEOPLE)]
    for county in (COUNTY, OTHER):
        _awake(database, county)
    telling = _telling(suite, database)
    sender.pause()
    since = time.monotonic()
    for number in range(FLOOD):
        _raise(telling, people[number % PEOPLE], COUNTY)
    raising = time.monotonic() - since
    before, since = suite.cpu_seconds(), time.monotonic()
    sender.resume()
    time.sleep(2)
    asked = time.monotonic()
    for number in range(OTHERS):
        _raise(telling, people[number], OTHER)
    until_true(lambda: not _waits(database, OTHER), 120, 0.05)
    others = time.monotonic() - asked
    until_true(lambda: not _waits(database, COUNTY), 600, 0.5)
    seconds, after = time.monotonic() - since, suite.cpu_seconds()
    spent = {name: (after[name] - before[name]) * 1000 / FLOOD for name in after}
    doubled = _doubled(database)
    called = _call_back(suite, database)
    return [
        Figure("message.seconds_for_200", seconds * 200 / FLOOD, "s", 1),
        Figure("message.others_seconds", others, "s", 5),
        Figure("message.given_twice", doubled, "notices", 0),
        Figure("message.raised_cpu", raising * 1000 / FLOOD, "ms"),
        *(Figure(f"message.send_cpu.{name}", spent[name], "ms") for name in sorted(spent) if spent[name] > 0.05),
        Figure("message.callbacks_per_second", called, "messages/s"),
    ]


def _telling(suite: Suite, database: Any) -> Telling:
    """What the worker raises notices with, in this process."""
    told = settings.Settings(master_key=master_key(suite.folder, "message"), region=COUNTY)
    parts = Parts("message", told, database, None)  # type: ignore[arg-type]
    shipping.ship(parts)
    return Telling(parts)


def _raise(telling: Telling, person: str, county: str) -> None:
    id = str(uuid.uuid4())
    submitted = case.CaseSubmitted(
        case_id=id,
        number=f"{county}-261123-{id[:6].upper()}",
        applicant_id=person,
        item_name="压力测试事项",
        department_name="压力测试部门",
        region=county,
    )
    requested = case.CorrectionRequested(case_id=id, answer_due=DUE)
    for seq, body, hear in ((1, submitted, telling.know), (2, requested, telling.hear)):
        hear(Heard(f"{id}.{seq}", id, seq, "", now().isoformat(), body, "message.tell_case", ""))


def _waits(database: Any, county: str) -> bool:
    """Whether something of a county is still to be given to a provider; what was given waits for word of it for some minutes."""
    soon = {"$gte": now() - timedelta(days=1), "$lt": now() + timedelta(minutes=1)}
    return (
        database["notices"].find_one({"state.channel": SMS, "state.county": county, "state.due": soon}, {"_id": 1})
        is not None
    )


def _doubled(database: Any) -> int:
    return sum(len(row["state"]["sendings"]) > 1 for row in database["notices"].find({}, {"state.sendings": 1}))


def _call_back(suite: Suite, database: Any) -> float:
    """Messages a second that callbacks of a hundred each tell."""
    stub = desk_pb2_grpc.CallbackServiceStub(grpc.insecure_channel(suite.address("message")))
    ids = [f"{row['_id']}.1" for row in database["notices"].find({}, {"_id": 1}).limit(CALLED)]
    since = time.monotonic()
    for start in range(0, len(ids), 100):
        rows = [{"id": id, "state": "DELIVERED", "at": now().isoformat()} for id in ids[start : start + 100]]
        body, timestamp = orjson.dumps({"messages": rows}), str(int(time.time()))
        signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        request = desk_pb2.TellDeliveriesRequest(provider="bench", body=body, timestamp=timestamp, signature=signature)
        stub.TellDeliveries(request, timeout=60, wait_for_ready=True)
    return len(ids) / (time.monotonic() - since)


def _awake(database: Any, county: str) -> None:
    """No night in the county."""
    store.rules(database).create(
        Cause(key=f"bench/{county}", by="bench"),
        lambda id: events.MessageRulesSaved(rules_id=id, rules=message.MessageRules(region=county, digest_at=1080)),
        store.rules_id(county),
    )


def _person(suite: Suite, number: int) -> str:
    stub = service_pb2_grpc.IdentityServiceStub(grpc.insecure_channel(suite.address("identity")))
    first = f"99010119900101{number:03}"
    request = identity.RegisterPersonRequest(
        request_id=str(uuid.uuid4()),
        name="压力测试",
        id_number=first + id_number_check_digit(first),
        phone=f"1990{number:07}",
        password=f"Bench-{secrets.token_hex(8)}",
    )
    return str(stub.RegisterPerson(request, timeout=60, wait_for_ready=True).id)


def measure() -> list[Figure]:
    """The figures, with a suite and a provider of their own."""
    port = free_port()
    told = {"SMS_PROVIDERS": f"bench=http://127.0.0.1:{port}", "CALLBACK_SECRETS": f"bench={SECRET}"}
    os.environ |= told
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.message_provider", str(port)], stdin=subprocess.DEVNULL
    )
    try:
        with Suite(scratch("message"), ("identity", "message"), gateway=False) as suite:
            return figures(suite)
    finally:
        process.terminate()
        process.wait()
        for name in told:
            os.environ.pop(name, None)


if __name__ == "__main__":
    publish("message", measure())
