"""Factors with nothing running: codes by the clock, each good once; passkeys that are counted."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from chassis.acts import Moment
from chassis.errors import Refused
from services.identity import model_factors
from services.identity.model_factors import EVOLVE, MOST_PASSKEYS, Factors, spend, totp_step
from services.identity.passkeys import site_of
from yiwang.identity.v1 import events_pb2 as events

START = datetime(2026, 11, 22, 1, tzinfo=UTC)
# RFC 6238, appendix B: the secret of the SHA-1 vectors, and the last six of their eight digits.
SECRET = b"12345678901234567890"
VECTORS = (
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp_step(SECRET, code, at(seconds)) == seconds // 30


@pytest.mark.parametrize(("away", "good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_one_step_away(away: int, good: bool) -> None:
    seconds, code = VECTORS[3]
    assert (totp_step(SECRET, code, at(seconds + away)) is not None) == good


def kept(step: int = 0, used: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"step": step, "used": list(used)}


CODES = model_factors.recovery_codes(lambda of: hashlib.sha256(of.encode()).hexdigest(), "f1")


def test_a_step_is_good_once_and_none_before_it_any_more() -> None:
    seconds, code = VECTORS[3]
    change = spend(kept(), SECRET, CODES, code, at(seconds))
    assert change == {"step": seconds // 30}
    assert spend(kept(seconds // 30), SECRET, CODES, code, at(seconds)) is None
    assert spend(kept(seconds // 30 + 1), SECRET, CODES, code, at(seconds)) is None


def test_ten_recovery_codes_that_differ_and_are_read_over_the_telephone() -> None:
    assert len(set(CODES)) == 10
    assert all(len(code) == 11 and code[5] == "-" and not set(code) & set("0189") for code in CODES)
    assert model_factors.recovery_codes(lambda of: hashlib.sha256(of.encode()).hexdigest(), "f2") != CODES


@given(place=st.integers(0, 9), other=st.integers(0, 9))
def test_a_recovery_code_is_good_once_and_each_for_itself(place: int, other: int) -> None:
    change = spend(kept(), SECRET, CODES, CODES[place], START)
    assert change == {"used": [place]}
    again = spend(kept(0, (place,)), SECRET, CODES, CODES[other], START)
    assert again == (None if other == place else {"used": [place, other]})


@pytest.mark.parametrize(
    "typed", [str.lower, lambda c: c.replace("-", ""), lambda c: c.replace("O", "0").replace("I", "1")]
)
def test_a_recovery_code_is_taken_however_it_is_typed(typed: Any) -> None:
    assert spend(kept(), SECRET, CODES, typed(CODES[0]), START) == {"used": [0]}


@given(st.text(max_size=20))
def test_anything_else_is_no_code(text: str) -> None:
    if text.upper().replace("-", "").replace(" ", "") not in {code.replace("-", "") for code in CODES}:
        change = spend(kept(), SECRET, CODES, text, START)
        assert change is None or (len(text) == 6 and text.isdigit())


def test_the_address_for_an_authenticator_holds_the_secret_and_whose_it_is() -> None:
    uri = model_factors.totp_uri(SECRET, "138****0001")
    assert (
        uri.startswith("otpauth://totp/") and base64.b32encode(SECRET).decode() in uri and "138%2A%2A%2A%2A0001" in uri
    )


def replay(*journal: Message) -> Factors:
    state: Any = None
    for place, event in enumerate(journal):
        state = EVOLVE[type(event)](state, event, Moment(START + timedelta(seconds=place), "person:p1"))
    return state


def added(id: str, kind: str = "passkey") -> events.FactorAdded:
    return events.FactorAdded(principal="person:p1", factor_id=id, kind=kind, sealed_label="x")


def reason(act: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value.reason


def test_one_authenticator_at_a_time_and_only_what_is_on_goes_off() -> None:
    on = replay(added("t1", "totp"))
    assert on.totp == "t1"
    assert reason(model_factors.add_totp, on, "person:p1", "t2") == "TOTP_ON"
    off = replay(added("t1", "totp"), model_factors.remove_totp(on))
    assert off.totp == "" and model_factors.add_totp(off, "person:p1", "t2").factor_id == "t2"
    assert reason(model_factors.remove_totp, off) == "TOTP_OFF"


def test_passkeys_come_and_go_one_by_one() -> None:
    both = replay(added("k1"), added("k2"))
    assert [one.id for one in both.passkeys] == ["k1", "k2"]
    assert model_factors.add_passkey(both, "person:p1", "k1", "y") is None
    left = replay(added("k1"), added("k2"), model_factors.remove_passkey(both, "k1"))
    assert [one.id for one in left.passkeys] == ["k2"] and not model_factors.has_passkey(left, "k1")
    assert reason(model_factors.remove_passkey, left, "k1") == "NOT_FOUND"
    full = replay(*(added(f"k{place}") for place in range(MOST_PASSKEYS)))
    assert reason(model_factors.add_passkey, full, "person:p1", "one more", "y") == "TOO_MANY_PASSKEYS"


def test_a_changed_password_is_in_the_journal_whether_or_not_there_are_factors() -> None:
    changed = model_factors.change_password("person:p1")
    assert replay(changed) == Factors("person:p1")
    assert replay(added("k1"), changed).passkeys[0].id == "k1"


@pytest.mark.parametrize(
    ("url", "rp_id", "origin"),
    [
        ("https://yiwang.example", "yiwang.example", "https://yiwang.example"),
        ("https://yiwang.example:8443/", "yiwang.example", "https://yiwang.example:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://[::1]:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_passkeys_are_good_where_people_reach_the_suite(url: str, rp_id: str, origin: str) -> None:
    assert site_of(url) == (rp_id, origin)


@pytest.mark.parametrize(
    ("kept", "count", "good"), [(5, 6, True), (5, 5, False), (5, 0, False), (0, 0, True), (0, 3, True)]
)
def test_a_counter_another_use_reached_first_is_a_second_key(kept: int, count: int, good: bool) -> None:
    state = {"count": kept, "before": 0, "used_at": None}
    assert (model_factors.count_passkey(state, count, datetime.now(UTC)) is not None) is good
