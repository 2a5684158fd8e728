"""The choice among proposals: who scores them, who may not, and what the scores say. Pure.

Evaluators are drawn from the pool by the frozen list's root, which nobody knows before sign-up is over: nobody picks them.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, not_found, require
from services.intermediary import model
from services.intermediary.model import Procurement
from services.intermediary.model_evaluators import Evaluator
from services.intermediary.model_moves import require_move
from services.intermediary.model_parts import Seat
from standards import draw
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import selection_pb2 as pb

EMPLOYED, PART_OF, TIED = "EMPLOYED", "PART_OF", "TIED"
RECUSED, REPLACED = "RECUSED", "REPLACED"
INTERESTS: Final = {EMPLOYED: "任职或者关联单位", PART_OF: "候选机构的法定代表人、股东或者人员", TIED: "业主本人"}


class Taking(NamedTuple):
    """A candidate of the list, with its people's keys."""

    uscc: str
    person_keys: Collection[str]


class Interest(NamedTuple):
    """Why somebody may not score, and about whom."""

    reason: str
    uscc: str


def interest(evaluator: Evaluator, procurement: Procurement, taking: Iterable[Taking]) -> Interest | None:
    """The interest an evaluator has, if any."""
    if evaluator.person_id == procurement.owner_id:
        return Interest(TIED, procurement.owner_uscc)
    if procurement.owner_uscc and procurement.owner_uscc in evaluator.ties:
        return Interest(EMPLOYED, procurement.owner_uscc)
    for one in taking:
        if one.uscc in evaluator.ties:
            return Interest(EMPLOYED, one.uscc)
        if evaluator.person_key in one.person_keys:
            return Interest(PART_OF, one.uscc)
    return None


def fitting(pool: Sequence[Evaluator], procurement: Procurement, least: int) -> list[Evaluator]:
    """Those whose field it is; where they are too few, all of the pool."""
    need = model.need_of(procurement)
    wanted = {procurement.service, *(one.kind for one in need.requirement.qualifications)}
    found = [one for one in pool if not wanted.isdisjoint(one.fields)]
    return found if len(found) >= least else list(pool)


def ordered(pool: Iterable[Evaluator], root: str) -> list[Evaluator]:
    """The pool in the order it is drawn: by HMAC-SHA256(list root, evaluator id)."""
    key = bytes.fromhex(root)
    return sorted(pool, key=lambda one: (hmac.digest(key, one.id.encode(), "sha256"), one.id))


def draw_evaluators(
    procurement: Procurement, officer: str, pool: Sequence[Evaluator], taking: Sequence[Taking]
) -> events.EvaluatorsDrawn:
    """The seats, who was left out and why, and the rest of the order. FAILED_PRECONDITION DRAWN_ALREADY, POOL_TOO_SMALL."""
    require_move(procurement, "DrawEvaluators")
    wanted = model.need_of(procurement).evaluators
    ties = [(one, interest(one, procurement, taking)) for one in ordered(pool, procurement.root)]
    free = fitting([one for one, tie in ties if tie is None], procurement, wanted)
    left_out = [
        events.EvaluatorLeftOut(evaluator_id=one.id, reason=tie.reason, uscc=tie.uscc) for one, tie in ties if tie
    ]
    require(len(free) >= wanted, "POOL_TOO_SMALL", f"没有利害关系的专家不足{wanted}人")
    return events.EvaluatorsDrawn(
        procurement_id=procurement.id,
        officer_id=officer,
        seats=[_seat(one) for one in free[:wanted]],
        left_out=left_out,
        reserve=[one.id for one in free[wanted:]],
    )


def _seat(evaluator: Evaluator) -> events.EvaluatorSeat:
    return events.EvaluatorSeat(evaluator_id=evaluator.id, person_id=evaluator.person_id)


def replace(
    procurement: Procurement,
    evaluator: str,
    told: tuple[str, str, str],
    reserve: Sequence[Evaluator],
    taking: Sequence[Taking],
) -> events.EvaluatorReplaced:
    """The next of the reserve takes a seat. `told` is the reason, the sealed note and the officer; `reserve` those of the order who are
    still in the pool. NOT_FOUND for no seat; FAILED_PRECONDITION SCORED_ALREADY, POOL_TOO_SMALL."""
    seat = next((one for one in procurement.seats if one.evaluator_id == evaluator), None)
    if seat is None:
        raise not_found()
    require(seat.scored_at is None, "SCORED_ALREADY", "该专家已评分，不能再更换")
    left_out = list[events.EvaluatorLeftOut]()
    for one in reserve:
        tie = interest(one, procurement, taking)
        if tie is None:
            return events.EvaluatorReplaced(
                procurement_id=procurement.id,
                evaluator_id=evaluator,
                reason=told[0],
                sealed_note=told[1],
                officer_id=told[2],
                seat=_seat(one),
                left_out=left_out,
            )
        left_out.append(events.EvaluatorLeftOut(evaluator_id=one.id, reason=tie.reason, uscc=tie.uscc))
    raise Refused(FAILED_PRECONDITION, "POOL_TOO_SMALL", "没有可递补的专家")


def seat_of(procurement: Procurement, person: str) -> Seat:
    """A person's seat; NOT_FOUND without one."""
    found = next((one for one in procurement.seats if one.person_id == person), None)
    if found is None:
        raise not_found()
    return found


def points(criteria: int, usccs: Sequence[str], told: Sequence[pb.Score]) -> dict[str, list[int]]:
    """The points by candidate and criterion. INVALID_ARGUMENT `scores` UNKNOWN, TWICE, MISSING: each by each, once."""
    found: dict[tuple[str, int], int] = {}
    for position, one in enumerate(told):
        place = (one.uscc, one.criterion)
        if one.uscc not in usccs or one.criterion >= criteria:
            raise invalid(Violation(f"scores[{position}]", "UNKNOWN", "没有这家机构或者这个评分项"))
        if place in found:
            raise invalid(Violation(f"scores[{position}]", "TWICE", "同一机构的同一评分项重复"))
        found[place] = one.points
    for uscc in usccs:
        for criterion in range(criteria):
            if (uscc, criterion) not in found:
                raise invalid(Violation("scores", "MISSING", f"缺少机构{uscc}第{criterion + 1}项的评分"))
    return {uscc: [found[uscc, criterion] for criterion in range(criteria)] for uscc in usccs}


def sheet(procurement: str, evaluator: str, given: Mapping[str, Sequence[int]], nonce: str) -> dict[str, Any]:
    """A score sheet as it is sealed, and told once all are in."""
    scores = {uscc: list(row) for uscc, row in given.items()}
    return {"procurement": procurement, "evaluator": evaluator, "scores": scores, "nonce": nonce}


def digest_of(sheet: Mapping[str, Any]) -> str:
    """What is published of a score sheet while it is sealed (hex)."""
    return hashlib.sha256(draw.canonical(sheet)).hexdigest()


def opened(procurement: Procurement) -> bool:
    """Whether all scores are in, and so shown."""
    return bool(procurement.seats) and all(one.scored_at is not None for one in procurement.seats)
