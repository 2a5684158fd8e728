"""Pages of an officer: the inbox, and one case with everything about it, the moves on it and its answers in clear."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import desk_inputs, desk_moves, desk_words, live, pages_messages
from services.gateway.acts import FRESH, SHOWN, Tried, tried
from services.gateway.calls import CallError, backends
from services.gateway.desk_moves import MOVES, Move
from services.gateway.forms import attach, new_request_id, next_request_id, problems_of, request_id, text, to_case
from services.gateway.overview import or_none
from services.gateway.pages import Page, go
from services.gateway.pages_officers import departments_of
from services.gateway.pages_person import get_case
from services.gateway.progress import stages
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.case.v1 import documents_pb2 as documents
from yiwang.case.v1 import intermediary_pb2 as intermediary
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import supervision_pb2 as supervision
from yiwang.case.v1 import trace_pb2 as traces
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.identity.v1 import officers_pb2 as officers

PAGE_SIZE = 30
# As many as stand beside one case; the rest is on the page of findings.
FINDINGS_SHOWN = 20
DESK_ROLES = frozenset(("receive", "review", "decide", "issue"))
LIGHTS = {"red": cases.LIGHT_RED, "yellow": cases.LIGHT_YELLOW, "green": cases.LIGHT_GREEN}


async def inbox(request: Request) -> Response:
    """The open cases of the officer's department: all, by light, or his own. Who only supervises has no inbox."""
    roles = session_of(request).roles
    if "supervise" in roles and DESK_ROLES.isdisjoint(roles):
        return go("/desk/supervision")
    mine = "1" if request.query_params.get("mine") else ""
    light = request.query_params.get("light", "")
    page = request.query_params.get("page", "")[:200]
    message = cases.ListInboxRequest(
        light=LIGHTS.get(light, cases.LIGHT_UNSPECIFIED), page_size=PAGE_SIZE, page_token=page, mine=bool(mine)
    )
    found = await ask(request, backends(request).case.ListInbox, message)
    context: dict[str, Any] = {"light": light if light in LIGHTS else "", "page": page, "mine": mine}
    context |= {"bulk": desk_moves.for_many(roles), "request_id": new_request_id()}
    return show(request, "inbox.html", found=found, **context)


async def known_departments(request: Request) -> list[officers.Department]:
    """The departments of the officer's region, to choose from and to name; none while identity is away."""
    return await or_none(departments_of(request)) or []


async def desk_case(request: Request) -> Response:
    """One case, with a form for every move the officer may make now."""
    return await _show_case(request)


async def _show_case(request: Request, tried: Tried = FRESH, clear: Sequence[cases.Answer] = ()) -> Response:
    case = await get_case(request)
    offered = desk_moves.offered(case)
    context: dict[str, Any] = {"case": case, "offered": offered, "stages": stages(case), "clear": clear, "tried": tried}
    context |= await _beside(request, case)
    context["departments"] = await known_departments(request) if desk_moves.needs_departments(case) else []
    context["item"] = await _item(request, case) if desk_moves.needs_item(case) else catalog.ItemDefinition()
    context["now"] = desk_inputs.moment(datetime.now(UTC))
    # A form that was refused, or answers shown in clear, stay until he goes on.
    context["stream"] = live.address_of_case(case) if tried is FRESH and not clear else ""
    context["stream_asks"] = context["supervised"]
    return show(request, "desk_case.html", tried.status, problems=tried.problems, **context)


async def _item(request: Request, case: cases.Case) -> catalog.ItemDefinition:
    """The edition of the item the case is of; an empty one while catalog is away."""
    message = catalog.GetItemRequest(item_id=case.item_id, edition=case.edition)
    found = await or_none(ask_public(request, backends(request).catalog.GetItem, message))
    return found.definition if found else catalog.ItemDefinition()


async def _beside(request: Request, case: cases.Case) -> dict[str, Any]:
    """What other services tell of the case: notices, documents, trace and findings, each left out while it is away. Who reads it as a
    supervisor asks for the last three by a link, because every one of his looks at them is noted for the applicant."""
    stubs, id, supervised = backends(request), case.id, _only_supervised(request, case)
    told: dict[str, Any] = {"supervised": supervised, "shut_out": _shut_out(request, case), "more": False}
    if supervised and "all" not in request.query_params:
        notices = await pages_messages.of_case(request, id)
        return told | {"notices": notices, "documents": None, "trace": None, "findings": None, "more": True}
    notices, papers, trace, findings = await asyncio.gather(
        pages_messages.of_case(request, id),
        or_none(ask(request, stubs.documents.ListDocuments, documents.ListDocumentsRequest(case_id=id))),
        or_none(ask(request, stubs.trace.GetTrace, traces.GetTraceRequest(case_id=id))),
        or_none(ask(request, stubs.supervision.ListFindings, _about(id))),
    )
    return told | {"notices": notices, "documents": papers, "trace": trace, "findings": findings}


def _only_supervised(request: Request, case: cases.Case) -> bool:
    """Whether it is neither his department's, nor one it received or was asked about."""
    session = session_of(request)
    own = {case.department, case.receiving_department, *(one.department for one in case.opinions)}
    return "supervise" in session.roles and session.department not in own


def _shut_out(request: Request, case: cases.Case) -> bool:
    """Whether his window received it and the deciding department has taken it over: of what was handed in he is shown nothing any more."""
    department = session_of(request).department
    asked = department in {one.department for one in case.opinions}
    received = department == case.receiving_department != case.department
    return received and bool(case.taken_at) and not asked


def _about(case_id: str) -> supervision.ListFindingsRequest:
    return supervision.ListFindingsRequest(case_id=case_id, page_size=FINDINGS_SHOWN)


async def make_move(request: Request) -> Response:
    """Makes one move; a refusal comes back on the case page, beside the form it is about."""
    name, case_id = str(request.path_params["move"]), str(request.path_params["case_id"])
    move = MOVES.get(name)
    if move is None:
        raise HTTPException(404)
    try:
        case = await _move(request, move, case_id)
    except CallError as error:
        return await _show_case(request, await _refused(request, name, error))
    return go(f"/desk/{case_id}", done=move.done, at=case.version)


async def _move(request: Request, move: Move, case_id: str) -> cases.Case:
    form = await request.form()
    act = request_id(form)
    case = await get_case(request) if desk_moves.needs_case(move) else cases.Case()
    fields = desk_inputs.fields(move.inputs, form, case)
    send = to_case(request, {"case_id": case_id})
    for one in move.inputs:
        if one.kind == "files":
            fields[one.name] = [kept.id for kept in await attach(form, one.name, act, send)]
    rpc = getattr(getattr(backends(request), move.stub), move.rpc)
    moved: cases.Case = await ask(request, rpc, move.request(request_id=act, case_id=case_id, **fields))
    return moved


async def _refused(request: Request, name: str, error: CallError) -> Tried:
    """The refusal as the case page shows it; raised again when the page cannot."""
    if error.status not in SHOWN:
        raise error
    form = await request.form()
    problems = problems_of(error, desk_words.FIELD, f"{name}-")
    return tried(form, name, problems, error.status, next_request_id(form, error))


async def unmask(request: Request) -> Response:
    """Shows the chosen answers in clear, on this one page: they go into no address and no history."""
    form = await request.form()
    message = cases.UnmaskCaseRequest(
        request_id=request_id(form),
        case_id=str(request.path_params["case_id"]),
        fields=[str(key) for key in form.getlist("fields")],
        purpose=text(form, "purpose"),
    )
    try:
        found = await ask(request, backends(request).case.UnmaskCase, message)
    except CallError as error:
        return await _show_case(request, await _refused(request, "unmask", error))
    return await _show_case(request, clear=found.answers)


async def request_intermediary(request: Request) -> Response:
    """Asks for an intermediary's result the case needs."""
    form = await request.form()
    message = intermediary.RequestIntermediaryRequest(
        request_id=request_id(form), case_id=str(request.path_params["case_id"]), service=text(form, "service")
    )
    try:
        case = await ask(request, backends(request).intermediaries.RequestIntermediary, message)
    except CallError as error:
        return await _show_case(request, await _refused(request, "intermediary", error))
    return go(f"/desk/{case.id}", done="case-intermediary", at=case.version)


PAGES = (
    Page("/desk", inbox, None, "officer", counts=True),
    Page("/desk/{case_id:uuid}", desk_case, None, "officer", counts=True),
    Page("/desk/{case_id:uuid}/unmask", None, unmask, "officer"),
    Page("/desk/{case_id:uuid}/intermediary", None, request_intermediary, "officer"),
    Page("/desk/{case_id:uuid}/{move}", None, make_move, "officer"),
)
