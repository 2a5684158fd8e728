"""The API for people to read: every method has its page, which says what the document says."""

import pytest

from services.gateway import pages_api
from services.gateway.api_json import METHODS
from tests.unit.gateway.told import Site


def test_every_method_of_the_api_is_listed_once() -> None:
    listed = [one.path.removeprefix("/api") for methods in pages_api.services().values() for one in methods]
    assert sorted(listed) == sorted(METHODS)


def test_the_index_leads_to_services_and_says_how_to_begin(site: Site) -> None:
    page = site.get("/open").text
    for name, methods in pages_api.services().items():
        assert f'href="/open/{name}"' in page and methods
    assert "Idempotency-Key" in page and 'href="/api/openapi.json"' in page


@pytest.mark.parametrize("service", sorted(pages_api.services()))
def test_a_service_says_of_each_method_who_may_call_it(site: Site, service: str) -> None:
    page = site.get(f"/open/{service}")
    assert page.status_code == 200
    for one in pages_api.services()[service]:
        assert f'href="/open/{service}/{one.name}"' in page.text and one.who


def test_a_method_says_what_it_takes_down_to_the_last_enum(site: Site) -> None:
    page = site.get("/open/yiwang.case.v1.CaseService/SubmitCase").text
    for text in (
        "itemId",
        "requestId",
        "必填",
        "yiwang.case.v1.Channel",
        "CHANNEL_WEB",
        'data-path="/api/yiwang.case.v1.CaseService/SubmitCase"',
    ):
        assert text in page
    assert "个人和企业：本人的" in page


@pytest.mark.parametrize("path", ["/open/no.such.Service", "/open/yiwang.case.v1.CaseService/NoSuchMethod"])
def test_what_there_is_not_is_not_found(site: Site, path: str) -> None:
    assert site.get(path).status_code == 404
