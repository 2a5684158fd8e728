"""Every page of the route table as it leaves the gateway, with real records in it: what protects its reader, and what may be kept."""

import re
from urllib.parse import urlsplit

import pytest

from services.gateway.app import PAGES
from tests.service.gateway.outside import Outside
from tests.service.gateway.walked import STREAM, Read, Seen, walk

HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
# What is shown in the page instead of being saved: pictures of ours.
SHOWN = ("image/png", "image/svg+xml")
SAVED = (
    "application/pdf",
    "application/zip",
    "application/json",
    "text/csv",
    "application/octet-stream",
    "image/jpeg",
    "image/png",
)
# Pages that show nothing to nobody of this world, and why; everything else has to be shown to who may come, or the tests below would
# look at refusals.
NOT_SHOWN: dict[str, str] = {
    "/departments/{code} by person: 404": "no department has published",
    "/directory/implementations/{id:uuid} by person: 404": "the list of the world is a draft",
    "/directory/{id:uuid} by person: 404": "the list of the world is a draft",
    "/guide-files/{id} by person: 404": "the guide has no file",
    "/i/{code} by person: 404": "the code of an item lives in its QR",
    "/market/procurements/{procurement_id:uuid} by person: 404": "the draw is not public yet",
    "/market/procurements/{procurement_id:uuid}/draw by person: 404": "the draw is not public yet",
    "/market/procurements/{procurement_id:uuid}/transcript.json by person: 404": "the draw is not public yet",
    "/oauth/authorize by person: 400": "no client asks",
    "/policies/news/{news_id:uuid} by person: 404": "the news is a draft",
    "/ratings/behind by person: 400": "nothing is asked for",
    "/ratings/bulletins/{bulletin_id:uuid} by person: 404": "no bulletin is out",
    "/ratings/bulletins/{bulletin_id:uuid}/pdf by person: 404": "no bulletin is out",
    "/sign-in/upstream/callback by person: 401": "no sign-on of others has sent him",
    "/sign-in/upstream/{code} by person: 404": "there is no sign-on of others",
    "/themes/{id:uuid} by person: 404": "the theme of the world is a draft",
    "/topics/{topic:path} by person: 404": "no topic has items",
    "/verify/{code} by person: 400": "the code lives in a document",
    "/w/{code} by person: 400": "the code lives in the QR of a window",
    "/w/{code}/complain by person: 400": "the code lives in the QR of a window",
}


@pytest.fixture(scope="module")
def seen(outside: Outside) -> list[Seen]:
    """All pages, once."""
    found = list(walk(outside))
    assert {one.page.path for one in found} == {page.path for page in PAGES}
    return found


def test_every_page_is_shown_to_who_may_come_and_none_is_a_fault(seen: list[Seen]) -> None:
    assert [str(one) for one in seen if one.answer.status_code >= 500] == []
    shown = {one.page.path for one in seen if one.answer.status_code in (200, 302, 303)}
    missing = sorted(str(one) for one in seen if one.by and one.page.path not in shown)
    assert not (set(missing) ^ set(NOT_SHOWN)), "\n".join(missing)


def test_every_page_carries_the_protecting_headers(seen: list[Seen]) -> None:
    for one in seen:
        assert {name: one.answer.headers.get(name) for name in HEADERS} == HEADERS, one
        assert "camera=()" in one.answer.headers["permissions-policy"], one
        assert "server" not in one.answer.headers and "x-powered-by" not in one.answer.headers, one
        assert not any(name.startswith("access-control-") for name in map(str.lower, one.answer.headers)), one


def test_no_page_has_code_of_its_own_or_names_another_site(seen: list[Seen]) -> None:
    pages = [one for one in seen if one.html]
    assert len(pages) > len(PAGES) / 2
    assert {str(one): faults for one in pages if (faults := Read(one.answer.text).faults)} == {}


def test_every_form_that_is_sent_brings_the_token_of_its_session(seen: list[Seen]) -> None:
    read = {str(one): Read(one.answer.text) for one in seen if one.html}
    assert sum(one.forms for one in read.values()) > 200
    assert {page: (one.forms, one.tokens) for page, one in read.items() if one.forms != one.tokens} == {}


def test_no_redirect_of_a_page_names_a_host(seen: list[Seen]) -> None:
    going = [one for one in seen if one.answer.is_redirect]
    assert len(going) > 100
    for one in going:
        target = urlsplit(one.answer.headers["location"])
        assert (target.scheme, target.netloc) == ("", "") and target.path.startswith("/"), one


def test_what_is_private_is_never_stored_and_what_is_public_is_asked_for_again(seen: list[Seen]) -> None:
    for one in seen:
        kept = one.answer.headers["cache-control"]
        if one.page.needs or one.by:
            assert kept in ("no-store", "public, max-age=31536000, immutable"), one
        else:
            assert kept in ("no-store", "private, no-cache", "public, max-age=31536000, immutable"), one
        if "immutable" in kept:
            assert one.page.path == "/guide-files/{id}", f"{one}: only what is named by its content may be kept"


def test_every_cookie_is_out_of_reach_of_scripts_of_other_sites_and_of_plain_http(seen: list[Seen]) -> None:
    set_ = [(one, cookie) for one in seen for cookie in one.answer.raw.headers.getlist("set-cookie")]
    assert set_
    for one, cookie in set_:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= attributes, f"{one} {cookie.partition('=')[0]}"
        assert not any(part.startswith("domain=") for part in attributes), one


def test_what_is_no_page_is_saved_under_its_own_kind_and_never_shown_as_a_page_of_the_site(seen: list[Seen]) -> None:
    files = [one for one in seen if one.answer.status_code == 200 and not one.html]
    assert len(files) >= 10
    for one in files:
        kind, how = (
            one.answer.headers["content-type"].partition(";")[0],
            one.answer.headers.get("content-disposition", ""),
        )
        if kind != STREAM and not (kind in SHOWN and re.search(r"/qr\.(png|svg)$", one.page.path)):
            assert how.startswith("attachment; filename"), one
            assert kind in SAVED and re.fullmatch(r"[\x20-\x7e]+", how), one
