"""Sessions: refreshing, signing out, and a refresh token that was used twice."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from chassis.acts import now
from services.identity import store, worker
from tests.support.identity_service import Identity, act, bearer, me, refresh, refusal, refused_soon, sign_in
from yiwang.identity.v1 import service_pb2 as pb


def test_refresh_rotates_and_says_what_the_principal_is_now(identity: Identity, registered: Any) -> None:
    first = sign_in(identity, registered[0].phone)
    second = refresh(identity, first.refresh_token)
    third = refresh(identity, second.refresh_token)
    assert first.id == second.id == third.id
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert me(identity, third.access_token).person.id == registered[1].id


def test_a_refresh_token_used_twice_ends_the_whole_session(identity: Identity, registered: Any) -> None:
    first = sign_in(identity, registered[0].phone)
    second = refresh(identity, first.refresh_token)
    ended = (grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED", [])
    assert refusal(refresh, identity, first.refresh_token) == ended
    assert refusal(refresh, identity, second.refresh_token) == ended
    assert refused_soon(identity.stub, second.access_token) and refused_soon(identity.other, first.access_token)
    session = store.sessions(identity.parts.database).get(first.id)
    assert [entry["type"] for entry in session.journal] == ["SessionStarted", "SessionRefreshed", "SessionEnded"]
    assert session.state.reason == "REFRESH_REUSED"


def test_the_same_refresh_again_is_answered_again_until_its_answer_was_used(
    identity: Identity, registered: Any
) -> None:
    first, request_id = sign_in(identity, registered[0].phone), act()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(identity, first.refresh_token, request_id), range(8)))
    assert len({answer.refresh_token for answer in answers}) == 1
    refresh(identity, answers[0].refresh_token)
    assert refusal(refresh, identity, first.refresh_token, request_id)[1] == "SESSION_ENDED"


def test_two_different_refreshes_of_one_token_at_once_end_the_session(identity: Identity, registered: Any) -> None:
    first = sign_in(identity, registered[0].phone)

    def attempt(_: int) -> str:
        try:
            refresh(identity, first.refresh_token)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAUTHENTICATED
            return "ended"
        return "refreshed"

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(8))).count("refreshed") <= 1
    assert store.sessions(identity.parts.database).get(first.id).state.reason == "REFRESH_REUSED"


def test_a_refresh_token_that_was_not_given_out_is_refused_and_ends_nothing(
    identity: Identity, registered: Any
) -> None:
    first = sign_in(identity, registered[0].phone)
    id, generation, seal = first.refresh_token.split(".")
    forged = [
        f"{id}.2.{seal}",
        f"{id}.{generation}.{'0' * 64}",
        f"{uuid.uuid4()}.{generation}.{seal}",
        f"{id}.{generation}.{seal}x",
        f"{id}.01.{seal}",
        first.access_token[:256],
        "." * 30,
    ]
    for token in forged:
        assert refusal(refresh, identity, token)[1] == "TOKEN_REFUSED"
    assert refresh(identity, first.refresh_token).id == first.id


def test_after_signing_out_every_process_refuses_the_session(identity: Identity, registered: Any) -> None:
    session, request = sign_in(identity, registered[0].phone), pb.SignOutRequest(request_id=act())
    bystander = sign_in(identity, registered[0].phone)
    identity.stub.SignOut(request, metadata=bearer(session.access_token))
    assert refused_soon(identity.stub, session.access_token) and refused_soon(identity.other, session.access_token)
    assert refusal(refresh, identity, session.refresh_token)[1] == "SESSION_ENDED"
    record = store.sessions(identity.parts.database).get(session.id)
    assert (record.state.reason, record.version) == ("SIGNED_OUT", 2)
    assert me(identity, bystander.access_token).person.id == registered[1].id


def test_a_crash_after_the_end_was_written_is_mended_by_the_worker(identity: Identity, registered: Any) -> None:
    session = sign_in(identity, registered[0].phone)
    identity.stub.SignOut(pb.SignOutRequest(request_id=act()), metadata=bearer(session.access_token))
    refused = identity.parts.database["refused_sessions"]
    refused.delete_one({"_id": session.id})
    worker.build(identity.parts)().finish_endings()
    assert refused.find_one({"_id": session.id}) is not None
    assert store.ended_unheard(identity.parts.database, now()) == []
