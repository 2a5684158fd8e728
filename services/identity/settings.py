"""What identity is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of identity."""

    # Where people reach the suite: the issuer of OpenID Connect, the origin of passkeys.
    public_url: str = "http://127.0.0.1:8000"
    # The verification source (see docs/integrating.md), as http(s)://host:port; empty = none.
    verification_url: str = ""
    # JSON file of upstream providers with their mapping of real-name levels; empty = none.
    upstreams_file: str = ""
    # Services of the suite that may ask in their own name: `name=base64 of at least 32 random bytes`, blanks between them.
    service_secrets: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of identity, from its parts."""
    return cast(Settings, parts.settings)
