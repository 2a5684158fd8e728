"""message with identity and two providers, on databases of the test's own."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database

from chassis import store as chassis_store
from deploy.local.stores import Store, with_database
from tests.support import left_behind
from tests.support.messages import MessageHere, message_here


def another(store: Store) -> Iterator[Database[dict[str, Any]]]:
    """A database nobody else has."""
    found = chassis_store.connect(with_database(store.uri, f"test_{uuid.uuid4().hex[:12]}"), "tests")
    yield found
    left_behind.drop(found)


@pytest.fixture
def beside(store: Store) -> Iterator[Database[dict[str, Any]]]:
    """A second database, for identity."""
    yield from another(store)


@pytest.fixture
def beside_case(store: Store) -> Iterator[Database[dict[str, Any]]]:
    """A third, for case."""
    yield from another(store)


@pytest.fixture
def here(database: Database[dict[str, Any]], beside: Database[dict[str, Any]]) -> Iterator[MessageHere]:
    with message_here(database, beside) as found:
        yield found
