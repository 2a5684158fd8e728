"""Decided at once: applied for, decided within the same answer, its document downloaded and verified, and a licence instead of a file."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.journey.conftest import AGAIN, Visitor, until

ITEM = "生育登记"
BY_LICENCE = "灵活就业人员企业职工养老保险参保登记"
PASSPORT = "普通护照签发"


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any], width: int = 1280) -> Visitor:
    visitor, person = visit(width), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def _begin(visitor: Visitor, item: str) -> None:
    page = visitor.go(f"/items?q={item}")
    page.get_by_role("link", name=item, exact=True).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    visitor.answer()


def _fill(visitor: Visitor) -> None:
    for field in visitor.page.locator("input[name^='form.'], textarea[name^='form.']").all():
        values = {"tel": "0990-0000101", "date": "2027-01-04"}
        value = "3" if field.get_attribute("inputmode") == "decimal" else "示范路八号"
        field.fill(values.get(field.get_attribute("type") or "", value))


def test_a_decision_by_rules_stands_on_the_page_that_answers_the_application(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.page
    _begin(visitor, ITEM)
    expect(page.get_by_text("符合条件即时办结。")).to_be_visible()
    _fill(visitor)
    visitor.shot("110-instant-apply")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("符合条件，已经自动办结。")).to_be_visible()
    expect(page.locator(".case-head")).to_contain_text("已办结")
    expect(page.get_by_text("秒批：按规则自动决定")).to_be_visible()
    visitor.shot("111-instant-decided")
    with page.expect_download() as download:
        page.locator("#documents").get_by_role("link", name=re.compile("决定书")).click()
    document = download.value.path()
    paper = page.locator("#documents li", has_text="决定书")
    paper.locator("summary").click()
    number, code = paper.locator("dd").all_inner_texts()
    case = page.url.partition("?")[0][len(visitor.url) :]
    until(lambda: visitor.go(case).get_by_role("link", name="非常满意", exact=True).count())
    anybody = visit(390)
    page = anybody.go("/verify")
    page.get_by_label("文书编号").fill(number)
    page.get_by_label("验证码").fill(code)
    page.get_by_label("PDF 文件").set_input_files(document)
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_text("这份文书由本平台出具，目前有效。")).to_be_visible()
    expect(page.get_by_text("您选择的文件与本平台出具的文件完全一致。")).to_be_visible()
    anybody.shot("112-verified-phone", AGAIN)


def test_a_licence_that_is_looked_up_takes_the_place_of_a_file(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = _citizen(visit, accounts, 390)
    page = visitor.page
    _begin(visitor, BY_LICENCE)
    _fill(visitor)
    page.get_by_text("用电子证照代替，不再提交文件").click()
    page.get_by_label("申请人的证件号码").fill(accounts["people"][1]["idNumber"])
    page.get_by_role("button", name="核验证照").click()
    expect(page.get_by_role("alert")).to_contain_text("1 处需要更正")
    visitor.shot("113-licence-not-yours-phone", AGAIN)
    page.get_by_label("申请人的证件号码").fill(accounts["people"][0]["idNumber"])
    expect(page.get_by_label("用途")).to_have_value(f"办理{BY_LICENCE}")
    page.get_by_role("button", name="核验证照").click()
    expect(page.get_by_text("已查到，不再提交文件")).to_be_visible()
    expect(page.locator("#form-contact_phone")).to_have_value("0990-0000101")
    visitor.shot("114-licence-found-phone")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("符合条件，已经自动办结。")).to_be_visible()
    page.get_by_role("link", name="谁在办、用了多少时间、读取了我的哪些数据").click()
    expect(page.locator("#readings + table, section:has(#readings)").first).to_contain_text(f"办理{BY_LICENCE}")
    visitor.shot("115-trace-phone")
    page.get_by_role("button", name="重新核验").click()
    expect(page.get_by_text("刚刚重新核验。")).to_be_visible()
    expect(page.get_by_text("记录完整：")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载记录（JSON）").click()
    assert download.value.suggested_filename.startswith("journal-990121")
