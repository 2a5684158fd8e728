"""What is fixed once and read often: lists of candidates and orders, kept under the digest of their content. Whoever writes one again
writes the same; a record names the one that holds."""

import hashlib
from contextlib import suppress
from typing import Any, Final

import orjson
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.errors import require
from chassis.records import Records

Document = dict[str, Any]
COLLECTION: Final = "frozen"
CHUNK: Final = 512 * 1024


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: the digest stands in the record's."""
    return []


def ensure_indexes(_database: Database[Document]) -> None:
    """They are found by their id."""


def put(database: Database[Document], content: Any) -> str:
    """Keeps it; its digest (hex SHA-256 of its canonical JSON). Chunks first, the head last: what has a head is whole."""
    data = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(data).hexdigest()
    parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    for number, part in enumerate(parts):
        _insert(database, {"_id": f"{digest}/{number}", "data": part})
    _insert(database, {"_id": digest, "chunks": len(parts)})
    return digest


def get(database: Database[Document], digest: str) -> Any:
    """What is kept under a digest. FAILED_PRECONDITION LIST_CHANGED for what is not what it was: nothing is drawn from it."""
    head = database[COLLECTION].find_one({"_id": digest})
    found = [
        database[COLLECTION].find_one({"_id": f"{digest}/{number}"}) for number in range(head["chunks"] if head else 0)
    ]
    data = b"".join(bytes(part["data"]) for part in found if part)
    whole = hashlib.sha256(data).hexdigest() == digest
    require(whole, "LIST_CHANGED", "保存的名单或者顺序与当时公布的摘要不符，不能使用")
    return orjson.loads(data)


def _insert(database: Database[Document], document: Document) -> None:
    with suppress(DuplicateKeyError):
        database[COLLECTION].insert_one(document)
