"""Writes until an instant, or from one on: the store's own clock decides in the very write, no process's does."""

import contextlib
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from google.protobuf.message import Message

from chassis import records as records_module
from chassis.acts import Cause, now
from chassis.errors import FAILED_PRECONDITION, NOT_FOUND, Refused
from chassis.guards import Guard
from chassis.records import Record, Records, broken_at
from services.case import model
from services.case.model import Case
from yiwang.case.v1 import events_pb2 as events

OVER = Refused(FAILED_PRECONDITION, "OVER", "已截止")
EARLY = Refused(FAILED_PRECONDITION, "EARLY", "尚未开始")
MOMENT, LONG = timedelta(milliseconds=1), timedelta(hours=2)


def cause(key: str = "", request: str = "digest") -> Cause:
    return Cause(key or uuid.uuid4().hex, "person:p", request, "")


@pytest.fixture
def made(cases: Records[Case]) -> Record[Case]:
    told = events.CaseSubmitted(number=uuid.uuid4().hex, applicant_id="p", department="d", review_steps=["环节"] * 300)
    return cases.create(cause(), lambda id: told)


def step(_case: Case) -> Message:
    return events.ReviewStepPassed(step="环节")


def refused_as(cases: Records[Case], id: str, guard: Guard, why: Cause | None = None) -> str:
    before = cases.collection.find_one({"_id": id})
    with pytest.raises(Refused) as caught:
        cases.change(id, why or cause(), step, guard=guard)
    assert cases.collection.find_one({"_id": id}) == before, "nothing is written"
    return caught.value.reason


def test_one_millisecond_after_the_end_is_refused_and_before_it_is_written(
    cases: Records[Case], made: Record[Case]
) -> None:
    assert refused_as(cases, made.id, Guard(OVER, before=now() - MOMENT)) == "OVER"
    assert cases.change(made.id, cause(), step, guard=Guard(OVER, before=now() + LONG)).version == 2


def test_before_its_time_a_write_is_refused_and_from_then_on_written(cases: Records[Case], made: Record[Case]) -> None:
    assert refused_as(cases, made.id, Guard(EARLY, after=now() + LONG)) == "EARLY"
    assert cases.change(made.id, cause(), step, guard=Guard(EARLY, after=now())).version == 2


@pytest.mark.parametrize("wrong", [LONG, -LONG])
def test_what_a_process_takes_the_time_to_be_does_not_count(
    cases: Records[Case], made: Record[Case], wrong: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = now()
    monkeypatch.setattr(records_module, "now", lambda: now() + wrong)
    assert refused_as(cases, made.id, Guard(OVER, before=true - MOMENT)) == "OVER"
    assert refused_as(cases, made.id, Guard(EARLY, after=true + LONG / 2)) == "EARLY"
    assert cases.change(made.id, cause(), step, guard=Guard(OVER, before=true + LONG / 2)).version == 2
    assert cases.change(made.id, cause(), step, guard=Guard(EARLY, after=true - MOMENT)).version == 3


def test_what_came_in_time_is_not_on_record_as_late_nor_as_early(
    cases: Records[Case], made: Record[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    true = now()

    def noted(wrong: timedelta, guard: Guard) -> datetime:
        monkeypatch.setattr(records_module, "now", lambda: now() + wrong)
        cases.change(made.id, cause(), step, guard=guard)
        document = cases.collection.find_one({"_id": made.id}) or {}
        assert broken_at(document["journal"]) is None and cases.drift(document) == []
        at = document["journal"][-1]["at"]
        assert isinstance(at, datetime)
        return at

    ends = true + LONG / 2
    assert noted(LONG, Guard(OVER, before=ends)) == ends - MOMENT
    assert noted(-LONG, Guard(EARLY, after=true)) == true
    assert true <= noted(timedelta(), Guard(OVER, before=ends)) < ends


def test_a_repeated_request_is_answered_also_after_the_end(cases: Records[Case], made: Record[Case]) -> None:
    why = cause()
    cases.change(made.id, why, step, guard=Guard(OVER, before=now() + LONG))
    again = cases.change(made.id, why, step, guard=Guard(OVER, before=now() - LONG))
    assert again.version == cases.get(made.id).version == 2
    another = Cause(why.key, why.by, "another", "")
    assert refused_as(cases, made.id, Guard(OVER, before=now() - LONG), another) == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(("ends_in", "passed"), [(LONG, 2), (-LONG, 1)])
def test_who_was_overtaken_tries_again_and_is_then_told_what_the_clock_says(
    cases: Records[Case], made: Record[Case], ends_in: timedelta, passed: int
) -> None:
    first = [True]

    def overtaken(_case: Case) -> Message:
        if first.pop() if first else False:
            cases.change(made.id, cause(), step)
        return events.ReviewStepPassed(step="环节")

    guard = Guard(OVER, before=now() + ends_in)
    if ends_in > timedelta():
        cases.change(made.id, cause(), overtaken, guard=guard)
    else:
        with pytest.raises(Refused, match="OVER"):
            cases.change(made.id, cause(), overtaken, guard=guard)
    assert cases.get(made.id).state.steps_passed == passed


def test_nothing_to_write_is_nothing_to_refuse_and_what_is_hidden_stays_so(
    cases: Records[Case], made: Record[Case]
) -> None:
    guard = Guard(OVER, before=now() - LONG)
    assert cases.change(made.id, cause(), lambda _: None, guard=guard).version == 1
    with pytest.raises(Refused) as caught:
        cases.change(made.id, cause(), step, {"state.applicant_id": "somebody else"}, guard=guard)
    assert caught.value.code == NOT_FOUND


@pytest.mark.parametrize("bounds", [{}, {"before": now(), "after": now()}])
def test_a_guard_without_one_instant_lets_nothing_through(
    cases: Records[Case], made: Record[Case], bounds: dict[str, datetime]
) -> None:
    with pytest.raises(AssertionError):
        cases.change(made.id, cause(), step, guard=Guard(OVER, **bounds))
    assert cases.get(made.id).version == 1


def test_of_many_writers_at_the_closing_instant_none_is_written_after_it(
    cases: Records[Case], made: Record[Case]
) -> None:
    """Nothing but the guards keeps them apart: whoever decides here does not look at the state."""
    ends, acknowledged, barrier = now() + timedelta(milliseconds=120), list[str](), threading.Barrier(5)

    def write(_: int) -> str:
        barrier.wait()
        while True:
            why = cause()
            try:
                cases.change(made.id, why, step, guard=Guard(OVER, before=ends))
            except Refused as refused:
                if refused.reason != "CHANGED_MEANWHILE":
                    return refused.reason
            else:
                acknowledged.append(why.key)

    def withdraw(_case: Case) -> Message:
        return events.CaseWithdrawn(case_id=made.id)

    def close() -> None:
        barrier.wait()
        while cases.get(made.id).state.status != model.WITHDRAWN:
            with contextlib.suppress(Refused):
                cases.change(made.id, cause("close"), withdraw, guard=Guard(EARLY, after=ends))

    with ThreadPoolExecutor(5) as pool:
        closing = pool.submit(close)
        assert set(pool.map(write, range(4))) == {"OVER"}
        closing.result()
    journal = cases.get(made.id).journal
    assert journal[-1]["type"] == "CaseWithdrawn" and cases.get(made.id).state.status == model.WITHDRAWN
    assert sorted(entry["cause"] for entry in journal[1:-1]) == sorted(acknowledged) and acknowledged
    assert all(entry["at"] < ends for entry in journal[1:-1]) and journal[-1]["at"] >= ends
