"""One thing at once: what is merged is shown once, and for whom; the course says what runs beside what."""

import pytest

from services.gateway.pages_themes import course_of
from tests.unit.gateway import told_catalog
from tests.unit.gateway.told import ITEM, Services, Site, refuse
from tests.unit.gateway.told_catalog import OTHER
from yiwang.catalog.v1 import themes_pb2 as themes

THEME = f"/themes/{OTHER}"
pytestmark = pytest.mark.usefixtures("catalogue")


def test_the_themes_of_the_county_are_listed_and_those_of_all_where_it_has_none(site: Site, services: Services):
    assert "开一家餐馆" in site.get("/themes").text
    assert services.requests("ListThemes")[-1].region == "990121"
    services.on("ListThemes", themes.ListThemesResponse())
    assert "还没有发布" in site.get("/themes").text
    assert services.requests("ListThemes")[-1].region == ""
    site.get("/themes?region=430000")
    assert "430000" in {one.region for one in services.requests("ListThemes")}


def test_each_fact_and_material_stands_once_with_who_needs_it(site: Site):
    page = site.get(THEME).text
    assert page.count('data-label="填写项目">联系电话') == 1 and "个体工商户设立登记、食品经营许可证核发" in page
    assert page.count("居民身份证") == 1 and "原 7 项" in page and "原 5 份" in page


def test_the_stated_limit_stands_beside_the_longest_branch_and_the_flag_is_explained(site: Site):
    page = site.get(THEME).text
    assert "6 个工作日" in page and "9 个工作日" in page and "短于最长的一条办理路径" in page


def test_what_only_officers_mend_is_told_apart_from_what_visitors_must_know(site: Site, services: Services):
    guide = told_catalog.merged(themes.GetThemeRequest(id=OTHER))
    guide.oddities.add(reason="QUESTION_DIFFERS", message="两个问题不同")
    services.on("GetTheme", guide)
    before, _, after = site.get(THEME).text.partition("数据说明")
    assert "短于最长的一条办理路径" in before and "两个问题不同" not in before and "两个问题不同" in after


def test_the_course_is_an_ordered_list_that_says_what_comes_after_what(site: Site):
    page = site.get(THEME).text
    assert '<ol class="course">' in page and "在个体工商户设立登记办完后开始" in page and "第 9 个工作日前办完" in page
    assert f'href="/items/{ITEM}"' in page


def test_answers_leave_items_out(site: Site, services: Services):
    assert "视回答而定" in site.get(THEME).text
    assert "您不需要" in site.get(f"{THEME}?q_sign=no").text
    request = services.requests("GetTheme")[-1]
    assert {key: list(one.values) for key, one in request.answers.items()} == {"sign": ["no"]}
    wanted = site.get(f"{THEME}?q_sign=yes").text
    assert "您不需要" not in wanted and "已按您的情况合并" in wanted


def test_an_answer_that_fits_nothing_is_said_at_its_question(site: Site, services: Services):
    def picky(request: themes.GetThemeRequest):
        if request.answers:
            return refuse("INVALID_ARGUMENT", "ANSWERS", "有误", answers__sign="请回答是或否")
        return told_catalog.merged(request)

    services.on("GetTheme", picky)
    answer = site.get(f"{THEME}?q_sign=perhaps")
    assert answer.status_code == 200 and "请回答是或否" in answer.text


def test_an_item_begins_when_the_last_before_it_has_ended():
    guide = told_catalog.merged(themes.GetThemeRequest(id=OTHER))
    course = course_of(guide)
    assert [(one.item.key, one.begins, one.branch.ends_after) for one in course.lines] == [
        ("licence", 0, 1), ("sign", 0, 3), ("food", 1, 9),
    ]  # fmt: skip
    assert [one.number for one in course.lines] == [1, 2, 3] and course.days == 9 and course.at(9) == 100


def test_an_item_that_is_left_out_holds_nothing_up():
    guide = told_catalog.merged(themes.GetThemeRequest(id=OTHER, answers={"sign": {"values": ["no"]}}))
    guide.theme.definition.items[1].after.append("sign")
    course = course_of(guide)
    assert [one.item.key for one in course.lines] == ["licence", "food", "sign"]
    assert course.lines[1].begins == 1 and course.lines[2].out


def test_an_unknown_theme_is_not_found(site: Site, services: Services):
    services.on("GetTheme", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get(THEME).status_code == 404 and site.get("/themes/x").status_code == 404
