"""Policies as everybody sees them: documents, items with their conditions, results, lists, objections."""

import pytest

from services.gateway import policy_stages, policy_words
from tests.unit.gateway import told_policy as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import claims_pb2 as claims
from yiwang.policy.v1 import enterprises_pb2 as enterprises
from yiwang.policy.v1 import items_pb2 as items
from yiwang.policy.v1 import rolls_pb2 as rolls
from yiwang.policy.v1 import service_pb2 as pb

POLICY, ITEM = f"/policies/{told.POLICY}", f"/policies/items/{told.ITEM}"
ROLL, OBJECT = f"/policies/rolls/{told.ROLL}", f"/policies/published/{told.CLAIM}"


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListPolicies", pb.ListPoliciesResponse(policies=[told.a_policy()], next_page_token="p2"))
    services.on("GetPolicy", told.a_policy())
    services.on("ListPolicyEditions", told.EDITIONS)
    services.on("GetPolicyEdition", pb.PolicyEdition(policy_id=told.POLICY, edition=1, text=told.a_policy().text))
    services.on("ListPayoutItems", items.ListPayoutItemsResponse(items=[told.an_item()], next_page_token="p2"))
    services.on("GetPayoutItem", told.an_item())
    services.on("ListFactKinds", told.KINDS)
    services.on("ListPublishedClaims", told.PUBLISHED)
    services.on("ListRolls", rolls.ListRollsResponse(rolls=[told.a_roll()], next_page_token="p2"))
    services.on("GetRoll", told.a_roll())
    services.on("ListRollLines", told.LINES)


@pytest.mark.parametrize(
    "path",
    ["/policies", "/policies/items", POLICY, f"{POLICY}/editions/1", ITEM, "/policies/published", OBJECT, "/policies/rolls", ROLL],
)  # fmt: skip
def test_every_public_page_is_served_without_an_account_and_runs_nothing_told(site: Site, path: str):
    answer = site.get(path)
    assert answer.status_code == 200 and SCRIPT not in answer.text


def test_the_home_page_and_every_page_lead_there(site: Site):
    assert site.get("/").text.count('href="/policies"') == 3


def test_policies_are_found_by_region_kind_words_and_whether_they_are_paid(site: Site, services: Services):
    page = site.get("/policies?region=990102&kind=talent&words=就业&payable=1").text
    (asked,) = services.requests("ListPolicies")
    assert (asked.region, asked.kind, asked.words, asked.payable, asked.past) == (
        "990102", pb.POLICY_KIND_TALENT, "就业", True, False,
    )  # fmt: skip
    assert "kind=talent" in page and "payable=1" in page and "page=p2" in page and "1 项可兑付" in page
    site.get("/policies?region=x&kind=y")
    assert (services.requests("ListPolicies")[-1].region, services.requests("ListPolicies")[-1].kind) == ("990121", 0)


def test_items_are_found_by_mode_and_words(site: Site, services: Services):
    page = site.get("/policies/items?mode=proactive&words=上规").text
    (asked,) = services.requests("ListPayoutItems")
    assert (asked.mode, asked.words) == (items.PAYOUT_MODE_PROACTIVE, "上规")
    assert "mode=proactive" in page and "申报审核" in page and ITEM in page


def test_a_policy_that_is_not_paid_says_so(site: Site, services: Services):
    services.on("GetPolicy", told.a_policy(payable_items=0))
    assert "不可兑付" in site.get(POLICY).text


def test_an_old_edition_says_that_it_is_not_in_force(site: Site):
    assert "不是现行版本" in site.get(f"{POLICY}/editions/1").text and "不是现行版本" not in site.get(POLICY).text


def test_an_item_tells_object_money_conditions_as_a_tree_materials_and_its_clause(site: Site):
    page = site.get(ITEM).text
    for said in (
        "职工超过5人", "满足其中一项", "规上企业", "不能有以下情形", "在失信名单", "第三条", "1,000,000 元", "收入的1%", "发票", "每年一次",
        "市级", "40%", "2026年12月31日", "按收入的百分之一补助", "职工总数", "同类政策不重复享受",
    ):  # fmt: skip
        assert said in page, said
    assert "employees &gt; 5" not in page


@pytest.mark.parametrize(
    ("item", "may"),
    [(told.an_item(), True), (told.an_item(items.PAYOUT_MODE_PROACTIVE), False), (told.an_item(payable=False), False),
     (told.an_item(status=items.PAYOUT_ITEM_STATUS_PAUSED), False)],
)  # fmt: skip
def test_only_what_takes_claims_offers_to_claim(site: Site, services: Services, item: items.PayoutItem, may: bool):
    services.on("GetPayoutItem", item)
    services.on("GetMe", told.ME)
    assert f'{ITEM}/claim"' not in site.get(ITEM).text
    told.act(site, services)
    assert (f'href="{ITEM}/claim"' in site.get(ITEM).text) == may


def test_parts_that_are_away_are_left_out(site: Site, services: Services):
    for method in ("ListPolicyEditions", "ListPayoutItems", "ListFactKinds"):
        services.on(method, refuse("UNAVAILABLE", "AWAY"))
    assert site.get(POLICY).status_code == 200 and site.get(ITEM).status_code == 200


def test_a_person_objects_to_a_result_in_publicity_and_is_told_what_is_wrong(site: Site, services: Services):
    assert "登录后提出" in site.get(OBJECT).text and 'name="text"' not in site.get(OBJECT).text
    site.sign_in()
    assert 'name="text"' in site.get(OBJECT).text
    services.on("ObjectToClaim", refuse("FAILED_PRECONDITION", "PUBLICITY_OVER", "公示期已满，不能再提出异议"))
    assert "公示期已满" in site.send(f"{OBJECT}/object", {"text": "该企业没有投资"}).text
    services.on("ObjectToClaim", refuse("INVALID_ARGUMENT", "TEXT", text="内容太短"))
    assert 'id="objecttoclaim-text-error"' in site.send(f"{OBJECT}/object", {"text": "否"}).text
    services.on("ObjectToClaim", claims.PublishedClaim())
    assert site.send(f"{OBJECT}/object", {"text": "该企业没有投资"}).status_code == 303
    asked = services.requests("ObjectToClaim")[-1]
    assert (asked.claim_id, asked.text) == (told.CLAIM, "该企业没有投资")


def test_a_person_objects_to_a_list_while_it_is_public(site: Site, services: Services):
    site.sign_in()
    services.on("ObjectToRoll", told.a_roll())
    sent = {"uscc": told.USCC.lower(), "text": "该企业已经注销"}
    assert site.send(f"{ROLL}/object", sent).status_code == 303
    (asked,) = services.requests("ObjectToRoll")
    assert (asked.roll_id, asked.uscc) == (told.ROLL, told.USCC)
    services.on("GetRoll", told.a_roll(rolls.ROLL_STATUS_ISSUED))
    page = site.get(ROLL).text
    assert "公示已结束" in page and 'name="text"' not in page


def test_a_list_is_asked_for_in_the_visitors_name_so_that_an_enterprise_reads_its_own_reasons(
    site: Site, services: Services
):
    assert "依据" not in site.get(ROLL).text and "authorization" not in services.metadata("ListRollLines")
    site.sign_in()
    page = site.get(ROLL).text
    assert services.metadata("ListRollLines")["authorization"] == "Bearer access-1"
    assert "收入达到五百万元" in page and "乙公司" in page and "已移出" in page and "300,000 元" in page


@pytest.mark.parametrize(
    ("fen", "said"), [(0, "0 元"), (8000, "80 元"), (8050, "80.50 元"), (-105, "-1.05 元"), (10**16 + 1, "100,000,000,000,000.01 元")]
)  # fmt: skip
def test_amounts_are_exact_in_fen(fen: int, said: str):
    assert policy_words.yuan(fen) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("2026", "2026年"), ("2026H1", "2026年上半年"), ("2026H2", "2026年下半年"), ("2026Q3", "2026年第3季度"), ("2026-01", "2026年1月"),
     ("ONCE", "一次性"), ("x", "x")],
)  # fmt: skip
def test_periods_are_told_in_words(name: str, said: str):
    assert policy_words.period(name) == said


@pytest.mark.parametrize(
    ("value", "type", "unit", "said"),
    [("true", enterprises.FACT_TYPE_BOOL, "", "是"), ("false", enterprises.FACT_TYPE_BOOL, "", "否"), ("null", 1, "", "无"),
     ("1200", enterprises.FACT_TYPE_INT, "人", "1,200 人"), ("123405", enterprises.FACT_TYPE_MONEY, "", "1,234.05 元"),
     ('"2026-01-31"', enterprises.FACT_TYPE_DATE, "", "2026年1月31日"), ('["甲","乙"]', enterprises.FACT_TYPE_LIST, "", "甲、乙"),
     ("[]", enterprises.FACT_TYPE_LIST, "", "无"), ("{", enterprises.FACT_TYPE_TEXT, "", "{")],
)  # fmt: skip
def test_facts_are_told_in_words(value: str, type: int, unit: str, said: str):
    assert policy_words.value(value, type, unit) == said


@pytest.mark.parametrize("mode", list(policy_words.MODE))
@pytest.mark.parametrize("status", [number for number in claims.ClaimStatus.values() if number])
def test_every_status_of_a_claim_has_words_and_a_place_among_the_phases(status: int, mode: int):
    assert status in policy_words.CLAIM and status in policy_words.OUTLOOK
    stages = policy_stages.stages(told.a_claim(status, mode=mode))
    here = [one for one in stages if one.state in ("current", "attention", "stopped")]
    after = status in (
        claims.CLAIM_STATUS_PAID, claims.CLAIM_STATUS_RECOVERING, claims.CLAIM_STATUS_RECOVERED,
        claims.CLAIM_STATUS_RECOVERY_ENDED,
    )  # fmt: skip
    assert len(stages) == 5 and len(here) == (0 if after else 1)
    assert [one.state for one in stages] == sorted((one.state for one in stages), key=ORDER.index)


ORDER = ["done", "current", "attention", "stopped", "ahead"]
