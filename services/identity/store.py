"""What identity keeps: persons, officers and sessions as records; how they are found again."""

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from google.protobuf.message import Message
from pymongo.collection import Collection
from pymongo.database import Database

from chassis import sessions as chassis_sessions
from chassis.acts import Cause, now
from chassis.errors import NOT_FOUND, Refused
from chassis.records import Record, Records
from chassis.sealed import Keyring
from services.identity import (
    certificates,
    credentials,
    keys,
    model,
    model_sessions,
    store_agents,
    store_clients,
    store_contacts,
    store_counties,
    store_counts,
    store_delegations,
    store_factors,
    store_officers,
    store_organizations,
    store_privacy,
    store_sso,
    store_verifications,
)
from services.identity.model import Person
from services.identity.model_sessions import Session
from yiwang.identity.v1 import events_pb2 as events

S = TypeVar("S")
Document = dict[str, Any]
SUBJECTS = (
    store_factors,
    store_verifications,
    store_organizations,
    store_agents,
    store_delegations,
    store_officers,
    store_counties,
    store_counts,
    store_clients,
    store_sso,
    store_privacy,
    store_contacts,
)


def persons(database: Database[Document]) -> Records[Person]:
    """The persons."""
    return Records(database["persons"], Person, model.PERSON_EVOLVE, events)


def sessions(database: Database[Document]) -> Records[Session]:
    """The sessions."""
    return Records(database["sessions"], Session, model_sessions.EVOLVE, events)


def wrapped(database: Database[Document]) -> list[Collection[Document]]:
    """Where keys are kept that a master wraps, beside those of persons: `rewrap` wraps them anew."""
    return [database[name] for name in (keys.ED25519.collection, keys.RSA.collection, certificates.COLLECTION)]


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    own: list[Records[Any]] = [persons(database), sessions(database)]
    return own + [one for subject in SUBJECTS for one in subject.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    persons(database).ensure_indexes([("state.erased", 1), ("forgotten", 1)])
    sessions(database).ensure_indexes(
        [("state.principal_id", 1), ("state.reason", 1), ("state.started_at", 1)],
        [("state.actor", 1), ("state.reason", 1), ("state.started_at", 1)],
        [("state.delegation_id", 1), ("state.reason", 1), ("state.started_at", 1)],
        [("state.acting.until", 1)],
        [("state.ended_at", 1)],
    )
    for subject in SUBJECTS:
        subject.ensure_indexes(database)
    credentials.ensure_indexes(database)
    keys.ensure_indexes(database)


def id_index(keyring: Keyring, number: str) -> str:
    """The blind index of an ID number, whichever case its X has."""
    return keyring.blind("id_number", number.upper())


def indexes(keyring: Keyring, id_number: str, phone: str) -> dict[str, str]:
    """The blind indexes a person is found by; no phone has none."""
    found = {"id_index": id_index(keyring, id_number)}
    return found | {"phone_index": keyring.blind("phone", phone)} if phone else found


def plain_login(login: str) -> str:
    """A login as it is looked up: full-width forms made plain, no blanks around it."""
    return unicodedata.normalize("NFKC", login).strip()


def principal_of(database: Database[Document], keyring: Keyring, login: str) -> str | None:
    """`person:<id>`, `officer:<id>` or `agent:<id>` by a plain login: an ID number, a phone or a staff or agent number, told apart by their
    form; None for nobody."""
    if model.ID_NUMBER.fullmatch(login):
        query = {"id_index": id_index(keyring, login)}
    elif model.PHONE.fullmatch(login):
        query = {"phone_index": keyring.blind("phone", login)}
    else:
        query = {"_id": store_officers.officer_id(login)}
    found = database["credentials"].find_one(query, {"kind": 1})
    record = database[f"{found['kind']}s"].find_one({"_id": found["_id"]}, {"state.dismissed": 1}) if found else None
    # Credentials are written first: without a record they are nobody's yet. Who was dismissed is nobody any more.
    if found is None or record is None or record.get("state", {}).get("dismissed"):
        return None
    return f"{found['kind']}:{found['_id']}"


def put(
    all: Records[S], id: str, cause: Cause, decide: Callable[[S | None], Message | list[Message] | None], room: int = 0
) -> Record[S]:
    """Changes a record whose id follows from its own code, or opens it; who loses the race to open it changes it."""
    while True:
        try:
            return all.change(id, cause, decide, room=room)
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


def open_sessions(all: Records[Session], principal_id: str) -> list[str]:
    """Ids of the sessions a principal has open, whoever acts in them."""
    return open_sessions_by(all, "principal_id", principal_id)


def open_sessions_by(all: Records[Session], field: str, value: str, until: datetime | None = None) -> list[str]:
    """Ids of the open sessions with this `actor` (`person:<id>` … who acts or signed in), or of this `delegation_id`; only those that
    started before `until` where that is given. What is older than any session lives is not asked for."""
    instant = now()
    span = {"$gte": instant - model_sessions.LIFETIME, "$lt": until or instant + timedelta(minutes=1)}
    query = {f"state.{field}": value, "state.reason": "", "state.started_at": span}
    return [row["_id"] for row in all.collection.find(query, {"_id": 1})]


def expired_acting(all: Records[Session], now: datetime) -> list[str]:
    """Ids of the open sessions whose delegation ended by itself within the last day."""
    span = {"$gte": now - timedelta(days=1), "$lt": now}
    rows = all.collection.find({"state.acting.until": span}, {"state.reason": 1})
    return [row["_id"] for row in rows if not row["state"]["reason"]]


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
