"""Windows and duties, with nothing running."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.acts import OFFICER, Actor, Moment
from chassis.errors import Refused
from services.identity import model_windows
from services.identity.model_departments import Department
from services.identity.model_officers import Officer
from services.identity.model_windows import DUTY_EVOLVE, WINDOW_EVOLVE, Duty, Window
from yiwang.identity.v1 import events_pb2 as events

USCC, OTHER = "11990121000001011B", "1199012100000102X3"
SINCE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 9:00 in China
MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
OFFICER_STATE = Officer("o1", "sj-101", ["receive"], USCC, "局", "990121", "sealed")
ACTOR = Actor("o1", OFFICER, frozenset({"receive"}), department=USCC, region="990121")
WINDOW = Window("w1", "3", "政务大厅", "990121", USCC, "企业开办")


def saved(**changes: str) -> events.WindowSaved:
    fields = {"window_id": "w1", "number": "3", "hall": "政务大厅", "region": "990121", "department": USCC}
    return events.WindowSaved(**(fields | changes))


def duty(since: datetime = SINCE) -> Duty:
    started = model_windows.sign_on("d1", WINDOW, OFFICER_STATE, ACTOR, 7)
    state: Duty = DUTY_EVOLVE[events.DutyStarted](None, started, Moment(since, "officer:o1"))
    return state


def ended(duty: Duty, until: datetime) -> Duty:
    event: Any = model_windows.end(duty, until)
    after: Duty = DUTY_EVOLVE[events.DutyEnded](duty, event, Moment(until, "system:identity"))
    return after


@pytest.mark.parametrize(
    ("changes", "known", "field"),
    [({"hall": " "}, True, "hall"), ({"region": "012345"}, True, "region"), ({}, False, "department")],
)
def test_a_wrong_window_names_its_field(changes: dict[str, str], known: bool, field: str) -> None:
    with pytest.raises(Refused) as caught:
        model_windows.check(saved(**changes), Department("d1", USCC, "局", "990121") if known else None)
    assert [one.field for one in caught.value.violations] == [field]


def test_a_window_saved_as_it_is_is_no_event() -> None:
    window = WINDOW_EVOLVE[events.WindowSaved](None, saved(), Moment(SINCE, "officer:a1"))
    assert model_windows.save(window, saved()) is None
    assert model_windows.save(window, saved(label="新")) == saved(label="新")


@pytest.mark.parametrize(
    "changes",
    [
        {"window": replace(WINDOW, department=OTHER)},
        {"officer": replace(OFFICER_STATE, department=OTHER)},  # moved, and the token is of before
        {"officer": replace(OFFICER_STATE, dismissed=True)},
        {"actor": replace(ACTOR, department=OTHER)},
    ],
)
def test_an_officer_serves_at_windows_of_his_department_only(changes: dict[str, Any]) -> None:
    given = {"window": WINDOW, "officer": OFFICER_STATE, "actor": ACTOR} | changes
    with pytest.raises(Refused, match="WINDOW_OF_OTHER_DEPARTMENT"):
        model_windows.sign_on("d1", given["window"], given["officer"], given["actor"], 1)


@pytest.mark.parametrize(
    ("since", "midnight"),
    [
        (SINCE, MIDNIGHT),
        (MIDNIGHT - timedelta(milliseconds=1), MIDNIGHT),
        (MIDNIGHT, MIDNIGHT + timedelta(days=1)),
    ],
)
def test_a_duty_ends_by_midnight_in_china(since: datetime, midnight: datetime) -> None:
    assert duty(since).due == midnight
    assert model_windows.lasts(duty(since), midnight - timedelta(milliseconds=1))
    assert not model_windows.lasts(duty(since), midnight)


@pytest.mark.parametrize(
    ("until", "noted"),
    [
        (SINCE + timedelta(hours=3), SINCE + timedelta(hours=3)),
        (SINCE - timedelta(hours=3), SINCE),
        (MIDNIGHT + timedelta(days=2), MIDNIGHT),
    ],
)
def test_the_end_of_a_duty_lies_between_its_beginning_and_midnight(until: datetime, noted: datetime) -> None:
    done = ended(duty(), until)
    assert (done.until, done.due) == (noted, None)
    assert model_windows.end(done, until) is None
    assert not model_windows.lasts(done, SINCE)


def test_who_is_not_on_duty_cannot_leave() -> None:
    for state, in_force in ((ended(duty(), SINCE), True), (duty(), False)):
        with pytest.raises(Refused, match="NOT_ON_DUTY"):
            model_windows.sign_off(state, in_force, SINCE)
    assert model_windows.sign_off(duty(), True, SINCE).until == SINCE.isoformat()
