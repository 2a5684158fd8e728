"""Registration: one person per number and phone, whatever comes at once, twice or after a crash."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from chassis.acts import now
from services.identity import store
from tests.support.identity_service import (
    NAME,
    Identity,
    dump,
    fresh_number,
    fresh_phone,
    me,
    person_request,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb


def test_a_person_registers_and_sees_himself_masked(identity: Identity, registered: Any) -> None:
    request, person = registered
    assert (person.name, person.version) == (NAME, 1)
    assert person.id_number_masked == request.id_number[:6] + "*" * 10 + request.id_number[-2:]
    assert person.phone_masked == request.phone[:3] + "****" + request.phone[-4:]
    session = sign_in(identity, request.id_number)
    assert session.me.person == me(identity, session.access_token).person == person
    assert session.expires_in == 900


def test_a_password_is_kept_as_a_hash_that_costs_what_owasp_asks_for(identity: Identity, registered: Any) -> None:
    kept = identity.parts.database["credentials"].find_one({"_id": registered[1].id})
    assert kept["hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_twenty_registrations_of_one_number_at_once_make_one_person(identity: Identity) -> None:
    number = fresh_number()

    def attempt(place: int) -> str:
        stub = (identity.stub, identity.other)[place % 2]
        request = person_request(id_number=number)
        while True:
            try:
                return str(stub.RegisterPerson(request).id)
            except grpc.RpcError as error:
                reason = error_details_pb2.ErrorInfo()
                rpc_status.from_call(error).details[0].Unpack(reason)
                if reason.reason != "SIGN_IN_BUSY":
                    return str(reason.reason)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(20)))
    assert answers.count("ID_NUMBER_TAKEN") == 19
    index = store.id_index(identity.parts.keyring, number)
    assert len(list(identity.parts.database["persons"].find({"state.id_index": index}))) == 1
    assert sign_in(identity, number).me.person.id in answers


def test_ten_times_the_same_request_at_once_make_one_person_and_one_answer(identity: Identity) -> None:
    request = person_request()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(identity.stub.RegisterPerson, [request] * 10))
    assert len({one.SerializeToString() for one in answers}) == 1
    assert sign_in(identity, request.phone).me.person.id == answers[0].id


def test_a_taken_number_or_phone_is_named(identity: Identity, registered: Any) -> None:
    request, _ = registered
    for field, reason in (("id_number", "ID_NUMBER_TAKEN"), ("phone", "PHONE_TAKEN")):
        again = person_request(**{field: getattr(request, field)})
        expected = (grpc.StatusCode.ALREADY_EXISTS, reason, [field])
        assert refusal(identity.other.RegisterPerson, again) == expected


def test_a_registration_cut_off_by_a_crash_gives_the_number_free_after_a_minute(identity: Identity) -> None:
    request = person_request()
    credentials, orphan = identity.parts.database["credentials"], str(uuid.uuid4())
    indexes = store.indexes(identity.parts.keyring, request.id_number, fresh_phone())
    credentials.insert_one({"_id": orphan, "kind": "person", "hash": "x", "at": now(), **indexes})
    assert refusal(identity.stub.RegisterPerson, request)[1] == "ID_NUMBER_TAKEN"
    assert refusal(sign_in, identity, request.id_number)[1] == "SIGN_IN_REFUSED"
    credentials.update_one({"_id": orphan}, {"$set": {"at": now() - timedelta(seconds=61)}})
    person = identity.stub.RegisterPerson(request)
    assert sign_in(identity, request.id_number).me.person == person


def test_a_registration_cut_off_by_a_crash_goes_on_with_the_same_request(identity: Identity) -> None:
    request = person_request()
    person = identity.stub.RegisterPerson(request)
    identity.parts.database["persons"].delete_one({"_id": person.id})
    other = pb.RegisterPersonRequest()
    other.CopyFrom(request)
    other.password = "Another-Password-1"
    assert refusal(identity.stub.RegisterPerson, other)[1] == "REQUEST_ID_REUSED"
    assert identity.other.RegisterPerson(request) == person
    assert sign_in(identity, request.phone).me.person == person


def test_a_wrong_check_character_is_refused_and_leaves_nothing(identity: Identity) -> None:
    number = fresh_number()
    wrong = number[:17] + ("1" if number[17] != "1" else "2")
    before = dump(identity)
    code, _, fields = refusal(identity.stub.RegisterPerson, person_request(id_number=wrong))
    assert (code, fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["id_number"])
    assert dump(identity) == before


@pytest.mark.parametrize("change", [{"name": "诸葛另名"}, {"password": "Another-Password-1"}, {"phone": "19911112222"}])
def test_the_same_request_id_with_another_body_is_refused(
    identity: Identity, registered: Any, change: dict[str, str]
) -> None:
    request, person = registered
    other = pb.RegisterPersonRequest()
    other.CopyFrom(request)
    for field, value in change.items():
        setattr(other, field, value)
    assert refusal(identity.stub.RegisterPerson, other)[1] == "REQUEST_ID_REUSED"
    assert identity.stub.RegisterPerson(request) == person
    assert sign_in(identity, request.phone).me.person.id == person.id


def test_no_method_writes_for_a_request_without_a_proper_id(identity: Identity) -> None:
    assert refusal(identity.stub.RegisterPerson, person_request(request_id="short"))[2] == ["request_id"]
