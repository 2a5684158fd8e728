"""Search that follows the store: what is published is found, in every process and page by page."""

import grpc

from tests.support.calling import refused
from tests.support.catalog_service import CatalogHere, Db, catalog_here, item
from yiwang.catalog.v1 import service_pb2 as pb


def test_what_is_published_is_found_and_what_is_suspended_vanishes(catalog: CatalogHere) -> None:
    published = catalog.publish(item(name="取水许可", aliases=["打井"]))
    assert catalog.found("打井") == ["取水许可"]
    hit = catalog.by(None).SearchItems(query="打井").hits[0]
    assert (hit.id, hit.edition, hit.promised_limit.amount, hit.department.name) == (
        published.id,
        1,
        5,
        "示范县卫生健康局",
    )
    suspended = catalog.desk().SuspendItem(item_id=published.id, reason="法律已修改")
    assert suspended.status == pb.ITEM_STATUS_SUSPENDED
    assert catalog.found("打井") == catalog.found("") == []
    guide = catalog.by(None).GetItem(item_id=published.id)
    assert (guide.definition.name, guide.status) == ("取水许可", pb.ITEM_STATUS_SUSPENDED)
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "NOT_PUBLISHED"):
        catalog.desk().SuspendItem(item_id=published.id, reason="法律已修改")
    assert catalog.desk().ResumeItem(item_id=published.id).edition == 1
    assert catalog.found("打井") == ["取水许可"]


def test_search_shows_the_published_name_and_not_the_draft(catalog: CatalogHere) -> None:
    catalog.publish(item(name="取水许可"))
    catalog.desk().SaveItem(definition=item(name="旧货业备案"))
    assert catalog.found("取水") == ["取水许可"] and catalog.found("旧货业备案") == []
    catalog.publish(item(name="旧货业备案"))
    assert catalog.found("取水") == [] and catalog.found("旧货业备案") == ["旧货业备案"]


def test_an_api_that_starts_later_finds_the_same(catalog: CatalogHere, database: Db) -> None:
    for number in range(30):
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可第{number}类"))
    with catalog_here(database) as other:
        assert other.found("取水", page_size=100) == catalog.found("取水", page_size=100)
        assert len(other.found("", page_size=100)) == 30


def test_pages_lead_through_the_hits(catalog: CatalogHere) -> None:
    for number in range(25):
        catalog.publish(item(code=f"TEST-{number}", name=f"取水许可第{number}类"))
    catalog.poll()
    citizen, seen, token = catalog.by(None), [], ""
    for _ in range(4):
        answer = citizen.SearchItems(query="取水", page_size=8, page_token=token)
        seen += [hit.id for hit in answer.hits]
        token = answer.next_page_token
        assert answer.total == 25
    assert len(set(seen)) == 25 and token == ""
    for bad in ("x", "-1", "99999999", "1 OR 1"):
        with refused(grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED"):
            citizen.SearchItems(query="取水", page_token=bad)
