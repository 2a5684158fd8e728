"""What the tests of the chassis share."""

import logging

import pytest

from chassis import telemetry


@pytest.fixture(autouse=True)
def all_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever tests before it in the process have asked for."""
    monkeypatch.setattr(telemetry.Log, "level", logging.INFO)
