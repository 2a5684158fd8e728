"""The officers' side of the catalogue in a real browser without JavaScript: written, checked, reviewed by somebody else, published, ended;
whose a field is; words, lists and themes."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journey.conftest import AGAIN, Visitor, until

PASSWORD = "Demo-2026-yiwang"
ITEM = "兽药经营许可（非生物制品类）"
LEASE = "经营场所租赁合同复印件"
STANDARD = "取水许可"
# What is published is seen everywhere within so many seconds.
PROMISE = 5.0


def _desk(visit: Callable[..., Visitor], login: str, width: int = 1280) -> Visitor:
    officer = visit(width)
    officer.sign_in(login, PASSWORD)
    return officer


def _open(officer: Visitor, name: str, path: str = "/desk/catalog") -> Page:
    """Finds something in the officers' list and opens it."""
    page = officer.go(path)
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("button", name="筛选").click()
    page.get_by_role("link", name=name, exact=True).click()
    return page


def _section(page: Page, title: str) -> None:
    page.locator("main").get_by_role("link", name=title, exact=True).click()


def _saved(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存为编写稿")).to_be_visible()


def _within(promise: float, look: Callable[[], bool]) -> None:
    begun = time.monotonic()
    until(look, promise)
    assert time.monotonic() - begun < promise


def test_an_item_is_written_reviewed_by_somebody_else_published_and_ended(visit: Callable[..., Visitor]) -> None:
    writer = _desk(visit, "zw-903")
    assert writer.page.url.endswith("/desk/catalog")
    writer.shot("90-desk-items")
    page = _open(writer, ITEM)
    writer.shot("91-desk-item")
    _write(writer, page)
    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="审核通过").click()
    expect(page.get_by_role("alert")).to_contain_text("编写")
    expect(page.get_by_role("alert")).to_be_focused()
    writer.shot("95-desk-own-work", AGAIN)

    reviewer, citizen = _desk(visit, "zw-901"), visit(390)
    guide = _review(reviewer)
    _within(PROMISE, lambda: LEASE in citizen.go(guide).content())
    found = citizen.go("/items?q=开兽药铺").get_by_role("link", name=ITEM, exact=True)
    expect(found).to_be_visible()
    citizen.go(guide).get_by_role("group", name="经营场所是自有的还是租来的").get_by_label("租来的").check()
    citizen.page.get_by_role("button", name="下一步").click()
    expect(citizen.page.locator("table.materials")).to_contain_text("因为：经营场所是自有的还是租来的：租来的")
    citizen.shot("98-guide-changed", AGAIN)
    _end(reviewer, citizen, guide)


def _write(writer: Visitor, page: Page) -> None:
    """A finding beside its field, a question, and a material that is asked of some."""
    _section(page, "渠道、到场与窗口")
    page.get_by_label("到现场次数").fill("2")
    page.get_by_role("button", name="只检查，不保存").click()
    expect(page.get_by_role("heading", name="尚未保存")).to_be_visible()
    beside = page.locator(".field", has=page.get_by_label("到现场次数"))
    expect(beside.locator(".finding")).to_contain_text("到现场次数应为0")
    writer.shot("92-desk-finding")
    page.get_by_label("到现场次数").fill("0")
    page.get_by_label("必须到现场的原因").fill("网上办理的，不用到现场")
    _saved(page)

    _section(page, "基本信息")
    page.get_by_label("别名").fill(page.get_by_label("别名").input_value() + "\n开兽药铺")
    _saved(page)

    _section(page, "情形引导")
    page.locator("[name='questions.0.text']").fill("经营场所是自有的还是租来的？")
    page.locator("[name='questions.0.kind']").select_option(label="单选")
    page.locator("[name='questions.0.options.0.text']").fill("自有的")
    page.get_by_role("button", name=re.compile("增加一项.*选项")).click()
    page.locator("[name='questions.0.options.1.text']").fill("租来的")
    _saved(page)

    _section(page, "申请材料")
    page.get_by_role("button", name=re.compile("增加一项")).click()
    new = page.locator("details.row-edit").last
    new.get_by_label("名称", exact=False).first.fill(LEASE)
    new.get_by_label("必要性", exact=False).select_option(label="必要")
    new.get_by_text("适用条件").click()
    new.get_by_role("group", name="经营场所是自有的还是租来的").get_by_label("租来的").check()
    writer.shot("93-desk-rule")
    _saved(page)
    phone = writer.page
    phone.set_viewport_size({"width": 390, "height": 844})
    writer.shot("94-desk-materials-phone", AGAIN)
    phone.set_viewport_size({"width": 1280, "height": 900})


def _review(reviewer: Visitor) -> str:
    """What changed is compared, reviewed and published; the address of the guide."""
    page = _open(reviewer, ITEM)
    page.get_by_role("link", name="看改了什么").click()
    tiles = page.locator("dl.tiles > div")
    expect(tiles).to_have_count(4)
    expect(tiles.filter(has_text="材料")).to_contain_text("增 1")
    expect(page.locator("table.compare")).to_contain_text(LEASE)
    assert not re.search('[A-Z_]{6,}|["{}]', page.locator("table.compare").inner_text())
    reviewer.shot("96-desk-compare")
    page.get_by_role("link", name="返回事项").click()
    page.get_by_role("button", name="审核通过").click()
    expect(page.get_by_text("已审核通过，可以发布。")).to_be_visible()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("已发布。")).to_be_visible()
    reviewer.shot("97-desk-published", AGAIN)
    return page.get_by_role("link", name="公开的指南").get_attribute("href") or ""


def _end(reviewer: Visitor, citizen: Visitor, guide: str) -> None:
    """Suspended and resumed; withdrawn with a successor that the printed code leads to."""
    short = citizen.go(f"{guide}/print").locator(".paper-code .mono").inner_text()
    page = reviewer.page
    page.get_by_text("暂停办理").click()
    page.get_by_label("暂停原因").fill("系统维护")
    page.get_by_role("button", name="暂停", exact=True).click()
    _within(PROMISE, lambda: "暂停" in citizen.go(guide).locator("main").inner_text())
    page.get_by_role("button", name="恢复办理").click()
    _within(PROMISE, lambda: "暂停" not in citizen.go(guide).locator("main").inner_text())

    page.get_by_text("取消事项").click()
    page.get_by_label("取消原因").fill("并入农药经营许可一并办理")
    page.get_by_label("查找事项").fill("农药经营许可")
    page.get_by_role("button", name="查找").click()
    reviewer.shot("99-desk-successor", AGAIN)
    page.get_by_role("group", name="接替事项").get_by_label("农药经营许可").check()
    page.get_by_role("button", name="永久取消").click()
    expect(page.get_by_text("已取消", exact=True).first).to_be_visible()
    path = short[short.index("/i/") :]
    _within(PROMISE, lambda: "农药经营许可" in citizen.go(path).locator("main").inner_text())
    citizen.shot("99-withdrawn")


def test_what_a_standard_owns_is_shut_in_the_county_and_changed_by_the_city(visit: Callable[..., Visitor]) -> None:
    county = _desk(visit, "zw-903")
    page = _open(county, STANDARD)
    guide = page.get_by_role("link", name="公开的指南").get_attribute("href") or ""
    _section(page, "条件与依据")
    shut = page.locator(".field.shut").filter(has_text="受理条件")
    expect(shut).to_contain_text("由示范市人民政府统一规定")
    expect(page.get_by_label("受理条件")).to_have_count(0)
    county.shot("100-desk-shut")

    writer, reviewer = _desk(visit, "cs-901"), _desk(visit, "cs-902")
    page = _open(writer, STANDARD, "/desk/catalog/directory")
    _section(page, "标准要素·条件与依据")
    page.get_by_label("受理条件").fill(page.get_by_label("受理条件").input_value() + "\n取水量在监控平台如实上报。")
    _saved(page)
    page = _open(reviewer, STANDARD, "/desk/catalog/directory")
    expect(page.locator("table.compare ins")).to_contain_text("监控平台")
    reviewer.shot("101-desk-standard")
    page.get_by_role("button", name="审核通过").click()
    page.get_by_role("button", name="发布", exact=True).click()
    citizen = visit()
    _within(PROMISE, lambda: "监控平台" in citizen.go(guide).content())


def test_words_are_found_a_list_is_published_and_a_theme_is_changed(visit: Callable[..., Visitor]) -> None:
    officer, citizen = _desk(visit, "zw-903"), visit()
    page = officer.go("/desk/catalog/words")
    words = page.get_by_label("同义词")
    words.fill(words.input_value() + "\n撸猫馆、动物诊疗许可")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    officer.shot("102-desk-words")
    link = "动物诊疗许可"
    _within(PROMISE, lambda: citizen.go("/items?q=撸猫馆").get_by_role("link", name=link, exact=True).count() > 0)

    page = officer.go("/desk/catalog/lists")
    page.get_by_label("清单").select_option(label="最多跑一次（零跑腿）清单")
    page.get_by_role("button", name="按现在的内容发布").click()
    page.get_by_role("link", name="最多跑一次（零跑腿）清单").first.click()
    expect(page.locator("main")).to_contain_text("第 1 期")

    officer.go("/desk/catalog/themes").get_by_role("link", name="开办旅馆一件事").click()
    _section(page, "主题")
    page.get_by_label("适用人群").fill("开办旅馆、民宿的经营者")
    _saved(page)
    _section(page, "联办事项")
    officer.shot("103-desk-theme")
    reviewer = _desk(visit, "zw-901")
    reviewer.go("/desk/catalog/themes").get_by_role("link", name="开办旅馆一件事").click()
    expect(reviewer.page.locator("table.compare")).to_contain_text("民宿")
    reviewer.page.get_by_role("button", name="审核通过").click()
    reviewer.page.get_by_role("button", name="发布", exact=True).click()
    citizen.go("/themes").get_by_role("link", name="开办旅馆一件事").click()
    _within(PROMISE, lambda: "民宿" in citizen.page.content() or not citizen.page.reload())
