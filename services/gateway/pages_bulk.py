"""One move on many cases of the inbox: each case is an act of its own, done or refused by itself, and the page says which."""

import asyncio
import hashlib
from typing import Any, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import desk_inputs, desk_moves
from services.gateway.acts import texts
from services.gateway.calls import CallError, backends
from services.gateway.desk_moves import MOVES, Move
from services.gateway.forms import request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_officer import DESK_ROLES
from services.gateway.render import show, show_refusal
from services.gateway.session import ask, session_of
from yiwang.case.v1 import service_pb2 as cases

# As many as an inbox page shows; at once no more than a service notices.
MOST, AT_ONCE = 30, 4


class Outcome(NamedTuple):
    """What became of one case: its id, number and item as far as they are known, and why it was refused; empty = done."""

    id: str
    number: str
    item: str
    refused: str


async def bulk(request: Request) -> Response:
    """Makes the move on each of the chosen cases."""
    form = await request.form()
    name, ids = text(form, "move"), texts(form, "case")[:MOST]
    if name not in dict(desk_moves.for_many(session_of(request).roles)):
        return show_refusal(request, 403, "ROLE_NEEDED")
    if not ids:
        return go("/desk", done="bulk-none")
    move, slots = MOVES[name], asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> Outcome:
        async with slots:
            return await _made(request, form, move, id)

    outcomes = await asyncio.gather(*(one(id) for id in ids))
    failed = [outcome for outcome in outcomes if outcome.refused]
    context: dict[str, Any] = {"title": move.title, "outcomes": outcomes, "failed": len(failed)}
    return show(request, "bulk.html", **context)


async def _made(request: Request, form: FormData, move: Move, id: str) -> Outcome:
    """The same form sent again is the same act on each case: its id follows from both."""
    act = f"{request_id(form)[:44]}.{hashlib.sha256(id.encode()).hexdigest()[:12]}"
    try:
        fields = desk_inputs.fields(move.inputs, form, cases.Case())
        message = move.request(request_id=act, case_id=id, **fields)
        case = await ask(request, getattr(getattr(backends(request), move.stub), move.rpc), message)
    except CallError as error:
        if error.status == 401:
            raise
        return await _refused(request, id, error)
    return Outcome(id, case.number, case.item_name, "")


async def _refused(request: Request, id: str, error: CallError) -> Outcome:
    said = "；".join(one.text for one in error.fields) or error.message
    try:
        case = await ask(request, backends(request).case.GetCase, cases.GetCaseRequest(case_id=id))
    except CallError:
        return Outcome(id, "", "", said)
    return Outcome(id, case.number, case.item_name, said)


async def _back(request: Request) -> Response:
    return go("/desk")


PAGES = (Page("/desk/bulk", _back, bulk, "officer", tuple(sorted(DESK_ROLES))),)
