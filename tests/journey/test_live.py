"""The open page of a case follows what happens to it, within two seconds and without a touch; never under somebody's hands."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.suite import Suite
from tests.journey.applying import Client, apply_for, signed_in
from tests.journey.conftest import Visitor

ITEM, RECEIVER = "公共场所卫生许可", "wj-101"


@pytest.fixture(scope="module")
def desk(suite: Suite, accounts: dict[str, Any]) -> Client:
    """The receiving officer's programs."""
    return signed_in(suite.gateway_url, RECEIVER, accounts["officers"][RECEIVER]["password"])


@pytest.fixture
def case(suite: Suite, accounts: dict[str, Any]) -> dict[str, Any]:
    """A case that was just handed in."""
    person = accounts["people"][0]
    return apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)


def opened(scripted: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]) -> Visitor:
    """The applicant before his case, in a browser with scripts."""
    visitor, person = scripted(390), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    with visitor.page.expect_response(lambda answer: "/live/cases/" in answer.url):
        visitor.go(f"/cases/{case['id']}")
    return visitor


def test_a_case_that_moves_moves_on_the_open_page(
    scripted: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any], desk: Client
) -> None:
    page = opened(scripted, accounts, case).page
    expect(page.locator(".case-head .badge")).to_have_text("待受理")
    began = time.monotonic()
    desk.act("case.v1.CaseService/AcceptCase", caseId=case["id"])
    expect(page.locator(".case-head .badge")).not_to_have_text("待受理", timeout=5000)
    assert time.monotonic() - began < 4, "two seconds, and this machine's own slowness"
    expect(page.locator(".live-note")).to_contain_text("内容已更新")
    # What another service makes of it comes a moment later, to the same page.
    expect(page.locator("#notices")).to_contain_text("您的申请已受理", timeout=15000)


def test_what_somebody_is_typing_is_not_replaced(
    scripted: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any], desk: Client
) -> None:
    page = opened(scripted, accounts, case).page
    page.locator("summary", has_text="撤回申请").click()
    page.get_by_label("撤回原因").fill("我要撤回")
    desk.act("case.v1.CaseService/AcceptCase", caseId=case["id"])
    note = page.locator(".live-note")
    expect(note).to_contain_text("内容有更新", timeout=8000)
    expect(page.get_by_label("撤回原因")).to_have_value("我要撤回")
    note.get_by_role("link", name="刷新查看").click()
    expect(page.locator(".case-head .badge")).not_to_have_text("待受理")
