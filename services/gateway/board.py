"""A board as it is shown: the figures of case with names, with the lists behind them, and with what people rated."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from starlette.requests import Request

from services.gateway import charts
from services.gateway.calls import backends
from services.gateway.overview import or_none
from services.gateway.pages import at
from services.gateway.session import ask, ask_public, session_of
from services.gateway.words import SHANGHAI
from yiwang.case.v1 import board_pb2 as boards
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.rating.v1 import results_pb2 as results
from yiwang.rating.v1 import service_pb2 as rating

AT: Final = "/desk/board"
# Ratings of so many days stand on a board.
DAYS: Final = 30
GOOD: Final = ("very_satisfied", "satisfied", "fairly_satisfied")
# As addresses name the figures with cases behind them.
FIGURES: Final = {
    "received_today": boards.BOARD_FIGURE_RECEIVED_TODAY,
    "closed_today": boards.BOARD_FIGURE_CLOSED_TODAY,
    "open": boards.BOARD_FIGURE_OPEN,
    "yellow": boards.BOARD_FIGURE_YELLOW,
    "red": boards.BOARD_FIGURE_RED,
}
# Lists of the own department that there are anyway.
OWN: Final = {"open": "/desk", "yellow": "/desk?light=yellow", "red": "/desk?light=red"}


class Rated(NamedTuple):
    """What people said of a place: how many did, and how many of them were content."""

    rated: int
    good: int

    @property
    def text(self) -> str:
        """The share of those who were content."""
        return f"{100 * self.good / self.rated:.1f}%" if self.rated else "—"


class Row(NamedTuple):
    """One line of a board: what it is of, its numbers, where each leads, and its ratings (None while rating is away)."""

    id: str
    name: str
    figures: boards.Figures
    links: Mapping[str, str]
    rated: Rated | None


class Seen(NamedTuple):
    """A board with everything that stands beside it."""

    board: boards.Board
    whole: Row
    rows: list[Row]
    chart: charts.Columns | None
    # Where the ratings are told in full.
    ratings: str

    @property
    def of_counties(self) -> bool:
        """Whether its rows are counties."""
        return self.board.by == boards.BOARD_ROWS_COUNTIES


# Names by code, and ratings by code (None while rating is away).
Beside = tuple[Mapping[str, str], Mapping[str, Rated] | None]


class Asked(NamedTuple):
    """What an address asks for."""

    region: str
    department: str

    def at(self, path: str = AT, **more: str) -> str:
        """An address about the same."""
        return at(path, region=self.region, department=self.department, **more)


def asked_of(request: Request) -> Asked:
    """What a page is about; what makes no sense is left out."""
    region, department = (request.query_params.get(name, "")[:18] for name in ("region", "department"))
    known = region.isascii() and region.isdecimal() and len(region) in (2, 4, 6)
    return Asked(region if known else "", department)


async def seen(request: Request, asked: Asked, names: Mapping[str, str]) -> Seen:
    """The board as it is now."""
    message = boards.GetBoardRequest(region=asked.region, department=asked.department)
    board = await ask(request, backends(request).board.GetBoard, message)
    wide = board.by == boards.BOARD_ROWS_COUNTIES
    known, rated = await (_of_counties(request, board) if wide else _of_departments(request, board, names))
    whole = Row("", _title(request, board, names, known), board.whole, _whole_links(board), _rated(rated, ""))
    rows = [
        Row(row.id, known.get(row.id, row.id), row.figures, _links(board, row.id), _rated(rated, row.id))
        for row in board.rows
    ]
    chart = charts.columns([(day.day, day.arrived, day.closed) for day in board.days])
    county = board.region if board.by == boards.BOARD_ROWS_DEPARTMENTS else ""
    return Seen(board, whole, rows, chart, at("/ratings", county=county, by="department" if county else ""))


def _rated(found: Mapping[str, Rated] | None, id: str) -> Rated | None:
    return None if found is None else found.get(id, Rated(0, 0))


async def _of_departments(request: Request, board: boards.Board, names: Mapping[str, str]) -> Beside:
    """Names and ratings of a county and its departments, or of one department."""
    if board.department:
        name, totals = await asyncio.gather(
            _name(request, board.region), _totals(request, rating.TOTAL_SCOPE_DEPARTMENT, board.department)
        )
        return {board.region: name, **names}, None if totals is None else {"": totals}
    rpc, (first, last) = backends(request).results.GetResults, _period()
    message = results.GetResultsRequest(
        county=board.region, from_day=first, to_day=last, by=results.BREAKDOWN_DEPARTMENT
    )
    name, found = await asyncio.gather(_name(request, board.region), or_none(ask_public(request, rpc, message)))
    known = {board.region: name, **names}
    if found is None:
        return known, None
    return known, {"": _of(found.whole.counters), **{row.id: _of(row.counters) for row in found.rows}}


async def _of_counties(request: Request, board: boards.Board) -> Beside:
    """Names and ratings of the counties of a city."""
    ids = [board.region, *(row.id for row in board.rows)]
    names = await asyncio.gather(*(_name(request, one) for one in ids))
    totals = await asyncio.gather(*(_totals(request, rating.TOTAL_SCOPE_COUNTY, one) for one in ids[1:]))
    known = dict(zip(ids, names, strict=True))
    told = {id: one for id, one in zip(ids[1:], totals, strict=True) if one is not None}
    if len(told) < len(totals):
        return known, None
    whole = Rated(sum(one.rated for one in told.values()), sum(one.good for one in told.values()))
    return known, {"": whole, **told}


async def _name(request: Request, region: str) -> str:
    """What a county calls itself; its code while identity does not say."""
    if len(region) != 6:
        return region
    message = counties.GetCountyRequest(region=region)
    found = await or_none(ask_public(request, backends(request).counties.GetCounty, message))
    return found.name if found and found.name else region


async def _totals(request: Request, scope: int, id: str) -> Rated | None:
    first, last = _period()
    message = rating.GetTotalsRequest(scope=scope, id=id, from_day=first, to_day=last)  # type: ignore[arg-type]
    asking: Awaitable[rating.Totals] = ask_public(request, backends(request).rating.GetTotals, message)
    found = await or_none(asking)
    return Rated(found.rated, sum(getattr(found, grade) for grade in GOOD)) if found else None


def _of(counters: Mapping[str, int]) -> Rated:
    return Rated(counters.get("active", 0), sum(counters.get(grade, 0) for grade in GOOD))


def _period() -> tuple[str, str]:
    last: date = datetime.now(UTC).astimezone(SHANGHAI).date()
    return str(last - timedelta(days=DAYS - 1)), str(last)


def _title(request: Request, board: boards.Board, names: Mapping[str, str], known: Mapping[str, str]) -> str:
    session = session_of(request)
    if not board.department:
        return known.get(board.region, board.region)
    own = session.department_name if board.department == session.department else board.department
    name = names.get(board.department, own)
    return f"{known[board.region]} · {name}" if board.region else name


def _links(board: boards.Board, id: str) -> dict[str, str]:
    """Where the numbers of a row lead: of a department to its cases, of a county to its departments."""
    if board.by == boards.BOARD_ROWS_COUNTIES:
        own = at(AT, region=id)
        return {"": own, **dict.fromkeys(FIGURES, f"{own}#rows"), "findings": _findings(county=id)}
    return {"": at(AT, region=board.region, department=id), **_of_department(board.region, id)}


def _whole_links(board: boards.Board) -> dict[str, str]:
    """Where the numbers of the whole lead: to the rows they are made of, or to the cases."""
    if board.by == boards.BOARD_ROWS_COUNTIES:
        return dict.fromkeys((*FIGURES, "findings"), "#rows")
    if board.by == boards.BOARD_ROWS_DEPARTMENTS:
        return {**dict.fromkeys(FIGURES, "#rows"), "findings": _findings(county=board.region)}
    return _of_department(board.region, board.department)


def _of_department(region: str, department: str) -> dict[str, str]:
    lists = {name: at(f"{AT}/cases", region=region, department=department, figure=name) for name in FIGURES}
    return lists | ({} if region else OWN) | {"findings": _findings(department=department)}


def _findings(**query: str) -> str:
    return at("/desk/findings", status="open", **query)


def average(taken: boards.Taken) -> str:
    """Working days a decision took; a dash without any."""
    return f"{taken.days / taken.decisions:.1f}" if taken.decisions else "—"
