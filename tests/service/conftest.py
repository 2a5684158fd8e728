"""What the tests of one service share beside the broker and the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from deploy.local.stores import Store, start_store
from tests.support.serving import CaseHere, case_here


@pytest.fixture
def case_api(database: Database[dict[str, Any]]) -> Iterator[CaseHere]:
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
