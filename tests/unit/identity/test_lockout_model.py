"""Locks by the numbers, with nothing running."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity import model_lockout
from services.identity.model_lockout import ACCOUNT_FREE, ADDRESS_FREE, LONGEST, locked, wait

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "free", "minutes"),
    [(4, 5, 0), (5, 5, 1), (6, 5, 2), (7, 5, 4), (10, 5, 32), (11, 5, 60), (500, 5, 60), (19, 20, 0), (20, 20, 1)],
)
def test_after_the_free_ones_a_minute_then_twice_as_long_each_an_hour_at_most(
    failures: int, free: int, minutes: int
) -> None:
    assert wait(failures, free) == timedelta(minutes=minutes)


def test_five_are_free_to_an_account_and_twenty_to_an_address() -> None:
    assert (ACCOUNT_FREE, ADDRESS_FREE) == (5, 20)


@given(st.integers(0, 10**9), st.sampled_from([ACCOUNT_FREE, ADDRESS_FREE]))
def test_more_failures_never_wait_less(failures: int, free: int) -> None:
    assert wait(failures, free) <= wait(failures + 1, free) <= LONGEST


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (3600, 60)])
def test_who_is_locked_out_is_told_when_to_come_again(seconds: int, minutes: int) -> None:
    refused = locked(NOW + timedelta(seconds=seconds), NOW)
    assert refused.reason == "SIGN_IN_LOCKED" and f"请{minutes}分钟后" in refused.message


def test_the_one_answer_names_no_fault() -> None:
    assert (model_lockout.refused().reason, model_lockout.refused().violations) == ("SIGN_IN_REFUSED", ())
