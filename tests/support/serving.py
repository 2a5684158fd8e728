"""Services under test: an api inside the test's process, or any process as the suite starts it."""

import base64
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pymongo.database import Database

from chassis import poll, rpc, tokens
from chassis.acts import Actor
from chassis.config import Settings
from chassis.parts import Parts
from chassis.sealed import Keyring
from deploy.local.places import Places
from deploy.local.ports import Ports
from deploy.local.processes import Process
from services.case import api as case_api
from services.case import store as case_store
from tests.support.actors import trust
from tests.support.calling import As
from yiwang.case.v1 import service_pb2 as case_pb

MASTER = base64.b64encode(b"m" * 32).decode()
CASE = case_pb.DESCRIPTOR.services_by_name["CaseService"]


def parts_of(database: Database[dict[str, Any]], name: str = "case") -> Parts:
    """What case is built from, on this database, with its indexes."""
    settings = Settings(master_key=MASTER)  # type: ignore[call-arg]
    keyring = Keyring(database["keys"], settings.master)
    keyring.ensure_indexes()
    case_store.ensure_indexes(database)
    return Parts(name, settings, database, keyring)


class CaseHere:
    """An api of case inside this process."""

    def __init__(self, parts: Parts, api: Any, verifier: tokens.Verifier, channel: grpc.Channel, address: str) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.servicer = api.servicer
        self.channel = channel
        self.address = address
        self._api = api
        self._verifier = verifier

    def by(self, actor: Actor | None, access: str = "") -> As:
        """The service as this actor calls it."""
        return As(self.channel, CASE, actor, access)

    def poll(self) -> None:
        """What the api does every second or two."""
        from datetime import UTC, datetime, timedelta

        poll._once(self.parts, self._verifier, self._api.polls, datetime.now(UTC) - timedelta(hours=1))


@contextmanager
def case_here(database: Database[dict[str, Any]]) -> Iterator[CaseHere]:
    """Serves case inside this process, on a socket as ever; it trusts the tests' signing key."""
    trust(database)
    parts = parts_of(database)
    api = case_api.build(parts)
    book = tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}')
    verifier = tokens.Verifier(book.find)
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    server.add(CASE, api.servicer, rpc.Guard(verifier, parts.keyring.request_digest))
    server.start()
    server.ready(True)
    channel = grpc.insecure_channel(address, options=rpc.OPTIONS)
    try:
        yield CaseHere(parts, api, verifier, channel, address)
    finally:
        channel.close()
        server._server.stop(0).wait()


def places_for(folder: Path, mongodb_uri: str, amqp_uri: str = "amqp://guest:guest@127.0.0.1:1//") -> Places:
    """Where a lone case is: its folder, its store, the broker."""
    ports = Ports(folder / "ports.json")
    address = f"127.0.0.1:{ports.take('case')}"
    return Places(str(folder), amqp_uri, {"case": mongodb_uri}, {"case": address, "identity": "127.0.0.1:1"}, "")


class CaseApart:
    """An api of case as a process of its own."""

    def __init__(self, folder: Path, mongodb_uri: str, amqp_uri: str = "") -> None:
        self.folder = folder
        self.places = places_for(folder, mongodb_uri, *([amqp_uri] if amqp_uri else []))
        self.process = Process(self.places, "case", "api")
        self.channel = grpc.insecure_channel(self.places.addresses["case"], options=rpc.OPTIONS)

    def by(self, actor: Actor) -> As:
        return As(self.channel, CASE, actor)

    def health(self) -> int:
        """The status of grpc.health.v1; UNKNOWN when it does not answer."""
        try:
            stub = health_pb2_grpc.HealthStub(self.channel)
            return int(stub.Check(health_pb2.HealthCheckRequest(), timeout=2).status)
        except grpc.RpcError:
            return health_pb2.HealthCheckResponse.UNKNOWN

    def end(self) -> None:
        self.channel.close()
        if self.process.alive:
            self.process.kill()
        self.process.stop()


def odd_worker(places: Places, **oddities: str) -> Process:
    """A worker of case that misbehaves as told (see tests/support/odd_worker.py)."""
    worker = Process(places, "case", "worker")
    worker._command = [sys.executable, "-m", "tests.support.odd_worker", "worker"]
    worker._environment |= {f"ODD_{key.upper()}": value for key, value in oddities.items()}
    return worker


def text_of(folder: Path) -> str:
    """Everything the processes of a folder wrote: logs and spans."""
    files = [*folder.rglob("logs/*"), *folder.rglob("traces/*")]
    return "".join(file.read_text(errors="replace") for file in files)
