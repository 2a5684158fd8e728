"""What the parties of a draw do: commit before the freeze, reveal after it; and the beacon. Pure.

The platform reveals last, by itself, at the selection time (selecting.py), and the beacon is not known before: whoever withholds his nonce
does not know what he would change by it.
"""

import hmac
from datetime import datetime

from chassis.acts import Actor
from chassis.errors import Violation, invalid, require
from services.intermediary import model, model_needs
from services.intermediary.model import Procurement
from services.intermediary.model_moves import require_move
from standards import draw
from yiwang.intermediary.v1 import events_pb2 as events


def commit(procurement: Procurement, party: str, commitment: str, actor: Actor) -> events.NonceCommitted:
    """A party lays down what it will reveal, once. FAILED_PRECONDITION COMMITTED_ALREADY; INVALID_ARGUMENT `commitment` TAKEN for one
    another party has: whoever copies a commitment could reveal what the other reveals."""
    require_move(procurement, "CommitNonce")
    require(model.party(procurement, party) is None, "COMMITTED_ALREADY", "已提交承诺，不能更改")
    if any(one.commitment == commitment for one in procurement.parties):
        raise invalid(Violation("commitment", "TAKEN", "该承诺与其他方相同"))
    officer = actor.id if party == model.SUPERVISOR else ""
    return events.NonceCommitted(procurement_id=procurement.id, party=party, commitment=commitment, officer_id=officer)


def reveal(procurement: Procurement, party: str, nonce: str) -> events.NonceRevealed:
    """A party tells its nonce, once. FAILED_PRECONDITION NOT_COMMITTED, REVEALED_ALREADY, REVEAL_NOT_YET; INVALID_ARGUMENT `nonce`
    DOES_NOT_MATCH."""
    require(procurement.status != model.OPEN, "REVEAL_NOT_YET", "报名截止、名单冻结后才能公开随机数")
    require_move(procurement, "RevealNonce")
    own = model.party(procurement, party)
    require(own is not None, "NOT_COMMITTED", "截止前没有提交承诺，不能再公开")
    assert own is not None
    require(not own.nonce, "REVEALED_ALREADY", "随机数已公开")
    if not hmac.compare_digest(draw.commitment(nonce), own.commitment):
        raise invalid(Violation("nonce", "DOES_NOT_MATCH", "随机数与提交的承诺不一致"))
    return events.NonceRevealed(procurement_id=procurement.id, party=party, nonce=nonce)


def record_beacon(procurement: Procurement, value: str, actor: Actor, now: datetime) -> events.BeaconRecorded | None:
    """The beacon's value is entered by hand, by another supervisor than the one whose nonce is in the draw: what is told last decides.
    FAILED_PRECONDITION OWN_NONCE, BEACON_NOT_YET, BEACON_KNOWN for another value than the one known."""
    require_move(procurement, "RecordBeacon")
    own = model.party(procurement, model.SUPERVISOR)
    require(own is None or own.officer_id != actor.id, "OWN_NONCE", "公共随机数应由未提交随机数的另一名监管人员录入")
    need = model.need_of(procurement)
    at = model_needs.instant_of("beacon.at", need.beacon.at)
    require(now >= at, "BEACON_NOT_YET", "公共随机数尚未到公布时间")
    known = procurement.beacon_value
    require(known in ("", value), "BEACON_KNOWN", "公共随机数已录入，不能更改")
    if known:
        return None
    return events.BeaconRecorded(procurement_id=procurement.id, value=value, officer_id=actor.id)
