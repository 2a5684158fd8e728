"""What people are told: a correction read in the message centre and answered, its proof at the desk; a template worded by two."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import Look, Visitor, press, said, until
from tests.support.files import pdf

ITEM = "公共场所卫生许可"
RECEIVER, SUPERVISOR, FIRST, SECOND = "wj-101", "jd-801", "zw-901", "zw-902"
CORRECTION = "请补齐申请材料（补正告知）"
NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
BODY = "您申请的“{item}”（编号{number}）还缺材料。\n{department}已把要补的内容一次列清，请打开办件页面查看。\n请在{due}前补齐。"
SHORT = "“{item}”还缺材料，请在{due}前登录补齐。编号{number}。"
PDF = {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": pdf(b"1 0 obj<</Type/Catalog>>endobj")}


@pytest.fixture(scope="module")
def case(suite: Suite, accounts: dict[str, Any]) -> dict[str, Any]:
    """A case the citizen has just handed in, as its service tells it."""
    person = accounts["people"][1]
    return apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> Visitor:
    visitor, person = visit(390), accounts["people"][1]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def _unread(page: Page) -> int:
    """What the header counts."""
    count = page.locator(".topbar-count")
    found = re.match(r"\d+", count.inner_text()) if count.count() else None
    return int(found[0]) if found else 0


def test_a_correction_is_asked_for_and_the_header_counts(
    visit: Callable[..., Visitor], come: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]
) -> None:
    citizen = _citizen(visit, accounts)
    page = come(RECEIVER).go(f"/desk/{case['id']}")
    page.locator("summary", has_text="一次性告知补正").click()
    page.locator("input[name=materials]").first.check()
    page.get_by_label("告知内容").fill("请重新提交清晰的申请书。")
    press(page, "发出补正通知")
    until(lambda: citizen.go("/messages?unread=1&kind=1").get_by_role("heading", name=CORRECTION).count())
    assert _unread(citizen.go("/cases")) > 0
    citizen.shot("400-cases-unread-phone", NARROW)


def test_it_is_read_in_the_message_centre_and_answered(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any], told: dict[str, str]
) -> None:
    citizen = _citizen(visit, accounts)
    page = citizen.go("/cases")
    page.get_by_role("link", name="消息", exact=False).first.click()
    expect(page.get_by_role("heading", name="消息中心")).to_be_visible()
    card = page.locator("li.card", has_text=CORRECTION)
    expect(card.get_by_text("未读", exact=True)).to_be_visible()
    citizen.shot("401-messages-phone", NARROW)
    card.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", name=CORRECTION)).to_be_visible()
    told["notice"] = page.url.partition("?")[0].removeprefix(citizen.url)
    said(page, "告知依据：《中华人民共和国行政许可法》第三十二条第一款第四项")
    said(page, "已送达（消息中心）")
    assert not page.get_by_role("button", name="我已阅读").count(), "it was a receipt to open it from the list"
    citizen.shot("402-notice-phone", NARROW)
    page.get_by_role("link", name="前往办理").click()
    expect(page).to_have_url(re.compile(f"/cases/{case['id']}$"))
    citizen.shot("403-case-told-phone", NARROW)
    page.get_by_role("link", name="提交补正材料").click()
    page.locator("input[type=file]").first.set_input_files([PDF])
    press(page, "提交补正")
    expect(page).to_have_url(re.compile(f"/cases/{case['id']}"))
    expect(page.locator("#notices")).to_contain_text("已送达（消息中心）")
    card = citizen.go("/messages").locator("li.card", has_text=CORRECTION)
    expect(card.get_by_text("已读", exact=True)).to_be_visible()


def test_the_address_on_a_letter_leads_to_sign_in_and_back(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    citizen, person = visit(390), accounts["people"][1]
    page = citizen.go(told["notice"])
    citizen.sign_in(person["phone"], person["password"])
    expect(page.get_by_role("heading", name=CORRECTION)).to_be_visible()


def test_the_officer_sees_the_proof_on_the_case(
    come: Callable[..., Visitor], case: dict[str, Any], told: dict[str, str]
) -> None:
    officer = come(RECEIVER)
    page = officer.go(f"/desk/{case['id']}")
    row = page.locator("#notices tr", has_text=CORRECTION)
    expect(row).to_contain_text("已送达（消息中心）")
    officer.shot("404-desk-case-told", NARROW)
    with page.expect_download() as download:
        row.get_by_role("link", name="PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert officer.page.goto(officer.url + told["notice"]).status == 404, "a notice is its recipient's"  # type: ignore[union-attr]


def test_what_somebody_wants_to_be_told_is_his_to_say(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> None:
    citizen = _citizen(visit, accounts)
    page = citizen.go("/messages/preferences")
    expect(page.locator("input[name=kind][value='1']")).to_be_disabled()
    page.get_by_label("服务评价").uncheck()
    page.get_by_label("不急的消息每天合在一起发送一次").check()
    citizen.shot("405-preferences-phone", NARROW)
    press(page, "保存")
    said(page, "消息设置已保存")
    expect(page.get_by_label("服务评价")).not_to_be_checked()
    page.get_by_label("服务评价").check()
    page.get_by_label("不急的消息每天合在一起发送一次").uncheck()
    press(page, "保存")


def test_one_administrator_words_a_template_and_another_publishes_it(
    come: Callable[..., Visitor], told: dict[str, str]
) -> None:
    first = come(FIRST)
    page = first.go("/admin")
    page.get_by_role("link", name="消息 模板").click()
    first.shot("406-templates", NARROW)
    page.get_by_role("link", name="一次性告知补正").click()
    said(page, "现行文字")
    page.get_by_label("正文").fill(BODY.replace("{due}", "{when}"))
    press(page, "预览并检查")
    expect(page.get_by_role("alert")).to_contain_text("本模板没有字段“when”")
    page.get_by_label("正文").fill(BODY)
    page.get_by_label("短消息").fill(SHORT)
    press(page, "预览并检查")
    expect(page.locator("#preview")).to_contain_text("还缺材料")
    expect(page.locator("#preview")).to_contain_text("按 1 条短信计费")
    first.shot("407-template-tried", NARROW)
    press(page, "保存")
    said(page, "您编写了这段文字，请由其他管理人员核对后发布")
    assert not page.get_by_role("button", name="发布", exact=True).count(), "who writes may not publish"
    second = come(SECOND, 390)
    page = second.go(page.url.partition("?")[0].removeprefix(first.url))
    second.shot("408-template-waits-phone", NARROW)
    press(page, "发布")
    said(page, "已发布，从现在起按新文字通知")
    said(page, "本县第 1 版")


def test_an_administrator_sets_the_rules_and_sees_how_notices_went(come: Callable[..., Visitor]) -> None:
    admin = come(FIRST)
    page = admin.go("/admin/messages/rules")
    page.get_by_label("免打扰开始").fill("22:00")
    page.locator("select[name=code_0]").select_option(label="一次性告知补正（申请人）")
    page.locator("select[name=way_0_1]").select_option(label="信函")
    page.locator("select[name=way_0_2]").select_option(label="短信")
    admin.shot("409-rules", NARROW)
    press(page, "保存规则")
    said(page, "消息规则已保存")
    expect(page.get_by_label("免打扰开始")).to_have_value("22:00")
    page = until(lambda: _counted(admin))
    admin.shot("410-figures", NARROW)


def _counted(admin: Visitor) -> Page | None:
    page = admin.go("/admin/messages/figures")
    return page if page.get_by_role("link", name="一次性告知补正").count() else None


def test_a_supervisor_sees_what_did_not_arrive_and_its_case(come: Callable[..., Visitor], case: dict[str, Any]) -> None:
    supervisor = come(SUPERVISOR)
    supervisor.go("/desk/messages/failed")
    supervisor.shot("411-failed", NARROW)
    page = supervisor.go(f"/desk/{case['id']}")
    expect(page.locator("#notices")).to_contain_text("已送达（消息中心）")
