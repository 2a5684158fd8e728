"""Masters change under a running identity: nobody is signed out, nothing becomes unreadable, nothing stays under the old one."""

import ast
import base64
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from pymongo import MongoClient

from deploy.local.stores import Store, with_database
from services.identity.store import wrapped
from tests.service.identity.conftest import api
from tests.support import left_behind
from tests.support.identity_service import ROOT, act, bearer, person_request
from tests.support.kms import fake_kms
from tests.support.sources import source_files, tree, where
from yiwang.identity.v1 import service_pb2 as pb
from yiwang.identity.v1 import service_pb2_grpc


class Rotated:
    """An identity of its own whose masters are in a file."""

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder = folder
        self.file = folder / "masters"
        self.database: Any = MongoClient(uri).get_default_database()
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self.environment = kept | {"PYTHONPATH": "gen", "MONGODB_URI": uri, "MASTER_KEY_FILE": str(self.file)}
        self._processes: list[subprocess.Popen[bytes]] = []

    def masters(self, current: str, *ids: str) -> None:
        keys = {id: base64.b64encode(id.encode().ljust(32, b"-")).decode() for id in ids}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({"current": current, "keys": keys}))
        fresh.replace(self.file)

    def start(self, **told: str) -> Any:
        environment = {key: value for key, value in (self.environment | told).items() if value}
        process, channel = api(environment, self.folder)
        self._processes.append(process)
        return service_pb2_grpc.IdentityServiceStub(channel)

    def rewrap(self, **told: str) -> str:
        environment = {key: value for key, value in (self.environment | told).items() if value}
        command = [sys.executable, "-m", "services.identity", "rewrap"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def under(self) -> set[bytes]:
        """The ids of the masters anything in the store is wrapped by."""
        found = set()
        for name in self.database.list_collection_names():
            found |= {one["wrapped"].split(b"\0")[0] for one in self.database[name].find({}) if "wrapped" in one}
        return found

    def end(self) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(30)
        left_behind.drop(self.database)


@pytest.fixture
def rotated(store: Store, tmp_path: Path) -> Iterator[Rotated]:
    running = Rotated(tmp_path, with_database(store.uri, f"identity_{uuid.uuid4().hex[:12]}"))
    yield running
    running.end()


class Citizen:
    """Somebody who registered, and uses the service all the time."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub
        self.asked = person_request()
        stub.RegisterPerson(self.asked)
        login = pb.SignInRequest(request_id=act(), login=self.asked.phone, password=self.asked.password)
        self.session = stub.SignIn(login)
        self.faults: list[grpc.StatusCode] = []
        self.rounds = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def use(self, stub: Any) -> None:
        """Asks who she is, is found again by her number, stays signed in, and somebody new registers."""
        me = stub.GetMe(pb.GetMeRequest(), metadata=bearer(self.session.access_token))
        assert me.person.phone_masked.endswith(self.asked.phone[-4:])
        refresh = pb.RefreshSessionRequest(request_id=act(), refresh_token=self.session.refresh_token)
        self.session = stub.RefreshSession(refresh)
        with pytest.raises(grpc.RpcError) as again:
            stub.RegisterPerson(person_request(id_number=self.asked.id_number))
        assert again.value.code() == grpc.StatusCode.ALREADY_EXISTS
        stub.RegisterPerson(person_request())

    def _live(self) -> None:
        while not self._done.is_set():
            try:
                self.use(self.stub)
            except grpc.RpcError as error:
                self.faults.append(error.code())
            self.rounds += 1

    def __enter__(self) -> "Citizen":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(30)


def test_masters_rotate_under_a_running_identity(rotated: Rotated) -> None:
    rotated.masters("old", "old")
    running = rotated.start()
    with Citizen(running) as citizen:
        rotated.masters("old", "old", "new")  # first everybody knows the new one …
        rotated.masters("new", "old", "new")  # … then it wraps
        said = rotated.rewrap()
        assert rotated.under() == {b"new"}
        rotated.masters("new", "new")
    assert citizen.faults == [] and citizen.rounds > 2
    for collection in ("keys", "service_keys", *(one.name for one in wrapped(rotated.database))):
        assert f"identity: {collection}: " in said
    citizen.use(running)
    # A process that never knew the old master opens, finds and verifies all of it; its signing keys are the same.
    fresh = rotated.start()
    citizen.use(fresh)
    jwks = [stub.GetSigningKeys(pb.GetSigningKeysRequest()).jwks_json for stub in (running, fresh)]
    assert jwks[0] == jwks[1]


def test_a_running_identity_moves_into_a_kms_and_changes_its_profile(rotated: Rotated, tmp_path: Path) -> None:
    rotated.masters("old", "old")
    citizen = Citizen(rotated.start())
    with fake_kms(tmp_path) as kms:
        moving = kms.environment() | {"MASTER_KEY_FILE": "", "KMS_FORMER_KEY_FILE": str(rotated.file)}
        # In a rolling update the new ones, which wrap by the KMS, and the old ones stand beside each other.
        moved = rotated.start(**moving, CIPHER_PROFILE="gm")
        citizen.use(moved)
        rotated.rewrap(**moving)
        assert rotated.under() == {b"kms:yiwang-tests"}
        last = rotated.start(**kms.environment(), MASTER_KEY_FILE="", CIPHER_PROFILE="gm")
        citizen.use(last)
        kms.kill()
        # Who is known is served on; a new person's key cannot be made, and is not lost either.
        last.GetMe(pb.GetMeRequest(), metadata=bearer(citizen.session.access_token))
        newcomer = person_request()
        with pytest.raises(grpc.RpcError) as away:
            last.RegisterPerson(newcomer)
        assert away.value.code() == grpc.StatusCode.UNAVAILABLE
        kms.start()
        threading.Event().wait(1.1)
        last.RegisterPerson(newcomer)
    chained = {entry.get("alg") for one in rotated.database["persons"].find({}) for entry in one["journal"]}
    assert chained == {None, "sm3"}
    command = [sys.executable, "-m", "services.identity", "verify"]
    rotated.masters("old", "old")
    with fake_kms(tmp_path) as kms:
        environment = rotated.environment | kms.environment()
        del environment["MASTER_KEY_FILE"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and " 0 bad" in done.stdout, done.stdout + done.stderr


def test_every_module_that_wraps_a_secret_is_known_to_rewrapping() -> None:
    """Whoever adds one here adds its collection to `wrapped` of the service's store, or it is lost with the old master."""
    known = {"services/identity/keys.py", "services/identity/certificates.py"}
    found = set()
    for path in source_files("services"):
        if any(getattr(node, "attr", "") == "wrap" for node in ast.walk(tree(path))):
            found.add(where(path, 0).split(":")[0])
    assert found == known
