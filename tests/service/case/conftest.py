"""Who takes part in a case, and what is applied for."""

import pytest

from tests.support.actors import officer, person
from tests.support.calling import As
from tests.support.case_service import Db
from tests.support.items import definition, publish, simple
from tests.support.serving import Here


@pytest.fixture
def desk(case_api: Here) -> dict[str, As]:
    """An officer for each role of the department, each another person."""
    return {role: case_api.by(officer(role)) for role in ("receive", "review", "decide", "issue")}


@pytest.fixture
def citizen(case_api: Here) -> As:
    return case_api.by(person())


@pytest.fixture
def item(database: Db) -> str:
    return publish(database, definition())


@pytest.fixture
def plain_item(database: Db) -> str:
    return publish(database, simple())
