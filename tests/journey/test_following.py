"""A case as its applicant follows it: pays on the provider's page, chooses how the result comes, books the inspection, takes it back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.local.suite import Suite
from tests.fakes.payment_provider import PaymentProvider
from tests.journey.applying import apply_for, signed_in
from tests.journey.conftest import AGAIN, Visitor, until

ITEM, INSPECTOR = "旅馆业特种行业许可", "ga-101"
CHARGED = "国有建设用地使用权及房屋所有权转移登记"


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any], width: int = 1280) -> Visitor:
    visitor, person = visit(width), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


@pytest.fixture(scope="module")
def case(suite: Suite, accounts: dict[str, Any]) -> str:
    """An accepted case that waits for its inspection."""
    person, officer = accounts["people"][0], accounts["officers"][INSPECTOR]
    case = apply_for(signed_in(suite.gateway_url, person["phone"], person["password"]), ITEM)
    desk = signed_in(suite.gateway_url, officer["staffNumber"], officer["password"])
    desk.act("case.v1.CaseService/AcceptCase", caseId=case["id"])
    day = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=2)
    slots = [
        {
            "start": (day + one).isoformat(),
            "end": (day + one + timedelta(hours=2)).isoformat(),
            "capacity": 1,
            "place": "城东片区",
        }
        for one in (timedelta(), timedelta(hours=3), timedelta(days=1))
    ]
    desk.act("case.v1.VisitService/OpenSlots", slots=slots)
    return str(case["id"])


def test_the_applicant_books_an_inspection_and_gives_it_back(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: str
) -> None:
    visitor = _citizen(visit, accounts, 390)
    page = visitor.go(f"/cases/{case}")
    visitor.shot("120-case-accepted-phone")
    page.get_by_role("link", name="预约勘验时间").click()
    visitor.shot("121-slots-phone")
    page.locator("input[name=slot_id]").nth(1).check()
    page.get_by_role("button", name="预约这个时间").click()
    expect(page.get_by_text("预约成功，请按时到场。")).to_be_visible()
    visitor.shot("122-booked-phone", AGAIN)
    page.locator("summary", has_text="取消预约").click()
    page.get_by_label("取消原因").fill("当天有事")
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_text("预约已取消")).to_be_visible()
    # The time is free again as soon as the worker has given it back.
    until(lambda: visitor.go(f"/cases/{case}/visits").locator("input[name=slot_id]").count() == 3)


def test_how_the_result_comes_can_be_changed_and_express_needs_an_address(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: str
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go(f"/cases/{case}")
    page.locator("summary", has_text="选择送达方式").click()
    page.get_by_label("快递送达").first.check()
    page.get_by_role("button", name="保存送达方式").click()
    expect(page.get_by_role("alert")).to_contain_text("快递送达请填写详细地址")
    visitor.shot("123-delivery-refused", AGAIN)
    for label, value in (("收件人", "方小示"), ("联系电话", "19900000001"), ("详细地址", "示范县示范路八号")):
        page.locator("aside").get_by_label(label).fill(value)
    page.get_by_role("button", name="保存送达方式").click()
    expect(page.get_by_text("送达方式已更改。")).to_be_visible()
    expect(page.locator("aside")).to_contain_text("示范县示范路八号")
    visitor.shot("124-case-express")


def test_taking_back_what_was_accepted_waits_for_the_department(
    visit: Callable[..., Visitor], accounts: dict[str, Any], case: str
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go(f"/cases/{case}")
    page.locator("summary", has_text="撤回申请").click()
    page.get_by_label("撤回原因").fill("不再经营")
    page.get_by_role("button", name="确认撤回").click()
    expect(page.get_by_text("撤回申请已提交，等待部门确认")).to_be_visible()
    expect(page.locator(".case-head")).to_contain_text("待确认")
    visitor.shot("125-withdraw-pending", AGAIN)


def test_fees_are_paid_on_the_providers_page(
    visit: Callable[..., Visitor], accounts: dict[str, Any], suite: Suite, payments: PaymentProvider
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go(f"/items?q={CHARGED}")
    page.get_by_role("link", name=CHARGED, exact=True).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    visitor.answer()
    expect(page.locator("section:has(#part-fees)")).to_contain_text("￥80.00")
    for field in page.locator("input[name^='form.'], textarea[name^='form.']").all():
        kind = field.get_attribute("type")
        value = "80" if field.get_attribute("inputmode") == "decimal" else "示范路八号"
        field.fill({"tel": "0990-0000101", "date": "2027-01-04"}.get(kind or "", value))
    for number, chosen in enumerate(page.locator("input[type=file][required]").all()):
        chosen.set_input_files(
            [{"name": f"材料{number}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}]
        )
    visitor.shot("126-apply-charged")
    page.get_by_role("button", name="提交申请").click()
    expect(page).to_have_url(re.compile("/cases/[0-9a-f-]{36}"))
    case = page.url.rpartition("/")[2].partition("?")[0]
    officer = accounts["officers"]["zr-101"]
    desk = signed_in(suite.gateway_url, officer["staffNumber"], officer["password"])
    desk.act("case.v1.CaseService/AcceptCase", caseId=case)
    visitor.go(f"/cases/{case}").get_by_role("link", name="去缴费").click()
    page.get_by_role("button", name="去缴费").click()
    until(lambda: visitor.go(f"/cases/{case}/payment").get_by_role("link", name="前往缴费").count())
    visitor.shot("127-pay")
    page.get_by_role("link", name="前往缴费").click()
    assert payments.url in page.url
    until(lambda: visitor.go(f"/cases/{case}/payment").get_by_text("已缴费", exact=True).count())
    visitor.shot("128-paid", AGAIN)
