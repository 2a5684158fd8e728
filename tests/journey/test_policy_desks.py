"""The desks behind policies' money in a browser: a budget is given, a claim reviewed, approved, paid and spot-checked; what a department
reports puts enterprises on a list, one is taken off, a second officer publishes it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pymongo import MongoClient

from deploy.local.suite import Suite
from tests.fakes.bank import Bank
from tests.journey.conftest import AGAIN, Look, Visitor, press, said, until
from tests.journey.policy import APPROVER, REVIEWER, SECOND, TREASURER, Treasury
from tests.support.files import pdf

NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
RIVER, REPRESENTATIVE = "919901219901A016X6", "990103197505191080"
CLEAR, STEADY = "919901219901A01006", "919901219901A0127X"
SUPERVISOR, LOANS, FIRST = "jd-801", "贷款贴息", "首次上规奖励"


@pytest.fixture(scope="module")
def treasury(suite: Suite, accounts: dict[str, Any]) -> Treasury:
    return Treasury(suite, accounts)


def _option(page: Page, label: str, starts: str) -> None:
    """Chooses the option that begins so."""
    chosen = page.get_by_label(label).locator("option", has_text=re.compile(f"^{starts}")).get_attribute("value")
    page.get_by_label(label).select_option(chosen)


def test_finance_gives_a_budget(treasury: Treasury, come: Callable[..., Visitor]) -> None:
    finance = come(TREASURER)
    expect(finance.page).to_have_url(re.compile("/desk/policies/claims"))
    page = finance.go("/desk/policies/money")
    _option(page, "兑付事项", LOANS)
    page.get_by_label("期间").fill("2026")
    page.get_by_label("预算总额（元）").fill("500,000.00")
    page.get_by_label("资金文号").fill("示财预〔2026〕7号")
    finance.shot("650-budgets", NARROW)
    press(page, "下达")
    said(page, "预算已提交")
    until(lambda: "已生效" in finance.go(f"/desk/policies/money/{treasury.item(LOANS)}/2026").content())
    said(page, "500,000 元")


def test_a_claim_goes_over_every_desk_to_its_money_and_a_part_is_asked_back(
    treasury: Treasury,
    bank: Bank,
    visit: Callable[..., Visitor],
    come: Callable[..., Visitor],
    accounts: dict[str, Any],
    tmp_path: Path,
) -> None:
    claim = _claimed(treasury, visit(), accounts, tmp_path)
    reviewer = come(REVIEWER)
    page = reviewer.go("/desk/policies/claims?status=reviewing")
    reviewer.shot("651-claims", NARROW)
    page.get_by_role("link", name=LOANS).first.click()
    said(page, "上年实际支付了贷款利息")
    page.get_by_label(re.compile("^通过")).check()
    page.get_by_label("核定金额（元）").fill("180000")
    press(page, "提交审核意见")
    # Less than the formula gives needs a reason, and what was typed is still there.
    expect(page.get_by_role("alert").first).to_contain_text("理由")
    expect(page.get_by_label("核定金额（元）")).to_have_value("180000")
    page.get_by_label(re.compile("^通过")).check()
    page.get_by_label(re.compile("^理由")).fill("两笔利息凭证不在本年度，已核减。")
    reviewer.shot("652-review", NARROW)
    press(page, "提交审核意见")
    said(page, "审核意见已提交")
    said(page, "公示中")
    page.get_by_role("link", name="复算这次判定").click()
    said(page, "复算结果与当时的判定一致")
    _publicity_ends(treasury, claim)
    finance = come(APPROVER)
    until(lambda: LOANS in finance.go("/desk/policies/claims?status=approving").content(), 60)
    page = finance.page
    page.get_by_role("link", name=LOANS).first.click()
    page.get_by_label("同意拨付").check()
    finance.shot("653-approval", NARROW)
    press(page, "财政审批")
    said(page, "审批意见已提交")
    until(lambda: "已到账" in finance.go(f"/desk/policies/claims/{claim}").content(), 60)
    assert bank.total_paid() >= 18_000_000
    _books(treasury, finance)
    _checked(come(SUPERVISOR), claim)
    _given_up(come, claim)


def _claimed(treasury: Treasury, enterprise: Visitor, accounts: dict[str, Any], folder: Path) -> str:
    """The enterprise claims; the claim's id."""
    person = next(one for one in accounts["people"] if one["idNumber"] == REPRESENTATIVE)
    treasury.handler(enterprise, RIVER, person)
    page = enterprise.go(f"/policies/items/{treasury.item(LOANS)}/claim")
    for code in ("loan", "interest"):
        file = folder / f"{code}.pdf"
        file.write_bytes(pdf(code.encode()))
        page.locator(f"input[name=materials_{code}]").set_input_files(file)
    page.get_by_label("户名").fill("示范县东河文旅开发有限公司")
    page.locator("input[name=account_number]").fill("6222020200007654321")
    page.get_by_label("开户银行").fill("示范农商银行")
    page.get_by_label("联行号").fill("402990000015")
    press(page, "提交申报")
    said(page, "申报已提交")
    return page.url.rpartition("/")[2].partition("?")[0]


def _publicity_ends(treasury: Treasury, claim: str) -> None:
    """Nobody waits working days for a test: their end is moved to now."""
    with MongoClient[dict[str, Any]](treasury.suite.store("policy").uri) as client:
        claims = client.get_default_database()["claims"]
        assert claims.update_one({"_id": claim}, {"$set": {"state.due": datetime.now(UTC)}}).matched_count == 1


def _books(treasury: Treasury, finance: Visitor) -> None:
    """The ledger tells the way of the money and agrees with the budget; what is spent cannot be cut off."""
    budget = f"/desk/policies/money/{treasury.item(LOANS)}/2026"
    until(lambda: "账本与预算一致" in finance.go(budget).content(), 90)
    page = finance.page
    for text in ("在途", "已付", "180,000 元"):
        said(page, text)
    page.get_by_label("预算总额（元）").fill("1")
    page.get_by_label("资金文号").fill("示财预〔2026〕8号")
    press(page, "调整")
    expect(page.get_by_role("alert").first).to_contain_text("已")
    finance.shot("654-budget", NARROW)
    finance.go("/desk/policies/days")
    finance.shot("655-days", AGAIN)


def _checked(supervisor: Visitor, claim: str) -> None:
    """Supervision checks it, and asks a part back."""
    page = supervisor.go(f"/desk/policies/claims/{claim}")
    page.get_by_text("开始抽查").first.click()
    page.get_by_label("抽查事由").fill("抽取本月到账的兑付")
    press(page, "开始抽查")
    said(page, "抽查已开始")
    page.get_by_label("应退回金额（元）").fill("10,000.00")
    page.get_by_label("结论").fill("一笔利息重复申报，应退回。")
    press(page, "抽查结论")
    said(page, "抽查结论已提交")
    said(page, "待退回资金")
    said(page, "转账附言")
    supervisor.shot("656-check", NARROW)


def _given_up(come: Callable[..., Visitor], claim: str) -> None:
    """Finance gives up what is still to be given back: not who released the money."""
    page = come(APPROVER).go(f"/desk/policies/claims/{claim}")
    assert not page.get_by_text("终止追回").count()
    page = come(TREASURER).go(f"/desk/policies/claims/{claim}")
    page.get_by_text("终止追回").first.click()
    page.get_by_label("理由").fill("企业已注销，债权已经申报")
    press(page, "终止追回")
    said(page, "已终止追回")


def test_what_a_department_reports_makes_a_list_that_a_second_officer_publishes(
    treasury: Treasury, come: Callable[..., Visitor]
) -> None:
    treasury.budget(treasury.item(FIRST), "ONCE", 500_000_000)
    maker = come(REVIEWER)
    for uscc in (CLEAR, STEADY):
        page = maker.go(f"/desk/policies/enterprises?q={uscc}")
        page.locator("table").get_by_role("link").first.click()
        if uscc == CLEAR:
            maker.shot("657-enterprise", NARROW)
        page.get_by_label("上年首次上规").check()
        press(page, "下一步")
        page.get_by_label("是", exact=True).check()
        press(page, "提供")
        said(page, "信息已保存")
    # What was told is matched by the worker before the list is computed.
    until(lambda: _matched(treasury, CLEAR) and _matched(treasury, STEADY), 60)
    # A list before it is paid to the end only when nobody can reserve of its sum any more.
    until(lambda: _no_list(maker), 120)
    page = maker.go("/desk/policies/rolls")
    _option(page, "免申即享事项", FIRST)
    press(page, "生成本期名单")
    said(page, "名单正在生成")
    roll = page.url.partition("?")[0].removeprefix(maker.url)
    until(lambda: "待审核" in maker.go(roll).content(), 180)
    line = page.locator("details", has_text="示范县清源水资源咨询有限公司")
    line.locator("summary").click()
    expect(line.get_by_text("上年首次上规").first).to_be_visible()
    maker.shot("658-roll", NARROW)
    page.goto(f"{maker.url}{roll}?off={STEADY}")
    page.get_by_label("理由").last.fill("上年产值数据有误，正在核实")
    press(page, "移出企业")
    said(page, "已移出名单")
    page.get_by_label("同意公示").check()
    press(page, "审核名单")
    expect(page.get_by_role("alert").first).to_contain_text("名单须由另一名工作人员审核")
    second = come(SECOND)
    page = second.go(roll)
    page.get_by_label("同意公示").check()
    second.shot("659-roll-review", NARROW)
    press(page, "审核名单")
    said(page, "审核意见已提交")
    until(lambda: "公示中" in second.go(roll).content(), 60)


def _no_list(maker: Visitor) -> bool:
    """Whether no list of the department is on its way."""
    table = maker.go("/desk/policies/rolls").locator("main table")
    return not table.count() or not re.search("待审核|公示", table.locator("tbody").inner_text())


def _matched(treasury: Treasury, uscc: str) -> bool:
    item = treasury.item(FIRST)
    with MongoClient[dict[str, Any]](treasury.suite.store("policy").uri) as client:
        found = client.get_default_database()["matches"].find_one({"_id": uscc})
    return bool(found and item in found["qualifies"])
