"""Ratings in memory: as much of a collection as their records read and write."""

from typing import Any

import bson
from bson.codec_options import CodecOptions
from pymongo.errors import DuplicateKeyError

from chassis.records import Records
from services.rating.model import Rating
from services.rating.model_evolve import EVOLVE
from yiwang.rating.v1 import events_pb2 as events

OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


class Memory:
    """The collection."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}

    def find_one(self, query: dict[str, Any], _only: Any = None) -> dict[str, Any] | None:
        found = self.documents.get(query["_id"])
        return found and _kept(found)

    def insert_one(self, document: dict[str, Any]) -> None:
        if document["_id"] in self.documents:
            raise DuplicateKeyError("")
        self.documents[document["_id"]] = _kept(document)

    def update_one(self, query: dict[str, Any], change: dict[str, Any]) -> Any:
        document = self.documents[query["_id"]]
        assert document["version"] == query["version"]
        for path, value in _kept(change["$set"]).items():
            if path.startswith("state."):
                document["state"][path.removeprefix("state.")] = value
        document["journal"] += _kept(change["$push"]["journal"])["$each"]
        document["version"] += change["$inc"]["version"]
        return Written


class Written:
    """What an update answers."""

    matched_count = 1


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    """As the store gives it back."""
    return bson.decode(bson.encode(document), OPTIONS)


def ratings(memory: Memory) -> Records[Rating]:
    """The records of ratings, in memory."""
    return Records(memory, Rating, EVOLVE, events)  # type: ignore[arg-type]
