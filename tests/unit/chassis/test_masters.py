"""The masters a configuration names: MASTER_KEY, a key file that is read again, and that no text ever shows a value."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chassis import rpc
from chassis.config import ConfigurationError, Settings
from chassis.errors import UNAVAILABLE
from chassis.masters import KeysUnavailable, masters_of
from standards.ciphers import PROFILES

ONE, TWO = (base64.b64encode(byte * 32).decode() for byte in (b"1", b"2"))
TOLD = {
    "master_key": ONE,
    "master_key_file": "/no/such/file",
    "kms_url": "https://kms.example:8200",
}


def write(file: Path, current: str, **keys: str) -> str:
    """Replaces the file, as an operator or a mounted Secret does."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"current": current, "keys": keys}))
    fresh.replace(file)
    return str(file)


# -- exactly one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [[], ["master_key", "master_key_file"], ["master_key", "kms_url"], list(TOLD)])
def test_exactly_one_kind_of_master_must_be_given(names: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="exactly one of MASTER_KEY, MASTER_KEY_FILE and KMS_URL"):
        masters_of(Settings(**{name: TOLD[name] for name in names}))


@pytest.mark.parametrize(
    "bad", ["not base64!", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode()]
)
def test_a_master_key_is_exactly_32_bytes_and_never_shown(bad: str) -> None:
    with pytest.raises(ConfigurationError, match="MASTER_KEY") as caught:
        masters_of(Settings(master_key=bad))
    assert bad not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://kms.example:8200", "kms.example", "ftp://127.0.0.1", "http://127.0.0.1.evil.example"]
)
def test_keys_travel_to_a_kms_by_https_only_except_on_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError, match="KMS_URL"):
        masters_of(Settings(kms_url=url, kms_token_file="t", kms_key="yiwang"))


@pytest.mark.parametrize(
    "told", [{"kms_key": "k"}, {"kms_token_file": "t"}, {"kms_token_file": "t", "kms_key": "../sys"}]
)
def test_a_kms_wants_a_token_and_the_name_of_a_key(told: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="KMS_TOKEN_FILE and KMS_KEY"):
        masters_of(Settings(kms_url="https://kms.example", **told))


def test_a_profile_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="CIPHER_PROFILE must be one of international, gm"):
        masters_of(Settings(master_key=ONE, cipher_profile="guomi"))


# -- wrapping ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_a_secret_is_unwrapped_under_its_name_and_no_other(profile: str) -> None:
    masters = masters_of(Settings(master_key=ONE, cipher_profile=profile))
    wrapped = masters.wrap("p", b"secret")
    assert masters.unwrap("p", wrapped) == b"secret"
    assert wrapped.startswith(masters.current()) and b"secret" not in wrapped
    with pytest.raises(ValueError, match="another master key"):
        masters.unwrap("q", wrapped)
    with pytest.raises(ValueError, match="another master key"):
        masters_of(Settings(master_key=TWO)).unwrap("p", wrapped)


def test_the_profile_may_change_under_the_same_master() -> None:
    first, second = (masters_of(Settings(master_key=ONE, cipher_profile=profile)) for profile in PROFILES)
    assert second.unwrap("p", first.wrap("p", b"secret")) == b"secret"
    assert first.unwrap("p", second.wrap("p", b"secret")) == b"secret"


# -- the key file ------------------------------------------------------------------------------------------------------


def test_a_key_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    file = tmp_path / "masters"
    masters = masters_of(Settings(master_key_file=write(file, "a", a=ONE)))
    first = masters.wrap("p", b"secret")
    write(file, "b", a=ONE, b=TWO)
    second = masters.wrap("p", b"secret")
    assert (first[:2], second[:2]) == (b"a\0", b"b\0")
    assert masters.unwrap("p", first) == masters.unwrap("p", second) == b"secret"
    write(file, "b", b=TWO)
    assert masters.unwrap("p", second) == b"secret"
    with pytest.raises(KeysUnavailable):
        masters.unwrap("p", first)
    assert (rpc.KEYS_AWAY.code, rpc.KEYS_AWAY.reason) == (UNAVAILABLE, "KEYS_UNAVAILABLE"), "what a caller is told then"


def test_a_key_file_takes_over_from_the_master_key_under_the_id_master(tmp_path: Path) -> None:
    wrapped = masters_of(Settings(master_key=ONE)).wrap("p", b"secret")
    file = write(tmp_path / "masters", "b", master=ONE, b=TWO)
    assert masters_of(Settings(master_key_file=file)).unwrap("p", wrapped) == b"secret"


def test_a_key_file_that_became_unreadable_changes_nothing_and_is_told_without_its_values(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "masters"
    masters = masters_of(Settings(master_key_file=write(file, "a", a=ONE)))
    for content in ("", "{", json.dumps({"current": "b", "keys": {"a": TWO}})):
        file.write_text(content)
        assert masters.unwrap("p", masters.wrap("p", b"secret")) == b"secret"
        assert masters.current() == b"a\0"
    file.unlink()
    assert masters.unwrap("p", masters.wrap("p", b"secret")) == b"secret"
    written = "".join(capfd.readouterr())
    assert ONE not in written and TWO not in written
    write(file, "b", a=ONE, b=TWO)
    assert masters.current() == b"b\0"


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        "text",
        {"current": "a"},
        {"current": "a", "keys": {}},
        {"current": "a", "keys": [ONE]},
        {"current": "b", "keys": {"a": ONE}},
        {"current": ["a"], "keys": {"a": ONE}},
        {"current": "a", "keys": {"a": ONE[:-4]}},
        {"current": "a", "keys": {"a": 7}},
        {"current": ONE, "keys": {ONE: "a"}},
        {"current": "a b", "keys": {"a b": ONE}},
        {"current": "", "keys": {"": ONE}},
        {"current": "kms:x", "keys": {"kms:x": ONE}},
    ],
    ids=str,
)
def test_a_malformed_key_file_stops_the_start_and_no_value_is_shown(tmp_path: Path, told: Any) -> None:
    file = tmp_path / "masters"
    file.write_text(json.dumps(told))
    with pytest.raises(ConfigurationError, match="MASTER_KEY_FILE") as caught:
        masters_of(Settings(master_key_file=str(file)))
    assert ONE[:16] not in str(caught.value)


def test_a_key_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MASTER_KEY_FILE"):
        masters_of(Settings(master_key_file=str(tmp_path / "none")))
