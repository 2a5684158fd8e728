"""What a beacon says is taken only as docs/integrating.md describes it; everything else is no value, and never stops who asks."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from chassis import outside
from services.intermediary import beacon
from tests.fakes.beacon import Beacon, value
from tests.fakes.program import Said, running

ROUND = 4711


@pytest.fixture
def here() -> Iterator[Beacon]:
    with running(Beacon()) as program:
        yield program


def test_the_value_of_a_round_is_fetched_by_source_and_round(here: Beacon) -> None:
    assert beacon.fetch(here.url, "drand/快网", ROUND) == value("drand/快网", ROUND)
    assert here.asked[0].path == ["drand/快网", str(ROUND)]


def test_an_address_with_a_path_is_that_of_a_program_behind_a_proxy(here: Beacon) -> None:
    assert beacon.fetch(f"{here.url}/beacons/", "drand", ROUND) == value("drand", ROUND)
    assert here.asked[0].path == ["beacons", "drand", str(ROUND)]


def test_upper_case_digits_are_the_same_value(here: Beacon) -> None:
    here.script("ROUND", {"round": ROUND, "randomness": "AB" * 32})
    assert beacon.fetch(here.url, "drand", ROUND) == "ab" * 32


def test_a_round_that_is_not_published_yet_is_fetched_once_it_is(here: Beacon) -> None:
    here.published_below = ROUND
    assert beacon.fetch(here.url, "drand", ROUND) is None
    here.published_below = ROUND + 1
    assert beacon.fetch(here.url, "drand", ROUND) == value("drand", ROUND)


@pytest.mark.parametrize("status", [404, 425])
def test_not_yet_is_no_fault(here: Beacon, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    here.script("ROUND", status)
    assert beacon.fetch(here.url, "drand", ROUND) is None
    assert capsys.readouterr().err == ""


WRONG = "e5" * 32
ANSWERS: dict[str, Said] = {
    "another round": {"round": ROUND + 1, "randomness": WRONG},
    "a round as text": {"round": str(ROUND), "randomness": WRONG},
    "a truth for a round": {"round": True, "randomness": WRONG},
    "no round": {"randomness": WRONG},
    "no value": {"round": ROUND},
    "a number": {"round": ROUND, "randomness": 7},
    "no hexadecimal digits": {"round": ROUND, "randomness": "ge" * 32},
    "half a byte": {"round": ROUND, "randomness": WRONG + "e"},
    "a line feed behind": {"round": ROUND, "randomness": WRONG + "\n"},
    "too short": {"round": ROUND, "randomness": "e5" * 15},
    "too long": {"round": ROUND, "randomness": "e5" * 129},
    "too much": json.dumps({"round": ROUND, "randomness": WRONG, "more": "x" * outside.LONGEST_ANSWER}).encode(),
    "broken JSON": b'{"round": 4711, "randomness": "e5',
    "a list": b"[4711]",
    "a refusal": 400,
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS)
def test_a_wrong_answer_is_refused_and_logged_without_its_content(
    here: Beacon, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    here.script("ROUND", said)
    assert beacon.fetch(here.url, "drand", 1 if said == ANSWERS["a truth for a round"] else ROUND) is None
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "outside_fault"
    assert json.loads(line)["level"] == "ERROR"
    assert "e5e5" not in line


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_beacon_in_trouble_has_no_value_now(here: Beacon, status: int) -> None:
    here.script("ROUND", status)
    assert beacon.fetch(here.url, "drand", ROUND) is None
    assert beacon.fetch(here.url, "drand", ROUND) == value("drand", ROUND)


def test_a_slow_beacon_is_not_waited_for(here: Beacon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.2)
    here.slow = 0.5
    assert beacon.fetch(here.url, "drand", ROUND) is None


def test_nobody_there_is_no_value() -> None:
    assert beacon.fetch("http://127.0.0.1:1", "drand", ROUND) is None


def test_a_connection_that_breaks_is_no_value() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taking = threading.Thread(target=lambda: server.accept()[0].close())
        taking.start()
        assert beacon.fetch(f"http://127.0.0.1:{server.getsockname()[1]}", "drand", ROUND) is None
        taking.join()
