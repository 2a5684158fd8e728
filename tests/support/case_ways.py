"""Every act on a case with details drawn by chance, some of them wrong: what a walk through the ways of a case is made of."""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from google.protobuf.message import Message

from chassis.acts import OFFICER, PERSON, Actor
from services.case import (
    model_acts,
    model_asides,
    model_exchange,
    model_intake,
    model_moves,
    model_pre_review,
    model_procedures,
    model_promises,
    model_visits,
)
from services.case import model_fulfilment as fulfilment
from services.case.model import Case, open_visit
from standards.workdays import local_day
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, service
from tests.support.case_begins import APPLICANTS, KINDS, OFFICERS, OUTSIDE, SYSTEM, THIRD_DEPARTMENT, Known, files, some
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import procedures_pb2 as procedures
from yiwang.catalog.v1 import service_pb2 as catalog


class World(NamedTuple):
    """What an act finds: the case, its item, the time, who acts, and the dice."""

    case: Case
    known: Known
    now: datetime
    actor: Actor
    dice: random.Random

    @property
    def item(self) -> catalog.ItemDefinition:
        return self.known.item


Act = Callable[[World], Message | list[Message] | None]


def actors(case: Case, name: str) -> list[Actor]:
    """Who can come with a move, by realm, role, and whose filter finds the case."""
    move = model_moves.MOVES[name]
    if move.realm == PERSON:
        return APPLICANTS
    if move.sees == model_moves.SYSTEM:
        return [service("case")]
    if move.realm != OFFICER:
        return [SYSTEM]
    found = {
        model_moves.RECEIVER: OUTSIDE[OTHER_DEPARTMENT],
        model_moves.CONSULTED: [one for others in OUTSIDE.values() for one in others],
    }.get(move.sees, OFFICERS)
    return [one for one in found if not one.roles.isdisjoint(move.role)]


def _correct(w: World) -> Message:
    asked = w.case.correction_materials or ["application"]
    keys = some(w.dice, *asked) if w.dice.random() < 0.2 else asked
    sealed = w.dice.choice(("", "sealed again"))
    return model_acts.correct(w.case, w.item, files(w.dice, *keys), sealed, w.now, "", w.known.scenario)


def _start(w: World) -> Message:
    until, kind = w.now + timedelta(days=w.dice.randint(-1, 45)), w.dice.choice([*KINDS, 99])
    asked = procedures.StartSpecialProcedureRequest(kind=kind, expected_until=until.isoformat())  # type: ignore[arg-type]
    if kind == catalog.PROCEDURE_KIND_HEARING:
        day = local_day(w.now) + timedelta(days=w.dice.randint(5, 20))
        asked.hearing.held_on = day.isoformat()
    return model_procedures.start(w.case, w.item, w.known.scenario, asked, w.actor, "sealed", w.now)


def _request_opinion(w: World) -> Message:
    where = w.dice.choice((DEPARTMENT, OTHER_DEPARTMENT, THIRD_DEPARTMENT, THIRD_DEPARTMENT))
    asked = procedures.RequestOpinionRequest(department=where, department_name="某局", days=w.dice.choice((0, 3)))
    return model_procedures.request_opinion(w.case, asked, w.actor, "sealed", w.now)


def _book(w: World) -> Message:
    start = w.now + timedelta(hours=w.dice.randint(1, 100))
    number = model_visits.next_number(w.case)
    return model_visits.book(w.case, number, f"slot-{number}", start, start + timedelta(hours=2))


def _sign(w: World) -> Message:
    when, passed = w.now + timedelta(minutes=w.dice.choice((-1, -1, 0, 9))), w.dice.random() < 0.8
    evidence = files(w.dice, model_visits.evidence_key(w.case))
    return model_visits.sign(w.case, w.actor, passed, when.isoformat(), "sealed", evidence, w.now)


def _decide(w: World) -> Message:
    granted, reason = w.dice.random() < 0.75, w.dice.choice(("", "理由", "理由"))
    return model_acts.decide(w.case, w.actor, granted, reason, "sealed", w.now)


def _push(w: World) -> Message:
    granted, number = w.dice.random() < 0.75, w.dice.choice(("", "P1")) if w.case.result_name else ""
    at = (w.now - timedelta(minutes=w.dice.choice((0, 0, 0, -9)))).isoformat()
    return model_exchange.push_result(w.case, granted, "理由", "sealed", number if granted else "", at, w.now)


def _set_fees(w: World) -> Message:
    amounts = {one.name: w.dice.choice((0, 500)) if one.open else one.amount for one in w.case.fees}
    return fulfilment.set_fees(w.case, w.actor, amounts)


def _supply(w: World) -> Message:
    owed = [*w.case.deferred, *w.case.lacking] or ["report"]
    return model_promises.supply_deferred(w.case, files(w.dice, w.dice.choice(owed)))


def _reject(w: World) -> Message:
    keys = some(w.dice, "application", "plan")
    return model_pre_review.reject(w.case, w.item, w.actor, keys, "sealed", w.known.scenario)


def _changed(w: World) -> list[events.HandedInFile]:
    return files(w.dice, *some(w.dice, "application", "report")) if w.dice.random() < 0.5 else []


def _revise(w: World) -> Message:
    return model_pre_review.revise(w.case, w.item, _changed(w), w.dice.choice(("", "sealed")), w.known.scenario)


def _hand_in(w: World) -> list[Message]:
    same = w.dice.random() < 0.7
    sealed = "" if same else "sealed otherwise"
    return model_pre_review.hand_in(w.case, w.item, _changed(w), sealed, same, w.known.scenario, w.now, w.actor.by)


def _receipt(w: World) -> str:
    return "another" if w.dice.random() < 0.1 else w.case.receipt_digest


# By the name of the move; each raises what the model refuses.
ACTS: Mapping[str, Act] = {
    "PassPreReview": lambda w: model_pre_review.pass_it(w.case, w.actor, w.now),
    "RejectPreReview": _reject,
    "RevisePreReview": _revise,
    "HandInCase": _hand_in,
    "HandOverCase": lambda w: model_intake.send(w.case, w.actor, _receipt(w), w.now),
    "TakeOverCase": lambda w: model_intake.take(w.case, w.actor, _receipt(w)),
    "RequestCorrection": lambda w: model_acts.request_correction(
        w.case, w.item, some(w.dice, "application", "plan"), "sealed", w.now, w.known.scenario
    ),
    "CorrectCase": _correct,
    "AcceptCase": lambda w: model_acts.accept(w.case, w.actor, w.now),
    "RefuseCase": lambda w: model_acts.refuse(w.case, w.actor, "sealed"),
    "NotAcceptCase": lambda w: model_acts.not_accept(w.case, w.actor, w.dice.random() < 0.5, "sealed"),
    "DeemAccepted": lambda w: model_acts.deem_accepted(w.case, w.now),
    "LapseCorrection": lambda w: model_acts.lapse(w.case, w.now),
    "PassReviewStep": lambda w: model_acts.pass_step(w.case, w.actor, "sealed"),
    "RequestOpinion": _request_opinion,
    "GiveOpinion": lambda w: model_procedures.give_opinion(w.case, w.actor, w.dice.random() < 0.5, "sealed"),
    "StartSpecialProcedure": _start,
    "EndSpecialProcedure": lambda w: model_procedures.end(
        w.case, w.dice.randint(1, len(w.case.procedures) + 1), w.actor, "sealed", w.now
    ),
    "ProposeExtension": lambda w: model_procedures.propose_extension(
        w.case, w.dice.randint(0, 16), w.actor, "sealed", w.now
    ),
    "ApproveExtension": lambda w: model_procedures.approve_extension(w.case, w.actor, "sealed", w.now),
    "DeclineExtension": lambda w: model_procedures.decline_extension(w.case, w.actor, "sealed"),
    "CheckLicence": lambda w: model_promises.check_licence(
        w.case, w.actor, w.dice.choice(("plan", "plan", "report")), w.dice.random() < 0.6, "sealed"
    ),
    "SupplyDeferred": _supply,
    "BookVisit": _book,
    "CancelVisit": lambda w: model_visits.cancel(w.case, "sealed", w.now),
    "RescheduleVisit": lambda w: model_visits.reschedule(w.case, "sealed"),
    "SignVisit": _sign,
    "DecideCase": _decide,
    "DeemRenewed": lambda w: model_acts.deem_renewed(w.case, w.now),
    "PushResult": _push,
    "SetFees": _set_fees,
    "PayFees": lambda w: fulfilment.pay(w.case),
    "RecordPayment": lambda w: fulfilment.record_payment(w.case, w.actor, "R1", w.now),
    "IssueResult": lambda w: model_acts.issue(w.case, w.actor, "N1"),
    "ChooseDelivery": lambda w: fulfilment.choose_delivery(w.case, w.dice.choice((1, 2, 3)), "sealed"),
    "DispatchResult": lambda w: fulfilment.dispatch(w.case, w.actor, w.dice.choice(("", "SF1")), w.now),
    "DeliverResult": lambda w: fulfilment.deliver(w.case, w.actor, "sealed"),
    "CloseCase": lambda w: model_acts.close(w.case, w.actor),
    "WithdrawCase": lambda w: model_asides.withdraw(w.case, "sealed", w.now),
    "ConfirmWithdrawal": lambda w: model_asides.confirm_withdrawal(w.case),
    "WithdrawBySilence": lambda w: model_asides.withdraw_by_silence(w.case, w.now),
    "VoidCase": lambda w: model_asides.void(w.case, w.actor, "sealed"),
    "TransferCase": lambda w: model_asides.transfer(w.case, w.actor, OTHER_DEPARTMENT, "省厅", "sealed"),
    "VerifyPromise": lambda w: model_promises.verify(w.case, w.actor, w.dice.random() < 0.5, "sealed", w.now),
    "RevokeDecision": lambda w: model_asides.revoke(w.case, w.actor, "sealed"),
    "CancelResult": lambda w: model_asides.cancel(w.case, w.actor, "sealed"),
}


def _drop(w: World) -> Message | None:
    visit = open_visit(w.case)
    return model_visits.drop(w.case, visit.number if visit else 1, "sealed")


# What a payment provider, a courier or a slot says, whatever the case is at.
OUTSIDERS: Mapping[str, Act] = {
    "paid": lambda w: fulfilment.payment_received(w.case, w.case.order_id or "o", 500, w.now, "ref"),
    "order closed": lambda w: fulfilment.payment_closed(w.case, w.case.order_id or "o", w.dice.random() < 0.5),
    "parcel": lambda w: fulfilment.parcel_moved(
        w.case, w.case.parcel_id or "x", w.dice.choice(("COLLECTED", "DELIVERED", "RETURNED")), "SF1", w.now
    ),
    "slot lost": _drop,
}
