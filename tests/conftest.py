"""What every suite may use: one broker and one store for the session, a virtual host per module, a database per test."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pymongo.database import Database

from chassis import bus
from chassis import store as chassis_store
from deploy.local.broker import Broker, start_broker
from deploy.local.stores import Store, start_store, with_database
from services.topology import EVENTS
from tests.support import left_behind

ROOT = Path(__file__).resolve().parent
# The same examples in every run, so that a change is judged by what it changes; `--hypothesis-profile=default` looks for others.
settings.register_profile("same", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def nothing_personal_is_left(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """After everything else of the run has ended, what it wrote is looked through; see tests/support/left_behind.py.

    A run of all the tests of the services that saw nothing in one kind of place fails: then the scan looks in the wrong place.
    """
    yield
    if found := left_behind.in_files(tmp_path_factory.getbasetemp()):
        raise left_behind.LeftBehind("\n".join(found))
    print(f"\nlooked through for personal data: {dict(left_behind.seen)}")
    run = {item.path for item in request.session.items}
    if set((ROOT / "service").rglob("test_*.py")) <= run and not request.session.shouldfail:
        unseen = left_behind.unseen(without=["broker files"] if os.environ.get("AMQP_URI") else [])
        assert not unseen, f"nothing was looked through of: {', '.join(unseen)}"


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of the session: AMQP_URI when given, else a private RabbitMQ."""
    broker = start_broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def bare_uri(broker: Broker) -> Iterator[str]:
    """A virtual host of the module's own with nothing declared in it."""
    if broker.given:
        pytest.skip("virtual hosts cannot be made on the broker of AMQP_URI")
    name = f"bare-{uuid.uuid4().hex[:12]}"
    yield broker.vhost(name)
    broker.drop_vhost(name)


@pytest.fixture(scope="module")
def amqp_uri(broker: Broker) -> Iterator[str]:
    """A virtual host of the module's own in which every exchange and queue stands."""
    if broker.given:
        bus.declare(broker.uri, EVENTS)
        yield broker.uri
        return
    name = f"test-{uuid.uuid4().hex[:12]}"
    uri = broker.vhost(name)
    bus.declare(uri, EVENTS)
    yield uri
    broker.drop_vhost(name)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store of the session: MONGODB_URI when given, else mongod or the embedded daemon."""
    store = start_store("tests", tmp_path_factory.mktemp("store"))
    yield store
    if not store.given:
        left_behind.require_clean_store(store.uri)
    store.stop()


@pytest.fixture
def mongodb_uri(store: Store) -> str:
    """Connection string of a database nobody else has."""
    return with_database(store.uri, f"test_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """The database of `mongodb_uri`, connected as the services do, dropped afterwards."""
    database = chassis_store.connect(mongodb_uri, "tests")
    yield database
    left_behind.drop(database)
