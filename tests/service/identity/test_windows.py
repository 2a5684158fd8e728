"""Windows and the duty roster: one officer at a window and one window for an officer, at every instant and under a race."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis.acts import DEVICE, OFFICER, Actor
from services.identity import duties, store_windows
from tests.support import actors
from tests.support.calling import refused
from tests.support.halls import HALL, MARKET, POLICE, Halls
from tests.support.identity_here import identity_here
from tests.support.identity_service import NAME
from yiwang.identity.v1 import service_pb2 as pb

Status = grpc.StatusCode


@pytest.fixture
def halls(database: Database[dict[str, Any]]) -> Iterator[Halls]:
    with identity_here(database, SimpleNamespace(url="")) as here:  # type: ignore[arg-type]
        yield Halls(here)


def roster(halls: Halls, window_id: str) -> list[tuple[str, bool]]:
    """(officer, whether the duty lasts) of a window, newest first."""
    found = halls.counties().ListDuties(window_id=window_id).duties
    return [(one.officer_id, not one.until) for one in found]


def sign_on(halls: Halls, officer: pb.Officer, window_id: str, **fields: str) -> Any:
    return halls.counties(halls.as_actor(officer)).SignOnWindow(window_id=window_id, **fields)


def test_windows_are_listed_by_hall_and_number_to_officers_and_devices_of_the_region(halls: Halls) -> None:
    for number in ("10", "2", "A1"):
        halls.window(number)
    halls.window("1", hall="东河镇便民服务中心", region="990121101")
    changed = halls.window("2", label="食品许可")
    assert changed.version == 2
    caller, seen, page = halls.counties(halls.as_actor(halls.appoint())), [], ""
    while True:
        answer = caller.ListWindows(region="990121", page_size=2, page_token=page)
        seen += [(one.region, one.number) for one in answer.windows]
        page = answer.next_page_token
        if not page:
            break
    assert seen == [("990121", "2"), ("990121", "10"), ("990121", "A1"), ("990121101", "1")]
    kiosk = Actor("k1", DEVICE, region="990121101", session="k1.1")
    assert [one.number for one in halls.counties(kiosk).ListWindows(region="990121").windows] == ["1"]
    far = Actor("far", OFFICER, frozenset({"administer"}), region="990200", session="far.1")
    assert list(halls.counties(far).ListWindows(region="990121").windows) == []
    with refused(Status.PERMISSION_DENIED):
        halls.counties(actors.person()).ListWindows(region="990121")


def test_a_window_is_set_up_by_its_own_county_for_a_department_that_is_known(halls: Halls) -> None:
    far = Actor("far", OFFICER, frozenset({"administer"}), region="990200", session="far.1")
    fields = {"number": "1", "hall": HALL, "region": "990121", "department": MARKET}
    with refused(Status.PERMISSION_DENIED, "OUTSIDE_REGION"):
        halls.counties(far).SaveWindow(**fields)
    with refused(Status.INVALID_ARGUMENT, "DEPARTMENT_UNKNOWN") as told:
        halls.window(department="119901210000099960")
    assert set(told.fields) == {"department"}
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        halls.counties(halls.as_actor(halls.appoint())).SaveWindow(**fields)


def test_an_officer_goes_on_duty_moves_and_leaves_and_the_roster_tells_it(halls: Halls) -> None:
    first, second, officer = halls.window("1"), halls.window("2"), halls.appoint()
    duty = sign_on(halls, officer, first.id, request_id="sign-on-0001")
    assert (duty.staff_number, duty.until) == (officer.staff_number, "")
    assert sign_on(halls, officer, first.id, request_id="sign-on-0001") == duty
    shown = halls.counties().ListWindows(region="990121").windows[0]
    assert (shown.officer_name, shown.on_duty_since) == (NAME, duty.since)
    sign_on(halls, officer, second.id)
    assert halls.on_duty() == {"2": officer.id}  # at once, before any handler ran
    halls.here.work()
    assert halls.on_duty() == {"2": officer.id}
    assert roster(halls, first.id) == [(officer.id, False)]
    off = halls.counties(halls.as_actor(officer))
    done = off.SignOffWindow(request_id="sign-off-0001")
    assert done.until and off.SignOffWindow(request_id="sign-off-0001") == done
    assert halls.on_duty() == {}
    halls.here.work()
    with refused(Status.FAILED_PRECONDITION, "NOT_ON_DUTY"):
        off.SignOffWindow()
    with refused(Status.FAILED_PRECONDITION, "NOT_ON_DUTY"):
        halls.counties(halls.as_actor(halls.appoint())).SignOffWindow()


def test_who_comes_to_a_window_takes_it_over_and_the_other_is_not_on_duty_again_when_he_leaves(halls: Halls) -> None:
    window, old, new = halls.window(), halls.appoint(), halls.appoint()
    sign_on(halls, old, window.id)
    began = sign_on(halls, new, window.id)
    assert halls.on_duty() == {"1": new.id}
    with refused(Status.FAILED_PRECONDITION, "NOT_ON_DUTY"):
        halls.counties(halls.as_actor(old)).SignOffWindow()
    halls.counties(halls.as_actor(new)).SignOffWindow()
    assert halls.on_duty() == {}
    halls.here.work()
    assert halls.on_duty() == {}
    found = halls.counties().ListDuties(window_id=window.id).duties
    assert [(one.officer_id, one.until) for one in found][1] == (old.id, began.since)


def test_nobody_serves_at_the_window_of_another_department(halls: Halls) -> None:
    window, officer = halls.window(department=POLICE), halls.appoint()
    with refused(Status.FAILED_PRECONDITION, "WINDOW_OF_OTHER_DEPARTMENT"):
        sign_on(halls, officer, window.id)
    with refused(Status.NOT_FOUND):
        sign_on(halls, officer, officer.id)
    with refused(Status.PERMISSION_DENIED):  # an administrator serves at no window
        halls.counties().SignOnWindow(window_id=window.id)
    assert roster(halls, window.id) == []


def test_officers_who_come_to_windows_all_at_once_are_each_at_one_and_each_window_has_one(halls: Halls) -> None:
    windows, officers = [halls.window(str(one)) for one in range(3)], [halls.appoint() for _ in range(4)]
    acts = [(officer, window.id) for officer in officers for window in windows]
    database = halls.here.parts.database
    with ThreadPoolExecutor(12) as pool:
        running = [pool.submit(sign_on, halls, *one) for one in acts]
        while not all(one.done() for one in running):
            _fits(halls)
        assert all(one.result().id for one in running)
    _fits(halls)
    before = halls.on_duty()
    halls.here.work()
    assert halls.on_duty() == before
    lasting = store_windows.duties(database).select({"state.until": None})
    assert len(lasting) == len(before)
    assert {one.state.officer_id for one in lasting} == set(before.values())


def _fits(halls: Halls) -> None:
    """A duty that is in force in two listings was so all the time between them."""
    listings = [halls.counties().ListWindows(region="990121").windows for _ in range(2)]
    found = [{(one.number, one.officer_id, one.on_duty_since) for one in all if one.officer_id} for all in listings]
    held = found[0] & found[1]
    assert len({officer for _, officer, _ in held}) == len(held), "one officer at two windows"


def test_a_crash_between_the_duty_and_its_places_is_mended_by_the_handler(
    halls: Halls, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, old, new = halls.window(), halls.appoint(), halls.appoint()
    sign_on(halls, old, window.id)
    with monkeypatch.context() as crash:
        crash.setattr(duties.store_windows, "take_places", lambda *_: None)
        sign_on(halls, new, window.id)
    assert halls.on_duty() == {"1": old.id}
    halls.here.work()
    assert halls.on_duty() == {"1": new.id}
    assert roster(halls, window.id) == [(new.id, True), (old.id, False)]


def test_duty_ends_when_the_post_ends_moves_or_the_window_gets_another_department(halls: Halls) -> None:
    windows = [halls.window(str(one)) for one in range(4)]
    dismissed, moved, cleared, stays = officers = [halls.appoint() for _ in range(4)]
    for officer, window in zip(officers, windows, strict=True):
        sign_on(halls, officer, window.id)
    halls.officers().DismissOfficer(officer_id=dismissed.id)
    halls.officers().TransferOfficer(officer_id=moved.id, department=POLICE, roles=["receive"], successor_id=stays.id)
    halls.window("2", department=POLICE)
    halls.appoint("receive", "review", staff_number=stays.staff_number, password="")  # other roles, the same department
    assert halls.on_duty() == {"3": stays.id}  # at once
    halls.here.work()
    assert halls.on_duty() == {"3": stays.id}
    assert [roster(halls, one.id) for one in windows] == [
        *([(one.id, False)] for one in (dismissed, moved, cleared)),
        [(stays.id, True)],
    ]


def test_a_duty_ends_at_midnight_though_the_timer_comes_late(halls: Halls, monkeypatch: pytest.MonkeyPatch) -> None:
    window, officer = halls.window(), halls.appoint()
    duty = sign_on(halls, officer, window.id)
    halls.here.work()
    duties.end_overdue(halls.here.parts)
    assert halls.on_duty() == {"1": officer.id}
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(duties, "now", lambda: tomorrow)
    for _ in range(2):
        halls.here.worker.end_duties()
    assert halls.on_duty() == {}
    found = halls.counties().ListDuties(window_id=window.id).duties
    until = datetime.fromisoformat(found[0].until)
    assert (until.hour, until.minute) == (16, 0) and until > datetime.fromisoformat(duty.since)


def test_the_roster_is_read_by_who_supervises_the_region_newest_first(halls: Halls) -> None:
    window, pair = halls.window(), [halls.appoint(), halls.appoint()]
    for turn in range(5):
        sign_on(halls, pair[turn % 2], window.id)
    halls.here.work()
    supervisor = halls.counties(halls.as_actor(halls.appoint("supervise", department=POLICE)))
    seen, page = [], ""
    while True:
        answer = supervisor.ListDuties(window_id=window.id, page_size=2, page_token=page)
        seen += [(one.officer_id, bool(one.until)) for one in answer.duties]
        page = answer.next_page_token
        if not page:
            break
    assert [id for id, _ in seen] == [pair[turn % 2].id for turn in (4, 3, 2, 1, 0)]
    assert [ended for _, ended in seen] == [False, True, True, True, True]
    far = Actor("far", OFFICER, frozenset({"supervise"}), region="990200", session="far.1")
    with refused(Status.NOT_FOUND):
        halls.counties(far).ListDuties(window_id=window.id)
    with refused(Status.PERMISSION_DENIED):
        halls.counties(halls.as_actor(pair[0])).ListDuties(window_id=window.id)
