"""The basic directory as tests write it: a city's officers, an entry with a standard, an implementation, and events as they are heard."""

from dataclasses import replace
from typing import Any

from google.protobuf.message import Message

from chassis.acts import Actor
from chassis.events import Heard
from chassis.records import Records
from standards.identifiers import uscc_check_digit
from tests.support.actors import REGION, officer
from tests.support.calling import As
from tests.support.catalog_service import CatalogHere
from yiwang.catalog.v1 import directory_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as items

CITY = "990100"
OWNER = "示范市行政审批局"
# A body whose check digit holds.
BODY = "11990121MB0000001" + uscc_check_digit("11990121MB0000001")
BASE = "000112340000"
MAIN, SUB = "00011234500Y", "000112345001"


def at(region: str) -> Actor:
    """A catalog officer of a region."""
    return replace(officer("catalog"), region=region)


# Who writes, and who reviews, in the city.
CLARA, CARL = at(CITY), at(CITY)


def entry(**changes: Any) -> pb.EntryDefinition:
    """A main item of the city, without a standard."""
    fields = {"code": BASE, "name": "公共场所卫生许可", "type_code": "01", "region": CITY, "owner_name": OWNER}
    return pb.EntryDefinition(**(fields | changes))


def standard(*open_fields: str, **fields: Any) -> pb.EntryDefinition:
    """The same with these standard elements."""
    return entry(standard=items.ItemDefinition(**fields), open_fields=open_fields)


def implementation(**changes: Any) -> pb.ImplementationDefinition:
    """The department's line for that entry."""
    fields = {
        "code": f"{BODY}4{BASE}",
        "base_code": BASE,
        "name": "公共场所卫生许可",
        "type_code": "01",
        "department": items.Department(code=BODY, name="示范县卫生健康局"),
        "region": REGION,
        "exercise_level": "4",
        "power_source": pb.POWER_SOURCE_STATUTORY,
    }
    return pb.ImplementationDefinition(**(fields | changes))  # type: ignore[arg-type]


def desk(catalog: CatalogHere, actor: Actor | None = CLARA) -> As:
    """DirectoryService as this officer calls it."""
    return catalog.by(actor, service="DirectoryService")


def publish(catalog: CatalogHere, kind: str, definition: Message, writer: Actor = CLARA, reviewer: Actor = CARL) -> Any:
    """An Entry or Implementation written, reviewed by somebody else, and in force."""
    saved = getattr(desk(catalog, writer), f"Save{kind}")(definition=definition)
    getattr(desk(catalog, reviewer), f"Review{kind}")(id=saved.id, version=saved.version)
    return getattr(desk(catalog, writer), f"Publish{kind}")(id=saved.id)


def heard(all: Records[Any], id: str, type: str, handler: str, which: int = -1) -> Heard[Any]:
    """An event of a record's journal as a handler hears it: the last of its type, or the one told."""
    document = all.collection.find_one({"_id": id})
    assert document is not None
    written = [one for one in document["journal"] if one["type"] == type][which]
    when = written["at"].isoformat()
    return Heard(f"{id}.{written['seq']}", id, written["seq"], written["by"], when, all.event(written), handler, "")
