"""Inspections on site as the model has them: booked once at a time, signed by two, and what the decision makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Moment
from chassis.errors import ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT, Refused
from services.case import model, model_acts, model_seeing, model_visits
from services.case.model import Case
from services.case.model_evolve import EVOLVE
from tests.support.actors import officer, person
from tests.support.cases import APPLICANT, RECEIVER, case_in
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as case_pb
from yiwang.catalog.v1 import service_pb2 as catalog

NOW = datetime(2026, 9, 7, 2, tzinfo=UTC)
START, END = NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2)
ANN, BOB = officer("review", id="ann"), officer("review", id=RECEIVER)
DECIDER = officer("decide", id="decider")


def inspected(status: int = model.IN_REVIEW, **handling: int) -> Case:
    """A case of an item that is inspected, and nothing booked."""
    return case_in(status, handling={"visit": catalog.VISIT_NEED_REQUIRED, **handling})


def then(case: Case, event: Message, by: str = "officer:ann", when: datetime = NOW) -> Case:
    changed: Case = EVOLVE[type(event)](case, event, Moment(when, by))
    return changed


def booked(case: Case | None = None) -> Case:
    case = case or inspected()
    return then(case, model_visits.book(case, len(case.visits) + 1, "slot", START, END), f"person:{APPLICANT}")


def sign(case: Case, who: Any = ANN, passed: bool = True, at: datetime = START, now: datetime = END) -> Case:
    return then(case, model_visits.sign(case, who, passed, at.isoformat(), "sealed", [], now), when=now)


def refused(act: Callable[[], Any]) -> tuple[int, str, list[str]]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code, caught.value.reason, [one.field for one in caught.value.violations]


def test_one_visit_is_booked_at_a_time_and_only_where_the_item_is_inspected() -> None:
    case = booked()
    assert refused(lambda: booked(case))[:2] == (FAILED_PRECONDITION, "MOVE_NOT_ALLOWED")
    for need in (catalog.VISIT_NEED_UNSPECIFIED, catalog.VISIT_NEED_NONE):
        assert refused(lambda need=need: booked(inspected(visit=need)))[1] == "MOVE_NOT_ALLOWED"  # type: ignore[misc]
    assert booked(inspected(visit=catalog.VISIT_NEED_POSSIBLE)).visits
    assert "BookVisit" in model_seeing.moves(inspected(), person(APPLICANT))


def test_a_visit_whose_number_another_booking_took_is_not_booked() -> None:
    case = then(booked(), events.VisitCancelled(visit=1))
    found = refused(lambda: model_visits.book(case, 1, "slot", START, END))
    assert found[:2] == (ABORTED, "CHANGED_MEANWHILE")


def test_an_inspection_takes_place_while_a_law_lets_it_stand_the_clocks_still() -> None:
    case = sign(booked(inspected(model.SUSPENDED)))
    assert case.status == model.SUSPENDED and len(case.visits[0].signatures) == 1


def test_two_different_inspectors_sign_and_who_received_the_case_may_be_one() -> None:
    case = sign(booked())
    assert refused(lambda: sign(case, ANN))[:2] == (FAILED_PRECONDITION, "ALREADY_SIGNED")
    assert "SignVisit" not in model_seeing.moves(case, ANN) and "SignVisit" in model_seeing.moves(case, BOB)
    case = sign(case, BOB)
    assert [one.officer_id for one in case.visits[0].signatures] == [ANN.id, RECEIVER]
    for who in (ANN, BOB):
        assert refused(lambda who=who: sign(case, who))[1] == "ALREADY_SIGNED"  # type: ignore[misc]
    assert refused(lambda: sign(case, officer("review")))[1] == "MOVE_NOT_ALLOWED", "two are enough"
    assert refused(lambda: sign(inspected()))[1] == "MOVE_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("at", "now", "reason"),
    [
        (START.isoformat(), END, ""),
        # The device was offline for a day: it says when it was there.
        (START.isoformat(), END + timedelta(days=1), ""),
        ((END + timedelta(minutes=5)).isoformat(), END, ""),
        ((END + timedelta(minutes=5, seconds=1)).isoformat(), END, "AT_FUTURE"),
        ((START - timedelta(hours=1)).isoformat(), END, ""),
        ((START - timedelta(hours=1, seconds=1)).isoformat(), END, "AT_EARLY"),
        ("yesterday", END, "MALFORMED"),
        ("2026-09-08T10:00:00", END, "MALFORMED"),
    ],
)
def test_a_signature_is_of_the_time_of_the_visit_however_late_it_arrives(at: str, now: datetime, reason: str) -> None:
    case = booked()
    if reason:
        found = refused(lambda: model_visits.sign(case, ANN, True, at, "", [], now))
        assert found == (INVALID_ARGUMENT, reason, ["at"])
    else:
        signed = model_visits.sign(case, ANN, True, at, "sealed", [], now)
        assert then(case, signed, when=now).visits[0].signatures[0].at == datetime.fromisoformat(at)


def test_the_applicant_cancels_until_it_begins_and_an_officer_afterwards_when_nobody_came() -> None:
    case = booked()
    assert then(case, model_visits.cancel(case, "sealed", START - timedelta(seconds=1))).visits[0].cancelled
    assert refused(lambda: model_visits.cancel(case, "", START))[:2] == (FAILED_PRECONDITION, "VISIT_BEGUN")
    case = then(case, model_visits.reschedule(case, "sealed"))
    again = booked(case)
    assert [one.cancelled for one in again.visits] == [True, False] and again.visits[1].number == 2


def test_what_an_inspector_has_signed_is_neither_cancelled_nor_moved() -> None:
    case = sign(booked(), at=START - timedelta(minutes=30), now=START - timedelta(minutes=20))
    assert refused(lambda: model_visits.cancel(case, "", START - timedelta(minutes=10)))[1] == "VISIT_SIGNED"
    assert refused(lambda: model_visits.reschedule(case, "sealed"))[1] == "VISIT_SIGNED"
    assert model_visits.drop(case, 1, "sealed") is None


def decide(case: Case, granted: bool = True) -> events.CaseDecided:
    return model_acts.decide(case, DECIDER, granted, "不合格", "sealed", END)


def test_nothing_is_granted_without_an_inspection_that_two_passed_and_a_denial_needs_none() -> None:
    case = inspected(model.REVIEWED, decided_on_site=1)
    assert refused(lambda: decide(case))[1] == "VISIT_MISSING"
    assert not decide(case, granted=False).granted
    one = sign(booked(case))
    assert refused(lambda: decide(one))[1] == "VISIT_MISSING"
    failed = sign(one, BOB, passed=False)
    assert refused(lambda: decide(failed))[1] == "VISIT_MISSING"
    again = sign(sign(booked(failed)), BOB)
    assert decide(again).kind == case_pb.DECISION_KIND_ON_SITE


def test_evidence_of_each_signature_is_kept_beside_the_materials_and_replaces_none() -> None:
    case = booked()
    for who in (ANN, BOB):
        key = model_visits.evidence_key(case)
        files = [events.HandedInFile(attachment_id=f"{who.id}-{n}", material=key) for n in range(2)]
        event = model_visits.sign(case, who, True, START.isoformat(), "sealed", files, END)
        case = then(case, event, when=END)
    assert [one.attachment_id for one in model_visits.evidence_of(case, 1, 2)] == [f"{RECEIVER}-0", f"{RECEIVER}-1"]
    assert len(case.files) == 4 and all(model_visits.is_evidence(one) for one in case.files)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (START, END, None),
        (START, START + timedelta(hours=12), None),
        (START, START + timedelta(hours=12, seconds=1), ("SLOT_LENGTH", "slots[0].end")),
        (START, START, ("SLOT_LENGTH", "slots[0].end")),
        (NOW, END, ("SLOT_PAST", "slots[0].start")),
        (NOW + timedelta(days=367), NOW + timedelta(days=367, hours=1), ("SLOT_TOO_FAR", "slots[0].start")),
    ],
)
def test_a_slot_lies_ahead_and_within_a_day(start: datetime, end: datetime, expected: tuple[str, str] | None) -> None:
    def times() -> tuple[datetime, datetime]:
        return model_visits.slot_times("slots[0]", start.isoformat(), end.isoformat(), NOW)

    if expected is None:
        assert times() == (start, end)
    else:
        assert refused(times) == (INVALID_ARGUMENT, expected[0], [expected[1]])
