"""The code of a window on a phone: rated once, complained of to supervision, forged, printed and made worthless."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journey.conftest import AGAIN, Look, Visitor, until

SERVING, DEPARTMENT, SUPERVISOR, ADMINISTRATOR = "ga-101", "示范县公安局", "jd-801", "zw-901"
COMPLAINT = "工作人员让我先去找熟人"
NARROW: tuple[Look, ...] = ((320, "light"), (390, "dark"))


def _shown(officer: Visitor) -> str:
    """The address in the code the officer shows for the next person, without the site; empty while rating does not know the window."""
    page = officer.go("/desk/window/code")
    page.get_by_role("button", name="显示评价码").click()
    if not page.get_by_role("img", name="窗口评价二维码").count():
        return ""
    return "/w/" + page.locator(".wrap-any").inner_text().rpartition("/w/")[2].strip()


def _rate(page: Page, grade: str) -> None:
    page.locator("label.face-choice", has_text=re.compile(f"^{grade}$")).tap()
    page.get_by_role("button", name="提交评价").tap()


def test_who_stands_at_the_window_rates_in_two_taps_and_once(
    visit: Callable[..., Visitor], come: Callable[..., Visitor]
) -> None:
    officer = come(SERVING)
    officer.go("/desk/window").get_by_role("button", name=re.compile("上岗")).first.click()
    expect(officer.page.get_by_text("您正在值守")).to_be_visible()
    # Rating hears of window and duty from identity.
    code = until(lambda: _shown(officer))
    officer.shot("320-live-code", AGAIN)
    person = visit(390, has_touch=True)
    page = person.go(code)
    expect(page.get_by_text(DEPARTMENT)).to_be_visible()
    expect(page.get_by_text(SERVING)).to_be_visible()
    _rate(page, "满意")
    expect(page.get_by_role("heading", name="评价已收到")).to_be_visible()
    person.shot("321-window-rated-phone", AGAIN)
    page = person.go(code)
    person.shot("322-window-phone", NARROW)
    _rate(page, "非常不满意")
    expect(page.get_by_role("heading", name="这个评价码已经用过")).to_be_visible()
    person.shot("323-window-used-phone", AGAIN)


def test_a_forged_code_is_refused(visit: Callable[..., Visitor], come: Callable[..., Visitor]) -> None:
    code = _shown(come(SERVING))
    person = visit(390)
    forged = code[:10] + ("A" if code[10] != "A" else "B") + code[11:]
    for path in (forged, "/w/short", forged + "/complain"):
        answer = person.page.goto(person.url + path)
        assert answer is not None and answer.status == 400
        expect(person.page.get_by_role("heading", name="这不是本地窗口的评价码")).to_be_visible()
    person.shot("324-window-forged-phone", AGAIN)


def test_a_complaint_lands_at_supervision_and_not_with_whom_it_is_about(
    visit: Callable[..., Visitor], come: Callable[..., Visitor], told: dict[str, str]
) -> None:
    officer = come(SERVING)
    person = visit(390, has_touch=True)
    page = person.go(_shown(officer))
    page.get_by_role("link", name=re.compile("码上监督")).tap()
    page.get_by_label("标题").fill("窗口办事")
    page.get_by_label("发生了什么").fill(COMPLAINT)
    person.shot("325-complain-phone", NARROW)
    page.get_by_role("button", name="提交给监察部门").tap()
    expect(page.get_by_role("status")).to_contain_text("查询码")
    told["number"], told["code"] = page.locator(".voucher dd").all_inner_texts()
    person.shot("326-complained-phone", AGAIN)
    page = person.go("/tickets/follow")
    page.get_by_label("编号").fill(told["number"])
    page.get_by_label("查询码").fill(told["code"])
    page.get_by_role("button", name="查询").tap()
    expect(page.get_by_role("status")).to_contain_text("待转办")
    assert COMPLAINT not in page.content()
    person.shot("327-followed-phone", AGAIN)
    supervisor = come(SUPERVISOR)
    page = supervisor.go("/desk/tickets?status=received")
    page.locator("tr", has_text=told["number"]).get_by_role("link").click()
    expect(page.get_by_text(COMPLAINT)).to_be_visible()
    expect(page.get_by_text("码上监督").first).to_be_visible()
    supervisor.shot("328-supervision-ticket", AGAIN)
    address = page.url.removeprefix(supervisor.url)
    assert told["number"] not in officer.go("/desk/tickets").content()
    answer = officer.page.goto(officer.url + address)
    assert answer is not None and answer.status == 404


def test_printed_codes_are_put_up_and_made_worthless(
    visit: Callable[..., Visitor], come: Callable[..., Visitor]
) -> None:
    administrator = come(ADMINISTRATOR)
    page = administrator.go("/admin/windows")
    administrator.shot("329-windows", AGAIN)
    page.locator("tr", has_text=DEPARTMENT).get_by_role("link", name=re.compile("评价码")).first.click()
    administrator.shot("330-window-codes", AGAIN)
    page.get_by_role("button", name="生成并打印").click()
    expect(page.get_by_role("img", name="窗口评价二维码")).to_be_visible()
    administrator.shot("331-poster", AGAIN)
    page.get_by_role("link", name="完成").click()
    page.get_by_role("button", name="作废此前的评价码").click()
    expect(page.get_by_role("status")).to_contain_text("全部作废")
    page = administrator.go("/admin/rating-rules")
    page.get_by_label(re.compile("^整改")).fill("7")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("时限已保存")
    expect(page.get_by_label(re.compile("^整改"))).to_have_value("7")
    administrator.shot("332-rules", AGAIN)
