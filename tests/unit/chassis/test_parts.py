"""Actors, causes and settings: small words that everything else stands on."""

import base64

import pytest

from chassis import acts
from chassis.acts import ANONYMOUS
from chassis.config import Settings, read
from tests.support.actors import officer, person, service


def test_a_principal_says_kind_and_id() -> None:
    principals = [actor.principal for actor in (ANONYMOUS, person("p"), officer(id="o"), service("gateway"))]
    assert principals == ["public", "person:p", "officer:o", "service:gateway"]


def test_now_is_utc_at_the_precision_the_store_keeps() -> None:
    instant = acts.now()
    assert instant.utcoffset() is not None and not instant.utcoffset()
    assert instant.microsecond % 1000 == 0


def test_settings_come_from_the_environment_by_their_names_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_KEY", base64.b64encode(b"k" * 32).decode())
    monkeypatch.setenv("GRPC_LISTEN", "127.0.0.1:7")
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    settings = read(Settings)
    told = (settings.master_key, settings.grpc_listen, settings.log_level)
    assert told == (base64.b64encode(b"k" * 32).decode(), "127.0.0.1:7", "INFO")


def test_a_master_key_is_never_printed() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    assert key not in repr(Settings(master_key=key))
    assert key not in str(Settings(master_key=key))
