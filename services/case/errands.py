"""What the worker has to do with payment provider and courier: asked again until they answer, done once.

A crash between their answer and ours asks again under the same id, which is the same payment and the same parcel for them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.acts import Cause, now
from chassis.answers import Fault
from chassis.errors import Refused
from chassis.outside import Away
from chassis.parts import Parts
from chassis.telemetry import log
from services.case import couriers, model_fulfilment, payments, settings, store
from services.case.store_errands import PARCEL, PAYMENT, REFUND, Document, Errands

SOON, LATER, REACH = timedelta(seconds=2), timedelta(minutes=5), timedelta(days=3660)
PARCEL_PAUSE = timedelta(minutes=10)


class Running:
    """Runs the errands of one store."""

    def __init__(self, parts: Parts) -> None:
        self._keyring = parts.keyring
        self._told = settings.of(parts)
        self._errands = Errands(parts.database)
        self._cases = store.cases(parts.database)

    def round(self) -> None:
        """Everything that is to be looked at now, each by itself: one that fails keeps no other waiting."""
        instant = now()
        for errand in self._errands.due(instant - REACH, instant):
            try:
                _KINDS[errand["kind"]](self, errand)
            except Away as away:
                self._errands.later(errand, now() + self._pause(errand))
                log("errands").info("outside_away", kind=errand["kind"], error=str(away))
            except (Fault, Refused) as wrong:
                self._errands.later(errand, now() + LATER)
                text = wrong.reason if isinstance(wrong, Refused) else str(wrong)
                log("errands").error("outside_fault", kind=errand["kind"], record=errand["case_id"], fault=text)

    @staticmethod
    def _pause(errand: Document) -> timedelta:
        """Asked again soon at first, then more and more seldom."""
        waited: timedelta = now() - errand["since"]
        return min(max(waited / 4, SOON), LATER)

    def _payment(self, errand: Document) -> None:
        url, id, amount = self._told.payment_url, errand["id"], errand["amount"]
        if not errand.get("pay_url"):
            lines = [payments.Line(line["name"], line["amount"]) for line in errand["lines"]]
            ordered = payments.order(url, id, lines, amount, errand["number"])
            self._errands.later(errand, now() + SOON, pay_url=ordered.pay_url)
            return
        told = payments.state(url, id, amount)
        if told.state == payments.PAID:
            self._change(
                errand,
                told.state,
                lambda case: model_fulfilment.payment_received(case, id, amount, told.paid_at, told.reference),
            )
            self._too_much(errand)
            self._errands.done(errand)
        elif told.state == payments.CLOSED:
            self._change(errand, told.state, lambda case: model_fulfilment.payment_closed(case, id, refunded=False))
            self._errands.done(errand)
        else:
            # Unknown there although ordered: it is ordered again under the same id.
            again = {} if told.state == payments.PENDING else {"pay_url": ""}
            self._errands.later(errand, now() + self._pause(errand), **again)

    def _too_much(self, errand: Document) -> None:
        """Money that came for a case that had been withdrawn, or was paid otherwise meanwhile, goes back."""
        case, instant = self._cases.get(errand["case_id"]).state, now()
        if model_fulfilment.surplus(case, errand["id"]) or model_fulfilment.gives_back(case):
            log("errands").warning("paid_for_nothing", record=case.id)
            more = {"amount": errand["amount"], "since": instant}
            self._errands.add(REFUND, errand["id"], case.id, instant, **more)

    def _refund(self, errand: Document) -> None:
        told = payments.refund(self._told.payment_url, errand["id"], f"{errand['id']}-r", errand["amount"])
        if told.state == payments.REFUNDED:
            self._change(
                errand, told.state, lambda case: model_fulfilment.payment_closed(case, errand["id"], refunded=True)
            )
            self._errands.done(errand)
        elif told.state == payments.REFUND_REFUSED:
            raise Fault("refund refused")
        else:
            self._errands.later(errand, now() + self._pause(errand))

    def _parcel(self, errand: Document) -> None:
        url, id, number = self._told.courier_url, errand["id"], errand.get("number", "")
        if not number:
            number = self._dispatched(errand, url)
            self._errands.later(errand, now() + SOON, number=number)
            self._moved(errand, model_fulfilment.ORDERED, number, now())
            return
        scans = couriers.track(url, id, number)
        for scan in scans[errand.get("scans", 0) :]:
            self._moved(errand, scan.status, number, scan.at)
        if scans and scans[-1].status in (couriers.DELIVERED, couriers.RETURNED):
            self._errands.done(errand)
        else:
            self._errands.later(errand, now() + PARCEL_PAUSE, scans=len(scans))

    def _dispatched(self, errand: Document, url: str) -> str:
        case = self._cases.get(errand["case_id"]).state
        told = self._keyring.open(case.applicant_id, case.sealed_delivery)
        if told is None:  # the person is erased: there is nobody to send it to
            raise Fault("no recipient")
        return couriers.dispatch(url, errand["id"], case.number, case.department_name, couriers.Recipient(**told))

    def _moved(self, errand: Document, state: str, number: str, at: datetime) -> None:
        id = errand["id"]
        self._change(
            errand, f"{state}/{at.isoformat()}", lambda case: model_fulfilment.parcel_moved(case, id, state, number, at)
        )

    def _change(self, errand: Document, what: str, decide: Callable[[Any], Any]) -> None:
        cause = Cause(key=f"errand/{errand['_id']}/{what}", by="system:case")
        self._cases.change(errand["case_id"], cause, decide)


_KINDS: Final[Mapping[str, Callable[[Running, Document], None]]] = {
    PAYMENT: Running._payment,
    REFUND: Running._refund,
    PARCEL: Running._parcel,
}
