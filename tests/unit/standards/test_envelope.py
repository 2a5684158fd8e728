"""The envelope of the national rating interface: signed, encrypted, good for ten minutes."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from standards import envelope
from standards.ciphers import GM, document_key_new, document_public, document_sign
from standards.envelope import EXPIRED, SIGNATURE, UNREADABLE, EnvelopeFault, Keys, opened, seal

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
CONTENT = '[{"writingEvaluation":"跑了三趟"}]'


@cache
def sides() -> tuple[Keys, Keys]:
    """Ours and theirs, as both have agreed."""
    ours, theirs, shared = document_key_new(GM), document_key_new(GM), os.urandom(16).hex()
    here = envelope.keys("county", ours.hex(), "province", document_public(GM, theirs).hex(), shared)
    there = envelope.keys("province", theirs.hex(), "county", document_public(GM, ours)[1:].hex(), shared)
    return here, there


@cache
def theirs() -> str:
    return seal(sides()[1], CONTENT, NOW)


def changed(**members: object) -> str:
    return json.dumps(json.loads(theirs()) | members)


def signed_anew(keys: Keys, **members: str) -> str:
    """An envelope of the other side with other members, which it signed."""
    one = json.loads(theirs()) | members
    message = (one["appMark"] + one["time"] + one["params"]).encode()
    return json.dumps(one | {"sign": base64.b64encode(document_sign(GM, keys.private, message)).decode()})


def test_what_the_other_side_sealed_is_opened() -> None:
    here, _ = sides()
    assert list(json.loads(theirs())) == ["appMark", "time", "sign", "params"]
    assert opened(here, theirs(), NOW) == CONTENT
    assert "三趟" not in theirs() and "三趟".encode() not in base64.b64decode(json.loads(theirs())["params"])


def test_nothing_is_sealed_twice_alike() -> None:
    assert json.loads(seal(sides()[1], CONTENT, NOW))["params"] != json.loads(theirs())["params"]


def test_it_is_sm4_in_cbc_and_a_signature_openssl_knows_the_form_of() -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    here, _ = sides()
    sealed = base64.b64decode(json.loads(theirs())["params"])
    decryptor = Cipher(algorithms.SM4(here.shared), modes.CBC(sealed[:16])).decryptor()
    plain = decryptor.update(sealed[16:]) + decryptor.finalize()
    assert plain[: -plain[-1]].decode() == CONTENT and plain[-1] in range(1, 17)
    assert base64.b64decode(json.loads(theirs())["sign"])[:1] == b"\x30"


@pytest.mark.parametrize("late", [timedelta(minutes=10, milliseconds=1), -timedelta(minutes=10, milliseconds=1)])
def test_more_than_ten_minutes_off_it_is_expired(late: timedelta) -> None:
    with pytest.raises(EnvelopeFault) as found:
        opened(sides()[0], theirs(), NOW + late)
    assert found.value.reason == EXPIRED
    assert opened(sides()[0], theirs(), NOW + late * 0.99) == CONTENT


@pytest.mark.parametrize(
    "forged",
    [
        lambda: changed(time=str(int(json.loads(theirs())["time"]) + 1)),
        lambda: changed(appMark="county"),
        lambda: changed(appMark="nobody"),
        lambda: changed(sign=base64.b64encode(b"0" * 70).decode()),
        lambda: changed(sign=""),
        lambda: changed(params=base64.b64encode(os.urandom(64)).decode()),
        lambda: changed(params=""),
        lambda: signed_anew(sides()[0]),
        lambda: signed_anew(sides()[1], appMark="nobody"),
        # Sent back to who sealed it.
        lambda: seal(sides()[0], CONTENT, NOW),
    ],
)
def test_what_the_other_side_did_not_sign_is_refused(forged: Callable[[], str]) -> None:
    with pytest.raises(EnvelopeFault) as found:
        opened(sides()[0], forged(), NOW)
    assert found.value.reason == SIGNATURE


def test_a_forged_and_expired_one_says_nothing_of_its_time() -> None:
    with pytest.raises(EnvelopeFault) as found:
        opened(sides()[0], changed(time="1000000000000"), NOW)
    assert found.value.reason == SIGNATURE


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        lambda: changed(time=1),
        lambda: changed(time="123"),
        lambda: changed(time="1７63861400000"),
        lambda: changed(params=None),
        lambda: changed(sign="not base64"),
        lambda: changed(sign="签"),
        lambda: signed_anew(sides()[1], params=""),
        lambda: signed_anew(sides()[1], params="AAAA"),
        lambda: signed_anew(sides()[1], params="?"),
        lambda: signed_anew(sides()[1], params=base64.b64encode(os.urandom(47)).decode()),
        lambda: signed_anew(sides()[1], params=base64.b64encode(bytes(32)).decode()),
    ],
)
def test_what_cannot_be_read_is_unreadable(broken: str | Callable[[], str]) -> None:
    text = broken if isinstance(broken, str) else broken()
    with pytest.raises(EnvelopeFault) as found:
        opened(sides()[0], text, NOW)
    assert found.value.reason == UNREADABLE


def test_nothing_is_decrypted_that_was_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(key: bytes, sealed: bytes) -> bytes:
        raise AssertionError("decrypted")

    monkeypatch.setattr(envelope, "_decrypted", never)
    with pytest.raises(EnvelopeFault):
        opened(sides()[0], changed(params=base64.b64encode(os.urandom(64)).decode()), NOW)


def test_keys_are_checked_and_never_shown() -> None:
    here, there = sides()
    good = ["county", here.private.hex(), "province", here.peer_public.hex(), here.shared.hex()]
    assert envelope.keys(*good) == here
    for place, wrong in ((0, ""), (0, "a b"), (1, "xx"), (1, "00"), (3, "00"), (3, "zz"), (4, "00" * 8), (4, "q")):
        bad = [wrong if number == place else one for number, one in enumerate(good)]
        with pytest.raises(ValueError) as found:
            envelope.keys(*bad)
        assert here.private.hex() not in str(found.value) and here.shared.hex() not in str(found.value)
    with pytest.raises(ValueError, match="same SM2 key"):
        envelope.keys("a", here.private.hex(), "b", there.peer_public.hex(), here.shared.hex())
    assert repr(here) == "Keys(…)"


def test_an_envelope_is_told_from_a_list() -> None:
    assert envelope.is_envelope(theirs()) and envelope.is_envelope(" {}")
    assert not envelope.is_envelope("[{}]") and not envelope.is_envelope("")


# -- the example in docs/integrating.md --------------------------------------------------------------------------------


def example() -> tuple[str, str, str]:
    """Shared key, the province's public key, and the envelope, as the document has them."""
    text = (Path(__file__).parents[3] / "docs/integrating.md").read_text().split("### Envelope")[1]
    found = re.search(r"key shared is `(\w{32})`.*?public key\n`(\w{130})`.*?```\n(\{.*?\})\n```", text, re.S)
    assert found is not None
    return found[1], found[2], found[3]


def test_the_example_of_the_document_holds_what_it_says() -> None:
    shared, public, sealed = example()
    here = envelope.keys("county-990121", bytes(range(33, 65)).hex(), "province-12", public, shared)
    assert opened(here, sealed, NOW) == '[{"satisfaction":"2"}]'


def test_the_example_is_read_by_openssl(tmp_path: Path) -> None:
    shared, public, sealed = example()
    one = json.loads(sealed)
    key = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200") + bytes.fromhex(public)
    (tmp_path / "key.der").write_bytes(key)
    (tmp_path / "signed").write_text(one["appMark"] + one["time"] + one["params"])
    (tmp_path / "signature").write_bytes(base64.b64decode(one["sign"]))
    verify = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-keyform",
        "der",
        "-inkey",
        "key.der",
        "-rawin",
        "-in",
        "signed",
    ]
    verify += ["-sigfile", "signature", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True).returncode == 0
    params = base64.b64decode(one["params"])
    decrypt = ["openssl", "enc", "-d", "-sm4-cbc", "-K", shared, "-iv", params[:16].hex()]
    plain = subprocess.run(decrypt, input=params[16:], capture_output=True).stdout.decode()
    assert plain == '[{"satisfaction":"2"}]'
