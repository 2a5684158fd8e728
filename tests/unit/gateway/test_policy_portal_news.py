"""News beside policies and the bulletin: what everybody reads, what is written by kind and reviewed by a second officer, what
numbers show."""

import pytest

from services.gateway import policy_portal_words as words
from tests.unit.gateway import told_policy_portal as told
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import SCRIPT
from yiwang.policy.v1 import bulletins_pb2 as bulletins
from yiwang.policy.v1 import news_pb2 as news

AT, DESK, BULLETIN = "/policies/news", "/desk/policies/news", "/policies/bulletin"
ONE, DESK_ONE = f"{AT}/{told.NEWS}", f"{DESK}/{told.NEWS}"


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListNews", news.ListNewsResponse(news=[told.a_news()], next_page_token="p2"))
    services.on("ListNewsDesk", news.ListNewsResponse(news=[told.a_news(working=told.a_content(), waiting=True)]))
    services.on("GetNews", told.a_news())
    services.on("GetNewsKinds", told.KINDS)
    services.on("GetBulletin", told.BULLETIN)


def test_everybody_finds_news_by_kind_words_and_region(site: Site, services: Services):
    page = site.get(f"{AT}?kind=park&words=产业&region=990102").text
    (asked,) = services.requests("ListNews")
    assert (asked.kind, asked.words, asked.region) == (news.NEWS_KIND_PARK, "产业", "990102")
    assert "东河产业园" in page and "待确认是否仍然有效" in page and "kind=park" in page and "page=p2" in page
    assert SCRIPT not in page
    site.get(f"{AT}?kind=other&region=x")
    asked = services.requests("ListNews")[-1]
    assert (asked.kind, asked.region) == (0, "990121")


def test_fields_are_told_in_the_words_and_units_of_their_kind(site: Site, services: Services):
    page = site.get(ONE).text
    for said in ("12,000 平方米", "3,000.50 元/平方米·月", "纺织、机械", "2026年1月31日", "有效期至 2027年6月30日"):
        assert said in page, said
    assert SCRIPT not in page and "authorization" not in services.metadata("GetNews")
    services.on("GetNews", refuse("NOT_FOUND", "NOT_FOUND", "没有"))
    assert site.get(ONE).status_code == 404


TYPED = {
    "kind": "park", "version": "5", "title": "东河产业园", "summary": "可租", "text": "详情", "region": "990121", "review_on": "2027-01-31",
    "expires_on": "", "field_area": "12000", "field_rent_fen": "3,000.50", "field_industries": "纺织、机械", "field_open_on": "",
    "field_other": "不属于这一类",
}  # fmt: skip


def test_an_officer_writes_by_kind_with_money_in_yuan(site: Site, services: Services):
    told.officer(site, services, ["policy"])
    for key in words.NEWS_KINDS:
        assert f"{DESK}/new?kind={key}" in site.get(f"{DESK}/new").text
    page = site.get(f"{DESK}/new?kind=park").text
    assert "租金（元/平方米·月）" in page and "规划面积（平方米）" in page and 'id="savenews-field_open_on"' in page
    services.on("SaveNews", told.a_news())
    assert site.send(f"{DESK}/new", TYPED).headers["location"] == f"{DESK_ONE}?done=news-saved"
    (asked,) = services.requests("SaveNews")
    assert {one.name: one.value for one in asked.content.fields} == {
        "area": "12000", "rent_fen": "300050", "industries": "纺织、机械",
    }  # fmt: skip
    assert (asked.content.kind, asked.content.title, asked.content.review_on) == (2, "东河产业园", "2027-01-31")
    assert (asked.news_id, asked.version, asked.department_name) == ("", 5, "测试局")


def test_what_is_being_written_stands_in_the_form_as_people_type_it(site: Site, services: Services):
    told.officer(site, services, ["policy"])
    services.on("GetNews", told.a_news("SaveNews", working=told.a_content(title="新名称")))
    page = site.get(f"{DESK_ONE}/edit").text
    assert 'value="新名称"' in page and 'value="3000.50"' in page and 'value="2026-01-31"' in page
    services.on("SaveNews", told.a_news())
    assert site.send(f"{DESK_ONE}/edit", TYPED).status_code == 303
    assert services.requests("SaveNews")[0].news_id == told.NEWS


def test_what_is_wrong_with_a_content_is_told_at_its_input(site: Site, services: Services):
    told.officer(site, services, ["policy"])
    wrong = {"content.title": "有个人信息", "content.fields.area": "应为整数", "content.fields[1].value": "太长"}
    services.on("SaveNews", refuse("INVALID_ARGUMENT", "MALFORMED", **wrong))
    answer = site.send(f"{DESK}/new", TYPED | {"field_rent_fen": ""})
    assert answer.status_code == 400 and 'value="东河产业园"' in answer.text
    for at in ("title", "field_area", "field_industries"):
        assert f'id="savenews-{at}-error"' in answer.text, at
    answer = site.send(f"{DESK}/new", TYPED | {"field_rent_fen": "三千"})
    assert 'id="savenews-field_rent_fen-error"' in answer.text and len(services.requests("SaveNews")) == 1


@pytest.mark.parametrize(
    ("rpc", "typed", "fields"),
    [("ReviewNews", {"version": "5"}, {"version": 5}), ("ReturnNews", {"reason": "缺少电话"}, {"reason": "缺少电话"}),
     ("ConfirmNews", {"review_on": "2027-05-01"}, {"review_on": "2027-05-01"}),
     ("WithdrawNews", {"reason": "已经租完"}, {"reason": "已经租完"})],
)  # fmt: skip
def test_a_second_officer_reviews_and_it_is_confirmed_and_taken_down(
    site: Site, services: Services, rpc: str, typed: dict[str, str], fields: dict[str, object]
):
    told.officer(site, services, ["policy"])
    action = f'action="{DESK_ONE}/{rpc.lower()}"'
    assert action not in site.get(DESK_ONE).text
    services.on(
        "GetNews",
        told.a_news(rpc, working=told.a_content(), waiting=True, taken_down="WITHDRAWN", return_reason="补电话"),
    )
    page = site.get(DESK_ONE).text
    assert (
        action in page and "待发布的内容" in page and "已发布的内容" in page and "补电话" in page and SCRIPT not in page
    )
    services.on(rpc, refuse("FAILED_PRECONDITION", "WRITER_MAY_NOT_REVIEW", "编写人不能审核"))
    assert "编写人不能审核" in site.send(f"{DESK_ONE}/{rpc.lower()}", typed).text
    services.on(rpc, told.a_news())
    assert site.send(f"{DESK_ONE}/{rpc.lower()}", typed).status_code == 303
    asked = services.requests(rpc)[-1]
    assert asked.news_id == told.NEWS and {name: getattr(asked, name) for name in fields} == fields


def test_what_waits_for_somebody_has_tabs_and_only_writers_write(site: Site, services: Services):
    told.officer(site, services, ["supervise"])
    page = site.get(f"{DESK}?status=waiting&kind=park").text
    (asked,) = services.requests("ListNewsDesk")
    assert (asked.waiting, asked.unconfirmed, asked.kind) == (True, False, news.NEWS_KIND_PARK)
    assert 'aria-current="true">待审核<' in page and 'name="status" value="waiting"' in page
    assert "逾期未确认" in page and f"{DESK}/new" not in page
    assert site.get(f"{DESK}/new").status_code == 403 and site.send(f"{DESK}/new", TYPED).status_code == 403
    told.officer(site, services, ["receive"])
    assert site.get(DESK).status_code == 403
    told.officer(site, services, ["policy"])
    assert f'href="{DESK}/new"' in site.get(DESK).text


def test_the_bulletin_shows_every_number_as_chart_and_table(site: Site, services: Services):
    page = site.get(f"{BULLETIN}?region=990102&first_month=2026-01&last_month=2026-02").text
    (asked,) = services.requests("GetBulletin")
    assert (asked.region, asked.first_month, asked.last_month) == ("990102", "2026-01", "2026-02")
    for said in (
        "123,456,789 元", "61,728,394.50 元", "50.0%", "66.7%", "10203", "4321", "765", "2026年1月至2026年2月", "免申即享", "经信局",
        "上规奖励", "1.2亿", "123,456,689 元", "产业园区</dt><dd>4<", "招商项目</dt><dd>14<", "人才资讯</dt><dd>0<",
    ):  # fmt: skip
        assert said in page, said
    assert page.count('class="chart"') == 5 and page.count("<table") == 4 and SCRIPT not in page
    for number in (31, 17, 43, 29, 88, 61, 57, 9, 12, 11, 6):
        assert f"<dd>{number}<" in page, number


def test_the_bulletin_of_a_region_without_anything_is_a_page_too(site: Site, services: Services):
    services.on(
        "GetBulletin", bulletins.Bulletin(first_month="2026-01", last_month="2026-01", months=[{"month": "2026-01"}])
    )
    page = site.get(BULLETIN).text
    assert "没有数据" in page and "—" in page
    asked = services.requests("GetBulletin")[0]
    assert asked.region == "990121" and asked.first_month.endswith("-01") and asked.first_month <= asked.last_month


def test_months_that_make_no_period_are_told_at_their_input(site: Site, services: Services):
    services.on("GetBulletin", refuse("INVALID_ARGUMENT", "TOO_LONG", first_month="最多36个月"))
    answer = site.get(f"{BULLETIN}?first_month=2020-01")
    assert answer.status_code == 400 and 'id="first_month-error"' in answer.text and 'value="2020-01"' in answer.text


def test_every_kind_and_status_of_news_has_words():
    assert (
        {number for number in news.NewsKind.values() if number}
        == set(words.NEWS_KIND)
        == set(words.NEWS_KINDS.values())
    )
    assert {number for number in news.NewsStatus.values() if number} == set(words.NEWS)
