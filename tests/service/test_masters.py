"""Masters at work: keys behind a KMS that is away, slow or refuses, and masters that take over from others under way."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from pymongo.database import Database

from chassis import rpc
from chassis import sealed as sealed_module
from chassis.acts import now
from chassis.config import Settings
from chassis.errors import Refused
from chassis.masters import AWAY_SECONDS, KeysUnavailable, masters_of
from chassis.sealed import Keyring
from deploy.local.stores import Store, with_database
from tests.support.kms import FakeKms, fake_kms
from tests.support.sources import ROOT

Db = Database[dict[str, Any]]
FORM = {"name": "张三丰", "phone": "13912345678"}


@pytest.fixture
def kms(tmp_path: Path) -> Iterator[FakeKms]:
    with fake_kms(tmp_path) as running:
        yield running


def ring_of(database: Db, settings: Settings) -> Keyring:
    ring = Keyring(database["keys"], masters_of(settings), settings.profile)
    ring.prepare()
    return ring


def key_file(folder: Path, current: str, *ids: str) -> Settings:
    """A file of masters whose bytes follow from their ids."""
    keys = {id: base64.b64encode(id.encode().ljust(32, b"-")).decode() for id in ids}
    fresh = folder / "masters.new"
    fresh.write_text(json.dumps({"current": current, "keys": keys}))
    fresh.replace(folder / "masters")
    return Settings(master_key_file=str(folder / "masters"))


def rewrapped(ring: Keyring) -> list[tuple[int, int]]:
    """How many needed it, and how many there are, by collection."""
    return [total(ring.rewrap(collection)) for collection in ring.own_collections()]


def total(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    needed, all = zip((0, 0), *counts, strict=True)
    return sum(needed), sum(all)


# -- behind a KMS ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["international", "gm"])
def test_behind_a_kms_people_are_sealed_opened_and_found(database: Db, kms: FakeKms, profile: str) -> None:
    ring = ring_of(database, kms.settings(cipher_profile=profile))
    sealed, index = ring.seal("p", FORM), ring.blind("id", "1")
    elsewhere = ring_of(database, kms.settings(cipher_profile=profile))
    assert (elsewhere.open("p", sealed), elsewhere.blind("id", "1")) == (FORM, index)
    document = database["keys"].find_one({"_id": "p"}) or {}
    assert document["wrapped"].startswith(b"kms:yiwang-tests\0vault:v1:")


def test_the_kms_is_asked_only_for_a_person_not_seen_before(database: Db, kms: FakeKms) -> None:
    ring = ring_of(database, kms.settings())
    sealed = [ring.seal(person, FORM) for person in "pq" for _ in range(5)]
    encrypted, decrypted = kms.calls("encrypt"), kms.calls("decrypt")
    for _ in range(20):
        ring.open("p", sealed[0])
        ring.blind("id", "1")
    assert (kms.calls("encrypt"), kms.calls("decrypt")) == (encrypted, decrypted)
    assert encrypted == 3, "the service's own key, p, q"


def test_a_wrapped_key_moved_to_another_person_is_refused_by_the_kms(database: Db, kms: FakeKms) -> None:
    ring = ring_of(database, kms.settings())
    sealed = ring.seal("p", FORM)
    database["keys"].insert_one({**(database["keys"].find_one({"_id": "p"}) or {}), "_id": "q"})
    with pytest.raises(ValueError, match="another master key"):
        ring.open("q", sealed)


def test_while_the_kms_is_away_who_is_known_is_served_and_the_others_hear_unavailable(
    database: Db, kms: FakeKms
) -> None:
    ring = ring_of(database, kms.settings())
    sealed, index = ring.seal("p", FORM), ring.blind("id", "1")
    kms.kill()
    assert (ring.open("p", sealed), ring.blind("id", "1")) == (FORM, index)
    with pytest.raises(KeysUnavailable):
        ring.seal("q", FORM)
    assert database["keys"].find_one({"_id": "q"}) is None, "nothing is half done"
    kms.start()
    time.sleep(AWAY_SECONDS)
    assert ring.open("q", ring.seal("q", FORM)) == FORM


def test_a_slow_kms_holds_nobody_for_long_and_then_nobody_at_all(database: Db, kms: FakeKms) -> None:
    ring = ring_of(database, kms.settings())
    sealed = ring.seal("p", FORM)
    kms.whim(delay=30)

    def attempt(person: str) -> float:
        began = time.monotonic()
        with pytest.raises(KeysUnavailable):
            ring.seal(person, FORM)
        return time.monotonic() - began

    with ThreadPoolExecutor(8) as pool:
        waited = list(pool.map(attempt, [f"new-{number}" for number in range(8)]))
    assert max(waited) < 4
    assert attempt("one more") < 0.1, "who comes after a failure is told at once"
    assert ring.open("p", sealed) == FORM


@pytest.mark.parametrize("whim", [{"status": 403}, {"status": 500}, {"status": 503}, {"status": 307}, {"status": 429}])
def test_a_kms_that_refuses_makes_keys_unavailable_until_it_is_mended(
    database: Db, kms: FakeKms, whim: dict[str, int]
) -> None:
    ring = ring_of(database, kms.settings())
    kms.whim(**whim)
    with pytest.raises(KeysUnavailable):
        ring.seal("p", FORM)
    kms.whim()
    assert ring.open("p", ring.seal("p", FORM)) == FORM


def test_a_renewed_token_is_read_without_a_restart(database: Db, kms: FakeKms, tmp_path: Path) -> None:
    token = tmp_path / "own-token"
    token.write_text("expired")
    with pytest.raises(KeysUnavailable):
        ring_of(database, kms.settings(kms_token_file=str(token)))
    ring = Keyring(database["keys"], masters_of(kms.settings(kms_token_file=str(token))))
    token.write_text(kms.token.read_text())
    ring.prepare()
    assert ring.open("p", ring.seal("p", FORM)) == FORM


# -- one master takes over from another --------------------------------------------------------------------------------


def test_rewrapping_leaves_nothing_under_the_old_master_and_changes_no_index(database: Db, tmp_path: Path) -> None:
    ring = ring_of(database, key_file(tmp_path, "old", "old"))
    sealed = {person: ring.seal(person, FORM) for person in "pqrs"}
    found = ring.blind("id", "1")
    ring.erase("s", now())
    key_file(tmp_path, "new", "old", "new")
    assert rewrapped(ring) == [(3, 3), (1, 1)]
    assert rewrapped(ring) == [(0, 3), (0, 1)], "again is nothing"
    fresh = ring_of(database, key_file(tmp_path, "new", "new"))
    assert [fresh.open(person, sealed[person]) for person in "pqrs"] == [FORM, FORM, FORM, None]
    assert fresh.blind("id", "1") == found
    assert (database["keys"].find_one({"_id": "s"}) or {}).keys() == {"_id", "erased_at"}


def test_rewrapping_that_was_stopped_goes_on_where_it_was(
    database: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_module, "BATCH", 4)
    ring = ring_of(database, key_file(tmp_path, "old", "old"))
    sealed = {f"p{number}": ring.seal(f"p{number}", FORM) for number in range(10)}
    key_file(tmp_path, "new", "old", "new")
    half = ring.rewrap(database["keys"])
    assert next(half) == (4, 4)
    half.close()
    assert total(ring.rewrap(database["keys"])) == (6, 10)
    fresh = ring_of(database, Settings(master_key_file=str(tmp_path / "masters")))
    assert [fresh.open(person, text) for person, text in sealed.items()] == [FORM] * 10


def test_who_is_erased_while_keys_are_rewrapped_stays_erased(database: Db, tmp_path: Path) -> None:
    ring = ring_of(database, key_file(tmp_path, "old", "old"))
    sealed = ring.seal("p", FORM)
    key_file(tmp_path, "new", "old", "new")
    plain = ring.unwrap

    def erased_meanwhile(name: str, wrapped: bytes) -> bytes:
        secret = plain(name, wrapped)
        ring.erase("p", now())
        return secret

    ring.unwrap = erased_meanwhile  # type: ignore[method-assign]
    assert total(ring.rewrap(database["keys"])) == (1, 1)
    assert (database["keys"].find_one({"_id": "p"}) or {}).keys() == {"_id", "erased_at"}
    assert ring.open("p", sealed) is None


def test_a_key_file_moves_into_a_kms_and_the_kms_to_its_next_version(
    database: Db, kms: FakeKms, tmp_path: Path
) -> None:
    file = key_file(tmp_path, "old", "old").master_key_file
    ring = ring_of(database, Settings(master_key_file=file))
    sealed, found = ring.seal("p", FORM), ring.blind("id", "1")
    moving = ring_of(database, kms.settings(kms_former_key_file=file))
    assert (moving.open("p", sealed), moving.blind("id", "1")) == (FORM, found)
    assert rewrapped(moving) == [(1, 1), (1, 1)]
    moved = ring_of(database, kms.settings())
    assert (moved.open("p", sealed), moved.blind("id", "1")) == (FORM, found)
    kms.rotate()
    assert rewrapped(moved) == [(1, 1), (1, 1)]
    assert rewrapped(moved) == [(0, 1), (0, 1)]
    assert (database["keys"].find_one({"_id": "p"}) or {})["wrapped"].startswith(b"kms:yiwang-tests\0vault:v2:")
    assert ring_of(database, kms.settings()).open("p", sealed) == FORM


# -- the command, beside a running api ---------------------------------------------------------------------------------


def command(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.rating", *arguments], env=environment, cwd=ROOT, capture_output=True, text=True
    )


@pytest.fixture
def environment(store: Store) -> dict[str, str]:
    """Of a service on a database of its own."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    uri = with_database(store.uri, f"rating_{uuid.uuid4().hex[:12]}")
    return kept | {"PYTHONPATH": "gen", "MONGODB_URI": uri}


def test_the_command_counts_and_fails_clearly_while_the_kms_is_away(environment: dict[str, str], kms: FakeKms) -> None:
    behind = environment | kms.environment()
    done = command(behind, "rewrap")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        ["rating: keys: 0 of 0 keys rewrapped", "rating: service_keys: 0 of 1 keys rewrapped"],
    )
    both = command(behind | {"MASTER_KEY": base64.b64encode(bytes(32)).decode()}, "rewrap")
    assert both.returncode != 0 and "exactly one of" in both.stderr
    kms.rotate()
    assert "service_keys: 1 of 1" in command(behind, "rewrap").stdout


def test_a_service_waits_for_its_kms_at_start(environment: dict[str, str], kms: FakeKms) -> None:
    kms.kill()
    process = subprocess.Popen(
        [sys.executable, "-m", "services.rating", "verify"],
        env=environment | kms.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=4)
        kms.start()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0 and said.count("waiting_for_keys") == 1
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)


def test_grpc_codes_of_keys_unavailable() -> None:
    assert rpc.KEYS_AWAY.code == grpc.StatusCode.UNAVAILABLE.value[0]
    assert not issubclass(KeysUnavailable, Refused), (
        "it refuses nobody, and is swallowed by nobody who handles refusals"
    )
