"""What identity keeps: persons, officers and sessions as records; how they are found again."""

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from pymongo.database import Database

from chassis import sessions as chassis_sessions
from chassis.acts import Cause
from chassis.errors import NOT_FOUND, Refused
from chassis.records import Filter, Record, Records, record_id
from chassis.sealed import Keyring
from services.identity import (
    credentials,
    keys,
    model,
    model_sessions,
    store_agents,
    store_clients,
    store_counties,
    store_delegations,
    store_factors,
    store_officers,
    store_organizations,
    store_privacy,
    store_sso,
    store_verifications,
)
from services.identity.model import Officer, Person
from services.identity.model_sessions import Session
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
SUBJECTS = (
    store_factors,
    store_verifications,
    store_organizations,
    store_agents,
    store_delegations,
    store_officers,
    store_counties,
    store_clients,
    store_sso,
    store_privacy,
)


def persons(database: Database[Document]) -> Records[Person]:
    """The persons."""
    return Records(database["persons"], Person, model.PERSON_EVOLVE, events)


def officers(database: Database[Document]) -> Records[Officer]:
    """The officers; the id follows from the staff number."""
    return Records(database["officers"], Officer, model.OFFICER_EVOLVE, events)


def sessions(database: Database[Document]) -> Records[Session]:
    """The sessions."""
    return Records(database["sessions"], Session, model_sessions.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [persons(database), officers(database), sessions(database)]
    return own + [one for subject in SUBJECTS for one in subject.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    persons(database).ensure_indexes([("state.erased", 1), ("forgotten", 1)])
    officers(database).ensure_indexes([("state.region", 1), ("state.staff_number", 1)])
    sessions(database).ensure_indexes([("state.principal_id", 1), ("state.reason", 1)], [("state.ended_at", 1)])
    for subject in SUBJECTS:
        subject.ensure_indexes(database)
    credentials.ensure_indexes(database)
    keys.ensure_indexes(database)


def id_index(keyring: Keyring, number: str) -> str:
    """The blind index of an ID number, whichever case its X has."""
    return keyring.blind("id_number", number.upper())


def indexes(keyring: Keyring, id_number: str, phone: str) -> dict[str, str]:
    """The blind indexes a person is found by."""
    return {"id_index": id_index(keyring, id_number), "phone_index": keyring.blind("phone", phone)}


def officer_id(staff_number: str) -> str:
    """The id of the officer with this staff number."""
    return record_id(f"officer/{staff_number}")


def principal_of(database: Database[Document], keyring: Keyring, login: str) -> str | None:
    """`person:<id>` or `officer:<id>` by ID number, phone or staff number, told apart by their form; None for nobody."""
    login = unicodedata.normalize("NFKC", login).strip()
    if model.ID_NUMBER.fullmatch(login):
        query = {"id_index": id_index(keyring, login)}
    elif model.PHONE.fullmatch(login):
        query = {"phone_index": keyring.blind("phone", login)}
    else:
        query = {"_id": officer_id(login)}
    found = database["credentials"].find_one(query, {"kind": 1})
    # Credentials are written first: without a record they are nobody's yet.
    if found is None or database[f"{found['kind']}s"].find_one({"_id": found["_id"]}, {"_id": 1}) is None:
        return None
    return f"{found['kind']}:{found['_id']}"


def put_officer(
    all: Records[Officer], id: str, cause: Cause, decide: Callable[[Officer | None], Message | None]
) -> Record[Officer]:
    """Changes the officer's file, or opens it; who loses the race to open it changes it."""
    while True:
        try:
            return all.change(id, cause, decide)
        except Refused as refused:
            if refused.code != NOT_FOUND:
                raise
        try:
            return all.create(cause, lambda _: decide(None) or [], id)
        except Refused:
            found = all.find({"_id": id})
            if found is None or caused(found, cause):
                raise


def caused(record: Record[Any], cause: Cause) -> bool:
    """Whether the act of this cause is in the journal."""
    return any(entry["cause"] == cause.key for entry in record.journal)


def officers_page(all: Records[Officer], visible: Filter, after: str, count: int) -> list[Record[Officer]]:
    """The next officers by staff number. Keys first, then the page, so that a large region costs its keys only."""
    query = {**visible, "state.staff_number": {"$gt": after, "$lt": "~"}}
    found = all.collection.find(query, {"state.staff_number": 1})
    rows = sorted((row["state"]["staff_number"], row["_id"]) for row in found)
    return [all.get(id) for _, id in rows[:count]]


def open_sessions(all: Records[Session], principal_id: str) -> list[str]:
    """Ids of the sessions a principal has open."""
    query = {"state.principal_id": principal_id, "state.reason": ""}
    return [row["_id"] for row in all.collection.find(query, {"_id": 1})]


def ended_unheard(database: Database[Document], now: datetime) -> list[tuple[str, str]]:
    """(session, end of its tokens) of those that ended lately and are not refused by identity itself yet."""
    window = timedelta(seconds=model_sessions.ACCESS_SECONDS) + model_sessions.GRACE
    bounds = {"$gte": now - window, "$lt": now + timedelta(days=1)}
    rows = list(database["sessions"].find({"state.ended_at": bounds}, {"state.tokens_end": 1}))
    heard = chassis_sessions.ended_since(database, now - 2 * window) if rows else {}
    return [(row["_id"], row["state"]["tokens_end"]) for row in rows if row["_id"] not in heard]


def unforgotten(all: Records[Person]) -> list[str]:
    """Persons who are erased, but whose key, password or sessions may still be there."""
    found = all.collection.find({"state.erased": True, "forgotten": None}, {"_id": 1})
    return [row["_id"] for row in found]


def mark_forgotten(all: Records[Person], id: str) -> None:
    """Nothing is left to be cleaned up; like the relay's marks it is no part of the state."""
    all.collection.update_one({"_id": id}, {"$set": {"forgotten": True}})
