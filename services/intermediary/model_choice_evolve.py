"""Events of evaluators and their scores turn into the state of a procurement. Pure."""

from dataclasses import replace

from chassis.acts import Evolve, Moment
from services.intermediary.model import Procurement
from services.intermediary.model_parts import LeftOut, Seat
from yiwang.intermediary.v1 import events_pb2 as events


def _drawn(procurement: Procurement, event: events.EvaluatorsDrawn, _moment: Moment) -> Procurement:
    return replace(
        procurement,
        seats=[Seat(one.evaluator_id, one.person_id) for one in event.seats],
        left_out=[LeftOut(one.evaluator_id, one.reason, one.uscc) for one in event.left_out],
        evaluator_reserve=list(event.reserve),
    )


def _replaced(procurement: Procurement, event: events.EvaluatorReplaced, _moment: Moment) -> Procurement:
    new = Seat(event.seat.evaluator_id, event.seat.person_id)
    seats = [new if one.evaluator_id == event.evaluator_id else one for one in procurement.seats]
    gone = [LeftOut(event.evaluator_id, event.reason)]
    gone += [LeftOut(one.evaluator_id, one.reason, one.uscc) for one in event.left_out]
    used = {new.evaluator_id, *(one.evaluator_id for one in gone)}
    reserve = [one for one in procurement.evaluator_reserve if one not in used]
    return replace(procurement, seats=seats, left_out=[*procurement.left_out, *gone], evaluator_reserve=reserve)


def _scored(procurement: Procurement, event: events.ScoresGiven, moment: Moment) -> Procurement:
    seats = [
        replace(one, sealed_scores=event.sealed_scores, digest=event.digest, scored_at=moment.at)
        if one.evaluator_id == event.evaluator_id
        else one
        for one in procurement.seats
    ]
    return replace(procurement, seats=seats)


EVOLVE: Evolve = {
    events.EvaluatorsDrawn: _drawn,
    events.EvaluatorReplaced: _replaced,
    events.ScoresGiven: _scored,
}
