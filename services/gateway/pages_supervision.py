"""Electronic supervision: the cases of a department as a supervisor reads them, what was found, what was answered to it, and 督办."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import desk_words
from services.gateway.acts import Act, Tried, do, form, number, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.pages import Page, go
from services.gateway.pages_officer import DESK_ROLES, PAGE_SIZE, known_departments
from services.gateway.pages_officers import names
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.case.v1 import service_pb2 as cases
from yiwang.case.v1 import supervision_pb2 as supervision

FINDINGS = "/desk/findings"
READS = (*sorted(DESK_ROLES), "supervise")
SUPERVISE = ("supervise",)


async def overview(request: Request) -> Response:
    """The cases of a department of the supervisor's region."""
    department = request.query_params.get("department", "")[:18]
    page = request.query_params.get("page", "")[:200]
    found = None
    if department:
        message = cases.ListCasesRequest(department=department, page_size=PAGE_SIZE, page_token=page)
        found = await ask(request, backends(request).case.ListCases, message)
    at_desk = not DESK_ROLES.isdisjoint(session_of(request).roles)
    known = await known_departments(request)
    return show(
        request, "supervision.html", found=found, departments=known, department=department, page=page, at_desk=at_desk
    )


async def findings(request: Request) -> Response:
    """What was found, of the own department, or for a supervisor of a department or a county of his region."""
    asked, session = request.query_params, session_of(request)
    supervises = "supervise" in session.roles
    status, page = asked.get("status", ""), asked.get("page", "")[:200]
    department = asked.get("department", "")[:18] if supervises else ""
    county = _county(asked.get("county", "")) if supervises and not department else ""
    message = supervision.ListFindingsRequest(
        department=department,
        county=county,
        status=desk_words.FINDINGS.get(status, supervision.FINDING_STATUS_UNSPECIFIED),
        page_size=PAGE_SIZE,
        page_token=page,
    )
    found = await ask(request, backends(request).supervision.ListFindings, message)
    known = await known_departments(request)
    scope = {"department": department, "county": county}
    context: dict[str, Any] = {"departments": known, "names": names(known), "supervises": supervises, "scope": scope}
    context |= {"chosen": status if status in desk_words.FINDINGS else "", "page": page, "at": partial(_at, scope)}
    return show(request, "desk_findings.html", found=found, **context)


def _at(scope: dict[str, str], status: str, page: str = "") -> str:
    """The address of findings of this scope and status."""
    query = {name: value for name, value in {**scope, "status": status, "page": page}.items() if value}
    return f"{FINDINGS}?{urlencode(query)}" if query else FINDINGS


def _county(typed: str) -> str:
    return typed if typed.isascii() and typed.isdecimal() and len(typed) == 6 else ""


async def finding(request: Request, tried: Tried) -> Response:
    """One finding with what was said about it, and what may be said next."""
    message = supervision.GetFindingRequest(finding_id=str(request.path_params["finding_id"]))
    one = await ask(request, backends(request).supervision.GetFinding, message)
    session = session_of(request)
    answers = session.department == one.department and not DESK_ROLES.isdisjoint(session.roles)
    context = {"one": one, "answers": answers, "supervises": "supervise" in session.roles}
    context |= {"names": names(await known_departments(request)), "tried": tried}
    return show(request, "desk_finding.html", tried.status, problems=tried.problems, **context)


ANSWER = Act(
    "answer", "supervision.AnswerFinding", supervision.AnswerFindingRequest, "finding-answered", only("text"),
    desk_words.FIELD,
)  # fmt: skip
RETURN = Act(
    "return", "supervision.ReturnFinding", supervision.ReturnFindingRequest, "finding-returned", only("text"),
    desk_words.FIELD,
)  # fmt: skip
CLOSE = Act(
    "close", "supervision.CloseFinding", supervision.CloseFindingRequest, "finding-closed", only("text"),
    desk_words.FIELD,
)  # fmt: skip
URGE = Act(
    "urge", "supervision.UrgeCase", supervision.UrgeCaseRequest, "case-urged",
    lambda typed: {**only("text")(typed), "days": number(typed, "days")}, desk_words.FIELD,
)  # fmt: skip


async def urge_page(request: Request, tried: Tried) -> Response:
    """The form of 督办. The case itself is not looked at for it: a look is noted for the applicant."""
    case_id = str(request.path_params["case_id"])
    return show(request, "desk_urge.html", tried.status, problems=tried.problems, case_id=case_id, tried=tried)


async def urge(request: Request) -> Response:
    """Urges the case; the finding it becomes is shown."""
    try:
        made = await do(request, URGE)
    except CallError as error:
        return await urge_page(request, await refused(request, URGE, error))
    return go(f"{FINDINGS}/{made.id}", done=URGE.done)


ONE = FINDINGS + "/{finding_id:uuid}"
BACK = FINDINGS + "/{finding_id}"
PAGES = (
    Page("/desk/supervision", overview, None, "officer", counts=True),
    Page(FINDINGS, findings, None, "officer", READS),
    Page(ONE, shown(finding), None, "officer", READS),
    form(ONE + "/answer", ANSWER, finding, BACK, "officer", tuple(sorted(DESK_ROLES))),
    form(ONE + "/return", RETURN, finding, BACK, "officer", SUPERVISE),
    form(ONE + "/close", CLOSE, finding, BACK, "officer", SUPERVISE),
    Page("/desk/{case_id:uuid}/urge", shown(urge_page), urge, "officer", SUPERVISE),
)
