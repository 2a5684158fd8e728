"""What keeps visitors safe: form tokens, headers, limits, redirects to own paths only."""

import base64
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.routing import Route

from services.gateway.app import PAGES, _routes
from services.gateway.observe import NO_ROUTE, Observe
from services.gateway.pages import Page
from services.gateway.render import HERE
from services.gateway.security import own_path
from tests.unit.gateway.told import CASE, FILE, ITEM, Services, Site, hidden, session
from tests.unit.gateway.told_policy_portal import officer
from yiwang.case.v1 import bundles_pb2 as bundles
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1 import sso_pb2 as sso
from yiwang.intermediary.v1 import performance_pb2 as performance
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.rating.v1 import service_pb2 as rating

FORMS = [page for page in PAGES if page.post]
COOKIE = "__Host-yiwang="
Form = Callable[[Site], dict[str, str]]
OTHER = "7b0f3c1e-0000-4000-8000-000000000009"


def path_of(page: Page) -> str:
    named = {"item_id": ITEM, "case_id": CASE, "attachment_id": FILE, "move": "accept", "size": "large"}
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: named.get(found[1], OTHER), page.path)


def come(site: Site, services: Services, page: Page) -> None:
    """Signs somebody in who may send the form: whoever may not come is refused before its token is looked at."""
    if page.needs == "officer" and page.roles:
        officer(site, services, page.roles)
    else:
        site.sign_in(as_officer=page.needs == "officer", agent=page.needs == "agent")


def sent(site: Site, services: Services, form: Form, headers: dict[str, str] | None = None) -> dict[str, str]:
    """What every form of the route table is answered when it is sent like this by somebody who may send it; by path."""
    answers, forms = dict[str, str](), sorted(FORMS, key=lambda page: (page.needs, page.roles))
    for _, pages in itertools.groupby(forms, key=lambda page: (page.needs, page.roles)):
        over = True
        for page in pages:
            if over:
                come(site, services, page)
            typed = form(site)
            services.heard.clear()
            answer = site.post(path_of(page), typed, headers=headers or {})
            refused = next((word for word in ("页面已过期", "请求来自其他网站") if word in answer.text), "")
            acted = "" if services.heard == [] else " and something was asked"
            over = COOKIE in answer.headers.get("set-cookie", "")
            answers[page.path] = f"{answer.status_code} {refused}{acted}"
    assert len(answers) == len(FORMS)
    return answers


@pytest.mark.parametrize("form", [{"x": "y"}, {"csrf": ""}, {"csrf": "guessed"}], ids=["none", "empty", "guessed"])
def test_no_form_without_our_token_does_anything(site: Site, services: Services, form: dict[str, str]):
    assert set(sent(site, services, lambda _: form).values()) == {"403 页面已过期"}


def test_no_form_with_the_token_of_another_session_does_anything(site: Site, services: Services):
    site.sign_in()
    foreign = site.token()
    answers = sent(site, services, lambda _: {"csrf": foreign, "request_id": "act-00000001"})
    assert set(answers.values()) == {"403 页面已过期"}


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_no_form_from_another_site_does_anything(site: Site, services: Services, origin: str):
    answers = sent(site, services, lambda site: {"csrf": site.token()}, {"Sec-Fetch-Site": origin})
    assert set(answers.values()) == {"403 请求来自其他网站"}


def test_every_form_of_the_session_itself_is_taken(site: Site, services: Services):
    """Without which the three above would hold for a site that refuses everything."""
    answers = sent(site, services, lambda site: {"csrf": site.token()}, {"Sec-Fetch-Site": "same-origin"})
    wrong = {path: told for path, told in answers.items() if told[0] == "5" or "页面" in told or "网站" in told}
    assert wrong == {}


HTML = b"<script>alert(1)</script>"
NAMED = '"; x.html\r\nSet-Cookie: a=b\r\n/../资料<b>.html'
# Every page that hands out what somebody uploaded: the method it asks, and what that answers with.
UPLOADS: dict[str, tuple[str, type[Any]]] = {
    "/cases/{case_id:uuid}/files/{attachment_id:uuid}": ("DownloadAttachment", cases.DownloadAttachmentResponse),
    "/bundles/{bundle_id:uuid}/files/{attachment_id:uuid}": ("DownloadBundleFile", bundles.DownloadBundleFileResponse),
    "/rating-files/{record_id:uuid}/{file_id:uuid}": ("DownloadRatingFile", rating.DownloadRatingFileResponse),
    "/market/procurements/{procurement_id:uuid}/files/{file_id:uuid}": (
        "DownloadDeliverable",
        performance.MarketFileContent,
    ),
    "/market/agencies/{agency_id:uuid}/files/{file_id:uuid}": ("DownloadMarketFile", performance.MarketFileContent),
    "/policies/claims/{claim_id:uuid}/files/{file_id:uuid}": ("DownloadClaimFile", claims.DownloadClaimFileResponse),
    "/guide-files/{id}": ("DownloadGuideFile", catalog.DownloadGuideFileResponse),
}


def uploaded(answer: type[Any], kind: str) -> Any:
    """A file of this kind as its service hands it out."""
    if "type" in answer.DESCRIPTOR.fields_by_name:
        return answer(content=HTML, name=NAMED, type=kind)
    about = {"filename": NAMED, "media_type": kind}
    return answer(
        content=HTML, **{name: about for name in ("attachment", "file") if name in answer.DESCRIPTOR.fields_by_name}
    )


def test_the_pages_that_hand_out_uploads_are_known():
    files = {page.path for page in PAGES if re.search(r"files/\{\w*id(:uuid)?\}|-files/", page.path)}
    assert files == set(UPLOADS)


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml; charset=x", "", "image/png"]
)
def test_what_was_uploaded_is_saved_and_never_run_whatever_it_is_called(
    site: Site, services: Services, path: str, kind: str
):
    page = next(page for page in PAGES if page.path == path)
    method, answer = UPLOADS[path]
    services.on(method, uploaded(answer, kind))
    site.sign_in()
    found = site.get("/guide-files/" + "0" * 64 if path.startswith("/guide") else path_of(page))
    assert found.status_code == 200 and found.content == HTML
    assert found.headers["content-type"] == ("image/png" if kind == "image/png" else "application/octet-stream")
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9%._-]+", found.headers["content-disposition"])
    assert (
        found.headers["x-content-type-options"] == "nosniff"
        and "default-src 'self'" in found.headers["content-security-policy"]
    )
    assert "a=b" not in found.headers.get("set-cookie", "")


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/tokens.css", "/api/openapi.json", "/api/x/y", "/healthz"])
def test_every_answer_carries_the_protecting_headers(site: Site, path: str):
    headers = site.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "max-age" in headers["strict-transport-security"]


def test_no_template_needs_what_the_policy_forbids():
    for template in (HERE / "templates").iterdir():
        text = template.read_text()
        text = re.sub(r"<script src=\"\{\{ asset\('[\w.]+\.js'\) \}\}\" defer></script>", "", text)  # the site's own
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text), template.name
        assert "|safe" not in text, template.name


def test_pages_ask_for_nothing_outside_the_site():
    for file in (HERE / "static").iterdir():
        assert not re.search(r"@import|url\(\"?(https?:|//|data:)", file.read_text()), file.name


def test_private_pages_are_never_stored(site: Site):
    site.sign_in()
    for path in ("/cases", f"/cases/{CASE}", f"/items/{ITEM}/apply", "/"):
        assert site.get(path).headers["cache-control"] == "no-store", path


def test_static_files_are_kept_for_a_year_under_their_mark(site: Site):
    address = re.search(r'href="(/static/tokens.css\?v=\w+)"', site.get("/").text)
    assert address and "immutable" in site.get(address[1]).headers["cache-control"]


BIG = 12 * 1024 * 1024 + 1


async def in_pieces():
    yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    for _ in range(13):
        yield b"x" * 1024 * 1024


@pytest.mark.parametrize("body", [b"x" * BIG, in_pieces], ids=["told", "in pieces"])
def test_a_body_over_the_limit_is_refused_clearly(site: Site, services: Services, body):
    site.sign_in()
    body, form = body if isinstance(body, bytes) else body(), {"content-type": "multipart/form-data; boundary=b"}
    answer = site.post(f"/items/{ITEM}/apply", content=body, headers=form)
    assert answer.status_code == 413 and "12 MB" in answer.text


def test_the_api_refuses_a_large_body_too(site: Site):
    json = {"content-type": "application/json"}
    answer = site.post("/api/yiwang.catalog.v1.CatalogService/SearchItems", content=in_pieces(), headers=json)
    assert answer.status_code == answer.json()["status"] == 413


@pytest.mark.parametrize(
    "target",
    ["https://evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "javascript:alert(1)", "", "evil",
     "/x\r\nSet-Cookie: a=b", " //evil.test", "///evil.test", "http:/evil.test", "https:evil.test", "/\n/evil.test", "\x00//evil.test",
     "/\u2028/evil.test", "\\/evil.test", "HTTPS://county.test@evil.test", "data:text/html,x", "?next=//evil.test", "@evil.test",
     ".evil.test"],
)  # fmt: skip
def test_no_page_that_takes_where_to_go_next_leaves_the_site(site: Site, services: Services, target: str):
    assert own_path(target) == "/"
    assert site.get("/letters/large", params={"next": target}).headers["location"] == "/"
    assert hidden(site.get("/sign-in", params={"next": target}).text, "next") == ""
    for path, location in (*_ways_in(site, services, target), *_by_upstream(site, services, target)):
        assert location == "/cases", path


def _ways_in(site: Site, services: Services, target: str) -> Iterator[tuple[str, str]]:
    """Where each way to sign in leads somebody who wanted to go to `target`."""
    services.on("FinishPasskeySignIn", session())
    services.on("AnswerChallenge", session())
    challenge = identity.Session(challenge=identity.Challenge(challenge="c" * 40, factors=["totp"]))
    for path, first in (("/sign-in", session()), ("/sign-in/passkey", session()), ("/sign-in/code", challenge)):
        site.client.cookies.clear()
        services.on("SignIn", first)
        if path == "/sign-in/code":
            site.send("/sign-in", {"login": "a", "password": "b", "next": target})
        yield path, site.send(path, {"login": "a", "password": "b", "code": "1", "next": target}).headers["location"]


def _by_upstream(site: Site, services: Services, target: str) -> Iterator[tuple[str, str]]:
    """The same through an upstream provider: what it was asked with, and with a cookie somebody else has written."""
    services.on("BeginUpstream", sso.BeginUpstreamResponse(redirect_to="https://upstream.test/", keep="k" * 40))
    services.on("FinishUpstream", session())
    begun = site.get("/sign-in/upstream/province", params={"next": target})
    assert begun.headers["location"] == "https://upstream.test/"
    yield "upstream", site.get("/sign-in/upstream/callback?code=1").headers["location"]
    written = f"{'k' * 40}.{base64.urlsafe_b64encode(target.encode()).decode()}"
    site.client.cookies.clear()
    forged = {"Cookie": f"__Host-yiwang-upstream={written}"}
    yield "upstream, forged", site.get("/sign-in/upstream/callback?code=1", headers=forged).headers["location"]


@pytest.mark.parametrize("target", ["/", "/cases?page=2", "/items/x#materials"])
def test_own_paths_are_followed(target: str):
    assert own_path(target) == target


def test_sign_in_leads_where_the_visitor_wanted_to_go(site: Site, services: Services):
    services.on("SignIn", session())
    form = {"login": "a", "password": "b"}
    assert site.send("/sign-in", form | {"next": f"/items/{ITEM}/apply"}).headers["location"] == f"/items/{ITEM}/apply"
    assert site.send("/sign-in", form | {"next": "//evil.test"}).headers["location"] == "/cases"


def test_every_page_needs_a_session_or_is_meant_for_everyone(site: Site):
    for page in PAGES:
        if page.needs:
            answer = site.get(path_of(page))
            assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next="), page.path


def test_large_letters_are_a_plain_cookie_and_a_class(site: Site):
    assert '<html lang="zh-CN">' in site.get("/").text
    site.get("/letters/large?next=/items")
    assert site.client.cookies["yiwang-letters"] == "large"
    assert '<html lang="zh-CN" class="large">' in site.get("/").text
    site.get("/letters/normal")
    assert '<html lang="zh-CN">' in site.get("/").text


def test_spans_and_logs_are_named_by_templates_never_by_paths(site: Site):
    observe = Observe(None, _routes())  # type: ignore[arg-type]
    scope = {"type": "http", "method": "GET", "headers": []}
    assert observe._template(scope | {"path": f"/cases/{CASE}"}) == "/cases/{case_id:uuid}"
    assert observe._template(scope | {"path": "/cases/990101199001011234"}) == NO_ROUTE
    assert all(isinstance(route, Route) for route in observe.routes)
