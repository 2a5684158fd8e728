"""Boards on pages: figures with the lists behind them, rows by department or county, ratings beside them, and one's own statistics."""

import re
from typing import Any

import pytest

from tests.unit.gateway.test_desk_pages import OTHER, as_officer
from tests.unit.gateway.told import USCC, Services, Site, a_case, refuse
from yiwang.case.v1 import board_pb2 as boards
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating

VERSION = "0123456789abcdef0123456789abcdef"
FIGURES = {"received_today": 11, "closed_today": 12, "open": 130, "yellow": 14, "red": 15, "findings": 16}


def a_board(
    by: Any = boards.BOARD_ROWS_DEPARTMENTS, region: str = "990121", department: str = "", *rows: str
) -> boards.Board:
    """A board with these rows."""
    board = boards.Board(
        version=VERSION, counted_at="2026-11-24T01:02:03Z", by=by, region=region, department=department,
        whole=boards.Figures(**FIGURES), rows=[boards.BoardRow(id=one, figures=boards.Figures(**FIGURES)) for one in rows],
    )  # fmt: skip
    for day in range(11, 25):
        board.days.add(day=f"2026-11-{day}", arrived=day, closed=day - 11)
    return board


def results_of(*departments: str) -> results.Results:
    """Of the county and of each of its departments: nine of ten are content."""
    row = results.ResultRow(
        counters={"active": 10, "very_satisfied": 4, "satisfied": 3, "fairly_satisfied": 2, "dissatisfied": 1}
    )
    found = results.Results(whole=row)
    for one in departments:
        found.rows.add(id=one).counters.update(row.counters)
    return found


@pytest.fixture(autouse=True)
def _told(services: Services) -> None:
    services.on("GetBoard", a_board(boards.BOARD_ROWS_DEPARTMENTS, "990121", "", OTHER.uscc, USCC))
    services.on("GetResults", results_of(OTHER.uscc))
    services.on("GetCounty", counties.County(name="示范县"))


def links(page: str) -> dict[str, str]:
    """Where numbers lead, by what they are called for who does not see them."""
    found = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)：\d+"', page)
    return {what: href.replace("&amp;", "&") for href, what in found}


def test_a_supervisor_sees_his_county_by_department_and_every_number_leads_to_its_list(site: Site, services: Services):
    as_officer(site, services, "supervise")
    page = site.get("/desk/board").text
    asked = services.requests("GetBoard")[-1]
    assert (asked.region, asked.department, asked.if_version) == ("", "", "")
    assert f'<div id="board" class="stack" data-version="{VERSION}">' in page and "示范县" in page
    found, name = links(page), OTHER.name
    at = f"region=990121&department={OTHER.uscc}"
    for figure, text in (
        ("received_today", "今日收件"),
        ("closed_today", "今日办结"),
        ("open", "在办"),
        ("yellow", "临近期限"),
        ("red", "已超期"),
    ):
        assert found[f"{name} {text}"] == f"/desk/board/cases?{at}&figure={figure}"
        assert found[text] == "#rows", "of the whole: the departments it is made of"
    assert found[f"{name} 待答复监察事项"] == f"/desk/findings?status=open&department={OTHER.uscc}"
    assert found["待答复监察事项"] == "/desk/findings?status=open&county=990121"
    assert f'href="/desk/board?region=990121&amp;department={OTHER.uscc}">{name}</a>' in page
    assert f">{USCC}</a>" in page, "a department identity does not name is shown by its code"
    assert page.count("90.0%") == 2 and ">—" in page, "of the whole and of the one that was rated"


def test_the_board_is_one_element_and_all_that_changes_is_in_it(site: Site, services: Services):
    as_officer(site, services, "supervise")
    before, _, rest = site.get("/desk/board").text.partition('<div id="board"')
    again = a_board(boards.BOARD_ROWS_DEPARTMENTS, "990121", "", OTHER.uscc)
    again.whole.open, again.version = 999, "f" * 32
    services.on("GetBoard", again)
    after, _, other = site.get("/desk/board").text.partition('<div id="board"')
    assert "999" in other and VERSION in rest and VERSION not in other
    assert before.replace(VERSION, "f" * 32) == after, "and where its news are told from"
    assert "refresh" not in before.lower() and '<a class="button plain" href="/desk/board">刷新</a>' in before


def test_whoever_works_at_a_desk_sees_his_department_and_the_lists_of_his_desk(site: Site, services: Services):
    as_officer(site, services, "review")
    services.on("GetBoard", a_board(boards.BOARD_ROWS_UNSPECIFIED, "", USCC))
    page = site.get("/desk/board").text
    found = links(page)
    assert (found["在办"], found["临近期限"], found["已超期"]) == ("/desk", "/desk?light=yellow", "/desk?light=red")
    assert found["今日收件"] == f"/desk/board/cases?department={USCC}&figure=received_today"
    assert "测试局" in page and "<select" not in page and 'id="rows"' not in page
    (asked,) = services.requests("GetTotals")
    assert (asked.scope, asked.id) == (rating.TOTAL_SCOPE_DEPARTMENT, USCC) and asked.from_day < asked.to_day
    assert "75.0%" in page and "4 人" in page


def test_a_city_is_shown_by_county(site: Site, services: Services):
    as_officer(site, services, "supervise", region="990100")
    services.on("GetBoard", a_board(boards.BOARD_ROWS_COUNTIES, "990100", "", "990121", "990122"))
    services.on("GetCounty", lambda asked: counties.County(name=f"名{asked.region}"))
    page = site.get("/desk/board?region=990100&department=").text
    assert services.requests("GetBoard")[-1].region == "990100"
    found = links(page)
    assert found["名990121 在办"] == "/desk/board?region=990121#rows" and found["在办"] == "#rows"
    assert found["名990122 待答复监察事项"] == "/desk/findings?status=open&county=990122"
    assert {one.id for one in services.requests("GetTotals")} == {"990121", "990122"}
    assert page.count("75.0%") == 3 and 'name="region"' in page and "<select" not in page


@pytest.mark.parametrize("by", [boards.BOARD_ROWS_DEPARTMENTS, boards.BOARD_ROWS_COUNTIES])
def test_ratings_are_left_out_while_rating_is_away_and_the_board_says_so(site: Site, services: Services, by: Any):
    as_officer(site, services, "supervise")
    services.on("GetBoard", a_board(by, "990121", "", "990121"))
    for method in ("GetResults", "GetTotals"):
        services.on(method, refuse("UNAVAILABLE", "AWAY"))
    answer = site.get("/desk/board")
    assert answer.status_code == 200 and "评价数据暂时无法读取" in answer.text
    assert "满意率" not in answer.text and "130" in answer.text


def test_names_are_codes_while_identity_is_away(site: Site, services: Services):
    as_officer(site, services, "supervise")
    for method in ("GetCounty", "ListDepartments"):
        services.on(method, refuse("UNAVAILABLE", "AWAY"))
    page = site.get("/desk/board").text
    assert f">{OTHER.uscc}</a>" in page and '<p class="none">990121</p>' in page


def test_the_chart_says_what_it_shows_and_has_its_table(site: Site, services: Services):
    as_officer(site, services, "supervise", "decide")
    services.on("GetMyDesk", my_desk())
    for path in ("/desk/board", "/desk/mine"):
        page = site.get(path).text
        charts = re.findall(r'<svg class="chart"[^>]*role="img" aria-labelledby="([^"]+)"', page)
        assert charts and page.count("<table") >= len(charts)
        for ids in charts:
            assert all(f'id="{id}">' in page for id in ids.split()), ids
    quiet = a_board()
    for day in quiet.days:
        day.arrived = day.closed = 0
    services.on("GetBoard", quiet)
    assert "近14天没有收件和办结" in site.get("/desk/board").text


def test_what_an_address_makes_no_sense_of_is_left_out_and_a_refusal_is_a_page(site: Site, services: Services):
    as_officer(site, services, "supervise")
    site.get("/desk/board?region=99x121&department=" + "1" * 40)
    asked = services.requests("GetBoard")[-1]
    assert asked.region == "" and len(asked.department) == 18
    services.on("GetBoard", refuse("NOT_FOUND", "NOT_FOUND"))
    assert site.get("/desk/board?region=450103").status_code == 404


def test_the_cases_behind_a_figure_are_listed_page_by_page(site: Site, services: Services):
    as_officer(site, services, "supervise")
    services.on("ListBoardCases", boards.ListBoardCasesResponse(cases=[a_case()], next_page_token="p2"))
    at = f"/desk/board/cases?region=990121&department={OTHER.uscc}"
    page = site.get(f"{at}&figure=red").text
    asked = services.requests("ListBoardCases")[-1]
    assert (asked.figure, asked.region, asked.department) == (boards.BOARD_FIGURE_RED, "990121", OTHER.uscc)
    assert "已超期" in page and OTHER.name in page and "测试事项" in page and "figure=red&amp;page=p2" in page
    site.get(f"{at}&figure=red&page=p2")
    assert services.requests("ListBoardCases")[-1].page_token == "p2"
    assert site.get(f"{at}&figure=findings").status_code == 404
    assert site.get(f"{at}&figure=").status_code == 404
    services.on("ListBoardCases", boards.ListBoardCasesResponse())
    assert "现在没有这样的办件" in site.get(f"{at}&figure=yellow").text


def my_desk() -> boards.MyDesk:
    """Three decisions in seven working days, of ten in thirty."""
    found = boards.MyDesk(
        open=5, yellow=2, red=1, month="2026-11", accepted=4, decided=3, closed=2,
        own=boards.Taken(decisions=3, days=7), department=boards.Taken(decisions=10, days=30),
    )  # fmt: skip
    for day in range(11, 25):
        found.days.add(day=f"2026-11-{day}", accepted=1, decided=day % 3)
    return found


def test_ones_own_statistics_compare_with_the_departments(site: Site, services: Services):
    as_officer(site, services, "decide")
    services.on("GetMyDesk", my_desk())
    page = site.get("/desk/mine").text
    found = links(page)
    assert found == {
        "我的在办": "/desk?mine=1", "临近期限": "/desk?mine=1&light=yellow", "已超期": "/desk?mine=1&light=red",
    }  # fmt: skip
    for whose, decisions, average in (("我", 3, "2.3"), ("本部门", 10, "3.0")):
        row = f'{whose}</th><td data-label="本月决定">{decisions}</td><td data-label="平均工作日">{average}</td>'
        assert row in page
    services.on("GetMyDesk", boards.MyDesk(month="2026-11"))
    page = site.get("/desk/mine").text
    assert "本月还没有作出决定" in page and '<td data-label="平均工作日">—</td>' in page and "近14天没有" in page


@pytest.mark.parametrize(
    ("roles", "board", "mine"),
    [
        (("receive",), 200, 200),
        (("supervise",), 200, 403),
        (("catalog",), 403, 403),
        (("administer", "market"), 403, 403),
    ],
)
def test_boards_are_for_desks_and_supervision(
    site: Site, services: Services, roles: tuple[str, ...], board: int, mine: int
):
    as_officer(site, services, *roles)
    services.on("GetMyDesk", my_desk())
    assert site.get("/desk/board").status_code == board
    assert site.get("/desk/board/cases?figure=x").status_code == (404 if board == 200 else 403)
    assert site.get("/desk/mine").status_code == mine


def test_boards_are_a_step_away_from_the_desk_and_from_supervision(site: Site, services: Services):
    as_officer(site, services, "decide")
    page = site.get("/desk").text
    assert 'href="/desk/board">看板</a>' in page and 'href="/desk/mine">我的统计</a>' in page
    as_officer(site, services, "supervise")
    page = site.get("/desk/supervision").text
    assert page.count('href="/desk/board"') == 2 and "/desk/mine" not in page
    as_officer(site, services, "supervise", "decide")
    page = site.get("/desk/board").text
    assert f'href="/desk/board?department={USCC}">本部门</a>' in page


def test_persons_see_no_board(site: Site):
    site.sign_in()
    for path in ("/desk/board", "/desk/board/cases", "/desk/mine"):
        assert site.get(path).status_code == 403
