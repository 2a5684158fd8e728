"""rating as the tests of this folder call it."""

from collections.abc import Iterator

import pytest

from chassis import tally
from services.rating import store_exports
from tests.support.rating_records import TICK
from tests.support.rating_service import Db, RatingHere
from tests.support.serving import serving


@pytest.fixture
def rating(database: Db, monkeypatch: pytest.MonkeyPatch) -> Iterator[RatingHere]:
    monkeypatch.setattr(tally, "SHARE", 1e9)  # recount whenever asked
    with serving("rating", database, RatingHere) as here:
        yield here


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was noted is told after five milliseconds; the test of the minute sets it back."""
    monkeypatch.setattr(store_exports, "SETTLED", TICK)
