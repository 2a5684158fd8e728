"""One window: an officer of one department receives for another one, hands over what he received, and it is taken over there."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.journey.conftest import AGAIN, Visitor
from tests.support.files import pdf

ITEM = "公共场所卫生许可"
WINDOW, DECIDING, FOREIGN = "sj-101", "wj-101", "ga-101"
NUMBER = "3"
VALUES = {"tel": "13800000001", "date": "2027-01-04"}


def _done(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def test_an_officer_signs_on_and_looks_up_who_stands_there(
    come: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    officer = come(WINDOW)
    page = officer.go("/desk/receive")
    expect(page.get_by_text("您还没有在窗口上岗")).to_be_visible()
    page.get_by_role("link", name="去上岗").click()
    page.get_by_role("button", name=re.compile(f"上岗.* {NUMBER} 号")).click()
    page = officer.go("/desk/receive")
    page.get_by_label("公民身份号码").fill("990101199003071026")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    officer.shot("230-person-refused")
    assert accounts["people"][2]["idNumber"] not in page.content()


def _find(officer: Visitor, person: dict[str, Any]) -> Page:
    page = officer.go("/desk/receive")
    page.get_by_label("公民身份号码").fill(person["idNumber"])
    page.get_by_role("button", name="查询", exact=True).click()
    return page


def test_he_receives_for_another_department_and_prints_the_receipt(
    come: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    officer, person = come(WINDOW), accounts["people"][2]
    page = _find(officer, person)
    assert person["name"] not in page.content() and person["idNumber"] not in page.content()
    page.get_by_role("searchbox").fill("卫生许可")
    page.get_by_role("button", name="查找事项").click()
    officer.shot("231-items")
    page.get_by_role("link", name=ITEM, exact=True).click()
    for field in page.locator("input[name^='form.'], textarea[name^='form.']").all():
        value = "80" if field.get_attribute("inputmode") == "decimal" else "示范路十号"
        field.fill(VALUES.get(field.get_attribute("type") or "", value))
    page.get_by_label("统一社会信用代码").fill("11990121000001011B")
    page.locator("form[enctype]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="登记收件").last.click()
    expect(page.get_by_role("alert")).to_contain_text("处需要更正")
    officer.shot("232-receive-refused")
    for field in page.locator("input[type=file]").all():
        field.set_input_files(
            [{"name": "材料.pdf", "mimeType": "application/pdf", "buffer": pdf(b"1 0 obj<</Type/Catalog>>endobj")}]
        )
    page.get_by_role("button", name="登记收件").last.click()
    _done(page, "收件已登记")
    told["case"] = re.search("/desk/([0-9a-f-]{36})", page.url).group(1)  # type: ignore[union-attr]
    officer.shot("233-received")
    with page.expect_download() as download:
        page.get_by_role("link", name="收件凭证").click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_it_is_handed_over_and_taken_over_by_the_same_digest(
    come: Callable[..., Visitor], told: dict[str, str]
) -> None:
    officer = come(WINDOW, 390)
    page = officer.go("/desk/received?waiting=1")
    officer.shot("234-waiting-phone")
    page.locator(f"a[href='/desk/{told['case']}']").click()
    page.get_by_label("与收件凭证一致").check()
    officer.shot("235-hand-over-phone", AGAIN)
    page.get_by_role("button", name="移交审批部门").click()
    _done(page, "已登记移交")
    deciding = come(DECIDING)
    page = deciding.go(f"/desk/{told['case']}")
    page.get_by_label("与收件凭证一致").check()
    deciding.shot("236-take-over", AGAIN)
    page.get_by_role("button", name="接收移交").click()
    _done(page, "已接收移交")
    page.get_by_role("button", name="予以受理", exact=True).click()
    expect(page.locator(".case-head")).to_contain_text("审查中")


def test_the_window_sees_how_it_goes_on_and_no_more_of_what_was_typed(
    come: Callable[..., Visitor], told: dict[str, str]
) -> None:
    officer = come(WINDOW)
    page = officer.go(f"/desk/{told['case']}")
    expect(page.locator(".case-head")).to_contain_text("审查中")
    expect(page.get_by_text("不再向收件窗口显示")).to_be_visible()
    assert "示范路十号" not in page.content()
    officer.shot("237-handed-over", AGAIN)
    expect(officer.go("/desk/received").locator(f"a[href='/desk/{told['case']}']")).to_be_visible()
    foreign = come(FOREIGN)
    answer = foreign.page.goto(f"{foreign.url}/desk/{told['case']}")
    assert answer is not None and answer.status == 404
