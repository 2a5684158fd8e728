"""Events of a claim's money turn into its state: what was ordered, paid, sent back, looked at again and given back. Pure."""

from dataclasses import replace

from chassis.acts import Evolve, Moment
from services.policy import model
from services.policy.model import Claim, Order
from standards.instants import instant
from yiwang.policy.v1 import events_pb2 as events


def _ordered(claim: Claim, event: events.PaymentOrdered, moment: Moment) -> Claim:
    order = Order(event.order_id, event.number, event.fen, model.ORDERED, moment.at, event.tail)
    return replace(claim, orders=[*claim.orders, order])


def _told(claim: Claim, id: str, state: str, at: str, reference: str = "", code: str = "") -> list[Order]:
    return [
        replace(
            one,
            state=state,
            at=instant(at),
            paid_at=instant(at) if state == model.SETTLED else one.paid_at,
            reference=reference or one.reference,
            code=code,
        )
        if one.id == id
        else one
        for one in claim.orders
    ]


def _settled(claim: Claim, event: events.PaymentSettled, moment: Moment) -> Claim:
    # Of an order that came back and was paid anew the budget has been charged already.
    spending = model.SPENDING if claim.reservation == model.HELD else claim.reservation
    return replace(
        claim,
        status=model.PAID,
        orders=_told(claim, event.order_id, model.SETTLED, event.paid_at, event.reference),
        paid_at=instant(event.paid_at) or moment.at,
        reservation=spending,
        step_due=None,
        late=False,
    )


def _rejected(claim: Claim, event: events.PaymentRejected, moment: Moment) -> Claim:
    orders = _told(claim, event.order_id, model.REJECTED, moment.at.isoformat(), code=event.code)
    return replace(claim, status=model.ACCOUNT, orders=orders, account=event.code, step_due=instant(event.due))


def _returned(claim: Claim, event: events.PaymentReturned, _moment: Moment) -> Claim:
    orders = _told(claim, event.order_id, model.RETURNED, event.returned_at, event.reference, event.code)
    return replace(
        claim,
        status=model.ACCOUNT,
        orders=orders,
        account=event.code,
        paid_at=None,
        step_due=instant(event.due),
        late=False,
    )


def _resumed(claim: Claim, _event: events.PaymentResumed, _moment: Moment) -> Claim:
    return replace(claim, status=model.PAYING, step_due=None, late=False)


def _reconciled(claim: Claim, event: events.PaymentReconciled, _moment: Moment) -> Claim:
    orders = [replace(one, reconciled_on=event.day) if one.id == event.order_id else one for one in claim.orders]
    return replace(claim, orders=orders)


def _freed(claim: Claim, _event: events.ReservationReleased, _moment: Moment) -> Claim:
    return replace(claim, reservation=model.FREE, reserved_fen=0, booked_fen=0, reserve_until=None)


def _spent(claim: Claim, event: events.ReservationSpent, _moment: Moment) -> Claim:
    # It may have come back, and the claim to nothing, before the budget was charged.
    after = model.RESTORING if claim.status in model.ENDED else model.SPENT
    return replace(claim, reservation=after, booked_fen=event.spent_fen)


def _check_opened(claim: Claim, event: events.SpotCheckOpened, _moment: Moment) -> Claim:
    return replace(claim, check="OPEN", sealed_check=event.sealed_note)


def _check_concluded(claim: Claim, event: events.SpotCheckConcluded, _moment: Moment) -> Claim:
    if not event.recover_fen:
        return replace(claim, check="FINE", sealed_check=event.sealed_reason)
    return replace(
        claim,
        status=model.RECOVERING,
        check="RECOVER",
        sealed_check=event.sealed_reason,
        recover_fen=event.recover_fen,
        recovery_code=event.recovery_code,
        step_due=instant(event.due),
        late=False,
    )


def _recovered(claim: Claim, event: events.RecoveryReceived, _moment: Moment) -> Claim:
    got = claim.recovered_fen + event.fen
    done = claim.status == model.RECOVERING and got >= claim.recover_fen
    return replace(
        claim,
        status=model.RECOVERED if done else claim.status,
        recovered_fen=got,
        recovery_lines=[*claim.recovery_lines, event.line_id],
        step_due=None if done else claim.step_due,
        late=claim.late and not done,
    )


def _recovery_ended(claim: Claim, event: events.RecoveryEnded, _moment: Moment) -> Claim:
    return replace(claim, status=model.RECOVERY_ENDED, sealed_check=event.sealed_reason, step_due=None, late=False)


EVOLVE: Evolve = {
    events.PaymentOrdered: _ordered,
    events.PaymentSettled: _settled,
    events.PaymentRejected: _rejected,
    events.PaymentReturned: _returned,
    events.PaymentResumed: _resumed,
    events.PaymentReconciled: _reconciled,
    events.ReservationReleased: _freed,
    events.ReservationSpent: _spent,
    events.SpotCheckOpened: _check_opened,
    events.SpotCheckConcluded: _check_concluded,
    events.RecoveryReceived: _recovered,
    events.RecoveryEnded: _recovery_ended,
}
