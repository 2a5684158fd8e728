"""A draft is begun in one browser and goes on in another, with its answers and files; a pre-review passes and is handed in."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from deploy.local.suite import Suite
from tests.journey.applying import signed_in
from tests.journey.conftest import AGAIN, Visitor, until
from tests.support.files import pdf

ITEM, DESK = "食品经营许可证延续", "sj-101"
FILE = {"name": "延续申请书.pdf", "mimeType": "application/pdf", "buffer": pdf(b"1 0 obj<</Type/Catalog>>endobj")}


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any], width: int = 1280) -> Visitor:
    visitor, person = visit(width), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def test_what_is_begun_on_one_device_goes_on_on_another(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    desktop = _citizen(visit, accounts)
    page = desktop.go(f"/items?q={ITEM}")
    page.get_by_role("link", name=ITEM, exact=True).first.click()
    page.get_by_role("link", name="在线申请").first.click()
    desktop.answer()
    page.locator("form[enctype] input[name^='form.'], form[enctype] textarea[name^='form.']").first.fill("示范路八号")
    page.locator("input[type=file]").first.set_input_files([FILE])
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    phone = _citizen(visit, accounts, 390)
    page = phone.go("/cases")
    page.get_by_role("link", name="草稿", exact=True).click()
    phone.shot("140-drafts-phone")
    page.get_by_role("link", name=re.compile("继续填写")).first.click()
    expect(page.get_by_label(re.compile("延续申请书.pdf"))).to_be_checked()
    field = page.locator("form[enctype] input[name^='form.'], form[enctype] textarea[name^='form.']").first
    expect(field).to_have_value("示范路八号")
    for one in page.locator("form[enctype] input[name^='form.'], form[enctype] textarea[name^='form.']").all():
        values = {"tel": "0990-0000101", "date": "2027-01-04"}
        value = "80" if one.get_attribute("inputmode") == "decimal" else "示范路八号"
        one.fill(values.get(one.get_attribute("type") or "", value))
    for chosen in page.locator("input[type=file][required]").all():
        chosen.set_input_files([FILE])
    page.get_by_label("先网上预审").check()
    phone.shot("141-draft-goes-on-phone")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("预审不是受理")).to_be_visible()
    told["case"] = page.url.rpartition("/")[2].partition("?")[0]
    phone.shot("142-pre-review-phone", AGAIN)
    until(lambda: not phone.go("/drafts").get_by_role("link", name=re.compile("继续填写")).count())


def test_a_pre_review_is_revised_passes_and_is_handed_in(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str], suite: Suite
) -> None:
    citizen, case = _citizen(visit, accounts), told["case"]
    desk = signed_in(suite.gateway_url, DESK, accounts["officers"][DESK]["password"])
    material = desk.call("case.v1.CaseService/GetCase", caseId=case)["materials"][0]["key"]
    desk.act("case.v1.PreReviewService/RejectPreReview", caseId=case, materials=[material], reason="申请书没有签名")
    page = citizen.go(f"/cases/{case}")
    expect(page.get_by_text("申请书没有签名").first).to_be_visible()
    citizen.shot("143-pre-rejected")
    page.get_by_role("link", name="修改后再报预审").click()
    page.locator("input[type=file]").first.set_input_files([FILE])
    citizen.shot("144-revise", AGAIN)
    page.get_by_role("button", name="再报预审").click()
    expect(page.get_by_text("已重新提交预审。")).to_be_visible()
    desk.act("case.v1.PreReviewService/PassPreReview", caseId=case)
    page = citizen.go(f"/cases/{case}")
    citizen.shot("145-pre-passed", AGAIN)
    page.get_by_role("button", name="正式递交").click()
    expect(page.get_by_text("申请已正式递交。")).to_be_visible()
    expect(page.locator(".case-head")).not_to_contain_text("预审")
