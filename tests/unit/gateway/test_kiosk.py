"""A self-service machine: it proves what it is, its cases say where they come from, and who left is forgotten."""

import time
from typing import Any

import pytest

from chassis.acts import DEVICE, OFFICER, Actor
from services.gateway import kiosk
from tests.support.actors import token
from tests.unit.gateway.told import CASE, ITEM, Services, Site, hidden, refuse
from yiwang.case.v1 import service_pb2 as cases
from yiwang.identity.v1 import counties_pb2 as counties
from yiwang.identity.v1 import service_pb2 as identity

MACHINE = "7b0f3c1e-0000-4000-8000-00000000000d"


@pytest.fixture
def machine(site: Site, services: Services) -> Site:
    """A browser that is a kiosk."""
    services.on("ListWindows", counties.ListWindowsResponse())
    services.on("SignOut", identity.SignOutResponse())
    page = site.get("/kiosk").text
    answer = site.post(
        "/kiosk/begin", {"csrf": hidden(page, "csrf"), "token": token(Actor(MACHINE, DEVICE, region="990121"))}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/kiosk")
    return site


class Clock:
    """What time it is for the site."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        real = time.time
        monkeypatch.setattr(kiosk.time, "time", lambda: real() + self.ahead)  # type: ignore[attr-defined]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_device_identity_knows_becomes_a_kiosk_and_stays_one(machine: Site, services: Services) -> None:
    assert services.metadata("ListWindows")["authorization"].startswith("Bearer ")
    page = machine.get("/kiosk").text
    assert "自助办事" in page and 'data-kiosk="free"' in page
    cookie = next(one for one in machine.client.cookies.jar if "kiosk" in one.name)
    assert cookie.secure and cookie.has_nonstandard_attr("HttpOnly") and MACHINE not in (cookie.value or "")


def test_what_identity_refuses_is_no_kiosk(site: Site, services: Services) -> None:
    services.on("ListWindows", refuse("UNAUTHENTICATED", "TOKEN_REFUSED"))
    given = {"csrf": hidden(site.get("/kiosk").text, "csrf"), "token": "made.up.token"}
    answer = site.post("/kiosk/begin", given)
    assert answer.status_code == 403 and "没有登记" in answer.text
    assert "启用自助终端" in site.get("/kiosk").text


def test_an_officers_token_makes_no_kiosk(site: Site, services: Services) -> None:
    services.on("ListWindows", counties.ListWindowsResponse())
    given = {"csrf": hidden(site.get("/kiosk").text, "csrf"), "token": token(Actor(MACHINE, OFFICER, region="990121"))}
    assert site.post("/kiosk/begin", given).status_code == 403
    assert "启用自助终端" in site.get("/kiosk").text


def test_who_left_for_a_minute_is_forgotten_wherever_the_next_one_looks(
    machine: Site, services: Services, clock: Clock
) -> None:
    machine.sign_in()
    assert machine.get("/cases").status_code == 200
    clock.ahead = kiosk.IDLE - 2
    assert machine.get(f"/cases/{CASE}").status_code == 200
    clock.ahead += kiosk.IDLE + 2
    for path in ("/cases", f"/cases/{CASE}"):
        answer = machine.get(path)
        assert answer.status_code == 303
    assert services.requests("SignOut"), "identity is told, so that the token is refused, too"
    assert "/sign-in" in machine.get("/cases").headers["location"]


def test_a_form_of_who_left_does_nothing(machine: Site, services: Services, clock: Clock) -> None:
    machine.sign_in()
    csrf = hidden(machine.get(f"/cases/{CASE}").text, "csrf")
    clock.ahead = kiosk.IDLE + 1
    answer = machine.post(f"/cases/{CASE}/withdraw", {"csrf": csrf, "reason": "x"})
    assert answer.status_code == 303 and not services.requests("WithdrawCase")


def test_while_identity_is_away_he_is_forgotten_all_the_same(machine: Site, services: Services, clock: Clock) -> None:
    machine.sign_in()
    machine.get("/cases")
    services.on("SignOut", refuse("UNAVAILABLE", "AWAY"))
    clock.ahead = kiosk.IDLE + 1
    assert machine.get("/cases").headers["location"].startswith("/kiosk")
    assert "/sign-in" in machine.get("/cases").headers["location"]


def test_who_types_is_still_there(machine: Site, clock: Clock) -> None:
    machine.sign_in()
    csrf = hidden(machine.get("/cases").text, "csrf")
    for _ in range(4):
        clock.ahead += kiosk.IDLE - 5
        assert machine.post("/kiosk/here", {"csrf": csrf}).status_code == 204
    assert machine.get("/cases").status_code == 200


def test_the_first_page_is_for_the_next_one(machine: Site, services: Services) -> None:
    machine.sign_in()
    assert 'id="kiosk-over"' in machine.get("/cases").text
    machine.get("/kiosk")
    assert "/sign-in" in machine.get("/cases").headers["location"]


def test_elsewhere_nobody_is_forgotten_after_a_minute(site: Site, clock: Clock) -> None:
    site.sign_in()
    site.get("/cases")
    clock.ahead = kiosk.IDLE * 5
    page = site.get("/cases")
    assert page.status_code == 200 and "kiosk" not in page.text


def test_a_kiosk_proves_itself_each_day(machine: Site, clock: Clock) -> None:
    clock.ahead = kiosk.DAY + 1
    assert "启用自助终端" in machine.get("/kiosk").text


@pytest.mark.parametrize("at_kiosk", [True, False])
def test_a_case_says_that_it_came_from_a_kiosk(site: Site, services: Services, at_kiosk: bool, request: Any) -> None:
    if at_kiosk:
        request.getfixturevalue("machine")
    site.sign_in()
    services.on("SubmitCase", cases.Case(id=CASE))
    form = site.get(f"/items/{ITEM}/apply").text
    told = {
        "csrf": hidden(form, "csrf"),
        "request_id": "act-00000001",
        "edition": "2",
        "form.contact_phone": "19900000001",
    }
    site.client.headers.pop("content-type", None)
    site.run(site.client.post(f"/items/{ITEM}/apply", data=told, files={"none": b""}))
    (sent,) = services.requests("SubmitCase")
    assert sent.channel == (cases.CHANNEL_KIOSK if at_kiosk else cases.CHANNEL_WEB)


def test_a_session_cookie_makes_no_kiosk(site: Site, services: Services) -> None:
    site.sign_in()
    name = next(one.name for one in site.client.cookies.jar if "yiwang" in one.name)
    site.client.cookies.set(name.replace("yiwang", "yiwang-kiosk"), site.client.cookies[name])
    assert "data-kiosk" not in site.get("/cases").text
