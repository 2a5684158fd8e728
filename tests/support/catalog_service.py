"""The api of catalog inside the test's process, its officer, and an item to save."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from pymongo.database import Database

from chassis import rpc, sessions, tokens
from chassis.acts import Actor
from chassis.config import Settings
from chassis.parts import Parts
from chassis.records import broken_at
from chassis.sealed import Keyring
from services.catalog import api as catalog_api
from services.catalog import store
from tests.support.actors import officer, trust
from tests.support.calling import As
from tests.support.items import definition as sample
from tests.support.serving import MASTER
from yiwang.catalog.v1 import service_pb2 as pb

CATALOG = pb.DESCRIPTOR.services_by_name["CatalogService"]
Db = Database[dict[str, Any]]
ANN = officer("catalog")


def item(**changes: Any) -> pb.ItemDefinition:
    return sample(**({"type_code": "01"} | changes))


@dataclass
class CatalogHere:
    """The api of catalog inside this process."""

    parts: Parts
    channel: grpc.Channel
    api: Any
    verifier: tokens.Verifier

    def by(self, actor: Actor | None) -> As:
        return As(self.channel, CATALOG, actor)

    def poll(self) -> None:
        for one in self.api.polls:
            one()

    def journal(self, id: str) -> list[str]:
        document = self.parts.database["items"].find_one({"_id": id})
        assert document is not None and broken_at(document["journal"]) is None
        assert store.items(self.parts.database).drift(document) == []
        return [entry["type"] for entry in document["journal"]]

    def publish(self, definition: pb.ItemDefinition) -> pb.Item:
        saved = self.by(ANN).SaveItem(definition=definition)
        published: pb.Item = self.by(ANN).PublishItem(item_id=saved.id)
        return published

    def found(self, text: str, **filters: Any) -> list[str]:
        self.poll()
        return [hit.name for hit in self.by(None).SearchItems(query=text, **filters).hits]


@contextmanager
def catalog_here(database: Db) -> Iterator[CatalogHere]:
    trust(database)
    settings = Settings(master_key=MASTER)
    keyring = Keyring(database["keys"], settings.master)
    keyring.ensure_indexes()
    sessions.ensure_indexes(database)
    store.ensure_indexes(database)
    parts = Parts("catalog", settings, database, keyring)
    api = catalog_api.build(parts)
    verifier = tokens.Verifier(tokens.KeyBook(database["signing_keys_heard"], lambda: '{"keys": []}').find)
    address = f"unix:/tmp/yiwang-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    server = rpc.Server(address)
    server.add(CATALOG, api.servicer, rpc.Guard(verifier, keyring.request_digest))
    server.start()
    channel = grpc.insecure_channel(address)
    try:
        yield CatalogHere(parts, channel, api, verifier)
    finally:
        channel.close()
        server._server.stop(0).wait()
