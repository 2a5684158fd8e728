"""What case is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of case: programs outside (see docs/integrating.md), each as http(s)://host:port; empty = none."""

    # The licence source (电子证照).
    licence_source_url: str = ""
    # The payment provider.
    payment_url: str = ""
    # The courier.
    courier_url: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of case, from its parts."""
    return cast(Settings, parts.settings)
