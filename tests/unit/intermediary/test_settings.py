"""The settings of intermediary, as the environment tells them."""

import pytest

from chassis.config import ConfigurationError, read
from services.intermediary.settings import Settings


def test_sheets_are_a_number_whoever_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Settings).signup_sheets == 16
    monkeypatch.setenv("SIGNUP_SHEETS", "256")
    assert read(Settings).signup_sheets == 256


@pytest.mark.parametrize("told", ["0", "257", "-1", "1.5", "", "sixteen", "１６", "9" * 5000])
def test_a_wrong_number_of_sheets_stops_the_start(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNUP_SHEETS", told)
    with pytest.raises(ConfigurationError, match="SIGNUP_SHEETS must be a number from 1 to 256"):
        read(Settings)
