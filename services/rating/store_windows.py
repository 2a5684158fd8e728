"""What rating keeps of identity's windows, departments, duties and devices, and which printed codes hold.

The copies are read models: each event sets what it alone knows, so that they are the same whatever order events are heard in, and
however often. Windows and departments are saved again and again; of them the newest event stands.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause
from chassis.errors import NOT_FOUND, Refused
from chassis.records import Record, Records, record_id
from services.rating import model_windows
from services.rating.model_windows import Duty, Window, WindowCodes
from yiwang.identity.v1 import events_pb2 as identity
from yiwang.rating.v1 import events_pb2 as events

Document = dict[str, Any]
# Nobody asks who was on duty longer ago.
DUTIES_KEPT: Final = timedelta(days=90)


def codes(database: Database[Document]) -> Records[WindowCodes]:
    """Generations of printed codes, a record per window of which some were revoked."""
    return Records(database["window_codes"], WindowCodes, model_windows.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [codes(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    codes(database).ensure_indexes()
    for name in ("windows", "departments"):
        database[name].create_index([("_id", 1), ("seq", 1)], name="id_seq")
    for place in ("window_id", "officer_id"):
        database["duties"].create_index([(place, 1), ("since", 1)], name=f"{place}_since")
    kept = int(DUTIES_KEPT.total_seconds())
    database["duties"].create_index("since", name="since", expireAfterSeconds=kept)


# -- what is heard ---------------------------------------------------------------------------------------------------------


def keep_window(database: Database[Document], event: identity.WindowSaved, seq: int) -> None:
    """A window as it was saved, unless something newer was heard."""
    fields = ("number", "hall", "label", "department", "region")
    _newest(database, "windows", event.window_id, seq, {name: getattr(event, name) for name in fields})


def keep_department(database: Database[Document], event: identity.DepartmentSaved, seq: int) -> None:
    """A department's name and region, found by its USCC, unless something newer was heard."""
    _newest(database, "departments", event.uscc, seq, {"name": event.name, "region": event.region})


def keep_duty(database: Database[Document], event: identity.DutyStarted, since: datetime) -> None:
    """Who began to be on duty where, at what turn; its end may have been heard before."""
    fields = ("window_id", "officer_id", "staff_number", "turn")
    began = {name: getattr(event, name) for name in fields} | {"since": since}
    database["duties"].update_one({"_id": event.duty_id}, {"$set": began}, upsert=True)


def end_duty(database: Database[Document], event: identity.DutyEnded) -> None:
    """When a duty ended, which may be before that was noted; its beginning may be heard later."""
    until = datetime.fromisoformat(event.until)
    database["duties"].update_one({"_id": event.duty_id}, {"$set": {"until": until}}, upsert=True)


def keep_device(database: Database[Document], event: identity.DeviceRegistered) -> None:
    """The window of a device, if it has one."""
    database["devices"].update_one({"_id": event.device_id}, {"$set": {"window_id": event.window_id}}, upsert=True)


def drop_device(database: Database[Document], device_id: str) -> None:
    """A device is trusted no more, for good: one that comes back is another device."""
    database["devices"].update_one({"_id": device_id}, {"$set": {"dropped": True}}, upsert=True)


def _newest(database: Database[Document], name: str, id: str, seq: int, values: Document) -> None:
    change, older = {"$set": values | {"seq": seq}}, {"_id": id, "seq": {"$lt": seq}}
    try:
        database[name].update_one(older, change, upsert=True)
    except DuplicateKeyError:  # there is one already, perhaps an older one inserted this very moment
        database[name].update_one(older, change)


# -- what is asked ---------------------------------------------------------------------------------------------------------


def window(database: Database[Document], id: str) -> Window | None:
    """A window; None when none was heard of."""
    found = database["windows"].find_one({"_id": id})
    if found is None:
        return None
    return Window(id, found["number"], found["hall"], found["label"], found["department"], found["region"])


def department_name(database: Database[Document], uscc: str) -> str:
    """The name of a department by its USCC; empty when it was not heard of."""
    found = database["departments"].find_one({"_id": uscc})
    return str(found["name"]) if found else ""


def window_of_device(database: Database[Document], device_id: str) -> str:
    """The id of the window a device belongs to; empty for none, and for a device that is trusted no more."""
    found = database["devices"].find_one({"_id": device_id})
    return "" if found is None or found.get("dropped") else str(found.get("window_id", ""))


def on_duty(database: Database[Document], window_id: str, at: datetime) -> Duty | None:
    """Who was on duty at a window at an instant: the latest of both the window's and the officer's duties, while it lasts."""
    here = model_windows.latest(_duties(database, "window_id", window_id, at), at)
    if here is None or not model_windows.lasts(here, at):
        return None
    his = model_windows.latest(_duties(database, "officer_id", here.officer_id, at), at)
    return here if his == here else None


def _duties(database: Database[Document], place: str, id: str, at: datetime) -> list[Duty]:
    # Those of the day alone: midnight ends them all.
    span = {"$gte": model_windows.day_start(at), "$lte": at}
    return [
        Duty(
            row["_id"],
            row["window_id"],
            row["officer_id"],
            row["staff_number"],
            row["turn"],
            row["since"],
            row.get("until"),
        )
        for row in database["duties"].find({place: id, "since": span})
    ]


def generation(database: Database[Document], window_id: str) -> int:
    """The generation of the printed codes of a window that hold."""
    found = codes(database).find({"_id": codes_id(window_id)})
    return found.state.generation if found else model_windows.FIRST


def codes_id(window_id: str) -> str:
    """The id of what is known of a window's printed codes."""
    return record_id(f"window_codes/{window_id}")


def revoke(database: Database[Document], window: Window, cause: Cause) -> Record[WindowCodes]:
    """The next generation of a window's printed codes; who loses the race to revoke first revokes after."""
    all, id = codes(database), codes_id(window.id)
    try:
        return all.change(id, cause, lambda before: model_windows.revoke(before, window))
    except Refused as refused:
        if refused.code != NOT_FOUND:
            raise
    try:
        return all.create(cause, lambda _: model_windows.revoke(None, window), id)
    except Refused:
        return all.change(id, cause, lambda before: model_windows.revoke(before, window))
