"""Case hears that something is to be paid, given back or sent, and does it by the clock."""

from chassis.acts import now
from chassis.events import Heard, every, on
from chassis.parts import Parts
from services.case import model_fulfilment, settings
from services.case.errands import Running
from services.case.hearing import heard_case
from services.case.store_errands import PARCEL, PAYMENT, REFUND, Errands
from yiwang.case.v1.events_pb2 import CaseWithdrawn, PaymentOrdered, ResultDispatched


class HearsFulfilment:
    """The handlers and timers of fees and delivery."""

    parts: Parts

    @on(PaymentOrdered)
    def order_payment(self, event: Heard[PaymentOrdered]) -> None:
        """Act: the payment is ordered with the provider, and asked about until it is paid or closed."""
        case, instant = heard_case(self.parts, event.record).state, now()
        lines = [{"name": one.name, "amount": one.amount} for one in case.fees]
        more = {"amount": event.body.amount, "lines": lines, "number": case.number, "since": instant}
        if case.order_id == event.body.order_id and case.paid_at is None:
            Errands(self.parts.database).add(PAYMENT, event.body.order_id, event.record, instant, **more)

    @on(CaseWithdrawn)
    def refund_withdrawn(self, event: Heard[CaseWithdrawn]) -> None:
        """Act: what was paid for a case that was withdrawn is given back, where the item says so."""
        case, instant = heard_case(self.parts, event.record).state, now()
        if model_fulfilment.gives_back(case):
            more = {"amount": case.paid_amount, "since": instant}
            Errands(self.parts.database).add(REFUND, case.order_id, event.record, instant, **more)

    @on(ResultDispatched)
    def send_parcel(self, event: Heard[ResultDispatched]) -> None:
        """Act: the courier is told, and asked where the parcel is; not for one that was given to a courier by hand."""
        case, instant = heard_case(self.parts, event.record).state, now()
        open_ = case.parcel_id == event.body.parcel_id and not case.tracking_number
        if open_ and settings.of(self.parts).courier_url:
            Errands(self.parts.database).add(PARCEL, case.parcel_id, event.record, instant, since=instant)

    @every(interval=2)
    def run_errands(self) -> None:
        """Asks payment provider and courier what they were not asked yet."""
        Running(self.parts).round()
