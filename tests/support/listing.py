"""Items as search, lists and rates know them, without a store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.catalog import store
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.store import Listed
from yiwang.catalog.v1 import service_pb2 as pb

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def listed(definition: pb.ItemDefinition, version: int = 2, status: int = pb.ITEM_STATUS_PUBLISHED) -> Listed:
    """An item with one edition, in force since the beginning of 2026; under another status since a day later."""
    facts = facts_of(definition)
    history = [Chapter(1, pb.ITEM_STATUS_PUBLISHED, SINCE, facts)]
    if status != pb.ITEM_STATUS_PUBLISHED:
        history.append(Chapter(1, status, SINCE + timedelta(days=1), facts, "法律已修改"))
    return Listed(store.item_id(definition.code), version, "ABC234", "d" * 64, history)


def listed_item(
    number: int, name: str, version: int = 2, status: int = pb.ITEM_STATUS_PUBLISHED, **changes: Any
) -> Listed:
    """An item of this number and name, with these changes."""
    fields: dict[str, Any] = {
        "code": f"C{number}",
        "department": pb.Department(code="11990121MB0000001K", name="示范县公安局"),
        "region": "990121",
        "type_code": "01",
    }
    return listed(pb.ItemDefinition(name=name, **(fields | changes)), version, status)
