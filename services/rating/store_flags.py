"""What is asked to find ratings that are counted apart: by their marks, by the devices of officers, and how far bursts were looked for."""

from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from chassis.records import Records, record_id
from services.rating import model_flags
from services.rating.model_flags import Rule

Document = dict[str, Any]
INDEXES: Final = (
    [("state.device_mark", 1), ("state.rated_at", 1)],
    [("state.address_mark", 1), ("state.rated_at", 1)],
    [("state.text_mark", 1), ("state.department", 1), ("state.rated_at", 1)],
)
"""Of the ratings' collection."""
_MARKS: Final = ("device_mark", "address_mark", "text_mark")
_SEEN: Final = (*_MARKS, "rated_at", "channel", "department", "rater_id")


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: what was found stands in the rating's."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    devices = database["officer_devices"]
    devices.create_index([("device_mark", 1), ("department", 1)], name="device_department")
    devices.create_index("at", name="at", expireAfterSeconds=int(model_flags.SELF_WITHIN.total_seconds()))


def note_device(database: Database[Document], mark: str, officer: str, department: str, at: datetime) -> None:
    """An officer of this department used the device of this mark; kept as long as it matters."""
    id = record_id(f"officer_device/{mark}/{officer}")
    values = {"device_mark": mark, "department": department, "at": at}
    database["officer_devices"].update_one({"_id": id}, {"$set": values}, upsert=True)


def officers_at(database: Database[Document], mark: str, department: str, at: datetime) -> int:
    """How many officers of the department used the device of this mark lately."""
    since = at - model_flags.SELF_WITHIN
    rows = database["officer_devices"].find({"device_mark": mark, "department": department}, {"at": 1})
    return sum(row["at"] >= since for row in rows)


def same_text(database: Database[Document], mark: str, department: str, rating: str, rater: str, at: datetime) -> int:
    """How many ratings of the department by others, given within 30 days before, have the text of this mark."""
    span = {"$gte": at - model_flags.COPIED_WITHIN, "$lte": at}
    query = {"state.text_mark": mark, "state.department": department, "state.rated_at": span}
    rows = database["ratings"].find(query, {"state.rater_id": 1})
    return sum(row["_id"] != rating and row["state"]["rater_id"] != rater for row in rows)


def noted(database: Database[Document], since: datetime, until: datetime) -> list[Document]:
    """What was noted in a stretch of time of ratings that have a mark: id, and what they are looked at by."""
    span = {"$gte": since, "$lt": until}
    rows = database["ratings"].find({"state.record_at": span}, {f"state.{name}": 1 for name in _SEEN})
    told = [{"_id": row["_id"], **row["state"]} for row in rows]
    return [row for row in told if any(row[name] for name in _MARKS)]


def with_mark(
    database: Database[Document], rule: Rule, mark: str, after: datetime, before: datetime
) -> dict[str, tuple[datetime, bool]]:
    """Ratings with one mark in a stretch of time that are looked at by the rule: when, and whether it was found of them already."""
    path = f"state.{rule.field}"
    fields = {"state.rated_at": 1, "state.channel": 1, "state.flags": 1}
    rows = database["ratings"].find({path: mark, "state.rated_at": {"$gt": after, "$lt": before}}, fields)
    told = [(row["_id"], row["state"]) for row in rows]
    return {
        id: (state["rated_at"], any(flag["kind"] == model_flags.BURST for flag in state["flags"]))
        for id, state in told
        if rule in model_flags.rules_of(state["channel"])
    }


def place(database: Database[Document], look: str, start: datetime) -> datetime:
    """Up to when this look went; `start` where it never did."""
    found = database["flag_places"].find_one({"_id": look})
    return found["at"] if found else start


def go_on(database: Database[Document], look: str, at: datetime) -> None:
    """It went up to here; never goes back."""
    database["flag_places"].update_one({"_id": look}, {"$max": {"at": at}}, upsert=True)
