"""What rating is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of rating. Programs outside (see docs/integrating.md) are each http(s)://host:port; empty = none."""

    # Where people reach the suite, without a slash at the end: printed in the QR codes of windows.
    public_url: str = "http://127.0.0.1:8000"
    # The 12345 platform, which is told of its tickets.
    hotline_url: str = ""
    # The national interface's envelope: the marks both sides are known by there, this place's private SM2 key and the other side's
    # public one, the SM4 key they share, in hex (docs/integrating.md); all five, or none = records are given in clear.
    envelope_mark: str = ""
    envelope_private_key: str = ""
    envelope_peer_mark: str = ""
    envelope_peer_key: str = ""
    envelope_shared_key: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of rating, from its parts."""
    return cast(Settings, parts.settings)
