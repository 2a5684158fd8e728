"""Appeals of enterprises and complaints to supervision: both sides of each, and who sees nothing."""

import re

import pytest

from services.gateway import policy_portal_words as words
from services.gateway.app import PAGES
from tests.unit.gateway import told_policy
from tests.unit.gateway import told_policy_portal as told
from tests.unit.gateway.told import Services, Site, hidden, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import appeals_pb2 as appeals
from yiwang.policy.v1 import complaints_pb2 as complaints

APPEALS, COMPLAINTS = "/policies/appeals", "/policies/complaints"
DESK, QUESTIONS = "/desk/policies", "/desk/policies/questions"
APPEAL, DESK_APPEAL = f"{APPEALS}/{told.APPEAL}", f"{DESK}/appeals/{told.APPEAL}"
COMPLAINT, DESK_COMPLAINT = f"{COMPLAINTS}/{told.COMPLAINT}", f"{DESK}/complaints/{told.COMPLAINT}"
OF_COMPLAINTS = {"GetComplaint", "GetComplaintByCode", "ListMyComplaints", "ListComplaintDesk"}


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("GetMe", told_policy.ME)
    services.on("ListDepartments", told.DEPARTMENTS)
    services.on("ListMyAppeals", appeals.ListAppealsResponse(appeals=[told.an_appeal()], next_page_token="p2"))
    services.on("ListAppealDesk", appeals.ListAppealsResponse(appeals=[told.an_appeal()], next_page_token="p2"))
    services.on("GetAppeal", told.an_appeal())
    services.on("GetComplaint", told.a_complaint())
    services.on("GetComplaintByCode", told.a_complaint(anonymous=True))
    # A list tells numbers and dates only; one that told more would still show no more.
    found = complaints.ListComplaintsResponse(complaints=[told.a_complaint()], next_page_token="p2")
    services.on("ListMyComplaints", found)
    services.on("ListComplaintDesk", found)
    asked = complaints.ListSupervisionQuestionsResponse(questions=[told.a_question(), told.a_question("有依据")])
    services.on("ListSupervisionQuestions", asked)


def test_an_enterprise_submits_an_appeal_in_its_own_name(site: Site, services: Services):
    told_policy.act(site, services)
    services.on("SubmitAppeal", told.an_appeal())
    typed = {
        "kind": "2",
        "title": "奖补没到账",
        "text": "已经三个月",
        "contact": "办公室",
        "region": "990121",
        "uscc": "X" * 18,
    }
    sent = site.send(f"{APPEALS}/new", typed)
    assert sent.headers["location"] == f"{APPEAL}?done=appeal-submitted"
    (asked,) = services.requests("SubmitAppeal")
    assert (asked.kind, asked.title, asked.contact, asked.region) == (2, "奖补没到账", "办公室", "990121")
    assert (asked.uscc, asked.enterprise_name) == (told.USCC, "甲公司")


def test_what_is_wrong_with_an_appeal_is_told_at_its_field_and_nothing_typed_is_lost(site: Site, services: Services):
    told_policy.act(site, services)
    services.on("SubmitAppeal", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="至少4个字"))
    answer = site.send(f"{APPEALS}/new", {"title": "没到账的奖补", "text": "急", "kind": "9"})
    assert answer.status_code == 400 and 'id="submitappeal-text-error"' in answer.text and "没到账的奖补" in answer.text
    assert services.requests("SubmitAppeal")[0].kind == 0 and hidden(answer.text, "request_id") == "act-00000001"


def test_who_acts_for_no_enterprise_is_told_how_to(site: Site, services: Services):
    site.sign_in()
    for path in (APPEALS, f"{APPEALS}/new"):
        assert "先以企业身份进入" in site.get(path).text
    site.send(f"{APPEALS}/new", {"title": "x"})
    assert not services.requests("SubmitAppeal") and not services.requests("ListMyAppeals")


@pytest.mark.parametrize(
    ("status", "due"),
    [(1, "转办期限"), (2, "受理期限"), (3, "答复期限"), (4, "评价期限")],
)
def test_an_enterprise_follows_each_step_with_its_due_date(site: Site, services: Services, status: int, due: str):
    told_policy.act(site, services)
    services.on("GetAppeal", told.an_appeal(status))
    page = site.get(APPEAL).text
    for said in (due, "2026年11月20日", "已超期", "已延期", "转办曾超期", "再次提出", "不满意", "到期未评价", "经信局"):
        assert said in page, said
    assert SCRIPT not in page and "rateappeal" not in page and "reopenappeal" not in page
    assert due in site.get(f"{APPEALS}?status=routed").text or status != 2
    assert services.requests("ListMyAppeals")[-1].status == appeals.APPEAL_STATUS_ROUTED


def test_an_enterprise_rates_an_answer_and_opens_it_again(site: Site, services: Services):
    told_policy.act(site, services)
    services.on("GetAppeal", told.an_appeal(4, "RateAppeal", "ReopenAppeal"))
    services.on("RateAppeal", refuse("INVALID_ARGUMENT", "REQUIRED", reason="请说明原因"))
    answer = site.send(f"{APPEAL}/rateappeal", {"score": "2"})
    assert answer.status_code == 400 and 'id="rateappeal-reason-error"' in answer.text
    services.on("RateAppeal", told.an_appeal())
    assert site.send(f"{APPEAL}/rateappeal", {"score": "5"}).headers["location"] == f"{APPEAL}?done=appeal-rated"
    services.on("ReopenAppeal", told.an_appeal())
    assert site.send(f"{APPEAL}/reopenappeal", {"reason": "仍未到账"}).status_code == 303
    assert [one.score for one in services.requests("RateAppeal")] == [2, 5]
    assert services.requests("ReopenAppeal")[0].reason == "仍未到账"


MOVES = [
    ("RouteAppeal", {"department": f"{told.DEPARTMENT} 经信局", "note": "请办"},
     {"department": told.DEPARTMENT, "department_name": "经信局", "note": "请办"}, DESK_APPEAL),
    ("AcceptAppeal", {}, {}, DESK_APPEAL),
    ("ReturnRouting", {"reason": "应由财政局承办"}, {"reason": "应由财政局承办"}, f"{DESK}/appeals"),
    ("AnswerAppeal", {"text": "已经拨付"}, {"text": "已经拨付"}, DESK_APPEAL),
    ("ExtendAppeal", {"days": "5", "reason": "需要核对"}, {"days": 5, "reason": "需要核对"}, DESK_APPEAL),
]  # fmt: skip


@pytest.mark.parametrize(("rpc", "typed", "fields", "to"), MOVES)
def test_officers_move_an_appeal_and_only_along_what_is_open(
    site: Site, services: Services, rpc: str, typed: dict[str, str], fields: dict[str, object], to: str
):
    told.officer(site, services, ["supervise", "receive"])
    action = f'action="{DESK_APPEAL}/{rpc.lower()}"'
    assert action not in site.get(DESK_APPEAL).text
    services.on("GetAppeal", told.an_appeal(2, rpc))
    assert action in site.get(DESK_APPEAL).text
    services.on(rpc, refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "状态已经变化"))
    assert "状态已经变化" in site.send(f"{DESK_APPEAL}/{rpc.lower()}", typed).text
    services.on(rpc, told.an_appeal())
    assert site.send(f"{DESK_APPEAL}/{rpc.lower()}", typed).headers["location"].partition("?")[0] == to
    asked = services.requests(rpc)[-1]
    assert {name: getattr(asked, name) for name in fields} == fields and asked.appeal_id == told.APPEAL


def test_routing_without_a_department_is_told_at_its_input(site: Site, services: Services):
    told.officer(site, services, ["policy"])
    services.on("GetAppeal", told.an_appeal(1, "RouteAppeal"))
    answer = site.send(f"{DESK_APPEAL}/routeappeal", {"department": ""})
    assert answer.status_code == 400 and 'id="routeappeal-department-error"' in answer.text
    assert not services.requests("RouteAppeal")


def test_who_routes_narrows_by_county_and_own_department_others_see_their_own(site: Site, services: Services):
    told.officer(site, services, ["supervise"])
    page = site.get(f"{DESK}/appeals?status=overdue&kind=2&county=990121&mine=1").text
    (asked,) = services.requests("ListAppealDesk")
    assert (asked.overdue, asked.kind, asked.county, asked.mine) == (True, 2, "990121", True)
    assert "退回 1 次" in page and "已超期" in page and SCRIPT not in page and "page=p2" in page
    told.officer(site, services, ["receive"])
    page = site.get(f"{DESK}/appeals?county=990121&mine=1&kind=77").text
    asked = services.requests("ListAppealDesk")[-1]
    assert (asked.kind, asked.county, asked.mine) == (0, "", False) and 'name="mine"' not in page


TYPED = {
    "department": f"{told.DEPARTMENT} 经信局", "officer_name": "某股长", "title": "乱收费", "text": "收了两次费", "region": "990121",
    "complainant_name": "投诉人甲", "contact": "私人电话",
}  # fmt: skip


def test_a_complaint_without_a_name_is_sent_without_a_session_and_its_code_is_shown_once(
    site: Site, services: Services
):
    services.on("SubmitComplaint", told.a_complaint(1, anonymous=True, retrieval_code=told.CODE))
    site.sign_in()
    answer = site.send(f"{COMPLAINTS}/new", TYPED | {"anonymous": "1"})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert "ABCD EFGH IJKL MNOP" in answer.text and "只显示这一次" in answer.text
    (asked,) = services.requests("SubmitComplaint")
    assert asked.anonymous and "authorization" not in services.metadata("SubmitComplaint")
    assert {name: getattr(asked, name) for name in TYPED if name != "department"} == {
        name: value for name, value in TYPED.items() if name != "department"
    }
    assert (asked.department, asked.department_name) == (told.DEPARTMENT, "经信局")
    assert not any(secret in answer.text for secret in told.SECRETS)
    # Neither what he reads next, nor the address he is at, has the code.
    assert told.CODE not in site.get(COMPLAINTS).text and "location" not in answer.headers


@pytest.mark.parametrize(("signed_in", "anonymous"), [(True, False), (False, True)])
def test_who_does_not_sign_in_complains_without_a_name_who_does_with_his(
    site: Site, services: Services, signed_in: bool, anonymous: bool
):
    services.on("SubmitComplaint", told.a_complaint(1, retrieval_code=told.CODE))
    if signed_in:
        site.sign_in()
    assert site.send(f"{COMPLAINTS}/new", TYPED).status_code == 200
    (asked,) = services.requests("SubmitComplaint")
    assert asked.anonymous == anonymous
    assert ("authorization" in services.metadata("SubmitComplaint")) == signed_in


def test_an_officer_complains_as_anybody_without_his_session(site: Site, services: Services):
    services.on("SubmitComplaint", told.a_complaint(1, retrieval_code=told.CODE, anonymous=True))
    told.officer(site, services, ["receive"])
    site.send(f"{COMPLAINTS}/new", TYPED)
    (asked,) = services.requests("SubmitComplaint")
    assert asked.anonymous and "authorization" not in services.metadata("SubmitComplaint")


def test_a_department_that_is_not_on_the_list_is_typed(site: Site, services: Services):
    services.on("ListDepartments", refuse("UNAVAILABLE", "AWAY"))
    assert site.get(f"{COMPLAINTS}/new").status_code == 200
    services.on("SubmitComplaint", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="至少4个字", department="部门代码有误"))
    typed = TYPED | {
        "department": "other",
        "other_department": told.DEPARTMENT.lower(),
        "other_department_name": "某局",
    }
    answer = site.send(f"{COMPLAINTS}/new", typed)
    assert answer.status_code == 400 and answer.headers["cache-control"] == "no-store"
    for at in ("text", "department"):
        assert f'id="submitcomplaint-{at}-error"' in answer.text
    (asked,) = services.requests("SubmitComplaint")
    assert (asked.department, asked.department_name) == (told.DEPARTMENT, "某局")


def test_a_complaint_is_found_by_its_code_which_stays_out_of_addresses(site: Site, services: Services):
    services.on("GetComplaintByCode", told.a_complaint(1, "WithdrawComplaint", anonymous=True))
    page = site.send(COMPLAINTS, {"code": "abcd efgh ijkl mnop"})
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    assert told.SECRETS[0] in page.text and SCRIPT not in page.text and "2026年11月20日 14:07 监察人员" in page.text
    assert "authorization" not in services.metadata("GetComplaintByCode") and "请说明收费依据" not in page.text
    assert f"/{told.COMPLAINT}" not in page.text and "?code=" not in page.text
    services.on("WithdrawComplaint", told.a_complaint(4, anonymous=True))
    answer = site.send(f"{COMPLAINTS}/withdraw", {"code": hidden(page.text, "code"), "reason": "已解决"})
    assert answer.status_code == 200 and "已撤回" in answer.text and answer.headers["cache-control"] == "no-store"
    (asked,) = services.requests("WithdrawComplaint")
    assert (asked.code, asked.complaint_id, asked.reason) == ("abcd efgh ijkl mnop", "", "已解决")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(refuse("NOT_FOUND", "NOT_FOUND", "没有"), 404, "没有找到这个查询码"),
     (refuse("RESOURCE_EXHAUSTED", "QUOTA_EXHAUSTED", "尝试过多"), 429, "尝试过多"),
     (refuse("INVALID_ARGUMENT", "BAD", code="应为16位"), 400, 'id="lookup-code-error"')],
)  # fmt: skip
def test_a_code_that_leads_nowhere_says_so_and_is_not_shown_again(
    site: Site, services: Services, error: object, status: int, said: str
):
    services.on("GetComplaintByCode", error)
    answer = site.send(COMPLAINTS, {"code": "SECRETCODE123456"})
    assert answer.status_code == status and said in answer.text and "SECRETCODE123456" not in answer.text


def test_who_complained_in_his_name_sees_it_who_looked_and_its_answer_and_takes_it_back(site: Site, services: Services):
    assert site.get(COMPLAINT).headers["location"].startswith("/sign-in")
    site.sign_in()
    mine = site.get(COMPLAINTS)
    assert COMPLAINT in mine.text and not any(secret in mine.text for secret in told.SECRETS)
    services.on("GetComplaint", told.a_complaint(3, **told.CONCLUDED))
    page = site.get(COMPLAINT)
    assert page.headers["cache-control"] == "no-store" and SCRIPT not in page.text
    for said in ("部分属实", "已经退还", "规范收费", "监察人员", told.SECRETS[0]):
        assert said in page.text, said
    services.on("WithdrawComplaint", told.a_complaint(4))
    sent = site.send(f"{COMPLAINT}/withdrawcomplaint", {"reason": "已解决"})
    assert sent.headers["location"] == f"{COMPLAINT}?done=complaint-withdrawn"
    (asked,) = services.requests("WithdrawComplaint")
    assert (asked.complaint_id, asked.code) == (told.COMPLAINT, "")


def test_supervision_reads_asks_and_concludes(site: Site, services: Services):
    told.officer(site, services, ["supervise"])
    listed = site.get(f"{DESK}/complaints?status=overdue&county=990121")
    assert (
        services.requests("ListComplaintDesk")[0].overdue
        and services.requests("ListComplaintDesk")[0].county == "990121"
    )
    assert listed.headers["cache-control"] == "no-store" and not any(one in listed.text for one in told.SECRETS)
    services.on("GetComplaint", told.a_complaint(2, "AskDepartment", "ConcludeComplaint"))
    page = site.get(DESK_COMPLAINT)
    assert page.headers["cache-control"] == "no-store" and SCRIPT not in page.text
    assert (
        all(secret in page.text for secret in told.SECRETS) and "请说明收费依据" in page.text and "有依据" in page.text
    )
    assert f'action="{DESK_COMPLAINT}/acceptcomplaint"' not in page.text
    services.on("AskDepartment", refuse("INVALID_ARGUMENT", "QUOTES_COMPLAINT", text="请用自己的话询问"))
    answer = site.send(f"{DESK_COMPLAINT}/askdepartment", {"text": "马场街"})
    assert 'id="askdepartment-text-error"' in answer.text and answer.headers["cache-control"] == "no-store"
    services.on("ConcludeComplaint", told.a_complaint(3))
    typed = {"outcome": "2", "reply": "已经退还", "measures": "规范收费"}
    assert site.send(f"{DESK_COMPLAINT}/concludecomplaint", typed).headers["location"].startswith(DESK_COMPLAINT)
    (asked,) = services.requests("ConcludeComplaint")
    assert (asked.outcome, asked.reply, asked.measures) == (2, "已经退还", "规范收费")


def test_a_department_sees_the_question_and_nothing_of_the_complaint(site: Site, services: Services):
    told.officer(site, services, ["receive"])
    page = site.get(f"{QUESTIONS}?status=open")
    assert services.requests("ListSupervisionQuestions")[0].open and page.headers["cache-control"] == "no-store"
    assert "请说明收费依据" in page.text and "有依据" in page.text and SCRIPT not in page.text
    assert not any(secret in page.text for secret in told.SECRETS) and "/complaints" not in page.text
    services.on("AnswerSupervisionQuestion", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="至少4个字"))
    answer = site.send(f"{QUESTIONS}/{told.QUESTION}", {"text": "有"})
    assert 'id="answersupervisionquestion-text-error"' in answer.text and ">有</textarea>" in answer.text
    services.on("AnswerSupervisionQuestion", told.a_question("有依据"))
    assert site.send(f"{QUESTIONS}/{told.QUESTION}", {"text": "有收费文件"}).status_code == 303
    asked = services.requests("AnswerSupervisionQuestion")[-1]
    assert (asked.question_id, asked.text) == (told.QUESTION, "有收费文件")
    assert not OF_COMPLAINTS & {name for name, _, _ in services.heard}


ROLES = (
    "receive",
    "review",
    "decide",
    "issue",
    "policy",
    "payout",
    "finance",
    "catalog",
    "administer",
    "market",
    "procure",
)


@pytest.mark.parametrize(
    ("path", "said"),
    [(f"{DESK}/appeals?status=routed", "待受理"), (f"{DESK}/appeals", "全部"), (f"{DESK}/complaints?status=accepted", "调查中"),
     (f"{QUESTIONS}?status=open", "待答复"), (f"{QUESTIONS}", "全部"), (f"{APPEALS}?status=answered", "待评价")],
)  # fmt: skip
def test_the_chosen_status_is_marked_and_kept_by_the_filter(site: Site, services: Services, path: str, said: str):
    if path.startswith(DESK):
        told.officer(site, services, ["supervise", "receive"])
    else:
        told_policy.act(site, services)
    page = site.get(path).text
    (marked,) = re.findall(r'aria-current="true">([^<]+)<', page)
    kept = re.findall(r'name="status" value="([^"]*)"', page)
    assert marked == said and set(kept) <= {path.partition("status=")[2]}


def test_no_page_of_another_officer_asks_for_a_complaint(site: Site, services: Services):
    told.officer(site, services, ROLES)
    services.heard.clear()
    for path in (f"{DESK}/complaints", DESK_COMPLAINT, f"{DESK_COMPLAINT}/acceptcomplaint"):
        assert site.get(path).status_code in (303, 403)
    assert site.send(f"{DESK_COMPLAINT}/acceptcomplaint").status_code == 403
    for page in PAGES:
        if "{" not in page.path and page.get and page.path != COMPLAINTS:
            answer = site.get(page.path)
            assert not any(secret in answer.text for secret in told.SECRETS), page.path
            assert f'href="{DESK}/complaints"' not in answer.text, page.path
    # He is signed in to the last.
    assert site.get(QUESTIONS).status_code == site.get(COMPLAINTS).status_code == 200
    assert not OF_COMPLAINTS & {name for name, _, _ in services.heard}


@pytest.mark.parametrize(
    ("roles", "appeals_too", "questions_too"),
    [(["supervise"], True, False), (["policy"], True, True), (["finance"], False, False), (["receive"], True, True)],
)
def test_each_officer_finds_his_desks_and_no_other(
    site: Site, services: Services, roles: list[str], appeals_too: bool, questions_too: bool
):
    told.officer(site, services, roles)
    assert (site.get(f"{DESK}/appeals").status_code == 200) == appeals_too
    assert (site.get(QUESTIONS).status_code == 200) == questions_too
    assert (site.get(f"{DESK}/complaints").status_code == 200) == ("supervise" in roles)


def test_every_status_and_kind_has_words():
    for known, table in (
        (appeals.AppealStatus, words.APPEAL), (appeals.AppealKind, words.APPEAL_KIND),
        (complaints.ComplaintStatus, words.COMPLAINT), (complaints.ComplaintOutcome, words.OUTCOME),
    ):  # fmt: skip
        assert {number for number in known.values() if number} == set(table)
    assert set(words.APPEALS.values()) == set(words.APPEAL) and set(words.COMPLAINTS.values()) == set(words.COMPLAINT)
