"""One thing at once: a company is opened with one form and one set of papers; departments work in parallel, one is late, and the parent
tells how far the whole is."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from deploy.local.suite import Suite
from tests.journey.applying import Client, signed_in
from tests.journey.conftest import AGAIN, Visitor, until

THEME = "开办企业一件事"
FIRST, SEAL, TAX, LATE = "有限责任公司设立登记", "公章刻制备案", "新办纳税人税务信息确认", "住房公积金单位缴存登记"
USCC = "91990121MA00000000"


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any], width: int = 1280) -> Visitor:
    visitor, person = visit(width), accounts["people"][0]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def _fill(visitor: Visitor) -> None:
    page = visitor.page
    for field in page.locator("form[enctype] input[name^='form.'], form[enctype] textarea[name^='form.']").all():
        kind = field.get_attribute("type")
        if kind == "radio":
            continue
        values = {"tel": "0990-0000101", "date": "2027-01-04"}
        value = "3" if field.get_attribute("inputmode") == "decimal" else "示范路八号"
        value = "990101199003071018" if field.get_attribute("maxlength") == "18" else value
        field.fill(values.get(kind or "", value))
    for choice in page.locator("form[enctype] fieldset:has(input[type=radio][name^='form.'])").all():
        choice.locator("input[type=radio]").first.check()
    for number, chosen in enumerate(page.locator("input[type=file]").all()):
        chosen.set_input_files(
            [{"name": f"材料{number}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}]
        )


def test_one_form_and_one_set_of_papers_are_handed_in_once(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.go("/themes")
    page.get_by_role("link", name=re.compile(THEME)).click()
    visitor.shot("130-theme")
    page.get_by_role("link", name="在线申请").click()
    visitor.shot("131-theme-questions", AGAIN)
    visitor.answer()
    _fill(visitor)
    visitor.shot("132-theme-apply")
    page.locator("form[enctype]").evaluate("form => form.noValidate = true")
    page.locator("form[enctype] input[type=tel]").first.fill("12")
    page.get_by_role("button", name="一次提交").click()
    expect(page.get_by_role("alert")).to_contain_text("需要更正")
    expect(page.get_by_role("alert")).to_contain_text("已经上传的文件为您保留着")
    visitor.shot("133-theme-refused", AGAIN)
    page.locator("form[enctype] input[type=tel]").first.fill("0990-0000101")
    page.get_by_role("button", name="一次提交").click()
    expect(page.get_by_text("已一次提交，各部门同时办理。")).to_be_visible()
    told["bundle"] = page.url.rpartition("/")[2].partition("?")[0]
    expect(page.locator("#branch-seal")).to_contain_text(f"等待：{FIRST}")
    visitor.shot("134-bundle")
    expect(visitor.go("/bundles").get_by_text(THEME)).to_be_visible()
    visitor.shot("135-bundles", AGAIN)


def _desk(suite: Suite, accounts: dict[str, Any], number: str) -> Client:
    return signed_in(suite.gateway_url, number, accounts["officers"][number]["password"])


def _grant(suite: Suite, accounts: dict[str, Any], letters: str, case: str) -> None:
    """Two officers of a department take a case to its end."""
    receiver, decider = _desk(suite, accounts, f"{letters}-101"), _desk(suite, accounts, f"{letters}-201")
    receiver.act("case.v1.CaseService/AcceptCase", caseId=case)
    while "PassReviewStep" in (found := receiver.call("case.v1.CaseService/GetCase", caseId=case))["moves"]:
        receiver.act("case.v1.CaseService/PassReviewStep", caseId=case, opinion="符合要求")
    decider.act("case.v1.CaseService/DecideCase", caseId=case, granted=True)
    if found.get("resultName"):
        decider.act("case.v1.CaseService/IssueResult", caseId=case, resultNumber=f"JG{case[:8]}")
    decider.act("case.v1.CaseService/CloseCase", caseId=case)


def _case_of(visitor: Visitor, bundle: str, name: str) -> str:
    """The case of a branch, as soon as it has begun."""
    link = until(lambda: visitor.go(f"/bundles/{bundle}").locator(".branches").get_by_role("link", name=name).all())[0]
    return str(link.get_attribute("href")).rpartition("/")[2]


def test_departments_work_side_by_side_and_the_late_one_is_waited_for(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str], suite: Suite
) -> None:
    visitor, bundle = _citizen(visit, accounts), told["bundle"]
    page = visitor.page
    _grant(suite, accounts, "sj", _case_of(visitor, bundle, FIRST))
    late = _case_of(visitor, bundle, LATE)
    for letters, name in (("ga", SEAL), ("ss", TAX)):
        _grant(suite, accounts, letters, _case_of(visitor, bundle, name))
    until(lambda: visitor.go(f"/bundles/{bundle}").locator("#branch-tax").get_by_text("已准予").count())
    expect(page.locator("#branch-seal")).to_contain_text("已准予")
    expect(page.locator("#branch-fund")).not_to_contain_text("已准予")
    expect(page.locator(".case-head")).to_contain_text("办理中")
    visitor.shot("136-bundle-parallel")
    page = visitor.go(f"/cases/{late}")
    expect(page.get_by_role("link", name="属于一件事")).to_be_visible()
