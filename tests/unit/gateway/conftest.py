"""The gateway in this process, before services that answer what a test tells them to."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis import telemetry
from services.gateway.app import build
from services.gateway.settings import Settings
from tests.unit.gateway import told_catalog
from tests.unit.gateway.told import ITEM, KEY, LOOP, LifespanOf, Services, Site, a_case, an_item, start
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rating.v1 import service_pb2 as rating


@pytest.fixture(scope="session", autouse=True)
def traces() -> None:
    telemetry.setup("gateway", "web", None, "ERROR")


@pytest.fixture
def services() -> Services:
    told = Services()
    told.on("GetItem", an_item())
    told.on("GetTotals", rating.Totals(rated=4, very_satisfied=3, dissatisfied=1))
    told.on("SearchItems", catalog.SearchItemsResponse(hits=[catalog.ItemHit(id=ITEM, name="测试事项")], total=1))
    told.on("ListMyCases", cases.ListMyCasesResponse())
    told.on("ListInbox", cases.ListInboxResponse(cases=[a_case()]))
    told.on("ListRatings", rating.ListRatingsResponse())
    told.on("ListTags", rating.ListTagsResponse())
    told.on("GetCase", a_case())
    return told


@pytest.fixture
def catalogue(services: Services) -> None:
    """A catalogue that has one of everything."""
    for method, answer in told_catalog.ANSWERS.items():
        services.on(method, answer)


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings a test may change before it asks for the site. Tests ask oftener than people: they are not counted."""
    return {"master_key": KEY, "rate_limit": 0.0}


@pytest.fixture
def site(services: Services, settings: dict[str, Any]) -> Iterator[Site]:
    server, port, state = LOOP.run_until_complete(start(services))
    names = ("identity", "catalog", "case", "rating", "intermediary", "policy", "message")
    app = build(Settings(**{f"{name}_address": f"127.0.0.1:{port}" for name in names} | settings))
    lifespan = LifespanOf(app)
    LOOP.run_until_complete(lifespan.start())
    site = Site(app, services, state)
    yield site
    LOOP.run_until_complete(site.client.aclose())
    LOOP.run_until_complete(lifespan.stop())
    LOOP.run_until_complete(server.stop(0))
