"""Search, facets, topics, departments, directory: the address is the state, counts are the catalogue's."""

import html
import re

import pytest

from services.gateway import overview
from services.gateway.searching import region_text
from tests.unit.gateway import told_catalog
from tests.unit.gateway.told import ITEM, USCC, Services, Site, refuse
from tests.unit.gateway.told_catalog import OTHER
from yiwang.catalog.v1 import directory_pb2 as directory
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.catalog.v1 import themes_pb2 as themes

AWAY = refuse("UNAVAILABLE", "STORE_AWAY")
pytestmark = pytest.mark.usefixtures("catalogue")


def links(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', page)]


def test_a_search_is_made_from_the_county_and_narrowed_to_nowhere(site: Site, services: Services):
    site.get("/items?q=食品")
    asked = services.requests("SearchItems")[-1]
    assert (asked.place, asked.region) == ("990121", "")


def test_every_facet_is_offered_with_its_counts(site: Site):
    page = site.get("/items?q=食品").text
    for title in ("办理特点", "服务对象", "主题", "实施部门", "事项类型", "行使层级", "办理形式", "区划"):
        assert f"<h2>{title}</h2>" in page, title
    for words in ("网上办", "自然人", "示范县公安局", "行政许可", "县级", "电脑端", "东河乡", "更多主题"):
        assert words in page, words
    assert "网上办 <small>12</small>" in page


@pytest.mark.parametrize(
    ("code", "text"),
    [("990121", "示范县"), ("990122", "区县 990122"), ("990100", "市 990100"), ("990000", "省 990000"),
     ("990121101", "乡镇（街道） 990121101"), ("990121101200", "村（社区） 990121101200")],
)  # fmt: skip
def test_a_region_without_a_name_is_told_by_its_level(code: str, text: str):
    assert region_text(code, {"990121": "示范县"}) == text


def test_a_facet_that_narrows_nothing_is_left_out(site: Site, services: Services):
    told = catalog.SearchItemsResponse(hits=[{"id": ITEM, "name": "甲"}], total=3)
    told.facets.add(kind=catalog.FACET_KIND_EXERCISE_LEVEL, values=[{"value": "4", "count": 3}])
    told.facets.add(kind=catalog.FACET_KIND_TYPE, values=[{"value": "01", "count": 2}, {"value": "20", "count": 1}])
    services.on("SearchItems", told)
    assert "行使层级" not in site.get("/items").text and "事项类型" in site.get("/items").text
    assert "行使层级" in site.get("/items?level=4").text


def test_following_a_facet_asks_for_it_and_the_words_stay(site: Site, services: Services):
    page = site.get("/items?q=食品").text
    wanted = [one for one in links(page) if one.startswith("/items?q=%E9%A3%9F%E5%93%81&")]
    for link in wanted:
        site.get(link)
    asked = services.requests("SearchItems")
    assert {one.query for one in asked} == {"食品"}
    assert {(one.type_code, one.exercise_level, one.region, one.handling_form) for one in asked} >= {
        ("01", "", "", 0), ("", "4", "", 0), ("", "", "990121101", 0), ("", "", "", catalog.HANDLING_FORM_WEB),
    }  # fmt: skip
    assert [catalog.TRAIT_AUTOMATIC] in [list(one.traits) for one in asked]
    assert {one.service_object for one in asked} >= {"自然人"} and {one.department for one in asked} >= {USCC}
    assert {one.topic for one in asked} >= {"主题0", "主题11"}


def test_traits_add_up_other_facets_replace_and_both_can_be_taken_away(site: Site, services: Services):
    page = site.get("/items?trait=online&trait=automatic&type=01").text
    request = services.requests("SearchItems")[-1]
    assert list(request.traits) == [catalog.TRAIT_ONLINE, catalog.TRAIT_AUTOMATIC] and request.type_code == "01"
    found = links(page)
    assert "/items?trait=automatic&type=01" in found and "/items?trait=online&trait=automatic" in found
    assert "/items?trait=online&trait=automatic&type=20" in found and "/items" in found


def test_what_no_facet_knows_is_left_out(site: Site, services: Services):
    answer = site.get("/items?trait=magic&form=pigeon&region=abc&level=9&type=xyz&trait=online&trait=online")
    assert answer.status_code == 200
    request = services.requests("SearchItems")[-1]
    assert list(request.traits) == [catalog.TRAIT_ONLINE]
    assert (request.handling_form, request.region, request.exercise_level, request.type_code) == (0, "", "", "")


def test_facets_told_by_name_are_read_like_those_by_number(site: Site, services: Services):
    told = catalog.SearchItemsResponse(hits=[{"id": ITEM, "name": "甲"}], total=1)
    values = [
        {"value": "TRAIT_AT_ONCE", "count": 3},
        {"value": "99", "count": 1},
        {"value": "TRAIT_ONLINE", "count": 2},
    ]
    told.facets.add(kind=catalog.FACET_KIND_TRAIT, values=values)
    services.on("SearchItems", told)
    page = site.get("/items").text
    assert "/items?trait=at-once" in links(page) and "马上办 <small>3</small>" in page


def test_hits_carry_their_badges(site: Site):
    page = site.get("/items").text
    for words in ("网上办", "一次办", "秒批", "8 个工作日", "1 次"):
        assert words in page
    assert f"/items/{ITEM}" in links(page)


def test_corrected_words_are_said(site: Site, services: Services):
    services.on(
        "SearchItems", catalog.SearchItemsResponse(hits=[{"id": ITEM, "name": "甲"}], total=1, corrected="食品经营许可")
    )
    assert "为您找到“<strong>食品经营许可</strong>”的结果" in site.get("/items?q=食品经莹许可").text


def test_nothing_found_comes_with_advice(site: Site, services: Services):
    services.on("SearchItems", catalog.SearchItemsResponse())
    page = site.get("/items?q=飞天&type=01").text
    assert "没有找到相关事项" in page and "换一个说法" in page and "清除全部筛选" in page
    assert "/topics" in links(page) and "/departments" in links(page)


def test_the_search_form_keeps_what_is_chosen(site: Site):
    page = site.get("/items?q=食&trait=online&department=" + USCC).text
    assert '<input type="hidden" name="trait" value="online">' in page
    assert f'<input type="hidden" name="department" value="{USCC}">' in page


def test_home_offers_topics_departments_themes_and_lists(site: Site, services: Services):
    page = site.get("/").text
    found = links(page)
    assert "/topics/%E4%B8%BB%E9%A2%980" in found and f"/departments/{USCC}" in found and f"/themes/{OTHER}" in found
    assert {"/lists", "/rates", "/reductions", "/directory", "/items?trait=at-once"} <= set(found)
    assert "个人办事" in page and "企业办事" in page
    objects = {one.service_object for one in services.requests("SearchItems")}
    assert {"自然人", "企业法人"} <= objects


def test_counts_are_shared_by_the_visitors_of_the_same_seconds_and_never_older(
    site: Site, services: Services, monkeypatch: pytest.MonkeyPatch
):
    site.get("/departments")
    asked = len(services.requests("SearchItems"))
    site.get("/departments")
    assert len(services.requests("SearchItems")) == asked
    monkeypatch.setattr(overview.time, "monotonic", lambda: 10.0**9)
    site.get("/departments")
    assert len(services.requests("SearchItems")) == asked + 1
    assert overview.SECONDS + 1.5 < 5


def test_an_answer_that_failed_is_not_kept(site: Site, services: Services):
    services.on("SearchItems", AWAY)
    assert site.get("/departments").status_code == 503
    services.on("SearchItems", told_catalog.found)
    assert site.get("/departments").status_code == 200


def test_home_serves_while_the_catalogue_is_away(site: Site, services: Services):
    for method in ("SearchItems", "ListThemes"):
        services.on(method, AWAY)
    answer = site.get("/")
    assert answer.status_code == 200 and "事项目录正在恢复" in answer.text


def test_topics_are_of_natural_and_of_legal_persons(site: Site, services: Services):
    def by_object(request: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
        answer = catalog.SearchItemsResponse()
        if request.service_object:
            value = {"自然人": "婚姻登记", "企业法人": "招标拍卖"}[request.service_object]
            answer.facets.add(kind=catalog.FACET_KIND_TOPIC, values=[{"value": value, "count": 2}])
            return answer
        return told_catalog.found(request)

    services.on("SearchItems", by_object)
    page = site.get("/topics").text
    persons, _, legal = page.partition('id="topics-legal"')
    assert "婚姻登记" in persons and "招标拍卖" in legal and "婚姻登记" not in legal


def test_a_topic_lists_its_items_and_narrows_within(site: Site, services: Services):
    page = site.get("/topics/主题3?trait=online").text
    request = services.requests("SearchItems")[-1]
    assert (request.topic, list(request.traits)) == ("主题3", [catalog.TRAIT_ONLINE])
    assert "<h2>主题</h2>" not in page and any(one.startswith("/topics/") and "type=01" in one for one in links(page))


def test_unknown_topics_departments_and_entries_are_not_found(site: Site, services: Services):
    services.on("SearchItems", catalog.SearchItemsResponse())
    for method in ("GetEntry", "GetImplementation"):
        services.on(method, refuse("NOT_FOUND", "NOT_FOUND"))
    for path in ("/topics/没有", "/departments/0", f"/directory/{OTHER}", f"/directory/implementations/{OTHER}"):
        answer = site.get(path)
        assert answer.status_code == 404 and "没有找到" in answer.text, path


def test_a_topic_with_a_slash_has_a_page(site: Site, services: Services):
    site.get("/topics/户籍/身份")
    assert services.requests("SearchItems")[-1].topic == "户籍/身份"


def test_more_departments_than_a_facet_tells_are_asked_by_type(site: Site, services: Services):
    def many(request: catalog.SearchItemsRequest) -> catalog.SearchItemsResponse:
        answer = catalog.SearchItemsResponse()
        first = 0 if not request.type_code else 49
        values = [{"value": f"D{n}", "label": f"第{n}局", "count": 99 - n} for n in range(first, first + 50)]
        answer.facets.add(kind=catalog.FACET_KIND_DEPARTMENT, values=values)
        answer.facets.add(kind=catalog.FACET_KIND_TYPE, values=[{"value": "01", "count": 9}])
        return answer

    services.on("SearchItems", many)
    page = site.get("/departments").text
    assert "第0局" in page and "第98局" in page


def test_the_directory_goes_down_to_the_questions(site: Site, services: Services):
    top = site.get("/directory?type=01&q=食品")
    assert (services.requests("ListEntries")[-1].type_code, services.requests("ListEntries")[-1].query) == (
        "01",
        "食品",
    )
    assert f"/directory/{OTHER}" in links(top.text)
    entry = site.get(f"/directory/{OTHER}").text
    assert "示范省市场监督管理局统一规定" in entry and f"/directory/implementations/{OTHER}" in links(entry)
    assert "990131001000" in {one.parent_code for one in services.requests("ListEntries")}
    below = site.get(f"/directory/implementations/{OTHER}").text
    assert f"/items/{ITEM}" in links(below) and "经营场所是自有还是租赁？" in below and "法定本级行使" in below
    assert f"/directory/{OTHER}" in links(below)


def test_an_implementation_without_items_says_so(site: Site, services: Services):
    services.on("ListImplementationItems", directory.ListImplementationItemsResponse())
    page = site.get(f"/directory/implementations/{OTHER}").text
    (asked,) = services.requests("ListImplementationItems")
    assert asked.implementation_code == told_catalog.an_implementation().definition.code
    assert "还没有发布办理项" in page


def test_a_sub_item_names_its_main_item_and_an_implementation_its_sub_item(site: Site, services: Services):
    sub = told_catalog.an_entry(id=ITEM)
    sub.definition.code, sub.definition.name, sub.definition.parent_code = (
        "990131001001",
        "食品经营许可新办",
        "99013100100Y",
    )
    main = told_catalog.an_entry()
    main.definition.code, main.definition.name = "99013100100Y", "食品经营许可（主项）"

    def listed(request: directory.ListEntriesRequest) -> directory.ListEntriesResponse:
        entries = [sub] if request.parent_code == "99013100100Y" else [main] if request.query == "990131001" else []
        return directory.ListEntriesResponse(entries=entries)

    services.on("ListEntries", listed)
    services.on("GetEntry", sub)
    assert "食品经营许可（主项）" in site.get(f"/directory/{ITEM}").text
    below = told_catalog.an_implementation()
    below.definition.base_code = "990131001001"
    services.on("GetImplementation", below)
    assert f"/directory/{ITEM}" in links(site.get(f"/directory/implementations/{OTHER}").text)


def test_an_empty_directory_leads_to_the_search(site: Site, services: Services):
    services.on("ListEntries", directory.ListEntriesResponse())
    services.on("ListThemes", themes.ListThemesResponse())
    page = site.get("/directory?q=食品").text
    assert "/items?q=%E9%A3%9F%E5%93%81" in links(page)
