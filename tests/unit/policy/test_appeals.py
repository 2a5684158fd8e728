"""An appeal on paper: at every status, which move may come and who makes it; what is due; what is counted."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.acts import Actor
from chassis.errors import FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND, Refused
from services.policy import model_appeals as appeals
from services.policy import model_appeals_acts as acts
from services.policy import model_appeals_moves as moves
from services.policy.model_appeals import ACCEPTED, ANSWERED, CLOSED, RECEIVED, ROUTED, STATUSES, Appeal
from services.policy.model_appeals_evolve import EVOLVE
from standards.workdays import local_day, working_days_between
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION, handler, officer, person, supervisor
from tests.support.policy_portal import NOW, evolved
from yiwang.policy.v1 import appeals_pb2 as pb

ENTERPRISE = handler(person("organisation"))
ROUTER, BOSS = officer("policy", id="r", department=OTHER_DEPARTMENT), supervisor()
DESK = officer("review", id="d")
STRANGERS = (
    person("organisation"),
    handler(person("another")),
    officer("review", department=OTHER_DEPARTMENT),
    officer("finance"),
    supervisor(region="990122"),
    replace(ROUTER, region="990122"),
    Actor(),
)
LATER = NOW + timedelta(days=100)


def submitted(kind: pb.AppealKind.ValueType = pb.APPEAL_KIND_LAND) -> Appeal:
    request = pb.SubmitAppealRequest(kind=kind, region=REGION, uscc="u", enterprise_name="某公司")
    appeal: Appeal = evolved(EVOLVE, None, acts.submit("a", request, ENTERPRISE, "n", "…", NOW))
    return appeal


def appeal_in(status: int) -> Appeal:
    """An appeal that stands so."""
    appeal = submitted()
    steps = {
        ROUTED: lambda: acts.route(appeal, ROUTER, DEPARTMENT, "自然资源局", "…", NOW),
        ACCEPTED: lambda: acts.accept(appeal, DESK, NOW),
        ANSWERED: lambda: acts.answer(appeal, DESK, "…", NOW),
        CLOSED: lambda: acts.rate(appeal, ENTERPRISE, 4, "", NOW),
    }
    for reached, step in steps.items():
        if reached <= status:
            appeal = evolved(EVOLVE, appeal, step())
    return appeal


ACTS: dict[str, tuple[Actor, Any]] = {
    "RouteAppeal": (ROUTER, lambda one, by: acts.route(one, by, DEPARTMENT, "自然资源局", "", NOW)),
    "AcceptAppeal": (DESK, lambda one, by: acts.accept(one, by, NOW)),
    "ReturnRouting": (DESK, lambda one, by: acts.send_back(one, by, "…", NOW)),
    "AnswerAppeal": (DESK, lambda one, by: acts.answer(one, by, "…", NOW)),
    "ExtendAppeal": (DESK, lambda one, by: acts.extend(one, by, 3, "…", NOW)),
    "RateAppeal": (ENTERPRISE, lambda one, by: acts.rate(one, by, 5, "", NOW)),
    "ReopenAppeal": (ENTERPRISE, lambda one, by: acts.reopen(one, by, "…", NOW)),
}
# From the contract, not from the code: what may be done to an appeal that stands here, and where it leads.
MAY: dict[int, dict[str, int]] = {
    RECEIVED: {"RouteAppeal": ROUTED},
    ROUTED: {"RouteAppeal": ROUTED, "AcceptAppeal": ACCEPTED, "ReturnRouting": RECEIVED},
    ACCEPTED: {"AnswerAppeal": ANSWERED, "ExtendAppeal": ACCEPTED},
    ANSWERED: {"RateAppeal": CLOSED, "ReopenAppeal": RECEIVED},
    CLOSED: {"ReopenAppeal": RECEIVED},
}
FIRED = {RECEIVED: RECEIVED, ROUTED: ROUTED, ACCEPTED: ACCEPTED, ANSWERED: CLOSED}


def test_the_tables_name_every_move_and_status() -> None:
    assert set(ACTS) | {"AppealOverdue", "AppealClosed"} == set(moves.MOVES)
    assert set(MAY) == set(STATUSES) and set(appeals.ANSWER_DAYS) == set(appeals.KINDS)
    rpcs = {method.name for method in pb.DESCRIPTOR.services_by_name["AppealService"].methods}
    assert set(ACTS) == {name for name in rpcs if not name.startswith(("Get", "List", "Submit"))}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_is_made_where_it_may_be_and_nowhere_else(status: int, name: str) -> None:
    appeal, (actor, act) = appeal_in(status), ACTS[name]
    assert (name in moves.open_moves(appeal, actor, NOW)) == (name in MAY[status])
    if name not in MAY[status]:
        with pytest.raises(Refused):
            act(appeal, actor)
        return
    after = evolved(EVOLVE, appeal, act(appeal, actor))
    assert after.status == MAY[status][name]
    assert {(status, after.status)} - {(status, status)} <= set(moves.leads(name))


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("status", STATUSES)
def test_to_strangers_an_appeal_is_not_there(status: int, name: str) -> None:
    appeal = appeal_in(status)
    for stranger in STRANGERS:
        assert not appeals.sees(stranger, appeal) and not moves.open_moves(appeal, stranger, NOW)
        with pytest.raises(Refused) as refused:
            ACTS[name][1](appeal, stranger)
        assert refused.value.code == NOT_FOUND


@pytest.mark.parametrize("name", ACTS)
def test_who_reads_an_appeal_makes_no_move_of_another(name: str) -> None:
    status = next(status for status, may in MAY.items() if name in may)
    appeal, own = appeal_in(status), moves.MOVES[name].by
    for actor, who in ((ENTERPRISE, "enterprise"), (DESK, "department"), (ROUTER, "router"), (BOSS, "router")):
        if who not in own:
            with pytest.raises(Refused):
                ACTS[name][1](appeal, actor)
            assert name not in moves.open_moves(appeal, actor, NOW)


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_due_happens_once_and_not_before(status: int) -> None:
    appeal = appeal_in(status)
    assert acts.fire(appeal, NOW) is None
    if status not in FIRED:
        assert appeal.due is None and acts.fire(appeal, LATER) is None
        return
    after = evolved(EVOLVE, appeal, acts.fire(appeal, LATER), at=LATER)
    assert after.status == FIRED[status] and after.due is None and acts.fire(after, LATER) is None
    if status != ANSWERED:
        assert after.overdue and after.late == [appeals.STEPS[status]]


def test_steps_are_due_in_working_days() -> None:
    def days(appeal: Appeal) -> int:
        assert appeal.step_due is not None
        return working_days_between(local_day(NOW), local_day(appeal.step_due), REGION)

    assert [days(appeal_in(status)) for status in (RECEIVED, ROUTED, ACCEPTED, ANSWERED)] == [1, 2, 15, 10]
    extended = evolved(EVOLVE, appeal_in(ACCEPTED), acts.extend(appeal_in(ACCEPTED), DESK, 3, "…", NOW))
    assert days(extended) == 18


def test_time_is_extended_once_a_round_and_before_it_is_over() -> None:
    appeal = appeal_in(ACCEPTED)
    refused(lambda: acts.extend(appeal, DESK, 3, "…", LATER), "APPEAL_OVERDUE")
    extended = evolved(EVOLVE, appeal, acts.extend(appeal, DESK, 3, "…", NOW))
    refused(lambda: acts.extend(extended, DESK, 3, "…", NOW), "EXTENDED_ALREADY")


def test_who_has_it_after_two_returns_keeps_it() -> None:
    appeal = appeal_in(ROUTED)
    for _ in range(2):
        appeal = evolved(EVOLVE, appeal, acts.send_back(appeal, DESK, "…", NOW))
        assert not appeals.sees(DESK, appeal)
        appeal = evolved(EVOLVE, appeal, acts.route(appeal, BOSS, DEPARTMENT, "自然资源局", "", NOW))
    refused(lambda: acts.send_back(appeal, DESK, "…", NOW), "RETURNED_OFTEN")
    assert moves.open_moves(appeal, DESK, NOW) == ["AcceptAppeal"]


def test_it_is_opened_again_twice_and_until_its_day() -> None:
    appeal = appeal_in(CLOSED)
    refused(lambda: acts.reopen(appeal, ENTERPRISE, "…", LATER), "REOPEN_OVER")
    for _ in range(2):
        appeal = evolved(EVOLVE, appeal, acts.reopen(appeal, ENTERPRISE, "…", NOW))
        assert (appeal.department, appeal.extended, appeal.returns) == ("", False, 0)
        appeal = evolved(EVOLVE, appeal, acts.route(appeal, ROUTER, DEPARTMENT, "自然资源局", "", NOW))
        appeal = evolved(EVOLVE, appeal, acts.accept(appeal, DESK, NOW))
        appeal = evolved(EVOLVE, appeal, acts.answer(appeal, DESK, "…", NOW))
    refused(lambda: acts.reopen(appeal, ENTERPRISE, "…", NOW), "REOPENED_OFTEN")


def test_a_low_rating_says_why() -> None:
    for score in range(1, 6):
        if score > appeals.LOW:
            assert acts.rate(appeal_in(ANSWERED), ENTERPRISE, score, "", NOW).score == score
            continue
        refused(lambda score=score: acts.rate(appeal_in(ANSWERED), ENTERPRISE, score, "", NOW), "REQUIRED")
        assert acts.rate(appeal_in(ANSWERED), ENTERPRISE, score, "…", NOW).score == score


def test_a_rating_nobody_gave_is_counted_as_none() -> None:
    silent = evolved(EVOLVE, appeal_in(ANSWERED), acts.fire(appeal_in(ANSWERED), LATER), at=LATER)
    found = appeals.counts([silent, appeal_in(CLOSED), appeal_in(RECEIVED)])
    assert found["rated_default"] == 1 and found["rated_4"] == 1
    assert sum(number for name, number in found.items() if name.startswith("rated_")) == 2
    assert (found["received"], found["kind_LAND"], found["status_CLOSED"]) == (3, 3, 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*ACTS, "fire"]), max_size=40))
def test_whatever_is_done_to_it_it_ends_nowhere_it_may_not(steps: list[str]) -> None:
    appeal, at = submitted(), NOW
    for name in steps:
        try:
            done = acts.fire(appeal, at + timedelta(days=60)) if name == "fire" else _act(name, appeal)
        except Refused:
            continue
        if done is None:
            continue
        before, appeal = appeal, evolved(EVOLVE, appeal, done, at=at)
        assert (before.status == appeal.status) or any(
            (before.status, appeal.status) in moves.leads(one) for one in moves.MOVES
        )
        assert appeal.reopened <= appeals.MOST_REOPENED and appeal.returns <= appeals.MOST_RETURNS
        assert len(appeal.ratings) <= appeal.reopened + 1
        assert bool(appeal.department) == (appeal.status not in (RECEIVED,))
        assert (appeal.step_due is None) == (appeal.status == CLOSED)


def _act(name: str, appeal: Appeal) -> Any:
    actor, act = ACTS[name]
    return act(appeal, actor)


def refused(act: Any, reason: str) -> None:
    with pytest.raises(Refused) as found:
        act()
    assert found.value.reason == reason
    assert found.value.code == (INVALID_ARGUMENT if reason == "REQUIRED" else FAILED_PRECONDITION)


def test_every_status_and_kind_has_a_name() -> None:
    assert set(STATUSES) == set(pb.AppealStatus.values()) - {0}
    assert set(appeals.KINDS) == set(pb.AppealKind.values()) - {0}


def test_what_is_due_stands_in_the_state_alone() -> None:
    due: dict[int, datetime | None] = {status: appeal_in(status).due for status in STATUSES}
    assert {status for status, at in due.items() if at is None} == {CLOSED}
