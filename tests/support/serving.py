"""Services under test: an api inside the test's process, or any process as the suite starts it."""

import base64
import importlib
import importlib.util
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pymongo.database import Database

from chassis import contracts, poll, quota, rpc, sessions, tokens
from chassis.acts import Actor, now
from chassis.config import Settings
from chassis.masters import masters_of
from chassis.parts import Parts
from chassis.sealed import Keyring
from deploy.local.places import Places
from deploy.local.ports import Ports
from deploy.local.processes import Process
from tests.support.actors import trust
from tests.support.calling import As
from yiwang.case.v1 import service_pb2 as case_pb

MASTER = base64.b64encode(b"m" * 32).decode()
CASE = case_pb.DESCRIPTOR.services_by_name["CaseService"]


class Here:
    """An api inside this process."""

    def __init__(self, parts: Parts, api: Any, verifier: tokens.Verifier, address: str) -> None:
        self.parts = parts
        self.database = parts.database
        self.keyring = parts.keyring
        self.servicer = next(iter(api.servicers.values()))
        self.servicers = api.servicers
        self.verifier = verifier
        self.address = address
        self.channel = grpc.insecure_channel(address, options=rpc.OPTIONS)
        self._api = api

    def by(self, actor: Actor | None, access: str = "", service: str = "") -> As:
        """The service as this actor calls it; `service` names one of its gRPC services, else its first."""
        return As(self.channel, contract_of(self.parts.name, service), actor, access)

    def poll(self) -> None:
        """What the api does every second or two."""
        poll._once(self.parts, self.verifier, self._api.polls, now() - timedelta(hours=1))


H = TypeVar("H", bound=Here)


def contract_of(name: str, service: str = "") -> ServiceDescriptor:
    """The first gRPC service of a service, or the one named."""
    return next(one for one in contracts.services(name) if service in ("", one.name))


def settings_of(name: str, **told: str) -> Settings:
    """The settings of a service, as its `__main__` reads them."""
    own = importlib.util.find_spec(f"services.{name}.settings")
    module = importlib.import_module(f"services.{name}.settings" if own else "chassis.config")
    settings: Settings = module.Settings(**{"master_key": MASTER} | told)
    return settings


def parts_of(database: Database[dict[str, Any]], name: str, **told: str) -> Parts:
    """What a service is built from, on this database, with its indexes."""
    settings = settings_of(name, **told)
    keyring = Keyring(database["keys"], masters_of(settings), settings.profile)
    keyring.prepare()
    sessions.ensure_indexes(database)
    quota.ensure_indexes(database)
    importlib.import_module(f"services.{name}.store").ensure_indexes(database)
    return Parts(name, settings, database, keyring)


@contextmanager
def serving(name: str, database: Database[dict[str, Any]], kind: type[H], listen: str = "", **told: str) -> Iterator[H]:
    """Serves a service inside this process, on a socket as ever (`listen`: where others look for it); it trusts the tests' signing
    key."""
    trust(database)
    parts = parts_of(database, name, **told)
    api = importlib.import_module(f"services.{name}.api").build(parts)
    book = tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}')
    own = api.find_key or book.find
    verifier = tokens.Verifier(lambda kid: own(kid) or book.find(kid))
    address = listen or f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    for one in contracts.services(name):
        server.add(one, api.servicers[one.name], rpc.guard_of(parts, verifier))
    server.start()
    server.ready(True)
    here = kind(parts, api, verifier, address)
    try:
        yield here
    finally:
        here.channel.close()
        server._server.stop(0).wait()


def case_here(database: Database[dict[str, Any]], **told: str) -> AbstractContextManager[Here]:
    """case inside this process, told this beside what every service is told."""
    return serving("case", database, Here, **told)


def places_for(folder: Path, mongodb_uri: str, amqp_uri: str = "amqp://guest:guest@127.0.0.1:1//") -> Places:
    """Where a lone case is: its folder, its store, the broker."""
    ports = Ports(folder / "ports.json")
    address = f"127.0.0.1:{ports.take('case')}"
    secret = folder / "secrets/case"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text(MASTER)  # that of the apis in this process, which are on the same store
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
