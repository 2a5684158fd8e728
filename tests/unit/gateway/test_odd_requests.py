"""Requests no page of ours makes: addresses with a slash too many, foreign hosts, other methods, odd charsets, odd paths."""

import re

import pytest

from tests.unit.gateway.told import ITEM, Services, Site, session

FORM = "/sign-in"
SENT = b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--b\r\n' + (
    b'Content-Disposition: form-data; name="login"\r\n\r\n\\ud800+2AA-..\r\n--b--\r\n'
)


def own(location: str) -> bool:
    return location.startswith("/") and not location.startswith("//")


@pytest.mark.parametrize("path", ["/items/", f"/items/{ITEM}/", "/sign-in//", "/items/?q=a%20b", "/cases/"])
def test_a_slash_too_many_leads_to_the_page_whatever_host_the_request_names(site: Site, path: str):
    answer = site.get(path, headers={"Host": "evil.test", "X-Forwarded-Host": "evil.test"})
    assert answer.status_code == 307
    location = answer.headers["location"]
    assert location == re.sub(r"/+(?=$|\?)", "", path) and own(location)


@pytest.mark.parametrize("path", ["/nothing/", "/static", "/static/", "//", "/.//evil.test/", "/items/x/"])
def test_a_slash_too_many_after_nothing_leads_nowhere(site: Site, path: str):
    answer = site.get(f"https://county.test{path}")
    assert answer.status_code == 404 or own(answer.headers["location"])


def test_a_form_or_a_call_to_an_address_with_a_slash_too_many_is_sent_nowhere(site: Site, services: Services):
    headers = {"Host": "evil.test", "Authorization": "Bearer abc"}
    for path in ("/sign-in/", "/api/yiwang.catalog.v1.CatalogService/SearchItems/"):
        answer = site.post(path, {"login": "a"}, headers=headers)
        assert answer.status_code == 404 and "location" not in answer.headers
    assert services.heard == []


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"])
def test_no_page_repeats_what_a_header_says_of_the_host(site: Site, name: str):
    site.sign_in()
    for path in ("/", "/sign-in", "/cases", f"/items/{ITEM}", "/nothing"):
        answer = site.get(path, headers={name: "host=evil.test" if name == "Forwarded" else "evil.test"})
        assert "evil.test" not in answer.text and "evil.test" not in str(answer.headers), path


def test_no_header_and_no_field_puts_another_method_in_place_of_the_real_one(site: Site, services: Services):
    token = site.token()
    services.heard.clear()
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = site.get(FORM, params={"csrf": token, "login": "a", "_method": "POST"}, headers={header: "POST"})
        assert answer.status_code == 200
        assert site.post("/cases", {"csrf": token, "_method": "GET"}, headers={header: "GET"}).status_code == 405
    assert services.requests("SignIn") == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "CONNECT", "post"])
def test_a_page_takes_its_own_methods_only_and_says_which(site: Site, method: str):
    answer = site.run(site.client.request(method.encode(), FORM, content=b"<script>evil</script>"))
    assert answer.status_code == 405 and set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "evil" not in answer.text and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "punycode", "idna", "undefined", "utf-7", "utf-16", "rot13", '"latin-1"']
)
def test_a_form_in_another_charset_than_ours_is_refused(site: Site, services: Services, charset: str):
    services.on("SignIn", session())
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = site.post(FORM, content=SENT % site.token().encode(), headers={"content-type": kind})
    assert answer.status_code == 415 and services.requests("SignIn") == []


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"'])
def test_a_form_in_our_charset_is_taken(site: Site, services: Services, charset: str):
    services.on("SignIn", session())
    kind = f"multipart/form-data; boundary=b{charset}"
    answer = site.post(FORM, content=SENT % site.token().encode(), headers={"content-type": kind})
    assert answer.status_code == 303 and len(services.requests("SignIn")) == 1


def test_a_body_that_tells_its_length_in_two_ways_is_refused_and_the_connection_ends(site: Site, services: Services):
    headers = {"Content-Length": "6", "Transfer-Encoding": "chunked"}
    answer = site.post(FORM, content=b"", headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (400, "close") and services.heard == []


def test_a_client_that_leaves_in_the_middle_of_its_form_is_no_fault_of_ours(
    site: Site, services: Services, capsys: pytest.CaptureFixture[str]
):
    coming = iter([{"type": "http.request", "body": b"csrf=", "more_body": True}, {"type": "http.disconnect"}])
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    scope = {"type": "http", "method": "POST", "path": FORM, "headers": [kind], "query_string": b"", "state": {}}

    async def receive() -> dict[str, object]:
        return next(coming)

    async def send(message: dict[str, object]) -> None: ...

    app = site.client._transport.app
    site.run(
        app({**scope, "scheme": "https", "server": ("county.test", 443), "client": ("127.0.0.1", 1)}, receive, send)
    )
    assert "request_failed" not in "".join(capsys.readouterr()) and services.heard == []


@pytest.mark.parametrize(
    "body",
    ["&".join(f"a{number}=1" for number in range(1001)), "a=" + "x" * (1 << 21), "x" * (1 << 21) + "=a"],
    ids=["too many inputs", "an input too long", "a name too long"],
)
@pytest.mark.parametrize("several", [False, True], ids=["urlencoded", "multipart"])
def test_a_form_with_more_than_any_page_has_is_refused(site: Site, services: Services, body: str, several: bool):
    kind, content = "application/x-www-form-urlencoded", body.encode()
    if several:
        parts = [pair.partition("=")[::2] for pair in body.split("&")]
        form = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        kind = "multipart/form-data; boundary=b"
        content = "".join(form.format(*part) for part in parts).encode() + b"--b--\r\n"
    answer = site.post(FORM, content=content, headers={"content-type": kind})
    assert answer.status_code == 400 and services.requests("SignIn") == []


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/..%5capp.py", "/static/%00", "/static//etc/passwd",
     "/static/" + "a" * 5000, "/static/tokens.css%00.js", "/guide-files/..%2f..%2fetc%2fpasswd", "/guide-files/%00", "/lists/..%2fitems",
     "/rates/%00.csv", "/items/%00", "/i/%00", "/i/%ff", "/w/%00", "/verify/%00", "/topics/%00", "/departments/%ff%fe",
     "/progress?number=%00", "/items?q=%ed%a0%80&page=%00",
     "/items/../cases", "/items/%2e%2e/desk", "/./cases", "/cases%2f", "/desk;/", "/CASES", "/letters/%00"],
)  # fmt: skip
def test_an_odd_path_is_no_way_in_and_no_fault(site: Site, path: str):
    answer = site.get(path)
    assert answer.status_code in (200, 303, 307, 400, 404), answer.status_code
    assert "root:" not in answer.text and "BODY_LIMIT" not in answer.text
    if answer.is_redirect:
        assert own(answer.headers["location"])
