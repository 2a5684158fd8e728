"""Waiting for something to become true instead of sleeping for a guess."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(found: Callable[[], T], what: str, seconds: float = 15.0, pause: float = 0.02) -> T:
    """What `found` gives as soon as it is true; AssertionError that says what was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(pause)
    return value
