"""How an agency stands, and what the clock makes of it."""

from datetime import datetime, timedelta

import pytest

from chassis.acts import OFFICER, PERSON, Acting, Actor
from chassis.errors import Refused
from services.intermediary import model_agencies as agencies
from services.intermediary import model_agencies_acts as acts
from services.intermediary import model_agencies_moves as moves
from services.intermediary.model_agencies import (
    ACTIVE,
    BLACKLISTED,
    LEFT,
    NOTICED,
    RETURNED,
    SUBMITTED,
    SUSPENDED,
    Agency,
)
from tests.support.actors import REGION
from tests.support.agencies import AT, active, approved, entered, evolved, noticed, stated_qualification
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events

OPERATOR = Actor(id="operator", realm=OFFICER, roles=frozenset(("market",)), region=REGION)
SUPERVISOR = Actor(id="supervisor", realm=OFFICER, roles=frozenset(("supervise",)), region=REGION)
SOMEBODY = Actor(id="somebody", realm=PERSON)
MIDNIGHT = AT + timedelta(hours=12)
SECOND = timedelta(seconds=1)


def own(agency: Agency) -> Actor:
    return Actor(id=agency.organization_id, realm=PERSON, acting=Acting("person:p", "李经办", "handler"))


def listed(until: datetime, appeal: datetime = AT + timedelta(days=9)) -> events.AgencyBlacklisted:
    return events.AgencyBlacklisted(officer_id="supervisor", until=until.isoformat(), appeal_until=appeal.isoformat())


def fired(agency: Agency, at: datetime) -> Agency:
    """The state after everything that is due by then, each at its instant."""
    while (told := acts.fire(agency, at)) is not None:
        assert agency.due is not None
        agency = evolved(agency, *(told if isinstance(told, list) else [told]), at=max(agency.due, AT))
    return agency


def reason_of(act: object, *told: object) -> str:
    with pytest.raises(Refused) as refused:
        act(*told)  # type: ignore[operator]
    return refused.value.reason


# -- entry ---------------------------------------------------------------------------------------------------------------


def test_an_entry_is_submitted_public_for_its_notice_and_then_in_the_market() -> None:
    start = entered(stated_qualification())
    agency = evolved(None, start)
    assert (agency.standing, agency.waits) == (SUBMITTED, [pb.AGENCY_WAIT_ENTRY, pb.AGENCY_WAIT_QUALIFICATION])
    assert reason_of(acts.review, agency, OPERATOR, True, "", 5, AT) == "NO_QUALIFICATION"
    agency = evolved(agency, approved(start.qualifications[0].qualification_id))
    told = acts.review(agency, OPERATOR, True, "", 5, AT)
    assert told.notice_until == "2026-11-27T15:59:59+00:00", "five working days"
    agency = evolved(agency, told)
    assert (agency.standing, agency.waiting, agency.due_of) == (NOTICED, False, "notice")
    assert agency.due is not None
    assert acts.fire(agency, agency.due - timedelta(milliseconds=1)) is None
    assert evolved(agency, acts.fire(agency, agency.due)).standing == ACTIVE


def test_a_notice_waits_while_an_objection_is_open_and_goes_on_when_it_is_dismissed() -> None:
    start = entered()
    agency = evolved(None, start, approved(start.qualifications[0].qualification_id), noticed())
    agency = evolved(agency, events.AgencyObjected(objection_id="o", person_id="somebody"))
    assert agency.waits == [pb.AGENCY_WAIT_OBJECTION]
    assert fired(agency, AT + timedelta(days=30)).standing == NOTICED
    agency = evolved(agency, events.AgencyObjectionDecided(objection_id="o"), at=AT + timedelta(days=9))
    assert fired(agency, AT + timedelta(days=9)).standing == ACTIVE


def test_an_objection_upheld_returns_the_entry_and_settles_the_others() -> None:
    start = entered()
    agency = evolved(None, start, approved(start.qualifications[0].qualification_id), noticed())
    agency = evolved(agency, *(events.AgencyObjected(objection_id=id, person_id=id) for id in ("a", "b")))
    agency = evolved(agency, events.AgencyObjectionDecided(objection_id="b", upheld=True, sealed_reason="sealed"))
    assert (agency.standing, agency.sealed_reason, agency.due) == (RETURNED, "sealed", None)
    assert agencies.open_objections(agency) == []
    again = evolved(agency, entered(agency_id=agency.id), approved(start.qualifications[0].qualification_id), noticed())
    assert again.standing == NOTICED
    later = AT + timedelta(days=1)
    assert acts.object_to(again, Actor(id="a", realm=PERSON), "c", "s", later).objection_id == "c", "another entry"


def test_who_reviewed_an_entry_does_not_decide_on_objections_to_it_and_nobody_objects_twice() -> None:
    start = entered()
    agency = evolved(None, start, approved(start.qualifications[0].qualification_id), noticed())
    assert reason_of(acts.object_to, agency, own(agency), "o", "s", AT) == "OWN_AGENCY"
    agency = evolved(agency, acts.object_to(agency, SOMEBODY, "o", "s", AT))
    assert reason_of(acts.object_to, agency, SOMEBODY, "p", "s", AT) == "OBJECTED_ALREADY"
    assert reason_of(acts.decide_objection, agency, OPERATOR, "o", True, "s", AT) == "REVIEWED_BY_YOU"
    assert reason_of(acts.decide_objection, agency, SUPERVISOR, "x", True, "s", AT) == "NOT_FOUND"
    agency = evolved(agency, acts.decide_objection(agency, SUPERVISOR, "o", False, "s", AT))
    assert reason_of(acts.decide_objection, agency, SUPERVISOR, "o", True, "s", AT) == "DECIDED_ALREADY"
    assert reason_of(acts.object_to, agency, SOMEBODY, "p", "s", AT) == "OBJECTED_ALREADY", "dismissed in this notice"
    assert reason_of(acts.object_to, agency, OPERATOR, "p", "s", AT + timedelta(days=6)) == "NOTICE_OVER"


# -- qualifications ------------------------------------------------------------------------------------------------------


def test_the_end_of_the_last_valid_qualification_suspends_by_itself_and_a_renewed_one_lifts_it() -> None:
    short, long = stated_qualification(valid_to="2026-11-20"), stated_qualification(valid_to="2026-11-22")
    agency = active(short, long)
    assert (agency.due, agency.due_of) == (MIDNIGHT, "qualification")
    agency = fired(agency, MIDNIGHT)
    assert agency.standing == ACTIVE, "the other one is valid"
    agency = fired(agency, MIDNIGHT + timedelta(days=3))
    assert (agency.standing, agencies.suspended_for(agency)) == (SUSPENDED, ["NO_VALID_QUALIFICATION"])
    later = MIDNIGHT + timedelta(days=3)
    renewed = stated_qualification(qualification_id="new", valid_from="2026-11-23")
    agency = evolved(agency, events.QualificationAdded(qualification=renewed), at=later)
    assert agency.standing == SUSPENDED, "nobody has reviewed it"
    assert evolved(agency, approved("new"), at=later).standing == ACTIVE


def test_a_qualification_of_the_future_lifts_the_suspension_on_its_first_day() -> None:
    agency = active(stated_qualification(valid_to="2026-11-20"), stated_qualification(valid_from="2026-11-24"))
    agency = fired(agency, MIDNIGHT + SECOND)
    assert agency.standing == SUSPENDED
    begins = agencies.first_instant("2026-11-24")
    assert agency.due == begins
    assert fired(agency, begins - SECOND).standing == SUSPENDED
    assert fired(agency, begins).standing == ACTIVE


def test_an_expired_qualification_says_which_one_ended() -> None:
    agency = active(stated_qualification(qualification_id="ends", valid_to="2026-11-20"), stated_qualification())
    assert acts.fire(agency, MIDNIGHT) == [
        events.QualificationTurned(agency_id=agency.id, qualification_id="ends", valid=False)
    ]


def test_a_qualification_is_reviewed_once_and_an_ended_one_is_not_approved() -> None:
    agency = active()
    id = agency.qualifications[0].id

    def word(
        decision: pb.QualificationStatus.ValueType, reason: str = "s", false: bool = False
    ) -> events.QualificationReviewed:
        return events.QualificationReviewed(
            qualification_id=id, decision=decision, sealed_reason=reason, false_statement=false
        )

    review = acts.review_qualification
    assert reason_of(review, agency, OPERATOR, word(agencies.APPROVED), AT) == "NOT_PENDING"
    assert reason_of(review, agency, OPERATOR, word(agencies.REVOKED, ""), AT) == "REQUIRED"
    revoked = evolved(agency, review(agency, OPERATOR, word(agencies.REVOKED), AT))
    assert revoked.standing == SUSPENDED
    assert reason_of(review, revoked, OPERATOR, word(agencies.REVOKED), AT) == "NOT_APPROVED"
    ended = stated_qualification(qualification_id="x", valid_to="2026-11-19")
    waiting = evolved(agency, events.QualificationAdded(qualification=ended))
    late = events.QualificationReviewed(qualification_id="x", decision=agencies.APPROVED)
    assert reason_of(review, waiting, OPERATOR, late, AT) == "EXPIRED"
    lie = events.QualificationReviewed(
        qualification_id="x", decision=agencies.REFUSED, sealed_reason="s", false_statement=True
    )
    assert reason_of(review, waiting, OPERATOR, lie, AT) == "NOT_REVOKED"


# -- supervision ---------------------------------------------------------------------------------------------------------


def test_a_supervisors_suspension_is_his_to_lift_and_stands_beside_the_one_by_itself() -> None:
    agency = active(stated_qualification(valid_to="2026-11-20"))
    agency = evolved(agency, acts.suspend(agency, SUPERVISOR, "s", AT))
    assert agencies.suspended_for(agency) == ["SUPERVISOR"]
    assert reason_of(acts.suspend, agency, SUPERVISOR, "s", AT) == "HELD_ALREADY"
    agency = fired(agency, MIDNIGHT)
    assert agencies.suspended_for(agency) == ["NO_VALID_QUALIFICATION", "SUPERVISOR"]
    agency = evolved(agency, acts.resume(agency, SUPERVISOR, MIDNIGHT), at=MIDNIGHT)
    assert (agency.standing, agencies.suspended_for(agency)) == (SUSPENDED, ["NO_VALID_QUALIFICATION"])
    assert reason_of(acts.resume, agency, SUPERVISOR, MIDNIGHT) == "NOT_HELD"


def test_the_black_list_ends_by_itself_at_the_end_of_its_last_day() -> None:
    agency = active()
    told = acts.blacklist(agency, SUPERVISOR, 3, "s", 10, AT)
    assert told.until == "2027-02-21T00:00:00+08:00"
    agency = evolved(agency, told)
    assert (agency.standing, agency.due_of) == (BLACKLISTED, "blacklist")
    until = agencies.first_instant("2027-02-21")
    assert fired(agency, until - SECOND).standing == BLACKLISTED
    assert fired(agency, until).standing == ACTIVE


def test_an_appeal_is_made_once_in_its_days_and_decided_by_another_supervisor() -> None:
    agency = active()
    agency = evolved(agency, acts.blacklist(agency, SUPERVISOR, 12, "s", 10, AT))
    assert reason_of(acts.decide_appeal, agency, OPERATOR, True, "s", AT) == "NO_APPEAL"
    assert reason_of(acts.appeal, agency, "s", AT + timedelta(days=20)) == "APPEAL_OVER"
    agency = evolved(agency, acts.appeal(agency, "s", AT))
    assert agency.waits == [pb.AGENCY_WAIT_APPEAL]
    assert reason_of(acts.appeal, agency, "s", AT) == "APPEALED_ALREADY"
    assert reason_of(acts.decide_appeal, agency, SUPERVISOR, True, "s", AT) == "LISTED_BY_YOU"
    kept = evolved(agency, acts.decide_appeal(agency, OPERATOR, False, "s", AT))
    assert kept.standing == BLACKLISTED and kept.due_of == "blacklist" and not kept.waits
    assert reason_of(acts.appeal, kept, "s", AT) == "APPEALED_ALREADY"
    off = evolved(agency, acts.decide_appeal(agency, OPERATOR, True, "s", AT))
    assert off.standing == ACTIVE and off.due_of == "qualification"


def test_nobody_escapes_the_black_list_by_leaving_and_entering_again() -> None:
    agency = evolved(active(), events.AgencyLeft())
    assert (agency.standing, agency.due) == (LEFT, None)
    agency = evolved(agency, listed(AT + timedelta(days=90)))
    assert agency.standing == BLACKLISTED
    assert reason_of(acts.enter_again, agency, entered(), AT) == "BLACKLISTED"
    after = fired(agency, AT + timedelta(days=90))
    assert after.standing == LEFT
    assert evolved(after, acts.enter_again(after, entered(), AT)).standing == SUBMITTED


def test_a_notice_does_not_end_while_the_agency_is_on_the_black_list() -> None:
    start = entered()
    agency = evolved(
        None, start, approved(start.qualifications[0].qualification_id), noticed(), listed(AT + 9 * SECOND)
    )
    assert agency.due_of == "blacklist"
    assert fired(agency, AT + 9 * SECOND).standing == NOTICED


# -- who may -------------------------------------------------------------------------------------------------------------


def test_moves_are_offered_to_who_may_make_them_and_to_nobody_else() -> None:
    agency = active()
    assert moves.open_moves(agency, own(agency), AT) == ["ChangeAgency", "AddQualification", "LeaveMarket"]
    assert moves.open_moves(agency, OPERATOR, AT) == ["ReviewQualification"]
    assert moves.open_moves(agency, SUPERVISOR, AT) == ["SuspendAgency", "BlacklistAgency"]
    assert moves.open_moves(agency, SOMEBODY, AT) == []
    away = Actor(id="x", realm=OFFICER, roles=frozenset(("market", "supervise")), region="990122")
    assert moves.open_moves(agency, away, AT) == []
    plain = Actor(id=agency.organization_id, realm=PERSON)
    assert not agencies.belongs(plain, agency), "a person whose id it were is no handler"


def test_every_move_is_made_by_somebody_from_standings_there_are() -> None:
    for name, move in moves.MOVES.items():
        assert move.by and set(move.sources) | set(move.targets) <= set(agencies.STANDINGS), name


def test_no_more_than_twenty_qualifications_wait_at_once() -> None:
    agency = active()
    for _ in range(acts.MOST_PENDING):
        agency = evolved(agency, acts.add_qualification(agency, stated_qualification(), AT))
    assert reason_of(acts.add_qualification, agency, stated_qualification(), AT) == "TOO_MANY_PENDING"
