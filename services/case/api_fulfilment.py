"""FulfilmentService over gRPC: fees and delivery."""

from google.protobuf.message import Message

from chassis.acts import now
from chassis.errors import Violation, invalid, require
from chassis.rpc import Call
from services.case import model, model_fulfilment, model_seeing, settings, submitting
from services.case.acting_on import Desk
from services.case.model import Case
from services.case.store_errands import PAYMENT, Errands
from services.case.timeline import time_text
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import fulfilment_pb2 as pb
from yiwang.case.v1 import service_pb2


class FulfilmentApi:
    """The methods of yiwang.case.v1.FulfilmentService, by name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.errands = Errands(desk.parts.database)
        self.told = settings.of(desk.parts)

    def SetFees(self, request: pb.SetFeesRequest, call: Call) -> service_pb2.Case:
        amounts = {one.name: one.amount for one in request.fees}
        return self.desk.move(request, call, lambda case: model_fulfilment.set_fees(case, call.actor, amounts))

    def PayFees(self, request: pb.PayFeesRequest, call: Call) -> service_pb2.Case:
        def pay(case: Case) -> events.PaymentOrdered | None:
            require(bool(self.told.payment_url), "PAYMENT_NOT_ONLINE", "本地暂未开通网上缴费，请到窗口缴费")
            return model_fulfilment.pay(case)

        return self.desk.move(request, call, pay)

    def GetPayment(self, request: pb.GetPaymentRequest, call: Call) -> pb.Payment:
        case = self.desk.cases.get(request.case_id, model_seeing.visible(call.actor)).state
        errand = self.errands.find(PAYMENT, case.order_id) if case.order_id else None
        pay_url = str(errand.get("pay_url", "")) if errand else ""
        return pb.Payment(
            state=_state(case, pay_url),
            amount=case.paid_amount or model.owed(case),
            order_id=case.order_id,
            pay_url=pay_url,
            paid_at=time_text(case.paid_at),
        )

    def RecordPayment(self, request: pb.RecordPaymentRequest, call: Call) -> service_pb2.Case:
        number = request.receipt_number
        return self.desk.move(
            request, call, lambda case: model_fulfilment.record_payment(case, call.actor, number, now())
        )

    def ChooseDelivery(self, request: pb.ChooseDeliveryRequest, call: Call) -> service_pb2.Case:
        told = submitting.delivery_of(request.delivery)

        def choose(case: Case) -> events.DeliveryChosen:
            sealed = self.desk.keyring.seal(case.applicant_id, told) if told else ""
            return model_fulfilment.choose_delivery(case, request.delivery.way, sealed)

        return self.desk.move(request, call, choose)

    def DispatchResult(self, request: pb.DispatchResultRequest, call: Call) -> service_pb2.Case:
        number = request.tracking_number

        def dispatch(case: Case) -> list[Message]:
            if not number and not self.told.courier_url:
                raise invalid(Violation("tracking_number", "TRACKING_NUMBER", "本地没有接入快递平台，请填写快递单号"))
            return model_fulfilment.dispatch(case, call.actor, number, now())

        return self.desk.move(request, call, dispatch)

    def DeliverResult(self, request: pb.DeliverResultRequest, call: Call) -> service_pb2.Case:
        taker = request.taker.strip()
        return self.desk.move(
            request, call, lambda case: model_fulfilment.deliver(case, call.actor, self.desk.sealed(case, taker))
        )


def _state(case: Case, pay_url: str) -> pb.PaymentState.ValueType:
    if case.paid_at:
        return pb.PAYMENT_STATE_PAID
    if case.paid_amount:
        return pb.PAYMENT_STATE_REFUNDED
    if not model.owed(case):
        return pb.PAYMENT_STATE_NOTHING_OWED
    if not case.order_id:
        return pb.PAYMENT_STATE_OPEN
    return pb.PAYMENT_STATE_READY if pay_url else pb.PAYMENT_STATE_ORDERED
