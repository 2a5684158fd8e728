"""Passkeys: made, shown and forgotten, with an authenticator in software; what is not just so is refused."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.identity import store, store_factors
from tests.support.authenticator import PRESENT, VERIFIED, Authenticator, decoded, encoded
from tests.support.identity_service import Identity, act, person_request, refusal, sign_in
from yiwang.identity.v1 import factors_pb2 as pb
from yiwang.identity.v1 import service_pb2 as identity_pb

Status = grpc.StatusCode
REFUSED = (Status.UNAUTHENTICATED, "SIGN_IN_REFUSED", [])
NOT_MADE = (Status.INVALID_ARGUMENT, "PASSKEY_REFUSED", ["credential_json"])
LABEL = "我的手机"


class Owner:
    """A person with a passkey."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        request = person_request()
        self.person = identity.stub.RegisterPerson(request)
        self.phone = request.phone
        self.own = identity.by(sign_in(identity, request.phone).access_token, "FactorService")
        self.public = identity.by("", "FactorService", 1)
        self.key = Authenticator()

    def make(self, key: Authenticator | None = None, **changes: Any) -> pb.Factors:
        begun = self.own.BeginPasskey()
        made = (key or self.key).make(begun.options_json)
        told = {"challenge": begun.challenge, "credential_json": made, "label": LABEL} | changes
        return self.own.FinishPasskey(**told)

    def show(self, key: Authenticator | None = None, **changes: Any) -> identity_pb.Session:
        begun = self.public.BeginPasskeySignIn()
        told = {"challenge": begun.challenge, "credential_json": (key or self.key).show(begun.options_json)} | changes
        return self.public.FinishPasskeySignIn(**told)


@pytest.fixture
def owner(identity: Identity) -> Owner:
    owner = Owner(identity)
    owner.make()
    return owner


def test_a_passkey_opens_a_session_without_a_name_or_a_code(owner: Owner) -> None:
    (kept,) = owner.own.ListFactors().passkeys
    assert (kept.label, kept.used_at) == (LABEL, "") and kept.added_at
    session = owner.show()
    assert session.me.person.id == owner.person.id
    (listed,) = [
        one for one in owner.identity.by(session.access_token, "IdentityService").ListSessions().sessions if one.here
    ]
    assert list(listed.methods) == ["passkey"]
    assert owner.own.ListFactors().passkeys[0].used_at
    assert owner.show().id != session.id


def test_the_options_ask_for_verification_and_name_nobody(owner: Owner) -> None:
    first, second = (json.loads(owner.public.BeginPasskeySignIn().options_json) for _ in range(2))
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second and first["userVerification"] == "required" and not first.get("allowCredentials")
    making = json.loads(owner.own.BeginPasskey().options_json)
    assert making["authenticatorSelection"]["residentKey"] == "required"
    assert making["authenticatorSelection"]["userVerification"] == "required"
    assert making["rp"]["id"] == "localhost" and owner.person.id not in json.dumps(making)
    assert [one["id"] for one in making["excludeCredentials"]] == [encoded(owner.key.id)]


def test_the_same_request_has_the_same_answer_and_a_challenge_is_good_once(owner: Owner) -> None:
    begun = owner.public.BeginPasskeySignIn()
    credential = owner.key.show(begun.options_json)
    request = pb.FinishPasskeySignInRequest(
        request_id=act(), challenge=begun.challenge, credential_json=credential, address="192.0.2.7"
    )
    first = owner.public.FinishPasskeySignIn(request)
    request.address = "192.0.2.8"
    assert owner.public.FinishPasskeySignIn(request).id == first.id
    request.request_id = act()
    assert refusal(owner.public.FinishPasskeySignIn, request) == REFUSED
    again = owner.key.show(begun.options_json)  # signed anew, for the challenge that was used
    assert refusal(owner.public.FinishPasskeySignIn, challenge=begun.challenge, credential_json=again) == REFUSED


def test_a_counter_that_went_back_is_a_cloned_key(owner: Owner) -> None:
    owner.show()
    owner.show()
    clone = replace(owner.key, count=0)
    assert refusal(owner.show, clone) == REFUSED
    assert owner.show().me.person.id == owner.person.id


def test_an_authenticator_that_does_not_count_is_good(identity: Identity) -> None:
    owner = Owner(identity)
    owner.make()
    for _ in range(2):
        owner.key.count = -1
        assert owner.show().me.person.id == owner.person.id


def spoilt(credential: str, **response: str) -> str:
    content = json.loads(credential)
    content["response"] |= response
    return json.dumps(content)


def test_what_is_wrong_with_a_shown_passkey_is_never_told(owner: Owner, identity: Identity) -> None:
    another, stranger = Owner(identity), Authenticator(handle=owner.key.handle)
    another.make()
    key, origin = owner.key, owner.key.origin
    wrong = {
        "another site": replace(key, origin="https://evil.example"),
        "another relying party": replace(key, rp_id="evil.example"),
        "no user verification": replace(key, flags=PRESENT),
        "nobody present": replace(key, flags=VERIFIED),
        "another's key under this id": replace(key, key=ec.generate_private_key(ec.SECP256R1())),
        "a key nobody made": stranger,
        "another's user handle": replace(key, handle=another.key.handle),
        "no user handle": replace(key, handle=b""),
    }
    found = {fault: refusal(owner.show, replace(one, count=50)) for fault, one in wrong.items()}
    begun = owner.public.BeginPasskeySignIn()
    good = replace(key, count=60).show(begun.options_json)
    texts = {
        "no JSON": "x" * 40,
        "a list": json.dumps(["x" * 40]),
        "nothing in it": json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {"userHandle": "x"}}),
        "a spoilt signature": spoilt(good, signature=encoded(b"0" * 70)),
        "spoilt data": spoilt(good, authenticatorData=encoded(b"0" * 10)),
        "spoilt client data": spoilt(good, clientDataJSON=encoded(b"{}")),
        "ids that are numbers": json.dumps({"id": 5, "rawId": 5, "type": "public-key", "response": {}}),
        "operators": json.dumps(
            {"id": {"$gt": ""}, "rawId": "", "type": "public-key", "response": {"userHandle": {"$ne": 1}}}
        ),
    }
    for fault, text in texts.items():
        found[fault] = refusal(owner.public.FinishPasskeySignIn, challenge=begun.challenge, credential_json=text)
    found["another challenge"] = refusal(owner.show, challenge=owner.public.BeginPasskeySignIn().challenge)
    found["a challenge to make one"] = refusal(owner.show, challenge=owner.own.BeginPasskey().challenge)
    assert found == dict.fromkeys(found, REFUSED) and origin


def test_an_unknown_passkey_takes_as_long_as_a_wrong_one(owner: Owner) -> None:
    def quickest(key: Authenticator) -> float:
        times = []
        for _ in range(5):
            begun = owner.public.BeginPasskeySignIn()
            credential = key.show(begun.options_json)
            started = time.perf_counter()
            refusal(owner.public.FinishPasskeySignIn, challenge=begun.challenge, credential_json=credential)
            times.append(time.perf_counter() - started)
        return min(times)

    wrong = replace(owner.key, key=ec.generate_private_key(ec.SECP256R1()), count=70)
    assert 0.3 < quickest(wrong) / quickest(Authenticator(handle=owner.key.handle)) < 3


def test_what_is_wrong_with_a_new_passkey_is_refused_and_nothing_is_kept(owner: Owner, identity: Identity) -> None:
    another = Owner(identity)
    wrong = {
        "another site": Authenticator(origin="https://evil.example"),
        "another relying party": Authenticator(rp_id="evil.example"),
        "no user verification": Authenticator(flags=PRESENT),
    }
    found = {fault: refusal(owner.make, one) for fault, one in wrong.items()}
    found["another's challenge"] = refusal(owner.make, Authenticator(), challenge=another.own.BeginPasskey().challenge)
    found["a spoilt challenge"] = refusal(owner.make, Authenticator(), challenge="A" * 40)
    found["no JSON"] = refusal(owner.make, Authenticator(), credential_json="x" * 40)
    found["another's passkey"] = refusal(another.make, replace(owner.key, handle=b""))
    assert found == dict.fromkeys(found, NOT_MADE)
    assert refusal(owner.make, Authenticator(), label="  ")[2] == ["label"]
    assert len(owner.own.ListFactors().passkeys) == 1 and not another.own.ListFactors().passkeys


def test_a_passkey_is_kept_once_and_forgotten_for_good(owner: Owner) -> None:
    begun = owner.own.BeginPasskey()
    second = Authenticator()
    request = pb.FinishPasskeyRequest(
        request_id=act(), challenge=begun.challenge, credential_json=second.make(begun.options_json), label="笔记本"
    )
    assert owner.own.FinishPasskey(request) == owner.own.FinishPasskey(request)
    assert [one.label for one in owner.own.ListFactors().passkeys] == [LABEL, "笔记本"]
    first = owner.own.ListFactors().passkeys[0].id
    remove = pb.RemovePasskeyRequest(request_id=act(), passkey_id=first)
    for _ in range(2):
        assert [one.label for one in owner.own.RemovePasskey(remove).passkeys] == ["笔记本"]
    assert refusal(owner.show) == REFUSED
    assert owner.show(second).me.person.id == owner.person.id
    assert refusal(owner.own.RemovePasskey, passkey_id=first)[0] == Status.NOT_FOUND


def test_nobody_removes_anothers_passkey(owner: Owner, identity: Identity) -> None:
    another = Owner(identity)
    another.make()
    theirs = owner.own.ListFactors().passkeys[0].id
    assert refusal(another.own.RemovePasskey, passkey_id=theirs)[0] == Status.NOT_FOUND
    assert owner.show().me.person.id == owner.person.id


def test_twenty_passkeys_are_enough(identity: Identity) -> None:
    owner = Owner(identity)
    for _ in range(20):
        owner.make(Authenticator())
    assert refusal(owner.make, Authenticator())[:2] == (Status.FAILED_PRECONDITION, "TOO_MANY_PASSKEYS")


def test_a_lock_by_others_guesses_does_not_shut_out_who_has_a_passkey(owner: Owner) -> None:
    phone = owner.person.phone_masked
    assert phone
    record = store_factors.of(owner.identity.parts.database, f"person:{owner.person.id}")
    assert record is not None and len(record.passkeys) == 1
    from services.identity.lockout import Attempt, Lockout, account_key

    locks = Lockout(owner.identity.parts.database, owner.identity.parts.keyring)
    for _ in range(6):
        locks.failed(Attempt(account_key(owner.person.id)))
    assert not locks.is_open(account_key(owner.person.id))
    assert owner.show().me.person.id == owner.person.id


def test_what_is_kept_of_a_passkey_is_no_secret(owner: Owner) -> None:
    kept = store_factors.secret(owner.identity.parts.database, store_factors.passkey_id(encoded(owner.key.id)))
    assert kept is not None and decoded(kept["credential_id"]) == owner.key.id
    secret = owner.key.key.private_numbers().private_value.to_bytes(32)
    assert secret not in str(kept).encode() and LABEL not in str(kept)


def test_who_forgot_his_password_sets_another_just_after_he_showed_a_passkey(owner: Owner) -> None:
    """The old one may be empty for ten minutes, in that session and in none that a password opened."""
    identity, phone = owner.identity, owner.phone
    by_password, here = sign_in(identity, phone), owner.show()
    set_password = identity_pb.ChangePasswordRequest(request_id=act(), new_password="Remembered-Now-2")
    due = (Status.INVALID_ARGUMENT, "REQUIRED", ["old_password"])
    with_password = identity.by(by_password.access_token, "IdentityService")
    own = identity.by(here.access_token, "IdentityService")
    assert refusal(with_password.ChangePassword, set_password) == due
    sessions, known = identity.parts.database["sessions"], {"_id": here.id}
    started = sessions.find_one(known)["state"]["started_at"]
    sessions.update_one(known, {"$set": {"state.started_at": started - timedelta(minutes=10)}})
    assert refusal(own.ChangePassword, set_password) == due
    assert not any(one.sets_password for one in own.ListSessions().sessions)
    sessions.update_one(known, {"$set": {"state.started_at": started}})
    assert sign_in(identity, phone).id  # nothing changed
    assert {one.sets_password for one in own.ListSessions().sessions if one.here} == {True}
    assert refusal(own.ChangePassword, old_password="a guess", new_password="Remembered-Now-2")[1] == "PASSWORD_WRONG"
    for _ in range(2):
        own.ChangePassword(set_password)
    assert sign_in(identity, phone, "Remembered-Now-2").me.person.id == owner.person.id
    assert refusal(sign_in, identity, phone)[1] == "SIGN_IN_REFUSED"
    reason = store.sessions(identity.parts.database).get(by_password.id).state.reason
    assert reason == "PASSWORD_CHANGED"


def test_of_a_key_and_its_clone_shown_at_once_one_comes_in(owner: Owner) -> None:
    owner.show()
    clone = replace(owner.key)
    shown = []
    for key in (owner.key, clone):
        begun = owner.public.BeginPasskeySignIn()
        credential = key.show(begun.options_json)
        shown.append({"challenge": begun.challenge, "credential_json": credential})

    def come(fields: dict[str, str]) -> str:
        try:
            return str(owner.public.FinishPasskeySignIn(**fields).id)
        except grpc.RpcError:
            return ""

    with ThreadPoolExecutor(2) as pool:
        assert len([id for id in pool.map(come, shown) if id]) == 1
