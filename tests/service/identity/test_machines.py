"""Departments' systems that call by themselves: by a key or a certificate, what they are registered for, so often a minute."""

import hashlib
import os
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymongo.database import Database

from chassis import tokens
from chassis.acts import Actor
from tests.support import actors
from tests.support.calling import As, refused
from tests.support.halls import MARKET
from tests.support.identity_service import ROOT
from tests.support.serving import MASTER, Here, case_here, contract_of
from tests.support.sso import RPC, Stage, assertion, free_port, jwks, key_pair, web
from yiwang.identity.v1 import clients_pb2 as pb

Status = grpc.StatusCode
Db = Database[dict[str, Any]]


@pytest.fixture
def case(database: Db, stage: Stage) -> Iterator[Here]:
    """case, which knows identity's signing key and is polled when a test says so."""
    with case_here(database) as here:
        actors.trust(database, stage.here.opening.keys.signing_key())
        yield here


def issue(stage: Stage, **fields: str) -> Any:
    return stage.here.by(None, service="ClientService").IssueMachineToken(**fields)


def actor_of(stage: Stage, token: str) -> Actor:
    return stage.here.verifier.actor(token)


def test_a_machine_calls_what_it_is_registered_for_so_often_a_minute_and_nothing_else(stage: Stage, case: Here) -> None:
    key = key_pair()
    client = stage.machine(key, quota_per_minute=4)
    token = issue(stage, assertion=assertion(key, client.id))
    assert token.expires_in == 300
    actor = actor_of(stage, token.access_token)
    assert (actor.principal, actor.department, actor.region) == (f"machine:{client.id}", MARKET, "990121")
    as_machine = case.by(None, token.access_token)
    with refused(Status.PERMISSION_DENIED, "NOT_ALLOWED"):
        as_machine.ListInbox()
    away_from_the_minutes_end()
    for _ in range(4):
        with refused(Status.NOT_FOUND):
            as_machine.GetCase(case_id=str(uuid.uuid4()))
    with refused(Status.RESOURCE_EXHAUSTED, "QUOTA_EXHAUSTED"):
        as_machine.GetCase(case_id=str(uuid.uuid4()))


def away_from_the_minutes_end() -> None:
    """A count of a minute must not be split by the next one."""
    left = 60 - time.time() % 60
    if left < 3:
        time.sleep(left)


def test_the_token_endpoint_gives_a_machine_the_same_token(stage: Stage) -> None:
    key = key_pair()
    client = stage.machine(key)
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"grant_type": "client_credentials", "client_assertion_type": kind}
    proof = assertion(key, client.id, f"{stage.url}/oauth/token")
    answer = web.post(f"{stage.url}/oauth/token", data=form | {"client_assertion": proof})
    assert (answer.status_code, answer.json()["expires_in"], answer.json()["token_type"]) == (200, 300, "Bearer")
    assert actor_of(stage, answer.json()["access_token"]).rpcs == {RPC}
    used = web.post(f"{stage.url}/oauth/token", data=form | {"client_assertion": proof})
    assert (used.status_code, used.json()["error"]) == (401, "invalid_client")
    system = stage.system(key)
    proof = assertion(key, system.client.id, f"{stage.url}/oauth/token")
    wrong = web.post(f"{stage.url}/oauth/token", data=form | {"client_assertion": proof})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "unauthorized_client")
    code = {
        "grant_type": "authorization_code",
        "client_assertion_type": kind,
        "code": "x",
        "redirect_uri": "https://a.example",
    }
    proof = assertion(key, client.id, f"{stage.url}/oauth/token")
    assert (
        web.post(f"{stage.url}/oauth/token", data=code | {"client_assertion": proof}).json()["error"]
        == "unauthorized_client"
    )


def test_every_wrong_proof_of_a_machine_has_one_answer_and_writes_no_token(stage: Stage) -> None:
    key, instant = key_pair(), int(time.time())
    client, system = stage.machine(key), stage.system(key)
    used = assertion(key, client.id)
    issue(stage, assertion=used)
    wrong = [
        {"assertion": used},
        {"assertion": assertion(key_pair(), client.id)},
        {"assertion": assertion(key, client.id, "https://other.example")},
        {"assertion": assertion(key, client.id, exp=instant - 60)},
        {"assertion": assertion(key, client.id, exp=instant + 900)},
        {"assertion": assertion(key, client.id, nbf=instant + 90)},
        {"assertion": assertion(key, client.id, iat=instant + 90)},
        {"assertion": assertion(key, client.id, exp=None)},
        {"assertion": assertion(key, client.id, jti=None)},
        {"assertion": assertion(key, client.id, jti={"$gt": ""})},
        {"assertion": assertion(key, client.id, exp="soon")},
        {"assertion": assertion(key, client.id, iss="somebody")},
        {"assertion": assertion(key, str(uuid.uuid4()))},
        {"assertion": assertion(key, system.client.id)},
        {"assertion": "x"},
        {"assertion": "a.b.c"},
        {},
        {"client_code": client.code},
        {"client_code": "nobody-here"},
    ]
    told = set()
    for fields in wrong:
        with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED") as refusal:
            issue(stage, **fields)
        told.add(refusal.message)
    assert len(told) == 1
    assert issue(stage, assertion=assertion(key, client.id, aud=[stage.url, "other"])).access_token


def test_keys_are_replaced_one_after_the_other_without_a_gap(stage: Stage) -> None:
    old, new = key_pair("old"), key_pair("new")
    client = stage.machine(old)
    token = issue(stage, assertion=assertion(old, client.id)).access_token
    stage.machine(old, code=client.code, jwks_json=jwks(old, new))
    assert issue(stage, assertion=assertion(new, client.id)).access_token
    assert not gone(stage, token), "a key more ends nothing"
    stage.machine(old, code=client.code, jwks_json=jwks(new))
    with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED"):
        issue(stage, assertion=assertion(old, client.id))
    assert gone(stage, token), "what the old key got is refused"
    assert issue(stage, assertion=assertion(new, client.id)).access_token


def gone(stage: Stage, token: str) -> bool:
    """Whether identity refuses the token after its next poll."""
    ended = {row["_id"]: row["until"].timestamp() for row in stage.here.parts.database["refused_sessions"].find()}
    stage.here.verifier.end(ended)
    try:
        stage.here.verifier.actor(token)
    except Exception as error:
        return getattr(error, "reason", "") == "TOKEN_REFUSED"
    return False


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"name": "改名的系统"}, False),
        ({"rpcs": [RPC, "yiwang.case.v1.CaseService/ListInbox"]}, False),
        ({"quota_per_minute": 9}, False),
        ({"quota_per_minute": 1}, True),
        ({"rpcs": ["yiwang.case.v1.CaseService/ListInbox"]}, True),
        ({"region": "990121101"}, True),
    ],
)
def test_tokens_end_when_a_machine_may_less_than_before(stage: Stage, changes: dict[str, Any], ends: bool) -> None:
    key = key_pair()
    client = stage.machine(key, quota_per_minute=5)
    token = issue(stage, assertion=assertion(key, client.id)).access_token
    stage.machine(key, **({"code": client.code, "quota_per_minute": 5} | changes))
    assert gone(stage, token) is ends
    assert not gone(stage, issue(stage, assertion=assertion(key, client.id)).access_token)


def test_a_machine_that_is_stopped_is_refused_everywhere_and_its_tokens_stay_refused(stage: Stage, case: Here) -> None:
    key = key_pair()
    client = stage.machine(key)
    token = issue(stage, assertion=assertion(key, client.id)).access_token
    with refused(Status.NOT_FOUND):
        case.by(None, token).GetCase(case_id=str(uuid.uuid4()))
    stopped = stage.clients().DisableClient(client_id=client.id, reason="密钥泄露")
    assert stopped.disabled
    with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED"):
        issue(stage, assertion=assertion(key, client.id))
    assert gone(stage, token)
    told = stage.here.parts.database["clients"].find_one({"_id": client.id})["journal"][-1]
    assert told["type"] == "SessionEnded", "what the other services hear"
    tell(case, told["data"])
    with refused(Status.UNAUTHENTICATED, "TOKEN_REFUSED"):
        case.by(None, token).GetCase(case_id=str(uuid.uuid4()))
    stage.clients().EnableClient(client_id=client.id)
    fresh = issue(stage, assertion=assertion(key, client.id)).access_token
    with refused(Status.NOT_FOUND):
        case.by(None, fresh).GetCase(case_id=str(uuid.uuid4()))
    assert gone(stage, token)
    stage.here.parts.database["refused_sessions"].delete_one({"_id": actor_of(stage, fresh).session[:-1] + "1"})
    stage.here.work()
    assert stage.here.parts.database["refused_sessions"].find_one({"_id": f"{client.id}.1"}), "the worker mends a crash"
    assert not gone(stage, fresh)


def tell(case: Here, ended: dict[str, Any]) -> None:
    """case's worker hears it, its api polls."""
    from chassis import sessions

    sessions.refuse(case.database, ended["sessionId"], ended["tokensEnd"])
    case.poll()


# -- mutual TLS --------------------------------------------------------------------------------------------------------


class Certified(NamedTuple):
    """A certificate with its key, both PEM."""

    certificate: bytes
    key: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.decode())).hexdigest()


def certified(name: str, authority: "tuple[Any, Any] | None" = None) -> tuple[Certified, tuple[Any, Any]]:
    """A certificate of an authority, or of one of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, signer = (authority[0].subject, authority[1]) if authority else (subject, key)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    instant = datetime.now(UTC)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(instant - timedelta(hours=1)).not_valid_after(instant + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(authority is None, None), True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    certificate = builder.sign(signer, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certified(certificate.public_bytes(pem), key.private_bytes(*plain)), (certificate, key)


class Outside(NamedTuple):
    """identity's port for callers from outside, and the authority it trusts."""

    address: str
    authority: tuple[Any, Any]
    root: bytes

    def as_(self, shown: Certified) -> As:
        credentials = grpc.ssl_channel_credentials(self.root, shown.key, shown.certificate)
        channel = grpc.secure_channel(self.address, credentials)
        return As(channel, contract_of("identity", "ClientService"), None)


@pytest.fixture(scope="module")
def outside(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A process of identity with its second port, on the stage's store."""
    folder = tmp_path_factory.mktemp("tls")
    root, authority = certified("示范省政务外网")
    server, _ = certified("identity", authority)
    files = {
        "TLS_KEY_FILE": server.key,
        "TLS_CERTIFICATE_FILE": server.certificate,
        "TLS_CLIENT_CA_FILE": root.certificate,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    plain, secure = (f"127.0.0.1:{free_port()}" for _ in range(2))
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    environment |= {"PYTHONPATH": "gen", "MONGODB_URI": stage_uri(stage), "MASTER_KEY": MASTER}
    environment |= {name: str(folder / name) for name in files}
    environment |= {"GRPC_LISTEN": plain, "GRPC_TLS_LISTEN": secure, "IDENTITY_ADDRESS": plain}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.identity", "api"], env=environment, cwd=ROOT, stderr=log
        )
    grpc.channel_ready_future(grpc.insecure_channel(plain)).result(30)
    yield Outside(secure.replace("127.0.0.1", "localhost"), authority, root.certificate)
    process.terminate()
    assert process.wait(30) == 0, Path(folder / "log").read_text()


def stage_uri(stage: Stage) -> str:
    """The connection string of the stage's database."""
    client, name = stage.here.parts.database.client, stage.here.parts.database.name
    host, port = next(iter(client.nodes))
    return f"mongodb://{host}:{port}/{name}"


def test_a_machine_proves_itself_by_the_certificate_of_its_connection(stage: Stage, outside: Outside) -> None:
    own, _ = certified("system", outside.authority)
    fields = {"jwks_json": "", "certificate_sha256": own.sha256, "proof": pb.CLIENT_PROOF_MUTUAL_TLS}
    client = stage.machine(key_pair(), **fields)
    token = outside.as_(own).IssueMachineToken(client_code=client.code).access_token
    assert actor_of(stage, token).principal == f"machine:{client.id}"
    another, _ = certified("system", outside.authority)
    for shown, code in ((another, client.code), (own, "nobody-here"), (own, stage.machine(key_pair()).code)):
        with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED"):
            outside.as_(shown).IssueMachineToken(client_code=code)
    with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED"):
        issue(stage, client_code=client.code)
    stranger, _ = certified("system")
    with refused(Status.UNAVAILABLE):
        outside.as_(stranger).IssueMachineToken(client_code=client.code)
    renewed, _ = certified("system", outside.authority)
    stage.machine(key_pair(), **(fields | {"code": client.code, "certificate_sha256": renewed.sha256}))
    with refused(Status.UNAUTHENTICATED, "CLIENT_REFUSED"):
        outside.as_(own).IssueMachineToken(client_code=client.code)
    assert outside.as_(renewed).IssueMachineToken(client_code=client.code).access_token
    assert gone(stage, token), "what the certificate of before got is refused"


def test_fifty_rpcs_fit_into_a_token() -> None:
    rpcs = frozenset(f"yiwang.case.v1.CaseService/M{n:012d}" for n in range(50))
    actor = Actor(
        str(uuid.uuid4()), 5, department=MARKET, region="990121", session=f"{uuid.uuid4()}.1", rpcs=rpcs, quota=6000
    )
    assert sum(map(len, rpcs)) == 2000
    assert len(tokens.mint(key_pair(), actor, 300)) <= tokens.LONGEST
