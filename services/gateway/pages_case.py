"""One case as its applicant sees it: where it stands, its clocks, papers, money and parcel, and what he may do now."""

import asyncio
from typing import Any

from grpc import StatusCode
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import case_acts, live, pages_messages
from services.gateway.acts import FRESH, Tried
from services.gateway.calls import CallError, backends
from services.gateway.case_acts import act_page
from services.gateway.overview import or_none
from services.gateway.pages import Page
from services.gateway.pages_person import get_case
from services.gateway.progress import stages
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import documents_pb2 as documents
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.case.v1 import service_pb2 as cases
from yiwang.rating.v1 import service_pb2 as rating


async def case_page(request: Request) -> Response:
    """One case of the visitor."""
    return await show_case(request, FRESH)


async def show_case(request: Request, tried: Tried) -> Response:
    """The case page, with a form of it that was refused; what only other parts know is left out while they do not answer."""
    case = await get_case(request)
    stubs, id = backends(request), case.id
    papers, payment, (ratings, asked), notices = await asyncio.gather(
        or_none(ask(request, stubs.documents.ListDocuments, documents.ListDocumentsRequest(case_id=id))),
        _payment(request, case),
        _ratings(request, case),
        pages_messages.of_case(request, id),
    )
    context: dict[str, Any] = {
        "case": case,
        "stages": stages(case),
        "tried": tried,
        "problems": tried.problems,
        "papers": papers.documents if papers else [],
        "payment": payment,
        "ratings": ratings,
        "asked": asked,
        "notices": notices,
        "stream": live.address_of_case(case) if tried is FRESH else "",
    }
    return show(request, "case.html", tried.status, **context)


async def _payment(request: Request, case: cases.Case) -> fulfilment.Payment | None:
    """How far the payment is, where anything was to be paid."""
    if not any(one.amount for one in case.fees):
        return None
    message = fulfilment.GetPaymentRequest(case_id=case.id)
    return await or_none(ask(request, backends(request).fulfilment.GetPayment, message))


async def _ratings(request: Request, case: cases.Case) -> tuple[list[rating.Rating], str]:
    """The service nodes of the case that may be, or were, rated, its closing first; and why there are none yet: `soon` just after closing,
    `away` while rating does not answer. Nobody rates under a delegation."""
    closed = case.status == cases.CASE_STATUS_CLOSED
    try:
        message = rating.ListRatingsRequest(case_id=case.id)
        found = await ask(request, backends(request).rating.ListRatings, message)
    except CallError as error:
        return [], "away" if closed and error.code != StatusCode.PERMISSION_DENIED else ""
    nodes = sorted(found.ratings, key=lambda one: (one.node != rating.SERVICE_NODE_CLOSE, one.opened_at))
    ended = any(one.node == rating.SERVICE_NODE_CLOSE for one in nodes)
    return nodes, "soon" if closed and not ended else ""


PAGES = (
    Page("/cases/{case_id:uuid}", case_page, None, "person", acting=True, counts=True),
    act_page("/cases/{case_id:uuid}/withdraw", case_acts.WITHDRAW, show_case),
    act_page("/cases/{case_id:uuid}/hand-in", case_acts.HAND_IN, show_case),
    act_page("/cases/{case_id:uuid}/delivery", case_acts.CHOOSE, show_case),
    act_page("/cases/{case_id:uuid}/intermediary", case_acts.INTERMEDIARY, show_case),
)
