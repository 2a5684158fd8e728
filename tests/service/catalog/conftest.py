"""catalog as the tests of this folder call it."""

from collections.abc import Iterator

import pytest

from tests.support.catalog_service import CatalogHere, Db, catalog_here


@pytest.fixture
def catalog(database: Db) -> Iterator[CatalogHere]:
    with catalog_here(database) as here:
        yield here
