"""A county's board: its intake goes up after an application, and every number leads to the cases behind it; an officer's own statistics."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.applying import Client, apply_for, signed_in
from tests.journey.conftest import AGAIN, Visitor, until

ITEM = "建设工程规划许可证核发"
OFFICE, RECEIVER, SUPERVISOR = "示范县自然资源局", "zr-101", "jd-801"


@pytest.fixture(scope="module")
def applicant(suite: Suite, accounts: dict[str, Any]) -> Client:
    person = accounts["people"][1]
    return signed_in(suite.gateway_url, person["phone"], person["password"])


def figure(page: Page, name: str) -> int:
    """A big number of the board."""
    tile = page.locator("#board dl.tiles > div", has=page.locator("dt", has_text=name))
    return int(tile.locator("dd").inner_text())


def of_department(page: Page, name: str, column: str) -> int:
    """A number of the row of a department; 0 while there is none."""
    row = page.locator("#board tbody tr", has=page.get_by_role("rowheader", name=name, exact=True))
    return int(row.locator(f'td[data-label="{column}"]').inner_text()) if row.count() else 0


def refreshed(page: Page) -> Page:
    page.get_by_role("link", name="刷新", exact=True).click()
    return page


def test_the_intake_of_a_county_goes_up_after_an_application(
    come: Callable[..., Visitor], applicant: Client, told: dict[str, str]
) -> None:
    supervisor = come(SUPERVISOR)
    page = supervisor.go("/desk/supervision")
    page.get_by_role("main").get_by_role("link", name="看板").last.click()
    version = page.locator("#board").get_attribute("data-version")
    county, department = figure(page, "今日收件"), of_department(page, OFFICE, "今日收件")
    open_now = of_department(page, OFFICE, "在办")
    case = apply_for(applicant, ITEM)
    told["case"], told["number"] = case["id"], case["number"]
    until(lambda: of_department(refreshed(page), OFFICE, "今日收件") == department + 1)
    until(lambda: figure(refreshed(page), "今日收件") == county + 1)
    assert of_department(page, OFFICE, "在办") == open_now + 1
    assert page.locator("#board").get_attribute("data-version") != version
    supervisor.shot("410-board")


def test_a_number_leads_to_the_cases_behind_it(come: Callable[..., Visitor], told: dict[str, str]) -> None:
    supervisor = come(SUPERVISOR)
    page = supervisor.go("/desk/board")
    page.get_by_role("link", name=re.compile(f"^{OFFICE} 今日收件")).click()
    expect(page.get_by_role("heading", name="今日收件", exact=True)).to_be_visible()
    expect(page.get_by_text(told["number"])).to_be_visible()
    supervisor.shot("411-board-cases", AGAIN)
    page.get_by_role("navigation", name="当前位置").get_by_role("link", name="看板").click()
    expect(page.locator("#board")).to_be_visible()
    page.get_by_label("部门").select_option(label=OFFICE)
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.locator(".section-head").get_by_text(OFFICE)).to_be_visible()
    assert not page.locator("#rows").count(), "a department has no departments"
    supervisor.shot("412-board-department", AGAIN)


def test_an_officer_sees_his_department_and_what_he_did_himself(
    come: Callable[..., Visitor], told: dict[str, str]
) -> None:
    officer = come(RECEIVER, 390)
    page = officer.go("/desk/mine")
    accepted, mine = figure_of(page, "本月受理"), figure_of(page, "我的在办")
    page = officer.go(f"/desk/{told['case']}")
    page.get_by_role("button", name="予以受理", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    officer.go("/desk/mine")
    until(lambda: figure_of(refreshed(page), "本月受理") == accepted + 1)
    assert figure_of(page, "我的在办") == mine + 1
    officer.shot("413-mine-phone")
    page = officer.go("/desk/board")
    expect(page.locator(".section-head").get_by_text(OFFICE)).to_be_visible()
    assert figure(page, "在办") >= 1 and not page.get_by_label("部门").count()
    officer.shot("414-board-phone", AGAIN)


def figure_of(page: Page, name: str) -> int:
    """A big number of one's own statistics."""
    tile = page.locator("main dl.tiles > div", has=page.locator("dt", has_text=name))
    return int(tile.locator("dd").inner_text())
