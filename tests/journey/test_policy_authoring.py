"""A policy written in a browser: its text with clauses, an item with conditions picked and typed, tried on facts, counted over the base; a
second officer publishes and opens, and everybody reads it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journey.conftest import Look, Visitor, press, said, until
from tests.journey.policy import WRITER

NARROW: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
PUBLISHER = "jx-502"
TITLE, ITEM = "示范县支持研发投入若干措施", "研发投入奖励"


def test_a_policy_is_written_tried_counted_and_opened_by_a_second_officer(
    visit: Callable[..., Visitor], come: Callable[..., Visitor]
) -> None:
    author, publisher = come(WRITER), come(PUBLISHER)
    _policy(author, publisher)
    page = author.page
    _item(author)
    _tried(author)
    press(page, "保存")
    said(page, "已保存")
    _counted(author)
    item = page.url.partition("?")[0].rpartition("/")[2]
    press(page, "开放为第 1 版")
    expect(page.get_by_role("alert").first).to_contain_text("编写人不得")
    page = publisher.go(f"/desk/policies/items/{item}")
    said(page, "职工总数不少于 10 人")
    publisher.shot("664-item-to-open", NARROW)
    press(page, "开放为第 1 版")
    said(page, "已发布")
    anybody = visit()
    until(lambda: ITEM in anybody.go("/policies/items?words=研发投入").content())
    page = anybody.go(f"/policies/items/{item}")
    for text in ("职工总数不少于 10 人", "租用经营场所", "年度研发费用的 5%", "第二条"):
        said(page, text)
    anybody.shot("665-item", NARROW)


def _policy(author: Visitor, publisher: Visitor) -> None:
    """Written by one, published by another; who wrote it is refused. Ends on the author's page of it."""
    page = author.go("/desk/policies")
    author.shot("660-policies", NARROW)
    page.get_by_role("link", name="起草政策").click()
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("文号").fill("示政发〔2026〕12号")
    page.get_by_label("发文机关").fill("示范县人民政府")
    page.get_by_label("层级").select_option("县级")
    page.get_by_label("类别").select_option("科技创新")
    page.get_by_label("生效日期").fill("2026-01-01")
    page.get_by_label("摘要").fill("鼓励企业加大研发投入。")
    page.get_by_label("条款").fill("第一条：鼓励企业加大研发投入\n第二条 没有冒号")
    press(page, "保存")
    # What was typed stands there again, with what is wrong beside it.
    expect(page.get_by_role("alert").first).to_contain_text("第2行应为")
    page.get_by_label("条款").fill("第一条：鼓励企业加大研发投入。\n第二条：按年度研发费用的 5% 奖励，最高 10 万元。")
    press(page, "保存")
    said(page, "已保存")
    author.shot("661-policy", NARROW)
    press(page, "发布为第 1 版")
    expect(page.get_by_role("alert").first).to_contain_text("编写人不得")
    page = publisher.go("/desk/policies")
    page.get_by_role("link", name=TITLE).click()
    press(page, "发布为第 1 版")
    said(page, "已发布")


def _item(author: Visitor) -> None:
    """The item's conditions: one picked, one of two, of which one is typed and names what nobody knows."""
    page = author.page
    page.get_by_role("link", name="在这个政策里写兑付事项").click()
    page.get_by_label("名称").first.fill(ITEM)
    page.get_by_label("扶持对象").fill("有研发活动的企业")
    page.get_by_label(re.compile("^第二条")).check()
    page.get_by_label("兑付方式").select_option("申报审核")
    page.get_by_label("享受频次").select_option("每年一次")
    _pick(page, 2, "职工总数（人）", "不少于", "十人")
    said(page, "“职工总数”应填数字")
    _pick(page, 2, "职工总数（人）", "不少于", "10")
    expect(page.get_by_label("表达式").first).to_have_value("employees >= 10")
    page.get_by_role("button", name="加“满足其一”").first.click()
    _pick(page, 4, "租用经营场所", "是", "")
    page.get_by_role("button", name="加条件").last.click()
    author.shot("662-editor", NARROW)
    page.get_by_label("表达式").last.fill("research_fen * 100 >= revenue_fen * 3")
    page.get_by_label("条件", exact=True).last.fill("研发费用占营业收入 3% 以上")
    page.get_by_label("计算公式").fill("rd_cost_fen * 5 / 100")
    page.get_by_label("封顶（元）").fill("100,000")
    page.get_by_label("标准的说明").fill("年度研发费用的 5%")
    page.get_by_label("公示工作日").fill("5")
    page.get_by_label("材料").fill("ledger 研发费用辅助账 必要")
    press(page, "保存")
    expect(page.get_by_role("alert").first).to_contain_text("research_fen")
    page.get_by_label("表达式").last.fill("rd_cost_fen * 100 >= revenue_fen * 3")


def _pick(page: Page, row: int, fact: str, how: str, value: str) -> None:
    group = page.get_by_role("group", name=f"从企业信息选：第{row}行")
    group.get_by_label("企业信息").select_option(fact)
    group.get_by_label("怎样比较").select_option(how)
    group.get_by_label("数值").fill(value)
    group.get_by_role("button", name="填入条件").click()


def _tried(author: Visitor) -> None:
    """Tried on the facts beside it: first what is not enough, then what is."""
    page = author.page
    press(page, "试算")
    page.get_by_label("职工总数（人）").fill("5")
    press(page, "试算")
    said(page, "暂不符合条件")
    page.get_by_label("职工总数（人）").fill("20")
    page.get_by_role("group", name="租用经营场所").get_by_label("是", exact=True).check()
    page.get_by_label("上年研发费用（元）").fill("500,000")
    press(page, "试算")
    said(page, "25,000 元")
    author.shot("663-trial", NARROW)


def _counted(author: Visitor) -> None:
    """How many of the base qualify, and what that costs."""
    page = author.page
    press(page, "开始测算")
    expect(page).to_have_url(re.compile("run="))
    until(lambda: "需要资金" in (page.reload() and page.content()), 60)
    expect(page.locator("dl.tiles div", has_text="符合条件").first).to_be_visible()
