"""Boards of a department, a county or a city, the cases behind their figures, and an officer's own statistics."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import board, charts, desk_words, live
from services.gateway.board import AT, FIGURES
from services.gateway.calls import backends, call
from services.gateway.pages import Page, at
from services.gateway.pages_officer import DESK_ROLES, PAGE_SIZE, known_departments
from services.gateway.pages_officers import names
from services.gateway.pages_supervision import READS
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.case.v1 import board_pb2 as boards

MINE = "/desk/mine"


async def overview(request: Request) -> Response:
    """The board. All that changes is in `board_body.html`, the element `#board` with the version it shows."""
    asked, session = board.asked_of(request), session_of(request)
    known = await known_departments(request)
    seen = await board.seen(request, asked, names(known))
    supervises = "supervise" in session.roles
    own = at(AT, department=session.department) if supervises and _at_desk(request) else ""
    context: dict[str, Any] = {"seen": seen, "asked": asked, "departments": known, "supervises": supervises, "own": own}
    return show(request, "board.html", **context, stream=_address_of_news(asked, seen.board))


def _address_of_news(asked: board.Asked, found: boards.Board) -> str:
    """Where news of a board are told from what is shown on."""
    return asked.at("/live/board", **{"from": found.version})


async def news(request: Request) -> Response:
    """News of a board: of its figures, not of the ratings beside them."""
    asked = board.asked_of(request)
    message = boards.GetBoardRequest(region=asked.region, department=asked.department)
    rpc = backends(request).board.GetBoard
    first = await ask(request, rpc, message)
    # While it is still that of this version, no more than the version comes back.
    message.if_version = first.version

    async def version(token: str) -> str:
        return str((await call(rpc, message, token=token)).version)

    return await live.stream(request, first.version, version)


def _at_desk(request: Request) -> bool:
    session = session_of(request)
    return bool(session.department) and not DESK_ROLES.isdisjoint(session.roles)


async def behind(request: Request) -> Response:
    """The cases behind one figure of a department."""
    asked, query = board.asked_of(request), request.query_params
    figure, page = query.get("figure", ""), query.get("page", "")[:200]
    if figure not in FIGURES:
        raise HTTPException(404)
    message = boards.ListBoardCasesRequest(
        figure=FIGURES[figure],
        region=asked.region,
        department=asked.department,
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).board.ListBoardCases, message)
    name = names(await known_departments(request)).get(asked.department, asked.department)
    context: dict[str, Any] = {"asked": asked, "figure": figure, "page": page, "name": name}
    context["text"] = dict(desk_words.FIGURES)[figure]
    return show(request, "board_cases.html", found=found, **context)


async def mine(request: Request) -> Response:
    """How the officer's own work stands."""
    found = await ask(request, backends(request).board.GetMyDesk, boards.GetMyDeskRequest())
    averages = [("我", found.own), ("本部门", found.department)]
    bars = [
        (whose, one.days / one.decisions if one.decisions else 0, board.average(one), tone)
        for (whose, one), tone in zip(averages, ("good", "go"), strict=True)
    ]
    columns = [(day.day, day.accepted + day.decided + day.closed, day.decided) for day in found.days]
    context: dict[str, Any] = {"averages": averages, "average": board.average, "average_bars": charts.bars(bars)}
    return show(request, "board_mine.html", found=found, chart=charts.columns(columns), **context)


PAGES = (
    Page("/live/board", news, None, "officer", READS),
    Page(AT, overview, None, "officer", READS, counts=True),
    Page(f"{AT}/cases", behind, None, "officer", READS),
    Page(MINE, mine, None, "officer", tuple(sorted(DESK_ROLES)), counts=True),
)
