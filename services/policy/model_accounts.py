"""Accounts that are paid to: what is wrong with one before the bank is asked. Pure."""

import unicodedata
from typing import Protocol

from chassis.errors import Violation, invalid


class Stated(Protocol):
    """An account as an enterprise states it."""

    name: str
    number: str


def require_sound(account: Stated, enterprise: str, path: str = "account") -> None:
    """The account is the enterprise's own by its name. INVALID_ARGUMENT `account.name` NOT_OWN; `account.number` MALFORMED."""
    found = []
    if enterprise and normal(account.name) != normal(enterprise):
        found.append(Violation(f"{path}.name", "NOT_OWN", f"收款账户的户名须为本企业名称“{enterprise}”"))
    if len(set(account.number)) == 1:
        found.append(Violation(f"{path}.number", "MALFORMED", "账号不正确"))
    if found:
        raise invalid(*found)


def normal(name: str) -> str:
    """A name as names are compared: full and half width, brackets and blanks apart."""
    return "".join(unicodedata.normalize("NFKC", name).split()).upper()
