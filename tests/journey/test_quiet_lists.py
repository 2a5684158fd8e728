"""Where scripts run, a filter changes the list alone: the page stays, its address is told, and nothing of it is kept in the browser."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journey.conftest import Visitor

MARK = "window.stays = true"


def test_narrowing_a_search_changes_the_list_and_keeps_the_page(scripted: Callable[..., Visitor]) -> None:
    visitor = scripted(1280)
    page = visitor.page
    visitor.go("/items?q=许可")
    page.evaluate(MARK)
    page.locator(".facets-in a").first.click()
    expect(page.locator(".chips li")).to_have_count(1)
    assert page.evaluate("window.stays") is True, "the page was loaded anew"
    assert page.url.count("=") > 1
    assert page.evaluate("document.activeElement.id") == "main", "the focus is lost with what had it"
    # What is typed next is searched for in the same way; going back shows what was there, from the server.
    page.locator("#q").fill("食品")
    page.locator("#q").press("Enter")
    expect(page).to_have_title("“食品”的搜索结果 - 示范县一网通办")
    assert page.evaluate("window.stays") is True
    page.go_back()
    expect(page.locator("#q")).to_have_value("许可")
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert set(kept) <= {"htmx-current-path-for-history"}, "what was read stays on the machine"


def test_a_refusal_of_a_list_is_opened_as_a_page(scripted: Callable[..., Visitor]) -> None:
    visitor = scripted(390)
    page = visitor.page
    visitor.go("/items?q=许可")
    page.evaluate(MARK)
    page.route(
        "**/items?*", lambda one: one.fulfill(status=503) if "hx-request" in one.request.headers else one.continue_()
    )
    page.locator("#q").fill("食品")
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile("q=%E9%A3%9F"))
    expect(page.locator("#q")).to_have_value("食品")
    assert page.evaluate("window.stays") is None
