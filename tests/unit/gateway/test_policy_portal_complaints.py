"""What goes wrong with a complaint is told where it belongs, and tells nobody else anything."""

import re

import pytest

from tests.unit.gateway import told_policy
from tests.unit.gateway import told_policy_portal as told
from tests.unit.gateway.told import Services, Site, hidden, refuse, session
from yiwang.policy.v1 import complaints_pb2 as complaints
from yiwang.policy.v1 import service_pb2 as policies

COMPLAINTS, QUESTIONS = "/policies/complaints", "/desk/policies/questions"
TYPED = {"department": f"{told.DEPARTMENT} 经信局", "title": "乱收费", "text": "收了两次费", "region": "990121"}


def test_what_was_withdrawn_by_its_code_is_said_and_no_address_says_of_which(site: Site, services: Services):
    services.on("WithdrawComplaint", told.a_complaint(4, anonymous=True))
    answer = site.send(f"{COMPLAINTS}/withdraw", {"code": told.CODE})
    assert answer.status_code == 200 and "投诉已撤回。" in answer.text and "location" not in answer.headers


def test_a_withdrawal_that_is_refused_is_told_beside_the_complaint_as_it_stands_now(site: Site, services: Services):
    services.on("GetComplaintByCode", told.a_complaint(1, "WithdrawComplaint", anonymous=True))
    services.on("WithdrawComplaint", refuse("INVALID_ARGUMENT", "TOO_LONG", reason="最多500字"))
    answer = site.send(f"{COMPLAINTS}/withdraw", {"code": told.CODE, "reason": "因为已经解决"})
    assert answer.status_code == 400 and 'id="withdrawcomplaint-reason-error"' in answer.text
    assert "因为已经解决" in answer.text and hidden(answer.text, "code") == told.CODE
    services.on("GetComplaintByCode", told.a_complaint(3, anonymous=True, **told.CONCLUDED))
    services.on("WithdrawComplaint", refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "该投诉处于“已办结”状态"))
    answer = site.send(f"{COMPLAINTS}/withdraw", {"code": told.CODE})
    assert answer.status_code == 409 and "该投诉处于“已办结”状态" in answer.text and "已经退还" in answer.text
    assert answer.headers["cache-control"] == "no-store" and "authorization" not in services.metadata(
        "GetComplaintByCode"
    )


@pytest.mark.parametrize("again", ["NOT_FOUND", "RESOURCE_EXHAUSTED"])
def test_a_withdrawal_by_a_code_that_leads_nowhere_shows_neither_code_nor_complaint(
    site: Site, services: Services, again: str
):
    services.on("WithdrawComplaint", refuse(again, "ANY", "不行"))
    answer = site.send(f"{COMPLAINTS}/withdraw", {"code": told.CODE, "reason": "因为"})
    assert answer.status_code in (404, 429) and told.CODE not in answer.text
    assert not services.requests("GetComplaintByCode")


def test_who_chose_no_name_still_has_none_after_a_refusal(site: Site, services: Services):
    services.on("ListDepartments", told.DEPARTMENTS)
    services.on("SubmitComplaint", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="至少4个字"))
    site.sign_in()
    answer = site.send(f"{COMPLAINTS}/new", TYPED | {"anonymous": "1", "complainant_name": "老张"})
    assert re.search(r'name="anonymous" value="1" checked', answer.text) and "老张" in answer.text
    assert "authorization" not in services.metadata("SubmitComplaint")
    # Asking for the departments' names leads to nobody either.
    assert "authorization" not in services.metadata("ListDepartments")


def test_who_acts_for_an_enterprise_complains_in_its_name(site: Site, services: Services):
    told_policy.act(site, services)
    services.on("SubmitComplaint", told.a_complaint(1, retrieval_code=told.CODE))
    assert site.send(f"{COMPLAINTS}/new", TYPED).status_code == 200
    (asked,) = services.requests("SubmitComplaint")
    assert not asked.anonymous and services.metadata("SubmitComplaint")["authorization"] == "Bearer access-2"


def test_a_delegate_complains_in_nobodys_name(site: Site, services: Services):
    site.sign_in()
    reply = session(token="access-2")
    reply.me.acted_for.SetInParent()
    services.on("ActFor", reply)
    site.send(f"/account/delegations/{told_policy.POLICY}/act")
    services.on("SubmitComplaint", told.a_complaint(1, retrieval_code=told.CODE))
    assert 'name="anonymous"' not in site.get(f"{COMPLAINTS}/new").text
    assert site.send(f"{COMPLAINTS}/new", TYPED).status_code == 200
    (asked,) = services.requests("SubmitComplaint")
    assert asked.anonymous and "authorization" not in services.metadata("SubmitComplaint")


def test_an_own_list_that_cannot_be_read_or_is_empty_says_so(site: Site, services: Services):
    assert "我实名提交的" not in site.get(COMPLAINTS).text
    site.sign_in()
    services.on("ListMyComplaints", refuse("UNAVAILABLE", "AWAY"))
    assert "暂时无法读取" in site.get(COMPLAINTS).text
    services.on("ListMyComplaints", complaints.ListComplaintsResponse())
    assert "匿名提交的不在这里" in site.get(COMPLAINTS).text


def test_an_answer_that_is_refused_leads_back_to_the_same_part_of_the_list(site: Site, services: Services):
    told.officer(site, services, ["review"])
    asked = complaints.ListSupervisionQuestionsResponse(questions=[told.a_question()])
    services.on("ListSupervisionQuestions", asked)
    action = f"{QUESTIONS}/{told.QUESTION}?status=open&page=p2"
    page = site.get(f"{QUESTIONS}?status=open&page=p2").text
    assert f'action="{action.replace("&", "&amp;")}"' in page
    services.on("AnswerSupervisionQuestion", refuse("INVALID_ARGUMENT", "TOO_SHORT", text="至少4个字"))
    answer = site.send(action, {"text": "有"})
    told_again = services.requests("ListSupervisionQuestions")[-1]
    assert (told_again.open, told_again.page_token) == (True, "p2") and ">有</textarea>" in answer.text


def test_what_was_answered_meanwhile_is_said(site: Site, services: Services):
    told.officer(site, services, ["review"])
    asked = complaints.ListSupervisionQuestionsResponse(questions=[told.a_question("有依据")])
    services.on("ListSupervisionQuestions", asked)
    services.on("AnswerSupervisionQuestion", refuse("FAILED_PRECONDITION", "ANSWERED_ALREADY", "该询问已答复"))
    answer = site.send(f"{QUESTIONS}/{told.QUESTION}", {"text": "另有依据"})
    assert answer.status_code == 409 and "该询问已答复" in answer.text and "<textarea" not in answer.text


@pytest.mark.parametrize(("who", "linked"), [("", True), ("person", True), ("agent", True), ("officer", False)])
def test_the_page_of_policies_leads_to_complaints(site: Site, services: Services, who: str, linked: bool):
    services.on("ListPolicies", policies.ListPoliciesResponse())
    if who:
        site.sign_in(as_officer=who == "officer", agent=who == "agent")
    answer = site.get("/policies")
    assert answer.status_code == 200 and ('href="/policies/complaints"' in answer.text) == linked
