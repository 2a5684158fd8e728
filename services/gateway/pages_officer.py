"""Pages of an officer: the inbox, one case, and the moves on it."""

from collections.abc import Callable
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
from services.gateway.session import ask
from yiwang.case.v1 import service_pb2 as cases

PAGE_SIZE = 30
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
    """The open cases of the officer's department, all or by light."""
    light = request.query_params.get("light", "")
    page = request.query_params.get("page", "")[:200]
    message = cases.ListInboxRequest(
        light=LIGHTS.get(light, cases.LIGHT_UNSPECIFIED), page_size=PAGE_SIZE, page_token=page
    )
    found = await ask(request, backends(request).case.ListInbox, message)
    return show(request, "inbox.html", found=found, light=light if light in LIGHTS else "", page=page)


async def desk_case(request: Request) -> Response:
    """One case, with a form for every move the officer may make now."""
    return await _show_case(request)


async def _show_case(
    request: Request, status: int = 200, problems: list[Problem] | None = None, tried: str = "", **typed: str
) -> Response:
    case = await get_case(request)
    context = {"typed": typed, "tried": tried, "request_id": new_request_id(), "problems": problems or []}
    return show(request, "desk_case.html", status, case=case, stages=stages(case), **context)


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
        if error.status not in (400, 403, 409):
            raise
        typed = {f"{name}_{key}": ",".join(str(value) for value in form.getlist(key)) for key in form}
        return await _show_case(request, error.status, problems_of(error, words.FIELD, f"{name}-"), name, **typed)
    return go(f"/desk/{case_id}", done=move.done, at=case.version)


PAGES = (
    Page("/desk", inbox, None, "officer"),
    Page("/desk/{case_id:uuid}", desk_case, None, "officer"),
    Page("/desk/{case_id:uuid}/{move}", None, make_move, "officer"),
)
