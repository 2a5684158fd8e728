"""Selections by price with sealed bids, by proposals that three evaluators score, and directly; one goes on to its archive."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.suite import Suite
from standards.workdays import local_day
from tests.journey.applying import signed_in
from tests.journey.conftest import AGAIN, Look, Visitor, press, said, until
from tests.journey.market import KIND, OPERATOR, REGION, SERVICE, Market, opened, sealed, sign_up, upload
from tests.support.files import pdf

NARROW: tuple[Look, ...] = ((390, "light"), (1280, "dark"))
NONCE = "5e" * 32
SELECTION = "intermediary.v1.SelectionService/"
PAPER = {"name": "文件.pdf", "mimeType": "application/pdf", "buffer": pdf(b"1 0 obj<</Type/Catalog>>endobj")}


@pytest.fixture
def market(suite: Suite, accounts: dict[str, Any]) -> Market:
    return opened(suite, accounts)


def test_the_lowest_sealed_bid_wins_and_one_that_stays_shut_is_left_out(
    market: Market, scripted: Callable[..., Visitor], tmp_path: Path
) -> None:
    bidder, other, silent = market.agencies[1], market.agencies[2], market.agencies[3]
    visitor = scripted()
    market.handler(visitor, bidder)
    one = market.publish("PRICE", closes=8, selects=14, priceMethod="PRICE_METHOD_LOWEST")
    at = f"/market/procurements/{one['id']}"
    page = visitor.go(f"{at}/sign-up")
    said(page, "符合条件")
    page.get_by_label("报价必填", exact=True).fill("258000")
    press(page, "密封报价")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载保存报价文件").click()
    assert "258000" in Path(download.value.path()).read_text()
    press(page, "报名")
    said(page, "报名成功")
    assert "258000" not in page.content() and "258,000" not in page.content()
    for agency, value in ((other, 26_000_000), (silent, 20_000_000)):
        sign_up(agency, one["id"], bidCommitment=sealed(agency, one["id"], value, NONCE))
    visitor.shot("510-bid-sealed", NARROW)
    until(lambda: market.status(one["id"]) == "FROZEN")
    page = visitor.go(f"{at}/sign-up")
    expect(page.get_by_label("随机数（64 位十六进制）")).not_to_have_value("")
    press(page, "公开报价")
    said(page, "258,000 元")
    other.client.act("intermediary.v1.SignUpService/OpenBid", procurementId=one["id"], value="26000000", nonce=NONCE)
    until(lambda: market.status(one["id"]) not in ("OPEN", "FROZEN"))
    page = visitor.go(at)
    expect(page.locator("tr.winner")).to_contain_text(bidder.name)
    said(page, "未在规定时间公开报价")
    visitor.shot("511-bids", AGAIN)


def test_three_evaluators_score_proposals_and_see_no_others_before_all_are_in(
    market: Market, come: Callable[..., Visitor], visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    people = accounts["people"][-3:]
    operator = market.officer(OPERATOR)
    experts = [signed_in(market.url, one["phone"], one["password"]) for one in people]
    for expert, person in zip(experts, people, strict=True):
        told = expert.act(
            f"{SELECTION}ApplyAsEvaluator",
            name=person["name"],
            idNumber=person["idNumber"],
            region=REGION,
            fields=[SERVICE],
        )
        operator.act(f"{SELECTION}ReviewEvaluator", evaluatorId=told["id"], approved=True)
    agent, evaluator, desk = visit(390), visit(), come(OPERATOR)
    market.handler(agent, market.agencies[1])
    evaluator.sign_in(people[0]["phone"], people[0]["password"])
    criteria = [{"name": "技术方案", "weight": 6000}, {"name": "服务团队", "weight": 4000}]
    one = market.publish("CHOICE", closes=7, selects=8, criteria=criteria, evaluators=3)
    page = agent.go(f"/market/procurements/{one['id']}/sign-up")
    page.get_by_label("方案文件").set_input_files(PAPER)
    press(page, "报名")
    said(page, "报名成功")
    agent.shot("520-proposal-phone", AGAIN)
    sign_up(market.agencies[2], one["id"], proposal=upload(market.agencies[2].client, "方案.pdf"))
    until(lambda: market.status(one["id"]) == "FROZEN")
    page = desk.go(f"/desk/market/procurements/{one['id']}")
    press(page, "抽取评审专家")
    said(page, "评审专家已抽取")
    desk.shot("521-evaluators-drawn", AGAIN)
    page = evaluator.go(f"/market/evaluations/{one['id']}")
    with page.expect_download():
        page.get_by_role("link", name="下载方案").first.click()
    fields = page.locator("input.points")
    for number in range(fields.count()):
        fields.nth(number).fill(str(90 - 10 * number))
    evaluator.shot("522-scores", NARROW)
    press(page, "提交评分")
    said(page, "评分已提交")
    assert "全部专家的评分" not in page.content()
    for expert in experts[1:]:
        seen = expert.call(f"{SELECTION}GetEvaluation", procurementId=one["id"])
        scores = [
            {"uscc": candidate["uscc"], "criterion": at, "points": 80 - 20 * rank}
            for rank, candidate in enumerate(seen["candidates"])
            for at in range(2)
        ]
        expert.act(f"{SELECTION}GiveScores", procurementId=one["id"], scores=scores)
    until(lambda: market.status(one["id"]) not in ("OPEN", "FROZEN"), 30)
    said(evaluator.go(f"/market/evaluations/{one['id']}"), "全部专家的评分")
    expect(evaluator.go(f"/market/procurements/{one['id']}").locator("tr.winner")).to_contain_text("分")


def test_a_direct_selection_goes_from_the_need_to_the_archive(
    market: Market, come: Callable[..., Visitor], visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    chosen = market.agencies[0]
    owner, desk, agent = visit(390), come(OPERATOR), visit()
    person = accounts["people"][9]
    owner.sign_in(person["phone"], person["password"])
    owner.go("/account/organizations").get_by_role("button", name="以企业身份办事").click()
    number = _need(owner, chosen.uscc)
    page = desk.go("/desk/market?queue=needs")
    desk.shot("530-desk", AGAIN)
    page.get_by_role("link", name="东河文旅码头水资源论证").click()
    page.get_by_role("radio", name="通过").check()
    desk.shot("531-review", NARROW)
    press(page, "审核需求")
    said(page, "审核结果已登记")
    until(lambda: market.status(number) == "AWARDED")
    need, award = f"/market/needs/{number}", f"/market/awards/{number}"
    page = owner.go(need)
    page.get_by_label("合同金额（元）").fill("30000")
    page.get_by_label("签订日期").fill(f"{local_day(datetime.now(UTC)):%Y-%m-%d}")
    page.get_by_label("名称", exact=False).first.fill("提交报告")
    page.get_by_label("完成日期").first.fill(f"{local_day(datetime.now(UTC)) + timedelta(days=90):%Y-%m-%d}")
    page.get_by_label("合同文件").set_input_files(PAPER)
    owner.shot("532-contract-phone", AGAIN)
    press(page, "提交合同备案")
    said(page, "合同已提交")
    market.handler(agent, chosen)
    page = agent.go(award)
    press(page, "确认合同")
    said(page, "合同已确认")
    press(page, "报告节点完成")
    said(page, "节点已登记")
    page = owner.go(need)
    page.get_by_role("radio", name="确认完成").check()
    press(page, "确认节点")
    said(page, "节点已登记")
    page = agent.go(award)
    page.get_by_label("成果文件").set_input_files(PAPER)
    press(page, "提交成果")
    said(page, "成果已提交")
    agent.shot("533-delivered", AGAIN)
    page = owner.go(need)
    with page.expect_download():
        page.get_by_role("link", name="文件.pdf").last.click()
    press(page, "确认成果")
    said(page, "成果已确认")
    for visitor, address in ((owner, need), (agent, award)):
        page = visitor.go(address)
        page.get_by_label("满意程度").select_option("5")
        press(page, "评价对方")
        said(page, "评价已提交")
    until(lambda: market.status(number) == "ARCHIVED")
    agent.go("/market/agency")
    agent.shot("534-agency", AGAIN)


def _need(owner: Visitor, uscc: str) -> str:
    """Fills the form of a need; first without the basis of a direct selection, which is told at its input."""
    page = owner.go("/market/needs/new")
    page.get_by_label("项目名称").fill("东河文旅码头水资源论证")
    page.get_by_label("中介服务", exact=False).first.fill(SERVICE)
    page.get_by_label("服务内容和要求").fill("编制水资源论证报告表")
    page.get_by_label("预算（元）").fill("30000")
    page.locator("select").first.select_option(KIND)
    page.get_by_role("radio", name="直接选取").check()
    page.get_by_label("机构的统一社会信用代码").fill(uscc)
    press(page, "提交审核")
    expect(page.get_by_role("alert")).to_contain_text("依据")
    owner.shot("535-need-phone", NARROW)
    page.get_by_label("直接选取的依据").fill("限额以下，本地唯一有资质的机构")
    press(page, "提交审核")
    said(page, "需求已提交")
    found = re.search("/market/needs/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def test_the_public_pages_of_the_market(market: Market, visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.go("/").get_by_role("link", name="中介超市").first.click()
    visitor.shot("540-market", NARROW)
    for number, path in ((541, "agencies"), (542, "rules"), (543, "statistics"), (544, "services")):
        visitor.go(f"/market/{path}")
        visitor.shot(f"{number}-market-{path}", NARROW)
    page = visitor.go("/market/agencies")
    page.get_by_role("link", name=market.agencies[0].name).click()
    visitor.shot("545-agency", AGAIN)
    visitor.go("/letters/large?next=/market")
    assert "large" in (visitor.page.locator("html").get_attribute("class") or "")
