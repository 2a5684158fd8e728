"""Personal data under a key per person, on a real store: who has not the key reads nothing, and erased stays erased."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bson
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from chassis.acts import now
from chassis.config import ConfigurationError, Settings
from chassis.errors import FAILED_PRECONDITION, Refused
from chassis.masters import Masters, masters_of
from chassis.sealed import Keyring
from standards.ciphers import GM, INTERNATIONAL, PROFILES, Profile, derive, mac

Db = Database[dict[str, Any]]


def master(byte: bytes, profile: str = "international") -> Masters:
    return masters_of(Settings(master_key=base64.b64encode(byte * 32).decode(), cipher_profile=profile))


MASTER, OTHER = master(b"m"), master(b"o")
FORM = {"name": "张三丰", "phone": "13912345678"}


@pytest.fixture
def keyring(database: Db) -> Keyring:
    keyring = Keyring(database["keys"], MASTER)
    keyring.prepare()
    return keyring


def test_what_was_sealed_is_opened_by_the_same_service_also_after_a_restart(database: Db, keyring: Keyring) -> None:
    sealed = keyring.seal("p", FORM)
    assert keyring.open("p", sealed) == FORM
    assert Keyring(database["keys"], MASTER).open("p", sealed) == FORM


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=5) | st.text(max_size=50))
def test_whatever_is_sealed_comes_back_as_it_was_and_never_twice_as_the_same_ciphertext(
    keyring: Keyring, content: dict[str, str] | str
) -> None:
    one, two = keyring.seal("p", content), keyring.seal("p", content)
    assert keyring.open("p", one) == keyring.open("p", two) == content
    assert one != two


def test_neither_ciphertext_nor_store_shows_what_was_sealed(database: Db, keyring: Keyring) -> None:
    sealed = keyring.seal("p", FORM)
    raw = bson.encode({"keys": list(database["keys"].find())}) + sealed.encode() + base64.urlsafe_b64decode(sealed)
    for value in FORM.values():
        assert value.encode() not in raw


def test_the_key_of_another_service_cannot_open(database: Db, keyring: Keyring) -> None:
    sealed = keyring.seal("p", FORM)
    # Another service has keys of its own …
    other = Keyring(database["other_keys"], OTHER)
    other.prepare()
    assert other.open("p", sealed) is None
    other.seal("p", "x")
    with pytest.raises(InvalidTag):
        other.open("p", sealed)
    # … and a stolen collection of keys is of no use under another master key.
    thief = Keyring(database["keys"], OTHER)
    with pytest.raises(ValueError, match="another master key"):
        thief.open("p", sealed)
    with pytest.raises(ConfigurationError, match="not those of this store"):
        thief.prepare()


def test_the_key_of_another_person_cannot_open(keyring: Keyring) -> None:
    sealed = keyring.seal("p", FORM)
    keyring.seal("q", FORM)
    with pytest.raises(InvalidTag):
        keyring.open("q", sealed)


def test_a_ciphertext_moved_to_another_person_is_found_even_under_the_same_key(database: Db, keyring: Keyring) -> None:
    sealed = keyring.seal("p", FORM)
    database["keys"].insert_one(
        {"_id": "q", "wrapped": keyring.wrap("q", keyring.unwrap("p", _wrapped(database, "p")))}
    )
    with pytest.raises(InvalidTag):
        keyring.open("q", sealed)


def _wrapped(database: Db, person: str) -> bytes:
    return (database["keys"].find_one({"_id": person}) or {})["wrapped"]


def test_a_changed_ciphertext_is_refused_wherever_it_was_changed(keyring: Keyring) -> None:
    sealed = keyring.seal_bytes("p", b"content")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 3
        with pytest.raises(InvalidTag):
            keyring.open_bytes("p", bytes(changed))


def test_after_erasure_nothing_is_readable_nothing_can_be_sealed_and_it_stays_so(
    database: Db, keyring: Keyring
) -> None:
    sealed = keyring.seal("p", FORM)
    keyring.erase("p", now())
    keyring.erase("p", now())
    for ring in (keyring, Keyring(database["keys"], MASTER)):
        assert ring.open("p", sealed) is None
        assert ring.open_text("p", sealed) == ""
        assert ring.open_bytes("p", base64.urlsafe_b64decode(sealed)) is None
        with pytest.raises(Refused) as caught:
            ring.seal("p", "anew")
        assert (caught.value.code, caught.value.reason) == (FAILED_PRECONDITION, "PERSON_ERASED")
    document = database["keys"].find_one({"_id": "p"}) or {}
    assert document.keys() == {"_id", "erased_at"}, "no trace of the key"


def test_a_person_erased_before_anything_was_sealed_gets_no_key_later(keyring: Keyring) -> None:
    keyring.erase("nobody-yet", now())
    with pytest.raises(Refused, match="PERSON_ERASED"):
        keyring.seal("nobody-yet", "x")


def test_another_process_that_has_the_key_in_memory_forgets_it_when_it_polls(database: Db, keyring: Keyring) -> None:
    elsewhere, since = Keyring(database["keys"], MASTER), now()
    sealed = keyring.seal("p", FORM)
    assert elsewhere.open("p", sealed) == FORM
    keyring.erase("p", now())
    assert elsewhere.erased_since(since) == ["p"]
    elsewhere.forget(elsewhere.erased_since(since))
    assert elsewhere.open("p", sealed) is None


def test_the_others_keep_their_data_when_one_is_erased(keyring: Keyring) -> None:
    sealed = keyring.seal("q", FORM)
    keyring.seal("p", FORM)
    keyring.erase("p", now())
    assert keyring.open("q", sealed) == FORM


def test_eight_that_need_a_persons_first_key_at_once_make_one_key(database: Db) -> None:
    barrier = threading.Barrier(8)

    def first(number: int) -> tuple[Keyring, str]:
        ring = Keyring(database["keys"], MASTER)
        barrier.wait()
        return ring, ring.seal("p", str(number))

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(first, range(8)))
    assert database["keys"].count_documents({}) == 1
    for ring, _ in made:
        assert [ring.open("p", sealed) for _, sealed in made] == [str(number) for number in range(8)]


def test_nothing_sealed_opens_as_nothing(keyring: Keyring) -> None:
    assert keyring.open("p", "") is None
    assert keyring.open_text("p", "") == ""


def found_by(ring: Keyring) -> list[str]:
    return [
        ring.blind("id", "990121199001011236"),
        ring.code("990121260928ABCDEF0"),
        ring.request_digest(b"command"),
    ]


def test_blind_indexes_codes_and_digests_are_the_same_in_every_process_and_another_in_every_service(
    database: Db, keyring: Keyring
) -> None:
    other = Keyring(database["other_keys"], MASTER)
    other.prepare()
    assert found_by(keyring) == found_by(Keyring(database["keys"], MASTER))
    assert not set(found_by(keyring)) & set(found_by(other)), "also under the same master key"
    assert keyring.blind("id", "1") != keyring.blind("phone", "1"), "one index per kind"
    assert len(keyring.code("n")) == 8


# -- profiles ----------------------------------------------------------------------------------------------------------


def ring_of(database: Db, profile: Profile) -> Keyring:
    ring = Keyring(database["keys"], master(b"m", profile.name), profile)
    ring.prepare()
    return ring


@pytest.mark.parametrize("first", PROFILES.values(), ids=PROFILES)
def test_a_service_that_changes_its_profile_reads_and_finds_all_it_has(database: Db, first: Profile) -> None:
    second = GM if first is INTERNATIONAL else INTERNATIONAL
    before = ring_of(database, first)
    sealed, found = before.seal("p", FORM), found_by(before)
    after = ring_of(database, second)
    later = after.seal("p", FORM)
    assert [ring.open("p", one) for ring in (before, after) for one in (sealed, later)] == [FORM] * 4
    assert found_by(after) == found, "indexes are those of the first start"
    assert [base64.urlsafe_b64decode(one)[0] for one in (sealed, later)] == [first.cipher, second.cipher]
    assert (database["service_keys"].find_one({}) or {})["digest"] == first.digest


def test_the_index_is_made_by_the_profile_of_the_first_start(database: Db) -> None:
    ring = ring_of(database, GM)
    own = database["service_keys"].find_one({"_id": "index"}) or {}
    key = derive("sm3", ring.unwrap("index", own["wrapped"]), "index")
    assert ring.blind("id", "1") == mac("sm3", key, b"id:1").hex()


# -- the service's own key ---------------------------------------------------------------------------------------------


def test_eight_processes_that_start_for_the_first_time_at_once_find_by_one_key(database: Db) -> None:
    barrier = threading.Barrier(8)

    def first(_: int) -> str:
        ring = Keyring(database["keys"], MASTER)
        barrier.wait()
        ring.prepare()
        return ring.blind("id", "1")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first, range(8)))) == 1


def test_a_store_that_lost_its_own_key_is_not_given_a_new_one(database: Db, keyring: Keyring) -> None:
    keyring.seal("p", FORM)
    database["service_keys"].delete_many({})
    with pytest.raises(ConfigurationError, match="service_keys is gone"):
        Keyring(database["keys"], MASTER).prepare()
    assert database["service_keys"].find_one({}) is None


def test_nothing_is_indexed_before_the_own_key_is_there(database: Db) -> None:
    with pytest.raises(ConfigurationError, match="not prepared"):
        Keyring(database["keys"], MASTER).blind("id", "1")
