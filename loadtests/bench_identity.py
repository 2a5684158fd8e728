"""What sign-on costs: sign-ins a second against the password hash they cannot avoid, the check of a token, look-ups among many accounts."""

import base64
import os
import statistics
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from joserfc.jwk import OKPKey
from pymongo.database import Database

from chassis import store as chassis_store
from chassis import tokens
from chassis.acts import PERSON, Actor, now
from chassis.config import Settings
from chassis.masters import masters_of
from chassis.sealed import Keyring
from deploy.local.stores import start_store
from loadtests.campaign import Campaign
from loadtests.figures import Figure
from services.identity import store
from services.identity.credentials import HASHER
from standards.identifiers import id_number_check_digit
from yiwang.identity.v1 import service_pb2 as pb
from yiwang.identity.v1.service_pb2_grpc import IdentityServiceStub

PEOPLE, SIGN_INS, AT_ONCE = 16, 160, 4
PASSWORD = "Bench-Password-2026"  # nosec B105: of accounts made for a minute
MASTER = base64.b64encode(b"b" * 32).decode()
ACCOUNTS = 1_400_000 if os.environ.get("FULL") == "1" else 50_000
LOOK_UPS, BATCH = 2_000, 1_000


def figures(campaign: Campaign, folder: Path) -> list[Figure]:
    """Every figure of identity, in a minute (with FULL=1 a quarter of an hour)."""
    return [*_sign_ins(campaign), *_tokens(), *_look_ups(folder)]


def _sign_ins(campaign: Campaign) -> list[Figure]:
    """Sign-ins a second, four at a time, beside the hashes a second one core can do: nothing else should stand in their way."""
    stub = IdentityServiceStub(grpc.insecure_channel(campaign.suite.address("identity")))
    people = [_registered(stub, number) for number in range(PEOPLE)]

    def sign_in(number: int) -> float:
        started = time.perf_counter()
        request = pb.SignInRequest(request_id=uuid.uuid4().hex, login=people[number % PEOPLE], password=PASSWORD)
        assert stub.SignIn(request, timeout=30).access_token
        return (time.perf_counter() - started) * 1000

    hashed = HASHER.hash(PASSWORD)
    floor = _each(lambda: HASHER.verify(hashed, PASSWORD), 20)
    before, started = campaign.suite.cpu_seconds(), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        took = sorted(pool.map(sign_in, range(SIGN_INS)))
    seconds, after = time.perf_counter() - started, campaign.suite.cpu_seconds()
    cpu = sum(after[name] - before[name] for name in ("identity-api", "identity-store")) * 1000 / SIGN_INS
    return [
        Figure("identity.sign_ins", SIGN_INS / seconds, "a second"),
        Figure("identity.sign_in_p99", took[len(took) * 99 // 100], "ms"),
        Figure("identity.sign_in_cpu", cpu, "ms"),
        Figure("identity.password_hash", floor / 1000, "ms"),
        Figure("identity.sign_in_cpu_ratio", cpu * 1000 / floor, "×", 1.5),
    ]


def _registered(stub: IdentityServiceStub, number: int) -> str:
    login = _number(9_000_000 + number)
    phone = f"199{uuid.uuid4().int % 10**8:08d}"
    request = pb.RegisterPersonRequest(
        request_id=uuid.uuid4().hex, name="测试", id_number=login, phone=phone, password=PASSWORD
    )
    stub.RegisterPerson(request, timeout=30)
    return login


def _tokens() -> list[Figure]:
    """The check of an access token: one seen before, and one seen for the first time."""
    key = OKPKey.generate_key("Ed25519", {"kid": "bench"}, auto_kid=False)
    many = [tokens.mint(key, Actor(id=uuid.uuid4().hex, realm=PERSON, level=2, session=str(n))) for n in range(500)]
    verifier = tokens.Verifier({"bench": key}.get)
    fresh = iter(many)
    cold = _each(lambda: verifier.actor(next(fresh)), len(many))
    cached = _each(lambda: verifier.actor(many[0]), 20_000)
    return [
        Figure("identity.token_cached", cached, "µs", 5),
        Figure("identity.token_cold", cold, "µs", 200),
    ]


def _each(act: Callable[[], Any], times: int) -> float:
    """Microseconds each of an act takes: the median of ten parts, since the machine is noisy."""
    parts = []
    for _ in range(10):
        started = time.perf_counter()
        for _ in range(times // 10):
            act()
        parts.append((time.perf_counter() - started) * 1e6 / (times // 10))
    return statistics.median(parts)


def _look_ups(folder: Path) -> list[Figure]:
    """A person by ID number among many accounts, which share one password hash: what a sign-in asks the store for."""
    own = start_store("accounts", folder / "accounts")
    try:
        database = chassis_store.connect(own.uri, "accounts")
        keyring = Keyring(database["keys"], masters_of(Settings(master_key=MASTER)))
        keyring.prepare()
        store.ensure_indexes(database)
        started = time.perf_counter()
        _fill(database, keyring)
        filled = time.perf_counter() - started
        took = []
        for number in range(0, ACCOUNTS, max(1, ACCOUNTS // LOOK_UPS)):
            begun = time.perf_counter()
            assert store.principal_of(database, keyring, _number(number))
            took.append((time.perf_counter() - begun) * 1000)
        took.sort()
    finally:
        own.stop()
    return [
        Figure("identity.accounts", ACCOUNTS, "accounts"),
        Figure("identity.accounts_filled", filled, "s"),
        Figure("identity.look_up_p50", took[len(took) // 2], "ms"),
        Figure("identity.look_up_p99", took[len(took) * 99 // 100], "ms", 10),
    ]


def _fill(database: Database[dict[str, Any]], keyring: Keyring) -> None:
    """Puts the accounts in, in the order of their index: a store takes sorted keys at ten times the speed, and finds them no faster."""
    hashed, at = HASHER.hash(PASSWORD), now()
    found = sorted(store.id_index(keyring, _number(number)) for number in range(ACCOUNTS))
    for start in range(0, ACCOUNTS, BATCH):
        people, credentials = [], []
        for rank, index in enumerate(found[start : start + BATCH], start):
            id = str(uuid.UUID(int=rank << 64))
            state = {"id": id, "sealed": "", "level": 1, "erased": False, "id_index": index}
            people.append({"_id": id, "version": 1, "sent": 1, "state": state, "journal": []})
            credentials.append({"_id": id, "kind": "person", "hash": hashed, "at": at, "id_index": index})
        database["persons"].insert_many(people)
        database["credentials"].insert_many(credentials)


def _number(number: int) -> str:
    """The n-th ID number of a region that does not exist; three digits of it are the day's sequence."""
    day, sequence = divmod(number, 1000)
    year, rest = divmod(day, 336)
    month, in_month = divmod(rest, 28)
    first17 = f"990121{1900 + year}{month + 1:02d}{in_month + 1:02d}{sequence:03d}"
    return first17 + id_number_check_digit(first17)
