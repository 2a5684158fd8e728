"""Locks: after too many failures nobody may try again for a while, and no lock tells whether an account exists."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.acts import now
from services.identity import lockout
from services.identity.lockout import Lockout, account_key
from tests.support.identity_service import (
    PASSWORD,
    Identity,
    act,
    bearer,
    fresh_number,
    fresh_phone,
    person_request,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb

REFUSED = (grpc.StatusCode.UNAUTHENTICATED, "SIGN_IN_REFUSED", [])
LOCKED = (grpc.StatusCode.RESOURCE_EXHAUSTED, "SIGN_IN_LOCKED", [])
WRONG = "a wrong password"


def from_address(identity: Identity, login: str, address: str, password: str = WRONG) -> pb.Session:
    request = pb.SignInRequest(request_id=act(), login=login, password=password, address=address)
    return identity.stub.SignIn(request)


def count(identity: Identity, key: str) -> dict[str, Any]:
    found = identity.parts.database[lockout.COLLECTION].find_one({"_id": key})
    assert found is not None
    return found


def lock_of(identity: Identity, key: str) -> float:
    """Seconds the lock lasts from now."""
    return float((count(identity, key)["until"] - now()).total_seconds())


def let_pass(identity: Identity, *keys: str) -> None:
    """As if the locks of these keys were over."""
    for key in keys:
        identity.parts.database[lockout.COLLECTION].update_one(
            {"_id": key}, {"$set": {"until": now() - timedelta(seconds=1)}}
        )


@pytest.mark.parametrize("known", [True, False])
def test_five_failures_lock_a_login_known_or_not_and_each_further_one_twice_as_long(
    identity: Identity, known: bool
) -> None:
    request = person_request()
    if known:
        identity.stub.RegisterPerson(request)
    login = Lockout(identity.parts.database, identity.parts.keyring).login_key(request.phone)
    lasts = []
    for _ in range(5):
        assert refusal(sign_in, identity, request.phone, WRONG) == REFUSED
    for _ in range(3):
        assert refusal(sign_in, identity, request.phone) == LOCKED
        lasts.append(lock_of(identity, login))
        let_pass(identity, login)
        assert refusal(sign_in, identity, request.phone, WRONG) == REFUSED
    assert [round(one / 60) for one in lasts] == [1, 2, 4]


def test_who_waited_and_knows_the_password_is_let_in_and_starts_anew(identity: Identity, registered: Any) -> None:
    request, person = registered
    keys = (
        account_key(person.id),
        Lockout(identity.parts.database, identity.parts.keyring).login_key(request.phone),
    )
    for _ in range(5):
        refusal(sign_in, identity, request.phone, WRONG)
    assert refusal(sign_in, identity, request.phone) == LOCKED
    let_pass(identity, *keys)
    assert sign_in(identity, request.phone).me.person.id == person.id
    counts = identity.parts.database[lockout.COLLECTION]
    assert [counts.find_one({"_id": key}) for key in keys] == [None, None]


def test_a_locked_account_does_not_tell_which_logins_are_its_own(identity: Identity, registered: Any) -> None:
    request, _ = registered
    for _ in range(5):
        refusal(sign_in, identity, request.phone, WRONG)
    assert refusal(sign_in, identity, request.phone) == LOCKED
    # The same person's other login answers as one that nobody has, whatever the password.
    for login in (request.id_number, fresh_number()):
        answers = [refusal(sign_in, identity, login) for _ in range(6)]
        assert answers == [REFUSED] * 5 + [LOCKED]


def test_failures_are_forgotten_after_a_day_of_quiet(identity: Identity, registered: Any) -> None:
    request, person = registered
    for _ in range(4):
        refusal(sign_in, identity, request.phone, WRONG)
    login = Lockout(identity.parts.database, identity.parts.keyring).login_key(request.phone)
    counts = identity.parts.database[lockout.COLLECTION]
    assert timedelta(hours=23) < count(identity, login)["quiet"] - now() <= timedelta(days=1)
    for key in (login, account_key(person.id)):
        counts.update_one({"_id": key}, {"$set": {"quiet": now() - timedelta(seconds=1)}})
    assert refusal(sign_in, identity, request.phone, WRONG) == REFUSED
    assert (count(identity, login)["failures"], count(identity, account_key(person.id))["failures"]) == (1, 1)


@pytest.fixture
def address(identity: Identity) -> Iterator[str]:
    yield f"2001:db8::{fresh_phone()[-4:]}"


def test_twenty_failures_of_an_address_lock_it_whoever_is_tried_and_no_other(
    identity: Identity, registered: Any, address: str
) -> None:
    request, person = registered
    for _ in range(20):
        assert refusal(from_address, identity, fresh_phone(), address) == REFUSED
    assert refusal(from_address, identity, request.phone, address, PASSWORD) == LOCKED
    assert from_address(identity, request.phone, "2001:db8::ffff", PASSWORD).me.person.id == person.id
    assert sign_in(identity, request.phone).me.person.id == person.id
    kept = [one["_id"] for one in identity.parts.database[lockout.COLLECTION].find({})]
    assert not [key for key in kept if address in key or request.phone in key]


def test_an_own_account_does_not_clear_the_count_of_an_address(
    identity: Identity, registered: Any, address: str
) -> None:
    request, _ = registered
    key = Lockout(identity.parts.database, identity.parts.keyring).address_key(address)
    for _ in range(3):
        refusal(from_address, identity, fresh_phone(), address)
        from_address(identity, request.phone, address, PASSWORD)
    assert count(identity, key)["failures"] == 3


def test_thirty_registrations_of_an_address_in_an_hour_are_enough(identity: Identity, address: str) -> None:
    first = person_request(address=address)
    person = identity.stub.RegisterPerson(first)
    counts = identity.parts.database[lockout.COLLECTION]
    (key,) = [one["_id"] for one in counts.find({}) if one["_id"].startswith("registrations/") and one["failures"] == 1]
    counts.update_one({"_id": key}, {"$set": {"failures": 30}})
    refused = refusal(identity.stub.RegisterPerson, person_request(address=address))
    assert refused == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REGISTRATIONS", [])
    # The same request again is the same person, by whatever address.
    assert identity.stub.RegisterPerson(first) == person
    first.address = "2001:db8::fffe"
    assert identity.other.RegisterPerson(first) == person
    identity.stub.RegisterPerson(person_request(address="2001:db8::fffe"))


def test_failures_to_change_the_password_count_as_failed_sign_ins(identity: Identity, registered: Any) -> None:
    request, person = registered
    token = sign_in(identity, request.phone).access_token

    def attempt(old: str) -> pb.ChangePasswordResponse:
        change = pb.ChangePasswordRequest(request_id=act(), old_password=old, new_password="Another-Password-2")
        return identity.stub.ChangePassword(change, metadata=bearer(token))

    wrong = (grpc.StatusCode.INVALID_ARGUMENT, "PASSWORD_WRONG", ["old_password"])
    assert [refusal(attempt, WRONG) for _ in range(5)] == [wrong] * 5
    assert refusal(attempt, PASSWORD) == LOCKED
    assert refusal(sign_in, identity, request.phone) == REFUSED
    let_pass(identity, account_key(person.id))
    attempt(PASSWORD)
    assert sign_in(identity, request.phone, "Another-Password-2").me.person.id == person.id
