"""Drafts, and pre-reviews handed in: begun, kept, continued elsewhere, discarded."""

import re
from typing import Any

import pytest

from tests.unit.gateway.told import CASE, FILE, ITEM, Services, Site, a_case, hidden, refuse
from yiwang.case.v1 import intake_pb2 as intake
from yiwang.case.v1 import service_pb2 as cases

DRAFT = "7b0f3c1e-0000-4000-8000-0000000000cc"
APPLY = f"/items/{ITEM}/apply"


def a_draft(**other: Any) -> intake.Draft:
    """A draft of the item with one answer and one file."""
    draft = intake.Draft(
        id=DRAFT, item_id=ITEM, item_name="测试事项", edition=2, saved_at="2026-11-20T01:00:00Z", **other
    )
    draft.content.form["contact_phone"] = "139"
    draft.content.materials.add(material="m1", attachments=[FILE])
    draft.attachments.add(id=FILE, filename="申请书.pdf")
    return draft


@pytest.fixture(autouse=True)
def told(services: Services) -> None:
    services.on("UploadAttachment", lambda asked: cases.Attachment(id=FILE, filename=asked.filename))
    services.on("SaveDraft", a_draft())
    services.on("GetDraft", a_draft())
    services.on("ListDrafts", intake.ListDraftsResponse(drafts=[a_draft(outdated=True)], next_page_token="p2"))
    services.on("DiscardDraft", a_draft(ended=True))


def keep(site: Site, at: str = APPLY, **typed: str) -> Any:
    page = site.get(at).text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition")}
    files = [("materials.m1", ("申请书.pdf", b"%PDF-1.4", "application/pdf"))]
    return site.post(
        at, form | {"do": "draft"} | {name.replace("__", "."): one for name, one in typed.items()}, files=files
    )


def test_a_draft_keeps_answers_and_files_unchecked(site: Site, services: Services):
    site.sign_in()
    assert keep(site, form__contact_phone="1").headers["location"] == f"{APPLY}?draft={DRAFT}&done=person-draft"
    (request,) = services.requests("SaveDraft")
    assert dict(request.content.form) == {"contact_phone": "1"} and request.item_id == ITEM and request.edition == 2
    assert [list(one.attachments) for one in request.content.materials] == [[FILE]]
    assert not services.requests("SubmitCase") and 8 <= len(request.request_id) <= 64


def test_a_draft_goes_on_where_it_was_left_and_ends_with_the_application(site: Site, services: Services):
    site.sign_in()
    page = site.get(f"{APPLY}?draft={DRAFT}").text
    assert 'value="139"' in page and f'value="{FILE} 申请书.pdf" checked' in page
    services.on("SubmitCase", a_case())
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition", "draft_id")}
    assert site.post(APPLY, form | {"kept.m1": f"{FILE} 申请书.pdf"}).status_code == 303
    assert services.requests("SubmitCase")[0].draft_id == DRAFT


def test_saving_again_changes_the_same_draft_and_is_another_act(site: Site, services: Services):
    site.sign_in()
    page = site.get(f"{APPLY}?draft={DRAFT}").text
    form = {name: hidden(page, name) for name in ("csrf", "request_id", "edition", "draft_id")} | {"do": "draft"}
    for phone in ("1", "2", "2"):
        site.post(APPLY, form | {"form.contact_phone": phone})
    first, second, third = services.requests("SaveDraft")
    assert {one.draft_id for one in (first, second, third)} == {DRAFT}
    assert first.request_id != second.request_id == third.request_id


def test_what_was_saved_elsewhere_is_written_over_by_who_was_told_and_nobody_else(site: Site, services: Services):
    site.sign_in()
    services.on("GetDraft", a_draft(version=4))
    page = site.get(f"{APPLY}?draft={DRAFT}").text
    names = ("csrf", "request_id", "edition", "draft_id", "draft_version")
    form = {name: hidden(page, name) for name in names} | {"do": "draft", "form.contact_phone": "2"}
    services.on("SaveDraft", refuse("ABORTED", "VERSION_MOVED", "草稿已在其他设备或页面上修改"))
    answer = site.post(APPLY, form)
    assert answer.status_code == 409 and f"{APPLY}?draft={DRAFT}" in answer.text
    assert "已在其他设备或页面上修改" in answer.text and 'value="2"' in answer.text, "what was typed is still there"
    services.on("SaveDraft", a_draft(version=6))
    again = {name: hidden(answer.text, name) for name in names} | {"do": "draft", "form.contact_phone": "2"}
    assert site.post(APPLY, again).status_code == 303
    assert [one.version for one in services.requests("SaveDraft")] == [4, 0]


def test_a_draft_is_not_lost_when_it_cannot_be_kept(site: Site, services: Services):
    site.sign_in()
    services.on("SaveDraft", refuse("RESOURCE_EXHAUSTED", "TOO_MANY_DRAFTS", "草稿已有 30 份，请先删除不用的"))
    answer = keep(site, form__contact_phone="1")
    assert answer.status_code == 429 and "请先删除不用的" in answer.text and f'value="{FILE} 申请书.pdf"' in answer.text


def test_an_outdated_draft_says_so_and_another_items_leads_there(site: Site, services: Services):
    site.sign_in()
    services.on("GetDraft", a_draft(outdated=True))
    assert "办事指南已经更新" in site.get(f"{APPLY}?draft={DRAFT}").text
    elsewhere = a_draft()
    elsewhere.item_id = CASE
    services.on("GetDraft", elsewhere)
    assert site.get(f"{APPLY}?draft={DRAFT}").headers["location"] == f"/items/{CASE}/apply?draft={DRAFT}"
    services.on("GetDraft", refuse("NOT_FOUND", "NOT_FOUND", "没有"))
    assert site.get(f"{APPLY}?draft={DRAFT}").status_code == 404


def test_drafts_are_listed_and_discarded(site: Site, services: Services):
    site.sign_in()
    page = site.get("/drafts?page=p1").text
    for part in ("测试事项", f"{APPLY}?draft={DRAFT}", "指南已更新", "page=p2"):
        assert part in page, part
    assert services.requests("ListDrafts")[-1].page_token == "p1"
    assert site.send(f"/drafts/{DRAFT}/discard").headers["location"] == "/drafts?done=person-draft-deleted"
    services.on("DiscardDraft", refuse("FAILED_PRECONDITION", "DRAFT_ENDED", "草稿已结束"))
    assert "草稿已结束" in site.send(f"/drafts/{DRAFT}/discard").text


def test_a_pre_review_is_revised_or_handed_in(site: Site, services: Services):
    site.sign_in()
    case = a_case(cases.CASE_STATUS_PRE_PASSED, "HandInCase", "RevisePreReview")
    case.pre_valid_until = "2026-12-20T15:59:59Z"
    case.answers.add(value="旧").field.key = "a"
    services.on("GetCase", case)
    page = site.get(f"/cases/{CASE}").text
    assert "请在 2026年12月20日 前正式递交" in page and f"/cases/{CASE}/revise" in page
    services.on("HandInCase", a_case())
    assert "done=person-handed-in" in site.send(f"/cases/{CASE}/hand-in").headers["location"]
    services.on("HandInCase", refuse("FAILED_PRECONDITION", "MOVE_NOT_ALLOWED", "办件当前状态不允许“递交申请”"))
    assert "不允许" in site.send(f"/cases/{CASE}/hand-in").text
    assert re.search(r'name="materials\.m1"', site.get(f"/cases/{CASE}/revise").text)
    services.on("RevisePreReview", a_case())
    assert "done=person-revised" in site.send(f"/cases/{CASE}/revise", {"form.a": "新"}).headers["location"]
    (request,) = services.requests("RevisePreReview")
    assert dict(request.form) == {"a": "新"} and not request.materials
