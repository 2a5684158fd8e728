"""What rating keeps of windows, duties and devices: the same whatever order it is heard in, and who is on duty as identity has it."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.rating import store_windows
from tests.support.actors import DEPARTMENT, OTHER_DEPARTMENT, REGION
from tests.support.rating_service import Db, RatingHere
from yiwang.identity.v1 import events_pb2 as identity

# Eleven in the evening in China: midnight comes with the fifth act.
START = datetime(2026, 11, 23, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
OFFICERS, WINDOWS, STEPS = ("a", "b", "c"), ("1", "2"), 12

acts = st.tuples(st.sampled_from(["on", "on", "off"]), st.sampled_from(OFFICERS), st.sampled_from(WINDOWS))


class Told(NamedTuple):
    """An event as a handler hears it."""

    handler: str
    event: Any
    at: datetime
    # Told late by identity's own handlers, and of what follows from turns anyhow.
    follows: bool = False


class Identity:
    """Duties as identity has them, a quarter of an hour between two acts: who is where, and what is told of it."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.rows: list[dict[str, str]] = []
        self._duties: dict[str, tuple[str, str, int, datetime]] = {}
        self._place: dict[str, str] = {}
        self._turns: dict[str, int] = {}
        # So that nothing of another example is found.
        self.mark = uuid.uuid4().hex

    def run(self, script: list[tuple[str, str, str]]) -> None:
        for number, (act, officer, window) in enumerate(script):
            at = START + timedelta(minutes=15 * number)
            if act == "on":
                self._on(f"{self.mark}-{officer}", f"{self.mark}-{window}", at)
            else:
                self._end(f"{self.mark}-{officer}", at)
            there = {f"{self.mark}-{one}": self._officer_at(f"{self.mark}-{one}", at) for one in WINDOWS}
            self.rows.append(there)

    def _on(self, officer: str, window: str, at: datetime) -> None:
        turn = 1 + max(self._turns.get(officer, 0), self._turns.get(window, 0))
        self._turns[officer] = self._turns[window] = turn
        duty = uuid.uuid4().hex
        for place in (officer, window):
            if displaced := self._place.get(place):
                self._ended(displaced, at, follows=True)
        self._duties[duty] = (officer, window, turn, at)
        self._place[officer] = self._place[window] = duty
        started = identity.DutyStarted(
            duty_id=duty, window_id=window, officer_id=officer, staff_number="sw-1", region=REGION, turn=turn
        )
        self.told.append(Told("keep_duty", started, at))

    def _end(self, officer: str, at: datetime) -> None:
        if duty := self._place.get(officer):
            self._ended(duty, at)

    def _ended(self, duty: str, until: datetime, follows: bool = False) -> None:
        officer, window, _, since = self._duties[duty]
        until = min(until, MIDNIGHT) if since < MIDNIGHT else until
        self._place = {place: one for place, one in self._place.items() if one != duty}
        ended = identity.DutyEnded(duty_id=duty, window_id=window, officer_id=officer, until=until.isoformat())
        self.told.append(Told("end_duty", ended, until, follows))

    def _officer_at(self, window: str, at: datetime) -> str:
        duty = self._place.get(window, "")
        if not duty or (self._duties[duty][3] < MIDNIGHT <= at):
            return ""
        return self._duties[duty][0]


def hear(rating: RatingHere, told: Told) -> None:
    rating.hear(told.handler, told.event, told.event.duty_id, 1, told.at.isoformat())


@given(st.lists(acts, min_size=1, max_size=STEPS), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_is_on_duty_does_not_depend_on_the_order_of_what_is_heard(
    rating: RatingHere, script: list[tuple[str, str, str]], chance: random.Random, all_heard: bool
) -> None:
    """In any order, some of it twice; ends that follow from turns heard or not yet."""
    there = Identity()
    there.run(script)
    heard = [one for one in there.told if all_heard or not one.follows or chance.random() < 0.5]
    heard += chance.sample(heard, len(heard) // 2)
    chance.shuffle(heard)
    for told in heard:
        hear(rating, told)
    for number, row in enumerate(there.rows):
        for later in (timedelta(), timedelta(minutes=14, seconds=59)):
            at = START + timedelta(minutes=15 * number) + later
            found = {window: store_windows.on_duty(rating.database, window, at) for window in row}
            assert {window: one.officer_id if one else "" for window, one in found.items()} == row, (number, later)


def test_an_end_before_it_was_noted_holds_from_then_whichever_is_heard_first(rating: RatingHere) -> None:
    for order in (1, -1):
        window, duty = uuid.uuid4().hex, uuid.uuid4().hex
        started = identity.DutyStarted(duty_id=duty, window_id=window, officer_id=duty, turn=1)
        ended = identity.DutyEnded(duty_id=duty, until=(START + timedelta(minutes=5)).isoformat())
        told = [Told("keep_duty", started, START), Told("end_duty", ended, START + timedelta(hours=1))]
        for one in [*told, *told][::order]:
            hear(rating, one)
        minutes = (-1, 0, 4, 5, 59, 61)
        found = [store_windows.on_duty(rating.database, window, START + timedelta(minutes=one)) for one in minutes]
        assert [bool(one) for one in found] == [False, True, True, False, False, False]


ANYBODY = "11990121MB0000099X"


def _window(department: str) -> identity.WindowSaved:
    return identity.WindowSaved(
        window_id="w", number="3", hall="厅", region=REGION, department=department, label="综合"
    )


def _department(name: str) -> identity.DepartmentSaved:
    return identity.DepartmentSaved(department_id="d", uscc=ANYBODY, name=name, region=REGION)


STORIES: dict[str, list[tuple[str, Any, str, int]]] = {
    "a window that came to another department": [
        ("keep_window", _window(DEPARTMENT), "w", 1),
        ("keep_window", _window(OTHER_DEPARTMENT), "w", 2),
        ("keep_window", _window(ANYBODY), "w", 3),
    ],
    "a department that was named anew": [
        ("keep_department", _department("旧名"), "d", 1),
        ("keep_department", _department("新名"), "d", 2),
    ],
    "a tablet that was revoked": [
        ("keep_device", identity.DeviceRegistered(device_id="t", window_id="w"), "t", 1),
        ("drop_device", identity.DeviceRevoked(device_id="t"), "t", 2),
    ],
    "a duty that ended": [
        ("keep_duty", identity.DutyStarted(duty_id="y", window_id="w", officer_id="o", turn=1), "y", 1),
        ("end_duty", identity.DutyEnded(duty_id="y", until=(START + timedelta(minutes=5)).isoformat()), "y", 2),
    ],
}
ANSWERS: dict[str, Callable[[Db], Any]] = {
    "a window that came to another department": lambda db: store_windows.window(db, "w").department == ANYBODY,  # type: ignore[union-attr]
    "a department that was named anew": lambda db: store_windows.department_name(db, ANYBODY) == "新名",
    "a tablet that was revoked": lambda db: store_windows.window_of_device(db, "t") == "",
    "a duty that ended": lambda db: store_windows.on_duty(db, "w", START + timedelta(minutes=6)) is None,
}


@pytest.mark.parametrize("story", STORIES)
def test_what_is_heard_twice_and_backwards_is_kept_as_if_once_and_in_order(rating: RatingHere, story: str) -> None:
    told = STORIES[story]
    for name, event, record, seq in [*reversed(told), *told, *reversed(told)]:
        rating.hear(name, event, record, seq, START.isoformat())
    assert ANSWERS[story](rating.database)
    backwards = _rows(rating)
    for name in KEPT:
        rating.database[name].delete_many({})
    for name, event, record, seq in told:
        rating.hear(name, event, record, seq, START.isoformat())
    assert _rows(rating) == backwards


KEPT = ("windows", "departments", "duties", "devices")


def _rows(rating: RatingHere) -> dict[str, list[dict[str, Any]]]:
    return {name: list(rating.database[name].find({})) for name in KEPT}


def test_what_was_never_heard_of_is_nowhere(rating: RatingHere) -> None:
    database = rating.database
    assert store_windows.window(database, "w") is None and store_windows.window_of_device(database, "t") == ""
    assert store_windows.department_name(database, ANYBODY) == ""
    assert store_windows.on_duty(database, "w", START) is None
