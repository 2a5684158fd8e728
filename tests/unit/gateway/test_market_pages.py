"""The supermarket as everybody sees it: notices, the proof of a draw, agencies, rules, numbers."""

import hashlib
import hmac

import pytest

from standards import draw
from tests.unit.gateway import told_market as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

NOTICE = f"/market/procurements/{told.PROCUREMENT}"


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListProcurements", told.listed(told.a_procurement()))
    services.on("GetProcurement", told.a_running(status=pb.PROCUREMENT_STATUS_SELECTED))
    services.on("GetTranscript", told.a_transcript())
    services.on("ListAgencies", agencies.ListAgenciesResponse(agencies=[told.an_agency()], next_page_token="p2"))
    services.on("GetAgency", told.an_agency())
    services.on("ListCredits", told.CREDITS)
    services.on("ListQualificationKinds", told.KINDS)
    services.on("GetMarketRules", told.RULES)
    services.on("GetStatistics", told.STATISTICS)
    services.on("ListServices", told.SERVICES)


@pytest.mark.parametrize(
    "path",
    ["/market", "/market/agencies", f"/market/agencies/{told.AGENCY}", "/market/services", "/market/rules",
     "/market/statistics", NOTICE, f"{NOTICE}/draw"],
)  # fmt: skip
def test_every_public_page_is_served_without_an_account_and_runs_nothing_told(site: Site, path: str):
    answer = site.get(path)
    assert answer.status_code == 200 and SCRIPT not in answer.text


def test_the_home_page_leads_there(site: Site):
    assert 'href="/market"' in site.get("/").text


def test_notices_are_found_by_status_mode_and_words_and_pages_keep_them(site: Site, services: Services):
    page = site.get("/market?status=open&mode=draw&words=水").text
    (asked,) = services.requests("ListProcurements")
    assert (asked.status, asked.mode, asked.words) == (pb.PROCUREMENT_STATUS_OPEN, pb.MODE_DRAW, "水")
    assert "status=open&amp;mode=draw" in page and "page=p2" in page
    site.get("/market?status=draft&mode=x")
    assert (services.requests("ListProcurements")[-1].status, services.requests("ListProcurements")[-1].mode) == (0, 0)


def test_a_notice_tells_who_was_left_out_and_why_and_what_became_of_the_result(site: Site):
    page = site.get(NOTICE).text
    for said in ("甲咨询", "丙咨询", "回避单位", "水资源论证（乙级及以上）", "12,345 元", "放弃中选", "待处理"):
        assert said in page, said


def test_a_notice_is_asked_for_in_the_visitors_name_and_without_one_when_his_session_is_over(
    site: Site, services: Services
):
    site.sign_in()
    services.on("GetProcurement", told.a_running("Deliver", status=pb.PROCUREMENT_STATUS_CONTRACTED))
    assert f'href="/market/awards/{told.PROCUREMENT}"' in site.get(NOTICE).text
    assert services.metadata("GetProcurement")["authorization"] == "Bearer access-1"
    answers = iter((refuse("UNAUTHENTICATED", "SESSION_OVER"), told.a_procurement()))
    services.on("GetProcurement", lambda request: next(answers))
    assert site.get(NOTICE).status_code == 200
    assert "authorization" not in services.metadata("GetProcurement")


def test_the_draw_shows_every_step_with_what_was_computed_here(site: Site):
    page, found = site.get(f"{NOTICE}/draw").text, told.a_transcript()
    read = draw.faults(__import__("orjson").loads(found.json))
    assert read == [] and found.complete
    document = __import__("orjson").loads(found.json)
    for uscc in document["order"]:
        code = hmac.new(bytes.fromhex(document["seed"]), uscc.encode(), hashlib.sha256).hexdigest()
        assert code in page
    for value in (document["notice_digest"], document["root"], document["seed"], told.NONCE, "beacon-value"):
        assert value in page, value
    assert hashlib.sha256(b"beacon-value").hexdigest() in page and "以公共随机数的 SHA-256 代替" in page
    assert page.index(document["order"][0]) and 'data-check="order"' in page and "verify_draw.py" in page


@pytest.mark.parametrize(("beacon", "said"), [("", "以其承诺值代替"), ("b-1", "以公共随机数的 SHA-256 代替")])
def test_what_stands_for_a_missing_nonce_is_said(site: Site, services: Services, beacon: str, said: str):
    services.on("GetTranscript", told.a_transcript(beacon=beacon))
    assert said in site.get(f"{NOTICE}/draw").text


def test_before_the_result_nothing_is_said_to_replace_a_nonce(site: Site, services: Services):
    services.on("GetTranscript", told.a_transcript(drawn=False, beacon=""))
    page = site.get(f"{NOTICE}/draw").text
    assert "尚未公开" in page and "代替：" not in page and "选取时间以后公布" in page


def test_before_the_freeze_the_commitments_stand_alone(site: Site, services: Services):
    one = told.a_procurement(commitments=[pb.Commitment(party="owner", digest="aa" * 32, committed_at=told.AT)])
    services.on("GetProcurement", one)
    page = site.get(f"{NOTICE}/draw").text
    assert "aa" * 32 in page and not services.requests("GetTranscript")


def test_other_modes_have_no_draw(site: Site, services: Services):
    services.on("GetProcurement", told.a_procurement(need=told.a_need(pb.MODE_PRICE)))
    assert site.get(f"{NOTICE}/draw").status_code == 404


def test_the_transcript_is_handed_out_byte_for_byte(site: Site):
    answer = site.get(f"{NOTICE}/transcript.json")
    assert answer.content == told.a_transcript().json.encode()
    assert (
        "attachment" in answer.headers["content-disposition"] and answer.headers["content-type"] == "application/json"
    )


def test_before_the_freeze_there_is_no_transcript(site: Site, services: Services):
    services.on("GetTranscript", refuse("FAILED_PRECONDITION", "NOT_FROZEN", "报名截止后才有选取记录"))
    assert site.get(f"{NOTICE}/transcript.json").status_code == 409


def test_bids_are_shown_with_their_commitments(site: Site, services: Services):
    need = told.a_need(pb.MODE_PRICE, price_method=pb.PRICE_METHOD_LOWEST)
    services.on("GetProcurement", told.a_running(need=need, status=pb.PROCUREMENT_STATUS_SELECTED))
    services.on("GetTranscript", told.bids_told())
    page = site.get(NOTICE).text
    assert "9,500.50 元" in page and "报价最低" in page and "密封报价的承诺" in page and SCRIPT not in page


def test_agencies_are_found_by_standing_kind_and_words(site: Site, services: Services):
    page = site.get("/market/agencies?standing=blacklisted&kind=water&words=咨询").text
    asked = services.requests("ListAgencies")[-1]
    assert (asked.standing, asked.kind) == (agencies.AGENCY_STANDING_BLACKLISTED, "water") and asked.words == "咨询"
    assert "甲咨询" in page and "standing=blacklisted" in page


def test_an_agencys_credit_is_shown_with_the_rule_of_every_mark(site: Site):
    page = site.get(f"/market/agencies/{told.AGENCY}").text
    assert "中选后放弃" in page and "-10" in page and "乙级" in page and "990101198011053018" not in page


def test_during_its_notice_a_person_may_object_to_an_agency(site: Site, services: Services):
    services.on("GetAgency", told.an_agency(agencies.AGENCY_STANDING_NOTICED, "ObjectToAgency"))
    path = f"/market/agencies/{told.AGENCY}"
    assert "对入驻提出异议" not in site.get(path).text
    site.sign_in()
    assert "对入驻提出异议" in site.get(path).text
    services.on("ObjectToAgency", refuse("FAILED_PRECONDITION", "NOTICE_OVER", "公示期已满"))
    assert "公示期已满" in site.send(f"{path}/object", {"text": "资质有问题"}).text
    services.on("ObjectToAgency", agencies.AgencyObjection())
    assert site.send(f"{path}/object", {"text": "资质有问题"}).status_code == 303
    assert services.requests("ObjectToAgency")[-1].agency_id == told.AGENCY


def test_numbers_stand_in_tables_beside_the_charts_in_words(site: Site, services: Services):
    page = site.get("/market/statistics?from=2026-12&to=2026-01").text
    asked = services.requests("GetStatistics")[-1]
    assert (asked.from_month, asked.to_month) == ("2026-01", "2026-12")
    for said in ("随机抽取", "有效报名不足", "正常", "报名中", "80%", "72.5", "<svg"):
        assert said in page, said


def test_the_rules_are_told_in_words(site: Site):
    page = site.get("/market/rules").text
    assert "50,000 元" in page and "60 分钟" in page and "中选后放弃" in page and "条例第十一条" in page


def test_parts_that_are_away_are_left_out(site: Site, services: Services):
    for method in ("ListCredits", "ListQualificationKinds", "GetTranscript", "GetMarketRules"):
        services.on(method, refuse("UNAVAILABLE", "AWAY"))
    for path in (NOTICE, f"{NOTICE}/draw", "/market/rules", f"/market/agencies/{told.AGENCY}"):
        assert site.get(path).status_code == 200, path


def test_a_transcript_of_nobody_is_shown(site: Site, services: Services):
    empty = draw.transcript(
        notice={"signup_end": told.AT}, candidates=[], excluded=[], parties=[], beacon=None, drawn=False
    )
    said = selection.Transcript(procurement_id=told.PROCUREMENT, json=draw.canonical(empty).decode(), digest="00")
    services.on("GetTranscript", said)
    assert site.get(f"{NOTICE}/draw").status_code == 200 and site.get(NOTICE).status_code == 200
