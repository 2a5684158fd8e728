"""What goes over the wire packed: the site's own files and public pages; never a page with a form token or what is its visitor's own."""

import gzip

import pytest

from services.gateway.render import STATIC
from tests.unit.gateway.told import CASE, ITEM, Site

PACKED = {"Accept-Encoding": "gzip, deflate, br"}


def wire(site: Site, path: str, accepted: str = "gzip") -> tuple[bytes, dict[str, str]]:
    """The body as it comes over the wire, and the headers."""

    async def raw() -> tuple[bytes, dict[str, str]]:
        async with site.client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            return b"".join([piece async for piece in answer.aiter_raw()]), dict(answer.headers)

    return site.run(raw())


@pytest.mark.parametrize("name", [file.name for file in STATIC.iterdir()])
def test_a_file_of_the_site_is_packed_for_who_takes_it_so(site: Site, name: str):
    plain, content = wire(site, f"/static/{name}?v=x", "identity"), (STATIC / name).read_bytes()
    body, headers = wire(site, f"/static/{name}?v=x")
    assert plain[0] == gzip.decompress(body) == content
    assert headers["content-encoding"] == "gzip" and "content-encoding" not in plain[1]
    assert headers["content-length"] == str(len(body)) and len(body) < max(len(content), 600)
    for told in (headers, plain[1]):
        assert told["vary"] == "Accept-Encoding" and "immutable" in told["cache-control"]
        assert told["content-type"] == plain[1]["content-type"] and told["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/items?q=a", f"/items/{ITEM}", "/api/openapi.json"])
def test_a_public_page_is_packed(site: Site, path: str):
    (body, headers), (plain, _) = wire(site, path), wire(site, path, "identity")
    assert headers["content-encoding"] == "gzip" and headers["vary"] == "Accept-Encoding"
    assert headers["content-length"] == str(len(body)) and len(body) < len(plain) / 2
    assert gzip.decompress(body) == plain


@pytest.mark.parametrize("path", ["/", "/items?q=a", f"/items/{ITEM}", "/cases", f"/cases/{CASE}", "/account/contact"])
def test_nothing_is_packed_beside_a_token_or_what_is_the_visitors_own(site: Site, path: str):
    site.sign_in()
    body, headers = wire(site, path)
    assert "content-encoding" not in headers and b"<!doctype html>" in body


@pytest.mark.parametrize("path", ["/sign-in", "/register", "/progress", "/verify", "/nothing"])
def test_a_page_with_a_form_token_is_not_packed_for_a_stranger_either(site: Site, path: str):
    assert "content-encoding" not in wire(site, path)[1]


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000, br", "x-gzip", "deflate"])
def test_who_does_not_take_it_packed_gets_it_plain(site: Site, accepted: str):
    for path in ("/", "/static/tokens.css"):
        assert "content-encoding" not in wire(site, path, accepted)[1]


def test_a_short_answer_stays_as_it_is(site: Site):
    assert "content-encoding" not in site.get("/county.css").headers
    assert "content-encoding" not in site.get("/favicon.ico").headers
