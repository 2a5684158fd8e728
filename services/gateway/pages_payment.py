"""Paying the fees of a case: what is owed, and the way to the provider's page."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from services.gateway import case_acts
from services.gateway.acts import FRESH, Tried, do, refused
from services.gateway.calls import CallError, backends
from services.gateway.pages import Page, go
from services.gateway.pages_person import get_case
from services.gateway.render import show
from services.gateway.session import ask
from yiwang.case.v1 import fulfilment_pb2 as fulfilment

# The provider is asked behind the scenes; mostly it has answered by then, and nobody has to reload.
LOOKS, PAUSE = 8, 0.25


async def payment_page(request: Request) -> Response:
    """What is to be paid, and where."""
    return await _show(request, FRESH)


async def pay(request: Request) -> Response:
    """Orders the payment and waits a moment for the provider's page."""
    try:
        case = await do(request, case_acts.PAY)
    except CallError as error:
        return await _show(request, await refused(request, case_acts.PAY, error))
    for _ in range(LOOKS):
        payment = await _payment(request)
        if payment.state != fulfilment.PAYMENT_STATE_ORDERED:
            break
        await asyncio.sleep(PAUSE)
    return go(f"/cases/{case.id}/payment", at=case.version)


async def _show(request: Request, tried: Tried) -> Response:
    case, payment = await get_case(request), await _payment(request)
    # What another program says is a link only where it is one.
    pay_url = payment.pay_url if payment.pay_url.startswith(("https://", "http://")) else ""
    context = {"case": case, "payment": payment, "pay_url": pay_url, "tried": tried, "problems": tried.problems}
    return show(request, "payment.html", tried.status, **context)


async def _payment(request: Request) -> fulfilment.Payment:
    message = fulfilment.GetPaymentRequest(case_id=str(request.path_params["case_id"]))
    return await ask(request, backends(request).fulfilment.GetPayment, message)


PAGES = (Page("/cases/{case_id:uuid}/payment", payment_page, pay, "person", acting=True),)
