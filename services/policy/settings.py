"""What policy is told beside what every service is told."""

from dataclasses import dataclass
from typing import cast

from chassis.config import Settings as Common
from chassis.parts import Parts


@dataclass(frozen=True, kw_only=True)
class Settings(Common):
    """The settings of policy. Programs outside (see docs/integrating.md) are each http(s)://host:port; empty = none."""

    # Where people reach the suite, without a slash at the end: printed on receipts.
    public_url: str = "http://127.0.0.1:8000"
    # The paying bank (国库集中支付代理银行); empty = nothing is paid.
    bank_url: str = ""
    # The account of the treasury that is paid from.
    payer_account: str = ""

    __repr__ = Common.__repr__


def of(parts: Parts) -> Settings:
    """The settings of policy, from its parts."""
    return cast(Settings, parts.settings)
