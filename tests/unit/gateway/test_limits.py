"""Who asks too often is told when to come again, and nobody else notices."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.limits import ADDRESS, MOST_BUCKETS, PROGRAM, READ, WRITE, Limits, Rate
from tests.unit.gateway.told import Services, Site, session
from yiwang.identity.v1 import service_pb2 as identity

PROGRAM_PATH = "/api/yiwang.identity.v1.IdentityService/GetMe"


class Clock:
    """A clock a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def within(site: Site, path: str, times: int, **options: Any) -> int:
    """How many of so many requests were answered."""
    return sum(site.get(path, **options).status_code != 429 for _ in range(times))


def test_who_reads_too_much_is_told_when_to_come_again(site: Site) -> None:
    site.sign_in()
    while (answer := site.get("/progress")).status_code == 200:
        pass
    assert answer.status_code == 429
    assert "操作过于频繁" in answer.text and 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["cache-control"] == "no-store"


def test_forms_are_counted_apart_and_sooner(site: Site, services: Services) -> None:
    site.sign_in()
    statuses = [site.post("/progress", {"csrf": "x"}).status_code for _ in range(WRITE.burst + 5)]
    assert statuses[0] == 403 and statuses[-1] == 429
    assert site.get("/progress").status_code == 200


def test_one_visitor_does_not_wait_for_another(site: Site, services: Services) -> None:
    site.sign_in()
    within(site, "/progress", READ.burst + 5)
    assert site.get("/progress").status_code == 429
    site.client.cookies.clear()
    other = session()
    other.me.person.id = "p-2"
    services.on("SignIn", other)
    # The address has more than one visitor has.
    assert site.send("/sign-in", {"login": "other", "password": "secret-password"}).status_code == 303
    assert site.get("/progress").status_code == 200


def test_a_program_is_counted_by_its_token(site: Site, services: Services) -> None:
    services.on("GetMe", identity.Me())
    ask = {"json": {}, "headers": {"Authorization": "Bearer one"}}
    answers = [site.run(site.client.post(PROGRAM_PATH, **ask)) for _ in range(PROGRAM.burst + 5)]
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
    told = answers[-1].json()
    assert (told["code"], told["status"]) == ("TOO_MANY_REQUESTS", 429)
    assert answers[-1].headers["content-type"] == "application/problem+json" and answers[-1].headers["retry-after"]
    ask["headers"] = {"Authorization": "Bearer two"}
    assert site.run(site.client.post(PROGRAM_PATH, **ask)).status_code == 200


@pytest.mark.parametrize("settings", [{"rate_limit": 0.0}], indirect=True)
def test_nobody_is_counted_where_that_is_set(site: Site) -> None:
    site.sign_in()
    assert within(site, "/progress", READ.burst * 2) == READ.burst * 2


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: dict[str, Any]) -> dict[str, Any]:
    return settings | getattr(request, "param", {"rate_limit": 1.0})


def test_the_version_of_the_api_is_told_and_another_one_refused(site: Site, services: Services) -> None:
    services.on("GetMe", identity.Me())
    headers = {"Authorization": "Bearer one"}
    good = site.run(site.client.post(PROGRAM_PATH, json={}, headers=headers | {"API-Version": "1"}))
    assert (good.status_code, good.headers["api-version"]) == (200, "1")
    bad = site.run(site.client.post(PROGRAM_PATH, json={}, headers=headers | {"API-Version": "2"}))
    assert (bad.status_code, bad.json()["code"], bad.headers["api-version"]) == (400, "API_VERSION_UNKNOWN", "1")


# -- buckets ---------------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 30), min_size=1, max_size=300), st.integers(1, 20), st.integers(1, 600))
def test_in_no_span_is_more_let_through_than_the_rate_says(pauses: list[float], burst: int, a_minute: int) -> None:
    clock, rate, through = Clock(), Rate(burst, a_minute), list[float]()
    buckets = Limits(1.0, clock)
    for pause in pauses:
        clock.at += pause
        if not buckets.wait("who", rate):
            through.append(clock.at)
    for first in range(len(through)):
        for last in range(first, len(through)):
            span = through[last] - through[first]
            assert last - first + 1 <= burst + span * a_minute / 60 + 1e-6


@given(st.integers(1, 20), st.integers(1, 600))
def test_after_the_seconds_that_were_told_there_is_one_again(burst: int, a_minute: int) -> None:
    clock, rate = Clock(), Rate(burst, a_minute)
    buckets = Limits(1.0, clock)
    while not (seconds := buckets.wait("who", rate)):
        pass
    clock.at += seconds + 1e-6
    assert buckets.wait("who", rate) == 0


def test_a_flood_of_addresses_fills_no_memory() -> None:
    clock = Clock()
    buckets = Limits(1.0, clock)
    for number in range(MOST_BUCKETS * 2 + 10):
        assert buckets.wait(f"address:{number}", ADDRESS) == 0
    assert len(buckets._buckets) <= MOST_BUCKETS
