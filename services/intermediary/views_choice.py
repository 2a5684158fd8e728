"""Evaluators and choices as their reader may see them: nobody's scores before all are in, nobody's name but to himself."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.acts import Actor
from chassis.parts import Parts
from chassis.records import Record
from chassis.sealed import Keyring
from services.intermediary import (
    choosing,
    files,
    model,
    model_choice,
    model_evaluators,
)
from services.intermediary.model import Procurement
from services.intermediary.model_evaluators import Evaluator
from services.intermediary.model_parts import File
from standards.identifiers import name_mask
from standards.instants import text
from yiwang.intermediary.v1 import selection_pb2 as pb


def evaluator(record: Record[Evaluator], actor: Actor, keyring: Keyring) -> pb.Evaluator:
    """One of the pool: to himself in full, to officers masked."""
    one = record.state
    own = actor.id == one.person_id
    name = keyring.open_text(one.person_id, one.sealed_name)
    return pb.Evaluator(
        id=record.id,
        version=record.version,
        name=name if own or not name else name_mask(name),
        region=one.region,
        fields=one.fields,
        ties=one.ties,
        status=one.status,
        reason=keyring.open_text(one.person_id, one.sealed_reason) if one.sealed_reason else "",
        since=text(one.since),
        moves=[] if own else model_evaluators.open_moves(one),
    )


def evaluation(
    record: Record[Procurement],
    actor: Actor,
    parts: Parts,
    listed: Sequence[Mapping[str, Any]],
    order: Sequence[Mapping[str, Any]],
    inside: bool,
) -> pb.Evaluation:
    """A choice. `listed` are its candidates, `order` the places once they are found; `inside` = the reader is more than a candidate."""
    one, need = record.state, model.need_of(record.state)
    view = pb.Evaluation(
        procurement_id=record.id,
        number=one.number,
        title=need.title,
        status=one.status,  # type: ignore[arg-type]
        criteria=need.criteria,
        opened=model_choice.opened(one),
        selection_at=text(one.selection_at),
        version=record.version,
    )
    places = {row["uscc"]: (number, row["value"]) for number, row in enumerate(order, 1)}
    for number, row in enumerate(listed, 1):
        place, total = places.get(row["uscc"], (0, 0))
        shown = view.candidates.add(uscc=row["uscc"], name=row["name"], place=place, total=total)
        if inside and row["proposal"]:
            shown.proposal.CopyFrom(files.shown(parts, File(**row["proposal"]), number, own=False))
    if inside:
        _seats(view, one, actor, parts.keyring)
    return view


def _seats(view: pb.Evaluation, one: Procurement, actor: Actor, keyring: Keyring) -> None:
    sheets = {sheet["evaluator"]: sheet["scores"] for sheet in choosing.open_sheets(keyring, one)}
    for number, seat in enumerate(one.seats, 1):
        mine = seat.person_id == actor.id and actor.acting is None
        name = "本人" if mine else f"专家{number}"
        scored = seat.scored_at is not None
        shown = view.seats.add(evaluator_id=seat.evaluator_id, name=name, scored=scored, mine=mine)
        if scored and (mine or view.opened):
            for uscc, points in sheets[seat.evaluator_id].items():
                for criterion, given in enumerate(points):
                    shown.scores.add(uscc=uscc, criterion=criterion, points=given)
    for gone in one.left_out:
        view.left_out.add(evaluator_id=gone.evaluator_id, reason=gone.reason, uscc=gone.uscc)
