"""A sheet: part of a procurement's sign-ups, with their sealed bids. An agency always stands on the same one. Pure.

Sign-ups come in thousands at the last minute; a sheet is one record, so that a sign-up is one write, which the closing instant guards by
the store's clock, and a freeze is one write on each sheet, after which nothing is added.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid, require
from services.intermediary.model_parts import File
from services.intermediary.model_performance_evolve import file_of
from standards import bids
from standards.instants import instant, text
from yiwang.intermediary.v1 import events_pb2 as events

IN, WITHDRAWN = "SIGNED_UP", "WITHDRAWN"
# An agency may come back twice; a sheet has room for so many acts.
MOST_TIMES: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One agency's sign-up."""

    agency_id: str
    organization_id: str
    uscc: str
    name: str
    at: datetime
    status: str = IN
    # How often it signed up.
    times: int = 1
    bid_commitment: str = ""
    proposal: File | None = None
    opened_at: datetime | None = None
    value: int = 0
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The present state of a sheet."""

    id: str
    procurement_id: str
    closes_at: datetime
    open: bool
    entries: list[Entry] = field(default_factory=list)
    # No bid is opened any more.
    bids_over: bool = False


def number_of(uscc: str, sheets: int) -> int:
    """On which of so many sheets an agency stands, from 0."""
    return int.from_bytes(hashlib.sha256(uscc.encode()).digest()[:4]) % sheets


def entry(sheet: Sheet, uscc: str) -> Entry | None:
    """What an agency has on it."""
    return next((one for one in sheet.entries if one.uscc == uscc), None)


def opened(sheet: str, procurement: str, closes_at: datetime, closed: bool = False) -> events.SheetOpened:
    """An empty sheet, before the first sign-up; or one the freeze did not find."""
    return events.SheetOpened(sheet_id=sheet, procurement_id=procurement, closes_at=text(closes_at), closed=closed)


def sign_up(sheet: Sheet, told: events.AgencySignedUp) -> events.AgencySignedUp:
    """An agency comes in. FAILED_PRECONDITION SIGNUP_OVER, SIGNED_UP_ALREADY, TOO_OFTEN."""
    require(sheet.open, "SIGNUP_OVER", "报名已截止")
    before = entry(sheet, told.uscc)
    require(before is None or before.status == WITHDRAWN, "SIGNED_UP_ALREADY", "贵机构已报名")
    require(before is None or before.times < MOST_TIMES, "TOO_OFTEN", f"最多只能报名{MOST_TIMES}次")
    return told


def withdraw(sheet: Sheet, uscc: str) -> events.SignUpWithdrawn:
    """It goes again. FAILED_PRECONDITION SIGNUP_OVER, NOT_SIGNED_UP."""
    require(sheet.open, "SIGNUP_OVER", "报名已截止，不能再撤回")
    _own(sheet, uscc)
    return events.SignUpWithdrawn(sheet_id=sheet.id, procurement_id=sheet.procurement_id, uscc=uscc)


def close(sheet: Sheet) -> events.SheetClosed | None:
    """Nothing is added any more."""
    return events.SheetClosed(sheet_id=sheet.id, procurement_id=sheet.procurement_id) if sheet.open else None


def end_bids(sheet: Sheet) -> events.SheetClosed | None:
    """No bid is opened any more."""
    ended = events.SheetClosed(sheet_id=sheet.id, procurement_id=sheet.procurement_id, bids_over=True)
    return None if sheet.bids_over else ended


def open_bid(sheet: Sheet, uscc: str, value: int, nonce: str, bounds: tuple[int, int]) -> events.BidOpened:
    """The bid is told. INVALID_ARGUMENT `value` BELOW_ZERO, BELOW_LEAST, ABOVE_MOST, `nonce` DOES_NOT_MATCH; FAILED_PRECONDITION
    OPENING_NOT_YET, OPENING_OVER, NOT_SIGNED_UP, OPENED_ALREADY."""
    require(not sheet.open, "OPENING_NOT_YET", "报名截止后才能公开报价")
    require(not sheet.bids_over, "OPENING_OVER", "公开报价的时间已过")
    own = _own(sheet, uscc)
    require(own.opened_at is None, "OPENED_ALREADY", "报价已公开，不能更改")
    least, most = bounds
    if value < 0:
        raise invalid(Violation("value", "BELOW_ZERO", "报价不得小于零"))
    if least and value < least:
        raise invalid(Violation("value", "BELOW_LEAST", "报价低于公告的最低限"))
    if most and value > most:
        raise invalid(Violation("value", "ABOVE_MOST", "报价高于公告的最高限"))
    if not bids.opened(own.bid_commitment, sheet.procurement_id, uscc, value, nonce):
        raise invalid(Violation("nonce", "DOES_NOT_MATCH", "报价与报名时提交的密封承诺不一致"))
    return events.BidOpened(sheet_id=sheet.id, procurement_id=sheet.procurement_id, uscc=uscc, value=value, nonce=nonce)


def _own(sheet: Sheet, uscc: str) -> Entry:
    own = entry(sheet, uscc)
    require(own is not None and own.status == IN, "NOT_SIGNED_UP", "贵机构没有报名")
    assert own is not None
    return own


def signed_up(sheets: Sequence[Sheet]) -> list[Entry]:
    """All who are in, earliest first (by USCC where two came in the same millisecond)."""
    found = (one for sheet in sheets for one in sheet.entries if one.status == IN)
    return sorted(found, key=lambda one: (one.at, one.uscc))


def _opened(_none: None, event: events.SheetOpened, _moment: Moment) -> Sheet:
    closes_at = instant(event.closes_at)
    assert closes_at is not None
    return Sheet(event.sheet_id, event.procurement_id, closes_at, not event.closed)


def _put(sheet: Sheet, new: Entry) -> Sheet:
    return replace(sheet, entries=[*(one for one in sheet.entries if one.uscc != new.uscc), new])


def _signed_up(sheet: Sheet, event: events.AgencySignedUp, moment: Moment) -> Sheet:
    before = entry(sheet, event.uscc)
    return _put(
        sheet,
        Entry(
            agency_id=event.agency_id,
            organization_id=event.organization_id,
            uscc=event.uscc,
            name=event.name,
            at=moment.at,
            times=before.times + 1 if before else 1,
            bid_commitment=event.bid_commitment,
            proposal=file_of(event.proposal) if event.HasField("proposal") else None,
        ),
    )


def _changed(sheet: Sheet, uscc: str, **changes: object) -> Sheet:
    own = entry(sheet, uscc)
    assert own is not None
    return _put(sheet, replace(own, **changes))  # type: ignore[arg-type]


def _withdrawn(sheet: Sheet, event: events.SignUpWithdrawn, _moment: Moment) -> Sheet:
    return _changed(sheet, event.uscc, status=WITHDRAWN, proposal=None, bid_commitment="")


def _bid_opened(sheet: Sheet, event: events.BidOpened, moment: Moment) -> Sheet:
    return _changed(sheet, event.uscc, value=event.value, nonce=event.nonce, opened_at=moment.at)


def _closed(sheet: Sheet, event: events.SheetClosed, _moment: Moment) -> Sheet:
    return replace(sheet, open=False, bids_over=sheet.bids_over or event.bids_over)


EVOLVE: Evolve = {
    events.SheetOpened: _opened,
    events.AgencySignedUp: _signed_up,
    events.SignUpWithdrawn: _withdrawn,
    events.SheetClosed: _closed,
    events.BidOpened: _bid_opened,
}
