"""intermediary as the tests of this folder call it."""

from collections.abc import Iterator

import pytest

from chassis import tally
from tests.support.agencies_here import AgenciesHere
from tests.support.market import Db, MarketHere
from tests.support.serving import serving


@pytest.fixture
def market(database: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[MarketHere]:
    monkeypatch.setattr(tally, "SHARE", 1e9)  # recount whenever asked
    with serving("intermediary", database, MarketHere, signup_sheets="2") as here:
        yield here


@pytest.fixture
def agencies(database: Db) -> Iterator[AgenciesHere]:
    """Agencies: the api, and the timers and handlers of agencies."""
    with serving("intermediary", database, AgenciesHere) as here:
        yield here
