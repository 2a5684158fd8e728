"""Public results: numbers with formula and drill-down, charts with a table beside each, coverage, published ratings, bulletins."""

import re

import pytest

from services.gateway import charts
from tests.unit.gateway.told import Services, Site, refuse
from tests.unit.gateway.told_rating import A_BULLETIN, BULLETIN, FORMULAS, RESULTS, SCRIPT, a_row
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import tickets_pb2 as tickets

SPAN = "from=2026-11-01&to=2026-11-20"


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("ListFormulas", FORMULAS)
    services.on("GetResults", RESULTS)
    services.on("GetBulletin", A_BULLETIN)


def test_every_rate_is_shown_with_its_formula_and_what_it_is_made_of(site: Site, services: Services):
    page = site.get(f"/ratings?{SPAN}&by=channel").text
    asked = services.requests("GetResults")[-1]
    assert (asked.county, asked.from_day, asked.to_day) == ("990121", "2026-11-01", "2026-11-20")
    assert asked.by == results.BREAKDOWN_CHANNEL
    for part in ("75.00%", "满意及以上 ÷ 主动评价", "counter=contented", "counter=active", "没有评价的局", "—"):
        assert part in page, part
    assert SCRIPT not in page


def test_every_chart_says_what_it_shows_and_has_a_table_beside_it(site: Site):
    page = site.get(f"/ratings?{SPAN}").text
    charts = re.findall(r'<svg class="chart"[^>]*role="img" aria-labelledby="([^"]+)"', page)
    assert len(charts) == 3 and page.count("<table") == 3
    for ids in charts:
        assert all(f'id="{id}">' in page for id in ids.split()), ids


def test_a_period_that_makes_no_sense_is_told_and_words_that_are_no_day_are_the_last_thirty(
    site: Site, services: Services
):
    services.on("GetResults", refuse("INVALID_ARGUMENT", "PERIOD", to_day="最多 366 天"))
    answer = site.get("/ratings?from=2020-01-01&to=2026-01-01")
    assert answer.status_code == 400 and "最多 366 天" in answer.text and 'value="2020-01-01"' in answer.text
    services.on("GetResults", RESULTS)
    assert site.get("/ratings?from=x&to=y&county=z&by=w").status_code == 200
    asked = services.requests("GetResults")[-1]
    assert asked.county == "990121" and asked.from_day < asked.to_day


def test_a_county_without_ratings_has_a_page_too(site: Site, services: Services):
    services.on("GetResults", results.Results())
    answer = site.get("/ratings")
    assert answer.status_code == 200 and "这段时间还没有评价" in answer.text


def test_complaints_are_counted_beside_them(site: Site, services: Services):
    told = tickets.TicketCounts(
        on_time_numerator=3, on_time_denominator=4, on_time_basis_points=7500, on_time_formula="按期 ÷ 应答"
    )
    told.kinds.add(kind=tickets.TICKET_KIND_COMPLAINT, received=4, answered_in_time=3)
    services.on("CountTickets", told)
    page = site.get("/ratings").text
    assert "按期 ÷ 应答" in page and "投诉" in page


def test_the_services_behind_a_number_are_listed(site: Site, services: Services):
    row = results.BehindRow(
        id="b1", day="2026-11-20", node=5, channel=3, grade=1, status=2, department_name=SCRIPT, subject=SCRIPT, loop=4
    )
    services.on("ListBehind", results.ListBehindResponse(rows=[row], next_page_token="p2"))
    page = site.get(f"/ratings/behind?{SPAN}&counter=active&by=item&id=i1&name={SCRIPT}").text
    asked = services.requests("ListBehind")[-1]
    assert (asked.counter, asked.by, asked.id) == ("active", results.BREAKDOWN_ITEM, "i1")
    assert "整改中" in page and "page=p2" in page and SCRIPT not in page
    site.get(f"/ratings/behind?{SPAN}&counter=active")
    assert services.requests("ListBehind")[-1].by == results.BREAKDOWN_UNSPECIFIED


def test_coverage_shows_where_nobody_rated(site: Site, services: Services):
    row = results.CoverageRow(department_name="测试局", item_name=SCRIPT, invited=4, rated={"RATING_CHANNEL_QR": 2})
    rate = results.Rate(key="item_coverage", numerator=1, denominator=2, basis_points=5000)
    services.on("GetCoverage", results.Coverage(rows=[row], rates=[rate]))
    page = site.get(f"/ratings/coverage?{SPAN}").text
    assert "50.00%" in page and "<strong>2</strong>" in page and page.count(">无<") == 6 and SCRIPT not in page


def test_published_ratings_are_shown_with_their_replies(site: Site, services: Services):
    one = results.PublishedRating(id="x", subject="事项", grade=1, verdict=1, comment=SCRIPT, reply=SCRIPT, outcome=1)
    services.on("ListPublished", results.ListPublishedResponse(ratings=[one], next_page_token="p2"))
    page = site.get("/ratings/published?department=11990121000001011B").text
    assert "答复：" in page and "回访：满意" in page and SCRIPT not in page
    assert services.requests("ListPublished")[-1].department == "11990121000001011B"


def test_bulletins_are_listed_shown_with_corrections_and_given_as_pdf(site: Site, services: Services):
    services.on("ListBulletins", results.ListBulletinsResponse(bulletins=[A_BULLETIN]))
    page = site.get("/ratings/bulletins?kind=weekly").text
    assert "周报" in page and services.requests("ListBulletins")[-1].kind == results.BULLETIN_KIND_WEEKLY
    page = site.get(f"/ratings/bulletins/{BULLETIN}").text
    assert "更正" in page and A_BULLETIN.digest in page and SCRIPT not in page and "counter=" not in page
    services.on("GetBulletinPdf", results.GetBulletinPdfResponse(filename="周报.pdf", content=b"%PDF-1.4"))
    answer = site.get(f"/ratings/bulletins/{BULLETIN}/pdf")
    assert answer.content == b"%PDF-1.4" and answer.headers["content-type"] == "application/pdf"


def test_bars_fill_the_width_by_their_share():
    chart = charts.bars([("甲", 4, "4", "good"), ("乙", 1, "1", "bad"), ("丙", 0, "0", "")])
    lengths = [one.length for one in chart.bars]
    assert lengths == [208.0, 52.0, 0.0] and chart.height == 84
    assert charts.bars([("甲", 0, "0", "")]).bars[0].length == 0
    assert charts.bars([("甲", 50, "", "")], most=100).bars[0].length == 104


def test_columns_stand_within_the_chart_and_a_part_within_its_whole():
    chart = charts.columns([("2026-11-19", 8, 2), ("2026-11-20", 4, 4)])
    assert chart is not None and (chart.most, chart.first, chart.last) == (8, "2026-11-19", "2026-11-20")
    assert [(one.whole, one.part) for one in chart.columns] == [(112.0, 28.0), (56.0, 56.0)]
    assert all(one.x >= 0 and one.x + one.width <= charts.WIDTH for one in chart.columns)
    assert charts.columns([]) is None and charts.columns([("d", 0, 0)]) is None


def test_a_row_without_a_rate_is_no_bar(site: Site, services: Services):
    services.on("GetResults", results.Results(whole=a_row(), rows=[results.ResultRow(id="x", name="空")]))
    assert 'id="chart-rows-title"' not in site.get("/ratings").text
