"""What each enterprise matches (read model): a document for each, with the items it gets, and those of which facts are missing.

A document is written by whoever read it last before the enterprise itself (`ver`), so that nobody's older look takes the place of a newer.
Beside it: how far the walks through the base are (sweeps).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis.records import Records
from services.policy import model_enterprises, store_items

Document = dict[str, Any]
COLLECTION: Final = "matches"
SWEEPS: Final = "match_sweeps"
DAILY, FULL = "daily", "full"
# So many documents are written at a time: of more the embedded store may never answer.
BATCH: Final = 200


def records(_database: Database[Document]) -> list[Records[Any]]:
    """Nothing here has a journal: it is worked out."""
    return []


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of matches; safe to repeat."""
    matches = database[COLLECTION]
    matches.create_index([("_id", 1), ("ver", 1)], name="id_ver")
    matches.create_index([("bucket", 1)], name="bucket")
    matches.create_index([("qualifies", 1), ("bucket", 1)], name="qualifies_bucket")
    database[SWEEPS].create_index([("_id", 1), ("next", 1)], name="id_next")


def document(uscc: str, items: Mapping[str, Document], ver: int) -> Document:
    """An enterprise's matches as they are kept."""
    return {"_id": uscc, "bucket": model_enterprises.bucket(uscc), **_changed(items, ver)}


def get(database: Database[Document], uscc: str) -> Document | None:
    """What an enterprise matches; None while it never matched anything."""
    return database[COLLECTION].find_one({"_id": uscc})


def of_part(database: Database[Document], bucket: int) -> dict[str, Document]:
    """The matches of a part of the base, by USCC."""
    return {row["_id"]: row for row in database[COLLECTION].find({"bucket": bucket})}


def qualifying(database: Database[Document], item_id: str, bucket: int) -> Iterator[Document]:
    """The matches of those of a part that get an item."""
    yield from database[COLLECTION].find({"qualifies": item_id, "bucket": bucket})


def write(database: Database[Document], uscc: str, known: Document | None, items: Mapping[str, Document]) -> bool:
    """An enterprise's matches, unless somebody wrote since `known` was read."""
    matches = database[COLLECTION]
    if known is None:
        try:
            matches.insert_one(document(uscc, items, 1))
        except DuplicateKeyError:
            return False
        return True
    changed = _changed(items, known["ver"] + 1)
    return bool(matches.update_one({"_id": uscc, "ver": known["ver"]}, {"$set": changed}).matched_count)


def write_many(database: Database[Document], fresh: Collection[tuple[str, int, Mapping[str, Document]]]) -> bool:
    """The matches of many (USCC, the `ver` that was read or 0, items); whether all were written. Those somebody wrote since are not."""
    matches, whole = database[COLLECTION], True
    new = [document(uscc, items, 1) for uscc, ver, items in fresh if not ver]
    old = [
        UpdateOne({"_id": uscc, "ver": ver}, {"$set": _changed(items, ver + 1)}) for uscc, ver, items in fresh if ver
    ]
    for start in range(0, len(new), BATCH):
        try:
            matches.insert_many(new[start : start + BATCH], ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != 11000 for one in error.details["writeErrors"]):
                raise
            whole = False
    for start in range(0, len(old), BATCH):
        batch = old[start : start + BATCH]
        whole &= matches.bulk_write(batch, ordered=False).matched_count == len(batch)
    return whole


def _changed(items: Mapping[str, Document], ver: int) -> Document:
    qualifies = sorted(id for id, one in items.items() if one["qualifies"])
    return {"ver": ver, "items": dict(items), "qualifies": qualifies}


def open_editions(database: Database[Document]) -> list[tuple[str, int]]:
    """Ids and editions of the items that are open and can be paid, without their definitions."""
    found = database[store_items.COLLECTION].find({"state.payable_policy": {"$gt": ""}}, {"state.edition": 1})
    return [(row["_id"], row["state"]["edition"]) for row in found]


# -- walks through the base --------------------------------------------------------------------------------------------


def begin(database: Database[Document], id: str, **told: Any) -> None:
    """A walk through the base, unless it was begun already."""
    if database[SWEEPS].find_one({"_id": id}) is None:
        with suppress(DuplicateKeyError):
            database[SWEEPS].insert_one({"_id": id, "next": 0, **told})


def unfinished(database: Database[Document], day: str) -> list[Document]:
    """Walks of the worker that are under way: after items that were opened, and that of the day, which begins with it. Those that are done
    are forgotten, but for the day's."""
    today = f"{DAILY}/{day}"
    rows = [row for row in database[SWEEPS].find({}) if row["_id"] != FULL]
    if all(row["_id"] != today for row in rows):
        begin(database, today, item="")
        return unfinished(database, day)
    for row in rows:
        if row["_id"] != today and (not row["item"] or row["next"] >= model_enterprises.BUCKETS):
            database[SWEEPS].delete_one({"_id": row["_id"]})
            row["next"] = model_enterprises.BUCKETS
    return [row for row in rows if row["next"] < model_enterprises.BUCKETS]


def advance(database: Database[Document], walk: Document) -> None:
    """The next part, unless somebody else went on."""
    at = walk["next"] + 1
    database[SWEEPS].update_one({"_id": walk["_id"], "next": walk["next"]}, {"$set": {"next": at}})


def reached(database: Database[Document], run: str) -> int:
    """The part of the base a matching of all comes to next; 0 for another run than the last, and after its end."""
    found = database[SWEEPS].find_one({"_id": FULL})
    going_on = found is not None and found["run"] == run and found["next"] < model_enterprises.BUCKETS
    return int(found["next"]) if found and going_on else 0


def reach(database: Database[Document], run: str, part: int) -> None:
    """A matching of all has come to this part."""
    database[SWEEPS].update_one({"_id": FULL}, {"$set": {"run": run, "next": part}}, upsert=True)


def since(known: Document | None, item: str, edition: int) -> datetime | None:
    """Since when an enterprise gets an edition of an item; None when it was not so when somebody looked."""
    told = known["items"].get(item) if known else None
    fits = told is not None and told["qualifies"] and told["edition"] == edition
    at: datetime | None = told["since"] if told and fits else None
    return at
