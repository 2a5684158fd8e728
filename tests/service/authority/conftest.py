"""The world of the authority matrix, built once."""

from collections.abc import Iterator

import pytest

from deploy.local.stores import Store
from tests.service.authority.standing import standing
from tests.service.authority.world import World


@pytest.fixture(scope="package")
def world(store: Store) -> Iterator[World]:
    """The seven services in this process, and everybody signed in."""
    with standing(store) as world:
        yield world
