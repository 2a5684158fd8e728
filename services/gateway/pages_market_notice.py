"""One procurement as everybody sees it: notice, phases, list, result, award; and the draw, its proof step by step."""

import asyncio
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import market_moves, qr
from services.gateway.calls import FILE_DEADLINE, backends
from services.gateway.market_reading import ONE, kinds_of, procurement_of, proof, transcript_of
from services.gateway.pages import Page
from services.gateway.pages_person import SAFE_TYPES
from services.gateway.render import show
from services.gateway.session import ask, session_of
from services.gateway.words import short_day_text
from yiwang.intermediary.v1 import performance_pb2 as performance
from yiwang.intermediary.v1 import service_pb2 as pb

# In which of the five phases on the page a status is.
_PHASE: Final = {
    pb.PROCUREMENT_STATUS_OPEN: 0,
    pb.PROCUREMENT_STATUS_FROZEN: 1,
    pb.PROCUREMENT_STATUS_SELECTED: 2,
    pb.PROCUREMENT_STATUS_OBJECTED: 2,
    pb.PROCUREMENT_STATUS_AWARDED: 3,
    pb.PROCUREMENT_STATUS_CONTRACTED: 4,
    pb.PROCUREMENT_STATUS_DELIVERED: 4,
    pb.PROCUREMENT_STATUS_COMPLETED: 4,
    pb.PROCUREMENT_STATUS_ARCHIVED: 5,
}
# Moves that tell a winner, and an owner.
_WINNERS: Final = frozenset(("GiveUpAward", "ReportMilestone", "Deliver"))
_OWNERS: Final = frozenset(market_moves.PROCUREMENT) | {"SubmitProcurement"}


class Stage(NamedTuple):
    """One phase: done, current, attention, stopped or ahead."""

    name: str
    state: str
    note: str


def stages(one: pb.Procurement) -> list[Stage]:
    """The phases of a procurement; those it never came to stay ahead."""
    told = [
        # Nobody signs up for a direct selection.
        (
            "公告" if one.need.mode == pb.MODE_DIRECT else "报名",
            one.need.signup_end and f"{short_day_text(one.need.signup_end)}截止",
        ),
        ("选取", short_day_text(one.selected_at or one.need.selection_at)),
        ("结果公示", one.result_until and f"至{short_day_text(one.result_until)}"),
        ("签订合同", one.contract_due and f"{short_day_text(one.contract_due)}前"),
        ("履约归档", ""),
    ]
    ended = one.status == pb.PROCUREMENT_STATUS_ENDED
    came_to = [one.published_at, one.frozen_at, one.selected_at, one.awarded_at, one.performance.signed_on]
    here = sum(map(bool, came_to)) - 1 if ended else _PHASE.get(one.status, -1)
    attention = one.status == pb.PROCUREMENT_STATUS_OBJECTED or one.contract_overdue or one.late
    now = "stopped" if ended else "attention" if attention else "current"
    return [
        Stage(name, "done" if at < here else now if at == here else "ahead", note or "")
        for at, (name, note) in enumerate(told)
    ]


def work_at(request: Request, one: pb.Procurement) -> str:
    """Where the visitor does what he may do with it; empty for who has nothing to do there but read."""
    session = session_of(request)
    moves = set(one.moves)
    if session.realm == "officer" and not {"procure"} & set(session.roles):
        return f"/desk/market/procurements/{one.id}" if {"market", "supervise"} & set(session.roles) else ""
    if moves & _WINNERS:
        return f"/market/awards/{one.id}"
    return f"/market/needs/{one.id}" if moves & _OWNERS else ""


async def notice(request: Request) -> Response:
    """The notice, how far it is, who took part and who did not, the result and what became of it."""
    one, kinds = await asyncio.gather(procurement_of(request), kinds_of(request))
    context: dict[str, Any] = {
        "one": one,
        "kinds": {id: kind.name for id, kind in kinds.items()},
        "stages": stages(one),
        "proof": await proof(request, one),
        "work": work_at(request, one),
        "may_sign_up": one.status == pb.PROCUREMENT_STATUS_OPEN or "OpenBid" in one.moves,
    }
    return show(request, "market_notice.html", **context)


async def draw(request: Request) -> Response:
    """The proof of a draw, step by step from its transcript; before the freeze what is known by then."""
    one = await procurement_of(request)
    if one.need.mode != pb.MODE_DRAW:
        raise HTTPException(404)
    context: dict[str, Any] = {"one": one, "proof": await proof(request, one), "site": qr.base_url(request)}
    return show(request, "market_draw.html", **context)


async def transcript(request: Request) -> Response:
    """The transcript byte for byte, as the verifier reads it."""
    found = await transcript_of(request)
    headers = {"Content-Disposition": f'attachment; filename="transcript-{found.procurement_id}.json"'}
    return Response(found.json.encode(), 200, headers, "application/json")


async def download(request: Request) -> Response:
    """A file of contract, deliverables or a proposal, for whoever may read it; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = performance.DownloadDeliverableRequest(**ids)
    found = await ask(request, backends(request).performance.DownloadDeliverable, message, FILE_DEADLINE)
    return sent(found)


def sent(found: performance.MarketFileContent) -> Response:
    """A file as it is handed out."""
    kind = found.file.media_type
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file.filename, safe='')}"}
    return Response(found.content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


PAGES = (
    Page(ONE, notice),
    Page(ONE + "/draw", draw),
    Page(ONE + "/transcript.json", transcript),
    Page(ONE + "/files/{file_id:uuid}", download, None, "anyone", acting=True),
)
