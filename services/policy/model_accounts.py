"""Accounts that are paid to: what is wrong with one before the bank is asked. Pure."""

import unicodedata
from typing import Protocol

from chassis.errors import Violation, invalid
from standards import personal_data


class Stated(Protocol):
    """An account as an enterprise states it."""

    name: str
    number: str
    bank_name: str


def require_sound(account: Stated, enterprise: str, path: str = "account") -> None:
    """The account is the enterprise's own by its name. INVALID_ARGUMENT `account.name` NOT_OWN; `account.number` MALFORMED;
    `account.bank_name` PERSONAL_DATA, which is kept as it is."""
    found = []
    if enterprise and normal(account.name) != normal(enterprise):
        found.append(Violation(f"{path}.name", "NOT_OWN", f"收款账户的户名须为本企业名称“{enterprise}”"))
    if len(set(account.number)) == 1:
        found.append(Violation(f"{path}.number", "MALFORMED", "账号不正确"))
    if personal_data.found(account.bank_name) or account.number in account.bank_name:
        found.append(Violation(f"{path}.bank_name", "PERSONAL_DATA", "请只填写开户银行名称"))
    if found:
        raise invalid(*found)


def normal(name: str) -> str:
    """A name as names are compared: full and half width, brackets and blanks apart."""
    return "".join(unicodedata.normalize("NFKC", name).split()).upper()
