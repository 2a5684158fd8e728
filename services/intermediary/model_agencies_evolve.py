"""Events turn into the state of an agency: one pure function each. What is derived from the rest stands in `_settled`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.acts import Evolve, Moment
from services.intermediary import model_agencies as agencies
from services.intermediary.model import COUNTY_DIGITS
from services.intermediary.model_agencies import (
    ACTIVE,
    BLACKLISTED,
    LEFT,
    NOTICED,
    RETURNED,
    SUBMITTED,
    SUSPENDED,
    Agency,
    Blacklisting,
    Objection,
    Qualification,
    Staff,
)
from services.intermediary.model_agencies_acts import turns
from services.intermediary.model_parts import File
from standards.instants import instant
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events


def _entered(before: Agency | None, event: events.AgencyEntered, moment: Moment) -> Agency:
    own = {
        "organization_id": event.organization_id,
        "name": event.agency_name,
        "region": event.region,
        "county": event.region[:COUNTY_DIGITS],
        "entered_at": moment.at,
        "phase": SUBMITTED,
        **_stated(event.stated),
    }
    added = [_qualification(one) for one in event.qualifications]
    if before is None:
        return Agency(id=event.agency_id, uscc=event.uscc, standing=SUBMITTED, qualifications=added, **own)
    return replace(
        before,
        qualifications=[*before.qualifications, *added],
        reviewer_id="",
        sealed_reason="",
        notice_until=None,
        admitted_at=None,
        left_at=None,
        **own,
    )


def _stated(stated: events.AgencyStated) -> dict[str, Any]:
    return {
        "sealed": stated.sealed,
        "legal_key": stated.legal_key,
        "shareholder_keys": list(stated.shareholder_keys),
        "address_key": stated.address_key,
        "person_keys": list(stated.person_keys),
        "staff": [Staff(one.person_key, one.certificate_kind, one.valid_to) for one in stated.staff],
        "services": list(stated.services),
        "avoids": list(stated.avoids),
    }


def _qualification(told: events.StatedQualification) -> Qualification:
    kept = told.file
    file = File(kept.file_id, kept.sealed_filename, kept.media_type, kept.size, kept.sha256, kept.sealer_id)
    return Qualification(
        told.qualification_id, told.kind, told.grade, told.certificate_number, told.valid_from, told.valid_to, file
    )


def _changed(agency: Agency, event: events.AgencyChanged, _moment: Moment) -> Agency:
    return replace(agency, **_stated(event.stated))


def _added(agency: Agency, event: events.QualificationAdded, _moment: Moment) -> Agency:
    return replace(agency, qualifications=[*agency.qualifications, _qualification(event.qualification)])


def _qualification_reviewed(agency: Agency, event: events.QualificationReviewed, _moment: Moment) -> Agency:
    def reviewed(one: Qualification) -> Qualification:
        if one.id != event.qualification_id:
            return one
        return replace(one, status=event.decision, sealed_reason=event.sealed_reason)

    return replace(agency, qualifications=[reviewed(one) for one in agency.qualifications])


def _unchanged(agency: Agency, _event: events.QualificationTurned, _moment: Moment) -> Agency:
    """Which of them are valid follows from their days: `_settled`."""
    return agency


def _reviewed(agency: Agency, event: events.AgencyReviewed, _moment: Moment) -> Agency:
    return replace(
        agency,
        phase=NOTICED if event.approved else RETURNED,
        reviewer_id=event.officer_id,
        sealed_reason=event.sealed_reason,
        notice_until=instant(event.notice_until),
    )


def _objected(agency: Agency, event: events.AgencyObjected, moment: Moment) -> Agency:
    new = Objection(event.objection_id, event.person_id, event.sealed_text, moment.at)
    return replace(agency, objections=[*agency.objections, new])


def _objection_decided(agency: Agency, event: events.AgencyObjectionDecided, moment: Moment) -> Agency:
    decision = agencies.UPHELD if event.upheld else agencies.DISMISSED

    def decided(one: Objection) -> Objection:
        # With the entry returned, what else was said against it is settled, too.
        if one.id != event.objection_id and not (event.upheld and not one.decision):
            return one
        return replace(one, decision=decision, sealed_reason=event.sealed_reason, decided_at=moment.at)

    after = replace(agency, objections=[decided(one) for one in agency.objections])
    return replace(after, phase=RETURNED, sealed_reason=event.sealed_reason) if event.upheld else after


def _admitted(agency: Agency, _event: events.AgencyAdmitted, moment: Moment) -> Agency:
    return replace(agency, phase=ACTIVE, admitted_at=moment.at, sealed_reason="")


def _suspended(agency: Agency, event: events.AgencySuspended, _moment: Moment) -> Agency:
    return replace(agency, held=True, sealed_held=event.sealed_reason)


def _resumed(agency: Agency, _event: events.AgencyResumed, _moment: Moment) -> Agency:
    return replace(agency, held=False, sealed_held="")


def _blacklisted(agency: Agency, event: events.AgencyBlacklisted, moment: Moment) -> Agency:
    until, appeal_until = instant(event.until), instant(event.appeal_until)
    assert until is not None and appeal_until is not None
    entry = Blacklisting(moment.at, until, appeal_until, event.officer_id, event.sealed_reason)
    return replace(agency, blacklisting=entry)


def _appealed(agency: Agency, event: events.BlacklistingAppealed, _moment: Moment) -> Agency:
    return _on_the_list(agency, appeal=agencies.ASKED, sealed_appeal=event.sealed_text)


def _appeal_decided(agency: Agency, event: events.BlacklistAppealDecided, _moment: Moment) -> Agency:
    word = agencies.OVERTURNED if event.overturned else agencies.KEPT
    return _on_the_list(agency, appeal=word, sealed_decision=event.sealed_reason, ended=event.overturned)


def _listing_ended(agency: Agency, _event: events.BlacklistingEnded, _moment: Moment) -> Agency:
    return _on_the_list(agency, ended=True)


def _on_the_list(agency: Agency, **changes: Any) -> Agency:
    assert agency.blacklisting is not None
    return replace(agency, blacklisting=replace(agency.blacklisting, **changes))


def _left(agency: Agency, _event: events.AgencyLeft, moment: Moment) -> Agency:
    return replace(agency, phase=LEFT, left_at=moment.at)


def _settled(evolve: Callable[[Any, Any, Moment], Agency]) -> Callable[[Agency | None, Any, Moment], Agency]:
    """The state after the event, with what follows from it: its standing, what waits, when something is due by itself."""

    def settled(before: Agency | None, event: Any, moment: Moment) -> Agency:
        agency = evolve(before, event, moment)
        qualified = any(agencies.valid(one, moment.at) for one in agency.qualifications)
        agency = replace(agency, qualified=qualified)
        agency = replace(agency, standing=_standing(agency))
        waits, (due, due_of) = _waits(agency), _due(agency, moment.at)
        return replace(agency, waits=waits, waiting=bool(waits), due=due, due_of=due_of)

    return settled


def _standing(agency: Agency) -> int:
    if agencies.listed(agency):
        return BLACKLISTED
    if agency.phase != ACTIVE:
        return agency.phase
    return SUSPENDED if agency.held or not agency.qualified else ACTIVE


def _waits(agency: Agency) -> list[int]:
    present = agency.phase not in (RETURNED, LEFT)
    entry = agencies.listed(agency)
    told = (
        (agency.phase == SUBMITTED, pb.AGENCY_WAIT_ENTRY),
        (
            present and any(one.status == agencies.PENDING for one in agency.qualifications),
            pb.AGENCY_WAIT_QUALIFICATION,
        ),
        (agency.phase == NOTICED and bool(agencies.open_objections(agency)), pb.AGENCY_WAIT_OBJECTION),
        (entry is not None and entry.appeal == agencies.ASKED, pb.AGENCY_WAIT_APPEAL),
    )
    return [int(wait) for holds, wait in told if holds]


def _due(agency: Agency, at: datetime) -> tuple[datetime | None, str]:
    """What comes first of what happens by itself. A notice waits while an objection is open, or the agency is on the black list."""
    found: list[tuple[datetime, str]] = []
    entry = agencies.listed(agency)
    if entry:
        found.append((entry.until, "blacklist"))
    elif agency.phase == NOTICED and agency.notice_until and not agencies.open_objections(agency):
        found.append((agency.notice_until, "notice"))
    if agency.phase in (SUBMITTED, NOTICED, ACTIVE):
        ahead = (turn for one in agency.qualifications for turn in turns(one) if turn > at)
        found += [(turn, "qualification") for turn in ahead]
    return min(found) if found else (None, "")


_EVOLVE: Evolve = {
    events.AgencyEntered: _entered,
    events.AgencyChanged: _changed,
    events.QualificationAdded: _added,
    events.QualificationReviewed: _qualification_reviewed,
    events.QualificationTurned: _unchanged,
    events.AgencyReviewed: _reviewed,
    events.AgencyObjected: _objected,
    events.AgencyObjectionDecided: _objection_decided,
    events.AgencyAdmitted: _admitted,
    events.AgencySuspended: _suspended,
    events.AgencyResumed: _resumed,
    events.AgencyBlacklisted: _blacklisted,
    events.BlacklistingAppealed: _appealed,
    events.BlacklistAppealDecided: _appeal_decided,
    events.BlacklistingEnded: _listing_ended,
    events.AgencyLeft: _left,
}
EVOLVE: Evolve = {event: _settled(evolve) for event, evolve in _EVOLVE.items()}
