"""What the tests of one service share beside the broker and the store."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from pymongo.database import Database

from chassis import bus
from chassis.records import Records
from chassis.relay import Relay
from deploy.local.broker import Broker
from deploy.local.stores import Store, start_store
from services.case import store as case_store
from services.case.model import Case
from services.identity import credentials
from services.topology import EVENTS
from tests.support import broking
from tests.support.broking import Spy
from tests.support.handling import DELAYS, Bench
from tests.support.relaying import relay_of
from tests.support.serving import Here, case_here

Db = Database[dict[str, Any]]


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords hashed in this process cost next to nothing; the services' own processes hash as ever (see test_registration)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture
def case_api(database: Database[dict[str, Any]]) -> Iterator[Here]:
    """The api of case inside this process, on a database of its own."""
    with case_here(database) as api:
        yield api


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own, to pause and to kill."""
    store = start_store("case", tmp_path / "own-store")
    if store.given:
        pytest.skip("the store of MONGODB_URI is not ours to break")
    yield store
    store.stop()


@pytest.fixture
def cases(database: Db) -> Records[Case]:
    """The records of case on the test's database, with their indexes."""
    case_store.ensure_indexes(database)
    return case_store.cases(database)


@pytest.fixture
def spy(amqp_uri: str) -> Iterator[Spy]:
    """Hears all events of case."""
    with broking.spying(amqp_uri) as spy:
        yield spy


@pytest.fixture
def sender(cases: Records[Case], amqp_uri: str) -> Iterator[Relay]:
    """A relay of case that sends when it is told to."""
    one = relay_of(cases, amqp_uri)
    yield one
    one.publisher.close()


@pytest.fixture(scope="module")
def hasty_uri(broker: Broker) -> Iterator[str]:
    """A virtual host whose retries wait 0.2 and 0.9 seconds instead of 1 and 10."""
    if broker.given:
        pytest.skip("virtual hosts cannot be made on the broker of AMQP_URI")
    name, plain = f"hasty-{uuid.uuid4().hex[:12]}", bus.RETRIES
    uri = broker.vhost(name)
    bus.RETRIES = DELAYS
    try:
        bus.declare(uri, EVENTS)
    finally:
        bus.RETRIES = plain
    yield uri
    broker.drop_vhost(name)


@pytest.fixture
def bench(tmp_path: Path, mongodb_uri: str, database: Db, hasty_uri: str) -> Iterator[Bench]:
    """A bench on the test's database and a broker whose retries are quick; what runs on it ends with the test."""
    bench = Bench(tmp_path, mongodb_uri, hasty_uri)
    yield bench
    bench.stop()
    bench.database.client.close()
