"""Cipher profiles: which algorithms seal, index, chain and sign. `international`, or `gm` for the commercial ciphers (国密).

Sources: SM2 GB/T 32918-2016/2017 (signature GM/T 0009-2012), SM3 GB/T 32905-2016, SM4 GB/T 32907-2016 in GCM
(RFC 8998); AES-GCM NIST SP 800-38D, SHA-256 FIPS 180-4, HMAC RFC 2104, HKDF RFC 5869, Ed25519 RFC 8032.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from gmalg.sm2 import SM2Core

SM2_SIGNER = b"1234567812345678"
"""The signer's identity where none was agreed (GM/T 0009-2012, 10)."""
NONCE = 12
TAG = 16


@dataclass(frozen=True, slots=True)
class Profile:
    """The algorithms of a configuration."""

    name: str
    # The leading byte of what it seals: AES-256-GCM or SM4-GCM.
    cipher: int
    # As hashlib names it.
    digest: str
    # Of signatures on documents.
    signature: str


INTERNATIONAL = Profile("international", 1, "sha256", "Ed25519")
GM = Profile("gm", 2, "sm3", "SM2-SM3")
PROFILES = {profile.name: profile for profile in (INTERNATIONAL, GM)}


def profile_of(name: str) -> Profile:
    """The profile of a name; KeyError when there is none."""
    return PROFILES[name]


def mac(digest: str, key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 or HMAC-SM3 (32 bytes)."""
    return hmac.digest(key, message, digest)


def derive(digest: str, key: bytes, purpose: str, length: int = 32) -> bytes:
    """A key for one purpose (HKDF), so that no key serves two."""
    algorithm = hashes.SM3() if digest == "sm3" else hashes.SHA256()
    return HKDF(algorithm, length, None, purpose.encode()).derive(key)


# -- sealing -----------------------------------------------------------------------------------------------------------


class Aead(Protocol):
    """A cipher that also proves what it encrypted, as cryptography's AESGCM."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The ciphertext, then the tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The plain bytes; InvalidTag when anything was changed."""


class Sm4Gcm:
    """SM4 in GCM, which cryptography offers in parts only."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The ciphertext, then the tag of 16 bytes."""
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        sealed: bytes = encryptor.update(data) + encryptor.finalize() + encryptor.tag
        return sealed

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """The plain bytes; InvalidTag when anything was changed, ValueError when it is too short to have a tag."""
        decryptor = Cipher(self._key, modes.GCM(nonce, data[-TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        plain: bytes = decryptor.update(data[:-TAG]) + decryptor.finalize()
        return plain


class Sealer:
    """Seals under one key of 32 bytes by the profile's cipher, and opens what either cipher sealed: the first byte says which."""

    __slots__ = ("_aeads", "_cipher", "_key")

    def __init__(self, profile: Profile, key: bytes) -> None:
        self._cipher = profile.cipher
        self._key = key
        self._aeads: dict[int, Aead] = {}

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Cipher, nonce, ciphertext, tag; `bound` must be the same when it is opened."""
        nonce = os.urandom(NONCE)
        return bytes([self._cipher]) + nonce + self._aead(self._cipher).encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """What was sealed; cryptography's InvalidTag when anything was changed, ValueError for what never was sealed."""
        if len(sealed) < 1 + NONCE + TAG:
            raise ValueError("too short to be sealed")
        return self._aead(sealed[0]).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], bound)

    def _aead(self, cipher: int) -> Aead:
        if cipher not in self._aeads:  # two threads at once make the same one
            self._aeads[cipher] = self._make(cipher)
        return self._aeads[cipher]

    def _make(self, cipher: int) -> Aead:
        if cipher == INTERNATIONAL.cipher:
            return AESGCM(derive("sha256", self._key, "AES-256-GCM"))
        if cipher == GM.cipher:
            return Sm4Gcm(derive("sm3", self._key, "SM4-GCM", 16))
        raise ValueError("sealed by a cipher this version does not know")


# -- signatures on documents -------------------------------------------------------------------------------------------


def document_key_new(profile: Profile) -> bytes:
    """A new private key of 32 bytes for the profile's signatures on documents."""
    if profile.signature == "Ed25519":
        return Ed25519PrivateKey.generate().private_bytes_raw()
    private: int = _sm2().generate_keypair()[0]
    return private.to_bytes(32, "big")


def document_public(profile: Profile, private: bytes) -> bytes:
    """The public key: 32 bytes (Ed25519, RFC 8032), or 65 as 04 ‖ x ‖ y (SM2, GM/T 0009-2012, 7.1)."""
    if profile.signature == "Ed25519":
        return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    point: tuple[int, int] = _sm2().generate_pk(int.from_bytes(private, "big"))
    return b"\4" + b"".join(one.to_bytes(32, "big") for one in point)


def document_sign(profile: Profile, private: bytes, message: bytes) -> bytes:
    """The signature: 64 bytes (Ed25519), or the DER of r and s (SM2 with SM3, GM/T 0009-2012, 7.3). 15 ms for SM2."""
    if profile.signature == "Ed25519":
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)
    return encode_dss_signature(*_sm2().sign(message, int.from_bytes(private, "big"), SM2_SIGNER))


def document_verify(algorithm: str, public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's on the message; False also for an algorithm, key or signature that is none.

    An SM2 key may come without its leading 04.
    """
    try:
        return _VERIFY[algorithm](public, message, signature)
    except (KeyError, ValueError, InvalidSignature):
        return False


def _verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    return True


def _verify_sm2(public: bytes, message: bytes, signature: bytes) -> bool:
    core, raw = _sm2(), public[1:] if public[:1] == b"\4" and len(public) == 65 else public
    point = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    if len(raw) != 64:
        return False
    if max(point) >= core.ecdlp.fp.p or not core.ecdlp.ec.isvalid(point):
        return False  # not on the curve
    r, s = decode_dss_signature(signature)
    return bool(core.verify(message, r, s, SM2_SIGNER, point))


_VERIFY = {"Ed25519": _verify_ed25519, "SM2-SM3": _verify_sm2}

# GB/T 32918.5-2017: p, a, b, the base point and its order n.
SM2_P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
SM2_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
SM2_G = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
SM2_N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123


def _sm2() -> "SM2Core":
    """gmalg's SM2 with two changes; one per call, for its hash has a state. Imported late: few processes sign documents."""
    from gmalg.base import Hash
    from gmalg.ellipticcurve import ECDLP
    from gmalg.sm2 import SM2Core

    class Blinded(ECDLP):
        """Multiplies by k + mn, m chance: the same point, and the time it takes tells nothing of the nonce k."""

        def kG(self, k: int) -> tuple[int, int]:
            """k times the base point."""
            point: tuple[int, int] = super().kG(k + (secrets.randbits(64) | 1 << 64) * SM2_N)
            return point

    class Sm3(Hash):
        """SM3 by OpenSSL, a thousand times faster than in Python."""

        def __init__(self) -> None:
            self.reset()

        def reset(self) -> None:
            """Begins anew."""
            self._hash = hashlib.new("sm3")

        def update(self, data: bytes) -> None:
            """More of the message."""
            self._hash.update(data)

        def value(self) -> bytes:
            """The digest."""
            return self._hash.digest()

    return SM2Core(Blinded(SM2_P, SM2_P - 3, SM2_B, SM2_G, SM2_N), Sm3())
