"""Sessions are sealed cookies: unreadable, unforgeable, new at sign-in, renewed in time, gone after sign-out."""

import asyncio
import base64
import time

import pytest

from services.gateway.session import Sealer, Session
from tests.unit.gateway.told import Services, Site, hidden, refuse, session

COOKIE = "__Host-yiwang"


def sealer(secure: bool = True, key: bytes = bytes(32)) -> Sealer:
    return Sealer(key, secure)


def full_session() -> Session:
    return Session(opened=int(time.time()), csrf="c" * 32, access_token="a" * 900, refresh_token="r" * 256,
                   expires=2**31, realm="officer", id="o" * 36, name="欧阳", roles=["receive", "review", "decide"],
                   department_name="市场监督管理局" * 4)  # fmt: skip


def test_a_session_comes_back_as_it_was_sealed():
    assert sealer().open(sealer().seal(full_session())) == full_session()


def test_the_largest_session_fits_into_a_cookie():
    assert len(sealer().seal(full_session())) < 3900


@pytest.mark.parametrize(
    "spoil", [lambda c: c[:-2] + "AA", lambda c: "A" + c[1:], lambda c: "", lambda c: "é", lambda c: c[:9]]
)
def test_a_spoilt_cookie_is_no_session(spoil):
    assert sealer().open(spoil(sealer().seal(full_session()))) == Session()


def test_a_cookie_of_another_key_or_purpose_is_no_session():
    sealed = sealer().seal(full_session())
    assert sealer(key=b"x" * 32).open(sealed) == Session()
    assert sealer(secure=False).open(sealed) == Session()


def test_a_session_ends_after_its_lifetime():
    old = full_session()
    old.opened -= 13 * 3600
    assert sealer().open(sealer().seal(old)) == Session()


def test_the_cookie_is_out_of_reach_and_tells_nothing(site: Site):
    answer = site.sign_in()
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith(f"{COOKIE}=")
    value = cookie.split("=", 1)[1].split(";")[0]
    clear = base64.urlsafe_b64decode(value + "==")
    assert b"access-1" not in clear and "测试人甲".encode() not in clear


def test_visitors_who_only_read_get_no_cookie(site: Site):
    for path in ("/", "/items", "/nothing-here"):
        assert "set-cookie" not in site.get(path).headers


def test_sign_in_makes_everything_planted_before_useless(site: Site):
    planted, cookie = site.token(), site.client.cookies[COOKIE]
    site.sign_in()
    assert site.client.cookies[COOKIE] != cookie
    assert site.post("/sign-out", {"csrf": planted}).status_code == 403
    assert site.get("/cases").status_code == 200


def test_a_token_near_its_end_is_renewed_once_for_all_tabs(site: Site, services: Services):
    site.sign_in(expires_in=30)
    services.on("RefreshSession", session(token="access-2"))

    async def three_tabs() -> None:
        await asyncio.gather(*(site.client.get("/cases") for _ in range(3)))

    site.run(three_tabs())
    (renewal,) = services.requests("RefreshSession")
    assert renewal.request_id.startswith("refresh-")
    assert services.metadata("ListMyCases")["authorization"] == "Bearer access-2"
    services.heard.clear()
    site.get("/cases")
    assert not services.requests("RefreshSession")


def test_a_fresh_token_is_not_renewed(site: Site, services: Services):
    site.sign_in()
    site.get("/cases")
    assert not services.requests("RefreshSession")


def test_while_identity_is_away_a_token_that_is_still_good_serves(site: Site, services: Services):
    site.sign_in(expires_in=30)
    services.on("RefreshSession", refuse("UNAVAILABLE", "STORE_AWAY"))
    assert site.get("/cases").status_code == 200


def test_an_ended_session_leads_to_sign_in_and_back(site: Site, services: Services):
    site.sign_in(expires_in=30)
    services.on("RefreshSession", refuse("UNAUTHENTICATED", "SESSION_ENDED"))
    answer = site.get("/cases?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fcases%3Fpage%3D2")
    assert COOKIE not in site.client.cookies


def test_sign_out_ends_the_session_here_and_at_identity(site: Site, services: Services):
    site.sign_in()
    token = hidden(site.get("/cases").text, "csrf")
    assert site.post("/sign-out", {"csrf": token}).status_code == 303
    assert services.metadata("SignOut")["authorization"] == "Bearer access-1"
    assert COOKIE not in site.client.cookies
    assert site.get("/cases").headers["location"].startswith("/sign-in")


def test_a_refused_sign_in_says_so_and_keeps_the_account_typed(site: Site, services: Services):
    services.on("SignIn", refuse("UNAUTHENTICATED", "SIGN_IN_REFUSED", "账号或密码不正确"))
    answer = site.send("/sign-in", {"login": "somebody", "password": "wrong-secret"})
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text and 'value="somebody"' in answer.text
    assert "wrong-secret" not in answer.text


def test_officers_and_persons_keep_to_their_own_pages(site: Site):
    site.sign_in()
    assert site.get("/desk").status_code == 403
    site.sign_in(as_officer=True)
    assert site.get("/cases").status_code == 403
    assert site.get("/desk").status_code == 200
