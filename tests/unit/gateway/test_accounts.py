"""My account and the desk of an agent: what a person reads about himself, and what each form asks of its service."""

import pytest

from services.gateway.words import SHANGHAI
from tests.unit.gateway.told import CASE, ITEM, Services, Site, a_case, hidden, refuse
from yiwang.access.v1 import access_pb2 as access
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import agents_pb2 as agents
from yiwang.identity.v1 import delegations_pb2 as delegations
from yiwang.identity.v1 import organizations_pb2 as organizations
from yiwang.identity.v1 import privacy_pb2 as privacy
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.identity.v1 import sso_pb2 as sso
from yiwang.identity.v1 import verifications_pb2 as verifications

ID = "7b0f3c1e-0000-4000-8000-00000000000a"
POINT = "7b0f3c1e-0000-4000-8000-00000000000b"


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    person = identity.Person(
        id="p-1", name="测试人甲", id_number_masked="990101********1018", level=access.IDENTITY_LEVEL_WEAK
    )
    services.on("GetMe", identity.Me(person=person))
    services.on("ListVerifications", verifications.ListVerificationsResponse())
    services.on("ListDelegations", delegations.ListDelegationsResponse())
    services.on("ListAgentOrganizations", agents.ListAgentOrganizationsResponse(
        agent_organizations=[{"id": POINT, "name": "测试村便民点", "kind": 1, "level": 4}, {"id": ID, "name": "旧点", "closed": True}]
    ))  # fmt: skip
    services.on("ListAccesses", privacy.ListAccessesResponse())
    services.on("ListCaseAccesses", cases.ListCaseAccessesResponse())
    services.on("ListMyOrganizations", organizations.ListMyOrganizationsResponse())


def test_the_account_shows_masked_numbers_and_what_the_level_means(site: Site):
    site.sign_in()
    page = site.get("/account").text
    assert "990101********1018" in page and "手机号已核验" in page and "手机号确由您使用" in page
    for path in ("security", "contact", "level", "delegations", "organizations", "accesses", "consents", "erase"):
        assert f'href="/account/{path}"' in page


def test_only_methods_that_raise_the_level_are_offered(site: Site):
    site.sign_in()
    page = site.get("/account/level").text
    assert "VERIFICATION_METHOD_NAME_NUMBER" in page and "VERIFICATION_METHOD_PHONE" not in page


def test_a_verification_is_asked_for_and_its_challenge_answered(site: Site, services: Services):
    site.sign_in()
    services.on("RequestVerification", verifications.Verification(id=ID))
    form = {"method": "VERIFICATION_METHOD_BANK_CARD", "card_number": "6222 0000 0000 0000"}
    answer = site.send("/account/level/ask", form)
    assert answer.headers["location"] == "/account/level?done=level-asked"
    (asked,) = services.requests("RequestVerification")
    assert (asked.method, asked.card_number) == (verifications.VERIFICATION_METHOD_BANK_CARD, "6222000000000000")
    asks = verifications.Verification(id=ID, method=1, status=2, prompt="请输入短信中的验证码", level=2)
    services.on("ListVerifications", verifications.ListVerificationsResponse(verifications=[asks]))
    assert "请输入短信中的验证码" in site.get("/account/level").text
    services.on("AnswerVerification", asks)
    site.send(f"/account/level/{ID}/answer", {"answer": " 123456 "})
    (answered,) = services.requests("AnswerVerification")
    assert (answered.verification_id, answered.answer) == (ID, "123456")


def test_a_card_number_is_never_shown_again(site: Site, services: Services):
    site.sign_in()
    services.on(
        "RequestVerification", refuse("INVALID_ARGUMENT", "FIELD", "有误", card_number="银行卡号应为 12 到 19 位数字")
    )
    answer = site.send("/account/level/ask", {"method": "VERIFICATION_METHOD_BANK_CARD", "card_number": "62220"})
    assert answer.status_code == 400 and 'id="ask-card_number-error"' in answer.text and "62220" not in answer.text


def test_accesses_of_both_services_are_one_list_by_time(site: Site, services: Services):
    site.sign_in()
    noted = [privacy.AccessEntry(at=f"2026-03-0{day}T00:00:00Z", what=f"身份{day}", by_name="测试局") for day in (3, 1)]
    services.on("ListAccesses", privacy.ListAccessesResponse(accesses=noted, next_page_token="i2"))
    seen = cases.CaseAccess(at="2026-03-02T00:00:00Z", what="监督查阅", case_number="N-1")
    services.on("ListCaseAccesses", cases.ListCaseAccessesResponse(accesses=[seen]))
    page = site.get("/account/accesses").text
    assert page.index("身份3") < page.index("监督查阅") < page.index("身份1")
    assert "/account/accesses?page=i2" in page
    services.heard.clear()
    site.get("/account/accesses?page=i2")
    assert services.requests("ListAccesses")[0].page_token == "i2" and not services.requests("ListCaseAccesses")


def test_the_record_is_shown_while_case_is_away(site: Site, services: Services):
    site.sign_in()
    services.on("ListCaseAccesses", refuse("UNAVAILABLE", "STORE_AWAY"))
    answer = site.get("/account/accesses")
    assert answer.status_code == 200 and "暂时取不到" in answer.text


def test_a_consent_is_taken_back(site: Site, services: Services):
    site.sign_in()
    consent = sso.Consent(client_id=ID, client_name="测试系统", scopes=["openid", "phone"])
    services.on("ListConsents", sso.ListConsentsResponse(consents=[consent]))
    page = site.get("/account/consents").text
    assert "测试系统" in page and "手机号" in page
    services.on("RevokeConsent", sso.RevokeConsentResponse())
    assert site.send(f"/account/consents/{ID}/revoke").status_code == 303
    assert services.requests("RevokeConsent")[0].client_id == ID


def test_erasing_needs_the_words_and_ends_the_session(site: Site, services: Services):
    site.sign_in()
    services.on("ErasePerson", identity.ErasePersonResponse())
    refused = site.send("/account/erase", {"farewell": "注销"})
    assert refused.status_code == 400 and "请完整输入" in refused.text and not services.requests("ErasePerson")
    done = site.send("/account/erase", {"farewell": "注销账号"})
    assert done.headers["location"] == "/?done=erased" and len(services.requests("ErasePerson")) == 1
    assert site.get("/account").headers["location"].startswith("/sign-in")


def test_searching_items_keeps_what_was_chosen_and_asks_nothing_of_identity(site: Site, services: Services):
    site.sign_in()
    hits = [{"id": ITEM, "code": "X1", "name": "已选事项"}, {"id": ITEM, "code": "X2", "name": "另一事项"}]
    services.on("SearchItems", catalog.SearchItemsResponse(hits=hits, total=2))
    form = {"do": "find", "q": "事项", "item": "X1 已选事项", "name": "江小范", "to": "person"}
    answer = site.send("/account/delegations/new", form)
    assert answer.status_code == 200 and not services.requests("GrantDelegation")
    page = answer.text
    assert 'value="X1 已选事项" checked' in page and page.count("已选事项</") <= 2 and 'value="X2 另一事项">' in page
    assert 'value="江小范"' in page and "旧点" not in page and "测试村便民点" in page


def test_a_delegation_names_items_holder_and_the_end_of_its_last_day_in_china(site: Site, services: Services):
    site.sign_in()
    services.on("GrantDelegation", delegations.Delegation(id=ID))
    form = {
        "to": "point",
        "agent_organization_id": POINT,
        "item": ["X1 甲", "X2 乙"],
        "until": "2026-12-31",
        "name": "不算",
    }
    assert site.send("/account/delegations/new", form).headers["location"] == "/account/delegations?done=granted"
    (request,) = services.requests("GrantDelegation")
    assert list(request.scope.item_codes) == ["X1", "X2"] and request.until == "2026-12-31T23:59:59+08:00"
    assert (request.agent_organization_id, request.name, request.id_number) == (POINT, "", "")
    assert SHANGHAI.utcoffset(None).seconds == 8 * 3600


def test_a_person_may_be_the_holder_and_one_case_the_scope(site: Site, services: Services):
    site.sign_in()
    services.on("ListMyCases", cases.ListMyCasesResponse(cases=[a_case()]))
    services.on("GrantDelegation", delegations.Delegation(id=ID))
    assert CASE in site.get("/account/delegations/new").text
    form = {
        "to": "person",
        "name": "江小范",
        "id_number": "99010219851112202x",
        "case_id": CASE,
        "item": "X1 甲",
        "until": "bad",
    }
    site.send("/account/delegations/new", form)
    (request,) = services.requests("GrantDelegation")
    assert (request.name, request.id_number, request.agent_organization_id) == ("江小范", "99010219851112202X", "")
    assert request.scope.case_id == CASE and not request.scope.item_codes and request.until == "bad"


def test_a_refused_delegation_is_told_at_its_fields(site: Site, services: Services):
    site.sign_in()
    told = {"until": "最长一年", "scope": "该机构不能代办此事项"}
    services.on("GrantDelegation", refuse("INVALID_ARGUMENT", "ITEM_NOT_LISTED", "有误", **told))
    answer = site.send("/account/delegations/new", {"to": "point", "until": "2036-01-01", "item": "X1 甲"})
    assert (
        answer.status_code == 400 and 'id="grant-until-error"' in answer.text and 'href="#grant-scope"' in answer.text
    )
    assert 'value="2036-01-01"' in answer.text and 'value="X1 甲" checked' in answer.text
    assert hidden(answer.text.partition("/account/delegations/new")[2], "request_id") == "act-00000001"


@pytest.mark.parametrize("act", ["confirm", "decline", "revoke"])
def test_each_button_of_a_delegation_is_its_act(site: Site, services: Services, act: str):
    site.sign_in()
    rpc = f"{act.capitalize()}Delegation"
    services.on(rpc, delegations.Delegation(id=ID))
    assert site.send(f"/account/delegations/{ID}/{act}").status_code == 303
    (request,) = services.requests(rpc)
    assert (request.delegation_id, request.request_id) == (ID, "act-00000001")


def test_only_the_buttons_that_make_sense_are_shown(site: Site, services: Services):
    site.sign_in()
    asked = delegations.Delegation(id=ID, status=1, holder_name="测试村便民点", requested_at="2026-03-01T00:00:00Z")
    services.on("ListDelegations", lambda r: delegations.ListDelegationsResponse(delegations=[] if r.held else [asked]))
    page = site.get("/account/delegations").text
    assert (
        f"{ID}/confirm" in page and f"{ID}/decline" in page and f"{ID}/revoke" not in page and f"{ID}/act" not in page
    )


def test_a_delegation_is_read_by_the_names_of_its_items_asked_for_once(site: Site, services: Services):
    site.sign_in()
    held = delegations.Delegation(id=ID, status=2, person_name="方**", scope={"item_codes": ["X1", "X2", "X3", "X4"]})
    services.on("ListDelegations", lambda r: delegations.ListDelegationsResponse(delegations=[held] if r.held else []))
    named = [{"code": "X1", "name": "食品经营"}, {"code": "X12", "name": "别的"}]
    services.on("SearchItems", catalog.SearchItemsResponse(hits=named))
    page = site.get("/account/delegations").text
    assert "食品经营、X2、X3 等 4 项" in page and "别的" not in page
    site.get("/account/delegations")
    assert sorted(asked.query for asked in services.requests("SearchItems")) == ["X1", "X2", "X3"], (
        "at once, and once each"
    )


def test_the_certificate_is_a_file_and_a_page(site: Site, services: Services):
    site.sign_in()
    signed = delegations.DelegationCertificate(
        document_json='{"a":1}', signature="c2ln", algorithm="Ed25519", key_id="k1"
    )
    services.on("GetDelegationCertificate", signed)
    services.on("GetDelegation", delegations.Delegation(id=ID, status=2, holder_name="测试村便民点"))
    assert "c2ln" in site.get(f"/delegations/{ID}").text
    file = site.get(f"/delegations/{ID}/certificate.json")
    assert file.json() == {"document_json": '{"a":1}', "signature": "c2ln", "algorithm": "Ed25519", "key_id": "k1"}
    assert "attachment" in file.headers["content-disposition"]


def test_an_organisation_is_claimed_and_its_handlers_are_kept(site: Site, services: Services):
    site.sign_in()
    one = organizations.Organization(id=ID, name="测试公司", uscc="91990121MA00000A1X", status=2, mine=True)
    one.handlers.add(person_id=POINT, name="江**")
    for rpc in ("RegisterOrganization", "GetOrganization", "AuthorizeHandler", "RevokeHandler"):
        services.on(rpc, one)
    site.send("/account/organizations", {"uscc": "91990121ma00000a1x", "name": "测试公司", "address": "八号"})
    assert services.requests("RegisterOrganization")[0].uscc == "91990121MA00000A1X"
    page = site.get(f"/account/organizations/{ID}").text
    assert "江**" in page and f"/handlers/{POINT}/revoke" in page
    form = {"name": "江小范", "id_number": "990102198511122020", "from": "2026-03-01", "until": "2026-04-01"}
    site.send(f"/account/organizations/{ID}/handlers", form)
    (added,) = services.requests("AuthorizeHandler")
    assert (added.organization_id, getattr(added, "from"), added.until) == (ID, "2026-03-01", "2026-04-01")
    site.send(f"/account/organizations/{ID}/handlers/{POINT}/revoke")
    (removed,) = services.requests("RevokeHandler")
    assert (removed.organization_id, removed.person_id) == (ID, POINT)


def test_a_level_too_low_is_said_on_the_page(site: Site, services: Services):
    site.sign_in()
    services.on("RegisterOrganization", refuse("PERMISSION_DENIED", "LEVEL_TOO_LOW", "实名等级须为中级以上"))
    answer = site.send("/account/organizations", {"uscc": "x", "name": "测试公司"})
    assert answer.status_code == 403 and "实名等级须为中级以上" in answer.text and 'value="测试公司"' in answer.text


def test_an_agent_signs_in_to_his_own_desk_and_asks_a_person(site: Site, services: Services):
    assert site.sign_in(agent=True).headers["location"] == "/agent"
    assert "测试村便民点" in site.get("/agent").text
    services.on("RequestDelegation", delegations.Delegation(id=ID))
    form = {"name": "方小示", "id_number": "990101199003071018", "item": "X1 甲", "until": "2026-12-31"}
    assert site.send("/agent/delegations/new", form).headers["location"] == "/agent?done=requested"
    (request,) = services.requests("RequestDelegation")
    assert (request.name, list(request.scope.item_codes)) == ("方小示", ["X1"])
    assert services.metadata("RequestDelegation")["authorization"] == "Bearer access-a"


@pytest.mark.parametrize(
    ("path", "agent", "officer"), [("/agent", False, False), ("/agent", False, True), ("/account", True, False)]
)
def test_each_realm_keeps_to_its_own_pages(site: Site, path: str, agent: bool, officer: bool):
    site.sign_in(as_officer=officer, agent=agent)
    assert site.get(path).status_code == 403
