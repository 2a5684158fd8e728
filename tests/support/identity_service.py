"""What the tests of identity share: the running service, requests that are right, and what a refusal said."""

import io
import itertools
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import orjson
import pytest
from bson import encode
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from joserfc.jwk import OKPKey

from chassis.parts import Parts
from services.identity import loading
from standards.identifiers import id_number_check_digit
from tests.support.calling import As
from tests.support.serving import contract_of
from yiwang.identity.v1 import officers_pb2 as officers_pb
from yiwang.identity.v1 import service_pb2 as pb

ROOT = Path(__file__).resolve().parents[2]
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
    channels: list[grpc.Channel] = field(default_factory=list)

    def by(self, access: str, service: str, process: int = 0) -> As:
        """One of identity's gRPC services as who has this token (empty: nobody) calls it: `.by(token, "OfficerService")`."""
        return As(self.channels[process], contract_of("identity", service), None, access)


_numbers = itertools.count()


def fresh_number() -> str:
    """An ID number nobody has, of a region the sample's people are not from."""
    days, number = divmod(next(_numbers), 1000)
    first17 = f"990199{date(1990, 3, 7) + timedelta(days=days):%Y%m%d}{number:03d}"
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


class Loaded(NamedTuple):
    """How the loading of a file ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def load(identity: Identity, content: Any) -> Loaded:
    """Loads a file, in this process: starting one takes a second."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            loading.main(identity.parts, [str(_file(identity, content))])
            code: Any = 0
        except SystemExit as end:
            code = end.code
    said = f"{code}\n" if isinstance(code, str) else ""
    return Loaded(1 if said else code, out.getvalue(), err.getvalue() + said)


def load_apart(identity: Identity, content: Any) -> Loaded:
    """The same by the command, as an operator does."""
    command = [sys.executable, "-m", "services.identity", "load", str(_file(identity, content))]
    done = subprocess.run(command, env=identity.environment, cwd=ROOT, capture_output=True, text=True)
    return Loaded(done.returncode, done.stdout, done.stderr)


def _file(identity: Identity, content: Any) -> Path:
    file = identity.folder / f"{uuid.uuid4().hex}.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def appointment(**changes: Any) -> officers_pb.AppointOfficerRequest:
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
    return officers_pb.AppointOfficerRequest(**(fields | changes))


def own_key(identity: Identity, kid: str = "") -> OKPKey:
    """The real signing key, or one of them, for tokens that are wrong in one thing only."""
    document = identity.parts.database["signing_keys"].find_one({"_id": kid} if kid else {})
    private = orjson.loads(identity.parts.keyring.unwrap(document["_id"], document["wrapped"]))
    return OKPKey.import_key(private, {"kid": document["_id"]})


def dump(identity: Identity) -> bytes:
    database = identity.parts.database
    kept = [name for name in sorted(database.list_collection_names()) if name != "leases"]
    return b"".join(encode(document) for name in kept for document in database[name].find({}))
