"""The citizen's trace: who held the case since when, which clock counted, what was read about him; and the proof that its journal is
whole."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.calls import FILE_DEADLINE, backends
from services.gateway.pages import Page
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import trace_pb2 as trace


async def trace_page(request: Request) -> Response:
    """The whole trace, with the verdict on its journal."""
    return await _show(request, None)


async def verify(request: Request) -> Response:
    """Checks the journal anew, now."""
    message = trace.VerifyJournalRequest(case_id=str(request.path_params["case_id"]))
    return await _show(request, await ask(request, backends(request).trace.VerifyJournal, message))


async def _show(request: Request, checked: trace.JournalVerdict | None) -> Response:
    message = trace.GetTraceRequest(case_id=str(request.path_params["case_id"]))
    found = await ask(request, backends(request).trace.GetTrace, message)
    context: dict[str, Any] = {"trace": found, "verdict": checked or found.verdict, "checked": checked is not None}
    return show(request, "trace.html", **context)


async def journal(request: Request) -> Response:
    """The journal as a file for the offline check (docs/integrating.md); what is sealed stays sealed."""
    message = trace.ExportJournalRequest(case_id=str(request.path_params["case_id"]))
    found = await ask(request, backends(request).trace.ExportJournal, message, FILE_DEADLINE)
    content = orjson.dumps(
        {"case_id": found.case_id, "number": found.number, "entries_json": list(found.entries_json)},
        option=orjson.OPT_INDENT_2,
    )
    headers = {"Content-Disposition": f'attachment; filename="journal-{found.number}.json"'}
    return Response(content, 200, headers, "application/json")


PAGES = (
    Page("/cases/{case_id:uuid}/trace", trace_page, verify, "person", acting=True),
    Page("/cases/{case_id:uuid}/journal.json", journal, None, "person", acting=True),
)
