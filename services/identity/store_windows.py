"""What identity keeps of windows and duties, and which duty is in force.

Beside the records stand `duty_places`, one document per window and one per officer: the latest duty there, by turn. A duty is in
force while both of its places name it, so that it cannot be otherwise than one officer at one window, whoever writes when.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import paging
from chassis.records import Record, Records, record_id
from services.identity import model_regions, model_windows, store_pages
from services.identity.model_windows import Duty, Window
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
LONG_AGO = timedelta(days=3650)
DUTIES_PAGE = 50


def windows(database: Database[Document]) -> Records[Window]:
    """The windows; the id follows from region, hall and number."""
    return Records(database["windows"], Window, model_windows.WINDOW_EVOLVE, events)


def duties(database: Database[Document]) -> Records[Duty]:
    """Who was at which window from when until when."""
    return Records(database["duties"], Duty, model_windows.DUTY_EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [windows(database), duties(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    windows(database).ensure_indexes([("state.region", 1), ("state.hall", 1)])
    duties(database).ensure_indexes(
        [("state.window_id", 1), ("state.since", 1)],
        [("state.window_id", 1), ("state.until", 1)],
        [("state.officer_id", 1), ("state.until", 1)],
        [("state.due", 1)],
    )
    database["duty_places"].create_index([("_id", 1), ("turn", 1)], name="id_turn")


def window_id(region: str, hall: str, number: str) -> str:
    """The id of the window with this number in this hall."""
    return record_id(f"window/{region}/{hall}/{number}")


def window_of(database: Database[Document], id: str) -> Window | None:
    """The window with this id, if there is one."""
    found = windows(database).find({"_id": id})
    return found.state if found else None


def windows_page(all: Records[Window], region: str, after: str, count: int) -> tuple[list[Record[Window]], str]:
    """The next windows of a region and below it by hall and number, and the next page's token."""
    fields = ["region", "hall", "number"]
    return store_pages.page(all, model_regions.within(region), _window_key, fields, after, count)


def _window_key(state: Any) -> str:
    return f"{state['region']}/{state['hall']}/{state['number']:>16}"


def duties_page(all: Records[Duty], window_id: str, token: str, count: int) -> tuple[list[Record[Duty]], str]:
    """Who was on duty at a window, newest first, and the next page's token."""
    match = {"state.window_id": window_id}
    return paging.newest(all, match, "since", token, count or DUTIES_PAGE, timedelta(days=7))


def places_of(duty: Duty) -> list[tuple[str, dict[str, str]]]:
    """The two places a duty takes, each with the filter of the duties that ever took it."""
    return [
        (f"window/{duty.window_id}", {"state.window_id": duty.window_id}),
        (f"officer/{duty.officer_id}", {"state.officer_id": duty.officer_id}),
    ]


def next_turn(database: Database[Document], window_id: str, officer_id: str) -> int:
    """A turn after all that were taken at this window or by this officer."""
    places = (_place(database, f"window/{window_id}"), _place(database, f"officer/{officer_id}"))
    return 1 + max(int(place.get("turn", 0)) for place in places)


def take_places(database: Database[Document], duty: Duty) -> None:
    """Puts a duty into its two places, unless a later one is there. Of two with one turn the first written stays."""
    for place, _ in places_of(duty):
        earlier = {"_id": place, "turn": {"$lt": duty.turn}}
        change = {"$set": {"turn": duty.turn, "duty": duty.id}}
        try:
            database["duty_places"].update_one(earlier, change, upsert=True)
        except DuplicateKeyError:  # there is a place already, perhaps with an earlier duty inserted this very moment
            database["duty_places"].update_one(earlier, change)


def superseded(database: Database[Document], duty: Duty) -> Iterable[tuple[Record[Duty], datetime]]:
    """Duties that should have ended because of one that took a place of theirs, each with when: this one or those it replaced."""
    for place, query in places_of(duty):
        taken = _place(database, place)
        holder = duties(database).find({"_id": taken.get("duty", "")})
        for one in duties(database).select({**query, "state.until": None}):
            if holder and one.id != holder.id and one.state.turn <= taken["turn"]:
                yield one, holder.state.since


def last_duty(database: Database[Document], officer_id: str) -> str:
    """The id of the latest duty of an officer, lasting or not; empty for none."""
    return str(_place(database, f"officer/{officer_id}").get("duty", ""))


def in_force(database: Database[Document], place: str, now: datetime) -> Duty | None:
    """The duty in force at a place, `window/<id>` or `officer/<id>`."""
    found = duties(database).find({"_id": _place(database, place).get("duty", "")})
    if found is None or not model_windows.lasts(found.state, now):
        return None
    both = all(_place(database, one).get("duty") == found.id for one, _ in places_of(found.state))
    return found.state if both else None


def lasting(database: Database[Document], field: str, id: str) -> list[Record[Duty]]:
    """Duties that have not ended, of a window (`window_id`) or an officer (`officer_id`)."""
    return duties(database).select({f"state.{field}": id, "state.until": None})


def overdue(database: Database[Document], now: datetime) -> list[Record[Duty]]:
    """Duties that midnight ended."""
    return duties(database).select({"state.due": {"$gte": now - LONG_AGO, "$lt": now}})


def _place(database: Database[Document], place: str) -> Document:
    return database["duty_places"].find_one({"_id": place}) or {}
