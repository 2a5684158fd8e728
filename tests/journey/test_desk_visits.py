"""An inspection on site: slots opened, one booked by the applicant, signed by two inspectors there, and decided the same day."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from standards.workdays import SHANGHAI
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import AGAIN, Visitor, until

ITEM, DEPARTMENT = "公共场所卫生许可", "示范县卫生健康局"
FIRST, DECIDER = "wj-101", "wj-201"
# The law wants two inspectors (行政许可法第三十四条).
SECOND, NAME = "wj-102", "孙勘验"
FOUND = "布局流程符合卫生要求"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


@pytest.fixture(scope="module")
def case(suite: Suite, accounts: dict[str, Any]) -> dict[str, Any]:
    """A case that waits for its inspection: applied for over the API."""
    person = accounts["people"][0]
    return apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)


def _officer(visit: Callable[..., Visitor], accounts: dict[str, Any], number: str, width: int = 1280) -> Visitor:
    visitor = visit(width)
    visitor.sign_in(number, accounts["officers"][number]["password"])
    return visitor


def test_times_are_opened_and_one_in_the_past_is_refused_at_its_input(
    visit: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    officer = _officer(visit, accounts, FIRST)
    page = officer.go("/desk/slots")
    start, end = _soon()
    _open(page, start - timedelta(days=1), end)
    expect(page.locator("#slots-start-error")).to_be_visible()
    officer.shot("200-slots-refused")
    _open(page, start, end)
    expect(page.get_by_role("status")).to_contain_text("时段已开放")
    expect(page.get_by_role("row", name=re.compile("城东片区"))).to_be_visible()
    officer.shot("201-slots", AGAIN)


def _soon() -> tuple[datetime, datetime]:
    """A time that begins in a moment: inspectors may be there up to an hour before; and within one day."""
    start = datetime.now(SHANGHAI).replace(second=0, microsecond=0) + timedelta(minutes=3)
    if (start.hour, start.minute) > (23, 50):
        start = start.replace(hour=0, minute=5) + timedelta(days=1)
    return start, min(start + timedelta(hours=2), start.replace(hour=23, minute=59))


def _open(page: Page, start: datetime, end: datetime) -> None:
    page.get_by_label("日期").fill(f"{start:%Y-%m-%d}")
    page.get_by_label("开始时间").fill(f"{start:%H:%M}")
    page.get_by_label("结束时间").fill(f"{end:%H:%M}")
    page.get_by_label("范围").fill("城东片区")
    page.get_by_role("button", name="开放时段").click()


def test_the_case_is_accepted_and_the_applicant_books(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any], suite: Suite
) -> None:
    officer = _officer(visit, accounts, FIRST)
    page = officer.go(f"/desk/{case['id']}")
    page.get_by_role("button", name="予以受理", exact=True).click()
    person = accounts["people"][0]
    client = signed_in(suite.gateway_url, person["phone"], person["password"])
    slots = client.call("case.v1.VisitService/ListSlots", caseId=case["id"])["slots"]
    client.act("case.v1.VisitService/BookVisit", caseId=case["id"], slotId=slots[0]["id"])
    page = officer.go(f"/desk/{case['id']}")
    expect(page.get_by_text("0 人已签字")).to_be_visible()


def _sign(page: Page, name: str) -> None:
    page.get_by_label("合格", exact=True).check()
    page.get_by_label("勘验情况").fill(FOUND)
    page.get_by_label("勘验地点").fill("示范路八号")
    page.get_by_label("签名").fill(name)
    page.get_by_role("button", name="现场勘验签字").click()


def test_two_different_inspectors_sign_on_site(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]
) -> None:
    first = _officer(visit, accounts, FIRST, 390)
    page = first.go(f"/desk/{case['id']}")
    first.shot("202-sign-phone")
    page.locator("#sign-evidence").set_input_files([{"name": "现场.txt", "mimeType": "image/jpeg", "buffer": b"text"}])
    _sign(page, "陈示范")
    expect(page.locator("#sign-evidence-error")).to_contain_text("现场.txt")
    first.shot("203-evidence-refused", AGAIN)
    _sign(page, "陈示范")
    expect(page.get_by_role("status")).to_contain_text("勘验签字已登记")
    assert not page.get_by_role("button", name="现场勘验签字").count(), "nobody signs twice"
    second = _officer(visit, accounts, SECOND, 390)
    page = second.go(f"/desk/{case['id']}")
    _sign(page, NAME)
    expect(page.get_by_text("2 人已签字")).to_be_visible()
    second.shot("204-signed-phone")


def test_it_is_decided_the_same_day(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: dict[str, Any]
) -> None:
    reviewer, decider = _officer(visit, accounts, FIRST), _officer(visit, accounts, DECIDER)
    page = reviewer.go(f"/desk/{case['id']}")
    while (button := page.get_by_role("button", name="通过本环节")).count():
        page.get_by_label("审查意见").fill(FOUND)
        button.click()
    page = decider.go(f"/desk/{case['id']}")
    page.get_by_label("准予", exact=True).check()
    page.get_by_role("button", name="作出决定").click()
    expect(page.get_by_text("现勘现审：当日决定")).to_be_visible()
    decider.shot("205-decided-on-site")
    until(lambda: decider.go(f"/desk/{case['id']}").get_by_role("link", name=re.compile("决定书")).count())
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("决定书")).click()
    assert download.value.suggested_filename.endswith(".pdf")
