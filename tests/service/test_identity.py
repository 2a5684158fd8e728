"""identity over the wire: two api processes on one real store, called by gRPC."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import orjson
import pytest
from bson import encode
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis import sealed, tokens
from chassis import store as chassis_store
from chassis.acts import Actor, now
from chassis.config import Settings
from chassis.parts import Parts
from chassis.records import broken_at
from deploy.local.stores import Store, with_database
from services.identity import store, worker
from standards.identifiers import id_number_check_digit
from yiwang.identity.v1 import service_pb2 as pb
from yiwang.identity.v1 import service_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
MASTER = base64.b64encode(hashlib.sha256(b"test of identity").digest()).decode()
PASSWORD = "Correct-Horse-2026"
NAME = "诸葛试真名"


@dataclass
class Identity:
    """The running service: two stubs on two processes, and its store as the service itself opens it."""

    stub: Any
    other: Any
    parts: Parts
    environment: dict[str, str]
    folder: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def api(environment: dict[str, str], folder: Path) -> tuple[subprocess.Popen[bytes], Any]:
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.identity", "api"],
            env=environment | {"GRPC_LISTEN": address, "IDENTITY_ADDRESS": address},
            cwd=ROOT,
            stderr=log,
        )
    channel = grpc.insecure_channel(address)
    grpc.channel_ready_future(channel).result(30)
    return process, service_pb2_grpc.IdentityServiceStub(channel)


@pytest.fixture(scope="module")
def identity(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    folder, uri = tmp_path_factory.mktemp("identity"), with_database(store.uri, f"identity_{uuid.uuid4().hex[:12]}")
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    environment |= {"PYTHONPATH": "gen", "MONGODB_URI": uri, "MASTER_KEY": MASTER}
    environment |= {"TRACE_DIR": str(folder / "traces")}
    processes = [api(environment, folder), api(environment, folder)]
    settings = Settings(mongodb_uri=uri, master_key=MASTER)
    opened = chassis_store.connect(uri, "identity")
    parts = Parts("identity", settings, opened, sealed.Keyring(opened["keys"], settings.master))
    yield Identity(processes[0][1], processes[1][1], parts, environment, folder)
    for process, _ in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process, _ in processes] == [0, 0]
    opened.client.drop_database(opened.name)
    opened.client.close()


_numbers = iter(range(1000))


def fresh_number() -> str:
    first17 = f"99010119900307{next(_numbers):03d}"
    return first17 + id_number_check_digit(first17)


def fresh_phone() -> str:
    return f"199{uuid.uuid4().int % 10**8:08d}"


def act() -> str:
    return f"test-{uuid.uuid4().hex}"


def person_request(**changes: str) -> pb.RegisterPersonRequest:
    fields = {
        "request_id": act(),
        "name": NAME,
        "id_number": fresh_number(),
        "phone": fresh_phone(),
        "password": PASSWORD,
    }
    return pb.RegisterPersonRequest(**(fields | changes))


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def refusal(rpc: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[grpc.StatusCode, str, list[str]]:
    """Code, reason and the fields at fault."""
    with pytest.raises(grpc.RpcError) as caught:
        rpc(*arguments, **options)
    status = rpc_status.from_call(caught.value)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return caught.value.code(), info.reason, [one.field for one in bad.field_violations]


def sign_in(identity: Identity, login: str, password: str = PASSWORD) -> pb.Session:
    return identity.stub.SignIn(pb.SignInRequest(request_id=act(), login=login, password=password))


def refresh(identity: Identity, token: str, request_id: str = "") -> pb.Session:
    return identity.other.RefreshSession(pb.RefreshSessionRequest(request_id=request_id or act(), refresh_token=token))


def me(identity: Identity, token: str) -> pb.Me:
    return identity.stub.GetMe(pb.GetMeRequest(), metadata=bearer(token))


def refused_soon(stub: Any, token: str) -> bool:
    """Whether an api process refuses the token within three seconds."""
    until = time.monotonic() + 3
    while time.monotonic() < until:
        try:
            stub.GetMe(pb.GetMeRequest(), metadata=bearer(token))
        except grpc.RpcError as error:
            return error.code() == grpc.StatusCode.UNAUTHENTICATED
        time.sleep(0.1)
    return False


@pytest.fixture
def registered(identity: Identity) -> tuple[pb.RegisterPersonRequest, pb.Person]:
    request = person_request()
    return request, identity.stub.RegisterPerson(request)


@pytest.fixture(scope="module")
def admin(identity: Identity) -> pb.Session:
    """Administrators come from the loading of a file, as in a new installation."""
    row = officer_row("adm-1", roles=["administer"], region="990121")
    assert load(identity, {"officers": [row]}).returncode == 0
    return sign_in(identity, "adm-1")


def officer_row(staff_number: str, **changes: Any) -> dict[str, Any]:
    return {
        "staffNumber": staff_number,
        "name": NAME,
        "roles": ["receive"],
        "department": "11990121000001011B",
        "departmentName": "示范县市场监督管理局",
        "region": "990121",
        "password": PASSWORD,
    } | changes


def load(identity: Identity, content: Any) -> "subprocess.CompletedProcess[str]":
    file = identity.folder / f"{uuid.uuid4().hex}.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    command = [sys.executable, "-m", "services.identity", "load", str(file)]
    return subprocess.run(command, env=identity.environment, cwd=ROOT, capture_output=True, text=True)


def appointment(**changes: Any) -> pb.AppointOfficerRequest:
    fields = {
        "request_id": act(),
        "staff_number": f"sj-{uuid.uuid4().hex[:8]}",
        "name": NAME,
        "roles": ["receive", "review"],
        "department": "11990121000001011B",
        "department_name": "示范县市场监督管理局",
        "region": "990121",
        "password": PASSWORD,
    }
    return pb.AppointOfficerRequest(**(fields | changes))


# Registration


def test_a_person_registers_and_sees_himself_masked(identity: Identity, registered: Any) -> None:
    request, person = registered
    assert (person.name, person.version) == (NAME, 1)
    assert person.id_number_masked == request.id_number[:6] + "*" * 10 + request.id_number[-2:]
    assert person.phone_masked == request.phone[:3] + "****" + request.phone[-4:]
    session = sign_in(identity, request.id_number)
    assert session.me.person == me(identity, session.access_token).person == person
    assert session.expires_in == 900


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


# Signing in


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


@pytest.mark.parametrize("known", [True, False])
def test_five_failures_lock_a_login_known_or_not_for_ten_minutes(identity: Identity, known: bool) -> None:
    request = person_request()
    if known:
        person = identity.stub.RegisterPerson(request)
    for _ in range(5):
        assert refusal(sign_in, identity, request.phone, "wrong password")[1] == "SIGN_IN_REFUSED"
    locked = (grpc.StatusCode.RESOURCE_EXHAUSTED, "SIGN_IN_LOCKED", [])
    assert refusal(sign_in, identity, request.phone) == locked
    if not known:
        return
    assert refusal(sign_in, identity, request.id_number) == locked
    failures = identity.parts.database["failures"]
    seconds = (failures.find_one({"_id": person.id})["until"] - now()).total_seconds()
    assert 590 < seconds <= 600
    failures.update_one({"_id": person.id}, {"$set": {"until": now()}})
    assert sign_in(identity, request.phone).me.person.id == person.id
    assert failures.find_one({"_id": person.id}) is None


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


# Tokens


def own_key(identity: Identity) -> OKPKey:
    """The real signing key, for tokens that are wrong in one thing only."""
    document = identity.parts.database["signing_keys"].find_one({})
    private = orjson.loads(identity.parts.keyring.unwrap(document["_id"], document["wrapped"]))
    return OKPKey.import_key(private, {"kid": document["_id"]})


def test_the_published_keys_verify_what_is_signed_and_hold_nothing_private(identity: Identity, registered: Any) -> None:
    request, person = registered
    sets = [
        json.loads(one.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json) for one in (identity.stub, identity.other)
    ]
    assert sets[0] == sets[1]
    for key in sets[0]["keys"]:
        assert key["kty"] == "OKP" and key["crv"] == "Ed25519" and "d" not in key
        assert key["kid"] == OKPKey.import_key(key).thumbprint()
    book = {key["kid"]: OKPKey.import_key(key) for key in sets[0]["keys"]}
    actor = tokens.Verifier(book.get).actor(sign_in(identity, request.phone).access_token)
    assert (actor.id, actor.principal, actor.level) == (person.id, f"person:{person.id}", 1)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=")


def forgeries(key: OKPKey) -> dict[str, str]:
    instant = int(time.time())
    claims = {
        "iss": tokens.ISSUER,
        "sub": "p1",
        "sid": "s1",
        "realm": "officer",
        "roles": ["administer"],
        "dept": "",
        "region": "99",
        "lvl": 5,
        "iat": instant,
        "nbf": instant,
        "exp": instant + 900,
    }
    stranger = OKPKey.generate_key("Ed25519", {"kid": "stranger"})
    posing = OKPKey.import_key(stranger.as_dict(private=True), {"kid": key.kid})

    def signed(by: OKPKey = key, **changes: Any) -> str:
        header = {"alg": "EdDSA", "kid": by.kid}
        kept = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(header, kept, by, algorithms=["EdDSA"])

    head_hs = f"{encoded({'alg': 'HS256', 'kid': key.kid})}.{encoded(claims)}"
    public = base64.urlsafe_b64decode(key.as_dict(private=False)["x"] + "=")
    mac = base64.urlsafe_b64encode(hmac.new(public, head_hs.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    good = signed()
    head, body, signature = good.split(".")
    return {
        "alg none": f"{encoded({'alg': 'none', 'kid': key.kid})}.{body}.",
        "alg none with a signature": f"{encoded({'alg': 'none', 'kid': key.kid})}.{body}.{signature}",
        "HS256 with the public key": f"{head_hs}.{mac}",
        "unknown kid": signed(stranger),
        "another's signature under our kid": signed(posing),
        "no kid": f"{encoded({'alg': 'EdDSA'})}.{body}.{signature}",
        "expired": signed(iat=instant - 2000, nbf=instant - 2000, exp=instant - 100),
        "future nbf": signed(nbf=instant + 3600),
        "future iat": signed(iat=instant + 3600),
        "wrong issuer": signed(iss="somebody.else"),
        "no expiry": signed(exp=None),
        "no realm": signed(realm=None),
        "unknown realm": signed(realm="root"),
        "truncated": good[:-10],
        "without signature": f"{head}.{body}.",
        "other claims": f"{head}.{encoded(claims | {'sub': 'p2'})}.{signature}",
        "huge": good + "A" * 4500,
        "huge body": signed(dept="x" * 3500),
        "no token": "nonsense",
        "dots": "...",
        "not JSON": "e30x.e30.e30",
        "a list": f"{encoded([1])}.{body}.{signature}",
    }


def test_every_forged_token_is_refused(identity: Identity) -> None:
    key = own_key(identity)
    outcomes = {}
    for fault, token in forgeries(key).items():
        listing = pb.ListOfficersRequest()
        outcomes[fault] = refusal(identity.stub.ListOfficers, listing, metadata=bearer(token))[:2]
    refused = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")
    assert outcomes == dict.fromkeys(outcomes, refused)
    assert refusal(identity.stub.GetMe, pb.GetMeRequest())[1] == "TOKEN_MISSING"


def test_a_person_may_not_do_what_officers_do(identity: Identity, registered: Any) -> None:
    token = sign_in(identity, registered[0].phone).access_token
    for rpc, request in (
        (identity.stub.ListOfficers, pb.ListOfficersRequest()),
        (identity.stub.AppointOfficer, appointment()),
    ):
        assert refusal(rpc, request, metadata=bearer(token))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "NOT_ALLOWED")


def test_a_key_another_process_made_is_known_at_once_and_rotation_waits_five_minutes(identity: Identity) -> None:
    database, keyring = identity.parts.database, identity.parts.keyring
    from services.identity.keys import SigningKeys

    keys = SigningKeys(database, keyring)
    keys.refresh()
    present = keys.signing_key().kid
    keys._create()
    newest = max(database["signing_keys"].find({}), key=lambda one: one["created_at"])["_id"]
    actor = Actor("p1", 1, session="s1")
    private = OKPKey.import_key(
        orjson.loads(keyring.unwrap(newest, database["signing_keys"].find_one({"_id": newest})["wrapped"])),
        {"kid": newest},
    )
    time.sleep(1.1)
    assert (
        refusal(identity.stub.GetMe, pb.GetMeRequest(), metadata=bearer(tokens.mint(private, actor)))[1] == "NOT_FOUND"
    )
    keys.refresh()
    assert keys.signing_key().kid == present
    published = json.loads(identity.stub.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json)["keys"]
    assert {present, newest} <= {key["kid"] for key in published}


# Refreshing and signing out


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


# Officers


def test_an_administrator_appoints_and_the_officer_signs_in_with_his_post(
    identity: Identity, admin: pb.Session
) -> None:
    request = appointment(region="990121101")
    officer = identity.stub.AppointOfficer(request, metadata=bearer(admin.access_token))
    assert identity.other.AppointOfficer(request, metadata=bearer(admin.access_token)) == officer
    session = sign_in(identity, request.staff_number)
    assert session.me.officer == officer
    actor = tokens.Verifier(lambda _: own_key(identity)).actor(session.access_token)
    assert (actor.realm, actor.roles, actor.region) == (2, {"receive", "review"}, "990121101")
    change = appointment(staff_number=request.staff_number, roles=["decide"], password="")
    assert identity.stub.AppointOfficer(change, metadata=bearer(admin.access_token)).version == 2
    renewed = refresh(identity, session.refresh_token)
    assert list(renewed.me.officer.roles) == ["decide"]
    assert sign_in(identity, request.staff_number).me.officer.version == 2


def test_an_old_appointment_repeated_does_not_bring_an_old_password_back(identity: Identity, admin: pb.Session) -> None:
    first = appointment()
    second = appointment(staff_number=first.staff_number, roles=["decide"], password="A-new-password-1")
    for request in (first, second, first):
        answer = identity.stub.AppointOfficer(request, metadata=bearer(admin.access_token))
    assert answer.version == 2
    assert sign_in(identity, first.staff_number, "A-new-password-1").me.officer == answer
    assert refusal(sign_in, identity, first.staff_number)[1] == "SIGN_IN_REFUSED"
    first.password = "Yet-another-one"
    refused = refusal(identity.stub.AppointOfficer, first, metadata=bearer(admin.access_token))
    assert refused[1:] == ("REQUEST_ID_REUSED", ["request_id"])


def test_nobody_is_appointed_outside_the_administrators_region(identity: Identity, admin: pb.Session) -> None:
    request = appointment(region="990200")
    refused = refusal(identity.stub.AppointOfficer, request, metadata=bearer(admin.access_token))
    assert refused[:2] == (grpc.StatusCode.PERMISSION_DENIED, "OUTSIDE_REGION")
    assert refusal(sign_in, identity, request.staff_number)[1] == "SIGN_IN_REFUSED"


def test_two_administrators_who_appoint_one_officer_at_once_are_both_answered(
    identity: Identity, admin: pb.Session
) -> None:
    first = appointment()
    requests = [appointment(staff_number=first.staff_number, roles=[role]) for role in ("receive", "decide", "issue")]
    with ThreadPoolExecutor(3) as pool:
        appointing = [
            pool.submit(identity.stub.AppointOfficer, one, metadata=bearer(admin.access_token)) for one in requests
        ]
    assert sorted(one.result().version for one in appointing) == [1, 2, 3]


def test_the_list_shows_the_region_and_below_in_pages_by_staff_number(identity: Identity) -> None:
    rows = [officer_row(f"pg-{place:02d}", region="970300" if place % 2 else "970300101") for place in range(9)]
    rows += [officer_row("pg-elsewhere", region="970400"), officer_row("pg-adm", region="970300", roles=["administer"])]
    assert load(identity, {"officers": rows}).returncode == 0
    token, found, page = sign_in(identity, "pg-adm").access_token, [], ""
    while True:
        listing = pb.ListOfficersRequest(page_size=4, page_token=page)
        answer = identity.stub.ListOfficers(listing, metadata=bearer(token))
        found += [(one.staff_number, one.name) for one in answer.officers]
        page = answer.next_page_token
        if not page:
            break
    assert found == [(f"pg-{place:02d}", NAME) for place in range(9)] + [("pg-adm", NAME)]


# Erasure


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


# Loading


def test_a_file_is_loaded_once_bad_rows_are_named_and_good_ones_kept(identity: Identity) -> None:
    number, phone = fresh_number(), fresh_phone()
    good = {"name": NAME, "idNumber": number, "phone": phone, "password": PASSWORD}
    bad_digit = number[:17] + ("1" if number[17] != "1" else "2")
    people = [good, good | {"idNumber": bad_digit}, good | {"phone": 5}, {"name": NAME}, "x", good | {NAME: 1}]
    content = {"officers": [officer_row("ld-1"), officer_row("ld-2", roles=["king"])], "people": people}
    first, second = load(identity, content), load(identity, content)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "2 rows loaded, 0 there already, 6 refused" in first.stderr
    assert "0 rows loaded, 2 there already, 6 refused" in second.stderr
    for place in ("officers[2] roles[0]:", "people[2] id_number:", "people[3] phone: TYPE", "people[4] idNumber:"):
        assert place in first.stderr
    for secret in (NAME, number, bad_digit, phone, PASSWORD):
        assert secret not in first.stdout + first.stderr + second.stdout + second.stderr
    assert sign_in(identity, number).me.person.name == sign_in(identity, "ld-1").me.officer.name == NAME
    changed = load(identity, {"officers": [officer_row("ld-1", roles=["decide"], password="Something-else-1")]})
    assert "1 rows loaded" in changed.stderr
    assert list(sign_in(identity, "ld-1").me.officer.roles) == ["decide"]


@pytest.mark.parametrize("content", ["{", "[]", '{"people": 5}', "{}", '{"people": [{}]}', '{"people": ["\\ud800"]}'])
def test_a_file_without_a_good_row_fails_in_one_line_each(identity: Identity, content: str) -> None:
    done = load(identity, content)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# What is left behind


def dump(identity: Identity) -> bytes:
    database = identity.parts.database
    kept = [name for name in sorted(database.list_collection_names()) if name != "leases"]
    return b"".join(encode(document) for name in kept for document in database[name].find({}))


def test_nothing_personal_is_in_the_store_the_spans_or_the_log(identity: Identity, registered: Any) -> None:
    request, _ = registered
    session = sign_in(identity, request.id_number)
    refusal(sign_in, identity, request.phone, "a wrong password")
    refusal(identity.stub.RegisterPerson, person_request(id_number=request.id_number))
    time.sleep(2.5)  # spans are written every two seconds
    places = {"store": dump(identity), "log": (identity.folder / "log").read_bytes()}
    places["spans"] = b"".join(file.read_bytes() for file in (identity.folder / "traces").iterdir())
    assert b"RegisterPerson" in places["spans"] and b"state" in places["store"]
    secrets = [NAME, request.id_number, request.phone, PASSWORD, session.refresh_token, session.access_token]
    for secret in secrets:
        forms = {
            secret.encode(),
            json.dumps(secret).strip('"').encode(),
            base64.b64encode(secret.encode()).rstrip(b"="),
        }
        assert not [(place, secret) for place, content in places.items() for form in forms if form in content]


def test_every_journal_holds_and_replays_to_its_state(identity: Identity, registered: Any) -> None:
    for kind in store.records(identity.parts.database):
        documents = list(kind.collection.find({}))
        assert documents
        for document in documents:
            assert broken_at(document["journal"]) is None and kind.drift(document) == []


def test_no_method_writes_for_a_request_without_a_proper_id(identity: Identity) -> None:
    assert refusal(identity.stub.RegisterPerson, person_request(request_id="short"))[2] == ["request_id"]
