"""The ciphers of both profiles, by the vectors of their standards, and the envelope that says which one sealed."""

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from standards import ciphers
from standards.ciphers import GM, INTERNATIONAL, PROFILES, Profile, Sealer, Sm4Gcm, derive, mac, profile_of

both = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
KEY = bytes(range(32))


def test_profiles_are_found_by_name_and_only_these_two() -> None:
    assert [profile_of(name) for name in ("international", "gm")] == [INTERNATIONAL, GM]
    with pytest.raises(KeyError):
        profile_of("GM")


# -- the vectors of the standards --------------------------------------------------------------------------------------


def test_sm3_of_the_two_examples_of_gb_t_32905() -> None:
    examples = {
        b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    }
    assert {text: hashlib.new(GM.digest, text).hexdigest() for text in examples} == examples


def test_sm4_of_the_example_of_gb_t_32907() -> None:
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()
    assert encryptor.update(block).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_of_the_example_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([one]) * 8 for one in bytes.fromhex("aabbccddeeffeeaa"))
    sealed = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, bound) == sealed
    assert Sm4Gcm(key).decrypt(nonce, sealed, bound) == plain


def test_aes_256_gcm_of_test_case_16_of_the_gcm_specification() -> None:
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert AESGCM(key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, bound) == sealed


def test_hmac_sha256_of_test_case_2_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert mac("sha256", b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_hmac_sm3_is_the_hmac_of_rfc_2104_over_sm3() -> None:
    def sm3(content: bytes) -> bytes:
        return hashlib.new("sm3", content).digest()

    padded = KEY.ljust(64, b"\0")
    inner = sm3(bytes(one ^ 0x36 for one in padded) + b"message")
    assert mac("sm3", KEY, b"message") == sm3(bytes(one ^ 0x5C for one in padded) + inner)


def test_the_signature_of_gb_t_32918_2_appendix_a_is_made_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    private = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    public = bytes.fromhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    nonce = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
    r = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    s = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    assert ciphers.document_public(GM, private) == public
    for one in (public, public[1:]):
        assert ciphers.document_verify("SM2-SM3", one, b"message digest", encode_dss_signature(r, s))
    from gmalg.base import SMCoreBase

    monkeypatch.setattr(SMCoreBase, "_default_rnd_fn", lambda core, bits: nonce)
    assert decode_dss_signature(ciphers.document_sign(GM, private, b"message digest")) == (r, s)


def test_the_signature_of_test_2_of_rfc_8032_is_made_and_verified() -> None:
    private = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ciphers.document_public(INTERNATIONAL, private) == public
    assert ciphers.document_sign(INTERNATIONAL, private, b"\x72") == signature
    assert ciphers.document_verify("Ed25519", public, b"\x72", signature)


# -- sealing -----------------------------------------------------------------------------------------------------------


@both
@given(plain=st.binary(max_size=200), bound=st.binary(max_size=40))
def test_what_one_profile_sealed_opens_under_either(profile: Profile, plain: bytes, bound: bytes) -> None:
    sealed = Sealer(profile, KEY).seal(plain, bound)
    assert [Sealer(other, KEY).open(sealed, bound) for other in PROFILES.values()] == [plain, plain]
    assert sealed[0] == profile.cipher


@both
def test_a_change_anywhere_is_found(profile: Profile) -> None:
    sealer = Sealer(profile, KEY)
    sealed = sealer.seal(b"content", b"bound")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 3  # turns the mark of one cipher into that of the other, too
        with pytest.raises(InvalidTag):
            sealer.open(bytes(changed), b"bound")
    with pytest.raises(InvalidTag):
        sealer.open(sealed, b"another")
    with pytest.raises(InvalidTag):
        Sealer(profile, KEY[::-1]).open(sealed, b"bound")


@both
def test_what_never_was_sealed_is_a_value_error(profile: Profile) -> None:
    sealer = Sealer(profile, KEY)
    for bad in (b"", sealer.seal(b"", b"")[:-1], b"\0" + bytes(40), b"\3" + bytes(40)):
        with pytest.raises(ValueError):
            sealer.open(bad, b"")


def test_no_key_serves_two_purposes_or_two_profiles() -> None:
    keys = {derive(digest, key, name) for digest in ("sha256", "sm3") for key in (KEY, KEY[::-1]) for name in "ab"}
    assert len(keys) == 8


# -- signatures on documents -------------------------------------------------------------------------------------------


@both
def test_a_document_signature_holds_for_that_key_and_that_message_only(profile: Profile) -> None:
    private = ciphers.document_key_new(profile)
    public = ciphers.document_public(profile, private)
    signature = ciphers.document_sign(profile, private, b"document")
    other = ciphers.document_public(profile, ciphers.document_key_new(profile))
    assert len(private) == 32
    assert ciphers.document_verify(profile.signature, public, b"document", signature)
    assert not ciphers.document_verify(profile.signature, public, b"documents", signature)
    assert not ciphers.document_verify(profile.signature, other, b"document", signature)
    for algorithm in {"Ed25519", "SM2-SM3", "none", ""} - {profile.signature}:
        assert not ciphers.document_verify(algorithm, public, b"document", signature)


@both
@given(rubbish=st.binary(max_size=80))
def test_a_key_or_signature_that_is_none_verifies_nothing_and_breaks_nothing(profile: Profile, rubbish: bytes) -> None:
    public = ciphers.document_public(profile, KEY)
    assert not ciphers.document_verify(profile.signature, public, b"document", rubbish)
    assert not ciphers.document_verify(profile.signature, rubbish, b"document", encode_dss_signature(1, 1))


def test_a_point_off_the_curve_is_no_sm2_key() -> None:
    public = bytearray(ciphers.document_public(GM, KEY))
    signature = ciphers.document_sign(GM, KEY, b"document")
    public[-1] ^= 1
    assert not ciphers.document_verify("SM2-SM3", bytes(public), b"document", signature)
    beyond = b"\4" + ciphers.SM2_G[0].to_bytes(32, "big") + (2**256 - 1).to_bytes(32, "big")
    assert not ciphers.document_verify("SM2-SM3", beyond, b"document", signature)


def test_sm2_refuses_the_numbers_that_would_forge() -> None:
    public = ciphers.document_public(GM, KEY)
    for r, s in ((0, 1), (1, 0), (ciphers.SM2_N, 1), (1, ciphers.SM2_N), (1, ciphers.SM2_N - 1)):
        assert not ciphers.document_verify("SM2-SM3", public, b"document", encode_dss_signature(r, s))
