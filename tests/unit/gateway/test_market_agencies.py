"""An agency's own pages, its way into a selection, and the pages of evaluators."""

from typing import Any

import pytest

from tests.unit.gateway import told_market as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.identity.v1 import organizations_pb2 as organizations
from yiwang.identity.v1 import service_pb2 as identity
from yiwang.intermediary.v1 import agencies_pb2 as agencies
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

SIGN_UP = f"/market/procurements/{told.PROCUREMENT}/sign-up"
SCORE = f"/market/evaluations/{told.PROCUREMENT}"
MINE = "/market/agency"
PDF = ("证书.pdf", b"%PDF", "application/pdf")
PROFILE = {
    "name": "甲咨询", "uscc": told.ONE.lower(), "region": "990121", "address": "滨河路18号", "legal_name": "石某",
    "legal_number": "99010119801105301x", "services": "论证\n检测\n论证", "promise": "按期完成", "contact_name": "石某",
    "contact": "0990-0000001", "shareholders_1_name": "某公司", "shareholders_1_number": told.TWO, "shareholders_1_share": "50.5",
    "people_0_name": "高某", "people_0_number": "990101198209173023", "people_0_certificate_kind": "注册造价工程师",
    "people_0_certificate_number": "Z1", "avoidances_0_uscc": told.THREE, "avoidances_0_reason": "关联",
}  # fmt: skip
QUALIFIED = {
    "qualifications_1_kind": "water", "qualifications_1_grade": "乙级", "qualifications_1_certificate_number": "S1",
    "qualifications_1_valid_from": "2026-01-01",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("GetProcurement", told.a_procurement())
    services.on("ListQualificationKinds", told.KINDS)
    services.on("CheckQualification", told.VERDICT)
    services.on("UploadMarketFile", pb.MarketFile(file_id=told.PROOF))
    services.on("GetMe", identity.Me(organization=identity.ActingOrganization(id="g-1", uscc=told.ONE, name="甲咨询")))


@pytest.fixture
def handler(site: Site, services: Services) -> Site:
    """The browser of a handler who acts for his organisation."""
    me = identity.Me(
        organization=identity.ActingOrganization(id="g-1", uscc=told.ONE, name="甲咨询"),
        acted_for=identity.ActedFor(agent="person:p-1", agent_name="测试人甲"),
    )
    session = identity.Session(id="s-9", access_token="acting-1", refresh_token="r" * 110, expires_in=900, me=me)
    services.on("ActForOrganization", session)
    services.on("GetOrganization", organizations.Organization())
    site.sign_in()
    site.send(f"/account/organizations/{told.AGENCY}/act")
    return site


def test_who_acts_for_nobody_is_told_how_to(site: Site, services: Services):
    site.sign_in()
    for path in (MINE, SIGN_UP):
        assert 'href="/account/organizations"' in site.get(path).text, path
    assert not services.requests("GetMyAgency")


def test_an_agency_enters_with_its_proofs_and_rows_without_gaps(handler: Site, services: Services):
    page = handler.get(MINE).text
    assert f'value="{told.ONE}"' in page and 'value="甲咨询"' in page and "水资源论证（甲级、乙级）" in page
    services.on("EnterAgency", told.an_agency(agencies.AGENCY_STANDING_SUBMITTED))
    answer = handler.send(MINE, PROFILE | QUALIFIED, files={"qualifications_1_file": PDF})
    assert answer.status_code == 303
    (made,) = services.requests("EnterAgency")
    assert (made.uscc, made.profile.legal_number) == (told.ONE, "99010119801105301X")
    assert list(made.profile.services) == ["论证", "检测"] and made.profile.shareholders[0].share == 5050
    assert made.profile.people[0].name == "高某" and made.profile.avoidances[0].uscc == told.THREE
    (one,) = made.qualifications
    assert (one.kind, one.valid_from, one.file_id) == ("water", "2026-01-01", told.PROOF)


def test_a_refused_entry_keeps_its_file_and_names_the_row(handler: Site, services: Services):
    named = {
        "qualifications[0].grade": "没有这个等级",
        "profile.people[0].number": "号码有误",
        "profile.legal_number": "有误",
    }
    services.on("EnterAgency", refuse("INVALID_ARGUMENT", "X", **named))
    page = handler.send(MINE, PROFILE | QUALIFIED | {"promise": SCRIPT}, files={"qualifications_1_file": PDF}).text
    for anchor in ("qualifications_0_grade", "people_0_number", "legal_number"):
        assert f'id="enteragency-{anchor}-error"' in page, anchor
    assert f'name="qualifications_0_file_id" value="{told.PROOF}"' in page and SCRIPT not in page
    services.on("EnterAgency", told.an_agency())
    kept = {name.replace("_1_", "_0_"): value for name, value in QUALIFIED.items()}
    handler.send(MINE, PROFILE | kept | {"qualifications_0_file_id": told.PROOF})
    assert services.requests("EnterAgency")[-1].qualifications[0].file_id == told.PROOF


def test_a_file_that_is_refused_is_told_at_its_input(handler: Site, services: Services):
    services.on("UploadMarketFile", refuse("INVALID_ARGUMENT", "X", content="文件过大"))
    page = handler.send(MINE, PROFILE | QUALIFIED, files={"qualifications_1_file": PDF}).text
    assert 'id="enteragency-qualifications_0_file_id-error"' in page and not services.requests("EnterAgency")


def test_how_it_stands_and_what_it_may_do(handler: Site, services: Services):
    moves = ("ChangeAgency", "AddQualification", "LeaveMarket", "AppealBlacklisting")
    services.on("GetMyAgency", told.an_agency(agencies.AGENCY_STANDING_BLACKLISTED, *moves))
    page = handler.get(MINE).text
    for said in ("信用分 98", "监管部门暂停", "申诉处理中", "增加或续期资质", "确认退出"):
        assert said in page, said
    assert SCRIPT not in page and SCRIPT not in handler.get(f"{MINE}/edit").text
    for path, rpc, typed in (
        ("leave", "LeaveMarket", {}), ("appeal", "AppealBlacklisting", {"text": "情况不实"}), ("edit", "ChangeAgency", PROFILE),
    ):  # fmt: skip
        services.on(rpc, refuse("FAILED_PRECONDITION", "NO", "现在不行"))
        assert "现在不行" in handler.send(f"{MINE}/{path}", typed).text
        services.on(rpc, told.an_agency())
        assert handler.send(f"{MINE}/{path}", typed).status_code == 303, path
    typed = {name.removeprefix("qualifications_1_"): value for name, value in QUALIFIED.items()}
    services.on("AddQualification", told.an_agency())
    assert handler.send(f"{MINE}/qualifications", typed, files={"file": PDF}).status_code == 303
    assert services.requests("AddQualification")[0].qualification.file_id == told.PROOF
    services.on("AddQualification", refuse("INVALID_ARGUMENT", "X", **{"qualification.grade": "没有这个等级"}))
    page = handler.send(f"{MINE}/qualifications", typed).text
    assert 'id="addqualification-grade-error"' in page


def test_a_proof_is_downloaded_and_never_shown(handler: Site, services: Services):
    services.on("DownloadMarketFile", told.CONTENT)
    answer = handler.get(f"/market/agencies/{told.AGENCY}/files/{told.PROOF}")
    assert answer.content == b"%PDF" and answer.headers["content-disposition"].startswith("attachment")
    services.on("DownloadDeliverable", told.CONTENT)
    assert handler.get(f"/market/procurements/{told.PROCUREMENT}/files/{told.PROOF}").content == b"%PDF"


# Signing up.


@pytest.fixture
def entered(handler: Site, services: Services) -> Site:
    services.on("GetMyAgency", told.an_agency())
    return handler


def _mode(services: Services, mode: int, status: int = pb.PROCUREMENT_STATUS_OPEN, *moves: str, **facts: Any) -> None:
    services.on("GetProcurement", told.a_procurement(status, *moves, need=told.a_need(mode, **facts)))


def test_every_condition_is_shown_with_its_sign(entered: Site):
    page = entered.get(SIGN_UP).text
    assert page.count('class="sign yes"') == page.count('class="sign no"') == page.count('class="sign open"') == 1
    assert "不符合条件" in page and SCRIPT not in page


def test_in_a_draw_it_signs_up_with_nothing_more(entered: Site, services: Services):
    services.on("SignUp", told.a_sign_up())
    assert entered.send(SIGN_UP, {"bid_commitment": "ab" * 32}).status_code == 303
    assert not services.requests("SignUp")[0].bid_commitment


def test_in_a_price_selection_only_the_commitment_is_sent(entered: Site, services: Services):
    _mode(services, pb.MODE_PRICE)
    page = entered.get(SIGN_UP).text
    assert f'data-uscc="{told.ONE}"' in page and f'data-procurement="{told.PROCUREMENT}"' in page
    assert 'id="price"' in page and 'name="price"' not in page
    services.on("SignUp", told.a_sign_up())
    entered.send(SIGN_UP, {"bid_commitment": "AB" * 32})
    assert services.requests("SignUp")[0].bid_commitment == "ab" * 32
    services.on("SignUp", refuse("INVALID_ARGUMENT", "REQUIRED", bid_commitment="请提交承诺"))
    assert 'id="signup-bid_commitment-error"' in entered.send(SIGN_UP).text


def test_in_a_choice_the_proposal_goes_with_it(entered: Site, services: Services):
    _mode(services, pb.MODE_CHOICE)
    services.on("SignUp", told.a_sign_up())
    assert entered.send(SIGN_UP, {}, files={"proposal": PDF}).status_code == 303
    assert services.requests("SignUp")[0].proposal == told.PROOF
    services.on("UploadMarketFile", refuse("INVALID_ARGUMENT", "X", content="文件过大"))
    assert 'id="signup-proposal-error"' in entered.send(SIGN_UP, {}, files={"proposal": PDF}).text


@pytest.mark.parametrize(
    ("method", "typed", "value"),
    [(pb.PRICE_METHOD_LOWEST, "9,500.5", 950_050), (pb.PRICE_METHOD_DISCOUNT, "12.5%", 1250)],
)
def test_a_bid_is_opened_as_it_was_typed(entered: Site, services: Services, method: int, typed: str, value: int):
    _mode(services, pb.MODE_PRICE, pb.PROCUREMENT_STATUS_FROZEN, price_method=method)
    services.on("GetMySignUp", told.a_sign_up(bid_commitment="ab" * 32))
    services.on("GetTranscript", told.bids_told())
    assert 'data-bid="open"' in entered.get(SIGN_UP).text
    services.on("OpenBid", told.a_sign_up())
    assert entered.send(f"{SIGN_UP}/open", {"value": typed, "nonce": "AB" * 32}).status_code == 303
    (made,) = services.requests("OpenBid")
    assert (made.value, made.nonce) == (value, "ab" * 32)


def test_a_bid_that_is_none_or_does_not_match_is_told_at_its_input(entered: Site, services: Services):
    _mode(services, pb.MODE_PRICE, pb.PROCUREMENT_STATUS_FROZEN)
    services.on("GetMySignUp", told.a_sign_up())
    for typed in ("", "-1", "1.234", "abc"):
        page = entered.send(f"{SIGN_UP}/open", {"value": typed, "nonce": "ab" * 32}).text
        assert 'id="openbid-value-error"' in page and not services.requests("OpenBid"), typed
    services.on("OpenBid", refuse("INVALID_ARGUMENT", "DOES_NOT_MATCH", nonce="与承诺不一致"))
    page = entered.send(f"{SIGN_UP}/open", {"value": "95", "nonce": "ab" * 32}).text
    assert 'id="openbid-nonce-error"' in page and 'value="95"' in page


def test_its_own_outcome_is_told_and_the_result_may_be_objected_to(entered: Site, services: Services):
    services.on("GetMySignUp", told.a_sign_up(outcome="AVOIDED", outcome_note=f"回避{SCRIPT}"))
    services.on("GetProcurement", told.a_running("ObjectToResult", status=pb.PROCUREMENT_STATUS_SELECTED))
    page = entered.get(SIGN_UP).text
    assert "未列入" in page and "对结果提出异议" in page and SCRIPT not in page
    services.on("ObjectToResult", told.a_running())
    assert entered.send(f"{SIGN_UP}/object", {"text": "资格有问题"}).status_code == 303
    services.on("GetMySignUp", told.a_sign_up(outcome="IN", place=1))
    assert f'href="/market/awards/{told.PROCUREMENT}"' in entered.get(SIGN_UP).text


def test_a_sign_up_is_withdrawn_and_what_is_too_late_is_said(entered: Site, services: Services):
    services.on("GetMySignUp", told.a_sign_up())
    assert "确认撤回" in entered.get(SIGN_UP).text
    services.on("WithdrawSignUp", refuse("FAILED_PRECONDITION", "SIGNUP_OVER", "报名已截止"))
    answer = entered.send(f"{SIGN_UP}/withdraw")
    assert answer.status_code == 409 and "报名已截止" in answer.text


# Evaluators.


def test_a_person_asks_to_be_in_the_pool(site: Site, services: Services):
    site.sign_in()
    assert "申请入库" in site.get("/market/evaluator").text
    services.on("ApplyAsEvaluator", told.an_evaluator("APPLIED"))
    typed = {
        "name": "凌小评",
        "id_number": "99010119700214209x",
        "region": "990121",
        "fields": "论证\n检测",
        "ties": told.ONE.lower(),
    }
    assert site.send("/market/evaluator", typed).status_code == 303
    (made,) = services.requests("ApplyAsEvaluator")
    assert (made.id_number, list(made.ties)) == ("99010119700214209X", [told.ONE]) and list(made.fields) == [
        "论证",
        "检测",
    ]
    services.on("ApplyAsEvaluator", refuse("INVALID_ARGUMENT", "X", id_number="与实名不符"))
    page = site.send("/market/evaluator", typed).text
    assert 'id="applyasevaluator-id_number-error"' in page


def test_one_of_the_pool_sees_what_he_is_drawn_for(site: Site, services: Services):
    site.sign_in()
    services.on("GetMyEvaluator", told.an_evaluator())
    services.on("ListMyEvaluations", selection.ListMyEvaluationsResponse(evaluations=[told.an_evaluation()]))
    page = site.get("/market/evaluator").text
    assert f'href="{SCORE}"' in page and "待评分" in page and "申请入库" not in page and SCRIPT not in page


def test_every_candidate_is_scored_by_every_criterion(site: Site, services: Services):
    site.sign_in()
    services.on("GetEvaluation", told.an_evaluation())
    services.on("GiveScores", told.an_evaluation())
    page = site.get(SCORE).text
    assert page.count('class="points"') == 4 and SCRIPT not in page
    points = {f"points_{uscc}_{at}": str(70 + at) for uscc in (told.ONE, told.TWO) for at in (0, 1)}
    for wrong in ("", "101", "-1", "8.5"):
        answer = site.send(SCORE, points | {f"points_{told.TWO}_1": wrong})
        assert (
            answer.status_code == 400 and 'id="givescores-scores-error"' in answer.text and 'value="70"' in answer.text
        )
    assert not services.requests("GiveScores")
    assert site.send(SCORE, points).status_code == 303
    (made,) = services.requests("GiveScores")
    assert [(one.uscc, one.criterion, one.points) for one in made.scores][-1] == (told.TWO, 1, 71)


def test_own_scores_stay_and_others_are_shown_once_all_are_in(site: Site, services: Services):
    site.sign_in()
    scores = [selection.Score(uscc=told.ONE, criterion=0, points=88)]
    seats = [
        selection.Seat(evaluator_id=told.EVALUATOR, mine=True, scored=True, scores=scores),
        selection.Seat(name="易**"),
    ]
    services.on("GetEvaluation", told.an_evaluation(seats=seats))
    page = site.get(SCORE).text
    assert "88 分" in page and "全部专家的评分" not in page and "提交评分" not in page
    services.on("GetEvaluation", told.an_evaluation(seats=seats, opened=True))
    assert "全部专家的评分" in site.get(SCORE).text


def test_an_evaluator_says_himself_that_he_has_an_interest(site: Site, services: Services):
    site.sign_in()
    services.on("GetEvaluation", told.an_evaluation())
    services.on("RecuseEvaluator", told.an_evaluation())
    answer = site.send(f"{SCORE}/recuse", {"reason": "曾在该单位任职"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/market/evaluator")
