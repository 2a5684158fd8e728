"""What an agency, officers, others and the clock do to an agency. Pure: one function per act, refusing is raising.

Days of the public notice and of an appeal are working days by the county's rules (model_rules); a listing's months run from its day.
"""

from datetime import datetime

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.errors import Violation, invalid, not_found, require
from services.intermediary import model_agencies as agencies
from services.intermediary import model_agencies_moves as moves
from services.intermediary.model_agencies import APPROVED, PENDING, REVOKED, Agency
from services.intermediary.model_rules import end
from standards.instants import after, text
from standards.workdays import add_months, local_day
from yiwang.intermediary.v1 import events_pb2 as events

MOST_PENDING = 20
MOST_QUALIFICATIONS = 100
MOST_OBJECTIONS = 50


def enter_again(agency: Agency, entered: events.AgencyEntered, now: datetime) -> events.AgencyEntered:
    """It enters again, after a return or an exit. FAILED_PRECONDITION BLACKLISTED, MOVE_NOT_ALLOWED, TOO_MANY_PENDING,
    TOO_MANY_QUALIFICATIONS."""
    require(agencies.listed(agency) is None, "BLACKLISTED", "该机构在黑名单内，期满前不能入驻")
    moves.require_move(agency, "EnterAgency", now)
    _require_room(agency, len(entered.qualifications))
    return entered


def change(agency: Agency, stated: events.AgencyStated, now: datetime) -> events.AgencyChanged:
    """The profile anew. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(agency, "ChangeAgency", now)
    return events.AgencyChanged(agency_id=agency.id, organization_id=agency.organization_id, stated=stated)


def add_qualification(agency: Agency, stated: events.StatedQualification, now: datetime) -> events.QualificationAdded:
    """Another qualification. FAILED_PRECONDITION MOVE_NOT_ALLOWED, TOO_MANY_PENDING, TOO_MANY_QUALIFICATIONS."""
    moves.require_move(agency, "AddQualification", now)
    _require_room(agency, 1)
    return events.QualificationAdded(agency_id=agency.id, qualification=stated)


def leave(agency: Agency, now: datetime) -> events.AgencyLeft:
    """Out of the market. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(agency, "LeaveMarket", now)
    return events.AgencyLeft(agency_id=agency.id)


def review(
    agency: Agency, actor: Actor, approved: bool, sealed_reason: str, days: int, now: datetime
) -> events.AgencyReviewed:
    """Approved, with so many working days of notice, or returned. FAILED_PRECONDITION MOVE_NOT_ALLOWED, NO_QUALIFICATION;
    INVALID_ARGUMENT `reason` REQUIRED."""
    moves.require_move(agency, "ReviewAgency", now, guarded=approved)
    _require_reason(approved or bool(sealed_reason))
    until = text(end(now, days, agency.region)) if approved else ""
    return events.AgencyReviewed(
        agency_id=agency.id, officer_id=actor.id, approved=approved, sealed_reason=sealed_reason, notice_until=until
    )


def review_qualification(
    agency: Agency, actor: Actor, told: events.QualificationReviewed, now: datetime
) -> events.QualificationReviewed:
    """A pending one is approved or refused, an approved one revoked. NOT_FOUND for one it does not have; FAILED_PRECONDITION
    MOVE_NOT_ALLOWED, NOT_PENDING, NOT_APPROVED, EXPIRED; INVALID_ARGUMENT `reason` REQUIRED, `false_statement` NOT_REVOKED."""
    moves.require_move(agency, "ReviewQualification", now)
    found = agencies.qualification(agency, told.qualification_id)
    if found is None:
        raise not_found()
    _require_reason(told.decision == APPROVED or bool(told.sealed_reason))
    if told.decision == REVOKED:
        require(found.status == APPROVED, "NOT_APPROVED", "该资质未核实，不能撤销")
    else:
        require(found.status == PENDING, "NOT_PENDING", "该资质已审核")
    if told.false_statement and told.decision != REVOKED:
        raise invalid(Violation("false_statement", "NOT_REVOKED", "弄虚作假仅用于撤销资质"))
    end = agencies.end_instant(found.valid_to)
    require(told.decision != APPROVED or end is None or now < end, "EXPIRED", "该资质已过有效期，不能核实通过")
    told.agency_id, told.officer_id = agency.id, actor.id
    return told


def object_to(
    agency: Agency, actor: Actor, objection_id: str, sealed_text: str, now: datetime
) -> events.AgencyObjected:
    """An objection during the notice. FAILED_PRECONDITION MOVE_NOT_ALLOWED, NOTICE_OVER, OBJECTED_ALREADY, OWN_AGENCY,
    TOO_MANY_OBJECTIONS."""
    require(not agencies.belongs(actor, agency), "OWN_AGENCY", "不能对本机构提出异议")
    moves.require_move(agency, "ObjectToAgency", now)
    notice = [one for one in agency.objections if not one.decision or _of_notice(agency, one)]
    require(all(one.person_id != actor.id for one in notice), "OBJECTED_ALREADY", "您已对该机构提出过异议")
    require(len(notice) < MOST_OBJECTIONS, "TOO_MANY_OBJECTIONS", "该机构的异议已达上限，正在处理")
    return events.AgencyObjected(
        agency_id=agency.id, objection_id=objection_id, person_id=actor.id, sealed_text=sealed_text
    )


def decide_objection(
    agency: Agency, actor: Actor, objection_id: str, upheld: bool, sealed_reason: str, now: datetime
) -> events.AgencyObjectionDecided:
    """Upheld or dismissed, by an operator who did not review the entry. NOT_FOUND for one there is not; FAILED_PRECONDITION
    MOVE_NOT_ALLOWED, REVIEWED_BY_YOU, DECIDED_ALREADY."""
    found = agencies.objection(agency, objection_id)
    if found is None:
        raise not_found()
    require(not found.decision, "DECIDED_ALREADY", "该异议已处理")
    moves.require_move(agency, "DecideAgencyObjection", now)
    require(agency.reviewer_id != actor.id, "REVIEWED_BY_YOU", "您审核了该机构的入驻，异议须由他人处理")
    return events.AgencyObjectionDecided(
        agency_id=agency.id,
        objection_id=objection_id,
        officer_id=actor.id,
        upheld=upheld,
        sealed_reason=sealed_reason,
    )


def suspend(agency: Agency, actor: Actor, sealed_reason: str, now: datetime) -> events.AgencySuspended:
    """A supervisor keeps it out. FAILED_PRECONDITION MOVE_NOT_ALLOWED, HELD_ALREADY."""
    moves.require_move(agency, "SuspendAgency", now)
    return events.AgencySuspended(agency_id=agency.id, officer_id=actor.id, sealed_reason=sealed_reason)


def resume(agency: Agency, actor: Actor, now: datetime) -> events.AgencyResumed:
    """The supervisor lets it in again. FAILED_PRECONDITION MOVE_NOT_ALLOWED, NOT_HELD."""
    moves.require_move(agency, "ResumeAgency", now)
    return events.AgencyResumed(agency_id=agency.id, officer_id=actor.id)


def blacklist(
    agency: Agency, actor: Actor, months: int, sealed_reason: str, appeal_days: int, now: datetime
) -> events.AgencyBlacklisted:
    """On the black list for so many months, with so many working days for an appeal. FAILED_PRECONDITION MOVE_NOT_ALLOWED."""
    moves.require_move(agency, "BlacklistAgency", now)
    until = agencies.end_instant(add_months(local_day(now), months).isoformat())
    return events.AgencyBlacklisted(
        agency_id=agency.id,
        officer_id=actor.id,
        months=months,
        sealed_reason=sealed_reason,
        until=text(until),
        appeal_until=text(after(now, appeal_days, agency.region)),
    )


def appeal(agency: Agency, sealed_text: str, now: datetime) -> events.BlacklistingAppealed:
    """The agency's appeal, once. FAILED_PRECONDITION MOVE_NOT_ALLOWED, APPEALED_ALREADY, APPEAL_OVER."""
    moves.require_move(agency, "AppealBlacklisting", now)
    return events.BlacklistingAppealed(agency_id=agency.id, sealed_text=sealed_text)


def decide_appeal(
    agency: Agency, actor: Actor, overturned: bool, sealed_reason: str, now: datetime
) -> events.BlacklistAppealDecided:
    """Another supervisor's word. FAILED_PRECONDITION MOVE_NOT_ALLOWED, NO_APPEAL, LISTED_BY_YOU."""
    moves.require_move(agency, "DecideBlacklistAppeal", now)
    entry = agencies.listed(agency)
    require(entry is not None and entry.officer_id != actor.id, "LISTED_BY_YOU", "列入决定由您作出，申诉须由他人处理")
    return events.BlacklistAppealDecided(
        agency_id=agency.id, officer_id=actor.id, overturned=overturned, sealed_reason=sealed_reason
    )


def fire(agency: Agency, now: datetime) -> Message | list[Message] | None:
    """What the clock makes of it: admitted at the end of its notice, off the black list, qualifications that begin or end to be valid;
    nothing where it was done meanwhile."""
    if agency.due is None or agency.due > now:
        return None
    if agency.due_of == "blacklist":
        return events.BlacklistingEnded(agency_id=agency.id)
    if agency.due_of == "notice":
        return events.AgencyAdmitted(agency_id=agency.id)
    return [
        events.QualificationTurned(agency_id=agency.id, qualification_id=one.id, valid=agencies.valid(one, now))
        for one in agency.qualifications
        if any(agency.due <= turn <= now for turn in turns(one))
    ]


def turns(qualification: agencies.Qualification) -> list[datetime]:
    """The instants at which an approved qualification begins or ends to be valid."""
    if qualification.status != APPROVED:
        return []
    end = agencies.end_instant(qualification.valid_to)
    return [agencies.first_instant(qualification.valid_from), *([end] if end else [])]


def _of_notice(agency: Agency, one: agencies.Objection) -> bool:
    # Dismissed in this very notice: each may object once to one entry.
    return one.decision == agencies.DISMISSED and one.at >= agency.entered_at


def _require_room(agency: Agency, more: int) -> None:
    pending = sum(one.status == PENDING for one in agency.qualifications)
    require(pending + more <= MOST_PENDING, "TOO_MANY_PENDING", f"待核实的资质不能超过{MOST_PENDING}项")
    whole = len(agency.qualifications) + more
    require(whole <= MOST_QUALIFICATIONS, "TOO_MANY_QUALIFICATIONS", f"资质不能超过{MOST_QUALIFICATIONS}项")


def _require_reason(given: bool) -> None:
    if not given:
        raise invalid(Violation("reason", "REQUIRED", "请说明理由"))


def require_any(qualifications: int) -> None:
    """A first entry has a qualification. INVALID_ARGUMENT `qualifications` REQUIRED."""
    if not qualifications:
        raise invalid(Violation("qualifications", "REQUIRED", "请至少填写一项资质"))
