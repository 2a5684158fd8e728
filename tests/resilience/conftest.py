"""One suite of case alone, with its store and the broker, for every fault; each test starts with all of it healthy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.suite import Suite
from loadtests.campaign import Campaign


@pytest.fixture(scope="session")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folder: Path = tmp_path_factory.mktemp("resilience")
    with Suite(folder / "suite", services=("case",), gateway=False) as suite:
        yield Campaign(suite, folder / "loads").prepare()
