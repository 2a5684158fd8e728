"""What an applicant does with a case of his, as forms: each is one act, and leads back to the case at its new version."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import person_words, words
from services.gateway.acts import Act, Shown, do, only, refused
from services.gateway.calls import CallError
from services.gateway.forms import text
from services.gateway.pages import Page, go
from yiwang.case.v1 import fulfilment_pb2 as fulfilment
from yiwang.case.v1 import intake_pb2 as intake
from yiwang.case.v1 import intermediary_pb2 as intermediary
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.case.v1 import service_pb2 as cases


def delivery_of(form: FormData) -> cases.DeliveryChoice | None:
    """How the result is to come, as chosen; None when nothing known was."""
    way = text(form, "delivery.way")
    if way not in dict(cases.DeliveryWay.items()):
        return None
    choice = cases.DeliveryChoice(way=cases.DeliveryWay.Value(way))
    if choice.way == cases.DELIVERY_WAY_EXPRESS:
        choice.name, choice.phone = text(form, "delivery.name")[:100], text(form, "delivery.phone")[:30]
        choice.address = text(form, "delivery.address")[:300]
    return choice


WITHDRAW: Final = Act(
    "withdraw", "case.WithdrawCase", cases.WithdrawCaseRequest, "withdrawn", only("reason"), words.FIELD
)
CHOOSE: Final = Act(
    "choose", "fulfilment.ChooseDelivery", fulfilment.ChooseDeliveryRequest, "person-delivery",
    lambda form: {"delivery": delivery_of(form)}, person_words.FIELD,
)  # fmt: skip
PAY: Final = Act("pay", "fulfilment.PayFees", fulfilment.PayFeesRequest, "person-ordered", labels=person_words.FIELD)
HAND_IN: Final = Act(
    "hand", "pre_reviews.HandInCase", intake.HandInCaseRequest, "person-handed-in", labels=person_words.FIELD
)
INTERMEDIARY: Final = Act(
    "intermediary",
    "intermediaries.RequestIntermediary",
    intermediary.RequestIntermediaryRequest,
    "person-intermediary",
    only("service"),
)
BOOK: Final = Act(
    "book", "visits.BookVisit", procedures.BookVisitRequest, "person-booked", only("slot_id"), person_words.FIELD
)
CANCEL: Final = Act(
    "cancel",
    "visits.CancelVisit",
    procedures.CancelVisitRequest,
    "person-cancelled",
    only("reason"),
    person_words.FIELD,
)


def act_page(path: str, act: Act, shown: Shown, to: str = "/cases/{case_id}") -> Page:
    """The entry of the route table for an act; opening its address leads one step up."""

    async def handler(request: Request) -> Response:
        try:
            answer = await do(request, act)
        except CallError as error:
            return await shown(request, await refused(request, act, error))
        where, version = to.format(**request.path_params), getattr(answer, "version", 0)
        newer = {"at": version} if isinstance(answer, cases.Case) else {}
        return go(where, done=_done(act, answer), **newer)

    return Page(path, None, handler, "person", acting=True)


def _done(act: Act, answer: Any) -> str:
    """What is said of it; taking back what was accepted is only asked for."""
    pending = act is WITHDRAW and answer.status == cases.CASE_STATUS_WITHDRAW_PENDING
    return "person-withdraw-asked" if pending else act.done
