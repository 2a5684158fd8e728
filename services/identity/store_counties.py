"""What identity keeps of counties: their settings, and with store_windows and store_devices what stands in their halls."""

from typing import Any

from pymongo.database import Database

from chassis.records import Records, record_id
from services.identity import model_counties, model_regions, store_devices, store_windows
from services.identity.model_counties import County
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
EMBLEMS = "emblems"


def counties(database: Database[Document]) -> Records[County]:
    """The settings of counties; the id follows from the county's six digits."""
    return Records(database["counties"], County, model_counties.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [counties(database), *store_windows.records(database), *store_devices.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    counties(database).ensure_indexes()
    store_windows.ensure_indexes(database)
    store_devices.ensure_indexes(database)


def keep_emblem(database: Database[Document], digest: str, content: bytes) -> None:
    """Keeps a picture under its digest; keeping it again changes nothing."""
    database[EMBLEMS].update_one({"_id": digest}, {"$setOnInsert": {"content": content}}, upsert=True)


def emblem(database: Database[Document], digest: str) -> bytes:
    """The picture of a digest; empty when there is none."""
    found = database[EMBLEMS].find_one({"_id": digest})
    return bytes(found["content"]) if found else b""


def county_id(region: str) -> str:
    """The id of the settings of a county."""
    return record_id(f"county/{region}")


def county_of(database: Database[Document], region: str) -> County:
    """The settings of the county a region lies in; the defaults when none were saved."""
    county = model_regions.county(region)
    found = counties(database).find({"_id": county_id(county)})
    return found.state if found else County(county)
