"""What else lies on an officer's desk: opinions other departments asked for, slots for inspections, broken promises, and what departments'
own systems reported."""

import dataclasses
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import desk_inputs, desk_words
from services.gateway.acts import Act, Tried, do, form, only, refused, shown
from services.gateway.calls import CallError, backends
from services.gateway.forms import text, whole
from services.gateway.pages import Page, go
from services.gateway.pages_officer import DESK_ROLES, PAGE_SIZE, known_departments
from services.gateway.pages_officers import names
from services.gateway.render import show
from services.gateway.session import ask, session_of
from yiwang.case.v1 import exchange_pb2 as exchange
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.case.v1 import promises_pb2 as promises

DESK = tuple(sorted(DESK_ROLES))
READS = (*DESK, "supervise")
DECIDE = ("decide",)
SLOTS, BLOCKS = "/desk/slots", "/desk/promise-blocks"
# As many weeks ahead as one form opens the same time for.
MOST_WEEKS = 12
_OF_A_SLOT = re.compile(r"^slots\[\d+\]\.?")


async def opinions(request: Request) -> Response:
    """What the officer's department was asked, open first."""
    page = request.query_params.get("page", "")[:200]
    message = procedures.ListOpinionsAskedRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).procedures.ListOpinionsAsked, message)
    return show(request, "desk_opinions.html", found=found, page=page)


async def slots(request: Request, tried: Tried) -> Response:
    """The slots that are still to come, and the form to open more."""
    page = request.query_params.get("page", "")[:200]
    message = procedures.ListSlotsRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).visits.ListSlots, message)
    opens = "review" in session_of(request).roles
    context: dict[str, Any] = {"page": page, "opens": opens, "tried": tried, "most": MOST_WEEKS}
    return show(request, "desk_slots.html", tried.status, problems=tried.problems, found=found, **context)


def _slots(typed: FormData) -> dict[str, Any]:
    """The same time of the day, once a week."""
    try:
        day = date.fromisoformat(text(typed, "day"))
    except ValueError:
        raise desk_inputs.wrong("day", "请选择日期") from None
    weeks = whole(text(typed, "weeks"))
    if not 1 <= weeks <= MOST_WEEKS:
        raise desk_inputs.wrong("weeks", f"请填写 1 到 {MOST_WEEKS}")
    days = [day + timedelta(weeks=ahead) for ahead in range(weeks)]
    more = {"capacity": whole(text(typed, "capacity")), "place": text(typed, "place")}
    return {"slots": [_slot(typed, one) | more for one in days]}


def _slot(typed: FormData, day: date) -> dict[str, Any]:
    """What cannot be read stays empty, and the service says so at its field."""
    return {name: desk_inputs.instant(f"{day}T{text(typed, name)}") for name in ("start", "end")}


OPEN = Act("slots", "visits.OpenSlots", procedures.OpenSlotsRequest, "slots-opened", _slots, desk_words.FIELD)


async def open_slots(request: Request) -> Response:
    """Opens slots; what is wrong with one of them is told at the input they were all made from."""
    try:
        await do(request, OPEN)
    except CallError as error:
        fields = [dataclasses.replace(one, field=_OF_A_SLOT.sub("", one.field) or "day") for one in error.fields]
        told = CallError(error.code, error.reason, error.message, _each_once(fields))
        return await slots(request, await refused(request, OPEN, told))
    return go(SLOTS, done=OPEN.done)


def _each_once(fields: Sequence[Any]) -> list[Any]:
    return list({one.field: one for one in fields}.values())


async def blocks(request: Request, tried: Tried) -> Response:
    """Who may promise nothing since he broke a promise to the officer's department."""
    page = request.query_params.get("page", "")[:200]
    message = promises.ListPromiseBlocksRequest(page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).promises.ListPromiseBlocks, message)
    context = {"found": found, "page": page, "tried": tried}
    return show(request, "desk_blocks.html", tried.status, problems=tried.problems, **context)


LIFT = Act(
    "lift", "promises.LiftPromiseBlock", promises.LiftPromiseBlockRequest, "block-lifted",
    only("block_id", "reason"), desk_words.FIELD,
)  # fmt: skip


async def reported(request: Request) -> Response:
    """What departments' own systems reported: of the own department, or of one of the supervisor's region."""
    asked, session = request.query_params, session_of(request)
    page, supervises = asked.get("page", "")[:200], "supervise" in session.roles
    department = (asked.get("department", "")[:18] if supervises else "") or session.department
    message = exchange.ListReportedCasesRequest(department=department, page_size=PAGE_SIZE, page_token=page)
    found = await ask(request, backends(request).exchange.ListReportedCases, message) if department else None
    known = await known_departments(request) if supervises else []
    context: dict[str, Any] = {"departments": known, "department": department, "supervises": supervises, "page": page}
    return show(request, "desk_reported.html", found=found, **context)


async def reported_case(request: Request) -> Response:
    """One reported case with its rows in words. A department's number may hold any character, so it stands in the query."""
    asked = request.query_params
    message = exchange.GetReportedCaseRequest(
        department=asked.get("department", "")[:18], number=asked.get("number", "")[:50]
    )
    one = await ask(request, backends(request).exchange.GetReportedCase, message)
    department = names(await known_departments(request)).get(one.department, one.department)
    return show(request, "desk_reported_case.html", one=one, department=department)


PAGES = (
    Page("/desk/opinions", opinions, None, "officer", DESK),
    Page(SLOTS, shown(slots), open_slots, "officer", DESK),
    Page(BLOCKS, shown(blocks), None, "officer", DECIDE),
    form(BLOCKS + "/lift", LIFT, blocks, BLOCKS, "officer", DECIDE),
    Page("/desk/reported", reported, None, "officer", READS),
    Page("/desk/reported/case", reported_case, None, "officer", READS),
)
