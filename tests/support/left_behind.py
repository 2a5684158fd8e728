"""What a whole run of tests leaves behind, looked through for the fixtures' personal data: stores, logs, spans, events, dead letters.

The fixtures' ID numbers all lie in a region that does not exist (99), and no other text of eleven digits begins like a mobile
number, so a pattern finds each of them, whichever test made it up. Names and addresses are canaries: nothing else has them.
"""

import mmap
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import bson
from pymongo import MongoClient
from pymongo.database import Database

from deploy.local.suite import Suite

# Names and addresses the fixtures give to people. Whoever makes up another one adds it here.
CANARIES = ("诸葛试真名", "欧阳测试金丝雀", "金丝雀路八号", "端木上游", "公孙上游", "宇文上游")
_NUMBER = rb"(?<![0-9A-Za-z])99\d{4}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx](?![0-9A-Za-z])"
# Not after a dash: the last group of a UUID may be twelve digits.
_PHONE = rb"(?<![0-9A-Za-z.-])1[3-9]\d{9}(?![0-9A-Za-z.])"
_FORMS = {form for text in CANARIES for form in (text.encode(), ascii(text)[1:-1].encode(), quote(text).encode())}
PERSONAL = re.compile(b"|".join([_NUMBER, _PHONE, *(re.escape(form) for form in sorted(_FORMS))]))
# Files tests write themselves, to hand personal data in; everything else was written by the product or its daemons.
INPUTS = re.compile(r"\.(json|pdf|png|jpg|crt|pem|key)$|/uploads/|/Default/|chromium")
# What stores keep of their own, by the names deploy/local/stores.py gives the folders: compressed blocks, where digits stand
# together that no document has together. Their documents are read through the driver instead.
STORES = re.compile(r"-(embedded|mongod)/")
# Kinds of files: queues on disk with every event and dead letter, spans, logs of the product's own processes.
KINDS = {
    "broker files": re.compile(r"/mnesia/"),
    "span files": re.compile(r"/traces/"),
    "log files": re.compile(r"/log$|/logs/"),
}
OTHER = "other files"
# What a run of all the tests of the services has to have seen something of.
NEEDED = ("documents", *KINDS)
# The databases every store has of itself.
_OWN = ("admin", "config", "local")

# How much was looked through, by kind of place: a scan of nothing proves nothing.
seen: Counter[str] = Counter()


class LeftBehind(AssertionError):
    """Personal data stands in clear somewhere."""


def found_in(content: bytes | mmap.mmap) -> list[str]:
    """The personal data in these bytes."""
    return sorted({match[0].decode(errors="replace") for match in PERSONAL.finditer(content)})


def in_database(database: Database[dict[str, Any]]) -> list[str]:
    """What stands in clear in a database: `database.collection id: what`."""
    found = []
    for name in database.list_collection_names():
        for document in database[name].find():
            seen["documents"] += 1
            if what := found_in(bson.encode(document)):
                found.append(f"{database.name}.{name} {document['_id']}: {what}")
    return found


def require_clean(database: Database[dict[str, Any]]) -> None:
    """Raises LeftBehind when there is personal data in clear in this database."""
    if found := in_database(database):
        raise LeftBehind("\n".join(found))


def drop(database: Database[dict[str, Any]]) -> None:
    """Looks through a database, then drops it and closes the connection: the way a fixture leaves its own."""
    try:
        require_clean(database)
    finally:
        database.client.drop_database(database.name)
        database.client.close()


def require_clean_store(uri: str) -> None:
    """The same for every database of a store."""
    client: MongoClient[dict[str, Any]] = MongoClient(uri, serverSelectionTimeoutMS=5000)
    try:
        names = [name for name in client.list_database_names() if name not in _OWN]
        found = [line for name in names for line in in_database(client[name])]
    finally:
        client.close()
    if found:
        raise LeftBehind("\n".join(found))


def require_clean_suite(suite: Suite) -> None:
    """The same for the stores of a whole running suite; one of the installation's own, given by MONGODB_URI, is not ours to read."""
    for service in suite.services:
        if not suite.store(service).given:
            require_clean_store(suite.store(service).uri)


def in_files(folder: Path) -> list[str]:
    """What stands in clear in the files below a folder: logs, spans, and the broker's queues with every event and dead letter."""
    found = []
    for file in _files(folder):
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            seen[kind_of(file)] += 1
            if what := found_in(content):
                found.append(f"{file.relative_to(folder)}: {what[:5]}")
    return found


def kind_of(file: Path) -> str:
    """What kind of place a file is."""
    return next((kind for kind, pattern in KINDS.items() if pattern.search(str(file))), OTHER)


def unseen(without: Collection[str] = ()) -> list[str]:
    """The kinds of places of which nothing was looked through; `without` are those that are not ours to read."""
    return [kind for kind in NEEDED if not seen[kind] and kind not in without]


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if INPUTS.search(str(file)) or STORES.search(str(file)):
            continue
        if file.is_file() and not file.is_symlink() and file.stat().st_size:
            yield file
