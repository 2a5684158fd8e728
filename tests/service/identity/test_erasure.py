"""Erasure: the person is forgotten, the sessions end, the number is free; a crash in between is mended."""

from services.identity import store, worker
from tests.support.identity_service import (
    Identity,
    act,
    bearer,
    person_request,
    refresh,
    refusal,
    refused_soon,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb


def test_erasure_forgets_the_person_ends_the_sessions_and_frees_the_number(identity: Identity) -> None:
    request = person_request()
    person = identity.stub.RegisterPerson(request)
    sessions = [sign_in(identity, request.phone) for _ in range(2)]
    identity.stub.ErasePerson(pb.ErasePersonRequest(request_id=act()), metadata=bearer(sessions[0].access_token))
    assert all(refused_soon(identity.other, one.access_token) for one in sessions)
    assert refusal(refresh, identity, sessions[1].refresh_token)[1] == "SESSION_ENDED"
    assert refusal(sign_in, identity, request.phone)[1] == "SIGN_IN_REFUSED"
    database = identity.parts.database
    record = store.persons(database).get(person.id)
    assert [entry["type"] for entry in record.journal] == ["PersonRegistered", "PersonErased"]
    assert identity.parts.keyring.open(person.id, record.state.sealed) is None
    assert "wrapped" not in database["keys"].find_one({"_id": person.id})
    assert database["credentials"].find_one({"_id": person.id}) is None
    assert {store.sessions(database).get(one.id).state.reason for one in sessions} == {"PERSON_ERASED"}
    assert identity.stub.RegisterPerson(request).name == ""  # the same act is still the same person
    again = person_request(id_number=request.id_number, phone=request.phone)
    assert identity.stub.RegisterPerson(again).id != person.id


def test_an_erasure_cut_off_by_a_crash_is_finished_by_the_worker(identity: Identity) -> None:
    from chassis.acts import Cause
    from services.identity import model

    request = person_request()
    person = identity.stub.RegisterPerson(request)
    session = sign_in(identity, request.phone)
    persons = store.persons(identity.parts.database)
    persons.change(person.id, Cause("test/erase", f"person:{person.id}"), model.erase)
    assert refusal(refresh, identity, session.refresh_token)[1] == "SESSION_ENDED"
    assert person.id in store.unforgotten(persons)
    for _ in range(2):
        worker.build(identity.parts)().finish_erasure()
    assert store.unforgotten(persons) == []
    assert "wrapped" not in identity.parts.database["keys"].find_one({"_id": person.id})
    assert refused_soon(identity.stub, session.access_token)
