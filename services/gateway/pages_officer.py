"""Pages of an officer: the inbox, one case with the moves on it and its answers in clear, and supervision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grpc import StatusCode
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import words
from services.gateway.calls import CallError, FieldError, backends
from services.gateway.forms import Problem, new_request_id, problems_of, request_id, text
from services.gateway.pages import Page, go
from services.gateway.pages_person import get_case
from services.gateway.progress import stages
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.case.v1 import service_pb2 as cases
from yiwang.identity.v1 import officers_pb2 as officers

PAGE_SIZE = 30
DESK_ROLES = frozenset(("receive", "review", "decide", "issue"))
LIGHTS = {"red": cases.LIGHT_RED, "yellow": cases.LIGHT_YELLOW, "green": cases.LIGHT_GREEN}


@dataclass(frozen=True)
class Move:
    """A form of the case page: the RPC behind it, the fields it fills, and what is said when it is done."""

    rpc: str
    request: Callable[..., Any]
    fields: Callable[[FormData], dict[str, Any]]
    done: str


def _materials_and_notice(form: FormData) -> dict[str, Any]:
    return {"materials": [str(key) for key in form.getlist("materials")], "notice": text(form, "notice")}


def _decision(form: FormData) -> dict[str, Any]:
    granted = text(form, "granted")
    if granted not in ("yes", "no"):
        # A bool has no third value, so only the form can tell that nothing was chosen.
        choose = [FieldError("granted", "请选择准予或者不予许可")]
        raise CallError(StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", choose[0].text, choose)
    return {"granted": granted == "yes", "reason": text(form, "reason")}


def _only(*names: str) -> Callable[[FormData], dict[str, Any]]:
    return lambda form: {name: text(form, name) for name in names}


MOVES = {
    "accept": Move("AcceptCase", cases.AcceptCaseRequest, _only(), "accepted"),
    "correction": Move("RequestCorrection", cases.RequestCorrectionRequest, _materials_and_notice, "asked"),
    "refuse": Move("RefuseCase", cases.RefuseCaseRequest, _only("reason"), "refused"),
    "pass": Move("PassReviewStep", cases.PassReviewStepRequest, _only("opinion"), "passed"),
    "decide": Move("DecideCase", cases.DecideCaseRequest, _decision, "decided"),
    "issue": Move("IssueResult", cases.IssueResultRequest, _only("result_number"), "issued"),
    "close": Move("CloseCase", cases.CloseCaseRequest, _only(), "closed"),
}


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
    return show(request, "inbox.html", found=found, light=light if light in LIGHTS else "", page=page, mine=mine)


async def supervision(request: Request) -> Response:
    """The cases of a department of the supervisor's region."""
    department = request.query_params.get("department", "")[:18]
    page = request.query_params.get("page", "")[:200]
    found = None
    if department:
        message = cases.ListCasesRequest(department=department, page_size=PAGE_SIZE, page_token=page)
        found = await ask(request, backends(request).case.ListCases, message)
    at_desk = not DESK_ROLES.isdisjoint(session_of(request).roles)
    known = await _departments(request)
    return show(
        request, "supervision.html", found=found, departments=known, department=department, page=page, at_desk=at_desk
    )


async def _departments(request: Request) -> list[officers.Department]:
    """The departments of the officer's region, to choose from; none while identity is away: the code can be typed."""
    try:
        message = officers.ListDepartmentsRequest(region=session_of(request).region, page_size=200)
        return list((await ask_public(request, backends(request).officers.ListDepartments, message)).departments)
    except CallError:
        return []


async def desk_case(request: Request) -> Response:
    """One case, with a form for every move the officer may make now."""
    return await _show_case(request)


async def _show_case(
    request: Request,
    status: int = 200,
    problems: list[Problem] | None = None,
    tried: str = "",
    clear: Sequence[cases.Answer] = (),
    typed: Mapping[str, str] | None = None,
) -> Response:
    case = await get_case(request)
    context: dict[str, Any] = {"typed": typed or {}, "tried": tried, "problems": problems or [], "clear": clear}
    return show(
        request, "desk_case.html", status, case=case, stages=stages(case), request_id=new_request_id(), **context
    )


async def make_move(request: Request) -> Response:
    """Makes one move; a refusal comes back on the case page, beside the form it is about."""
    name, form = request.path_params["move"], await request.form()
    move = MOVES.get(name)
    if move is None:
        raise HTTPException(404)
    case_id = str(request.path_params["case_id"])
    try:
        message = move.request(request_id=request_id(form), case_id=case_id, **move.fields(form))
        case = await ask(request, getattr(backends(request).case, move.rpc), message)
    except CallError as error:
        return await _again(request, name, form, error)
    return go(f"/desk/{case_id}", done=move.done, at=case.version)


async def _again(request: Request, name: str, form: FormData, error: CallError) -> Response:
    """The case page again, with what was refused and what was typed into the form of this name."""
    if error.status not in (400, 403, 409):
        raise error
    typed = {f"{name}_{key}": ",".join(str(value) for value in form.getlist(key)) for key in form}
    return await _show_case(request, error.status, problems_of(error, words.FIELD, f"{name}-"), name, typed=typed)


async def unmask(request: Request) -> Response:
    """Shows the chosen answers in clear, on this one page: they go into no address and no history."""
    form = await request.form()
    chosen = [str(key) for key in form.getlist("fields")]
    message = cases.UnmaskCaseRequest(
        request_id=request_id(form),
        case_id=str(request.path_params["case_id"]),
        fields=chosen,
        purpose=text(form, "purpose"),
    )
    try:
        found = await ask(request, backends(request).case.UnmaskCase, message)
    except CallError as error:
        return await _again(request, "unmask", form, error)
    return await _show_case(request, clear=found.answers)


PAGES = (
    Page("/desk", inbox, None, "officer"),
    Page("/desk/supervision", supervision, None, "officer"),
    Page("/desk/{case_id:uuid}", desk_case, None, "officer"),
    Page("/desk/{case_id:uuid}/unmask", None, unmask, "officer"),
    Page("/desk/{case_id:uuid}/{move}", None, make_move, "officer"),
)
