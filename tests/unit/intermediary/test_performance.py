"""The model between award and archive: who does what when, what a contract must say, what the clock does."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from chassis.acts import OFFICER, Actor
from chassis.errors import Refused
from services.intermediary import model, model_performance_end
from services.intermediary import model_performance as acts
from services.intermediary.model import Procurement
from services.intermediary.model_acts import fire
from services.intermediary.model_moves import MOVES, require_move
from services.intermediary.model_performance_evolve import milestone_end
from standards.instants import instant
from tests.support.intermediary_performance import (
    AGENCY_ID,
    AWARDED_AT,
    CONTRACT_DUE,
    ORGANIZATION,
    OWNER_ID,
    WINNER_USCC,
    after,
    completed,
    contract,
    contracted,
    delivered,
    filed,
    kept,
    procurement,
    signed_at,
    with_milestones,
)
from yiwang.intermediary.v1 import events_pb2 as events
from yiwang.intermediary.v1 import service_pb2 as pb

SUPERVISOR = Actor(id="supervisor-1", realm=OFFICER, roles=frozenset({"supervise"}), region="990121")


def reason_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.reason


# -- the course --------------------------------------------------------------------------------------------------------


def test_a_contract_is_late_from_the_instant_after_it_was_due() -> None:
    for at, late in ((CONTRACT_DUE, False), (CONTRACT_DUE + timedelta(milliseconds=1), True)):
        event = acts.file_contract(procurement(), "agency", contract(), [kept()], at)
        assert event.late is late
        assert after(procurement(), event).performance.contract_late is late


@pytest.mark.parametrize("side", ["owner", "agency"])
def test_the_other_side_confirms_or_returns_a_contract_and_either_files_it_again(side: str) -> None:
    one = filed(side)
    assert reason_of(lambda: acts.confirm_contract(one, side)) == "MOVE_NOT_ALLOWED"
    assert reason_of(lambda: acts.return_contract(one, side, "sealed")) == "MOVE_NOT_ALLOWED"
    for again in ("owner", "agency"):
        filing = partial(acts.file_contract, one, again, contract(), [kept()], signed_at())
        assert reason_of(filing) == "FILED_ALREADY"
        returned = after(one, acts.return_contract(one, acts.other(side), "sealed"))
        assert (returned.performance.contract, returned.performance.sealed_contract_note) == ("returned", "sealed")
        assert reason_of(partial(acts.confirm_contract, returned, acts.other(side))) == "NO_CONTRACT"
        refiled = after(returned, acts.file_contract(returned, again, contract(), [kept()], signed_at()))
        assert refiled.performance.contract_by == again and refiled.performance.sealed_contract_note == ""


def test_with_the_contract_confirmed_nothing_of_it_is_overdue() -> None:
    one = after(procurement(), events.ContractOverdue())
    one = after(one, acts.file_contract(one, "agency", contract(), [kept()], CONTRACT_DUE + timedelta(days=1)))
    assert one.contract_overdue, "filing alone is no agreement"
    one = after(one, acts.confirm_contract(one, "owner"))
    assert (one.status, one.contract_overdue) == (model.CONTRACTED, False)


def test_a_winner_who_filed_in_time_is_not_passed_over_for_an_owner_who_does_not_answer() -> None:
    waits, late = CONTRACT_DUE, CONTRACT_DUE + timedelta(days=1)
    for side, at, refusal in (("agency", waits, "FILED_IN_TIME"), ("agency", late, ""), ("owner", waits, "")):
        one = after(procurement(), acts.file_contract(procurement(), side, contract(), [kept()], at))
        assert reason_of(partial(require_move, one, "PassOverWinner")) == "NOT_OVERDUE"
        one = after(one, events.ContractOverdue(), at=late)
        if refusal:
            assert reason_of(partial(require_move, one, "PassOverWinner")) == refusal
            one = after(one, acts.return_contract(one, "owner", "sealed"))
        require_move(one, "PassOverWinner")


def test_milestones_are_reported_in_any_order_and_once_each() -> None:
    one = contracted()
    second = after(one, acts.report_milestone(one, 2, "sealed", signed_at()))
    assert [step.status for step in second.performance.milestones] == ["OPEN", "REPORTED"]
    assert reason_of(lambda: acts.report_milestone(second, 2, "", signed_at())) == "MILESTONE_NOT_OPEN"
    assert reason_of(lambda: acts.report_milestone(second, 3, "", signed_at())) == "MILESTONE_UNKNOWN"
    assert reason_of(lambda: acts.answer_milestone(second, 3, True, "")) == "MILESTONE_UNKNOWN"
    assert reason_of(lambda: acts.answer_milestone(second, 1, True, "")) == "MILESTONE_NOT_REPORTED"
    back = after(second, acts.answer_milestone(second, 2, False, "why"))
    assert back.performance.milestones[1].status == "OPEN"
    again = after(back, acts.report_milestone(back, 2, "", signed_at()))
    done = after(again, acts.answer_milestone(again, 2, True, ""))
    assert done.performance.milestones[1].status == "CONFIRMED"
    assert reason_of(lambda: acts.answer_milestone(done, 2, True, "")) == "MILESTONE_NOT_REPORTED"


def test_a_milestone_is_late_after_the_last_second_of_its_day_in_china() -> None:
    one = contracted()
    end = milestone_end(one.performance.milestones[0])
    assert end.isoformat() == "2026-12-04T15:59:59+00:00"
    assert not acts.report_milestone(one, 1, "", end).late
    assert acts.report_milestone(one, 1, "", end + timedelta(milliseconds=1)).late


def test_a_deliverable_is_confirmed_after_all_milestones_which_go_on_while_it_waits() -> None:
    one = contracted()
    one = after(one, acts.deliver(one, [kept()], "note"))
    assert one.status == model.DELIVERED
    assert reason_of(lambda: acts.confirm_deliverable(one, signed_at())) == "MILESTONES_OPEN"
    one = with_milestones(one, signed_at())
    confirmed = acts.confirm_deliverable(one, signed_at())
    assert (confirmed.agency_uscc, confirmed.number, confirmed.in_time) == (WINNER_USCC, one.number, True)
    assert [(file.file_id, file.sha256) for file in confirmed.files] == [("file-1", "a" * 64)]
    assert instant(confirmed.rating_due) == after(one, confirmed).due
    assert after(one, confirmed).due_of == "archive"


def test_in_time_is_who_reached_the_last_milestone_and_delivered_in_its_days() -> None:
    def in_time(one: Procurement) -> bool:
        return acts.confirm_deliverable(one, signed_at()).in_time

    end = milestone_end(contracted().performance.milestones[1])
    assert in_time(delivered(at=end))
    assert not in_time(delivered(at=end + timedelta(seconds=1)))
    one = with_milestones(contracted(), end)
    assert not in_time(after(one, acts.deliver(one, [kept()], ""), at=end + timedelta(days=1)))


def test_what_is_sent_back_is_delivered_again_and_counted() -> None:
    one = delivered()
    for times in (1, 2):
        event = acts.return_deliverable(one, f"why {times}")
        one = after(one, event)
        assert (event.times, one.status, one.performance.sealed_returned_reason) == (
            times,
            model.CONTRACTED,
            f"why {times}",
        )
        one = after(one, acts.deliver(one, [kept(f"file-{times}")], ""))
        assert one.performance.sealed_returned_reason == ""
    assert (one.performance.deliveries, [file.file_id for file in one.performance.deliverables]) == (3, ["file-2"])


# -- ratings and ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["owner", "agency"])
def test_with_the_second_rating_it_is_archived_in_one_write(first: str) -> None:
    one = completed()
    rated = model_performance_end.rate(one, first, 2, "sealed")
    assert [type(event) for event in rated] == [events.PartnerRated]
    one = after(one, *rated)
    assert reason_of(lambda: model_performance_end.rate(one, first, 5, "sealed")) == "RATED_ALREADY"
    last = model_performance_end.rate(one, acts.other(first), 4, "sealed")
    assert [type(event) for event in last] == [events.PartnerRated, events.ProcurementArchived]
    done = after(one, *last)
    grades = {"owner": done.performance.owner_grade, "agency": done.performance.agency_grade}
    assert (done.status, grades[first], grades[acts.other(first)]) == (model.ARCHIVED, 2, 4)
    archived = last[1]
    assert isinstance(archived, events.ProcurementArchived)
    assert (archived.owner_grade, archived.agency_grade) == (grades["owner"], grades["agency"])


@pytest.mark.parametrize("rated", [(), ("owner",), ("agency",)])
def test_whoever_did_not_rate_in_time_is_archived_without(rated: tuple[str, ...]) -> None:
    one = completed()
    for side in rated:
        one = after(one, *model_performance_end.rate(one, side, 5, "sealed"))
    due = one.due
    assert due is not None
    assert fire(one, due - timedelta(milliseconds=1)) is None
    told = fire(one, due)
    assert isinstance(told, events.ProcurementArchived)
    assert (told.owner_grade, told.agency_grade) == (5 * ("owner" in rated), 5 * ("agency" in rated))
    done = after(one, told)
    assert (done.status, done.due, fire(done, due + timedelta(days=400))) == (model.ARCHIVED, None, None)


def test_the_supervisor_ends_it_and_says_by_whose_fault_or_declines() -> None:
    one = contracted(case_id="case-1")
    assert reason_of(lambda: decided(one, True, "agency")) == "NOT_ASKED"
    one = after(one, model_performance_end.ask_break_off(one, "owner", "sealed"))
    assert reason_of(lambda: model_performance_end.ask_break_off(one, "agency", "sealed")) == "ASKED_ALREADY"
    assert reason_of(lambda: decided(one, True, "")) == "REQUIRED"
    assert reason_of(lambda: decided(one, False, "agency")) == "NOT_WANTED"
    assert reason_of(lambda: decided(one, True, "agency", "   ")) == "REQUIRED"
    assert reason_of(lambda: decided(one, True, "agency", "张伟先生13912345678投诉属实")) == "PERSONAL_DATA"
    declined = after(one, *decided(one, False, ""))
    assert (declined.status, declined.performance.break_off) == (model.CONTRACTED, "declined")
    asked = after(declined, model_performance_end.ask_break_off(declined, "agency", "again"))
    assert (asked.performance.break_off, asked.performance.break_off_reason) == ("asked", "")
    both = decided(asked, True, "neither")
    ended = both[1]
    assert isinstance(ended, events.ProcurementEnded)
    assert (ended.reason, ended.case_id, ended.officer_id) == ("BROKEN_OFF", "case-1", SUPERVISOR.id)
    done = after(asked, *both)
    assert (done.status, done.performance.fault, done.due) == (model.ENDED, "neither", None)


def decided(one: Procurement, ended: bool, fault: str, reason: str = "双方已无法继续") -> Any:
    return model_performance_end.decide_break_off(one, SUPERVISOR, ended, fault, reason)


def test_a_break_off_nobody_decided_lapses_with_the_deliverable() -> None:
    one = delivered()
    one = after(one, model_performance_end.ask_break_off(one, "agency", "sealed"))
    done = after(one, acts.confirm_deliverable(one, signed_at()))
    assert done.performance.break_off == "lapsed"
    assert reason_of(lambda: decided(done, True, "owner")) == "MOVE_NOT_ALLOWED"


def test_of_an_owner_who_is_erased_what_binds_nobody_ends_and_what_waits_for_him_is_archived() -> None:
    before = [
        *(model.DRAFT, model.SUBMITTED, model.RETURNED, model.OPEN, model.FROZEN),
        *(model.SELECTED, model.OBJECTED, model.AWARDED),
    ]
    for status in before:
        told = model_performance_end.owner_erased(procurement(status=status))
        assert isinstance(told, events.ProcurementEnded) and told.reason == "OWNER_ERASED", status
    one = after(completed(), *model_performance_end.rate(completed(), "agency", 3, "sealed"))
    told = model_performance_end.owner_erased(one)
    assert isinstance(told, events.ProcurementArchived)
    assert (told.owner_grade, told.agency_grade) == (0, 3)
    for one in (contracted(), delivered(), procurement(status=model.ENDED), procurement(status=model.ARCHIVED)):
        assert model_performance_end.owner_erased(one) is None


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_every_open_milestone_is_overdue_once_however_late_the_timer_comes() -> None:
    one = contracted()
    one = after(one, acts.report_milestone(one, 1, "", signed_at()))
    assert one.due_of == "milestone/2", "what was reported is not overdue"
    one = after(one, acts.answer_milestone(one, 1, False, "why"))
    assert one.due_of == "milestone/1"
    late, seen = signed_at() + timedelta(days=400), []
    while told := fire(one, late):
        assert isinstance(told, events.MilestoneOverdue)
        seen.append(told.number)
        one = after(one, told, at=late)
    assert seen == [1, 2]
    assert [step.overdue for step in one.performance.milestones] == [True, True]
    assert one.due is None


def test_nothing_fires_before_its_instant_and_nothing_of_what_is_over() -> None:
    one = contracted()
    assert one.due == milestone_end(one.performance.milestones[0])
    assert one.due is not None and fire(one, one.due - timedelta(milliseconds=1)) is None
    assert acts.fire(procurement(), AWARDED_AT + timedelta(days=900)) is None
    assert acts.fire(procurement(status=model.ENDED), AWARDED_AT + timedelta(days=900)) is None


# -- all of it ---------------------------------------------------------------------------------------------------------


def walk(one: Procurement, name: str, side: str, now: datetime) -> Any:
    number = random.randint(1, 3)
    table: dict[str, Callable[[], Any]] = {
        "FileContract": lambda: acts.file_contract(one, side, contract(), [kept()], now),
        "ConfirmContract": lambda: acts.confirm_contract(one, side),
        "ReturnContract": lambda: acts.return_contract(one, side, "s"),
        "ReportMilestone": lambda: acts.report_milestone(one, number, "s", now),
        "AnswerMilestone": lambda: acts.answer_milestone(one, number, random.random() < 0.7, "s"),
        "Deliver": lambda: acts.deliver(one, [kept()], "s"),
        "ConfirmDeliverable": lambda: acts.confirm_deliverable(one, now),
        "ReturnDeliverable": lambda: acts.return_deliverable(one, "s"),
        "RatePartner": lambda: model_performance_end.rate(one, side, random.randint(1, 5), "s"),
        "AskBreakOff": lambda: model_performance_end.ask_break_off(one, side, "s"),
        "DecideBreakOff": lambda: decided(one, random.random() < 0.1, random.choice(["", "agency"])),
    }
    return table[name]()


NAMES = tuple(MOVES)[tuple(MOVES).index("FileContract") : tuple(MOVES).index("DecideBreakOff") + 1]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_both_sides_do_in_whatever_order_goes_only_where_the_moves_say(seed: int) -> None:
    random.seed(seed)
    one, now, reached = procurement(), signed_at(), set()
    for _ in range(150):
        now += timedelta(hours=random.randint(0, 12))
        while one.due and one.due <= now and (told := fire(one, now)):
            one = after(one, *(told if isinstance(told, list) else [told]), at=now)
        name, before = random.choice(NAMES), one
        try:
            told = walk(one, name, random.choice(["owner", "agency"]), now)
        except Refused as refused:
            assert refused.reason != "INTERNAL"
            continue
        one = after(one, *(told if isinstance(told, list) else [told]), at=now)
        assert before.status in MOVES[name].sources and one.status in MOVES[name].targets, name
        reached.add(one.status)
        rated = (one.performance.owner_rated_at, one.performance.agency_rated_at)
        assert (one.status == model.ARCHIVED) >= all(rated), "with both ratings it is archived"
        if one.status in (model.COMPLETED, model.ARCHIVED):
            assert all(step.status == "CONFIRMED" for step in one.performance.milestones)
    assert reached


def test_the_names_of_both_sides_and_whose_key_seals_their_words() -> None:
    one = procurement()
    assert (acts.sealer(one, "owner"), acts.sealer(one, "agency")) == (OWNER_ID, ORGANIZATION)
    assert (acts.other("owner"), acts.other("agency")) == ("agency", "owner")
    assert one.winner is not None and one.winner.agency_id == AGENCY_ID
    assert pb.Performance.DESCRIPTOR.fields_by_name["contract_by"]
