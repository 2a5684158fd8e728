"""The stores, a database per service: `MONGODB_URI` when it is given, else a daemon per service.

The daemon is `mongod` when it is on the PATH, else the embedded SecantusDB. Each listens on loopback only and keeps its
data in the folder.
"""

import os
import shutil
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from .daemon import Daemon, Progress, silent
from .faults import LocalFault
from .ports import Ports, accepts

REPLICA_SET = "yiwang"


class Store(Daemon):
    """The store of one service; `uri` names its database. `kind` is "given", "mongod" or "embedded"."""

    def __init__(self, name: str, folder: Path, kind: str, uri: str, command: list[str]) -> None:
        super().__init__(f"{name}-store", command, _environment(), folder / f"{name}.log", folder / f"{name}.pid")
        self.kind = kind
        self.uri = uri

    def answers(self) -> bool:
        """Whether it takes writes."""
        # Knocking first is quicker than the driver, which waits a second for a server that is not there yet.
        if not self.given and not accepts(urlsplit(self.uri).port or 0):
            return False
        client: MongoClient[dict[str, Any]] = MongoClient(
            self.uri, serverSelectionTimeoutMS=1000, connectTimeoutMS=1000
        )
        with suppress(PyMongoError), client:
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            if self.kind == "mongod":
                self._form_replica_set(client)
        return False

    def _form_replica_set(self, client: "MongoClient[dict[str, Any]]") -> None:
        """A replica set of one: needed for majority writes. Its only member moves along when the port has changed."""
        member = {"_id": 0, "host": urlsplit(self.uri).netloc}
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            return
        if config["members"][0]["host"] != member["host"]:
            config["members"][0]["host"] = member["host"]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


def make_store(name: str, folder: Path, progress: Progress = silent) -> Store:
    """The store of this service in this folder, not started yet."""
    if given := os.environ.get("MONGODB_URI"):
        store = Store(name, folder, "given", with_database(given, name), [])
        store.patience = 60.0
        return store
    mongod = shutil.which("mongod")
    kind = "mongod" if mongod else "embedded"
    # A folder per kind: neither reads the other's files.
    folder, data = folder.resolve(), (folder / f"{name}-{kind}").resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalFault(f"cannot write the store's folder {data}: {error.strerror}") from error
    port = Ports(folder / f"{name}.ports.json", progress).take(f"{name}-store")
    command = _mongod(mongod, port, data) if mongod else _embedded(port, data)
    # The embedded store sorts all it remembers of retryable writes at each write: half a millisecond more per thousand acts.
    # Nothing leans on the driver's retry: chassis.records tries again by itself, by the cause.
    options = "directConnection=true" if mongod else "directConnection=true&retryWrites=false"
    return Store(name, folder, kind, f"mongodb://127.0.0.1:{port}/{name}?{options}", command)


def start_store(name: str, folder: Path, progress: Progress = silent) -> Store:
    """Starts the store of this service and waits until it takes writes."""
    store = make_store(name, folder, progress)
    store.start(progress)
    return store


def with_database(uri: str, name: str) -> str:
    """The connection string with this database. Without an authSource the old database is where the user is known."""
    parts = urlsplit(uri)
    query = parts.query
    if "@" in parts.netloc and "authSource" not in parse_qs(query):
        query = "&".join(filter(None, (query, f"authSource={parts.path.strip('/') or 'admin'}")))
    if not parts.scheme.startswith("mongodb") or not parts.netloc:
        raise LocalFault(
            "MONGODB_URI is no connection string: it reads mongodb://[user:password@]host[:port]/[?options]"
        )
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", query, ""))


def _mongod(program: str, port: int, data: Path) -> list[str]:
    own = ["--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(data)]
    return [program, *own, "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "200", "--nounixsocket"]


def _embedded(port: int, data: Path) -> list[str]:
    """The native daemon itself: the program in bin/ is a Python wrapper of it.

    --sync-on-commit makes a write durable before it is acknowledged; a small log file keeps recovery at one second.
    """
    program = Path(sysconfig.get_path("platlib")) / "secantusdb.scripts" / "secantusd-rs"
    if not program.exists():
        raise LocalFault(
            "no store: give MONGODB_URI, put mongod on the PATH, or install the embedded one: pip install -e '.[local]'"
        )
    own = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(data), "--log-level", "WARNING"]
    return [str(program), *own, "--sync-on-commit", "--log-file-max", "128MB", "--cache-size", "64M"]


def _environment() -> Mapping[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SECANTUS")}
