"""The api of catalog inside the test's process, its officers, and an item to save."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from pymongo.database import Database

from chassis.acts import Actor, Cause
from chassis.records import broken_at
from services.catalog import model, model_lines, store, store_directory, worker
from services.catalog.model_implementations import IMPLEMENTATION
from tests.support.actors import officer
from tests.support.calling import As
from tests.support.items import definition as sample
from tests.support.serving import Here, serving
from yiwang.catalog.v1 import directory_pb2
from yiwang.catalog.v1 import service_pb2 as pb

Db = Database[dict[str, Any]]
# Who writes, and who reviews what she wrote.
ANN, BEN = officer("catalog"), officer("catalog")


def item(**changes: Any) -> pb.ItemDefinition:
    return sample(**({"type_code": "01"} | changes))


class CatalogHere(Here):
    """The api of catalog inside this process."""

    def journal(self, id: str) -> list[str]:
        document = self.parts.database["items"].find_one({"_id": id})
        assert document is not None and broken_at(document["journal"]) is None
        assert store.items(self.parts.database).drift(document) == []
        return [entry["type"] for entry in document["journal"]]

    def desk(self, actor: Actor | None = ANN) -> As:
        """ItemService as this officer calls it."""
        return self.by(actor, service="ItemService")

    def reviewed(self, definition: pb.ItemDefinition) -> pb.Item:
        """Written by Ann, and approved by Ben."""
        saved = self.desk().SaveItem(definition=definition)
        approved: pb.Item = self.desk(BEN).ReviewItem(item_id=saved.id, version=saved.version)
        return approved

    def publish(self, definition: pb.ItemDefinition) -> pb.Item:
        """Written by Ann, approved by Ben, and in force."""
        published: pb.Item = self.desk().PublishItem(item_id=self.reviewed(definition).id)
        return published

    def worker(self) -> worker.Worker:
        """The worker's handlers and timers, to be called by name."""
        return worker.build(self.parts)()

    def found(self, text: str, **filters: Any) -> list[str]:
        self.poll()
        return [hit.name for hit in self.by(None).SearchItems(query=text, **filters).hits]


@contextmanager
def catalog_here(database: Db) -> Iterator[CatalogHere]:
    with serving("catalog", database, CatalogHere) as here:
        enter_duty(database, *item().duty_codes)
        yield here


def enter_duty(database: Db, *codes: str) -> None:
    """Puts entries into the 权责清单, as an import does: of another province, where nobody counts them."""
    for code in codes:
        told = directory_pb2.ImplementationDefinition(
            code=code,
            name="职权",
            type_code="01",
            region="980199",
            department=pb.Department(code="D99", name="外县部门"),
        )
        id, cause = store_directory.implementation_id(code), Cause(f"duty-{code}", model.IMPORTER)
        bring = partial(model_lines.bring, IMPLEMENTATION, id=id, definition=told)
        store.write(store_directory.implementations(database), id, cause, bring)
