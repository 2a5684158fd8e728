"""The api of catalog inside the test's process, its officer, and an item to save."""

from contextlib import AbstractContextManager
from typing import Any

from pymongo.database import Database

from chassis.records import broken_at
from services.catalog import store
from tests.support.actors import officer
from tests.support.items import definition as sample
from tests.support.serving import Here, serving
from yiwang.catalog.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
ANN = officer("catalog")


def item(**changes: Any) -> pb.ItemDefinition:
    return sample(**({"type_code": "01"} | changes))


class CatalogHere(Here):
    """The api of catalog inside this process."""

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


def catalog_here(database: Db) -> AbstractContextManager[CatalogHere]:
    return serving("catalog", database, CatalogHere)
