"""An administrator gives his county its look and what it offers, and a visitor sees it seconds later, on a phone and at a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.conftest import Visitor, until
from tests.support.files import png

ADMINISTRATOR = "zw-901"
PICTURE = {"name": "emblem.png", "mimeType": "image/png", "buffer": png(64, 64)}


@pytest.fixture
def settings(come: Callable[..., Visitor]) -> Visitor:
    """The administrator before the settings of his county."""
    visitor = come(ADMINISTRATOR)
    visitor.go("/admin/county")
    return visitor


def save(page: Page) -> None:
    page.get_by_role("button", name="保存设置").click()
    expect(page.locator(".alert.good")).to_be_visible()


def test_emblem_hotlines_and_what_is_offered_show_on_every_page(
    settings: Visitor, visit: Callable[..., Visitor], suite: Suite
) -> None:
    page = settings.page
    page.locator("#county-new_emblem").set_input_files(PICTURE)  # type: ignore[arg-type]
    page.get_by_label("其他热线").fill("企业服务，0990-0000102，工作日 9:00-17:00")
    page.get_by_label("中介超市", exact=True).uncheck()
    save(page)
    settings.shot("520-county")
    for width in (320, 1280):
        visitor = visit(width)
        until(lambda visitor=visitor: "/county-emblem/" in visitor.go("/").content())
        footer = visitor.page.locator("footer")
        expect(footer.get_by_role("link", name="0990-0000102")).to_be_visible()
        expect(visitor.page.get_by_role("link", name="中介超市")).to_have_count(0)
        assert visitor.page.evaluate("document.querySelector('.brand img').naturalWidth") == 64
        visitor.page.goto(f"{suite.gateway_url}/market")
        expect(visitor.page.locator("h1")).to_have_text("本地未开通这项服务")
        visitor.shot(f"521-county-{width}")
    # As it was, for who comes after.
    page = settings.go("/admin/county")
    page.get_by_label("不再使用本县的徽标").check()
    page.get_by_label("其他热线").fill("")
    page.get_by_label("中介超市", exact=True).check()
    save(page)
    until(lambda: "/county-emblem/" not in visitor.go("/").content())


def test_what_is_no_emblem_is_told_at_its_field_and_nothing_is_saved(settings: Visitor) -> None:
    page = settings.page
    drawn = {"name": "a.png", "mimeType": "image/png", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    page.locator("#county-new_emblem").set_input_files(drawn)  # type: ignore[arg-type]
    page.get_by_label("其他热线").fill("企业服务，打电话")
    page.get_by_role("button", name="保存设置").click()
    expect(page.locator("#county-hotlines-error")).to_contain_text("第1行")
    page.get_by_label("其他热线").fill("")
    page.locator("#county-new_emblem").set_input_files(drawn)  # type: ignore[arg-type]
    page.get_by_role("button", name="保存设置").click()
    expect(page.locator("#county-new_emblem-error")).to_contain_text("PNG")
    assert "/county-emblem/" not in settings.go("/").content()
