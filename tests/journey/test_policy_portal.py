"""What enterprises ask for and complain of, in a browser: an appeal from submission to its rating, a complaint without a name that is found
by its code, news written and reviewed, and the bulletin with all of it as numbers."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.suite import Suite
from tests.journey.conftest import AGAIN, Look, Visitor, press, said, until
from tests.journey.policy import Treasury

NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
RIVER, REPRESENTATIVE = "919901219901A016X6", "990103197505191080"
SUPERVISOR, WATER, WRITER, REVIEWER = "jd-801", "sw-101", "jx-501", "jx-502"
WATER_BUREAU, TITLE = "示范县水务局", "取水许可之后的奖补一直没有到账"
SECRET = "窗口要求企业另外交三千元资料费"


@pytest.fixture(scope="module")
def treasury(suite: Suite, accounts: dict[str, Any]) -> Treasury:
    return Treasury(suite, accounts)


def test_an_appeal_is_routed_answered_and_rated(
    treasury: Treasury, visit: Callable[..., Visitor], come: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    enterprise = visit()
    person = next(one for one in accounts["people"] if one["idNumber"] == REPRESENTATIVE)
    treasury.handler(enterprise, RIVER, person)
    page = enterprise.go("/policies/appeals")
    page.get_by_role("link", name="提交诉求").click()
    page.get_by_label("类别").select_option(label="政策兑付与账款拖欠")
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("内容").fill("去年十月通过审核，至今没有到账，请帮助核实。")
    page.get_by_label("联系方式").fill("公司办公室")
    enterprise.shot("620-appeal-new", NARROW)
    press(page, "提交")
    said(page, "诉求已提交")
    said(page, "转办期限")
    appeal = page.url.partition("?")[0].removeprefix(enterprise.url)
    enterprise.shot("621-appeal", NARROW)
    supervisor = come(SUPERVISOR)
    page = supervisor.go("/desk/policies/appeals?status=received")
    supervisor.shot("622-appeal-desk", NARROW)
    page.get_by_role("link", name=TITLE).click()
    page.get_by_label("承办部门").select_option(label=WATER_BUREAU)
    supervisor.shot("623-appeal-route", NARROW)
    press(page, "转办")
    said(page, "已转办。")
    officer = come(WATER)
    page = officer.go("/desk/policies/appeals")
    page.get_by_role("link", name=TITLE).click()
    press(page, "受理")
    said(page, "答复期限开始计算")
    page.get_by_label("答复内容").fill("已与财政部门核实，奖补将在五个工作日内拨付。")
    officer.shot("624-appeal-answer", NARROW)
    press(page, "答复")
    said(page, "等待企业评价")
    page = enterprise.go(appeal)
    said(page, "奖补将在五个工作日内拨付")
    page.get_by_label("非常满意", exact=True).check()
    enterprise.shot("625-appeal-rate", NARROW)
    press(page, "提交评价")
    said(page, "评价已提交")
    said(page, "已办结")
    assert "非常满意" in officer.go(appeal.replace("/policies", "/desk/policies")).content()


def test_an_appeal_that_is_not_settled_is_opened_again_and_led_to_its_end(
    treasury: Treasury, visit: Callable[..., Visitor], come: Callable[..., Visitor], accounts: dict[str, Any]
) -> None:
    enterprise, supervisor, officer = visit(), come(SUPERVISOR), come(WATER)
    person = next(one for one in accounts["people"] if one["idNumber"] == REPRESENTATIVE)
    treasury.handler(enterprise, RIVER, person)
    page = enterprise.go("/policies/mine")
    enterprise.shot("626-home-with-appeals", NARROW)
    page.locator("section[aria-labelledby=appeals]").get_by_role("link", name=TITLE).click()
    appeal = page.url.partition("?")[0].removeprefix(enterprise.url)
    page.get_by_text("没有解决，再次提出").click()
    page.get_by_label("哪里没有解决").fill("五个工作日已过，奖补仍然没有到账。")
    press(page, "再次提出")
    said(page, "将重新转办")
    said(page, "待转办")
    desk = appeal.replace("/policies", "/desk/policies")
    page = supervisor.go(desk)
    said(page, "奖补仍然没有到账")
    page.get_by_label("承办部门").select_option(label=WATER_BUREAU)
    press(page, "转办")
    page = officer.go(desk)
    page.get_by_text("退回转办").first.click()
    page.get_by_label("理由").fill("拨付由财政部门负责，请转财政部门。")
    press(page, "退回转办")
    said(page, "已退回转办人员")
    page = supervisor.go(desk)
    said(page, "请转财政部门")
    page.get_by_label("承办部门").select_option(label=WATER_BUREAU)
    page.get_by_label("说明").fill("请水务局牵头。")
    press(page, "转办")
    press(officer.go(desk), "受理")
    officer.page.get_by_text("延长答复期限").first.click()
    officer.page.get_by_label("延长工作日数").fill("30")
    officer.page.get_by_label("理由").fill("需要与银行核对回单。")
    press(officer.page, "延长答复期限")
    officer.shot("627-appeal-extend-refused", NARROW)
    officer.page.get_by_label("延长工作日数").fill("5")
    press(officer.page, "延长答复期限")
    said(officer.page, "已延期")
    officer.page.get_by_label("答复内容").fill("款项已经到账，回单已发企业。")
    press(officer.page, "答复")
    page = enterprise.go("/policies/mine")
    page.get_by_role("link", name="看答复并评价").click()
    assert "请水务局牵头" not in page.content()
    page.get_by_label("不满意", exact=True).check()
    page.get_by_label("说明").fill("拖得太久。")
    press(page, "提交评价")
    said(page, "已办结")
    enterprise.shot("628-appeal-closed", NARROW)
    officer.go(desk)
    officer.shot("629-appeal-desk-closed", NARROW)
    assert "公司办公室" not in officer.page.content()


def test_a_complaint_without_a_name_is_found_by_its_code_and_the_department_sees_only_a_question(
    visit: Callable[..., Visitor], come: Callable[..., Visitor]
) -> None:
    anybody = visit()
    page = anybody.go("/policies")
    page.get_by_role("link", name="营商环境投诉").click()
    anybody.shot("630-complaints", NARROW)
    page.get_by_role("link", name="我要投诉").click()
    page.get_by_label("被投诉的部门").select_option(label=WATER_BUREAU)
    page.get_by_label("标题").fill("办理取水许可另外收费")
    page.get_by_label("内容").fill(f"九月到窗口办理，{SECRET}，没有开票。")
    anybody.shot("631-complaint-new", NARROW)
    press(page, "提交")
    said(page, "查询码只显示这一次")
    code = page.locator("dd.big").inner_text()
    number = page.locator("dl.voucher dd").first.inner_text()
    assert re.fullmatch(r"([A-Z2-7]{4} ){3}[A-Z2-7]{4}", code)
    anybody.shot("632-complaint-sent", NARROW)
    supervisor, officer = come("jd-802"), come(WATER)
    page = supervisor.go("/desk/policies/complaints")
    assert SECRET not in page.content()
    supervisor.shot("633-complaint-desk", NARROW)
    page.get_by_role("link", name=number).click()
    said(page, SECRET)
    press(page, "受理")
    page.get_by_text("询问被投诉部门").first.click()
    page.get_by_label("询问内容").fill("请说明办理许可时收取了哪些费用，依据是什么。")
    press(page, "询问被投诉部门")
    said(page, "对方只看到询问内容")
    supervisor.shot("634-complaint-supervised", NARROW)
    page = officer.go("/desk/policies/questions")
    said(page, "收取了哪些费用")
    assert number not in page.content() and SECRET not in page.content()
    officer.shot("635-question", NARROW)
    page.get_by_label("答复").fill("没有收费项目，已要求窗口自查。")
    press(page, "答复监察部门")
    said(page, "已答复监察部门")
    assert officer.page.goto(f"{officer.url}/desk/policies/complaints").status == 403  # type: ignore[union-attr]
    page = supervisor.page
    page.reload()
    said(page, "已要求窗口自查")
    page.get_by_text("办结", exact=True).first.click()
    page.get_by_label("调查结论").select_option(label="属实")
    page.get_by_label("给投诉人的答复").fill("经查属实，费用已经退还。")
    page.get_by_label("整改措施").fill("窗口公示收费清单。")
    press(page, "办结")
    said(page, "投诉人可以看到答复")
    page = anybody.go("/policies/complaints")
    page.get_by_label("查询码").fill(code.lower())
    press(page, "查询")
    for text in ("经查属实", SECRET, "监察人员"):
        said(page, text)
    assert code.replace(" ", "") not in page.url and "没有收费项目" not in page.content()
    anybody.shot("636-complaint-found", NARROW)


def test_news_is_written_by_one_officer_and_published_by_another(
    visit: Callable[..., Visitor], come: Callable[..., Visitor]
) -> None:
    writer, reviewer, anybody = come(WRITER), come(REVIEWER), visit()
    page = writer.go("/desk/policies/news")
    page.get_by_role("link", name="新写一条").click()
    page.get_by_role("link", name="产业园区").click()
    for label, value in (
        ("标题", "东河轻纺产业园"), ("规划面积（平方米）", "120000"), ("可用面积（平方米）", "30000"), ("租金（元/平方米·月）", "12.50"),
        ("主导产业", "纺织、服装"), ("地点", "东河镇"), ("联系电话", "0990-2123456"), ("确认期限", "2027-06-30"),
    ):  # fmt: skip
        page.get_by_label(label).first.fill(value)
    writer.shot("640-news-edit", NARROW)
    press(page, "保存并送审")
    said(page, "等待另一名工作人员审核")
    assert page.get_by_role("button", name="审核发布").count() == 0
    page = reviewer.go("/desk/policies/news?status=waiting")
    reviewer.shot("641-news-desk", NARROW)
    page.get_by_role("link", name="东河轻纺产业园").click()
    reviewer.shot("642-news-review", NARROW)
    press(page, "审核发布")
    said(page, "已审核发布")
    page = anybody.go("/policies/news?kind=park")
    anybody.shot("643-news", NARROW)
    page.get_by_role("link", name="东河轻纺产业园").click()
    for text in ("12.50 元/平方米·月", "120,000 平方米"):
        said(page, text)
    anybody.shot("644-park", AGAIN)


def test_the_bulletin_shows_what_was_done(visit: Callable[..., Visitor]) -> None:
    anybody = visit()

    def number(name: str) -> int:
        page = anybody.go("/policies/bulletin")
        return int(page.locator("dl.tiles div", has=page.get_by_text(name, exact=True)).locator("dd").inner_text())

    until(lambda: number("企业诉求") and number("营商环境投诉") and number("产业园区") and number("诉求办结"), 60)
    assert number("可兑付事项") and number("可兑付政策")
    anybody.shot("645-bulletin", NARROW)
