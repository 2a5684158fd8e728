"""Pages of a person: apply, my cases, one case, correct, withdraw, rate."""

from urllib.parse import quote

from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import scenarios, words
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import (
    Problem,
    answers,
    case_labels,
    hand_in,
    item_labels,
    new_request_id,
    next_request_id,
    problems_of,
    request_id,
    text,
    whole,
)
from services.gateway.pages import Page, go
from services.gateway.progress import stages
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from yiwang.case.v1 import service_pb2 as cases
from yiwang.catalog.v1 import service_pb2 as catalog
from yiwang.rating.v1 import service_pb2 as rating

PAGE_SIZE = 20
# What the services tell by content; anything else is handed out as bytes.
SAFE_TYPES = ("application/pdf", "image/jpeg", "image/png")


async def _item(request: Request, edition: int) -> catalog.Item:
    message = catalog.GetItemRequest(item_id=str(request.path_params["item_id"]), edition=edition)
    return await ask_public(request, backends(request).catalog.GetItem, message)


async def apply_form(request: Request) -> Response:
    """The scenario questions, as long as one is open; then the application form for these answers."""
    item = await _item(request, 0)
    found = await scenarios.look(
        request, item, scenarios.answers_of(request.query_params.multi_items(), item.definition.questions)
    )
    return show(request, "apply.html", item=item, d=item.definition, s=found, typed={}, request_id=new_request_id())


async def apply(request: Request) -> Response:
    """Uploads the files and submits the case. Catalog is asked only when the form has to be shown again."""
    form = await request.form()
    act, edition, typed = request_id(form), text(form, "edition"), answers(form)
    try:
        case = await _submit(request, act, whole(edition), typed)
    except CallError as error:
        if error.status not in (400, 403, 409, 429):
            raise
        item = await _item(request, 0)
        chosen = scenarios.answers_of(form.multi_items(), item.definition.questions)
        problems = problems_of(error, item_labels(item.definition))
        context = {"problems": problems, "request_id": next_request_id(form, error), "typed": typed}
        found = await scenarios.look(request, item, chosen)
        return show(request, "apply.html", error.status, item=item, d=item.definition, s=found, **context)
    return go(f"/cases/{case.id}", done="submitted", at=case.version)


async def _submit(request: Request, act: str, edition: int, typed: dict[str, str]) -> cases.Case:
    form = await request.form()
    message = cases.SubmitCaseRequest(
        request_id=act,
        item_id=str(request.path_params["item_id"]),
        edition=edition,
        form=typed,
        materials=await hand_in(request, form, act),
        answers=scenarios.messages(scenarios.answers_of(form.multi_items())),
        channel=cases.CHANNEL_WEB,
    )
    return await ask(request, backends(request).case.SubmitCase, message)


async def my_cases(request: Request) -> Response:
    """The visitor's own cases, with the ones that wait for a rating marked."""
    message = cases.ListMyCasesRequest(page_size=PAGE_SIZE, page_token=request.query_params.get("page", "")[:200])
    found = await ask(request, backends(request).case.ListMyCases, message)
    return show(request, "my_cases.html", found=found, to_rate=await _to_rate(request))


async def _to_rate(request: Request) -> set[str]:
    """Cases with an open invitation; none while rating is away, because the list must not wait for it."""
    try:
        message = rating.ListInvitationsRequest(page_size=100)
        found = await ask(request, backends(request).rating.ListInvitations, message)
    except CallError:
        return set()
    return {i.case_id for i in found.invitations if not i.grade}


async def get_case(request: Request) -> cases.Case:
    """The case of the path, at least as new as the visitor's own last act."""
    newer = whole(request.query_params.get("at", ""))
    message = cases.GetCaseRequest(case_id=str(request.path_params["case_id"]), min_version=newer)
    return await ask(request, backends(request).case.GetCase, message)


async def case_page(request: Request) -> Response:
    """One case of the visitor."""
    return await _show_case(request, await get_case(request))


async def _show_case(
    request: Request, case: cases.Case, status: int = 200, problems: list[Problem] | None = None, **typed: str
) -> Response:
    closed = case.status == cases.CASE_STATUS_CLOSED
    invitation, invited = await _invitation(request, case.id) if closed else (None, "")
    context = {"invitation": invitation, "invited": invited, "typed": typed, "request_id": new_request_id()}
    return show(request, "case.html", status, case=case, stages=stages(case), problems=problems or [], **context)


async def _invitation(request: Request, case_id: str) -> tuple[rating.Invitation | None, str]:
    """The invitation, or why there is none: `soon` just after closing, `away` while rating does not answer. Nobody rates under a
    delegation."""
    try:
        message = rating.GetInvitationRequest(case_id=case_id)
        return await ask(request, backends(request).rating.GetInvitation, message), ""
    except CallError as error:
        reasons = {StatusCode.NOT_FOUND: "soon", StatusCode.PERMISSION_DENIED: ""}
        return None, reasons.get(error.code, "away")


async def withdraw(request: Request) -> Response:
    """Takes the application back."""
    form, case_id = await request.form(), str(request.path_params["case_id"])
    message = cases.WithdrawCaseRequest(request_id=request_id(form), case_id=case_id, reason=text(form, "reason"))
    try:
        case = await ask(request, backends(request).case.WithdrawCase, message)
    except CallError as error:
        return await _again(request, error, "withdraw-", withdraw_reason=text(form, "reason"))
    return go(f"/cases/{case_id}", done="withdrawn", at=case.version)


async def rate(request: Request) -> Response:
    """Rates a closed case."""
    form, case_id = await request.form(), str(request.path_params["case_id"])
    grade, comment = text(form, "grade"), text(form, "comment")
    message = rating.RateCaseRequest(request_id=request_id(form), case_id=case_id, comment=comment)
    if grade in dict(rating.Grade.items()):
        message.grade = rating.Grade.Value(grade)
    try:
        await ask(request, backends(request).rating.RateCase, message)
    except CallError as error:
        return await _again(request, error, "rate-", rate_grade=grade, rate_comment=comment)
    return go(f"/cases/{case_id}", done="rated")


async def _again(request: Request, error: CallError, prefix: str, **typed: str) -> Response:
    """The case page again, with what was refused and what was typed."""
    if error.status not in (400, 409):
        raise error
    return await _show_case(
        request, await get_case(request), error.status, problems_of(error, words.FIELD, prefix), **typed
    )


async def correct_form(request: Request) -> Response:
    """The form to hand in what the notice asks for."""
    case = await get_case(request)
    if "CorrectCase" not in case.moves:
        return go(f"/cases/{case.id}")
    return show(request, "correct.html", case=case, typed={}, request_id=new_request_id())


async def correct(request: Request) -> Response:
    """Hands in what was asked for; only answers that changed are sent."""
    form = await request.form()
    case, act, typed = await get_case(request), request_id(form), answers(form)
    before = {one.field.key: one.value for one in case.answers}
    changed = {key: value for key, value in typed.items() if before.get(key) != value}
    try:
        materials = await hand_in(request, form, act)
        message = cases.CorrectCaseRequest(request_id=act, case_id=case.id, materials=materials, form=changed)
        case = await ask(request, backends(request).case.CorrectCase, message)
    except CallError as error:
        if error.status not in (400, 409):
            raise
        problems = problems_of(error, case_labels(case))
        context = {"problems": problems, "request_id": next_request_id(form, error)}
        return show(request, "correct.html", error.status, case=case, typed=typed, **context)
    return go(f"/cases/{case.id}", done="corrected", at=case.version)


async def download(request: Request) -> Response:
    """A file of a case, for its applicant and its officers; always saved, never shown as a page of this site."""
    ids = {name: str(value) for name, value in request.path_params.items()}
    message = cases.DownloadAttachmentRequest(**ids)
    found = await ask(request, backends(request).case.DownloadAttachment, message, FILE_DEADLINE)
    kind = found.attachment.media_type
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.attachment.filename, safe='')}"}
    return Response(found.content, 200, headers, kind if kind in SAFE_TYPES else "application/octet-stream")


PAGES = (
    Page("/items/{item_id:uuid}/apply", apply_form, apply, "person", acting=True),
    Page("/cases", my_cases, None, "person", acting=True),
    Page("/cases/{case_id:uuid}", case_page, None, "person", acting=True),
    Page("/cases/{case_id:uuid}/correct", correct_form, correct, "person", acting=True),
    Page("/cases/{case_id:uuid}/withdraw", None, withdraw, "person", acting=True),
    Page("/cases/{case_id:uuid}/rate", None, rate, "person", acting=True),
    Page("/cases/{case_id:uuid}/files/{attachment_id:uuid}", download, None, "anyone", acting=True),
)
