"""A procurement as its owner, its winner or an officer works on it: all of it, with a form for every move that may be made now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import market_moves
from services.gateway.acts import Tried, do, shown
from services.gateway.calls import CallError, backends
from services.gateway.market_forms import attach, refused
from services.gateway.market_reading import PAGE_SIZE, kinds_of, procurement_id, procurement_of, proof
from services.gateway.moves import Move, offered
from services.gateway.overview import or_none
from services.gateway.pages import Handler, Page, go
from services.gateway.pages_market_notice import stages
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.intermediary.v1 import selection_pb2 as selection
from yiwang.intermediary.v1 import service_pb2 as pb

NEEDS: Final = "/market/needs"
AWARDS: Final = "/market/awards"
DESK: Final = "/desk/market/procurements"
ROLES: Final = {NEEDS: ("procure",), AWARDS: (), DESK: ("market", "supervise")}
TITLES: Final = {NEEDS: "我的采购需求", AWARDS: "我的中选项目", DESK: "中介超市工作台"}


def mine(won: bool) -> Handler:
    """The list of the visitor's needs, or of those his agency won."""

    async def handler(request: Request) -> Response:
        page = request.query_params.get("page", "")[:200]
        message = pb.ListMyProcurementsRequest(won=won, page_size=PAGE_SIZE, page_token=page)
        found = await ask(request, backends(request).procurements.ListMyProcurements, message)
        base = AWARDS if won else NEEDS
        context: dict[str, Any] = {"found": found, "page": page, "won": won, "base": base, "title": TITLES[base]}
        return show(request, "market_mine.html", **context)

    return handler


def work(base: str) -> Callable[[Request, Tried], Awaitable[Response]]:
    """The page of one of them below this address."""

    async def page(request: Request, tried: Tried) -> Response:
        one, kinds = await asyncio.gather(procurement_of(request), kinds_of(request))
        told = await asyncio.gather(_evaluation(request, one), proof(request, one))
        moves = offered(market_moves.PROCUREMENT, list(one.moves))
        evaluation, listed = told
        context: dict[str, Any] = {
            "one": one,
            "kinds": {id: kind.name for id, kind in kinds.items()},
            "stages": stages(one),
            "moves": moves,
            "evaluation": evaluation,
            "replace": ("replaceevaluator", market_moves.REPLACE) if "ReplaceEvaluator" in one.moves else None,
            "proof": listed,
            "base": base,
            "title": TITLES[base],
            "party": "supervisor" if base == DESK else "owner",
            "tried": tried,
        }
        return show(request, "market_work.html", tried.status, problems=tried.problems, **context)

    return page


async def _evaluation(request: Request, one: pb.Procurement) -> selection.Evaluation | None:
    """The scoring of a choice, as far as the visitor may see it."""
    if one.need.mode != pb.MODE_CHOICE or not one.frozen_at or not session_of(request).realm:
        return None
    message = selection.GetEvaluationRequest(procurement_id=one.id)
    return await or_none(ask(request, backends(request).selection.GetEvaluation, message))


def moved(base: str, move: Move) -> Handler:
    """Makes a move, its files first; a refusal comes back on the page, beside the form it is about."""
    page = work(base)

    async def handler(request: Request) -> Response:
        form = await request.form()
        try:
            files = {move.files: await attach(request, form, move.files)} if move.files else {}
            answer = await do(request, move.act, **files)
        except CallError as error:
            return await page(
                request, await refused(request, move.act, error, {"milestones": ("name", "due", "share")})
            )
        newer = {"at": answer.version} if isinstance(answer, pb.Procurement) else {}
        return go(f"{base}/{procurement_id(request)}", done=move.act.done, **newer)

    return handler


def pages(base: str, needs: Any) -> list[Page]:
    """The entries of the route table below this address: the page, and a form for every move."""
    one = base + "/{procurement_id:uuid}"
    all_moves = [*market_moves.PROCUREMENT.values(), market_moves.REPLACE]
    return [
        Page(one, shown(work(base)), None, needs, ROLES[base], acting=True),
        *(
            Page(f"{one}/{move.act.name}", None, moved(base, move), needs, ROLES[base], acting=True)
            for move in all_moves
        ),
    ]


PAGES = (
    Page(NEEDS, mine(won=False), None, "anyone", ROLES[NEEDS], acting=True),
    Page(AWARDS, mine(won=True), None, "person", acting=True),
    *pages(NEEDS, "anyone"),
    *pages(AWARDS, "person"),
    *pages(DESK, "officer"),
)
