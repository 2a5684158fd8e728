"""What could not be done (办不成事) and a question: asked from the case, answered by the department, confirmed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import AGAIN, Look, Visitor, until

ITEM, DEPARTMENT = "公共场所卫生许可", "示范县卫生健康局"
SUPERVISOR, RECEIVER, CLERK = "jd-801", "wj-101", "wj-201"
NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def case(suite: Suite, accounts: dict[str, Any]) -> dict[str, Any]:
    """An accepted case of the citizen, as its service tells it."""
    person, officer = accounts["people"][2], accounts["officers"][RECEIVER]
    case = apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)
    desk = signed_in(suite.gateway_url, officer["staffNumber"], officer["password"])
    return desk.act("case.v1.CaseService/AcceptCase", caseId=case["id"])


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any]) -> Visitor:
    visitor, person = visit(390), accounts["people"][2]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def _ask(visitor: Visitor, title: str, text: str) -> str:
    """Fills the form that is open, and sends it; the address of what it became."""
    page = visitor.page
    page.get_by_label("标题").fill(title)
    page.get_by_label("内容").fill(text)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已提交")
    return page.url.partition("?")[0].removeprefix(visitor.url)


def _open(officer: Visitor, title: str) -> Page:
    link = officer.page.get_by_role("link", name=title, exact=True)
    until(lambda: officer.go("/desk/tickets") and link.count())
    link.click()
    return officer.page


def test_what_could_not_be_done_goes_to_supervision_and_comes_back_answered(
    visit: Callable[..., Visitor], come: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go(f"/cases/{case['id']}")
    page.get_by_role("link", name="办不成事").click()
    expect(page.get_by_label("办件编号")).to_have_value(case["number"])
    visitor.shot("340-ask-phone", NARROW)
    # The case is known to rating once it has heard of it.
    address = until(lambda: _stuck(visitor, case["number"]))
    visitor.shot("341-ticket-phone", AGAIN)
    clerk = come(CLERK)
    assert "卡在窗口" not in clerk.go("/desk/tickets").content(), "not straight to the department"
    supervisor = come(SUPERVISOR)
    page = _open(supervisor, "卡在窗口")
    supervisor.go("/desk/tickets")
    supervisor.shot("342-tickets", NARROW)
    page = _open(supervisor, "卡在窗口")
    page.get_by_label("答复部门").select_option(label=DEPARTMENT)
    supervisor.shot("343-assign", AGAIN)
    page.get_by_role("button", name="转办").click()
    expect(page.get_by_role("status")).to_contain_text("已转办")
    page = _open(clerk, "卡在窗口")
    page.get_by_label("答复内容").fill("已协调窗口受理，请携带原件。")
    clerk.shot("344-answer", AGAIN)
    page.get_by_role("button", name="答复", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("答复已提交")
    page = visitor.go(address)
    expect(page.get_by_text("已协调窗口受理，请携带原件。")).to_be_visible()
    visitor.shot("345-answered-phone", NARROW)
    page.locator("#confirm-satisfied").get_by_label("满意", exact=True).check()
    page.locator("#confirm-satisfied ~ .actions button, form[action$='/confirm'] button").first.click()
    expect(page.get_by_role("status")).to_contain_text("感谢您的反馈")


def _stuck(visitor: Visitor, number: str) -> str:
    page = visitor.go(f"/ask?kind=stuck&case={number}")
    page.get_by_label("标题").fill("卡在窗口")
    page.get_by_label("内容").fill("材料齐全，窗口说系统不通，已经三次。")
    page.get_by_role("button", name="提交", exact=True).click()
    found = re.search("/tickets/[0-9a-f-]{36}", page.url)
    return found.group(0) if found else ""


def test_a_question_is_answered_and_how_it_was_may_be_rated(
    visit: Callable[..., Visitor], come: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go("/ask?kind=consult")
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_label("涉及部门").select_option(label=DEPARTMENT)
    address = _ask(visitor, "体检去哪里做", "健康证体检可以在哪些医院做？")
    clerk = come(CLERK)
    page = _open(clerk, "体检去哪里做")
    page.get_by_label("答复内容").fill("县疾控中心和县医院都可以。")
    page.get_by_role("button", name="答复", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("答复已提交")
    page = visitor.go(address)
    page.locator("#confirm-satisfied").get_by_label("满意", exact=True).check()
    page.locator("form[action$='/confirm'] button").click()
    expect(page.get_by_role("status")).to_contain_text("感谢您的反馈")
    visitor.go("/tickets")
    visitor.shot("346-my-tickets-phone", AGAIN)
    until(lambda: visitor.go("/rate?open").get_by_text("咨询", exact=True).count())
    visitor.shot("347-rate-consult-phone", AGAIN)
