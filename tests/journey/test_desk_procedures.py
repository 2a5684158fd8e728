"""One case with a special procedure, an extension and an opinion of another department; then supervision of it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.suite import Suite
from standards.workdays import SHANGHAI
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import AGAIN, Visitor

# Planning: experts look at it, and another department is asked.
ITEM = "建设工程规划许可证核发"
REVIEWER, DECIDER, ASKED, SUPERVISOR = "zr-101", "zr-201", "jt-101", "jd-801"
ASKED_NAME = "示范县交通运输局"
QUESTION, OPINION = "出入口与县道的衔接是否符合要求？", "衔接方案符合要求，同意。"


@pytest.fixture(scope="module")
def case(suite: Suite, accounts: dict[str, Any]) -> dict[str, Any]:
    person = accounts["people"][1]
    return apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)


@pytest.fixture
def come(visit: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]) -> Callable[..., Visitor]:
    """An officer who has the case open before him."""

    def come(number: str, width: int = 1280, path: str = "") -> Visitor:
        visitor = visit(width)
        visitor.sign_in(number, accounts["officers"][number]["password"])
        visitor.go(path or f"/desk/{case['id']}")
        return visitor

    return come


def test_experts_look_at_it_and_the_clock_stands_still(come: Callable[..., Visitor]) -> None:
    officer = come(REVIEWER)
    page = officer.page
    page.get_by_role("button", name="予以受理", exact=True).click()
    page.locator("summary", has_text="启动特别程序").click()
    kinds = page.get_by_label("种类").locator("option")
    expect(kinds).to_have_text(["请选择", re.compile("^专家评审（技术审查，不超过3 个工作日）"), re.compile("^公示")])
    page.get_by_label("种类").select_option(index=1)
    page.get_by_label("预计结束日期").fill(f"{datetime.now(SHANGHAI) + timedelta(days=60):%Y-%m-%d}")
    page.locator("#special-notice").fill("需要组织专家评审。")
    page.get_by_role("button", name="启动特别程序").click()
    expect(page.locator("#special-expected_until-error")).to_contain_text("超过该特别程序的最长期限")
    officer.shot("210-special-refused")
    page.get_by_label("预计结束日期").fill(f"{datetime.now(SHANGHAI) + timedelta(days=2):%Y-%m-%d}")
    page.get_by_role("button", name="启动特别程序").click()
    expect(page.locator(".case-head")).to_contain_text("特别程序中")
    expect(page.get_by_text("时限暂停").first).to_be_visible()
    officer.shot("211-special")
    page.locator("#end-special-outcome").fill("评审通过。")
    page.get_by_role("button", name="结束特别程序").click()
    expect(page.locator(".case-head")).to_contain_text("审查中")


def test_another_department_is_asked_and_answers_and_sees_no_more(come: Callable[..., Visitor]) -> None:
    page = come(REVIEWER).page
    page.locator("summary", has_text="征求部门意见").click()
    page.locator("#opinion-department").select_option(label=ASKED_NAME)
    page.get_by_label("征求意见的内容").fill(QUESTION)
    page.get_by_role("button", name="征求部门意见").click()
    expect(page.get_by_role("status")).to_contain_text("已发出征求意见")
    asked = come(ASKED, 390, "/desk/opinions")
    asked.shot("212-opinions-phone")
    asked.page.get_by_role("link", name=ITEM).click()
    asked.shot("213-opinion-phone")
    asked.page.get_by_label("同意", exact=True).check()
    asked.page.get_by_label("意见内容").fill(OPINION)
    asked.page.get_by_role("button", name="反馈意见").click()
    expect(asked.page.get_by_role("status")).to_contain_text("意见已反馈")
    expect(come(REVIEWER).page.get_by_text(f"反馈：{OPINION}")).to_be_visible()


def test_the_limit_is_extended_once_by_somebody_else(come: Callable[..., Visitor]) -> None:
    page = come(REVIEWER).page
    page.locator("summary", has_text="申请延长审批时限").click()
    page.get_by_label("延长工作日数").fill("10")
    page.locator("#extend-reason").fill("规划方案需要进一步论证。")
    page.get_by_role("button", name="申请延长审批时限").click()
    expect(page.get_by_text("待批准").first).to_be_visible()
    assert not page.get_by_role("button", name="批准延长审批时限").count(), "who asks does not approve"
    decider = come(DECIDER)
    decider.page.get_by_role("button", name="批准延长审批时限").click()
    expect(decider.page.get_by_text("已批准延长 10 个工作日")).to_be_visible()
    expect(decider.page.get_by_text("完整", exact=True)).to_be_visible()
    decider.shot("214-extended")


def test_a_supervisor_urges_it_and_the_answer_is_returned_then_closed(
    come: Callable[..., Visitor], case: dict[str, Any]
) -> None:
    supervisor = come(SUPERVISOR)
    page = supervisor.page
    assert not page.locator("#trace").count(), "each look is noted: no more than he asked for"
    page.get_by_role("link", name="督办此件").click()
    page.get_by_label("督办意见").fill("快")
    page.locator("form.card").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="发出督办").click()
    expect(page.locator("#urge-text-error")).to_be_visible()
    supervisor.shot("215-urge-refused")
    page.get_by_label("督办意见").fill("该件办理时间较长，请说明原因。")
    page.get_by_role("button", name="发出督办").click()
    expect(page.get_by_role("status")).to_contain_text("督办已发出")
    supervisor.shot("216-urged", AGAIN)
    department = come(REVIEWER, 390, "/desk/findings?status=open")
    department.shot("217-findings-phone")
    department.page.get_by_role("link", name="督办").first.click()
    department.page.get_by_label("答复内容").fill("正在组织论证，本周内办结。")
    department.shot("218-answer-phone")
    department.page.get_by_role("button", name="提交答复").click()
    expect(department.page.get_by_role("status")).to_contain_text("答复已提交")
    page.reload()
    page.locator("summary", has_text="退回重新答复").click()
    page.get_by_label("退回原因").fill("请写明具体办结日期。")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已退回，要求重新答复")
    department.page.reload()
    department.page.get_by_label("答复内容").fill("本周五前办结。")
    department.page.get_by_role("button", name="提交答复").click()
    page.reload()
    page.get_by_role("button", name="予以办结").click()
    expect(page.get_by_role("status")).to_contain_text("该监察事项已办结")
    supervisor.shot("219-finding-closed")
    page = supervisor.go("/desk/findings?status=closed")
    expect(page.get_by_role("link", name="督办").first).to_be_visible()
    supervisor.shot("220-findings")
    for number, path in (("221-inbox", "/desk"), ("222-reported", "/desk/reported")):
        officer = come(REVIEWER, path=path)
        officer.shot(number)
    decider = come(DECIDER, path="/desk/promise-blocks")
    decider.shot("223-promise-blocks", AGAIN)
    expect(supervisor.go(f"/desk/{case['id']}?all=1").get_by_role("link", name=re.compile("督办"))).not_to_have_count(0)
