"""Case's own copy of the themes (一件事), so that catalog may be away while people apply. Every edition is kept for ever."""

from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict, ParseDict
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from yiwang.catalog.v1 import themes_pb2

Document = dict[str, Any]
COLLECTION, EDITIONS = "themes", "theme_editions"


def ensure_indexes(database: Database[Document]) -> None:
    """By the guard of the write."""
    database[COLLECTION].create_index([("_id", 1), ("seq", 1)], name="id_seq")


class KeptTheme(NamedTuple):
    """An edition of a theme, and whether it is over."""

    edition: int
    withdrawn: bool
    definition: themes_pb2.ThemeDefinition


class Themes:
    """The themes of one store. Few are applied for in a minute: they are read when they are asked for."""

    def __init__(self, database: Database[Document]) -> None:
        self._current = database[COLLECTION]
        self._editions = database[EDITIONS]

    def keep(self, theme_id: str, seq: int, edition: int, definition: themes_pb2.ThemeDefinition) -> None:
        """Keeps an edition; an older event than the one known changes nothing but the editions."""
        values = {"definition": MessageToDict(definition)}
        self._editions.update_one({"_id": f"{theme_id}/{edition}"}, {"$set": values}, upsert=True)
        self._set(theme_id, seq, {"edition": edition})

    def withdraw(self, theme_id: str, seq: int) -> None:
        """No new applications for ever; those under way go on."""
        self._set(theme_id, seq, {"withdrawn": True})

    def _set(self, theme_id: str, seq: int, values: Document) -> None:
        older = {"_id": theme_id, "seq": {"$lt": seq}}
        try:
            self._current.update_one(older, {"$set": values | {"seq": seq}}, upsert=True)
        except DuplicateKeyError:
            # A newer event was heard already, or an older one was written this very moment. A withdrawal heard before its publication
            # does not know the edition.
            self._current.update_one(older, {"$set": values | {"seq": seq}})
            if "edition" in values:
                self._current.update_one({"_id": theme_id}, {"$max": values})

    def current(self, theme_id: str) -> KeptTheme | None:
        """The theme as it may be applied for now, None when none was heard of."""
        found = self._current.find_one({"_id": theme_id})
        if found is None or "edition" not in found:
            return None
        definition = self.edition(theme_id, found["edition"])
        return KeptTheme(found["edition"], found.get("withdrawn", False), definition) if definition else None

    def edition(self, theme_id: str, edition: int) -> themes_pb2.ThemeDefinition | None:
        """One edition's definition; it never changes."""
        found = self._editions.find_one({"_id": f"{theme_id}/{edition}"})
        if found is None:
            return None
        return ParseDict(found["definition"], themes_pb2.ThemeDefinition(), ignore_unknown_fields=True)
