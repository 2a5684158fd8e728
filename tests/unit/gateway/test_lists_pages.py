"""Lists, rates and reductions: as of any date, with everything behind a number, and as CSV nobody's spreadsheet runs."""

import csv
import io

import pytest

from services.gateway.pages_lists import cell
from tests.unit.gateway.told import ITEM, USCC, Services, Site, refuse
from tests.unit.gateway.told_catalog import a_line
from yiwang.catalog.v1 import lists_pb2 as lists

AWAY = refuse("UNAVAILABLE", "STORE_AWAY")
pytestmark = pytest.mark.usefixtures("catalogue")


def test_every_list_is_offered_with_its_last_publication(site: Site):
    page = site.get("/lists").text
    for words in (
        "权责清单",
        "收费清单",
        "中介服务清单",
        "公共服务事项清单",
        "最多跑一次",
        "秒批清单",
        "通办事项清单",
        "未进驻大厅",
    ):
        assert words in page, words
    assert "第 3 期" in page and "12 项" in page


def test_a_list_is_asked_for_the_county_as_of_a_day(site: Site, services: Services):
    page = site.get(f"/lists/fees?as_of=2025-12-31&department={USCC}").text
    request = services.requests("GetList")[-1]
    assert (request.kind, request.region, request.as_of, request.department) == (
        lists.LIST_KIND_FEES, "990121", "2025-12-31", USCC,
    )  # fmt: skip
    assert "80 元/件" in page and f"/items/{ITEM}?edition=2" in page and "共 1 项" in page


def test_a_line_of_the_duties_leads_to_the_implementation(site: Site):
    page = site.get("/lists/duties").text
    assert f'"/directory/implementations/{ITEM}"' in page and f"/items/{ITEM}" not in page


def test_a_published_list_is_asked_by_its_number_and_its_digest_is_shown(site: Site, services: Services):
    page = site.get("/lists/fees?number=3&as_of=2025-12-31").text
    request = services.requests("GetList")[-1]
    assert (request.number, request.as_of) == (3, "")
    assert "第 3 期" in page and "c0ffeec0ffeec0ff" in page


@pytest.mark.parametrize("odd", ["2999-01-01", "x", "2025-1-1"])
def test_a_day_to_come_or_none_is_now(site: Site, services: Services, odd: str):
    assert site.get(f"/lists/fees?as_of={odd}").status_code == 200
    assert services.requests("GetList")[-1].as_of == ""


@pytest.mark.parametrize("path", ["/lists/nothing", "/lists/nothing.csv", "/rates/nothing", "/rates/nothing.csv"])
def test_unknown_lists_and_rates_are_not_found(site: Site, path: str):
    assert site.get(path).status_code == 404


def test_the_csv_has_all_pages(site: Site, services: Services):
    def two(request: lists.GetListRequest) -> lists.GetListResponse:
        if not request.page_token:
            return lists.GetListResponse(lines=[a_line("甲")], next_page_token="2", total=2)
        return lists.GetListResponse(lines=[a_line("乙，丙", "=1+1")], total=2)

    services.on("GetList", two)
    answer = site.get("/lists/fees.csv")
    assert answer.headers["content-disposition"].startswith("attachment") and answer.text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row[1] for row in rows] == ["事项名称", "甲", "乙，丙"] and rows[0][6] == "收费标准"
    assert rows[2][6] == "'=1+1"


@pytest.mark.parametrize(
    "evil", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠A1", '=1,"a"']
)
def test_no_cell_is_a_formula(evil: str):
    (row,) = csv.reader(io.StringIO(cell(evil) + "\r\n", newline=""))
    assert row == ["'" + evil]


def test_a_list_that_cannot_be_made_is_a_page_not_half_a_file(site: Site, services: Services):
    services.on("GetList", AWAY)
    assert site.get("/lists/fees.csv").status_code == 503 and site.get("/lists/fees").status_code == 503


def test_a_list_serves_while_publications_and_departments_are_away(site: Site, services: Services):
    services.on("ListPublications", AWAY)
    services.on("SearchItems", AWAY)
    assert "80 元/件" in site.get("/lists/fees").text


def test_a_rate_prints_formula_denominator_and_what_was_left_out(site: Site, services: Services):
    page = site.get("/rates?as_of=2025-12-31").text
    for words in (
        "98.2%",
        "491 / 500",
        "可网上申请的事项数 ÷",
        "在用的六类依申请事项和公共服务",
        "3 项没有写明",
        "达到目标 70%",
        "没有可以统计的事项",
    ):
        assert words in page, words
    assert services.requests("GetRates")[-1].as_of == "2025-12-31"
    assert "/rates/online?region=990121&amp;as_of=2025-12-31" in page


def test_targets_are_set_in_the_address(site: Site, services: Services):
    site.get("/rates?target_online=98.5&target_at-once=&target_depth-4=500&target_at-centre=x")
    targets = services.requests("GetRates")[-1].targets
    assert dict(targets) == {lists.RATE_KIND_ONLINE: 0.985, lists.RATE_KIND_LIMIT_REDUCTION: 0.5}


def test_the_items_behind_a_rate_are_listed_by_part(site: Site, services: Services):
    page = site.get("/rates/online?part=not-counted").text
    request = services.requests("ListRateItems")[-1]
    assert (request.kind, request.part) == (lists.RATE_KIND_ONLINE, lists.RATE_PART_NOT_COUNTED)
    assert "1 / 1" in page and "食品经营许可证核发" in page
    rows = list(csv.reader(io.StringIO(site.get("/rates/online.csv?part=left-out").text)))
    assert rows[0][-3:] == ["计入", "分母", "指南版本"] and rows[1][-3:] == ["1", "1", "2"]
    assert services.requests("ListRateItems")[-1].part == lists.RATE_PART_LEFT_OUT


def test_reductions_say_before_after_and_share(site: Site):
    page = site.get("/reductions").text
    assert "100 → 46" in page and "减少 54%" in page and "持平" in page and "减少 100%" in page
