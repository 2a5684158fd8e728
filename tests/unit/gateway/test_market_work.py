"""What owners, winners and officers do in the supermarket: every move has a form, every form makes its move."""

from typing import Any

import pytest

from services.gateway import market_moves
from tests.unit.gateway import told_market as told
from tests.unit.gateway.told import USCC, Services, Site, hidden, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import market_pb2 as market
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

NEED, AWARD = f"/market/needs/{told.PROCUREMENT}", f"/market/awards/{told.PROCUREMENT}"
DESK = f"/desk/market/procurements/{told.PROCUREMENT}"
DIGEST = "AB" * 32
REASON = {"reason": "理由充分"}
# Of every move what is typed into its form, and what of it reaches the service.
TYPED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "ReviewProcurement": ({"approved": "no", "reason": "要求过高"}, {"approved": False, "reason": "要求过高"}),
    "CommitNonce": ({"commitment": DIGEST}, {"commitment": DIGEST.lower()}),
    "RevealNonce": ({"nonce": told.NONCE}, {"nonce": told.NONCE}),
    "RecordBeacon": ({"value": "0f1e2d"}, {"value": "0f1e2d"}),
    "DrawEvaluators": ({}, {}),
    "DecideResultObjection": (
        {"objection_id": told.OBJECTION, "decision": "PASSED_OVER", **REASON},
        {"objection_id": told.OBJECTION, "decision": "PASSED_OVER", **REASON},
    ),
    "PassOverWinner": (REASON, REASON),
    "FileContract": (
        {"amount_fen": "12000.5", "signed_on": "2026-11-21", "milestones_0_name": "初稿", "milestones_0_due": "2026-12-01",
         "milestones_0_share": "40", "milestones_2_name": "终稿", "milestones_2_due": "2026-12-31", "milestones_2_share": "60"},
        {"amount_fen": 1_200_050, "signed_on": "2026-11-21"},
    ),
    "ConfirmContract": ({}, {}),
    "ReturnContract": (REASON, REASON),
    "ReportMilestone": ({"number": "2", "note": "已完成"}, {"number": 2, "note": "已完成"}),
    "AnswerMilestone": ({"number": "1", "confirmed": "yes"}, {"number": 1, "confirmed": True}),
    "Deliver": ({"note": "请查收"}, {"note": "请查收"}),
    "ConfirmDeliverable": ({}, {}),
    "ReturnDeliverable": (REASON, REASON),
    "RatePartner": ({"grade": "4", "text": "不错"}, {"grade": 4, "text": "不错"}),
    "AskBreakOff": (REASON, REASON),
    "DecideBreakOff": ({"ended": "yes", "fault": "agency", **REASON}, {"ended": True, "fault": "agency"}),
    "GiveUpAward": (REASON, REASON),
    "WithdrawProcurement": (REASON, REASON),
    "StopProcurement": (REASON, REASON),
}  # fmt: skip


def officer(site: Site, services: Services, *roles: str) -> None:
    """Signs an officer with these roles in."""
    me = identity.Officer(
        id="o-2", name="测试官丁", roles=roles, department=USCC, department_name="测试局", region="990121"
    )
    session = identity.Session(
        id="s-2", access_token="access-2", refresh_token="refresh-of-2-0123456789", expires_in=900, me=identity.Me(officer=me)
    )  # fmt: skip
    services.on("SignIn", session)
    site.send("/sign-in", {"login": "who", "password": "secret-password"})


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("GetProcurement", told.a_running())
    services.on("GetTranscript", told.a_transcript())
    services.on("ListQualificationKinds", told.KINDS)
    services.on("GetMarketRules", told.RULES)
    services.on("ListServices", told.SERVICES)
    services.on("GetEvaluation", told.an_evaluation())
    services.on("UploadMarketFile", pb.MarketFile(file_id=told.PROOF))
    services.on("GetAgency", told.an_agency())
    services.on("ListCredits", told.CREDITS)


@pytest.mark.parametrize("base", [NEED, AWARD, DESK])
@pytest.mark.parametrize("rpc", market_moves.PROCUREMENT)
def test_every_move_that_is_offered_has_a_form_and_its_form_makes_it(
    site: Site, services: Services, rpc: str, base: str
):
    officer(site, services, "market", "supervise") if base == DESK else site.sign_in()
    services.on("GetProcurement", told.a_running(rpc))
    answer = told.an_evaluation() if rpc == "DrawEvaluators" else told.a_running()
    services.on(rpc, answer)
    typed, reached = TYPED[rpc]
    action, page = f"{base}/{rpc.lower()}", site.get(base).text
    assert f'action="{action}"' in page and page.count(f'method="post" action="{base}/') == 1 and SCRIPT not in page
    name = market_moves.PROCUREMENT[rpc].files
    options = {"files": {name: ("合同.pdf", b"%PDF", "application/pdf")}} if name else {}
    assert site.send(action, typed, **options).status_code == 303
    (made,) = services.requests(rpc)
    assert made.procurement_id == told.PROCUREMENT and {key: getattr(made, key) for key in reached} == reached
    if name:
        assert list(made.file_ids) == [told.PROOF]
    if rpc == "FileContract":
        assert [(one.name, one.share) for one in made.milestones] == [("初稿", 4000), ("终稿", 6000)]


def test_what_is_wrong_with_a_milestone_stands_at_its_row(site: Site, services: Services):
    site.sign_in()
    services.on("GetProcurement", told.a_running("FileContract"))
    named = {"milestones[1].due": "早于签订日期"}
    services.on("FileContract", refuse("INVALID_ARGUMENT", "DUE", **named))
    typed, _ = TYPED["FileContract"]
    answer = site.send(f"{NEED}/filecontract", typed, files={"file_ids": ("合同.pdf", b"%PDF", "application/pdf")})
    # The third row as typed is the second that holds anything: it is shown there.
    assert answer.status_code == 400 and 'id="filecontract-milestones_1_due-error"' in answer.text
    assert answer.text.index('value="终稿"') > 0 and 'value="12000.5"' in answer.text


@pytest.mark.parametrize(
    ("rpc", "typed", "said"),
    [("DecideBreakOff", {"reason": "x"}, "请选择终止或者不终止"), ("FileContract", {"amount_fen": "一万"}, "以元为单位"),
     ("ReportMilestone", {"number": "x"}, "应为整数")],
)  # fmt: skip
def test_what_no_request_could_say_is_told_at_its_input(
    site: Site, services: Services, rpc: str, typed: dict[str, str], said: str
):
    site.sign_in()
    services.on("GetProcurement", told.a_running(rpc))
    answer = site.send(f"{NEED}/{rpc.lower()}", typed)
    assert answer.status_code == 400 and said in answer.text and not services.requests(rpc)


def test_a_nonce_is_made_in_the_browser_and_only_its_digest_has_an_input(site: Site, services: Services):
    site.sign_in()
    services.on("GetProcurement", told.a_procurement(pb.PROCUREMENT_STATUS_OPEN, "CommitNonce"))
    page = site.get(NEED).text
    assert f'data-key="nonce:{told.PROCUREMENT}:owner"' in page and 'name="nonce"' not in page
    officer(site, services, "supervise")
    assert f'data-key="nonce:{told.PROCUREMENT}:supervisor"' in site.get(DESK).text


def test_an_evaluator_is_replaced_by_a_form_of_its_own(site: Site, services: Services):
    officer(site, services, "market")
    need = told.a_need(pb.MODE_CHOICE)
    services.on("GetProcurement", told.a_running("ReplaceEvaluator", need=need, status=pb.PROCUREMENT_STATUS_FROZEN))
    page = site.get(DESK).text
    assert "凌**" in page and f'action="{DESK}/replaceevaluator"' in page
    services.on("ReplaceEvaluator", told.an_evaluation())
    assert site.send(f"{DESK}/replaceevaluator", {"evaluator_id": told.EVALUATOR, **REASON}).status_code == 303


@pytest.mark.parametrize("path", ["/market/needs", "/market/needs/new", NEED])
def test_officers_without_the_role_do_not_procure(site: Site, services: Services, path: str):
    services.on("ListMyProcurements", told.listed(told.a_procurement()))
    officer(site, services, "receive")
    assert site.get(path).status_code == 403
    officer(site, services, "procure")
    assert site.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/market/needs", "/market/awards"])
def test_mine_are_listed(site: Site, services: Services, path: str):
    site.sign_in()
    services.on("ListMyProcurements", told.listed(told.a_procurement()))
    page = site.get(path).text
    assert f'href="{path}/{told.PROCUREMENT}"' in page and "page=p2" in page and SCRIPT not in page
    assert services.requests("ListMyProcurements")[-1].won == (path == "/market/awards")


COMMON = {
    "title": "水资源论证", "service": "论证", "description": "编制报告书", "region": "990121", "budget_fen": "20000",
    "requirement_qualifications_1_kind": "water", "requirement_qualifications_1_grade": "乙级",
    "avoidances_0_uscc": told.THREE.lower(), "avoidances_0_reason": "关联企业", "owner_name": "测试公司",
    "signup_end": "2026-12-01T17:00:05", "selection_at": "2026-12-01T18:00:00",
    # Of other modes than the chosen one: left out.
    "direct_reason": "x", "criteria_0_name": "方案", "criteria_0_weight": "100", "evaluators": "3", "bid_most": "100",
}  # fmt: skip
MODES: dict[str, tuple[dict[str, str], Any]] = {
    "draw": (
        {"beacon_source": "drand", "beacon_round": "9", "beacon_at": "2026-12-01T18:00:30"},
        lambda need: (need.beacon.round, need.beacon.at) == (9, "2026-12-01T18:00:30+08:00") and not need.evaluators,
    ),
    "price": (
        {"price_method": "discount", "bid_least": "5", "bid_most": "20.5"},
        lambda need: (need.price_method, need.bid_least, need.bid_most) == (pb.PRICE_METHOD_DISCOUNT, 500, 2050),
    ),
    "choice": (
        {"criteria_0_weight": "60", "criteria_2_name": "人员", "criteria_2_weight": "40"},
        lambda need: [one.weight for one in need.criteria] == [6000, 4000] and need.evaluators == 3 and not need.bid_most,
    ),
    "direct": (
        {"direct_uscc": told.ONE.lower(), "direct_reason": "限额以下"},
        lambda need: need.direct_uscc == told.ONE and not need.signup_end and not need.criteria,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_a_need_is_laid_before_the_operator_with_the_parts_of_its_mode_alone(site: Site, services: Services, mode: str):
    site.sign_in()
    services.on("SubmitProcurement", told.a_procurement(pb.PROCUREMENT_STATUS_SUBMITTED))
    typed, holds = MODES[mode]
    assert site.send("/market/needs/new", COMMON | {"mode": mode} | typed).status_code == 303
    (made,) = services.requests("SubmitProcurement")
    need = made.need
    assert need.budget_fen == 2_000_000 and need.avoidances[0].uscc == told.THREE and made.owner_name == "测试公司"
    assert [(one.kind, one.grade) for one in need.requirement.qualifications] == [("water", "乙级")]
    assert holds(need), need
    assert mode == "direct" or need.signup_end == "2026-12-01T17:00:05+08:00"


def test_what_is_wrong_with_a_need_stands_at_its_field_and_row(site: Site, services: Services):
    site.sign_in()
    named = {
        "need.signup_end": "太早", "need.avoidances[0].uscc": "代码有误", "need.requirement.qualifications[0].grade": "没有这个等级",
        "need.criteria": "权重", "need.beacon.at": "太早了",
    }  # fmt: skip
    services.on("SubmitProcurement", refuse("INVALID_ARGUMENT", "X", **named))
    page = site.send("/market/needs/new", COMMON | {"mode": "draw", "title": SCRIPT}).text
    for anchor in ("signup_end", "avoidances_0_uscc", "requirement_qualifications_0_grade", "criteria", "beacon_at"):
        assert f'id="submitprocurement-{anchor}-error"' in page, anchor
    assert SCRIPT not in page and 'value="乙级"' in page and 'value="draw" checked' in page


def test_more_rows_lose_nothing_and_ask_no_service(site: Site, services: Services):
    site.sign_in()
    page = site.send("/market/needs/new", COMMON | {"mode": "choice", "do": "more"}).text
    assert not services.requests("SubmitProcurement") and 'name="criteria_2_name"' in page and 'value="方案"' in page


def test_a_service_of_the_list_is_filled_in_and_a_draft_of_a_case_says_so(site: Site, services: Services):
    site.sign_in()
    assert 'value="论证"' in site.get("/market/needs/new?service=论证&item_code=X1").text
    draft = pb.Procurement(
        id=told.PROCUREMENT, status=pb.PROCUREMENT_STATUS_DRAFT, case_number="990121-1", need=pb.Need(service="论证"),
        moves=["SubmitProcurement"],
    )  # fmt: skip
    services.on("GetProcurement", draft)
    page = site.get(NEED).text
    assert "990121-1" in page and f'href="{NEED}/edit"' in page
    assert "中介服务不能更改" in site.get(f"{NEED}/edit").text
    services.on("SubmitProcurement", told.a_procurement())
    site.send(f"{NEED}/edit", COMMON | {"mode": "draw"})
    assert services.requests("SubmitProcurement")[-1].procurement_id == told.PROCUREMENT


# The desk.

QUEUES = [
    ("needs", "market"),
    ("objections", "supervise"),
    ("late", "market"),
    ("entries", "market"),
    ("below", "supervise"),
]


@pytest.mark.parametrize(("queue", "role"), QUEUES)
def test_what_waits_is_listed_by_queue(site: Site, services: Services, queue: str, role: str):
    officer(site, services, role)
    services.on("ListProcurementDesk", told.listed(told.a_procurement(late=True)))
    services.on("ListAgencyDesk", agencies.ListAgenciesResponse(agencies=[told.an_agency()]))
    page = site.get(f"/desk/market?queue={queue}").text
    assert "/desk/market/procurements/" in page or "/desk/market/agencies/" in page
    assert SCRIPT not in page


def test_who_has_neither_role_does_not_come(site: Site, services: Services):
    officer(site, services, "receive")
    assert site.get("/desk/market").status_code == 403
    officer(site, services, "market")
    assert site.get("/desk/market/concentrations").status_code == 403


AGENCY_TYPED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "ReviewAgency": ({"approved": "yes"}, {"approved": True}),
    "DecideAgencyObjection": (
        {"objection_id": told.OBJECTION, "upheld": "no", **REASON},
        {"upheld": False, "objection_id": told.OBJECTION},
    ),
    "DecideBlacklistAppeal": ({"overturned": "yes", **REASON}, {"overturned": True}),
    "ResumeAgency": ({}, {}),
    "SuspendAgency": (REASON, REASON),
    "BlacklistAgency": ({"months": "12", **REASON}, {"months": 12}),
}


@pytest.mark.parametrize("rpc", AGENCY_TYPED)
def test_every_move_on_an_agency_has_a_form_and_its_form_makes_it(site: Site, services: Services, rpc: str):
    officer(site, services, "market", "supervise")
    services.on("GetAgency", told.an_agency(agencies.AGENCY_STANDING_ACTIVE, rpc))
    services.on(rpc, told.an_agency())
    base = f"/desk/market/agencies/{told.AGENCY}"
    typed, reached = AGENCY_TYPED[rpc]
    page = site.get(base).text
    assert f'action="{base}/{rpc.lower()}"' in page and SCRIPT not in page
    assert site.send(f"{base}/{rpc.lower()}", typed).status_code == 303
    (made,) = services.requests(rpc)
    assert made.agency_id == told.AGENCY and {key: getattr(made, key) for key in reached} == reached


@pytest.mark.parametrize(
    ("name", "status", "typed", "decision"),
    [
        ("qualification", agencies.QUALIFICATION_STATUS_PENDING, {"approved": "yes"}, agencies.QUALIFICATION_STATUS_APPROVED),
        ("qualification", agencies.QUALIFICATION_STATUS_PENDING, {"approved": "no"}, agencies.QUALIFICATION_STATUS_REFUSED),
        ("revoke", agencies.QUALIFICATION_STATUS_APPROVED, {"false_statement": "1"}, agencies.QUALIFICATION_STATUS_REVOKED),
    ],
)  # fmt: skip
def test_a_qualification_is_judged_where_there_is_one_to_judge(
    site: Site, services: Services, name: str, status: int, typed: dict[str, str], decision: int
):
    officer(site, services, "market")
    one = told.an_agency(agencies.AGENCY_STANDING_SUBMITTED, "ReviewQualification")
    one.qualifications[0].status = status  # type: ignore[assignment]
    services.on("GetAgency", one)
    services.on("ReviewQualification", one)
    base = f"/desk/market/agencies/{told.AGENCY}"
    page, other = site.get(base).text, {"qualification": "revoke", "revoke": "qualification"}[name]
    assert f'action="{base}/{name}"' in page and f'action="{base}/{other}"' not in page
    site.send(f"{base}/{name}", {"qualification_id": told.QUALIFICATION, **REASON, **typed})
    (made,) = services.requests("ReviewQualification")
    assert (made.decision, made.qualification_id) == (decision, told.QUALIFICATION)
    assert made.false_statement == (name == "revoke")


def test_evaluators_are_taken_into_the_pool(site: Site, services: Services):
    officer(site, services, "market")
    services.on(
        "ListEvaluators", selection.ListEvaluatorsResponse(evaluators=[told.an_evaluator("APPLIED", "ReviewEvaluator")])
    )
    page = site.get("/desk/market/evaluators").text
    assert "凌**" in page and SCRIPT not in page and services.requests("ListEvaluators")[0].status == "APPLIED"
    services.on("ReviewEvaluator", told.an_evaluator())
    path = f"/desk/market/evaluators/{told.EVALUATOR}/review"
    assert site.send(path, {"approved": "yes"}).status_code == 303
    assert services.requests("ReviewEvaluator")[0].approved
    assert "请选择入库" in site.send(path, {}).text


def test_rules_are_stated_by_supervisors_and_read_by_operators(site: Site, services: Services):
    officer(site, services, "market")
    assert "savemarketrules" not in site.get("/desk/market/rules").text
    officer(site, services, "supervise")
    page = site.get("/desk/market/rules").text
    assert 'value="50000"' in page and 'value="60"' in page
    services.on("SaveMarketRules", market.MarketRules(county="990121"))
    typed = {"county": "990121", "signup_days": "0", "reveal_minutes": "5", "direct_most_fen": "100000"}
    assert site.send("/desk/market/rules", typed).status_code == 303
    (made,) = services.requests("SaveMarketRules")
    assert (made.county, made.rules.direct_most_fen, made.rules.reveal_minutes) == ("990121", 10_000_000, 5)
    named = {"rules.signup_days": "不得大于 60"}
    services.on("SaveMarketRules", refuse("INVALID_ARGUMENT", "X", **named))
    assert 'id="savemarketrules-signup_days-error"' in site.send("/desk/market/rules", typed).text


def test_pairs_that_meet_too_often_are_shown_with_the_rule(site: Site, services: Services):
    officer(site, services, "supervise")
    pair = market.Concentration(
        owner_name=SCRIPT, agency_name="甲咨询", awards=5, pair=4, share=8000, patterns=["SHARE"]
    )
    services.on("ListConcentrations", market.ListConcentrationsResponse(concentrations=[pair], rule="占比不低于一半"))
    page = site.get("/desk/market/concentrations").text
    assert "80%" in page and "集中度高" in page and "占比不低于一半" in page and SCRIPT not in page


def test_csrf_is_on_every_form_of_the_desk(site: Site, services: Services):
    officer(site, services, "supervise")
    services.on("GetProcurement", told.a_running("StopProcurement"))
    assert hidden(site.get(DESK).text, "csrf")
