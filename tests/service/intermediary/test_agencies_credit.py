"""Credit of agencies: a mark once for each thing, in whatever order it is heard; the score; who is below the line."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Cause, now
from chassis.errors import NotYet
from chassis.records import Records
from services.intermediary import model_agencies_evolve, model_credits
from services.intermediary.model_credits import RULES
from tests.support.actors import person, supervisor
from tests.support.agencies import REASON
from tests.support.agencies_here import AgenciesHere
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events

NUMBER = "ZJ990121261120ABCDEFX"


class Course:
    """A procurement as its journal tells it, and the worker hears it."""

    def __init__(self, agencies: AgenciesHere, *told: Message) -> None:
        self.agencies, self.id = agencies, str(uuid.uuid4())
        self.told = [events.ProcurementSubmitted(procurement_id=self.id, number=NUMBER), *told]
        # What becomes of a procurement is not asked here: only its journal is read.
        evolve: Any = {type(one): lambda _before, _event, _moment: {"id": self.id} for one in self.told}
        records: Records[Any] = Records(agencies.database["procurements"], dict, evolve, events)
        self.records = records

    def write(self) -> None:
        """Its journal is there."""
        self.records.create(Cause(key=self.id, by="test"), lambda _: list(self.told), self.id)

    def hear(self, name: str, at: int) -> None:
        """The handler hears the event at this place, from 1."""
        self.agencies.hear(name, self.told[at - 1], self.id, at)


def won(agency: str) -> events.ResultFound:
    found = events.ResultFound()
    found.winner.agency_id = agency
    return found


def replaced(agency: str, reason: str, by: str = "") -> events.WinnerReplaced:
    event = events.WinnerReplaced(agency_id=agency, reason=reason)
    if by:
        event.winner.agency_id = by
    return event


def score(agencies: AgenciesHere, id: str) -> int:
    return int(agencies.to(None).ListCredits(agency_id=id).score)


def test_each_thing_gives_its_mark_once_however_often_and_in_whatever_order_it_is_heard(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch)
    steps: list[tuple[str, Message, str]] = [
        ("mark_contract", events.ContractFiled(side="agency", late=True), "CONTRACT_LATE"),
        ("mark_milestone", events.MilestoneReported(number=1, late=True), "MILESTONE_LATE"),
        ("mark_milestone", events.MilestoneReported(number=2, late=True), "MILESTONE_LATE"),
        ("mark_returned", events.DeliverableReturned(times=2), "RETURNED_TWICE"),
        ("mark_delivered", events.DeliverableConfirmed(in_time=True), "COMPLETED_IN_TIME"),
        ("mark_archived", events.ProcurementArchived(owner_grade=5), "GOOD_RATING"),
        ("mark_broken_off", events.BreakOffDecided(ended=True, fault="agency"), "BROKEN_OFF"),
    ]
    course = Course(agencies, won(agency.id), *(event for _, event, _ in steps))
    with pytest.raises(NotYet):
        course.hear("mark_contract", 3)
    course.write()
    for _ in range(2):
        for place, (name, _, _) in reversed(list(enumerate(steps, 3))):
            course.hear(name, place)
    assert sorted(mark.rule for mark in agencies.marks) == sorted(rule for _, _, rule in steps)
    assert {mark.procurement_number for mark in agencies.marks} == {NUMBER}
    wanted = 100 + sum(RULES[rule].points for _, _, rule in steps)
    assert score(agencies, agency.id) == wanted == agencies.seen(agency.id).credit_score


def test_a_mark_is_whose_award_it_was_then(agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = agencies.active(monkeypatch)
    _, second = agencies.active(monkeypatch)
    course = Course(
        agencies,
        won(first.id),
        events.ContractFiled(side="agency", late=True),
        replaced(first.id, "GAVE_UP", by=second.id),
        events.ContractFiled(side="agency", late=True),
        replaced(second.id, "OBJECTION_UPHELD"),
    )
    course.write()
    for _ in range(2):
        for name, place in (("mark_replaced", 6), ("mark_contract", 5), ("mark_replaced", 4), ("mark_contract", 3)):
            course.hear(name, place)
    assert (score(agencies, first.id), score(agencies, second.id)) == (85, 85)


def test_a_false_statement_costs_credit_when_the_qualification_is_revoked_for_it(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch)
    agencies.to(agencies.operator).ReviewQualification(
        agency_id=agency.id,
        qualification_id=agency.qualifications[0].id,
        decision=pb.QUALIFICATION_STATUS_REVOKED,
        reason=REASON,
        false_statement=True,
    )
    entry = agencies.record(agency.id).journal[-1]
    event = agencies.agencies.event(entry)
    for _ in range(2):
        agencies.hear("mark_false_statement", event, agency.id, entry["seq"])
    assert [mark.rule for mark in agencies.marks] == ["FALSE_STATEMENT"]
    assert score(agencies, agency.id) == 80


def test_a_mark_of_more_than_twelve_months_ago_counts_no_more(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch)
    agencies.marked(agency.id, "BROKEN_OFF", model_credits.since(now()) - timedelta(minutes=1))
    agencies.marked(agency.id, "GAVE_UP", model_credits.since(now()) + timedelta(minutes=1))
    told = agencies.to(None).ListCredits(agency_id=agency.id)
    assert told.score == 90
    assert [(mark.rule, mark.points, mark.counts) for mark in told.marks] == [
        ("GAVE_UP", -10, True),
        ("BROKEN_OFF", -15, False),
    ]


def test_marks_are_public_page_by_page_with_the_rules_they_are_given_by(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, agency = agencies.active(monkeypatch)
    for days in range(5):
        agencies.marked(agency.id, "MILESTONE_LATE", now() - timedelta(days=days))
    first = agencies.to(None).ListCredits(agency_id=agency.id, page_size=3)
    rest = agencies.to(None).ListCredits(agency_id=agency.id, page_size=3, page_token=first.next_page_token)
    assert len(first.marks) == 3 and len(rest.marks) == 2 and not rest.next_page_token
    assert [mark.day for mark in (*first.marks, *rest.marks)] == sorted(
        (mark.day for mark in (*first.marks, *rest.marks)), reverse=True
    )
    assert {rule.id for rule in first.rules} == set(RULES) and "12个月" in first.formula


def test_who_is_below_the_line_is_on_the_desks_of_the_region(
    agencies: AgenciesHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, low = agencies.active(monkeypatch)
    _, lower = agencies.active(monkeypatch)
    _, fine = agencies.active(monkeypatch)
    for agency, rules in ((low, 3), (lower, 4), (fine, 2)):
        for _ in range(rules):
            agencies.marked(agency.id, "FALSE_STATEMENT")

    def below(actor: Any) -> list[tuple[str, int]]:
        told = agencies.to(actor).ListAgencyDesk(wait=pb.AGENCY_WAIT_BELOW_LINE).agencies
        return [(one.id, one.credit_score) for one in told]

    assert below(agencies.boss) == [(lower.id, 20), (low.id, 40)]
    assert below(supervisor("market", region="990122")) == []
    seen = agencies.seen(low.id, agencies.boss)
    assert seen.below_line and pb.AGENCY_WAIT_BELOW_LINE in seen.waits
    assert not agencies.seen(fine.id, person()).below_line, "at the line is not below it"


def test_every_event_of_an_agency_has_its_evolution() -> None:
    own = {name for name in dir(events) if name.startswith(("Agency", "Qualification", "Blacklist"))}
    rules = {name for name in own if name not in ("AgencyStated", "AgencySignedUp")}
    assert {message.__name__ for message in model_agencies_evolve.EVOLVE} == rules
