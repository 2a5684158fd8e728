"""Policies' money on its way to enterprises: a claim that is refused for reasons a person understands, the fact corrected, claimed again
and paid; a payout nobody applied for, from the computed list to the receipt."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.fakes.bank import Bank
from tests.journey.conftest import AGAIN, Look, Visitor, press, said, until
from tests.journey.policy import APPROVER, POLICY, REVIEWER, WRITER, Treasury

NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
RIVER, SPRING = "919901219901A016X6", "919901219901A0151E"
ACCOUNT = "6222020200001234567"


@pytest.fixture(scope="module")
def treasury(suite: Suite, accounts: dict[str, Any]) -> Treasury:
    return Treasury(suite, accounts)


@pytest.fixture(scope="module", autouse=True)
def roll(treasury: Treasury) -> str:
    """A list that is computed while the first journey goes on."""
    item = treasury.item("首次上规奖励")
    treasury.budget(item, "ONCE", 500_000_000)
    return treasury.computing(item)


def _person(accounts: dict[str, Any], number: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in accounts["people"] if one["idNumber"] == number)
    return found


def _account(page: Page, name: str) -> None:
    page.get_by_label("户名").fill(name)
    page.get_by_label("账号必填", exact=True).fill(ACCOUNT)
    page.get_by_label("开户银行").fill("示范农商银行")
    page.get_by_label("联行号").fill("402990000015")


def test_a_refused_claim_tells_why_the_fact_is_corrected_and_it_is_paid(
    treasury: Treasury,
    bank: Bank,
    visit: Callable[..., Visitor],
    come: Callable[..., Visitor],
    accounts: dict[str, Any],
) -> None:
    item, name = treasury.item("出口奖励"), "示范县清泉水文技术服务有限公司"
    treasury.budget(item, "2026", 100_000_000)
    before = bank.total_paid()
    _reported(treasury, "export_fen", 120_000_000)
    enterprise = visit()
    treasury.handler(enterprise, SPRING, _person(accounts, "990101198011053018"))
    page = enterprise.go(f"/policies/items/{item}/claim")
    said(page, "暂不符合条件")
    enterprise.shot("610-apply", NARROW)
    _account(page, name)
    press(page, "提交申报")
    said(page, "系统已当即判定：暂不符合条件")
    for text in ("上年出口额达到500万元", "示范县经济和信息化局", "可以怎么办", "再次申报"):
        said(page, text)
    enterprise.shot("611-refused", NARROW)
    claim = page.url.rpartition("/")[2].partition("?")[0]
    page.locator("a[href$='/export_fen/correct']").click()
    page.get_by_label("上年出口额（元）").fill("5200000")
    page.get_by_label("理由").fill("少报了第四季度的出口额，附海关数据可核。")
    enterprise.shot("612-correction", NARROW)
    press(page, "提交更正申请")
    said(page, "更正申请已提交")
    enterprise.shot("613-facts", NARROW)
    officer = come(REVIEWER)
    page = officer.go("/desk/policies/corrections")
    said(page, "少报了第四季度的出口额")
    page.get_by_label("更正立即生效").check()
    officer.shot("616-corrections", NARROW)
    press(page, "提交")
    said(page, "已处理，企业会看到结果")
    page = enterprise.go(f"/policies/claims/{claim}")
    page.get_by_role("link", name="再次申报").click()
    until(lambda: _eligible(enterprise, item))
    _account(page, name)
    press(page, "提交申报")
    said(page, "申报已提交")
    finance = treasury.officer(APPROVER)
    until(lambda: treasury.claim_status(finance, claim) == "PAID", 60)
    page = enterprise.go(f"/policies/claims/{claim}")
    said(page, "资金已到账")
    said(page, "50,000 元")
    enterprise.shot("614-paid", NARROW)
    with page.expect_download():
        page.get_by_role("link", name="下载回单").click()
    assert bank.total_paid() - before == 5_000_000


def test_a_payout_nobody_applied_for_from_the_computed_list_to_the_receipt(
    treasury: Treasury, roll: str, bank: Bank, visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    item = treasury.item("首次上规奖励")
    treasury.publish(roll)
    anybody, enterprise = visit(), visit(390)
    page = anybody.go("/policies")
    anybody.shot("600-policies", NARROW)
    page.get_by_role("link", name="免申即享名单").first.click()
    anybody.shot("601-rolls", AGAIN)
    page.get_by_role("link", name="首次上规奖励").click()
    said(page, "示范县东河文旅开发有限公司")
    said(page, "200,000 元")
    anybody.shot("602-roll", NARROW)
    anybody.go(f"/policies/items/{item}")
    said(page, "上年首次上规")
    anybody.shot("603-item", NARROW)
    treasury.days_pass(roll)
    claim = until(lambda: treasury.claim_of(RIVER, item), 60)
    officer = treasury.officer(APPROVER)
    until(lambda: treasury.claim_status(officer, claim["claimId"]) == "ACCOUNT")
    page = treasury.handler(enterprise, RIVER, _person(accounts, "990103197505191080"))
    page = enterprise.go("/cases")
    page.get_by_role("link", name="惠企政策", exact=True).first.click()
    # Its first look ties what it got before it ever came to its account.
    until(lambda: "待确认账户" in enterprise.go("/policies/mine").content())
    enterprise.shot("604-enterprise-phone", NARROW)
    page.get_by_role("link", name="去办理").first.click()
    _account(page, "别人的公司")
    press(page, "确认账户")
    expect(page.get_by_role("alert")).to_contain_text("户名须为本企业名称")
    enterprise.shot("605-account-phone", NARROW)
    page.get_by_label("户名").fill("示范县东河文旅开发有限公司")
    press(page, "确认账户")
    said(page, "收款账户已提交")
    assert ACCOUNT not in page.content()
    until(lambda: treasury.claim_status(officer, claim["claimId"]) == "APPROVING", 30)
    officer.act(f"{POLICY}ClaimService/ApproveClaim", claimId=claim["claimId"], approved=True)
    until(lambda: treasury.claim_status(officer, claim["claimId"]) == "PAID", 60)
    page = enterprise.go(f"/policies/claims/{claim['claimId']}")
    said(page, "资金已到账")
    enterprise.shot("606-paid-phone", NARROW)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载回单").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="复算这次判定").click()
    said(page, "与当时的判定一致")
    enterprise.shot("607-replay", AGAIN)
    (order,) = [one for one in bank.orders.values() if one["payee"]["name"] == "示范县东河文旅开发有限公司"]
    assert order["amount_fen"] == 20_000_000 == bank.paid_fen(order["id"])
    said(enterprise.go("/policies/mine"), "200,000 元")


def _reported(treasury: Treasury, fact: str, value: int) -> None:
    """A department reports a figure of the enterprise."""
    rows = [{"uscc": SPRING, "facts": [{"name": fact, "value": json.dumps(value)}], "at": "2026-11-20T08:00:00Z"}]
    told = treasury.officer(WRITER).act(
        f"{POLICY}EnterpriseService/ReportFacts", departmentName="示范县经济和信息化局", rows=rows
    )
    assert told["outcomes"][0].get("taken"), told


def _eligible(visitor: Visitor, item: str) -> bool:
    return "符合条件，" in visitor.go(f"/policies/items/{item}/claim").content()
