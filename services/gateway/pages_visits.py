"""Inspections on site: the applicant books a time with his department, and gives it back."""

from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import case_acts, person_words
from services.gateway.acts import FRESH, Tried
from services.gateway.calls import backends
from services.gateway.case_acts import act_page
from services.gateway.pages import Page
from services.gateway.pages_person import get_case
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.case.v1 import service_pb2 as cases

PAGE_SIZE = 40
INSPECTORS = 2


async def visits_page(request: Request) -> Response:
    """What is booked, what can be, and what was found."""
    return await show_visits(request, FRESH)


async def show_visits(request: Request, tried: Tried) -> Response:
    """The page, with a form of it that was refused: a time somebody else took meanwhile is no longer on the list."""
    case = await get_case(request)
    found = procedures.ListSlotsResponse()
    if "BookVisit" in case.moves:
        token = request.query_params.get("page", "")[:200]
        message = procedures.ListSlotsRequest(case_id=case.id, page_size=PAGE_SIZE, page_token=token)
        found = await ask(request, backends(request).visits.ListSlots, message)
    context: dict[str, Any] = {
        "case": case,
        "days": [
            (day, list(slots)) for day, slots in groupby(found.slots, lambda one: person_words.date_text(one.start))
        ],
        "next": found.next_page_token,
        "booked": booked_of(case),
        "tried": tried,
        "problems": tried.problems,
    }
    return show(request, "visits.html", tried.status, **context)


def booked_of(case: cases.Case) -> cases.CaseVisit | None:
    """The inspection that is still to come, or under way."""
    open_ = (one for one in case.visits if not one.cancelled and len(one.signatures) < INSPECTORS)
    return next(open_, None)


PAGES = (
    Page("/cases/{case_id:uuid}/visits", visits_page, None, "person", acting=True),
    act_page("/cases/{case_id:uuid}/visits/book", case_acts.BOOK, show_visits, "/cases/{case_id}/visits"),
    act_page("/cases/{case_id:uuid}/visits/cancel", case_acts.CANCEL, show_visits, "/cases/{case_id}/visits"),
)
