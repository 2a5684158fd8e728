"""What a principal proves himself with beside the password, as pure functions. Secrets are elsewhere (store_factors)."""

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyotp
from google.protobuf.message import Message

from chassis.acts import Evolve, Moment
from chassis.errors import Refused, Violation, invalid, not_found, require
from yiwang.identity.v1 import events_pb2 as events

TOTP, PASSKEY = "totp", "passkey"
# RFC 6238: steps of 30 s; a clock may be one step away (5.2).
STEP_SECONDS, DRIFT = 30, 1
SECRET_BYTES = 20
RECOVERY_CODES = 10
MOST_PASSKEYS = 20
ISSUER = "一网通办"

# Letters a recovery code is typed with, for those people mistake them for (base 32 has no 0, 1 and 8).
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey, with what the principal calls it, sealed under his key."""

    id: str
    sealed_label: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors of one principal: `totp` is the id of the authenticator that is on, empty for none."""

    principal: str
    totp: str = ""
    passkeys: list[Passkey] = field(default_factory=list)


def code_wrong() -> Refused:
    """INVALID_ARGUMENT CODE_WRONG."""
    return invalid(Violation("code", "CODE_WRONG", "验证码不正确或已使用过"))


def passkey_refused() -> Refused:
    """INVALID_ARGUMENT PASSKEY_REFUSED, whatever is wrong with it."""
    return invalid(Violation("credential_json", "PASSKEY_REFUSED", "通行密钥未通过验证，请重新添加"))


def require_no_totp(factors: Factors | None) -> None:
    """FAILED_PRECONDITION TOTP_ON while one is on."""
    require(factors is None or not factors.totp, "TOTP_ON", "已开启动态验证码，请先关闭再重新设置")


def add_totp(factors: Factors | None, principal: str, id: str) -> events.FactorAdded:
    """The authenticator is asked for from now on."""
    require_no_totp(factors)
    return events.FactorAdded(principal=principal, factor_id=id, kind=TOTP)


def remove_totp(factors: Factors) -> events.FactorRemoved:
    """It is asked for no more; FAILED_PRECONDITION TOTP_OFF when none is on."""
    require(bool(factors.totp), "TOTP_OFF", "未开启动态验证码")
    return events.FactorRemoved(principal=factors.principal, factor_id=factors.totp, kind=TOTP)


def add_passkey(factors: Factors | None, principal: str, id: str, sealed_label: str) -> events.FactorAdded | None:
    """A passkey more; nothing when it is there. FAILED_PRECONDITION TOO_MANY_PASSKEYS beyond twenty."""
    present = factors.passkeys if factors else []
    if any(one.id == id for one in present):
        return None
    require(len(present) < MOST_PASSKEYS, "TOO_MANY_PASSKEYS", f"最多添加{MOST_PASSKEYS}个通行密钥，请先删除不用的")
    return events.FactorAdded(principal=principal, factor_id=id, kind=PASSKEY, sealed_label=sealed_label)


def remove_passkey(factors: Factors, id: str) -> events.FactorRemoved:
    """NOT_FOUND for one the principal does not have."""
    if not has_passkey(factors, id):
        raise not_found()
    return events.FactorRemoved(principal=factors.principal, factor_id=id, kind=PASSKEY)


def remove_all(factors: Factors) -> list[Message] | None:
    """Whoever had them is somebody else now; nothing when there are none."""
    named = [(one.id, PASSKEY) for one in factors.passkeys] + ([(factors.totp, TOTP)] if factors.totp else [])
    return [events.FactorRemoved(principal=factors.principal, factor_id=id, kind=kind) for id, kind in named] or None


def has_passkey(factors: Factors | None, id: str) -> bool:
    """Whether the passkey is one of the principal's."""
    return factors is not None and any(one.id == id for one in factors.passkeys)


def change_password(principal: str) -> events.PasswordChanged:
    """The principal has another password; which, only the credentials know."""
    return events.PasswordChanged(principal=principal)


def totp_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step a code is of, at most one step away from now; None for a wrong one."""
    totp = pyotp.TOTP(base64.b32encode(secret).decode(), interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    steps = range(present - DRIFT, present + DRIFT + 1)
    # Every step is compared, so that the time taken does not tell which.
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return found[0] if found else None


def totp_uri(secret: bytes, account: str) -> str:
    """The otpauth:// address an authenticator reads from a QR code."""
    return pyotp.TOTP(base64.b32encode(secret).decode()).provisioning_uri(name=account, issuer_name=ISSUER)


def recovery_codes(derive: Callable[[str], str], id: str) -> list[str]:
    """The recovery codes of an authenticator: ten characters of base 32 (50 bits), in two halves.

    `derive` is a keyed hash (hexadecimal) only identity can take, so nothing of the codes is kept but which are used.
    """
    digests = [bytes.fromhex(derive(f"{id}/{number}")) for number in range(RECOVERY_CODES)]
    letters = [base64.b32encode(digest).decode()[:10] for digest in digests]
    return [f"{one[:5]}-{one[5:]}" for one in letters]


def spend(kept: dict[str, Any], secret: bytes, codes: Sequence[str], code: str, now: datetime) -> dict[str, Any] | None:
    """What changes in the kept state of an authenticator (`step`, `used`) when this code is used; None when it is no good.

    A step is good once and no earlier one after it (RFC 6238, 5.2); a recovery code once.
    """
    if len(code) == 6 and code.isascii() and code.isdigit():
        step = totp_step(secret, code, now)
        return {"step": step} if step is not None and step > kept["step"] else None
    typed = code.upper().translate(_MISREAD).encode()
    matching = [place for place, one in enumerate(codes) if hmac.compare_digest(one.replace("-", "").encode(), typed)]
    if not matching or matching[0] in kept["used"]:
        return None
    return {"used": [*kept["used"], matching[0]]}


def count_passkey(kept: dict[str, Any], count: int, used_at: datetime) -> dict[str, Any] | None:
    """What changes in the kept state of a passkey (`count`, `before`, `used_at`) when it was used; None when another use came to this
    count first: there are two of the key (WebAuthn 7.2, step 22). Zero is of one that does not count."""
    if count <= kept["count"] and (count or kept["count"]):
        return None
    return {"count": count, "before": kept["count"], "used_at": used_at}


def _added(factors: Factors | None, event: events.FactorAdded, moment: Moment) -> Factors:
    present = factors or Factors(event.principal)
    if event.kind == TOTP:
        return replace(present, totp=event.factor_id)
    return replace(present, passkeys=[*present.passkeys, Passkey(event.factor_id, event.sealed_label, moment.at)])


def _removed(factors: Factors, event: events.FactorRemoved, _moment: Moment) -> Factors:
    if event.kind == TOTP:
        return replace(factors, totp="")
    return replace(factors, passkeys=[one for one in factors.passkeys if one.id != event.factor_id])


def _password_changed(factors: Factors | None, event: events.PasswordChanged, _moment: Moment) -> Factors:
    return factors or Factors(event.principal)


EVOLVE: Evolve = {
    events.FactorAdded: _added,
    events.FactorRemoved: _removed,
    events.PasswordChanged: _password_changed,
}
