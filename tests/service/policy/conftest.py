"""What tests of the enterprise base and of its matches share."""

from collections.abc import Iterator

import pytest

from tests.support.policy_base import BaseHere, Db, base_here


@pytest.fixture
def base(database: Db) -> Iterator[BaseHere]:
    """Policy, served on a socket, and the worker's handlers of the enterprise base."""
    with base_here(database) as here:
        yield here
