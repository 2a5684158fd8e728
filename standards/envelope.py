"""The envelope of the national rating interface: {appMark, time, sign, params} (C.5.3) [CODE 1 names the members and SM2/SM4, no more].

What is ours, and is agreed on with the other side: `params` is base64 of a fresh IV of 16 bytes and the content under SM4-CBC (GB/T
32907) with PKCS #7; `time` is milliseconds since 1970 in 13 digits; `sign` is base64 of the SM2 signature (DER, signer's identity
1234567812345678, GM/T 0009) over the text appMark + time + params. The SM4 key is shared and given out with the appMark, not wrapped per
message: the envelope has no member for a wrapped key, and unwrapping would multiply our long-lived SM2 key with points that
others choose, in a library that takes no constant time for it. Two sides have two key pairs, so that no envelope is good when it
is sent back.

The signature is looked at before anything is decrypted: who cannot sign learns nothing from how a decryption fails.
"""

import base64
import binascii
import os
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from standards.ciphers import GM, document_public, document_sign, document_verify

WINDOW: Final = timedelta(minutes=10)
BLOCK: Final = 16
MEMBERS: Final = ("appMark", "time", "sign", "params")
SIGNATURE, EXPIRED, UNREADABLE = "ENVELOPE_SIGNATURE", "ENVELOPE_EXPIRED", "ENVELOPE_UNREADABLE"
MESSAGES: Final = {
    SIGNATURE: "信封签名不正确，或发送方标识不符",
    EXPIRED: "信封时间与当前时间相差超过10分钟",
    UNREADABLE: "信封无法读取",
}

_TIME = re.compile(r"[0-9]{13}")
# 1 to 64 letters, digits, `_`, `.` and `-`.
_MARK = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class EnvelopeFault(ValueError):
    """An envelope that is not taken; `reason` is one of SIGNATURE, EXPIRED, UNREADABLE."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Keys(NamedTuple):
    """What two sides agreed on: both appMarks, our private and their public SM2 key, the shared SM4 key."""

    mark: str
    private: bytes
    peer_mark: str
    peer_public: bytes
    shared: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


def keys(mark: str, private: str, peer_mark: str, peer_public: str, shared: str) -> Keys:
    """Keys from hexadecimal: 32 bytes private, 64 or 65 public (04 ‖ x ‖ y), 16 shared. ValueError says what is wrong, never a value."""
    if not (_MARK.fullmatch(mark) and _MARK.fullmatch(peer_mark)):
        raise ValueError("appMark must be 1 to 64 letters, digits, _ . -")
    found = Keys(mark, _hex("private", private), peer_mark, _hex("public", peer_public), _hex("shared", shared))
    if len(found.private) != 32 or len(found.peer_public) not in (64, 65) or len(found.shared) != BLOCK:
        raise ValueError("an SM2 private key has 32 bytes, a public one 64 or 65, an SM4 key 16")
    if document_public(GM, found.private)[-64:] == found.peer_public[-64:]:
        raise ValueError("both sides have the same SM2 key: an envelope could be sent back")
    return found


def seal(keys: Keys, content: str, now: datetime) -> str:
    """The envelope of a text, as JSON with its members in order."""
    time = str(round(now.timestamp() * 1000))
    params = base64.b64encode(_encrypted(keys.shared, content.encode(), os.urandom(BLOCK))).decode()
    sign = base64.b64encode(document_sign(GM, keys.private, _signed(keys.mark, time, params))).decode()
    return orjson.dumps(dict(zip(MEMBERS, (keys.mark, time, sign, params), strict=True))).decode()


def opened(keys: Keys, envelope: str, now: datetime) -> str:
    """The text in an envelope of the other side. EnvelopeFault UNREADABLE for what is none, or cannot be decrypted; EXPIRED for one of
    more than ten minutes ago or ahead; SIGNATURE unless the other side signed exactly this."""
    mark, time, sign, params = _members(envelope)
    signature = _base64(sign)
    signed = _signed(mark, time, params)
    if mark != keys.peer_mark or not document_verify(GM.signature, keys.peer_public, signed, signature):
        raise EnvelopeFault(SIGNATURE)
    if abs(now - datetime.fromtimestamp(int(time) / 1000, UTC)) > WINDOW:
        raise EnvelopeFault(EXPIRED)
    try:
        return _decrypted(keys.shared, _base64(params)).decode()
    except ValueError:
        raise EnvelopeFault(UNREADABLE) from None


def is_envelope(body: str) -> bool:
    """Whether a body is meant as an envelope: a JSON object, where records in clear are a list."""
    return body.lstrip().startswith("{")


def _members(envelope: str) -> list[str]:
    try:
        found: Any = orjson.loads(envelope)
    except ValueError:
        raise EnvelopeFault(UNREADABLE) from None
    told = [found.get(name) for name in MEMBERS] if isinstance(found, dict) else []
    members = [one for one in told if isinstance(one, str)]
    if len(members) != len(MEMBERS) or not _TIME.fullmatch(members[1]):
        raise EnvelopeFault(UNREADABLE)
    return members


def _signed(mark: str, time: str, params: str) -> bytes:
    # Time has thirteen digits always, and the mark is compared with the known one: no other parts give the same text.
    return f"{mark}{time}{params}".encode()


def _encrypted(key: bytes, plain: bytes, iv: bytes) -> bytes:
    padder, encryptor = padding.PKCS7(BLOCK * 8).padder(), Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return iv + encryptor.update(padded) + encryptor.finalize()


def _decrypted(key: bytes, sealed: bytes) -> bytes:
    if len(sealed) < 2 * BLOCK:
        raise ValueError("too short to be sealed")
    decryptor = Cipher(algorithms.SM4(key), modes.CBC(sealed[:BLOCK])).decryptor()
    unpadder = padding.PKCS7(BLOCK * 8).unpadder()
    padded = decryptor.update(sealed[BLOCK:]) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EnvelopeFault(UNREADABLE) from None


def _hex(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"the {name} key is not hexadecimal") from None
