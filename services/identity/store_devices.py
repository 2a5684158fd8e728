"""What identity keeps of devices. When one was last seen stands beside the record: it is no act, and would fill the journal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis.records import Filter, Record, Records
from services.identity import model_devices, store_pages
from services.identity.model_devices import Device
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]


def devices(database: Database[Document]) -> Records[Device]:
    """The devices."""
    return Records(database["devices"], Device, model_devices.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [devices(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    devices(database).ensure_indexes([("state.region", 1), ("state.label", 1)])


def device_of(database: Database[Document], id: str) -> Device | None:
    """The device with this id, if there is one."""
    found = devices(database).find({"_id": id})
    return found.state if found else None


def devices_page(all: Records[Device], visible: Filter, after: str, count: int) -> tuple[list[Record[Device]], str]:
    """The next devices by label, and the next page's token."""
    return store_pages.page(all, visible, _device_key, ["label", "id"], after, count)


def _device_key(state: Mapping[str, Any]) -> str:
    return f"{state['label']}/{state['id']}"


def see(database: Database[Document], id: str, now: datetime) -> None:
    """The device asked for a token at this instant."""
    database["device_sightings"].update_one({"_id": id}, {"$max": {"at": now}}, upsert=True)


def seen_at(database: Database[Document], id: str) -> str:
    """RFC 3339; empty when it never asked for a token."""
    found = database["device_sightings"].find_one({"_id": id})
    return found["at"].isoformat() if found else ""
