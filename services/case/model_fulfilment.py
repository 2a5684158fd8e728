"""Fees and delivery: from what a case costs to its result in the applicant's hands. Pure."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.case import model
from services.case.model import Case
from services.case.model_moves import require_move
from services.case.model_served import served
from standards.instants import text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb

NAMESPACE = uuid.UUID("5d0f4a52-7f0a-5c86-9a0b-0d2f3c7a9e44")
ORDERED, COLLECTED, DELIVERED = "ORDERED", "COLLECTED", "DELIVERED"


def set_fees(case: Case, officer: Actor, amounts: Mapping[str, int]) -> events.FeesSet:
    """The amounts of fees that only words tell. A fixed one is the item's, and stays: FEE_FIXED."""
    require_move(case, "SetFees")
    known = {one.name: one for one in case.fees}
    found = [
        Violation(f"fees[{name}]", "FEE_NOT_LISTED", "该办件没有此收费项目") for name in amounts if name not in known
    ]
    fixed = [name for name in amounts if name in known and not known[name].open and known[name].amount != amounts[name]]
    found += [Violation(f"fees[{name}]", "FEE_FIXED", "该收费项目金额固定，不能更改") for name in fixed]
    if found:
        raise invalid(*found)
    lines = [
        events.FeeLine(
            name=one.name, amount=amounts.get(one.name, one.amount), open=one.open and one.name not in amounts
        )
        for one in case.fees
    ]
    return events.FeesSet(case_id=case.id, officer_id=officer.id, fees=lines)


def order_id(case: Case) -> str:
    """The order of this case's payment: the same for the same amount."""
    return str(uuid.uuid5(NAMESPACE, f"{case.id}/{model.owed(case)}"))


def pay(case: Case) -> events.PaymentOrdered | None:
    """The applicant goes to pay all that is owed; nothing when this is ordered already."""
    require_move(case, "PayFees")
    require(not any(one.open for one in case.fees), "FEE_OPEN", "费用金额尚未核定")
    order = order_id(case)
    if case.order_id == order:
        return None
    return events.PaymentOrdered(case_id=case.id, order_id=order, amount=model.owed(case))


def record_payment(case: Case, officer: Actor, receipt_number: str, now: datetime) -> events.PaymentReceived:
    """Paid at the window."""
    require_move(case, "RecordPayment")
    require(not any(one.open for one in case.fees), "FEE_OPEN", "费用金额尚未核定")
    amount = model.owed(case)
    return events.PaymentReceived(
        case_id=case.id,
        order_id="",
        amount=amount,
        paid_at=text(now),
        reference=f"window:{receipt_number}",
        served=served(case, officer.id),
    )


def payment_received(
    case: Case, order: str, amount: int, paid_at: datetime | None, reference: str
) -> events.PaymentReceived | None:
    """The provider has the money; told twice, it is there once."""
    if case.paid_at is not None or case.order_id != order:
        return None
    return events.PaymentReceived(
        case_id=case.id,
        order_id=order,
        amount=amount,
        paid_at=text(paid_at),
        reference=reference,
        served=served(case),
    )


def payment_closed(case: Case, order: str, refunded: bool) -> events.PaymentClosed | None:
    """The provider closed the order unpaid, or gave the money back."""
    paid = case.paid_at is not None
    if case.order_id != order or paid != refunded:
        return None
    return events.PaymentClosed(case_id=case.id, order_id=order, refunded=refunded)


def gives_back(case: Case) -> bool:
    """Whether what was paid through the provider for a case that was withdrawn is given back: where the item says so, and always what came
    only after it had ended."""
    if case.paid_at is None or not case.order_id or case.status != model.WITHDRAWN:
        return False
    return bool(case.handling.get("refunds", 0)) or (case.closed_at is not None and case.paid_at > case.closed_at)


def surplus(case: Case, order: str) -> bool:
    """Whether the money of an order came for nothing: what was owed had been paid otherwise, at the window."""
    return case.order_id != order


def choose_delivery(case: Case, way: int, sealed_delivery: str) -> events.DeliveryChosen:
    """How the result is to come. What is on its way already comes as it was chosen: PARCEL_SENT."""
    require_move(case, "ChooseDelivery")
    require(not case.parcel_id, "PARCEL_SENT", "结果已寄出，不能再更改送达方式")
    return events.DeliveryChosen(case_id=case.id, way=way, sealed_delivery=sealed_delivery)  # type: ignore[arg-type]


def dispatch(case: Case, officer: Actor, tracking_number: str, now: datetime) -> list[Message]:
    """The result is sent; with a number when somebody gave it to a courier by hand."""
    require_move(case, "DispatchResult")
    parcel = str(uuid.uuid5(NAMESPACE, f"{case.id}/parcel"))
    sent: list[Message] = [events.ResultDispatched(case_id=case.id, officer_id=officer.id, parcel_id=parcel)]
    if tracking_number:
        moved = {"state": COLLECTED, "tracking_number": tracking_number, "at": text(now)}
        sent.append(events.ParcelMoved(case_id=case.id, parcel_id=parcel, **moved))
    return sent


def parcel_moved(case: Case, parcel: str, state: str, number: str, at: datetime | None) -> list[Message] | None:
    """The courier told something new; what he delivered is delivered."""
    if case.parcel_id != parcel or (case.parcel_state == state and case.tracking_number == number):
        return None
    moved = events.ParcelMoved(case_id=case.id, parcel_id=parcel, state=state, tracking_number=number, at=text(at))
    if state != DELIVERED or case.status != model.ISSUED:
        return [moved]
    return [moved, events.ResultDelivered(case_id=case.id, way=pb.DELIVERY_WAY_EXPRESS)]


def deliver(case: Case, officer: Actor, sealed_taker: str) -> events.ResultDelivered:
    """Handed out at the window, or confirmed by the officer."""
    require_move(case, "DeliverResult")
    way = case.delivery or pb.DELIVERY_WAY_PICK_UP
    return events.ResultDelivered(case_id=case.id, officer_id=officer.id, way=way, sealed_taker=sealed_taker)  # type: ignore[arg-type]
