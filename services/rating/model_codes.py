"""The code a window shows: URL-safe text that says which window, how long and, where there is one, which case, and is signed. Pure: the
time and what signs are passed in.

A code is its own record: nothing is kept when it is issued. What is kept is the rating it gave, whose id follows from the code, so
that a live one gives one rating; and per window the generation of its printed ones, so that they can be made worthless.
"""

import base64
import binascii
import hmac
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.errors import Refused, Violation, invalid
from chassis.records import record_id

# The signature of a text: 32 bytes that only this installation can make.
Sign = Callable[[str], bytes]

LIVE_FOR: Final = timedelta(minutes=10)
PRINTED_FOR: Final = timedelta(days=365)
NONCE_BYTES: Final = 12
# 160 bits of HMAC.
TAG_BYTES: Final = 20
_LIVE, _PRINTED, _CASE = 1, 2, 3
# Kind, window, generation, end in seconds since 1970, nonce; the id of a case's rating may follow.
_HEAD: Final = struct.Struct(f">B16sII{NONCE_BYTES}s")


@dataclass(frozen=True, slots=True)
class Code:
    """What a code says."""

    printed: bool
    window_id: str
    # Of the window's printed codes when it was issued.
    generation: int
    expires_at: datetime
    nonce: bytes
    # The rating of a case it is for; empty = the window's service.
    case_rating_id: str = ""


def issue(
    window_id: str, printed: bool, generation: int, nonce: bytes, now: datetime, case_rating_id: str = ""
) -> Code:
    """A code for a window from now on. Its end is a whole second."""
    end = (now + (PRINTED_FOR if printed else LIVE_FOR)).replace(microsecond=0)
    return Code(printed, window_id, generation, end, nonce, case_rating_id)


def text_of(code: Code, sign: Sign) -> str:
    """The signed text of a code: 76 characters, 98 with a case."""
    kind = _PRINTED if code.printed else _CASE if code.case_rating_id else _LIVE
    window, end = uuid.UUID(code.window_id).bytes, int(code.expires_at.timestamp())
    told = _HEAD.pack(kind, window, code.generation, end, code.nonce)
    if code.case_rating_id:
        told += _veiled(uuid.UUID(code.case_rating_id).bytes, code.nonce, sign)
    return _encoded(told + _tag(told, sign))


def parse(text: str, sign: Sign) -> Code:
    """What a signed text says; INVALID_ARGUMENT CODE_FORGED when it was not signed here as it stands. Whether it still holds is asked by
    `hold`."""
    raw = _decoded(text)
    told, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    # The signature first, in constant time; and no second text for one code: unused bits of base64 are bits of the code.
    if not hmac.compare_digest(tag, _tag(told, sign)) or _encoded(raw) != text:
        raise forged()
    kind, window, generation, end, nonce = _HEAD.unpack(told[: _HEAD.size])
    case = str(uuid.UUID(bytes=_veiled(told[_HEAD.size :], nonce, sign))) if kind == _CASE else ""
    return Code(
        kind == _PRINTED, str(uuid.UUID(bytes=window)), generation, datetime.fromtimestamp(end, UTC), nonce, case
    )


def hold(code: Code, generation: int, now: datetime) -> None:
    """INVALID_ARGUMENT CODE_EXPIRED after its end, CODE_REVOKED for a printed one of another generation than the window's."""
    if now >= code.expires_at:
        raise refused("CODE_EXPIRED", "二维码已过期，请在窗口重新获取")
    if code.printed and code.generation != generation:
        raise refused("CODE_REVOKED", "二维码已作废，请在窗口重新获取")


def issued_at(code: Code) -> datetime:
    """When a live code was shown."""
    return code.expires_at - LIVE_FOR


def rating_id(code: Code) -> str:
    """The id of the one rating a live code gives: the case's, or one that follows from the code."""
    return code.case_rating_id or record_id(f"rating/code/{code.window_id}/{code.nonce.hex()}")


def forged() -> Refused:
    """INVALID_ARGUMENT CODE_FORGED."""
    return refused("CODE_FORGED", "二维码不是本大厅签发的，无法使用")


def refused(reason: str, message: str) -> Refused:
    """INVALID_ARGUMENT that names the code."""
    return invalid(Violation("code", reason, message))


def _tag(told: bytes, sign: Sign) -> bytes:
    return sign(_encoded(told))[:TAG_BYTES]


def _veiled(id: bytes, nonce: bytes, sign: Sign) -> bytes:
    """The id of a case's rating as nobody else reads it, and again as it is: whoever shows a code must not know a negative rating by it.
    A nonce is of one id alone. What is signed for a tag has no colon."""
    return bytes(a ^ b for a, b in zip(id, sign(f"case:{nonce.hex()}"), strict=False))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise forged() from None
    if len(raw) not in (_HEAD.size + TAG_BYTES, _HEAD.size + 16 + TAG_BYTES):
        raise forged()
    return raw
