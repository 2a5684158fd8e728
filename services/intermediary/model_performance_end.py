"""How a contract ends: both sides rate each other and it is archived, or it is broken off; and what becomes of an owner who is erased.
Pure."""

from typing import Final

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.intermediary import model, model_acts
from services.intermediary.model import Procurement
from services.intermediary.model_moves import MOVES, require_move
from services.intermediary.model_needs import plain_text
from services.intermediary.model_performance import OWNER, archived, reason_of
from yiwang.intermediary.v1 import events_pb2 as events

# Where there is no contract yet that binds the other side.
_UNBOUND: Final = frozenset((*MOVES["WithdrawProcurement"].sources, *MOVES["StopProcurement"].sources))


def rate(procurement: Procurement, side: str, grade: int, sealed: str) -> list[Message]:
    """One side rates the other, once; with the second it is archived. FAILED_PRECONDITION RATED_ALREADY."""
    require_move(procurement, "RatePartner")
    told = procurement.performance
    own, theirs = told.owner_grade, told.agency_grade
    mine, others = (own, theirs) if side == OWNER else (theirs, own)
    require(not mine, "RATED_ALREADY", "您已评价过对方")
    rated = events.PartnerRated(procurement_id=procurement.id, side=side, sealed_rating=sealed, grade=grade)
    if not others:
        return [rated]
    last = archived(procurement)
    setattr(last, "owner_grade" if side == OWNER else "agency_grade", grade)
    return [rated, last]


def ask_break_off(procurement: Procurement, side: str, sealed_reason: str) -> events.BreakOffAsked:
    """One side asks the supervisor to end the contract early."""
    require_move(procurement, "AskBreakOff")
    return events.BreakOffAsked(procurement_id=procurement.id, side=side, sealed_reason=sealed_reason)


def decide_break_off(procurement: Procurement, actor: Actor, ended: bool, fault: str, reason: str) -> list[Message]:
    """The supervisor ends it and says by whose fault, or declines. INVALID_ARGUMENT `fault` REQUIRED / NOT_WANTED, `reason`
    PERSONAL_DATA: why it ended is public."""
    require_move(procurement, "DecideBreakOff")
    said = reason_of(reason)
    found = list(plain_text("reason", said))
    if ended != bool(fault):
        told = "请认定责任方" if ended else "不予终止的，不认定责任方"
        found.insert(0, Violation("fault", "REQUIRED" if ended else "NOT_WANTED", told))
    if found:
        raise invalid(*found)
    decided = events.BreakOffDecided(
        procurement_id=procurement.id, ended=ended, fault=fault, officer_id=actor.id, reason=said
    )
    if not ended:
        return [decided]
    return [decided, model_acts.ended(procurement, model.BROKEN_OFF, said, actor.id)]


def owner_erased(procurement: Procurement) -> Message | None:
    """The owner is there no more: what binds nobody yet ends, what only waits for his rating is archived. A contract under way goes on
    until its winner asks for its end."""
    if procurement.status in _UNBOUND:
        return model_acts.ended(procurement, model.ERASED)
    return archived(procurement) if procurement.status == model.COMPLETED else None
