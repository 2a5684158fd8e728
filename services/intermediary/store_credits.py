"""What intermediary keeps of credit: a record for each mark, so that it is given once; scores are made from them when they are read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from chassis import paging
from chassis.records import Record, Records, parse_event, record_id
from services.intermediary import model_credits
from services.intermediary.model_credits import Mark
from yiwang.intermediary.v1 import events_pb2 as events

Document = dict[str, Any]
AHEAD = timedelta(minutes=5)


def credits(database: Database[Document]) -> Records[Mark]:
    """The marks."""
    return Records(database["credits"], Mark, model_credits.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [credits(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of marks; safe to repeat."""
    credits(database).ensure_indexes(
        [("state.at", 1)], [("state.agency_id", 1), ("state.at", 1)], [("state.county", 1), ("state.at", 1)]
    )


def mark_id(agency: str, rule: str, subject: str, occasion: str = "") -> str:
    """The id of the one mark an agency gets by a rule for a procurement, or for one of several things of it."""
    return record_id(f"credit/{agency}/{rule}/{subject}/{occasion}")


def score(database: Database[Document], agency: str, at: datetime) -> int:
    """An agency's score at an instant."""
    return model_credits.score(_points(database, {"state.agency_id": agency}, at).get(agency, []))


def scores(database: Database[Document], at: datetime) -> Callable[[str], int]:
    """The scores of all agencies at an instant, by their ids: one read, for who asks of thousands."""
    found = _points(database, {}, at)
    return lambda agency: model_credits.score(found.get(agency, []))


def below(database: Database[Document], county: str, line: int, at: datetime) -> dict[str, int]:
    """Scores of the agencies whose marks of this county bring them below a line, by id. A mark is the county's where the agency is."""
    found = _points(database, {"state.county": county}, at)
    scores = {agency: model_credits.score(points) for agency, points in found.items()}
    return {agency: number for agency, number in scores.items() if number < line}


def newest(database: Database[Document], agency: str, token: str, count: int) -> tuple[list[Record[Mark]], str]:
    """A page of an agency's marks, newest first, and the next page's token."""
    return paging.newest(credits(database), {"state.agency_id": agency}, "at", token, count)


def journal_until(database: Database[Document], procurement: str, seq: int) -> list[Any] | None:
    """The events of a procurement up to this one; None while it, or the event, is not there."""
    found = database["procurements"].find_one({"_id": procurement}, {"journal": 1})
    entries = [entry for entry in found["journal"] if entry["seq"] <= seq] if found else []
    if len(entries) < seq:
        return None
    return [parse_event(events, entry["type"], entry["data"]) for entry in entries]


def _points(database: Database[Document], match: dict[str, Any], at: datetime) -> dict[str, list[int]]:
    span = {"$gte": model_credits.since(at), "$lt": at + AHEAD}
    fields = {"state.agency_id": 1, "state.points": 1}
    found: dict[str, list[int]] = {}
    for row in database["credits"].find({**match, "state.at": span}, fields):
        found.setdefault(row["state"]["agency_id"], []).append(row["state"]["points"])
    return found
