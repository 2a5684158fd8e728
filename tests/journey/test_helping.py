"""Helping somebody: a person lets a helper point act, its agent applies in her name, she reads it, and takes it back."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.journey.conftest import Visitor, until

ITEM = "生育登记"
POINT = "东河镇东河社区帮办代办点"


def _person(visit: Callable[..., Visitor], accounts: dict[str, Any], width: int = 1280) -> Visitor:
    visitor, one = visit(width), accounts["people"][1]
    visitor.sign_in(one["phone"], one["password"])
    return visitor


def _agent(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> Visitor:
    visitor, one = visit(), accounts["agents"][0]
    visitor.sign_in(one["agentNumber"], one["password"])
    expect(visitor.page).to_have_url(re.compile("/agent$"))
    return visitor


def _banner(page: Page) -> Any:
    return page.get_by_role("region", name="代办提示")


def test_a_person_lets_a_helper_point_act_for_one_item(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> None:
    visitor = _person(visit, accounts, 390)
    page = visitor.go("/account/delegations/new")
    page.get_by_role("button", name="提交委托").click()
    expect(page.get_by_role("alert")).to_be_visible()
    visitor.shot("40-delegation-refused")
    page.get_by_label("查找事项").fill(ITEM)
    page.get_by_role("button", name="查找", exact=True).click()
    page.get_by_label(ITEM).check()
    options = page.get_by_label("帮办代办点", exact=False).locator("option")
    point = next(one for one in options.all() if POINT in one.inner_text())
    page.locator("select[name=agent_organization_id]").select_option(point.get_attribute("value"))
    visitor.shot("41-delegation-new")
    page.get_by_role("button", name="提交委托").click()
    expect(page.get_by_text("委托已生效")).to_be_visible()
    visitor.shot("42-delegations")
    page.get_by_role("link", name="委托书").first.click()
    expect(page.get_by_role("heading", name="授权委托书")).to_be_visible()
    visitor.shot("43-certificate")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载签名文件").click()
    assert download.value.suggested_filename.endswith(".json")


def test_the_agent_applies_in_her_name_and_cannot_do_more(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = _agent(visit, accounts)
    page = visitor.page
    until(lambda: visitor.go("/agent").get_by_role("button", name="开始代办").count())
    visitor.shot("44-agent")
    page.get_by_role("button", name="开始代办").first.click()
    expect(_banner(page)).to_contain_text("您正在代 江** 办理")
    expect(_banner(page)).to_contain_text("王帮办")
    visitor.shot("45-acting")
    assert page.goto(visitor.url + "/account/erase").status == 403  # type: ignore[union-attr]
    expect(page.get_by_text("代办期间不能使用此页面")).to_be_visible()
    visitor.shot("46-not-while-acting")
    page = visitor.go(f"/items?q={ITEM}")
    page.get_by_role("link", name=ITEM).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    visitor.answer()
    for field in page.locator("input[name^='form.'][required], textarea[name^='form.'][required]").all():
        values = {"tel": "0990-0000101", "date": "2026-10-01"}
        field.fill(values.get(field.get_attribute("type") or "", "示范"))
    visitor.shot("47-apply-acting")
    page.get_by_role("button", name="提交申请").click()
    expect(page).to_have_url(re.compile("/cases/[0-9a-f-]{36}"))
    visitor.shot("48-case-acting")
    page.get_by_role("button", name="结束代办").click()
    expect(page).to_have_url(re.compile("/agent"))
    expect(_banner(page)).to_have_count(0)


def test_she_reads_who_acted_and_taking_it_back_ends_it_at_once(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    agent, visitor = _agent(visit, accounts), _person(visit, accounts)
    until(lambda: visitor.go("/account/accesses").get_by_text("王帮办").count())
    expect(visitor.page.locator("table")).to_contain_text("代")
    visitor.shot("49-accesses")
    expect(visitor.go("/cases").get_by_text(ITEM).first).to_be_visible()
    agent.page.get_by_role("button", name="开始代办").first.click()
    page = visitor.go("/account/delegations")
    page.get_by_role("button", name="撤销").first.click()
    expect(page.get_by_text("委托已撤销")).to_be_visible()
    until(lambda: "/agent" in _reopened(agent, "/cases"))
    expect(agent.page.get_by_text("代办已终止")).to_be_visible()
    assert not agent.go("/agent").get_by_role("button", name="开始代办").count()


def _reopened(visitor: Visitor, path: str) -> str:
    visitor.page.goto(visitor.url + path)
    return visitor.page.url


def test_an_agent_asks_and_nothing_holds_until_she_says_yes(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    agent, visitor = _agent(visit, accounts), _person(visit, accounts)
    person = accounts["people"][1]
    page = agent.go("/agent/delegations/new")
    page.get_by_label("委托人姓名").fill(person["name"])
    page.get_by_label("公民身份号码").fill(person["idNumber"])
    page.get_by_label("查找事项").fill(ITEM)
    page.get_by_role("button", name="查找", exact=True).click()
    page.get_by_label(ITEM).check()
    agent.shot("50-agent-asks")
    page.get_by_role("button", name="发出请求").click()
    expect(page.get_by_text("待本人确认").first).to_be_visible()
    assert not page.get_by_role("button", name="开始代办").count()
    page = visitor.go("/account/delegations")
    visitor.shot("51-asked")
    page.get_by_role("button", name="同意").first.click()
    expect(page.get_by_text("已同意")).to_be_visible()
    until(lambda: agent.go("/agent").get_by_role("button", name="开始代办").count())
