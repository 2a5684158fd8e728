"""An evaluator of the pool (评审专家): a natural person, what he knows, whom he is tied to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chassis.acts import Actor, Evolve, Moment
from chassis.errors import Violation, invalid, require
from services.intermediary.model import COUNTY_DIGITS
from services.intermediary.model_needs import plain_text
from standards.identifiers import uscc_valid
from yiwang.intermediary.v1 import events_pb2 as events

APPLIED, IN, REFUSED, OUT = "APPLIED", "IN", "REFUSED", "OUT"
STATUSES: Final = {APPLIED: "待审核", IN: "在库", REFUSED: "未通过", OUT: "已出库"}


@dataclass(frozen=True, slots=True)
class Evaluator:
    """The present state of an evaluator; name and reason are sealed under his key."""

    id: str
    person_id: str
    sealed_name: str
    # The blind index of his number: how it is found that he is one of an agency's people.
    person_key: str
    region: str
    county: str
    fields: list[str]
    # USCCs he is employed by or tied to.
    ties: list[str]
    status: str
    since: datetime
    sealed_reason: str = ""


def apply(
    id: str, actor: Actor, sealed_name: str, person_key: str, region: str, fields: Sequence[str], ties: Sequence[str]
) -> events.EvaluatorApplied:
    """A person asks to be in the pool, or tells anew what he knows and whom he is tied to: he is reviewed again. INVALID_ARGUMENT
    `ties[n]` USCC, `fields[n]` PERSONAL_DATA."""
    wrong = [
        Violation(f"ties[{n}]", "USCC", "统一社会信用代码有误") for n, tie in enumerate(ties) if not uscc_valid(tie)
    ]
    for n, said in enumerate(fields):
        wrong += plain_text(f"fields[{n}]", said)
    if wrong:
        raise invalid(*wrong)
    return events.EvaluatorApplied(
        evaluator_id=id,
        person_id=actor.id,
        sealed_name=sealed_name,
        person_key=person_key,
        region=region,
        fields=fields,
        ties=ties,
    )


def review(evaluator: Evaluator, actor: Actor, approved: bool, sealed_reason: str) -> events.EvaluatorReviewed:
    """An operator takes him in, refuses him, or takes one out. FAILED_PRECONDITION MOVE_NOT_ALLOWED; INVALID_ARGUMENT `reason`
    REQUIRED."""
    told = STATUSES[evaluator.status]
    may = evaluator.status == APPLIED or (evaluator.status == IN and not approved)
    require(may, "MOVE_NOT_ALLOWED", f"该专家处于“{told}”状态，不能审核")
    if not approved and not sealed_reason:
        raise invalid(Violation("reason", "REQUIRED", "请说明原因"))
    return events.EvaluatorReviewed(
        evaluator_id=evaluator.id, officer_id=actor.id, approved=approved, sealed_reason=sealed_reason
    )


def open_moves(evaluator: Evaluator) -> list[str]:
    """What an operator may do."""
    return ["ReviewEvaluator"] if evaluator.status in (APPLIED, IN) else []


def _applied(_before: Evaluator | None, event: events.EvaluatorApplied, moment: Moment) -> Evaluator:
    return Evaluator(
        id=event.evaluator_id,
        person_id=event.person_id,
        sealed_name=event.sealed_name,
        person_key=event.person_key,
        region=event.region,
        county=event.region[:COUNTY_DIGITS],
        fields=list(event.fields),
        ties=list(event.ties),
        status=APPLIED,
        since=moment.at,
    )


def _reviewed(evaluator: Evaluator, event: events.EvaluatorReviewed, moment: Moment) -> Evaluator:
    out = OUT if evaluator.status == IN else REFUSED
    status = IN if event.approved else out
    return replace(evaluator, status=status, since=moment.at, sealed_reason=event.sealed_reason)


EVOLVE: Evolve = {events.EvaluatorApplied: _applied, events.EvaluatorReviewed: _reviewed}
