"""The tablet of a window: registered by the key it made, then rated on; one nobody registered counts nothing."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.suite import Suite
from tests.journey.applying import Client, signed_in
from tests.journey.conftest import SHOTS, until

ADMINISTRATOR, DEPARTMENT = "zw-901", "1199012100000102X3"


@pytest.fixture
def tablet(browser: Browser, suite: Suite) -> Iterator[Page]:
    """A tablet on the page, with scripts."""
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    page.goto(f"{suite.gateway_url}/tablet")
    expect(page.get_by_role("heading", name="登记窗口平板")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def administrator(suite: Suite, accounts: dict[str, Any]) -> Client:
    return signed_in(suite.gateway_url, ADMINISTRATOR, accounts["officers"][ADMINISTRATOR]["password"])


def _enable(page: Page, device: str) -> None:
    page.get_by_label("设备编号").fill(device)
    page.get_by_role("button", name="启用").tap()


def test_a_tablet_nobody_registered_is_refused(tablet: Page) -> None:
    _enable(tablet, str(uuid.uuid4()))
    expect(tablet.get_by_role("alert")).to_be_visible()
    expect(tablet.get_by_role("heading", name="登记窗口平板")).to_be_visible()


def test_a_registered_tablet_is_rated_on_in_two_taps(tablet: Page, administrator: Client) -> None:
    windows = administrator.call("identity.v1.CountyService/ListWindows", region="990121")["windows"]
    window = next(one for one in windows if one["department"] == DEPARTMENT)
    device = administrator.act(
        "identity.v1.CountyService/RegisterDevice", kind="DEVICE_KIND_TABLET", label="八号窗口平板", region="990121",
        windowId=window["id"], jwkJson=tablet.get_by_label("设备公钥（JWK）").input_value(),
    )  # fmt: skip
    _enable(tablet, device["id"])
    expect(tablet.get_by_role("heading", name="这次服务，您满意吗？")).to_be_visible()
    SHOTS.mkdir(parents=True, exist_ok=True)
    tablet.screenshot(path=SHOTS / "360-tablet.png")
    tablet.locator("label.face-choice", has_text=re.compile("^满意$")).tap()
    # Rating hears of the device from identity.
    until(lambda: _sent(tablet))
    tablet.screenshot(path=SHOTS / "361-tablet-thanks.png")
    expect(tablet.get_by_role("heading", name="这次服务，您满意吗？")).to_be_visible(timeout=10_000)
    expect(tablet.get_by_label("满意", exact=True)).not_to_be_checked()
    tablet.reload()
    expect(tablet.get_by_role("heading", name="这次服务，您满意吗？")).to_be_visible()


def _sent(page: Page) -> bool:
    page.get_by_role("button", name="提交评价").tap()
    page.wait_for_timeout(400)
    return page.get_by_role("heading", name="感谢您的评价").is_visible()
