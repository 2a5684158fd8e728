"""The catalogue as everyone reads it, in a real browser without JavaScript: found by plain words, narrowed, asked, printed, scanned."""

import csv
import io
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from deploy.local.suite import Suite
from tests.journey.conftest import AGAIN, Visitor

ITEM = "食品经营许可证核发"
LEASE, DEED, PLANS = "经营场所租赁合同", "经营场所产权证明", "经营场所主要设备设施布局图和操作流程图"


def _answer(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def test_a_citizen_finds_an_item_by_plain_words_and_narrows_by_a_facet(
    visit: Callable[..., Visitor], told: dict[str, str]
) -> None:
    visitor = visit()
    page = visitor.go("/")
    expect(page.get_by_role("heading", name="个人办事")).to_be_visible()
    visitor.shot("catalog-01-home", AGAIN)
    page.get_by_role("searchbox").fill("餐馆")
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_role("link", name=ITEM, exact=True)).to_be_visible()
    before = int(re.search(r"共 (\d+)", page.get_by_role("status").inner_text()).group(1))  # type: ignore[union-attr]
    facet = page.get_by_role("navigation", name="筛选", exact=True).get_by_role(
        "link", name=re.compile("市场监督管理局")
    )
    counted = int(re.search(r"(\d+) 项", facet.inner_text().replace("\n", " ")).group(1))  # type: ignore[union-attr]
    facet.click()
    expect(page.get_by_role("status")).to_contain_text(f"共 {counted} 项")
    assert counted < before
    expect(page.get_by_label("已选条件")).to_contain_text("市场监督管理局")
    visitor.shot("catalog-02-search-narrowed", AGAIN)
    page.get_by_role("link", name=ITEM, exact=True).click()
    told["guide"] = page.url.removeprefix(visitor.url)


def test_misspelt_words_and_pinyin_find_it_too_and_nothing_found_comes_with_advice(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit(390)
    page = visitor.go("/items?q=shipinjingying")
    expect(page.get_by_role("link", name=ITEM, exact=True)).to_be_visible()
    page = visitor.go("/items")
    page.get_by_text("更多筛选").click()
    expect(page.get_by_role("navigation", name="筛选", exact=True)).to_be_visible()
    visitor.shot("catalog-03-search-phone", AGAIN)
    visitor.go("/items?q=咕噜咕噜&trait=automatic")
    expect(page.get_by_text("没有找到相关事项")).to_be_visible()
    visitor.shot("catalog-04-nothing-found", AGAIN)


def test_the_answers_leave_exactly_the_list_that_applies_with_its_reasons(
    visit: Callable[..., Visitor], told: dict[str, str]
) -> None:
    visitor = visit()
    page = visitor.go(told["guide"])
    expect(page.locator("#materials")).to_contain_text("回答全部问题后，将只列出您需要的材料")
    visitor.shot("catalog-05-guide-before", AGAIN)
    _answer(page, "经营场所是自有的还是租来的？", "租赁")
    _answer(page, "经营什么业态？", "餐饮服务")
    page.get_by_role("button", name="下一步").click()
    # What was not answered is still asked.
    _answer(page, "是否在网络平台上经营？", "否")
    _answer(page, "是否由他人代办？", "否")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("#scenario-title")).to_contain_text("已按您的情况列出材料")
    materials = page.locator("table.materials")
    expect(materials).to_contain_text(LEASE)
    expect(materials).to_contain_text("因为：经营场所租赁")
    expect(materials).to_contain_text(PLANS)
    expect(materials).not_to_contain_text(DEED)
    visitor.shot("catalog-06-guide-answered", AGAIN)
    told["answered"] = page.url.removeprefix(visitor.url).partition("#")[0]
    apply = page.get_by_role("link", name="在线申请").first.get_attribute("href") or ""
    assert "q_premises=rented" in apply and "q_delegated=no" in apply


def test_a_blank_form_is_saved(visit: Callable[..., Visitor], told: dict[str, str]) -> None:
    visitor = visit()
    link = visitor.go(told["guide"]).get_by_role("link", name=re.compile("空白表格")).first
    with visitor.page.expect_download() as download:
        link.click()
    assert download.value.path().stat().st_size > 0


def test_the_paper_version_is_complete_and_fits_a4(visit: Callable[..., Visitor], told: dict[str, str]) -> None:
    visitor = visit()
    page = visitor.go(told["answered"])
    page.get_by_role("link", name="打印版指南").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ITEM)
    expect(page.locator("table.materials")).to_contain_text(LEASE)
    expect(page.locator("table.materials")).not_to_contain_text(DEED)
    for part in ("办理条件", "申请材料", "办理流程", "办理结果", "办理地点与咨询", "设定依据", "基本信息"):
        expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
    expect(page.locator(".paper-head")).to_contain_text("第 1 版")
    visitor.shot("catalog-07-guide-print", AGAIN)
    page.emulate_media(media="print")
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
    told["short"] = page.locator(".paper-code .mono").inner_text()


def test_a_scanned_code_leads_to_the_guide_also_as_people_type_it(
    visit: Callable[..., Visitor], told: dict[str, str], suite: Suite
) -> None:
    path = told["short"][told["short"].index("/i/") :]
    assert suite.gateway_url.endswith(told["short"].removesuffix(path))
    phone = visit(390)
    for typed in (path, path.lower().replace("0", "o").replace("1", "l")):
        phone.page.goto(phone.url + typed)
        assert phone.page.url == phone.url + told["guide"]
    answer = phone.page.request.get(f"{phone.url}{told['guide']}/qr.png")
    assert answer.ok and answer.body().startswith(b"\x89PNG")


def test_topics_and_departments_lead_to_the_item(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/topics")
    visitor.shot("catalog-08-topics")
    page.locator("main a[href^='/topics/']").first.click()
    expect(page.locator(".hit").first).to_be_visible()
    page = visitor.go("/departments")
    visitor.shot("catalog-09-departments", AGAIN)
    page.get_by_role("link", name=re.compile("市场监督管理局")).first.click()
    expect(page.get_by_role("link", name=ITEM, exact=True)).to_be_visible()
    visitor.shot("catalog-10-department", AGAIN)


def test_the_directory_goes_down_to_the_item_and_its_questions(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/directory?q=食品经营")
    visitor.shot("catalog-11-directory")
    page.get_by_role("link", name="食品经营许可", exact=True).click()
    page.get_by_role("link", name=ITEM, exact=True).click()
    visitor.shot("catalog-12-directory-entry")
    page.locator("a[href^='/directory/implementations/']").first.click()
    expect(page.locator(".tree").first).to_contain_text("经营场所是自有的还是租来的？")
    expect(page.get_by_label("当前位置").get_by_role("link")).to_have_count(3)
    visitor.shot("catalog-13-directory-implementation")


def test_a_theme_asks_once_and_says_what_runs_beside_what(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/themes")
    visitor.shot("catalog-14-themes", AGAIN)
    page.get_by_role("link", name=re.compile("餐饮|餐馆|饭店")).first.click()
    expect(page.get_by_role("heading", name="一张表单")).to_be_visible()
    expect(page.locator("ol.course > li").nth(1)).to_be_visible()
    visitor.shot("catalog-15-theme")
    while (button := page.get_by_role("button", name="下一步")).count():
        for group in page.locator("#scenario fieldset").all():
            if not group.locator("input:checked").count():
                group.locator("input").first.check()
        button.click()
    expect(page.get_by_role("heading", name="已按您的情况合并")).to_be_visible()
    visitor.shot("catalog-16-theme-answered", AGAIN)


def test_lists_and_rates_say_how_they_were_counted_and_show_what_is_behind(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/lists")
    visitor.shot("catalog-17-lists", AGAIN)
    page.get_by_role("link", name=re.compile("最多跑一次")).click()
    expect(page.locator("main")).to_contain_text("截至")
    visitor.shot("catalog-18-list")
    total = int(re.search(r"共 (\d+) 项", page.get_by_role("status").inner_text()).group(1))  # type: ignore[union-attr]
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert rows[0][1] == "事项名称" and len(rows) == total + 1
    page = visitor.go("/rates")
    visitor.shot("catalog-19-rates")
    card = page.locator(".rate", has_text="网上可办率")
    numbers = re.search(r"(\d+) / (\d+)", card.inner_text()).groups()  # type: ignore[union-attr]
    card.get_by_role("link", name="查看背后的事项").click()
    expect(page.get_by_role("status")).to_contain_text(f"共 {numbers[1]} 项")
    page.get_by_role("link", name="计入的", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"共 {numbers[0]} 项")
    visitor.shot("catalog-20-rate", AGAIN)
    visitor.go("/reductions")
    visitor.shot("catalog-21-reductions", AGAIN)


def test_yesterday_there_was_nothing_to_count(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.go("/rates?as_of=2020-01-01")
    expect(page.get_by_role("status")).to_contain_text("在用事项 0 项")
