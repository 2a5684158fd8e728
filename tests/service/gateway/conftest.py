"""The gateway from outside, built once for each file: what one sends ends what another needs."""

from collections.abc import Iterator

import pytest

from deploy.local.stores import Store
from tests.service.gateway import outside as outsides
from tests.service.gateway.outside import Outside


@pytest.fixture(scope="module")
def outside(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The gateway's own process in front of the seven services."""
    with outsides.outside(store, tmp_path_factory.mktemp("outside")) as outside:
        yield outside
