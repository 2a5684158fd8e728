"""Handing something in later for a case there is: a correction, what could follow (容缺), a pre-review once more."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import CallError, backends
from services.gateway.forms import (
    answers,
    case_labels,
    hand_in,
    new_request_id,
    next_request_id,
    problems_of,
    request_id,
)
from services.gateway.pages import Page, go
from services.gateway.pages_person import get_case
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import intake_pb2 as intake
from yiwang.case.v1 import promises_pb2 as promises
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog

# Nothing of these is brought by the applicant now.
NOT_NOW: Final = (catalog.DEMAND_NOT_BY_APPLICANT, catalog.DEMAND_OPEN)


@dataclass(frozen=True)
class Later:
    """One such form: the move it needs, the call behind it, which materials it asks for, and its words."""

    move: str
    stub: str
    message: Callable[..., Any]
    asked: Callable[[cases.Case], Sequence[cases.CaseMaterial]]
    done: str
    title: str
    heading: str
    badge: str
    button: str
    # Whether every material is needed, and whether answers can be changed.
    must: bool = True
    form: bool = True


LATER: Final[Mapping[str, Later]] = {
    "correct": Later(
        "CorrectCase", "case", cases.CorrectCaseRequest, lambda case: [m for m in case.materials if m.correction_open],
        "corrected", "补正材料", "需要补正的材料", "待补正", "提交补正",
    ),
    "supply": Later(
        "SupplyDeferred", "promises", promises.SupplyDeferredRequest,
        lambda case: [m for m in case.materials if m.key in case.deferred],
        "person-supplied", "补交材料", "还需补交的材料", "待补交", "提交材料", must=False, form=False,
    ),
    "revise": Later(
        "RevisePreReview", "pre_reviews", intake.RevisePreReviewRequest,
        lambda case: [m for m in case.materials if m.demand not in NOT_NOW],
        "person-revised", "修改后再报预审", "材料", "", "再报预审", must=False,
    ),
}  # fmt: skip


def _shown(name: str) -> Callable[[Request], Awaitable[Response]]:
    """The form, where the case waits for it."""

    async def handler(request: Request) -> Response:
        case = await get_case(request)
        if LATER[name].move not in case.moves:
            return go(f"/cases/{case.id}")
        return _page(request, name, case)

    return handler


def _sent(name: str) -> Callable[[Request], Awaitable[Response]]:
    """Uploads and hands in; only answers that changed are sent."""
    later = LATER[name]

    async def handler(request: Request) -> Response:
        form = await request.form()
        case, act, typed = await get_case(request), request_id(form), answers(form)
        before = {one.field.key: one.value for one in case.answers}
        changed = {key: value for key, value in typed.items() if before.get(key) != value}
        try:
            materials = await hand_in(request, form, act)
            said = {"form": changed} if later.form else {}
            message = later.message(request_id=act, case_id=case.id, materials=materials, **said)
            case = await ask(request, getattr(getattr(backends(request), later.stub), later.move), message)
        except CallError as error:
            if error.status not in (400, 409):
                raise
            problems = problems_of(error, case_labels(case))
            context = {"problems": problems, "request_id": next_request_id(form, error), "typed": typed}
            return _page(request, name, case, error.status, **context)
        return go(f"/cases/{case.id}", done=later.done, at=case.version)

    return handler


def _page(request: Request, name: str, case: cases.Case, status: int = 200, **context: Any) -> Response:
    later = LATER[name]
    shown = {
        "case": case,
        "later": later,
        "name": name,
        "asked": later.asked(case),
        "typed": {},
        "request_id": new_request_id(),
    }
    return show(request, "correct.html", status, **(shown | context))


PAGES = tuple(
    Page(f"/cases/{{case_id:uuid}}/{name}", _shown(name), _sent(name), "person", acting=True) for name in LATER
)
