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
_BURSTS: Final = "bursts"
_SEEN: Final = {"state.rated_at": 1, "state.channel": 1, "state.device_mark": 1, "state.address_mark": 1, "state.record_at": 1}


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


def same_text(
    database: Database[Document], mark: str, department: str, rating: str, rater: str, at: datetime
) -> int:
    """How many ratings of the department by others, given within 30 days before, have the text of this mark."""
    span = {"$gte": at - model_flags.COPIED_WITHIN, "$lte": at}
    query = {"state.text_mark": mark, "state.department": department, "state.rated_at": span}
    rows = database["ratings"].find(query, {"state.rater_id": 1})
    return sum(row["_id"] != rating and row["state"]["rater_id"] != rater for row in rows)


def noted(database: Database[Document], since: datetime, until: datetime) -> list[Document]:
    """What was noted in a stretch of time of ratings that have a mark, oldest first: id, when, channel, marks."""
    span = {"$gte": since, "$lt": until}
    rows = database["ratings"].find({"state.record_at": span}, _SEEN).sort("state.record_at", 1)
    told = [{"_id": row["_id"], **row["state"]} for row in rows]
    return [row for row in told if row["device_mark"] or row["address_mark"]]


def with_mark(database: Database[Document], rule: Rule, mark: str, at: datetime) -> list[tuple[datetime, str]]:
    """Ratings with one mark near an instant that are looked at by the rule: when, and which."""
    path, span = f"state.{rule.field}", {"$gt": at - rule.within, "$lt": at + rule.within}
    rows = database["ratings"].find({path: mark, "state.rated_at": span}, {"state.rated_at": 1, "state.channel": 1})
    return [
        (row["state"]["rated_at"], row["_id"]) for row in rows if rule in model_flags.rules_of(row["state"]["channel"])
    ]


def place(database: Database[Document], start: datetime) -> datetime:
    """Up to when bursts were looked for; `start` where they never were."""
    found = database["flag_places"].find_one({"_id": _BURSTS})
    return found["at"] if found else start


def go_on(database: Database[Document], at: datetime) -> None:
    """They were looked for up to here; never goes back."""
    database["flag_places"].update_one({"_id": _BURSTS}, {"$max": {"at": at}}, upsert=True)

