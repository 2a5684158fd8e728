"""Passwords: changed by the old one, once, with every other session gone; and nothing left half done by a crash."""

from datetime import timedelta
from typing import Any

import grpc
import pytest

from services.identity import store, store_factors, worker
from services.identity.credentials import CUT_OFF_AFTER
from tests.support.identity_service import (
    PASSWORD,
    Identity,
    act,
    bearer,
    me,
    refresh,
    refusal,
    refused_soon,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb

NEW = "Another-Password-2"


def change(old: str = PASSWORD, new: str = NEW, request_id: str = "") -> pb.ChangePasswordRequest:
    return pb.ChangePasswordRequest(request_id=request_id or act(), old_password=old, new_password=new)


def journal(identity: Identity, principal: str) -> list[str]:
    record = store_factors.factors(identity.parts.database).get(store_factors.factors_id(principal))
    return [entry["type"] for entry in record.journal]


def test_a_changed_password_holds_and_every_other_session_ends(identity: Identity, registered: Any) -> None:
    request, person = registered
    here, there = (sign_in(identity, request.phone) for _ in range(2))
    identity.stub.ChangePassword(change(), metadata=bearer(here.access_token))
    assert refusal(sign_in, identity, request.phone)[1] == "SIGN_IN_REFUSED"
    assert sign_in(identity, request.phone, NEW).me.person.id == person.id
    assert refused_soon(identity.other, there.access_token)
    assert refusal(refresh, identity, there.refresh_token)[1] == "SESSION_ENDED"
    assert me(identity, refresh(identity, here.refresh_token).access_token).person.id == person.id
    assert store.sessions(identity.parts.database).get(there.id).state.reason == "PASSWORD_CHANGED"
    assert journal(identity, f"person:{person.id}") == ["PasswordChanged"]


def test_a_change_repeated_is_one_change_and_another_under_its_id_is_refused(
    identity: Identity, registered: Any
) -> None:
    request, person = registered
    here, wanted = sign_in(identity, request.phone), change()
    for _ in range(2):
        identity.stub.ChangePassword(wanted, metadata=bearer(here.access_token))
    assert journal(identity, f"person:{person.id}") == ["PasswordChanged"]
    other = change(NEW, "A-third-Password-3", wanted.request_id)
    assert refusal(identity.stub.ChangePassword, other, metadata=bearer(here.access_token))[1] == "REQUEST_ID_REUSED"
    # An old change repeated after a newer one does not bring the old password back.
    identity.stub.ChangePassword(change(NEW, "A-third-Password-3"), metadata=bearer(here.access_token))
    identity.stub.ChangePassword(wanted, metadata=bearer(here.access_token))
    assert refusal(sign_in, identity, request.phone, NEW)[1] == "SIGN_IN_REFUSED"
    assert sign_in(identity, request.phone, "A-third-Password-3").me.person.id == person.id


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("a wrong one", NEW, ("PASSWORD_WRONG", ["old_password"])),
        (PASSWORD, "short", ("STRING_MIN_LEN", ["new_password"])),
        ("", NEW, ("REQUIRED", ["old_password"])),
    ],
)
def test_a_change_that_is_wrong_names_its_field_and_changes_nothing(
    identity: Identity, registered: Any, old: str, new: str, refused: Any
) -> None:
    request, _ = registered
    here, there = (sign_in(identity, request.phone) for _ in range(2))
    answer = refusal(identity.stub.ChangePassword, change(old, new), metadata=bearer(here.access_token))
    assert answer == (grpc.StatusCode.INVALID_ARGUMENT, *refused)
    assert sign_in(identity, request.phone) and me(identity, there.access_token)


def test_a_change_cut_off_by_a_crash_is_finished_by_the_worker(
    identity: Identity, registered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chassis.acts import PERSON, Actor, Cause
    from services.identity import passwords
    from services.identity.proving import Proving

    request, person = registered
    here, there = (sign_in(identity, request.phone) for _ in range(2))
    actor, cause = Actor(person.id, PERSON, session=here.id), Cause(act(), f"person:{person.id}")
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "finish", lambda *_: None)  # the process dies here
        passwords.change(identity.parts, Proving(identity.parts), change(), actor, cause)
    assert sign_in(identity, request.phone, NEW)
    assert store.sessions(identity.parts.database).get(there.id).state.reason == ""
    at = identity.parts.database["credentials"].find_one({"_id": person.id})["changed"]["at"]
    worker.build(identity.parts)().finish_passwords()
    assert store.sessions(identity.parts.database).get(there.id).state.reason == ""  # it may be under way still
    older = {"$set": {"changed.at": at - CUT_OFF_AFTER - timedelta(seconds=0)}}
    with monkeypatch.context() as patch:
        patch.setattr("services.identity.credentials.CUT_OFF_AFTER", timedelta(seconds=-60))
        for _ in range(2):
            worker.build(identity.parts)().finish_passwords()
    assert older
    sessions = store.sessions(identity.parts.database)
    assert (sessions.get(there.id).state.reason, sessions.get(here.id).state.reason) == ("PASSWORD_CHANGED", "")
    assert journal(identity, f"person:{person.id}") == ["PasswordChanged"]
    assert "changed" not in identity.parts.database["credentials"].find_one({"_id": person.id})


def test_an_officer_changes_his_password_too(identity: Identity, admin: pb.Session) -> None:
    from tests.support.identity_service import load, officer_row

    number = f"pw-{act()[5:13]}"
    assert load(identity, {"officers": [officer_row(number)]}).returncode == 0
    here = sign_in(identity, number)
    identity.stub.ChangePassword(change(), metadata=bearer(here.access_token))
    assert sign_in(identity, number, NEW).me.officer.staff_number == number
    assert refusal(sign_in, identity, number)[1] == "SIGN_IN_REFUSED"


def test_who_has_no_password_is_told_so_and_cannot_sign_in_by_one(identity: Identity, registered: Any) -> None:
    request, person = registered
    here = sign_in(identity, request.phone)
    assert me(identity, here.access_token).person.password
    credentials = identity.parts.database["credentials"]
    before = credentials.find_one({"_id": person.id})["hash"]
    credentials.update_one({"_id": person.id}, {"$set": {"hash": ""}})
    assert not me(identity, here.access_token).person.password
    refused = refusal(identity.stub.ChangePassword, change(), metadata=bearer(here.access_token))
    assert refused[:2] == (grpc.StatusCode.FAILED_PRECONDITION, "NO_PASSWORD")
    assert refusal(sign_in, identity, request.phone)[1] == "SIGN_IN_REFUSED"
    credentials.update_one({"_id": person.id}, {"$set": {"hash": before}})
