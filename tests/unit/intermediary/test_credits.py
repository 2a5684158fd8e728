"""Credit: which event gives which mark, and what the marks make."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.intermediary import model_credits as credits
from services.intermediary.model_credits import Given
from yiwang.intermediary.v1 import agencies_pb2 as pb
from yiwang.intermediary.v1 import events_pb2 as events

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
REVOKED = pb.QUALIFICATION_STATUS_REVOKED


@pytest.mark.parametrize(
    ("event", "marks"),
    [
        (events.WinnerReplaced(reason="GAVE_UP"), [Given("GAVE_UP")]),
        (events.WinnerReplaced(reason="PASSED_OVER"), [Given("PASSED_OVER")]),
        (events.WinnerReplaced(reason="OBJECTION_UPHELD"), [Given("OBJECTION_UPHELD")]),
        (events.WinnerReplaced(reason="NOT_ELIGIBLE"), []),
        (events.ContractFiled(side="agency", late=True), [Given("CONTRACT_LATE")]),
        (events.ContractFiled(side="owner", late=True), []),
        (events.ContractFiled(side="agency"), []),
        (events.MilestoneReported(number=2, late=True), [Given("MILESTONE_LATE", "2")]),
        (events.MilestoneReported(number=2), []),
        (events.DeliverableReturned(times=1), []),
        (events.DeliverableReturned(times=2), [Given("RETURNED_TWICE")]),
        (events.DeliverableReturned(times=3), []),
        (events.BreakOffDecided(ended=True, fault="agency"), [Given("BROKEN_OFF")]),
        (events.BreakOffDecided(ended=True, fault="owner"), []),
        (events.BreakOffDecided(ended=False, fault="agency"), []),
        (events.DeliverableConfirmed(in_time=True), [Given("COMPLETED_IN_TIME")]),
        (events.DeliverableConfirmed(), []),
        (events.ProcurementArchived(owner_grade=5), [Given("GOOD_RATING")]),
        (events.ProcurementArchived(owner_grade=4), [Given("GOOD_RATING")]),
        (events.ProcurementArchived(owner_grade=3), []),
        (events.ProcurementArchived(owner_grade=2, agency_grade=5), [Given("BAD_RATING")]),
        (events.ProcurementArchived(), []),
        (
            events.QualificationReviewed(qualification_id="q", decision=REVOKED, false_statement=True),
            [Given("FALSE_STATEMENT", "q")],
        ),
        (events.QualificationReviewed(qualification_id="q", decision=REVOKED), []),
    ],
)
def test_an_event_gives_the_marks_of_the_published_rules(event: Any, marks: list[Given]) -> None:
    assert credits.marks_of(event) == marks


def test_every_rule_is_published_with_points_and_words_and_is_given_by_some_event() -> None:
    published = credits.rules()
    assert {rule.id for rule in published} == set(credits.RULES)
    assert all(rule.points and rule.says for rule in published)


@pytest.mark.parametrize(
    ("points", "score"), [([], 100), ([-10, -5, 2], 87), ([2] * 20, 120), ([-20] * 6, 0), ([2] * 20 + [-20] * 3, 80)]
)
def test_the_score_is_the_base_and_the_marks_within_its_bounds(points: list[int], score: int) -> None:
    assert credits.score(points) == score


def test_marks_count_for_twelve_months_leap_days_too() -> None:
    assert credits.since(NOW) == datetime(2025, 11, 20, 4, tzinfo=UTC)
    leap = datetime(2028, 2, 29, 4, tzinfo=UTC)
    assert credits.since(leap) == datetime(2027, 2, 28, 4, tzinfo=UTC)


def test_the_winner_is_whose_award_it_was_after_these_events() -> None:
    found = events.ResultFound()
    found.winner.agency_id = "a"
    replaced = events.WinnerReplaced(agency_id="a")
    replaced.winner.agency_id = "b"
    nobody = events.WinnerReplaced(agency_id="b")
    assert credits.winner_in([]) == ""
    assert credits.winner_in([events.ProcurementSubmitted(number="n"), found, events.AwardIssued()]) == "a"
    assert credits.winner_in([found, replaced]) == "b"
    assert credits.winner_in([found, replaced, nobody]) == ""
    assert credits.number_in([events.ProcurementSubmitted(number="n"), found]) == "n"
