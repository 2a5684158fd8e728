"""identity as the tests of this folder call it: two api processes on one real store, started once for all of them."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from chassis import sealed
from chassis import store as chassis_store
from chassis.masters import masters_of
from chassis.parts import Parts
from deploy.local.stores import Store, with_database
from tests.fakes.upstream_provider import Provider, row, row_by_key
from tests.fakes.upstream_provider import running as upstream
from tests.fakes.verification_source import running
from tests.support import left_behind
from tests.support.identity_here import IdentityHere, identity_here
from tests.support.identity_service import ROOT, Identity, load, officer_row, person_request, sign_in
from tests.support.serving import settings_of
from tests.support.sso import Stage, free_port, stage_of, upstreams_file
from yiwang.identity.v1 import service_pb2 as pb
from yiwang.identity.v1 import service_pb2_grpc

MASTER = base64.b64encode(hashlib.sha256(b"test of identity").digest()).decode()


def api(environment: dict[str, str], folder: Path) -> tuple[subprocess.Popen[bytes], grpc.Channel]:
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
    return process, channel


@pytest.fixture(scope="package")
def identity(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    folder, uri = tmp_path_factory.mktemp("identity"), with_database(store.uri, f"identity_{uuid.uuid4().hex[:12]}")
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    environment |= {"PYTHONPATH": "gen", "MONGODB_URI": uri, "MASTER_KEY": MASTER}
    environment |= {"TRACE_DIR": str(folder / "traces")}
    processes = [api(environment, folder), api(environment, folder)]
    settings = settings_of("identity", mongodb_uri=uri, master_key=MASTER)
    opened = chassis_store.connect(uri, "identity")
    parts = Parts("identity", settings, opened, sealed.Keyring(opened["keys"], masters_of(settings)))
    channels = [channel for _, channel in processes]
    stubs = [service_pb2_grpc.IdentityServiceStub(channel) for channel in channels]
    yield Identity(stubs[0], stubs[1], parts, environment, folder, channels)
    for process, _ in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process, _ in processes] == [0, 0]
    left_behind.drop(opened)


@pytest.fixture
def registered(identity: Identity) -> tuple[pb.RegisterPersonRequest, pb.Person]:
    request = person_request()
    return request, identity.stub.RegisterPerson(request)


@pytest.fixture(scope="package")
def admin(identity: Identity) -> pb.Session:
    """Administrators come from the loading of a file, as in a new installation."""
    row = officer_row("adm-1", roles=["administer"], region="990121")
    assert load(identity, {"officers": [row]}).returncode == 0
    return sign_in(identity, "adm-1")


@pytest.fixture(scope="package")
def served(store: Store) -> Iterator[IdentityHere]:
    """identity inside this process with its worker and a verification source, started once for all of them."""
    uri = with_database(store.uri, f"identity_{uuid.uuid4().hex[:12]}")
    database = chassis_store.connect(uri, "tests")
    with running() as source, identity_here(database, source) as here:
        yield here
    left_behind.drop(database)


@pytest.fixture
def here(served: IdentityHere) -> IdentityHere:
    """The same, with nothing left of the test before to be handled or answered."""
    served.fresh()
    return served


@pytest.fixture(scope="package")
def province() -> Iterator[Provider]:
    """An upstream provider outside of the suite."""
    with upstream() as provider:
        yield provider


@pytest.fixture(scope="package")
def stage(store: Store, province: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """identity and the gateway in front of it, started once for all tests of sign-on; the province is its upstream provider."""
    uri = with_database(store.uri, f"sso_{uuid.uuid4().hex[:12]}")
    database = chassis_store.connect(uri, "tests")
    file = upstreams_file(tmp_path_factory.mktemp("sso"), row(province.url), row_by_key(province.url))
    with stage_of(database, upstreams_file=file) as stage:
        yield stage
    left_behind.drop(database)
