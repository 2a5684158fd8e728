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


def test_filters_facets_and_corrections_come_with_the_answer(catalog: CatalogHere) -> None:
    known = {
        "service_objects": ["自然人"],
        "exercise_level": "4",
        "handling_forms": [pb.HANDLING_FORM_WEB],
        "visits": 0,
    }
    catalog.publish(item(code="TEST-1", name="食品经营许可证核发", former_codes=["OLD-2019-7"], **known))
    catalog.publish(item(code="TEST-2", name="食品经营许可证变更", visits=3, visit_reason="须当面核验"))
    catalog.poll()
    citizen = catalog.by(None)
    answer = citizen.SearchItems(query="食品经莹许可", facets=True, exercise_level="4")
    assert answer.corrected == "食品经营许可" and [hit.name for hit in answer.hits] == ["食品经营许可证核发"]
    counted = {facet.kind: {value.value: value.count for value in facet.values} for facet in answer.facets}
    assert counted[pb.FACET_KIND_EXERCISE_LEVEL] == {"4": 1} and counted[pb.FACET_KIND_TYPE] == {"01": 1}
    for chosen in (
        {"service_object": "自然人"},
        {"handling_form": pb.HANDLING_FORM_WEB},
        {"traits": [pb.TRAIT_NO_VISIT, pb.TRAIT_ONLINE]},
        {"query": "OLD-2019-7"},
    ):
        assert [hit.code for hit in citizen.SearchItems(**chosen).hits] == ["TEST-1"], chosen
    assert answer.hits[0].short_code and pb.TRAIT_NO_VISIT in answer.hits[0].traits
    assert not citizen.SearchItems(query="食品经营").facets


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
