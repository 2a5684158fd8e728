"""What case is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of case. Programs outside (see docs/integrating.md) are each http(s)://host:port; empty = none."""

    # Where people reach the suite, without a slash at the end: printed on documents, for who verifies them.
    public_url: str = "http://127.0.0.1:8000"
    # The licence source (电子证照).
    licence_source_url: str = ""
    # The payment provider.
    payment_url: str = ""
    # The courier.
    courier_url: str = ""
    # Folder of calendars that were published after this release (docs/deploying.md); empty = none.
    calendar_dir: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of case, from its parts."""
    return cast(Settings, parts.settings)
