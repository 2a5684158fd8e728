"""An enterprise's own pages: what it matches and why, its facts, its claims from applying to the receipt."""

import json
from typing import Any

import pytest

from tests.unit.gateway import told_policy as told
from tests.unit.gateway.told import Services, Site, hidden, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items

MINE, FACTS = "/policies/mine", "/policies/mine/facts"
MATCH, APPLY = f"/policies/mine/items/{told.ITEM}", f"/policies/items/{told.ITEM}/claim"
CLAIM = f"/policies/claims/{told.CLAIM}"
ACCOUNT = {
    "account_name": "甲公司", "account_number": "6222 0000 1111", "account_bank_code": "102100099996", "account_bank_name": "工行",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("GetMe", told.ME)
    services.on("GetMyEnterprise", told.an_enterprise())
    services.on("ListMyMatches", told.MATCHES)
    services.on("ListNewMatches", enterprises.ListNewMatchesResponse(matches=[told.a_match(told.TRUE)]))
    services.on("ListMyClaims", claims.ListClaimsResponse(claims=[told.a_paid()], next_page_token="p2"))
    services.on("ExplainMatch", told.an_explanation())
    services.on("GetPayoutItem", told.an_item())
    services.on("ListFactKinds", told.KINDS)
    services.on("GetClaim", told.a_claim())
    services.on("ReplayClaim", claims.ReplayClaimResponse(explanation=told.an_explanation(), same=True))
    services.on("UploadClaimFile", claims.ClaimFile(file_id=told.FILE))
    asked = enterprises.Correction(
        correction_id=told.FILE, fact="revenue_fen", title=SCRIPT, value="100", wanted="200", status="REFUSED", answer=SCRIPT
    )  # fmt: skip
    services.on("ListCorrections", enterprises.ListCorrectionsResponse(corrections=[asked]))


@pytest.fixture
def acting(site: Site, services: Services) -> Site:
    told.act(site, services)
    return site


PAGES = [
    MINE, MATCH, FACTS, f"{FACTS}/state?names=employees,brands,rented,founded_on,revenue_fen", f"{FACTS}/revenue_fen/correct", APPLY,
    "/policies/claims", CLAIM, f"{CLAIM}/replay",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_an_enterprise_is_served_to_its_handler_and_runs_nothing_told(acting: Site, path: str):
    answer = acting.get(path)
    assert answer.status_code == 200 and SCRIPT not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_sees_them(site: Site, path: str):
    assert "/sign-in" in site.get(path).headers["location"]
    site.sign_in(as_officer=True)
    assert site.get(path).status_code == 403


@pytest.mark.parametrize("path", [MINE, MATCH, FACTS, APPLY, "/policies/claims"])
def test_who_acts_for_no_enterprise_is_told_how_and_no_call_is_made(site: Site, services: Services, path: str):
    site.sign_in()
    assert 'href="/account/organizations"' in site.get(path).text
    assert not [name for name in ("GetMyEnterprise", "ListMyMatches", "ListMyClaims") if services.requests(name)]


def test_the_home_tells_what_it_gets_what_is_missing_what_it_lacks_and_what_it_received(acting: Site):
    page = acting.get(MINE).text
    for said in (
        "可以享受", "123,456 元", "补充信息后可能享受", "由企业填报", "差一点", "收入达到五百万元", "新匹配到的政策", "已到账", "不用申报",
    ):  # fmt: skip
        assert said in page, said
    assert f"/policies/mine/facts/state?names=brands&amp;back=item:{told.ITEM}" in page
    assert f'href="{APPLY}"' in page


def test_a_claim_that_waits_for_the_enterprise_stands_at_the_top_of_its_home(acting: Site, services: Services):
    waiting = told.a_claim(claims.CLAIM_STATUS_ACCOUNT, "ConfirmAccount")
    services.on("ListMyClaims", claims.ListClaimsResponse(claims=[waiting]))
    assert "去办理" in acting.get(MINE).text


def test_what_it_has_of_this_period_already_is_no_near_miss(acting: Site, services: Services):
    had = told.a_match(told.FALSE, title="本期已有", lacking=[items.Lacking(leaf="once", says="本期未享受过该事项")])
    services.on("ListMyMatches", enterprises.ListMyMatchesResponse(matches=[had]))
    assert "本期已有" not in acting.get(MINE).text


def test_every_condition_has_its_sign_clause_fact_source_and_day(acting: Site):
    page = acting.get(MATCH).text
    for said in ("✗", "✓", "第三条", "1,234元", "税务局", "2026年11月20日", "满足一项即可", "不能成立", "差在哪里"):
        assert said in page, said
    assert f'href="{FACTS}/revenue_fen/correct"' in page
    assert f'href="{FACTS}/state?names=rented&amp;back=item:{told.ITEM}"' in page


def test_what_is_not_known_says_the_cheapest_facts_and_offers_to_state_those_the_enterprise_may(
    acting: Site, services: Services
):
    services.on("ExplainMatch", told.an_explanation(told.UNKNOWN))
    page = acting.get(MATCH).text
    assert "?" in page and "还不能判定" in page and "由人社局提供" in page and "没有信息" in page
    assert "names=brands&amp;back" in page and "names=brands,insured" not in page


@pytest.mark.parametrize(
    ("path", "typed", "rpc", "reached"),
    [
        (f"{MINE}/subscription", {"subscribed": "no", "modes": ["1", "3", "9"]}, "SetSubscription", {"subscribed": False, "modes": [1, 3]}),
        (f"{MINE}/seen", {"items": [told.ITEM]}, "AcknowledgeMatches", {"items": [told.ITEM]}),
        (f"{MATCH}/out", {"out": "yes"}, "OptOut", {"item_id": told.ITEM, "out": True}),
        (f"{MATCH}/out", {"out": "no"}, "OptOut", {"out": False}),
    ],
)  # fmt: skip
def test_settings_are_made_in_the_name_of_the_enterprise_whatever_the_form_says(
    acting: Site, services: Services, path: str, typed: dict[str, Any], rpc: str, reached: dict[str, Any]
):
    services.on(rpc, enterprises.ListNewMatchesResponse() if rpc == "AcknowledgeMatches" else told.an_enterprise())
    assert acting.send(path, typed | {"uscc": "919901219901A01193"}).status_code == 303
    (made,) = services.requests(rpc)
    assert made.uscc == told.USCC
    for key, value in reached.items():
        got = getattr(made, key)
        assert (list(got) if isinstance(value, list) else got) == value


def test_stated_facts_reach_the_base_in_their_types_and_the_visitor_goes_back_to_where_he_came_from(
    acting: Site, services: Services
):
    services.on("StateFacts", told.an_enterprise())
    typed = {
        "names": "employees,revenue_fen,rented,founded_on,brands", "back": f"claim:{told.CLAIM}", "value_employees": "1,200",
        "value_revenue_fen": "1234.5", "value_rented": "no", "value_founded_on": "2026-01-31", "value_brands": "甲\n乙\n",
    }  # fmt: skip
    answer = acting.send(f"{FACTS}/state", typed)
    assert answer.headers["location"] == f"{CLAIM}?done=policy-facts"
    (made,) = services.requests("StateFacts")
    assert {one.name: json.loads(one.value) for one in made.facts} == {
        "employees": 1200, "revenue_fen": 123450, "rented": False, "founded_on": "2026-01-31", "brands": ["甲", "乙"],
    }  # fmt: skip


def test_what_was_left_empty_is_not_stated_and_a_refusal_stands_at_its_own_fact(acting: Site, services: Services):
    named = {"facts[0].value": "该信息由部门提供"}
    services.on("StateFacts", refuse("INVALID_ARGUMENT", "NOT_TO_STATE", **named))
    typed = {"names": "employees,brands", "value_employees": "", "value_brands": "甲"}
    answer = acting.send(f"{FACTS}/state", typed)
    (made,) = services.requests("StateFacts")
    assert [one.name for one in made.facts] == ["brands"]
    assert answer.status_code == 400 and 'id="statefacts-value_brands-error"' in answer.text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("employees", "十", "应为整数"), ("revenue_fen", "1.234", "以元为单位"), ("founded_on", "昨天", "应为日期"),
     ("rented", "也许", "请选择")],
)  # fmt: skip
def test_what_is_no_value_of_its_kind_is_told_at_its_input_without_a_call(
    acting: Site, services: Services, name: str, value: str, said: str
):
    answer = acting.send(f"{FACTS}/state", {"names": name, f"value_{name}": value})
    assert answer.status_code == 400 and said in answer.text and f"statefacts-value_{name}" in answer.text
    assert not services.requests("StateFacts")


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "item:../../x", "case:" + told.CLAIM])
def test_a_form_leads_nowhere_else(acting: Site, services: Services, back: str):
    services.on("StateFacts", told.an_enterprise())
    answer = acting.send(f"{FACTS}/state", {"names": "employees", "value_employees": "3", "back": back})
    assert answer.headers["location"].startswith(f"{FACTS}?")


def test_a_department_is_asked_to_correct_only_what_it_reported(acting: Site, services: Services):
    services.on("AskCorrection", enterprises.Correction())
    path = f"{FACTS}/revenue_fen/correct"
    assert acting.send(path, {"value_revenue_fen": "50000", "reason": "漏报一季度"}).status_code == 303
    (made,) = services.requests("AskCorrection")
    assert (made.uscc, made.fact, made.wanted, made.reason) == (told.USCC, "revenue_fen", "5000000", "漏报一季度")
    services.on("AskCorrection", refuse("INVALID_ARGUMENT", "WRONG_TYPE", wanted="格式不符"))
    assert 'id="askcorrection-value_revenue_fen-error"' in acting.send(path, {"value_revenue_fen": "5"}).text
    for name in ("rented", "name", "unknown"):
        assert acting.get(f"{FACTS}/{name}/correct").status_code == 404


def test_a_claim_is_submitted_with_account_and_files_in_the_name_of_the_enterprise(acting: Site, services: Services):
    services.on("SubmitClaim", told.a_claim())
    sent = acting.send(APPLY, ACCOUNT, files={"materials_bills": ("发票.pdf", b"%PDF", "application/pdf")})
    assert sent.headers["location"] == f"{CLAIM}?done=policy-claimed&at=7"
    (made,) = services.requests("SubmitClaim")
    assert (made.item_id, made.uscc, made.account.number) == (told.ITEM, told.USCC, "622200001111")
    assert [(one.code, one.file_id) for one in made.materials] == [("bills", told.FILE)]
    assert services.requests("UploadClaimFile")[0].filename == "发票.pdf"


def test_an_account_that_is_left_out_is_the_last_one(acting: Site, services: Services):
    page = acting.get(APPLY).text
    assert "****1234" in page and "都不填" in page
    services.on("SubmitClaim", told.a_claim(claims.CLAIM_STATUS_REFUSED))
    answer = acting.send(APPLY, dict.fromkeys(ACCOUNT, ""))
    assert not services.requests("SubmitClaim")[0].HasField("account")
    assert "policy-claim-refused" in answer.headers["location"]


@pytest.mark.parametrize(
    ("fields", "anchor"),
    [({"account.number": "账号应为数字"}, "account_number"), ({"account.bank_code": "联行号应为12位"}, "account_bank_code"),
     ({"account": "请填写收款账户"}, "account"), ({"materials": "缺少材料：发票"}, "materials")],
)  # fmt: skip
def test_a_refusal_of_a_claim_stands_at_its_input(
    acting: Site, services: Services, fields: dict[str, str], anchor: str
):
    services.on("SubmitClaim", refuse("INVALID_ARGUMENT", "FIELD", **fields))
    answer = acting.send(APPLY, ACCOUNT)
    assert answer.status_code == 400 and answer.text.count(next(iter(fields.values()))) == 2
    assert f'href="#submitclaim-{anchor}"' in answer.text and f'id="submitclaim-{anchor}"' in answer.text
    assert 'value="甲公司"' in answer.text


def test_a_file_that_is_refused_is_told_at_its_material(acting: Site, services: Services):
    services.on("UploadClaimFile", refuse("INVALID_ARGUMENT", "FILE_TYPE", content="只接受 PDF 和图片"))
    answer = acting.send(APPLY, ACCOUNT, files={"materials_bills": ("发票.exe", b"MZ", "application/pdf")})
    assert 'id="submitclaim-materials_bills-error"' in answer.text and not services.requests("SubmitClaim")


def test_a_proactive_payout_is_not_applied_for(acting: Site, services: Services):
    services.on("GetPayoutItem", told.an_item(items.PAYOUT_MODE_PROACTIVE))
    page = acting.get(APPLY).text
    assert "不用申报" in page and "account_number" not in page


def test_a_refused_claim_tells_why_and_what_could_be_done(acting: Site, services: Services):
    refused = told.a_claim(
        claims.CLAIM_STATUS_REFUSED, "SubmitClaim", explanation=told.an_explanation(), reason=f"不符合条件{SCRIPT}"
    )
    services.on("GetClaim", refused)
    page = acting.get(CLAIM).text
    for said in ("不符合条件", "差在哪里", "可以怎么办", "税务局提供，有误的可以申请更正", "再次申报"):
        assert said in page, said
    assert f'href="{APPLY}"' in page and f'href="{FACTS}/revenue_fen/correct"' in page and SCRIPT not in page


@pytest.mark.parametrize(
    ("move", "action", "typed", "rpc"),
    [("ConfirmAccount", "account", ACCOUNT, "ConfirmAccount"), ("CorrectClaim", "correct", {}, "CorrectClaim"),
     ("WithdrawClaim", "withdraw", {"reason": "不需要了"}, "WithdrawClaim")],
)  # fmt: skip
def test_every_move_that_is_offered_has_a_form_and_its_form_makes_it(
    acting: Site, services: Services, move: str, action: str, typed: dict[str, str], rpc: str
):
    assert f'action="{CLAIM}/' not in acting.get(CLAIM).text
    services.on("GetClaim", told.a_claim(claims.CLAIM_STATUS_ACCOUNT, move))
    page = acting.get(CLAIM).text
    assert f'action="{CLAIM}/{action}"' in page and page.count(f'action="{CLAIM}/') == 1
    services.on(rpc, told.a_claim())
    files = {"files": {"materials_photo": ("照片.jpg", b"\xff\xd8", "image/jpeg")}} if move == "CorrectClaim" else {}
    assert acting.send(f"{CLAIM}/{action}", typed, **files).headers["location"].startswith(f"{CLAIM}?done=")
    (made,) = services.requests(rpc)
    assert made.claim_id == told.CLAIM and made.request_id == "act-00000001"
    if move == "CorrectClaim":
        assert [(one.code, one.file_id) for one in made.materials] == [("photo", told.FILE)]


def test_a_paid_claim_shows_the_payment_and_hands_out_its_receipt(acting: Site, services: Services):
    services.on("GetClaim", told.a_paid())
    page = acting.get(CLAIM).text
    for said in ("已到账", "123,456 元", "ref-1", "****1234", "已对账"):
        assert said in page, said
    services.on("GetReceipt", claims.GetReceiptResponse(pdf=b"%PDF-1", filename="回单.pdf"))
    answer = acting.get(f"{CLAIM}/receipt")
    assert answer.content == b"%PDF-1" and "attachment" in answer.headers["content-disposition"]
    services.on("GetReceipt", refuse("FAILED_PRECONDITION", "NOT_PAID", "还没有到账"))
    assert acting.get(f"{CLAIM}/receipt").status_code == 409


def test_a_file_of_a_claim_is_saved_and_never_shown_as_a_page(acting: Site, services: Services):
    file = claims.ClaimFile(file_id=told.FILE, filename="发票.html", media_type="text/html")
    services.on("DownloadClaimFile", claims.DownloadClaimFileResponse(file=file, content=b"<script>"))
    answer = acting.get(f"{CLAIM}/files/{told.FILE}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize(("same", "said"), [(True, "与当时的判定一致"), (False, "不一致")])
def test_a_decision_is_computed_again_before_the_enterprises_eyes(
    acting: Site, services: Services, same: bool, said: str
):
    services.on("ReplayClaim", claims.ReplayClaimResponse(explanation=told.an_explanation(), same=same))
    assert said in acting.get(f"{CLAIM}/replay").text


def test_a_form_that_was_refused_keeps_its_act_and_one_without_its_token_does_nothing(acting: Site, services: Services):
    services.on("SubmitClaim", refuse("FAILED_PRECONDITION", "BUDGET_MISSING", "该事项本期尚未安排预算"))
    page = acting.send(APPLY, ACCOUNT | {"request_id": "act-00000077"}).text
    form = page.partition(f'action="{APPLY}"')[2]
    assert "尚未安排预算" in page and hidden(form, "request_id") == "act-00000077"
    before = len(services.requests("SubmitClaim"))
    assert acting.post(APPLY, ACCOUNT | {"csrf": "x"}).status_code == 403
    assert len(services.requests("SubmitClaim")) == before


def test_parts_that_are_away_are_left_out(acting: Site, services: Services):
    for method in ("ListNewMatches", "ListMyClaims", "ListFactKinds", "ListCorrections"):
        services.on(method, refuse("UNAVAILABLE", "AWAY"))
    for path in (MINE, MATCH, FACTS, APPLY, CLAIM):
        assert acting.get(path).status_code == 200, path
