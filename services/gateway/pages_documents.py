"""Documents of cases (文书): their download, and the page where anybody who holds one verifies it."""

import hashlib
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import documents_words
from services.gateway.calls import FILE_DEADLINE, CallError, backends
from services.gateway.forms import Problem, problems_of, text
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask, ask_public
from yiwang.case.v1 import documents_pb2 as documents

# As the contract says.
LONGEST = 40
UNKNOWN = "没有查到这份文书。请核对编号和验证码；如确认无误，这份文书不是本平台出具的。"


async def download(request: Request) -> Response:
    """A document of a case, for its applicant and its officers; always saved, never shown as a page of this site."""
    message = documents.GetDocumentRequest(
        case_id=str(request.path_params["case_id"]), number=str(request.path_params["number"])
    )
    found = await ask(request, backends(request).documents.GetDocument, message, FILE_DEADLINE)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"}
    return Response(found.content, 200, headers, "application/pdf")


async def verify_form(request: Request) -> Response:
    """The form: number and code as they stand on the document."""
    return _page(request, {"number": request.query_params.get("number", "")[:LONGEST], "code": ""})


async def verify_code(request: Request) -> Response:
    """From the QR code on a document: its number and its code in one."""
    number, code = split(str(request.path_params["code"]))
    return await _verified(request, {"number": number, "code": code}, "")


async def verify(request: Request) -> Response:
    """Number, code and, where one was chosen, a file: only its digest goes further."""
    form = await request.form()
    typed = {"number": text(form, "number")[:LONGEST], "code": text(form, "code")[:LONGEST]}
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) and file.filename else b""
    digest = await run_in_threadpool(lambda: hashlib.sha256(content).hexdigest()) if content else ""
    return await _verified(request, typed, digest)


def split(address: str) -> tuple[str, str]:
    """Number and code out of what the QR code says: the number has one dash, the code may have several."""
    case, _, rest = address.partition("-")
    entry, _, code = rest.partition("-")
    return f"{case}-{entry}"[:LONGEST], code[:LONGEST]


async def _verified(request: Request, typed: dict[str, str], digest: str) -> Response:
    message = documents.VerifyDocumentRequest(**typed, sha256=digest)
    try:
        found = await ask_public(request, backends(request).documents.VerifyDocument, message)
    except CallError as error:
        if error.status not in (400, 404):
            raise
        problems = problems_of(error, documents_words.FIELD) if error.status == 400 else [Problem("number", UNKNOWN)]
        return _page(request, typed, status=error.status, problems=problems)
    return _page(request, typed, found)


def _page(
    request: Request,
    typed: dict[str, str],
    found: documents.VerifyDocumentResponse | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    return show(request, "verify.html", status, found=found, typed=typed, terms_of=documents_words, **context)


PAGES = (
    Page("/verify", verify_form, verify),
    Page("/verify/{code}", verify_code),
    Page("/cases/{case_id:uuid}/documents/{number}", download, None, "person", acting=True),
    Page("/desk/cases/{case_id:uuid}/documents/{number}", download, None, "officer"),
)
