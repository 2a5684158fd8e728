"""Case's own copy of the items, so that catalog may be away while people apply. Every edition is kept for ever."""

import threading
from datetime import timedelta
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict, ParseDict
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis import contracts
from chassis.acts import now
from yiwang.catalog.v1 import service_pb2 as catalog

Document = dict[str, Any]


def ensure_indexes(database: Database[Document]) -> None:
    """By when it was heard (for the poll), by code, and by the guard of the write."""
    database["items"].create_index("heard", name="heard")
    database["items"].create_index("code", name="code")
    database["items"].create_index([("_id", 1), ("seq", 1)], name="id_seq")


class KeptItem(NamedTuple):
    """An edition of an item, and why it takes no new applications, if it does not."""

    edition: int
    suspended: bool
    withdrawn: bool
    definition: catalog.ItemDefinition


class Items:
    """The items of one store, in memory as far as they were asked for."""

    def __init__(self, database: Database[Document]) -> None:
        self._current = database["items"]
        self._editions = database["item_editions"]
        self._latest: dict[str, tuple[int, bool, bool]] = {}
        self._ids: dict[str, str] = {}
        self._definitions: dict[tuple[str, int], catalog.ItemDefinition] = {}
        self._since = now() - timedelta(minutes=5)
        self._lock = threading.Lock()

    def keep(self, item_id: str, seq: int, edition: int, definition: catalog.ItemDefinition) -> None:
        """Keeps an edition; an older event than the one known changes nothing but the editions."""
        content = MessageToDict(definition)
        values = {"definition": content, "digest": contracts.digest(content)}
        self._editions.update_one({"_id": f"{item_id}/{edition}"}, {"$set": values}, upsert=True)
        self._set(item_id, seq, {"edition": edition, "suspended": False, "code": definition.code})

    def suspend(self, item_id: str, seq: int) -> None:
        """No new applications, unless a newer edition was heard already."""
        self._set(item_id, seq, {"suspended": True})

    def resume(self, item_id: str, seq: int, edition: int) -> None:
        """Applications again, unless something newer was heard already."""
        self._set(item_id, seq, {"edition": edition, "suspended": False})

    def withdraw(self, item_id: str, seq: int) -> None:
        """No new applications for ever."""
        self._set(item_id, seq, {"withdrawn": True})

    def _set(self, item_id: str, seq: int, values: Document) -> None:
        try:
            change = {"$set": values | {"seq": seq, "heard": now()}}
            self._current.update_one({"_id": item_id, "seq": {"$lt": seq}}, change, upsert=True)
        except DuplicateKeyError:
            # A newer event of the item was heard already: read models skip older ones. But a suspension heard before
            # its publication knows neither the edition nor the code, which never changes.
            known = {"$set": {"code": values["code"]}} if "code" in values else {}
            if "edition" in values:
                self._current.update_one({"_id": item_id}, {"$max": {"edition": values["edition"]}, **known})

    def current(self, item_id: str) -> KeptItem | None:
        """The item as it may be applied for now, None when none was heard of."""
        if item_id not in self._latest:
            found = self._current.find_one({"_id": item_id})
            if found is None or "edition" not in found:
                return None
            self._latest[item_id] = (found["edition"], found.get("suspended", False), found.get("withdrawn", False))
        edition, suspended, withdrawn = self._latest[item_id]
        definition = self.edition(item_id, edition)
        return KeptItem(edition, suspended, withdrawn, definition) if definition else None

    def by_code(self, code: str) -> str | None:
        """Id of the item with this code, None when none was heard of; it never changes, so it is remembered."""
        if code not in self._ids and (found := self._current.find_one({"code": code}, {"_id": 1})):
            self._ids[code] = found["_id"]
        return self._ids.get(code)

    def edition(self, item_id: str, edition: int) -> catalog.ItemDefinition | None:
        """One edition's definition; it never changes, so it is remembered."""
        known = self._definitions.get((item_id, edition))
        if known is None:
            found = self._editions.find_one({"_id": f"{item_id}/{edition}"})
            if found is None:
                return None
            known = ParseDict(found["definition"], catalog.ItemDefinition(), ignore_unknown_fields=True)
            with self._lock:
                if len(self._definitions) > 5000:
                    self._definitions.clear()
                self._definitions[(item_id, edition)] = known
        return known

    def copies(self, after: str, count: int) -> tuple[list[catalog.Copy], str]:
        """The next items by id with the edition they stand at, and the id the next page begins after ("" at the end). Ids first: a range
        of ids scans on the embedded store."""
        ids = sorted(row["_id"] for row in self._current.find({}, {"_id": 1}))
        chosen = [id for id in ids if id > after][: count + 1]
        found = [copy for id in chosen[:count] if (copy := self._copy(id))]
        return found, chosen[count - 1] if len(chosen) > count else ""

    def _copy(self, item_id: str) -> catalog.Copy | None:
        current = self._current.find_one({"_id": item_id})
        if current is None or "edition" not in current:
            return None
        kept = self._editions.find_one({"_id": f"{item_id}/{current['edition']}"})
        if kept is None:
            return None
        live = not current.get("suspended") and not current.get("withdrawn")
        # What was kept before digests were.
        digest = kept.get("digest") or contracts.digest(kept["definition"])
        return catalog.Copy(item_id=item_id, edition=current["edition"], live=live, digest=digest)

    def refresh(self) -> None:
        """Forgets what the worker heard anew since the last call; the api calls it every second or two."""
        instant = now()
        bounds = {"$gte": self._since - timedelta(seconds=60), "$lt": instant + timedelta(days=1)}
        for document in self._current.find({"heard": bounds}, {"_id": 1}):
            self._latest.pop(document["_id"], None)
        self._since = instant
