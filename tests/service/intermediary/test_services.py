"""What may be procured: the catalogue's items and the intermediary services they need."""

import itertools
from typing import Any

import grpc
import pytest

from services.intermediary import store_services
from tests.support.calling import refused
from tests.support.market import MarketHere
from yiwang.catalog.v1 import events_pb2 as catalog_events
from yiwang.catalog.v1 import service_pb2 as catalog

MARKET = "MarketService"
CODE, SERVICE, NEWER = "000118001000", "建设项目水资源论证报告编制", "取水工程验收检测"


def published(edition: int = 1, **told: Any) -> catalog_events.ItemPublished:
    said = {
        "code": CODE,
        "name": "取水许可",
        "region": "990121",
        "department": catalog.Department(code="11990121MB0000001K", name="水务局"),
        "intermediary_services": [SERVICE],
    }
    return catalog_events.ItemPublished(
        item_id="item", edition=edition, definition=catalog.ItemDefinition(**said | told)
    )


SUSPENDED = ("suspend_item", catalog_events.ItemSuspended(item_id="item", reason="x"))
# An item's life in the order it happened.
LIFE = {
    1: ("keep_item", published()),
    2: SUSPENDED,
    3: ("keep_item", published(2, intermediary_services=[NEWER])),
    4: SUSPENDED,
    5: ("resume_item", catalog_events.ItemResumed(item_id="item", edition=2)),
    6: ("withdraw_item", catalog_events.ItemWithdrawn(item_id="item", reason="x")),
}


@pytest.mark.parametrize(
    ("happened", "there"),
    [
        ((1,), [SERVICE]),
        ((1, 2), None),
        ((1, 2, 3), [NEWER]),
        ((1, 3, 4), None),
        ((1, 3, 4, 5), [NEWER]),
        ((1, 2, 3, 4, 5), [NEWER]),
        ((1, 2, 6), None),
        ((1, 3, 5, 6), None),
    ],
)
def test_items_are_as_their_newest_events_say_in_whatever_order_they_are_heard(
    market: MarketHere, happened: tuple[int, ...], there: list[str] | None
) -> None:
    for order in itertools.permutations(happened):
        market.database[store_services.COLLECTION].delete_many({})
        for seq in (*order, *order):
            name, event = LIFE[seq]
            market.hear(name, event, "item", seq)
        assert store_services.listed(market.database, CODE) == there, order
        assert [row["services"] for row in store_services.all(market.database)] == ([there] if there else []), order


def test_of_an_item_whose_publication_was_not_heard_nothing_is_known(market: MarketHere) -> None:
    for name, event in (LIFE[4], LIFE[5]):
        market.hear(name, event, "item", 4)
    assert store_services.listed(market.database, CODE) is None and not store_services.all(market.database)
    assert store_services.listed(market.database, "") is None


def test_a_need_names_a_service_the_item_lists(market: MarketHere) -> None:
    market.hear("keep_item", published(), "item", 1)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "SERVICE_NOT_LISTED") as refusal:
        market.submit(item_code=CODE)
    assert list(refusal.fields) == ["need.service"]
    assert market.submit(item_code=CODE, service=SERVICE).id
    market.hear(*SUSPENDED, "item", 2)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "ITEM_UNKNOWN"):
        market.submit(item_code=CODE, service=SERVICE)


@pytest.mark.parametrize(
    ("region", "words", "found"),
    [
        ("", "", [NEWER, SERVICE]),
        ("990121101", "水资源", [SERVICE]),
        ("990100", "取水 检测", [NEWER]),
        ("990121", "取水许可", [NEWER, SERVICE]),
        ("990121", "水资源 检测", []),
        ("990122", "", []),
    ],
)
def test_services_are_found_by_region_and_by_words_of_service_and_item(
    market: MarketHere, region: str, words: str, found: list[str]
) -> None:
    market.hear("keep_item", published(intermediary_services=[SERVICE, NEWER]), "item", 1)
    market.hear(
        "keep_item", catalog_events.ItemPublished(item_id="other", definition=published().definition), "other", 1
    )
    market.hear("suspend_item", catalog_events.ItemSuspended(item_id="other"), "other", 2)
    told = market.by(None, service=MARKET).ListServices(region=region, words=words).services
    assert sorted(one.service for one in told) == sorted(found)
    for one in told:
        assert (one.item_id, one.item_code, one.item_name) == ("item", CODE, "取水许可")
        assert (one.department, one.department_name, one.region) == ("11990121MB0000001K", "水务局", "990121")


def test_a_list_of_services_has_an_end(market: MarketHere) -> None:
    for number in range(6):
        services = [f"第{number}类检测{n}" for n in range(100)]
        body = published(code=f"00011800100{number}", intermediary_services=services).definition
        event = catalog_events.ItemPublished(item_id=f"item-{number}", definition=body)
        market.hear("keep_item", event, f"item-{number}", 1)
    told = market.by(None, service=MARKET).ListServices().services
    assert len(told) == 500 and told[0].service == "第0类检测0"
