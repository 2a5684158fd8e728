"""The connection to the service's own store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import PyMongoError

from chassis import wait
from chassis.telemetry import log

Document = dict[str, Any]
# Handlers (10), relay, poll and heartbeat each may hold one.
POOL = 24
# Bounds a store call of handlers, relay and polls; an RPC has its own deadline (chassis.rpc).
SOCKET_SECONDS = 20
# What a timer does cannot be taken back: none fires while the clocks are further apart than this.
CLOCKS_APART = timedelta(seconds=60)


def connect(uri: str, name: str) -> Database[Document]:
    """The service's database. Writes are acknowledged by the majority and on disk; reads come from the primary."""
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        maxPoolSize=POOL,
        serverSelectionTimeoutMS=5000,
        connectTimeoutMS=3000,
        socketTimeoutMS=SOCKET_SECONDS * 1000,
        appname=name,
        readPreference="primary",
    )
    return client.get_default_database(name, write_concern=WriteConcern("majority", wtimeout=5000, j=True))


def wait_for(database: Database[Document]) -> None:
    """Returns when the store answers; says so while it does not."""
    wait.until("store", lambda: database.command("ping"), PyMongoError)


def clocks_agree(database: Database[Document]) -> bool:
    """Whether the store's clock and ours differ by no more than a minute; says so when they do."""
    before = datetime.now(UTC)
    theirs = database.command("hello")["localTime"].replace(tzinfo=UTC)
    after = datetime.now(UTC)
    agree = before - CLOCKS_APART <= theirs <= after + CLOCKS_APART
    if not agree:
        log("store").error("clocks_differ", seconds=round((theirs - after).total_seconds()))
    return bool(agree)
