"""What catalog keeps of themes: a record for each variant, that is for each code and place."""

from datetime import datetime
from typing import Any

from pymongo.database import Database

from chassis.records import Filter, Record, Records, record_id
from services.catalog.model_life import PUBLISHED
from services.catalog.model_themes import EVOLVE, Theme
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events

Document = dict[str, Any]
_LEVELS = (12, 9, 6, 4, 2)
_BRIEF = {"state.code": 1, "state.place": 1, "state.life.status": 1}


def themes(database: Database[Document]) -> Records[Theme]:
    """The themes."""
    return Records(database["themes"], Theme, EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [themes(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes; safe to repeat."""
    themes(database).ensure_indexes([("state.place", 1)], [("state.changed_at", 1)])


def theme_id(code: str, region: str) -> str:
    """The id of the variant of a theme for a place, whether its region is written 990121 or 990121000000."""
    return record_id(f"theme/{code}/{codes.region_prefix(region)}")


def edition(all: Records[Theme], record: Record[Theme]) -> tuple[events.ThemePublished, datetime] | None:
    """The newest edition as it was published, and when; None when there is none."""
    for entry in reversed(record.journal):
        if entry["type"] == "ThemePublished":
            event = all.event(entry)
            assert isinstance(event, events.ThemePublished)
            return event, entry["at"]
    return None


def nearest(all: Records[Theme], region: str) -> list[tuple[str, str]]:
    """(code, id) of the published variant of each theme that is nearest to a place, by code. Without a region the widest one."""
    found: dict[str, str] = {}
    for row in _towards(all, region):
        if row["state"]["life"]["status"] == PUBLISHED:
            found.setdefault(row["state"]["code"], row["_id"])
    return sorted(found.items())


def _towards(all: Records[Theme], region: str) -> list[Document]:
    """Variants that count for a place, the nearest first: village, township, county, city, province."""
    if not region:
        rows = all.collection.find({}, _BRIEF)
        return sorted(rows, key=lambda row: (len(row["state"]["place"]), row["state"]["place"]))
    place = codes.region_prefix(region)
    near: list[Document] = []
    for length in _LEVELS:
        if length <= len(place):
            near += all.collection.find(_at(place[:length]), _BRIEF)
    return near


def _at(place: str) -> Filter:
    return {"state.place": place}
