"""Sessions: refreshing, signing out, and a refresh token that was used twice."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest

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


@contextmanager
def later(identity: Identity, session: str, seconds: float) -> Iterator[None]:
    """As if the session's last refresh were so many seconds older."""
    sessions = identity.parts.database["sessions"]
    at = sessions.find_one({"_id": session})["state"]["refreshed_at"]
    earlier = {"$set": {"state.refreshed_at": at - timedelta(seconds=seconds)}}
    sessions.update_one({"_id": session}, earlier)
    yield
    sessions.update_one({"_id": session}, {"$set": {"state.refreshed_at": at}})


def test_within_ten_seconds_a_refresh_token_used_again_has_the_same_successor(
    identity: Identity, registered: Any
) -> None:
    first = sign_in(identity, registered[0].phone)
    second = refresh(identity, first.refresh_token)
    for request_id in ("", "another-request"):
        again = refresh(identity, first.refresh_token, request_id)
        assert (again.id, again.refresh_token) == (second.id, second.refresh_token)
        assert me(identity, again.access_token).person.id == registered[1].id
    assert store.sessions(identity.parts.database).get(first.id).version == 2
    assert refresh(identity, second.refresh_token).id == first.id


@pytest.mark.parametrize("same_request", [True, False])
def test_a_refresh_token_used_again_after_ten_seconds_ends_the_whole_session(
    identity: Identity, registered: Any, same_request: bool
) -> None:
    first, request_id = sign_in(identity, registered[0].phone), act()
    second = refresh(identity, first.refresh_token, request_id)
    with later(identity, first.id, 11):
        reused = refusal(refresh, identity, first.refresh_token, request_id if same_request else "")
    ended = (grpc.StatusCode.UNAUTHENTICATED, "SESSION_ENDED", [])
    assert reused == refusal(refresh, identity, second.refresh_token) == ended
    assert refused_soon(identity.stub, second.access_token) and refused_soon(identity.other, first.access_token)
    session = store.sessions(identity.parts.database).get(first.id)
    assert [entry["type"] for entry in session.journal] == ["SessionStarted", "SessionRefreshed", "SessionEnded"]
    assert session.state.reason == "REFRESH_REUSED"


def test_a_refresh_token_two_generations_old_ends_the_session_at_once(identity: Identity, registered: Any) -> None:
    first, request_id = sign_in(identity, registered[0].phone), act()
    refresh(identity, refresh(identity, first.refresh_token, request_id).refresh_token)
    assert refusal(refresh, identity, first.refresh_token, request_id)[1] == "SESSION_ENDED"
    assert store.sessions(identity.parts.database).get(first.id).state.reason == "REFRESH_REUSED"


@pytest.mark.parametrize("same_request", [True, False])
def test_refreshes_of_one_token_at_once_have_one_successor(
    identity: Identity, registered: Any, same_request: bool
) -> None:
    first, request_id = sign_in(identity, registered[0].phone), act()

    def attempt(place: int) -> pb.Session:
        stub = (identity.stub, identity.other)[place % 2]
        id = request_id if same_request else act()
        return stub.RefreshSession(pb.RefreshSessionRequest(request_id=id, refresh_token=first.refresh_token))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert store.sessions(identity.parts.database).get(first.id).version == 2


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


def listed(identity: Identity, session: pb.Session) -> dict[str, pb.OpenSession]:
    found = identity.by(session.access_token, "IdentityService").ListSessions().sessions
    return {one.id: one for one in found}


def test_everybody_lists_his_own_open_sessions_newest_first(identity: Identity, registered: Any, admin: Any) -> None:
    first, second = (sign_in(identity, registered[0].phone) for _ in range(2))
    found = identity.by(second.access_token, "IdentityService").ListSessions().sessions
    assert [(one.id, one.here, list(one.methods)) for one in found] == [
        (second.id, True, ["pwd"]),
        (first.id, False, ["pwd"]),
    ]
    assert all(datetime.fromisoformat(one.started_at) <= now() for one in found)
    assert not listed(identity, admin).keys() & listed(identity, first).keys()


def test_one_session_is_ended_from_another_and_nobody_elses(identity: Identity, registered: Any, admin: Any) -> None:
    here, there = (sign_in(identity, registered[0].phone) for _ in range(2))
    own = identity.by(here.access_token, "IdentityService")
    assert refusal(own.EndSessions, session_id=admin.id)[:2] == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert refusal(own.EndSessions, session_id=str(uuid.uuid4()))[1] == "NOT_FOUND"
    assert {one.id for one in own.EndSessions(session_id=there.id).sessions} == {here.id}
    assert refused_soon(identity.other, there.access_token)
    assert me(identity, here.access_token) and me(identity, admin.access_token)


def test_all_sessions_but_this_one_end_at_once(identity: Identity, registered: Any) -> None:
    sessions = [sign_in(identity, registered[0].phone) for _ in range(4)]
    ending = pb.EndSessionsRequest(request_id=act())
    for _ in range(2):
        left = identity.stub.EndSessions(ending, metadata=bearer(sessions[2].access_token)).sessions
        assert [one.id for one in left] == [sessions[2].id]
    for place, session in enumerate(sessions):
        reason = store.sessions(identity.parts.database).get(session.id).state.reason
        assert reason == ("" if place == 2 else "SIGNED_OUT")
