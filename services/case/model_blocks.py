"""Broken promises (国办发〔2020〕42号): who broke one may make no other in the county until an officer lets him. Pure.

A block follows from the case as it stands, so it does not matter which of its events is heard first, or how often: `case_seq` tells how
much of the case it knows.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import require
from services.case import model, model_seeing
from services.case.model import COUNTY_DIGITS, Case
from standards.instants import instant, text
from yiwang.case.v1 import events_pb2 as events


@dataclass(frozen=True, slots=True)
class PromiseBlock:
    """One broken promise. Why it was lifted is sealed under the person's key."""

    id: str
    applicant_id: str
    case_id: str
    case_number: str
    item_name: str
    department: str
    county: str
    broken_at: datetime
    # From then on it blocks: the time to make it good is over, or the decision was revoked.
    since: datetime
    case_seq: int
    mended: bool = False
    lifted_at: datetime | None = None
    sealed_reason: str = ""


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of every read and of lifting: officers who decide see their department's, a person his own."""
    if actor.realm == OFFICER:
        decides = "decide" in actor.roles and bool(actor.department)
        return {"state.department": actor.department} if decides else model_seeing.NOBODY
    return {"state.applicant_id": actor.id if actor.id and model_seeing.is_applicant(actor) else ""}


def sees(actor: Actor, block: PromiseBlock) -> bool:
    """The same as `visible`, as a predicate."""
    if actor.realm == OFFICER:
        return "decide" in actor.roles and bool(actor.department) and block.department == actor.department
    return bool(actor.id) and model_seeing.is_applicant(actor) and block.applicant_id == actor.id


def blocks(block: PromiseBlock, county: str, now: datetime) -> bool:
    """Whether it keeps its person from promising anything in this county now."""
    return block.county == county and not block.mended and block.lifted_at is None and block.since <= now


def begin(id: str, case: Case, case_seq: int, now: datetime) -> events.PromiseBlocked:
    """The block that follows from a case whose promise is broken."""
    return events.PromiseBlocked(
        block_id=id,
        applicant_id=case.applicant_id,
        case_id=case.id,
        case_number=case.number,
        item_code=case.item_code,
        item_name=case.item_name,
        department=case.department,
        region=case.region,
        case_seq=case_seq,
        **{"from": _since(case, now)},
    )


def follow(
    block: PromiseBlock, case: Case, case_seq: int, now: datetime
) -> events.PromiseBlocked | events.PromiseMended | None:
    """What of the case the block does not know yet; nothing when it knows as much or more."""
    if case_seq <= block.case_seq:
        return None
    if case.promise_kept is not False:
        return events.PromiseMended(block_id=block.id, case_seq=case_seq)
    revoked = case.status == model.REVOKED and block.since > now
    return begin(block.id, case, case_seq, now) if revoked else None


def _since(case: Case, now: datetime) -> str:
    """At once for a decision that was revoked, else when the time to make it good is over."""
    return text(now if case.status == model.REVOKED or case.mend_due is None else case.mend_due)


def lift(block: PromiseBlock, officer: Actor, sealed_reason: str) -> events.PromiseBlockLifted:
    """The person's credit is restored."""
    require(not block.mended and block.lifted_at is None, "BLOCK_OVER", "该限制已解除")
    return events.PromiseBlockLifted(block_id=block.id, officer_id=officer.id, sealed_reason=sealed_reason)


def _blocked(block: PromiseBlock | None, event: events.PromiseBlocked, moment: Moment) -> PromiseBlock:
    return PromiseBlock(
        id=event.block_id,
        applicant_id=event.applicant_id,
        case_id=event.case_id,
        case_number=event.case_number,
        item_name=event.item_name,
        department=event.department,
        county=event.region[:COUNTY_DIGITS],
        broken_at=block.broken_at if block else moment.at,
        since=instant(getattr(event, "from")) or moment.at,
        case_seq=event.case_seq,
    )


def _mended(block: PromiseBlock, event: events.PromiseMended, _moment: Moment) -> PromiseBlock:
    return replace(block, mended=True, case_seq=event.case_seq)


def _lifted(block: PromiseBlock, event: events.PromiseBlockLifted, moment: Moment) -> PromiseBlock:
    return replace(block, lifted_at=moment.at, sealed_reason=event.sealed_reason)


EVOLVE: Evolve = {
    events.PromiseBlocked: _blocked,
    events.PromiseMended: _mended,
    events.PromiseBlockLifted: _lifted,
}
