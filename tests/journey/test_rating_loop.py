"""A rating in two taps on a phone, and what becomes of a bad one: assigned, verified, rectified, called back, published, closed."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.journey.applying import apply_on_the_web
from tests.journey.conftest import AGAIN, FITS, Look, Visitor, until
from tests.support.files import png

# Decided by rules at once: no officer is concerned.
ITEM, DEPARTMENT = "生育登记", "示范县卫生健康局"
SUPERVISOR, CLERK, CHIEF, FOREIGN = "jd-801", "wj-101", "wj-201", "ga-201"
COMMENT, REPLY = "窗口让我跑了三趟", "已当面致歉，并改为一次告知全部材料"
# The narrowest phones, and wide screens.
NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))


def _citizen(visit: Callable[..., Visitor], accounts: dict[str, Any], which: int = 1, width: int = 390) -> Visitor:
    visitor, person = visit(width, has_touch=True), accounts["people"][which]
    visitor.sign_in(person["phone"], person["password"])
    return visitor


def _done(page: Page, text: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


def test_a_closed_case_is_rated_in_two_taps(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    visitor = _citizen(visit, accounts)
    page = visitor.page
    apply_on_the_web(visitor, ITEM)
    told["case"] = re.search("/cases/([0-9a-f-]{36})", page.url).group(1)  # type: ignore[union-attr]
    closing = page.locator(".node", has_text="办结").get_by_role("link", name="非常不满意", exact=True)
    until(lambda: visitor.go(f"/cases/{told['case']}") and closing.count())
    visitor.shot("300-case-asks-phone", AGAIN)
    closing.tap()
    expect(page.get_by_label("非常不满意", exact=True)).to_be_checked()
    assert page.get_by_role("button", name="提交评价").bounding_box()["y"] < 900, "the second tap is in sight"  # type: ignore[index]
    visitor.shot("301-rate-phone", NARROW)
    page.locator("summary", has_text="再说几句").tap()
    page.get_by_label("想说的话").first.fill(COMMENT)
    page.get_by_label("回访电话").fill("0990-0000123")
    page.get_by_label("图片或文件").set_input_files({"name": "排队.png", "mimeType": "image/png", "buffer": png()})
    page.get_by_role("button", name="提交评价").tap()
    _done(page, "差评由监察部门督办")
    expect(page.locator(".outlook")).to_contain_text("监察部门已收到您的评价")
    expect(page.get_by_text(COMMENT).first).to_be_visible()
    told["rating"] = re.search("/rate/([0-9a-f-]{36})", page.url).group(1)  # type: ignore[union-attr]
    visitor.shot("302-rated-phone", AGAIN)


def test_a_rating_stands_and_is_nobody_elses(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    visitor = _citizen(visit, accounts)
    assert not visitor.go(f"/rate/{told['rating']}").get_by_role("button", name="提交评价").count()
    stranger = _citizen(visit, accounts, 0)
    answer = stranger.page.goto(f"{stranger.url}/rate/{told['rating']}")
    assert answer is not None and answer.status == 404


def test_the_supervisor_assigns_it(come: Callable[..., Visitor], told: dict[str, str]) -> None:
    supervisor = come(SUPERVISOR)
    link = supervisor.page.locator(f"a[href='/desk/ratings/{told['rating']}']")
    until(lambda: supervisor.go("/desk/ratings?status=received") and link.count())
    supervisor.shot("303-supervisor-list", NARROW)
    link.click()
    supervisor.shot("304-supervisor-rating", NARROW)
    supervisor.page.get_by_role("button", name="转办").click()
    _done(supervisor.page, "已转责任部门核实")


def test_the_department_verifies_and_rectifies_and_another_department_sees_nothing(
    come: Callable[..., Visitor], told: dict[str, str], accounts: dict[str, Any]
) -> None:
    foreign = come(FOREIGN)
    answer = foreign.page.goto(f"{foreign.url}/desk/ratings/{told['rating']}")
    assert answer is not None and answer.status == 404
    clerk = come(CLERK)
    page = clerk.page
    link = page.locator(f"a[href='/desk/ratings/{told['rating']}']")
    until(lambda: clerk.go("/desk/ratings") and link.count())
    link.click()
    assert accounts["people"][1]["name"] not in page.content(), "while it is open nobody sees who wrote it"
    assert told["case"] not in page.content()
    page.get_by_label("核实结论").select_option("属实")
    clerk.shot("305-verify", AGAIN)
    page.get_by_label("核实情况").fill("经核实，未一次性告知材料。")
    page.get_by_role("button", name="登记核实结论").click()
    _done(page, "核实结论已登记")
    page.get_by_label("整改措施").fill("短")
    page.get_by_role("button", name="登记整改").click()
    expect(page.get_by_role("alert")).to_contain_text("需要更正")
    clerk.shot("306-rectify-refused", AGAIN)
    page.get_by_label("整改措施").fill("已更新一次告知单，并对窗口人员培训。")
    page.get_by_role("button", name="登记整改").click()
    _done(page, "整改情况已登记")


def test_the_rater_is_called_back_and_it_is_published(come: Callable[..., Visitor], told: dict[str, str]) -> None:
    supervisor = come(SUPERVISOR)
    page = supervisor.go(f"/desk/ratings/{told['rating']}")
    expect(page.get_by_text("0990-0000123")).to_be_visible()
    page.get_by_label("回访结果").select_option("满意")
    page.get_by_label("回访情况").fill("评价人表示认可整改。")
    supervisor.shot("307-call-back", AGAIN)
    page.get_by_role("button", name="登记回访").click()
    _done(page, "回访结果已登记")
    page.get_by_label("公开的答复").fill("请联系 13800000001 处理")
    page.get_by_role("button", name="公开处理结果").click()
    expect(page.get_by_role("alert")).to_be_visible()
    supervisor.shot("308-publish-refused", AGAIN)
    page.get_by_label("公开的评价内容").fill(COMMENT)
    page.get_by_label("公开的答复").fill(REPLY)
    page.get_by_role("button", name="公开处理结果").click()
    _done(page, "处理结果已公开")


def test_everybody_reads_the_reply_and_the_rater_adds_a_second_rating(
    visit: Callable[..., Visitor], accounts: dict[str, Any], told: dict[str, str]
) -> None:
    anybody = visit(390)
    page = anybody.page
    until(lambda: REPLY in anybody.go("/ratings/published").content())
    assert "0990-0000123" not in page.content() and accounts["people"][1]["name"] not in page.content()
    anybody.shot("309-published-phone", NARROW)
    visitor = _citizen(visit, accounts)
    page = visitor.go(f"/rate/{told['rating']}")
    expect(page.get_by_text(REPLY).first).to_be_visible()
    page.locator("summary", has_text="追加评价").tap()
    page.locator("form[action$='/again'] label", has_text=re.compile("^满意$")).tap()
    visitor.shot("310-again-phone", AGAIN)
    page.get_by_role("button", name="提交追评").tap()
    _done(page, "追评已提交")
    visitor.go("/rate")
    visitor.shot("311-my-ratings-phone", AGAIN)


def test_the_supervisor_closes_it_and_large_letters_fit(come: Callable[..., Visitor], told: dict[str, str]) -> None:
    supervisor = come(SUPERVISOR, 390)
    page = supervisor.go(f"/desk/ratings/{told['rating']}")
    page.get_by_role("button", name="办结", exact=True).click()
    _done(page, "该差评已办结")
    expect(page.locator(".case-head")).to_contain_text("已办结")
    page.get_by_role("link", name="大字").click()
    supervisor.shot("312-closed-large-phone", AGAIN)
    page = supervisor.go("/desk/ratings?status=closed")
    assert page.evaluate(FITS)
    supervisor.shot("313-list-large-phone", AGAIN)


def test_a_file_of_telephone_ratings_is_brought_once(come: Callable[..., Visitor]) -> None:
    header = "评价编号,评价渠道,满意度,评价时间,部门代码,部门名称,行政区划"
    row = "电话,满意,2026-11-20 09:30:00,119901210000000013,示范县卫生健康局,990121"
    file = f"{header}\nT-1,{row}\nT-2,{row.replace('满意', '还行')}\n".encode()
    supervisor = come(SUPERVISOR)
    page = supervisor.go("/desk/ratings")
    page.get_by_role("link", name="导入电话、短信评价").click()
    supervisor.shot("314-import", NARROW)
    for landed in ("1 行", None):
        page.get_by_label("CSV 文件").set_input_files({"name": "三月.csv", "mimeType": "text/csv", "buffer": file})
        page.get_by_role("button", name="导入", exact=True).click()
        if landed:
            expect(page.locator("dl.facts")).to_contain_text(f"计入{landed}")
            expect(page.locator("table")).to_contain_text("T-2")
            supervisor.shot("315-imported", AGAIN)
        else:
            expect(page.locator("main")).to_contain_text("该文件已导入过")
