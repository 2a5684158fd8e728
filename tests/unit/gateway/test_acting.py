"""Acting for somebody: the session says so on every page, opens only what it may, and leads back."""

import pytest

from services.gateway.session import COOKIE_LIMIT, Session
from tests.unit.gateway.told import CASE, Services, Site, hidden, refuse
from yiwang.identity.v1 import delegations_pb2 as delegations
from yiwang.identity.v1 import organizations_pb2 as organizations
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.message.v1 import service_pb2 as messages

ID = "7b0f3c1e-0000-4000-8000-00000000000a"
COOKIE = "__Host-yiwang"


def acting(token: str = "acting-1", organization: str = "") -> identity.Session:
    acted = identity.ActedFor(agent="agent:a-1", agent_name="测试村便民点 测试员丙", item_codes=["X1", "X2"])
    me = identity.Me(person=identity.Person(id="p-9", name="欧阳小示"), acted_for=acted)
    if organization:
        acted = identity.ActedFor(agent="person:p-1", agent_name="测试人甲")
        me = identity.Me(organization=identity.ActingOrganization(id="g-1", name=organization), acted_for=acted)
    return identity.Session(id="s-9", access_token=token, refresh_token="r" * 110, expires_in=900, me=me)


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("ListDelegations", delegations.ListDelegationsResponse())
    services.on("ActFor", acting())
    services.on("SignOut", identity.SignOutResponse())


def begin(site: Site) -> None:
    site.sign_in(agent=True)
    assert site.send(f"/agent/delegations/{ID}/act").headers["location"] == "/cases?done=acting"


def test_calls_are_made_in_the_others_name_and_every_page_says_so(site: Site, services: Services):
    begin(site)
    for path in ("/", "/cases", f"/cases/{CASE}", "/progress"):
        page = site.get(path).text
        assert "您正在代 欧阳** 办理" in page and "测试村便民点 测试员丙" in page and "2 个事项" in page, path
        assert "欧阳小示" not in page, path
    assert services.metadata("ListMyCases")["authorization"] == "Bearer acting-1"


@pytest.mark.parametrize("path", ["/account", "/account/erase", "/account/delegations", "/agent", "/desk", "/admin"])
def test_pages_of_ones_own_are_refused_kindly_while_acting(site: Site, path: str):
    begin(site)
    answer = site.get(path)
    assert answer.status_code == 403 and "代办期间不能使用此页面" in answer.text and "结束代办" in answer.text


def test_ending_leads_back_to_the_own_session(site: Site, services: Services):
    begin(site)
    answer = site.send("/acting/end", {"csrf": hidden(site.get("/cases").text, "csrf")})
    assert answer.headers["location"] == "/agent?done=acting-ended"
    assert services.metadata("SignOut")["authorization"] == "Bearer acting-1"
    assert "您正在代" not in site.get("/agent").text
    assert services.metadata("ListDelegations")["authorization"] == "Bearer access-a"


def test_a_delegation_that_was_taken_back_leads_back_too(site: Site, services: Services):
    begin(site)
    services.on("ListMyCases", refuse("UNAUTHENTICATED", "TOKEN_REFUSED"))
    assert site.get("/cases").headers["location"] == "/agent?done=acting-over"
    assert site.get("/agent").status_code == 200


def test_a_void_delegation_is_told_on_the_list(site: Site, services: Services):
    site.sign_in(agent=True)
    services.on("ActFor", refuse("PERMISSION_DENIED", "DELEGATION_VOID", "委托已失效"))
    answer = site.send(f"/agent/delegations/{ID}/act")
    assert answer.status_code == 403 and "委托已失效" in answer.text and "代办工作台" in answer.text


def test_sign_out_while_acting_ends_both_sessions(site: Site, services: Services):
    begin(site)
    site.send("/sign-out", {"csrf": hidden(site.get("/cases").text, "csrf")})
    tokens = [m["authorization"] for name, _, m in services.heard if name == "SignOut"]
    assert tokens == ["Bearer acting-1", "Bearer access-a"] and COOKIE not in site.client.cookies


def test_a_form_of_the_own_session_does_nothing_while_acting(site: Site, services: Services):
    site.sign_in(agent=True)
    own = hidden(site.get("/agent").text, "csrf")
    site.send(f"/agent/delegations/{ID}/act")
    assert site.post("/acting/end", {"csrf": own}).status_code == 403


def test_one_may_act_for_an_organisation_by_its_full_name(site: Site, services: Services):
    site.sign_in()
    services.on("GetOrganization", organizations.Organization(id=ID, name="测试公司", status=2, mine=True))
    services.on("ActForOrganization", acting(organization="测试公司"))
    site.send(f"/account/organizations/{ID}/act")
    assert "您正在代 测试公司 办理" in site.get("/cases").text


def test_a_handler_has_the_message_centre_of_his_organisation(site: Site, services: Services):
    site.sign_in()
    services.on("ActForOrganization", acting(organization="测试公司"))
    site.send(f"/account/organizations/{ID}/act")
    services.on("CountUnread", messages.CountUnreadResponse(unread=3))
    services.on("ListNotices", messages.ListNoticesResponse())
    services.on("GetPreferences", messages.Preferences())
    assert '<span class="topbar-count">3<span' in site.get("/cases").text
    assert "没有消息" in site.get("/messages").text
    assert services.metadata("ListNotices")["authorization"] == "Bearer acting-1"
    assert 'href="/account/contact"' not in site.get("/messages/preferences").text


def test_who_acts_for_a_person_is_told_nothing_of_his(site: Site, services: Services):
    services.on("CountUnread", messages.CountUnreadResponse(unread=3))
    services.on("ListNotices", refuse("PERMISSION_DENIED", "ACTING", "受托人不能查看委托人的消息"))
    begin(site)
    assert 'href="/messages"' not in site.get("/cases").text
    answer = site.get("/messages")
    assert answer.status_code == 403 and "受托人不能查看委托人的消息" in answer.text


def test_tokens_as_long_as_services_take_them_travel_in_several_cookies(site: Site, services: Services):
    services.on("ActFor", acting(token="x" * 4096))
    begin(site)
    pieces = [cookie for cookie in site.client.cookies.jar if cookie.name.startswith(COOKIE)]
    assert len(pieces) == 2 and all(len(cookie.value or "") <= COOKIE_LIMIT for cookie in pieces)
    assert "您正在代" in site.get("/cases").text
    assert services.metadata("ListMyCases")["authorization"] == "Bearer " + "x" * 4096
    site.send("/acting/end", {"csrf": hidden(site.get("/cases").text, "csrf")})
    assert [cookie.name for cookie in site.client.cookies.jar if cookie.name.startswith(COOKIE)] == [COOKIE]


def test_pieces_of_two_sessions_are_no_session(site: Site, services: Services):
    services.on("ActFor", acting(token="x" * 4096))
    begin(site)
    second = site.client.cookies[f"{COOKIE}-2"]
    site.client.cookies.set(
        f"{COOKIE}-2", second[:-4] + ("AAAA" if second[-4:] != "AAAA" else "BBBB"), domain="county.test"
    )
    assert site.get("/cases").headers["location"].startswith("/sign-in")


def test_leaving_an_own_session_makes_the_visitor_anonymous():
    session = Session(realm="person", id="p-1", access_token="a")
    session.leave()
    assert session == Session()
