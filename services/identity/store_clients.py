"""What identity keeps of clients: records, the hashes of their secrets beside them, and the counts of their sign-ons."""

from datetime import datetime
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.records import Filter, Record, Records, record_id
from chassis.tally import Tally
from services.identity import assertions, model_clients, store_pages
from services.identity.model_clients import Client
from yiwang.identity.v1 import events_pb2 as events

Document = dict[str, Any]
SECRETS = "client_secrets"


def clients(database: Database[Document]) -> Records[Client]:
    """The clients; the id follows from the code."""
    return Records(database["clients"], Client, model_clients.EVOLVE, events)


def figures(database: Database[Document]) -> Tally:
    """Sign-ons by client and day in China."""
    return Tally(database, "sign_on_figures")


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [clients(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of everything; safe to repeat."""
    clients(database).ensure_indexes([("state.region", 1), ("state.code", 1)])
    database["sessions"].create_index([("state.client_id", 1), ("state.reason", 1)], name="state.client_id_reason")
    database[SECRETS].create_index([("_id", 1), ("seq", 1)], name="id_seq")
    figures(database).ensure_indexes()
    assertions.ensure_indexes(database)


def client_id(code: str) -> str:
    """The id of the client with this code."""
    return record_id(f"client/{code}")


def clients_page(all: Records[Client], visible: Filter, after: str, count: int) -> tuple[list[Record[Client]], str]:
    """The next clients by code, and the next page's token."""
    return store_pages.page(all, visible, lambda state: str(state["code"]), ["code"], after, count)


def open_sessions(database: Database[Document], principal: str, client_id: str, before: datetime) -> list[str]:
    """Ids of a client's open sessions of one principal (`person:<id>` …) that started before an instant."""
    query = {"state.actor": principal, "state.reason": ""}
    rows = [row["state"] for row in database["sessions"].find(query, {"journal": 0})]
    return [row["id"] for row in rows if row["client_id"] == client_id and row["started_at"] < before]


def ended_tokens(database: Database[Document], client_id: str) -> list[tuple[str, str]]:
    """(session, end of its tokens) of the generations of a machine that were ended."""
    record = clients(database).find({"_id": client_id})
    ended = [entry["data"] for entry in record.journal if entry["type"] == "SessionEnded"] if record else []
    return [(data["sessionId"], data["tokensEnd"]) for data in ended]


def day_bucket(client_id: str, day: str) -> str:
    """The bucket of a client's sign-ons of a day (YYYY-MM-DD, in China)."""
    return f"{client_id}/{day}"


def keep_secret(database: Database[Document], client_id: str, hashed: str, seq: int) -> None:
    """Keeps the hash of the secret that entry `seq` of the journal made; one made later stays."""
    older = {"_id": client_id, "seq": {"$lt": seq}}
    change = {"$set": {"hash": hashed, "seq": seq}}
    try:
        database[SECRETS].update_one(older, change, upsert=True)
    except DuplicateKeyError:
        # There is one: a later one, this one, or one another process made this instant.
        database[SECRETS].update_one(older, change)


def secret_hash(database: Database[Document], client_id: str) -> str:
    """The hash of the secret that is good now; empty when there is none."""
    found = database[SECRETS].find_one({"_id": client_id})
    return found["hash"] if found else ""
