"""The unified query (统一查询) of cases that departments' own systems handle and report: for anyone who has the department's number and the
end of the applicant's document number."""

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import CallError, backends
from services.gateway.forms import Problem, problems_of, text
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask_public
from yiwang.case.v1 import exchange_pb2 as exchange

FIELD = {"number": "办件编号", "last_six": "证件号码后六位"}
LONGEST = 50
UNKNOWN = "没有查到。请核对编号和证件号码后六位；也可能部门还没有把这件事的进度传来。"


async def reported_form(request: Request) -> Response:
    """The form."""
    return _page(request, {"number": "", "last_six": ""})


async def reported(request: Request) -> Response:
    """How far it is. A form, not an address: both stay out of logs and histories."""
    form = await request.form()
    typed = {"number": text(form, "number")[:LONGEST], "last_six": text(form, "last_six").upper()[:6]}
    message = exchange.GetReportedProgressRequest(**typed)
    try:
        found = await ask_public(request, backends(request).exchange.GetReportedProgress, message)
    except CallError as error:
        if error.status not in (400, 404, 429):
            raise
        problems = [Problem("number", UNKNOWN)] if error.status == 404 else problems_of(error, FIELD)
        return _page(request, typed, error.status, problems=problems)
    return _page(request, typed, found=found)


def _page(
    request: Request,
    typed: dict[str, str],
    status: int = 200,
    found: exchange.ReportedProgress | None = None,
    problems: list[Problem] | None = None,
) -> Response:
    return show(request, "reported.html", status, typed=typed, found=found, problems=problems or [])


PAGES = (Page("/progress/reported", reported_form, reported),)
