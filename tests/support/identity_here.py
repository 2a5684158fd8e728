"""identity inside the test's process: its api on a socket, its worker, and a verification source, on a database of the test's own."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import grpc
from pymongo.database import Database

from chassis import contracts, rpc, tokens
from chassis.acts import Actor, Cause
from chassis.events import Heard
from chassis.parts import Parts
from chassis.records import Record
from services.identity import api, model, store, store_officers, worker
from services.identity.opening import Opening
from tests.fakes.verification_source import Source
from tests.support import actors
from tests.support.calling import As
from tests.support.identity_service import act, person_request
from tests.support.serving import contract_of, parts_of, settings_of
from yiwang.identity.v1 import events_pb2 as events
from yiwang.identity.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]


class Person:
    """A registered person who signed in."""

    def __init__(self, here: "IdentityHere", request: pb.RegisterPersonRequest) -> None:
        self.here = here
        self.name, self.number, self.phone = request.name, request.id_number, request.phone
        self.id = here.by(None).RegisterPerson(request).id
        self.sign_in()

    def sign_in(self) -> pb.Session:
        """A new session, as after his password, whose token says what he is now."""
        self.session = self.here.opening.start(Cause(act(), "public"), f"person:{self.id}", ["pwd"])
        return self.session

    def at(self, service: str) -> As:
        """One of identity's services as he calls it."""
        return self.here.by(None, self.session.access_token, service)

    @property
    def record(self) -> Record[model.Person]:
        return store.persons(self.here.parts.database).get(self.id)

    @property
    def level(self) -> int:
        return self.record.state.level

    def raised(self, level: int) -> "Person":
        """He, at this level, signed in anew."""
        store.persons(self.here.parts.database).change(
            self.id, Cause(act(), "system:tests"), lambda one: model.raise_level(one, level, "officer:tests")
        )
        self.sign_in()
        return self


class IdentityHere:
    """The api and the worker of identity inside this process."""

    def __init__(self, parts: Parts, built: Any, verifier: tokens.Verifier, address: str, source: Source) -> None:
        self.parts, self.source, self.verifier, self.address = parts, source, verifier, address
        self.servicers = built.servicers
        self.opening: Opening = built.servicers["OrganizationService"].opening
        self.channel = grpc.insecure_channel(address, options=rpc.OPTIONS)
        self.worker = own_worker(parts)
        self._heard: list[tuple[str, Heard[Any]]] = []

    def by(self, actor: Actor | None, access: str = "", service: str = "IdentityService") -> As:
        return As(self.channel, contract_of("identity", service), actor, access)

    def person(self, level: int = 0, **changes: str) -> Person:
        """A new person; at a level, when one is given."""
        person = Person(self, person_request(**changes))
        return person.raised(level) if level else person

    def officer(self, *roles: str) -> Actor:
        """An officer with a file and a post."""
        officer = actors.officer(*roles)
        post = events.OfficerAppointed(
            officer_id=officer.id,
            staff_number=f"sj-{officer.id[:8]}",
            roles=roles,
            department=officer.department,
            department_name="示范县水务局",
            region=officer.region,
            sealed=self.parts.keyring.seal(officer.id, "慕容查验"),
            post="窗口岗",
        )
        officers = store_officers.officers(self.parts.database)
        officers.create(Cause(act(), "system:tests"), lambda _: post, officer.id)
        return officer

    def fresh(self) -> None:
        """As if nothing had been heard or asked before."""
        self.unsent()
        self._heard.clear()
        self.source.fresh()

    def unsent(self) -> list[tuple[str, Heard[Any]]]:
        """(handler, event) of all that the relay would send now; each is given out once."""
        found = []
        for records in store.records(self.parts.database):
            for document in list(records.collection.find({"unsent": True})):
                for entry in document["journal"][document["sent"] :]:
                    event = records.event(entry)
                    for name in handlers_of(type(event)):
                        id = f"{document['_id']}.{entry['seq']}"
                        at = entry["at"].isoformat()
                        heard = Heard(id, document["_id"], entry["seq"], entry["by"], at, event, f"identity.{name}", "")
                        found.append((name, heard))
                sent = {"$set": {"sent": document["version"]}, "$unset": {"unsent": ""}}
                records.collection.update_one({"_id": document["_id"]}, sent)
        return found

    def work(self) -> None:
        """The relay sends and the worker handles until nothing is left, each event twice; then all ever heard again, newest first."""
        while batch := self.unsent():
            self._heard += batch
            for handler, heard in [*batch, *batch]:
                self.handle(handler, heard)
        for handler, heard in reversed(self._heard):
            self.handle(handler, heard)
        assert self.unsent() == [], "events heard again wrote something"

    def handle(self, handler: str, heard: Heard[Any]) -> None:
        getattr(self.worker, handler)(heard)

    def refuses(self, access: str) -> bool:
        """Whether the api refuses the token after its next poll."""
        self.verifier.end(
            {row["_id"]: row["until"].timestamp() for row in self.parts.database["refused_sessions"].find()}
        )
        try:
            self.by(None, access).GetMe()
        except grpc.RpcError as error:
            return bool(error.code() == grpc.StatusCode.UNAUTHENTICATED)
        return False


def own_worker(parts: Parts) -> Any:
    """A worker that stays with these parts, whatever is built later: `build` tells the class."""
    built = worker.build(parts)
    told = {name: value for name, value in vars(built).items() if not callable(value) and not name.startswith("__")}
    return type("Worker", (built,), told)()


def handlers_of(event: type) -> list[str]:
    """The worker's handlers of an event."""
    return [name for name in dir(worker.Worker) if event in getattr(getattr(worker.Worker, name), "hears", ())]


@contextmanager
def identity_here(database: Db, source: Source, **told: str) -> Iterator[IdentityHere]:
    """Serves identity; it takes its own tokens and those of the tests' key. `told` are settings."""
    actors.trust(database)
    usual = {"verification_url": source.url, "service_secrets": actors.SERVICE_SECRETS}
    settings = settings_of("identity", **usual | told)
    parts = replace(parts_of(database, "identity"), settings=settings)
    built = api.build(parts)
    book = tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}')
    find = built.find_key or book.find
    verifier = tokens.Verifier(lambda kid: find(kid) or book.find(kid))
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    for one in contracts.services("identity"):
        server.add(one, built.servicers[one.name], rpc.guard_of(parts, verifier))
    server.start()
    server.ready(True)
    here = IdentityHere(parts, built, verifier, address, source)
    try:
        yield here
    finally:
        here.channel.close()
        server._server.stop(0).wait()
