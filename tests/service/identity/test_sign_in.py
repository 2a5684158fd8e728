"""Signing in: by number or phone, without telling who is known, and not by guessing."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from tests.support.identity_service import (
    PASSWORD,
    Identity,
    act,
    fresh_number,
    fresh_phone,
    me,
    person_request,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import service_pb2 as pb


@pytest.mark.parametrize("form", [lambda r: r.id_number, lambda r: r.phone, lambda r: f" {r.id_number.lower()} "])
def test_a_person_signs_in_by_number_or_phone(
    identity: Identity, registered: Any, form: Callable[[pb.RegisterPersonRequest], str]
) -> None:
    request, person = registered
    assert sign_in(identity, form(request)).me.person.id == person.id


def test_unknown_login_and_wrong_password_have_one_answer(identity: Identity, registered: Any) -> None:
    request, _ = registered
    logins = (request.id_number, request.phone, fresh_number(), fresh_phone(), "nobody-1", "*", "'; drop")
    answers = [refusal(sign_in, identity, login, "wrong password") for login in logins]
    assert {answer[:2] for answer in answers} == {(grpc.StatusCode.UNAUTHENTICATED, "SIGN_IN_REFUSED")}


def test_unknown_login_and_wrong_password_take_one_time(identity: Identity, registered: Any) -> None:
    request, _ = registered

    def quickest(login: str) -> float:
        times = []
        for _ in range(4):
            started = time.perf_counter()
            refusal(sign_in, identity, login, "wrong password")
            times.append(time.perf_counter() - started)
        return min(times)

    known, unknown = quickest(request.phone), quickest(fresh_phone())
    assert 0.4 < known / unknown < 2.5


def test_guesses_at_once_do_not_get_round_the_count(identity: Identity, registered: Any) -> None:
    request, _ = registered

    def guess(place: int) -> str:
        stub = (identity.stub, identity.other)[place % 2]
        sign_on = pb.SignInRequest(request_id=act(), login=request.phone, password=f"guess {place}")
        return refusal(stub.SignIn, sign_on)[1]

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count("SIGN_IN_REFUSED") <= 5 + 3
    assert refusal(sign_in, identity, request.phone)[1] == "SIGN_IN_LOCKED"


def test_signing_in_twice_with_one_request_id_is_one_session(identity: Identity, registered: Any) -> None:
    request, _ = registered
    signing = pb.SignInRequest(request_id=act(), login=request.phone, password=PASSWORD)
    first, second = identity.stub.SignIn(signing), identity.other.SignIn(signing)
    assert (first.id, first.refresh_token) == (second.id, second.refresh_token)
    other = identity.stub.RegisterPerson(person_request())
    assert other.id != first.me.person.id
    signing.login = request.id_number
    assert refusal(identity.stub.SignIn, signing)[1] == "REQUEST_ID_REUSED"


def test_thirty_sign_ins_at_once_leave_other_calls_quick(identity: Identity, registered: Any) -> None:
    request, _ = registered
    token = sign_in(identity, request.phone).access_token

    def attempt(_: int) -> bool:
        try:
            sign_in(identity, request.phone)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            return False
        return True

    with ThreadPoolExecutor(30) as pool:
        signing = [pool.submit(attempt, place) for place in range(60)]
        slowest = 0.0
        while not all(one.done() for one in signing):
            started = time.perf_counter()
            me(identity, token)
            slowest = max(slowest, time.perf_counter() - started)
    assert sum(one.result() for one in signing) >= 12
    assert slowest < 2
