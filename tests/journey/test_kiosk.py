"""A self-service machine in the hall: registered once, used by anybody, and nothing of who left stays."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.suite import Suite
from tests.journey.applying import signed_in
from tests.journey.conftest import Look, Twin, Visitor, press, said

ADMINISTRATOR = "zw-901"
NARROW: tuple[Look, ...] = ((1280, "light"),)


@pytest.fixture(scope="module")
def machine(browser: Browser, suite: Suite, twin: Twin) -> Iterator[Visitor]:
    """A browser that nobody has set up yet."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    context.clock.install()
    yield Visitor(context.new_page(), suite.gateway_url, twin)
    context.close()


def test_it_is_registered_by_the_key_it_made(machine: Visitor, suite: Suite, accounts: dict[str, Any]) -> None:
    page = machine.go("/kiosk")
    expect(page.get_by_label("设备公钥（JWK）")).not_to_have_value("")
    administrator = accounts["officers"][ADMINISTRATOR]
    client = signed_in(suite.gateway_url, administrator["staffNumber"], administrator["password"])
    device = client.act(
        "identity.v1.CountyService/RegisterDevice", region="990121", label="大厅一号自助终端", kind="DEVICE_KIND_KIOSK",
        jwkJson=page.get_by_label("设备公钥（JWK）").input_value(),
    )  # fmt: skip
    page.get_by_label("设备编号").fill(device["id"])
    press(page, "启用")
    expect(page.get_by_role("heading", name="自助办事")).to_be_visible()
    machine.shot("430-kiosk", NARROW)


def test_who_leaves_is_asked_and_then_forgotten(machine: Visitor, accounts: dict[str, Any]) -> None:
    page, person = machine.page, accounts["people"][0]
    page.get_by_role("link", name="我的办件").first.click()
    machine.sign_in(person["phone"], person["password"])
    expect(page.get_by_role("heading", name="我的办件")).to_be_visible()
    page.clock.run_for(46_000)
    expect(page.get_by_text("秒后自动退出")).to_be_visible()
    page.get_by_role("button", name="继续办理").click()
    expect(page.get_by_text("秒后自动退出")).not_to_be_visible()
    page.clock.run_for(61_000)
    said(page, "已退出，您的信息没有留在这台设备上")
    _nobody(page, machine)


def _nobody(page: Page, machine: Visitor) -> None:
    """The next one sees nothing of the last."""
    machine.go("/cases")
    expect(page).to_have_url(machine.url + "/sign-in?next=%2Fcases")
    page.go_back()
    expect(page.get_by_text("江小范")).to_have_count(0)


def test_another_browser_is_no_kiosk(visit: Callable[..., Visitor]) -> None:
    said(visit().go("/kiosk"), "启用自助终端")
