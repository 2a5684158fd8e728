"""What intermediary is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import ConfigurationError
from chassis.config import Settings as Common
from chassis.parts import Parts

MOST_SHEETS = 256


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of intermediary. Programs outside (see docs/integrating.md) are each http(s)://host:port; empty = none."""

    # Where people reach the suite, without a slash at the end: printed on notices and awards.
    public_url: str = "http://127.0.0.1:8000"
    # The program that serves public randomness (a beacon); empty = a supervisor enters the value by hand.
    beacon_url: str = ""
    # How many records the sign-ups of a procurement are spread over, 1 to 256; 490 sign-ups and withdrawals fit one. A procurement
    # keeps the number it was published with.
    signup_sheets: int = 16

    def __post_init__(self) -> None:
        """The environment says numbers as text; ConfigurationError names the key of one that is none or out of range."""
        told = str(self.signup_sheets)
        if not (told.isascii() and told.isdigit() and len(told) <= 3 and 1 <= int(told) <= MOST_SHEETS):
            raise ConfigurationError(f"SIGNUP_SHEETS must be a number from 1 to {MOST_SHEETS}")
        object.__setattr__(self, "signup_sheets", int(told))

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of intermediary, from its parts."""
    return cast(Settings, parts.settings)
