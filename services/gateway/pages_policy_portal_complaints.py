"""Complaints about how departments treat business (营商环境投诉), as who complains sees them: with his name, or by a code told once.
Nothing of a complaint stands in an address, and no answer is kept by a browser."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.acts import FRESH, Act, Tried, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.case_acts import act_page
from services.gateway.forms import problems_of, request_id, text
from services.gateway.overview import or_none
from services.gateway.pages import Handler, Page
from services.gateway.pages_officers import departments_of
from services.gateway.policy_portal_words import DONE, FIELD
from services.gateway.policy_reading import AT as POLICIES
from services.gateway.policy_reading import PAGE_SIZE
from services.gateway.render import show
from services.gateway.session import ask, ask_public, session_of
from yiwang.policy.v1 import complaints_pb2 as pb

AT: Final = POLICIES + "/complaints"
ONE: Final = AT + "/{complaint_id:uuid}"
LOOK: Final = "lookup"
# Of a form here; the code's input is shown again, so that a slip of a finger is put right.
SHOWN: Final = (400, 404, 409, 429)
SUBMIT: Final = Act("submitcomplaint", "complaints.SubmitComplaint", pb.SubmitComplaintRequest, "", labels=FIELD)
WITHDRAW: Final = Act(
    "withdrawcomplaint",
    "complaints.WithdrawComplaint",
    pb.WithdrawComplaintRequest,
    "complaint-withdrawn",
    only("reason"),
    FIELD,
)


def private(handler: Handler) -> Handler:
    """Serves what no browser and no cache may keep, whoever looks."""

    async def served(request: Request) -> Response:
        response = await handler(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return served


def _is_person(request: Request) -> bool:
    return session_of(request).realm == "person"


def _may_be_named(request: Request) -> bool:
    """A person for himself or a handler for his organisation: no delegate complains in another's name."""
    session = session_of(request)
    return _is_person(request) and (not session.own or session.organization)


async def home(request: Request, tried: Tried = FRESH) -> Response:
    """What this is for, a look by code, and the visitor's own made in his name."""
    page, found = request.query_params.get("page", "")[:200], None
    if _is_person(request):
        message = pb.ListMyComplaintsRequest(page_size=PAGE_SIZE, page_token=page)
        found = await or_none(ask(request, backends(request).complaints.ListMyComplaints, message))
    context: dict[str, Any] = {"found": found, "person": _is_person(request), "page": page, "tried": tried}
    return show(request, "policy_portal_complaints.html", tried.status, problems=tried.problems, **context)


async def look(request: Request) -> Response:
    """One by its code. A form, not an address: the code stays out of logs and histories."""
    typed = await request.form()
    code = text(typed, "code")
    try:
        message = pb.GetComplaintByCodeRequest(code=code[:40])
        one = await ask_public(request, backends(request).complaints.GetComplaintByCode, message)
    except CallError as error:
        return await home(request, _tried(error, LOOK, typed))
    return _own(request, one, code)


def _tried(error: CallError, name: str, typed: FormData) -> Tried:
    """The refusal at the form; raised again when no form can show it. What was typed is not shown again: a code is a secret."""
    if error.status not in SHOWN:
        raise error
    if error.status == 404:
        error = CallError(error.code, error.reason, "没有找到这个查询码对应的投诉，请核对后再试")
    return Tried(name, tuple(problems_of(error, FIELD, f"{name}-")), {}, request_id(typed), error.status)


def _own(request: Request, one: pb.Complaint, code: str = "", tried: Tried = FRESH, **more: Any) -> Response:
    context: dict[str, Any] = {"one": one, "code": code, "tried": tried, **more}
    return show(request, "policy_portal_complaint.html", tried.status, problems=tried.problems, **context)


async def withdraw_by_code(request: Request) -> Response:
    """Takes one back by its code."""
    typed = await request.form()
    code, stub = text(typed, "code")[:40], backends(request).complaints
    message = pb.WithdrawComplaintRequest(request_id=request_id(typed), code=code[:30], reason=text(typed, "reason"))
    try:
        one = await ask_public(request, stub.WithdrawComplaint, message)
    except CallError as error:
        found = None
        if error.status in (400, 409):
            # It is there: what is wrong is told beside it, as it stands now.
            found = await or_none(ask_public(request, stub.GetComplaintByCode, pb.GetComplaintByCodeRequest(code=code)))
        if not found:
            return await home(request, _tried(error, LOOK, typed))
        return _own(request, found, code, await refused(request, WITHDRAW, error))
    # No address says that it is done: it would have to say of which.
    return _own(request, one, code, done=DONE[WITHDRAW.done])


async def new(request: Request, tried: Tried) -> Response:
    """The form of a complaint."""
    region = str(request.app.state.settings.region)
    departments = await or_none(departments_of(request, region)) or []
    options = [(f"{one.uscc} {one.name}", one.name) for one in departments] + [("other", "列表中没有，在下面填写")]
    context: dict[str, Any] = {"options": options, "region": region, "named": _may_be_named(request), "tried": tried}
    return show(request, "policy_portal_complaint_new.html", tried.status, problems=tried.problems, **context)


def _complained(form: FormData) -> dict[str, Any]:
    """The fields of a complaint; a department that is not on the list is typed."""
    code, _, name = text(form, "department").partition(" ")
    return {
        **only("officer_name", "title", "text", "region", "complainant_name", "contact")(form),
        "department": (code if name else text(form, "other_department").upper())[:18],
        "department_name": (name or text(form, "other_department_name"))[:100],
    }


async def submit(request: Request) -> Response:
    """Submits it. The answer is the one page that ever shows its code. Without a name no token goes along: nothing leads to the
    session it was written in."""
    typed = await request.form()
    named = _may_be_named(request) and text(typed, "anonymous") != "1"
    message = pb.SubmitComplaintRequest(request_id=request_id(typed), anonymous=not named, **_complained(typed))
    rpc = backends(request).complaints.SubmitComplaint
    try:
        one = await (ask(request, rpc, message) if named else ask_public(request, rpc, message))
    except CallError as error:
        return await new(request, await refused(request, SUBMIT, error))
    return show(request, "policy_portal_complaint_sent.html", one=one)


async def one_complaint(request: Request, tried: Tried) -> Response:
    """One the visitor made in his name, with its answer, and who looked at it."""
    message = pb.GetComplaintRequest(complaint_id=str(request.path_params["complaint_id"]))
    return _own(request, await ask(request, backends(request).complaints.GetComplaint, message), "", tried)


PAGES = (
    Page(AT, private(home), private(look)),
    Page(AT + "/new", private(shown(new)), private(submit)),
    Page(AT + "/withdraw", None, private(withdraw_by_code)),
    Page(ONE, private(shown(one_complaint)), None, "person", acting=True),
    act_page(f"{ONE}/{WITHDRAW.name}", WITHDRAW, one_complaint, AT + "/{complaint_id}"),
)
