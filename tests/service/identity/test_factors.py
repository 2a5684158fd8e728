"""The second factor: codes of an authenticator and recovery codes, each good once."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pyotp
import pytest

from services.identity import lockout, store_factors, worker
from services.identity.lockout import account_key
from tests.support.identity_service import (
    PASSWORD,
    Identity,
    act,
    load,
    officer_row,
    person_request,
    refusal,
    sign_in,
)
from yiwang.identity.v1 import factors_pb2 as pb
from yiwang.identity.v1 import service_pb2 as identity_pb

Status = grpc.StatusCode
REFUSED = (Status.UNAUTHENTICATED, "SIGN_IN_REFUSED", [])
CODE_WRONG = (Status.INVALID_ARGUMENT, "CODE_WRONG", ["code"])


class Protected:
    """A person with a second factor, his authenticator and his recovery codes."""

    def __init__(self, identity: Identity) -> None:
        self.identity, self.request = identity, person_request()
        self.person = identity.stub.RegisterPerson(self.request)
        self.session = sign_in(identity, self.request.phone)
        self.own = identity.by(self.session.access_token, "FactorService")
        self.secret = self.own.BeginTotp().secret
        # The step before the present one is good, too; every later code is of a later step.
        self._step = int(time.time()) // 30 - 2
        confirmed = self.own.ConfirmTotp(code=self.code())
        self.recovery = list(confirmed.recovery_codes)

    def code(self) -> str:
        """A code that was not used yet; time enough for three of them in half a minute."""
        self._step += 1
        while self._step > int(time.time()) // 30 + 1:
            time.sleep(0.2)
        return pyotp.TOTP(self.secret).generate_otp(self._step)

    def challenge(self) -> identity_pb.Challenge:
        return sign_in(self.identity, self.request.phone).challenge

    def answer(self, code: str, challenge: str = "", request_id: str = "") -> identity_pb.Session:
        public = self.identity.by("", "FactorService", 1)
        told = {"challenge": challenge or self.challenge().challenge, "code": code, "request_id": request_id or act()}
        return public.AnswerChallenge(pb.AnswerChallengeRequest(**told))


@pytest.fixture
def protected(identity: Identity) -> Protected:
    return Protected(identity)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_secret_is_nothing_before_it_is_confirmed_and_a_second_one_replaces_it(
    identity: Identity, registered: Any
) -> None:
    request, person = registered
    own = identity.by(sign_in(identity, request.phone).access_token, "FactorService")
    begin = pb.BeginTotpRequest(request_id=act())
    first, again = own.BeginTotp(begin), own.BeginTotp(begin)
    assert first == again and len(base64.b32decode(first.secret)) == 20
    assert first.uri.startswith("otpauth://totp/") and first.secret in first.uri and request.phone not in first.uri
    second = own.BeginTotp()
    assert second.secret != first.secret
    assert own.ListFactors() == pb.Factors()
    assert sign_in(identity, request.phone).access_token
    code = pyotp.TOTP(first.secret).now()
    assert refusal(own.ConfirmTotp, code=code) == CODE_WRONG
    assert own.ConfirmTotp(code=pyotp.TOTP(second.secret).now()).factors.totp
    assert refusal(own.BeginTotp)[:2] == (Status.FAILED_PRECONDITION, "TOTP_ON")
    stranger = identity.stub.RegisterPerson(person_request())
    assert stranger.id != person.id


def test_a_code_that_nobody_began_confirms_nothing(identity: Identity, registered: Any) -> None:
    own = identity.by(sign_in(identity, registered[0].phone).access_token, "FactorService")
    assert refusal(own.ConfirmTotp, code="123456")[:2] == (Status.FAILED_PRECONDITION, "TOTP_NOT_BEGUN")
    assert refusal(own.RemoveTotp, code="123456")[:2] == (Status.FAILED_PRECONDITION, "TOTP_OFF")


def test_a_password_alone_opens_no_session_any_more_and_a_code_does(protected: Protected) -> None:
    answered = sign_in(protected.identity, protected.request.phone)
    assert list(answered.challenge.factors) == ["totp", "recovery"]
    assert not (answered.access_token or answered.refresh_token or answered.id or answered.HasField("me"))
    session = protected.answer(protected.code(), answered.challenge.challenge)
    assert session.me.person.id == protected.person.id
    listed = protected.identity.by(session.access_token, "IdentityService").ListSessions().sessions
    assert {tuple(one.methods) for one in listed if one.here} == {("pwd", "otp")}


def test_a_code_is_good_once_and_the_same_request_has_the_same_answer(protected: Protected) -> None:
    code, challenge, request_id = protected.code(), protected.challenge().challenge, act()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: protected.answer(code, challenge, request_id), range(6)))
    assert len({one.id for one in answers}) == 1
    assert refusal(protected.answer, code, challenge) == REFUSED
    assert refusal(protected.answer, code) == REFUSED
    # A later code with the challenge that was answered already is no second session.
    assert refusal(protected.answer, protected.recovery[0], challenge) == REFUSED


def test_guesses_at_once_with_one_code_open_one_session(protected: Protected) -> None:
    code = protected.code()
    challenges = [protected.challenge().challenge for _ in range(4)]

    def attempt(challenge: str) -> str:
        try:
            return protected.answer(code, challenge).id
        except grpc.RpcError:
            return ""

    with ThreadPoolExecutor(4) as pool:
        assert len([id for id in pool.map(attempt, challenges) if id]) == 1


def test_wrong_codes_at_once_do_not_get_round_the_count(protected: Protected) -> None:
    challenge = protected.challenge().challenge

    def guess(place: int) -> str:
        public = protected.identity.by("", "FactorService", place % 2)
        return refusal(public.AnswerChallenge, challenge=challenge, code=f"no-such-{place:04d}")[1]

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count("SIGN_IN_REFUSED") <= 5 + 3
    assert refusal(protected.answer, protected.recovery[0], challenge)[1] == "SIGN_IN_LOCKED"


def test_every_recovery_code_is_good_once_however_it_is_typed(protected: Protected) -> None:
    assert len(set(protected.recovery)) == 10
    first, second = protected.recovery[:2]
    typed = first.lower().replace("-", " ")
    session = protected.answer(typed)
    own = protected.identity.by(session.access_token, "FactorService")
    assert own.ListFactors().recovery_codes_left == 9
    assert refusal(protected.answer, first) == REFUSED
    assert protected.answer(second).me.person.id == protected.person.id
    assert own.ListFactors().recovery_codes_left == 8


def test_recovery_codes_are_answered_again_to_the_same_request_and_to_no_other_and_kept_nowhere(
    identity: Identity, registered: Any
) -> None:
    own = identity.by(sign_in(identity, registered[0].phone).access_token, "FactorService")
    confirm = pb.ConfirmTotpRequest(request_id=act(), code=pyotp.TOTP(own.BeginTotp().secret).now())
    assert own.ConfirmTotp(confirm) == own.ConfirmTotp(confirm)
    confirm.code = wrong(confirm.code)
    assert refusal(own.ConfirmTotp, confirm)[1] == "REQUEST_ID_REUSED"
    kept = str(list(identity.parts.database[store_factors.SECRETS].find({})))
    confirm.code = f"{(int(confirm.code) - 1) % 1_000_000:06d}"
    codes = own.ConfirmTotp(confirm).recovery_codes
    assert len(codes) == 10 and not [one for one in codes if one in kept or one.replace("-", "") in kept]


@pytest.mark.parametrize("broken", ["x" * 40, "AAAA" * 20, ""])
def test_a_challenge_that_is_not_ours_is_refused_like_a_wrong_code(protected: Protected, broken: str) -> None:
    challenge = protected.challenge().challenge
    other = broken or challenge[:-8] + "AAAAAAA="
    assert refusal(protected.answer, protected.recovery[0], other) == REFUSED
    assert refusal(protected.answer, "no-such-code", challenge) == REFUSED
    begun = protected.identity.by("", "FactorService").BeginPasskeySignIn()
    assert refusal(protected.answer, protected.recovery[0], begun.challenge) == REFUSED


def test_a_challenge_is_good_for_five_minutes_and_for_its_own_principal(
    identity: Identity, protected: Protected, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from services.identity import challenges
    from services.identity.challenges import SECOND_FACTOR, Challenges

    own = Challenges(identity.parts.database, identity.parts.keyring)
    bound = {"principal": f"person:{protected.person.id}", "login": ""}
    old, _ = own.seal(SECOND_FACTOR, **bound)
    present = challenges.now
    monkeypatch.setattr(challenges, "now", lambda: present() - timedelta(minutes=5, seconds=1))
    stale, _ = own.seal(SECOND_FACTOR, **bound)
    assert own.open(SECOND_FACTOR, old) is None  # made later than now
    monkeypatch.undo()
    assert own.open(SECOND_FACTOR, stale) is None and own.open(SECOND_FACTOR, old) is not None
    assert refusal(protected.answer, protected.recovery[0], stale) == REFUSED
    another = Protected(identity)
    assert refusal(protected.answer, another.recovery[0]) == REFUSED
    assert protected.answer(protected.recovery[0], old).me.person.id == protected.person.id


def test_wrong_codes_lock_the_account_and_the_right_password_does_not_help(protected: Protected) -> None:
    for _ in range(5):
        assert refusal(protected.answer, "000000") == REFUSED
    locked = (Status.RESOURCE_EXHAUSTED, "SIGN_IN_LOCKED", [])
    assert refusal(sign_in, protected.identity, protected.request.phone) == locked
    counts = protected.identity.parts.database[lockout.COLLECTION]
    assert counts.find_one({"_id": account_key(protected.person.id)})["failures"] == 5


def test_the_second_factor_is_switched_off_by_a_code_only(protected: Protected) -> None:
    own = protected.own
    assert refusal(own.RemoveTotp, code="000000") == CODE_WRONG
    assert own.ListFactors().totp
    remove = pb.RemoveTotpRequest(request_id=act(), code=protected.recovery[0])
    for _ in range(2):
        assert own.RemoveTotp(remove) == pb.Factors()
    assert sign_in(protected.identity, protected.request.phone).access_token
    record = store_factors.factors(protected.identity.parts.database).get(
        store_factors.factors_id(f"person:{protected.person.id}")
    )
    assert [entry["type"] for entry in record.journal] == ["FactorAdded", "FactorRemoved"]
    assert own.ConfirmTotp(code=pyotp.TOTP(own.BeginTotp().secret).now()).factors.recovery_codes_left == 10


def test_what_a_removed_factor_was_checked_with_is_forgotten_by_the_worker(protected: Protected) -> None:
    from chassis.events import Heard

    database = protected.identity.parts.database
    all = store_factors.factors(database)
    id = all.get(store_factors.factors_id(f"person:{protected.person.id}")).state.totp
    protected.own.RemoveTotp(code=protected.recovery[0])
    record = all.get(store_factors.factors_id(f"person:{protected.person.id}"))
    entry = record.journal[-1]
    event: Any = all.event(entry)
    heard: Heard[Any] = Heard(
        f"{record.id}.2", record.id, 2, "", entry["at"].isoformat(), event, "identity.forget_factor", ""
    )
    assert store_factors.secret(database, id) is not None
    for _ in range(2):
        worker.build(protected.identity.parts)().forget_factor(heard)
    assert store_factors.secret(database, id) is None


def test_an_officer_protects_his_account_too(identity: Identity) -> None:
    number = f"tf-{act()[5:13]}"
    assert load(identity, {"officers": [officer_row(number)]}).returncode == 0
    own = identity.by(sign_in(identity, number).access_token, "FactorService")
    begun = own.BeginTotp()
    assert number in begun.uri
    codes = own.ConfirmTotp(code=pyotp.TOTP(begun.secret).now()).recovery_codes
    challenge = sign_in(identity, number, PASSWORD).challenge.challenge
    answer = pb.AnswerChallengeRequest(request_id=act(), challenge=challenge, code=codes[0])
    assert identity.by("", "FactorService").AnswerChallenge(answer).me.officer.staff_number == number


def test_who_is_erased_leaves_no_factor(protected: Protected) -> None:
    database = protected.identity.parts.database
    protected.identity.by(protected.session.access_token, "IdentityService").ErasePerson()
    assert list(database[store_factors.SECRETS].find({"principal": f"person:{protected.person.id}"})) == []
