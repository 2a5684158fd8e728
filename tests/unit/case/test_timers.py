"""What happens to a case by itself: each end once, whatever the case is, and nothing that the law does not say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from chassis.acts import Moment
from chassis.errors import Refused
from services.case import model, model_acts, model_deadlines, model_exchange, model_moves, model_timers
from services.case.model import Case, Opinion, Procedure
from services.case.model_evolve import EVOLVE
from standards import instants
from tests.support.actors import OTHER_DEPARTMENT, officer
from tests.support.cases import SUBMITTED_AT, case_in
from tests.support.items import definition
from yiwang.case.v1 import events_pb2 as events
from yiwang.case.v1 import service_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as catalog

DAY = timedelta(days=1)
LATE = SUBMITTED_AT + 400 * DAY
FAR = SUBMITTED_AT + 40 * DAY
STATUSES = [value for value in pb.CaseStatus.values() if value]
FILE = events.HandedInFile(attachment_id="a", material="application", sha256="0" * 64)


def then(case: Case, *found: Message, at: datetime = SUBMITTED_AT, by: str = "system:case") -> Case:
    for event in found:
        case = EVOLVE[type(event)](case, event, Moment(at, by))
    return case


def timed(case: Case) -> Case:
    """With its earliest end beside it, as an event leaves it."""
    due, what = model_timers.upcoming(case)
    return replace(case, due=due, due_of=what)


def full(status: int, **changes: Any) -> Case:
    """A case that has every end there is, all of them reached."""
    ends = [
        *("accept_due", "answer_due", "deliver_due", "deferred_due", "verify_due", "confirm_due", "hand_over_due"),
        *("yellow_at", "promised_due", "statutory_due", "mend_due"),
    ]
    parts: dict[str, Any] = {name: SUBMITTED_AT + (number + 50) * DAY for number, name in enumerate(ends)}
    parts |= {"renews_until": FAR, "deferred": ["report"], "promise_digest": "d" * 64, "decided_at": None}
    parts["opinions"] = [Opinion(1, OTHER_DEPARTMENT, "消防局", "o", SUBMITTED_AT, FAR, "")]
    parts["procedures"] = [Procedure(1, catalog.PROCEDURE_KIND_PUBLICITY, SUBMITTED_AT, FAR, False, "")]
    if status == model.SUSPENDED:
        parts["procedures"] = [Procedure(1, catalog.PROCEDURE_KIND_HEARING, SUBMITTED_AT, FAR, True, "")]
    return timed(case_in(status, **(parts | changes)))


@pytest.mark.parametrize("renews", [True, False])
@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("status", STATUSES)
def test_whatever_is_due_can_be_done_and_is_never_due_again(status: int, broken: bool, renews: bool) -> None:
    more = {} if renews else {"renews_until": None}
    case, seen = full(status, promise_kept=False if broken else None, **more), list[tuple[datetime | None, str]]()
    while case.due is not None and case.due <= LATE:
        assert (case.due, case.due_of) not in seen, "an end that comes again keeps the timer busy for ever"
        seen.append((case.due, case.due_of))
        case = then(case, *(model_timers.fire(case, LATE) or []), at=LATE)
        assert len(seen) < 30
    if status in model.ENDED - {model.CLOSED}:
        assert {what for _, what in seen} <= {"PROMISE", "MEND"}, "what has ended is left alone"


def test_of_a_department_that_may_not_decide_any_more_nothing_is_demanded() -> None:
    case = full(model.WITHDRAW_PENDING, verify_due=None)
    assert case.due_of == "CONFIRM", "neither its limits nor its opinions, and no renewal against the applicant's wish"
    withdrawn = then(case, *(model_timers.fire(case, LATE) or []), at=LATE)
    assert (withdrawn.status, model_deadlines.light(case, LATE)) == (model.WITHDRAWN, pb.LIGHT_UNSPECIFIED)


def test_what_was_decided_in_time_never_turns_red() -> None:
    case = case_in(model.REVIEWED, accepted_at=SUBMITTED_AT, clock_from=SUBMITTED_AT)
    assert model_deadlines.light(case, LATE) == pb.LIGHT_RED
    granted = then(case, model_acts.decide(case, officer("decide", id="d"), True, "", "", SUBMITTED_AT))
    assert model_deadlines.light(granted, LATE) == pb.LIGHT_UNSPECIFIED


def test_silence_after_a_correction_is_acceptance_from_the_day_it_was_corrected() -> None:
    asked, corrected, end = (SUBMITTED_AT + number * DAY for number in (2, 16, 40))
    case = case_in(model.SUBMITTED, handling={"correction_days": 20}, accept_due=FAR)
    notice = model_acts.request_correction(case, definition(), ["application"], "sealed", asked)
    case = then(case, notice, at=asked, by="officer:ann")
    case = then(case, model_acts.correct(case, definition(), [FILE], "", corrected), at=corrected)
    assert case.due_of == "ACCEPT" and case.due and case.due > corrected
    case = then(case, *(model_timers.fire(case, end) or []), at=end)
    assert case.deemed and case.accepted_at == case.clock_from == corrected, "the applicant's time is not counted"


def test_a_calendar_that_lands_moves_the_end_of_five_days_after_a_correction_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corrected = SUBMITTED_AT + 16 * DAY
    case = case_in(model.SUBMITTED, correction_asked=True, corrected_at=corrected, accept_due=FAR)
    moved = model_deadlines.recalculate(case, "digest")
    assert moved and moved.accept_due == instants.text(instants.after(corrected, 5, case.region))


def test_a_renewal_is_deemed_granted_for_who_applied_thirty_days_before_and_had_nothing_left_to_hand_in() -> None:
    def renewal(days: int, **more: Any) -> Case:
        return timed(case_in(model.SUBMITTED, renews_until=SUBMITTED_AT + days * DAY, **more))

    in_time, late = renewal(30), renewal(29)
    assert (in_time.due_of, late.due_of) == ("RENEWAL", "")
    assert then(in_time, *(model_timers.fire(in_time, LATE) or [])).decision_kind == pb.DECISION_KIND_DEEMED
    with pytest.raises(Refused):
        model_acts.deem_renewed(late, LATE)
    assert renewal(40, corrected_at=SUBMITTED_AT + 39 * DAY).due_of == "RENEWAL"
    assert renewal(40, corrected_at=SUBMITTED_AT + 41 * DAY).due_of == "", "it ran out while the applicant had it"


def test_what_another_system_decided_is_to_be_delivered_and_verified_from_the_day_it_was_decided() -> None:
    decided = datetime(2026, 9, 29, 2, tzinfo=UTC)
    case = case_in(model.REVIEWED, promise_digest="d" * 64, accepted_at=SUBMITTED_AT)
    told = (True, "", "", "N1", decided.isoformat())
    pushed = then(case, model_exchange.push_result(case, *told, decided + 6 * DAY), at=decided + 6 * DAY)
    clocks = model_deadlines.clocks_of_grant(case, decided)
    assert pushed.decided_at == decided
    assert [instants.text(one) for one in (pushed.deliver_due, pushed.verify_due)] == list(clocks.values())


OPEN_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"procedures": [Procedure(1, catalog.PROCEDURE_KIND_PUBLICITY, SUBMITTED_AT, FAR, False, "")]}, "PROCEDURE_OPEN"),
    ({"lacking": ["plan"]}, "STAND_IN_MISSING"),
    ({"stood_for": [model.StoodFor("plan", catalog.WAIVER_LICENCE, "p", True)]}, "LICENCE_UNCHECKED"),
]


@pytest.mark.parametrize(("parts", "reason"), OPEN_PARTS)
def test_another_system_decides_no_sooner_than_an_officer_could(parts: dict[str, Any], reason: str) -> None:
    case = case_in(model.REVIEWED, **parts)
    for act in (
        lambda: model_exchange.push_result(case, True, "", "", "", SUBMITTED_AT.isoformat(), SUBMITTED_AT),
        lambda: model_acts.decide(case, officer("decide", id="d"), True, "", "", SUBMITTED_AT),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.reason == reason


@pytest.mark.parametrize("name", ["RevokeDecision", "CancelResult"])
def test_nothing_is_revoked_or_deregistered_that_was_never_granted(name: str) -> None:
    denied = case_in(model.REVIEWED, result_number="")
    denied = then(denied, model_acts.decide(denied, officer("decide", id="d"), False, "不符", "s", SUBMITTED_AT))
    assert not model_moves.may_come(then(denied, model_acts.close(denied, officer("decide", id="d"))), name)
    assert model_moves.may_come(case_in(model.CLOSED, deliver_due=FAR), name)
    assert model_moves.may_come(case_in(model.CLOSED, result_number="N1"), name), "also one of before"
