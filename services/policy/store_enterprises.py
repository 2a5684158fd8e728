"""The enterprise base: what is known of each enterprise (read model), the sheets it was told in, and enterprises' own entries.

The read model has a document for each USCC. Of each fact it holds the one that ranks highest (model_facts.rank), so that events may come
twice and in any order; `rev` moves with every change.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from chassis.acts import Cause
from chassis.errors import ABORTED, Refused
from chassis.records import Record, Records, record_id
from services.policy import model_enterprises, model_facts, model_sheets, store_corrections
from services.policy.model_enterprises import Enterprise
from services.policy.model_facts import Fact, Kind
from services.policy.model_sheets import Sheet, Told
from standards.codes import region_covers
from yiwang.policy.v1 import events_pb2 as events

Document = dict[str, Any]
COLLECTION: Final = "enterprises"
ATTEMPTS: Final = 20
COUNTY_DIGITS: Final = 6


def entries(database: Database[Document]) -> Records[Enterprise]:
    """Enterprises' own entries."""
    return Records(database["enterprise_entries"], Enterprise, model_enterprises.EVOLVE, events)


def sheets(database: Database[Document]) -> Records[Sheet]:
    """The sheets of facts."""
    return Records(database["fact_sheets"], Sheet, model_sheets.EVOLVE, events)


def records(database: Database[Document]) -> list[Records[Any]]:
    """Everything here that has a journal."""
    return [entries(database), sheets(database), *store_corrections.records(database)]


def ensure_indexes(database: Database[Document]) -> None:
    """Indexes of the base; safe to repeat."""
    entries(database).ensure_indexes([("state.bucket", 1)], [("state.opted_out", 1)])
    sheets(database).ensure_indexes()
    base = database[COLLECTION]
    base.create_index([("_id", 1), ("rev", 1)], name="id_rev")
    base.create_index([("bucket", 1)], name="bucket")
    base.create_index([("county", 1), ("bucket", 1)], name="county_bucket")
    store_corrections.ensure_indexes(database)


# -- what is known -----------------------------------------------------------------------------------------------------


def kinds(database: Database[Document]) -> Mapping[str, Kind]:
    """Every kind of fact: built in, and counties' own."""
    return store_corrections.kinds(database)


def enterprise(database: Database[Document], uscc: str) -> Document | None:
    """What the base has of an enterprise: name, region, `values` by fact, `facts` (where each comes from), `rev`; None when nobody
    told anything of it."""
    return database[COLLECTION].find_one({"_id": uscc})


def heading(database: Database[Document], uscc: str) -> Document | None:
    """An enterprise's name and region alone; None when nobody told anything of it."""
    return database[COLLECTION].find_one({"_id": uscc}, {"name": 1, "region": 1})


def reported_region(database: Database[Document], uscc: str) -> str:
    """Where an enterprise is by somebody else's word than its own; empty when nobody said so."""
    found = database[COLLECTION].find_one({"_id": uscc}, {"region": 1, "facts.region": 1})
    told = found["facts"].get("region") if found else None
    return str(found["region"]) if found and told and told["kind"] != model_facts.CLAIMED else ""


def rev(database: Database[Document], uscc: str) -> int:
    """Where the changes of an enterprise are; 0 when nobody told anything of it."""
    found = database[COLLECTION].find_one({"_id": uscc}, {"rev": 1})
    return int(found["rev"]) if found else 0


def facts_of(database: Database[Document], uscc: str) -> dict[str, Fact]:
    """What is known of an enterprise, by the facts' names; empty when nobody told anything of it."""
    found = enterprise(database, uscc)
    return facts_in(found) if found else {}


def facts_in(document: Document) -> dict[str, Fact]:
    """The facts of one of the base's documents."""
    values = document["values"]
    return {name: Fact(name=name, value=values[name], **told) for name, told in document["facts"].items()}


def part(database: Database[Document], bucket: int, region: str = "") -> list[Document]:
    """A part of the base as rules read it: name, region, `values` and `rev`; of a region's county only, whose own region is then for the
    reader to compare."""
    match = {**_county(region), "bucket": bucket}
    return list(database[COLLECTION].find(match, {"name": 1, "region": 1, "values": 1, "rev": 1}))


def revs(database: Database[Document], bucket: int) -> dict[str, int]:
    """Where the changes of each enterprise of a part are, by USCC."""
    return {row["_id"]: row["rev"] for row in database[COLLECTION].find({"bucket": bucket}, {"rev": 1})}


def _county(region: str) -> Document:
    county = region[:COUNTY_DIGITS]
    return {} if not county or county.endswith("00") else {"county": county}


def search(
    database: Database[Document], region: str, words: str, after: tuple[int, str], count: int
) -> tuple[list[Document], tuple[int, str]]:
    """Enterprises of a region whose names have these words, without their facts, from a place (part and USCC) on; and the next place,
    (BUCKETS, "") at the end."""
    found: list[Document] = []
    base, first = database[COLLECTION], after[0]
    for number in range(first, model_enterprises.BUCKETS):
        rows = base.find({**_county(region), "bucket": number}, {"name": 1, "region": 1})
        for row in sorted(rows, key=lambda one: str(one["_id"])):
            if number == first and row["_id"] <= after[1]:
                continue
            if region_covers(region, row["region"]) and all(word in row["name"] for word in words.split()):
                found.append(row)
                if len(found) == count:
                    return found, (number, row["_id"])
    return found, (model_enterprises.BUCKETS, "")


# -- what is told ------------------------------------------------------------------------------------------------------


def sheet_id(uscc: str, source: str, year: int) -> str:
    """The id of what a source tells of an enterprise in a year."""
    return record_id(f"facts/{uscc}/{source}/{year}")


def tell(
    database: Database[Document], told: Told, by: tuple[str, str, str], cause: Cause, known: Mapping[str, Kind]
) -> set[str]:
    """Writes what a source tells, once, and has it in the read model when it returns; `by` is source, its name, and the kind, `known`
    all kinds of facts. Names of the facts that changed."""
    source, source_name, kind = by
    id = sheet_id(told.uscc, source, model_sheets.year_of(told.at))
    message = model_sheets.stated(id, told, source, source_name, kind)
    all = sheets(database)
    record = _written(all, id, cause, message)
    entry = next(entry for entry in record.journal if entry["cause"] == cause.key)
    # As it was told the first time, should this be a repetition.
    event = all.event(entry)
    assert isinstance(event, events.FactsStated)
    return keep(database, event, entry["seq"], known)


def _written(all: Records[Sheet], id: str, cause: Cause, message: events.FactsStated) -> Record[Sheet]:
    """The sheet with what is told; who loses the race to be its first tells it anew."""
    if all.collection.find_one({"_id": id}, {"version": 1}) is None:
        try:
            return all.create(cause, lambda _: message, id)
        except Refused:
            if not (found := all.find({"_id": id})) or any(entry["cause"] == cause.key for entry in found.journal):
                raise
    return all.change(id, cause, lambda _: message)


def keep(database: Database[Document], event: events.FactsStated, seq: int, known: Mapping[str, Kind]) -> set[str]:
    """Read model: the facts of an event, where they rank higher than what is there. Names of those that changed."""
    base, facts = database[COLLECTION], model_sheets.facts_in(event, known, seq)
    for _ in range(ATTEMPTS):
        found = base.find_one({"_id": event.uscc})
        if found is None:
            try:
                base.insert_one(document(event.uscc, facts))
                return {fact.name for fact in facts}
            except DuplicateKeyError:
                continue
        there = facts_in(found)
        better = {fact.name: fact for fact in facts if _better(fact, there.get(fact.name))}
        if not better:
            return set()
        changed: Document = {f"facts.{name}": _told(fact) for name, fact in better.items()}
        changed |= {f"values.{name}": fact.value for name, fact in better.items()}
        changed |= _heading(better) | {"rev": found["rev"] + 1}
        if base.update_one({"_id": event.uscc, "rev": found["rev"]}, {"$set": changed}).matched_count:
            return set(better)
    raise Refused(ABORTED, "CHANGED_MEANWHILE", "该企业的数据正被他人修改，请稍后重试")


def document(uscc: str, facts: Iterable[Fact]) -> Document:
    """An enterprise's first document: the values rules read, and beside them where each comes from."""
    told = {fact.name: fact for fact in facts}
    start = {"_id": uscc, "rev": 1, "bucket": model_enterprises.bucket(uscc), "name": "", "region": "", "county": ""}
    values = {name: fact.value for name, fact in told.items()}
    return {**start, **_heading(told), "values": values, "facts": {name: _told(fact) for name, fact in told.items()}}


def _heading(told: Mapping[str, Fact]) -> Document:
    """What an enterprise is found and shown by, of the facts that tell it."""
    found: Document = {}
    if "name" in told:
        found["name"] = told["name"].value or ""
    if "region" in told:
        found["region"] = told["region"].value or ""
        found["county"] = found["region"][:COUNTY_DIGITS]
    return found


def _better(fact: Fact, known: Fact | None) -> bool:
    return known is None or model_facts.rank(fact) > model_facts.rank(known)


def _told(fact: Fact) -> Document:
    """Where a fact comes from."""
    told = fact._asdict()
    del told["name"], told["value"]
    return told


# -- enterprises' own entries ------------------------------------------------------------------------------------------


def entry_id(uscc: str) -> str:
    """The id of an enterprise's own entry."""
    return record_id(f"enterprise/{uscc}")


def entry(database: Database[Document], uscc: str) -> Record[Enterprise] | None:
    """An enterprise's own entry, without its journal; None when nobody ever acted for it."""
    return next(iter(entries(database).select({"_id": entry_id(uscc)})), None)


def opened(database: Database[Document], uscc: str, organization: str, by: str, trace: str = "") -> Record[Enterprise]:
    """An enterprise's own entry, opened if it is not there, and tied to this organisation."""
    all, id = entries(database), entry_id(uscc)
    cause = Cause(key=f"{id}/open/{organization}", by=by, trace=trace)
    told = model_enterprises.open(id, uscc, organization)
    found = entry(database, uscc)
    if found is None:
        try:
            return all.create(cause, lambda _: told, id)
        except Refused:
            found = all.get(id)
    if found.state.organization_id == organization:
        return found
    return all.change(id, cause, lambda one: None if one.organization_id == organization else told)


def entries_of(database: Database[Document], bucket: int) -> dict[str, Record[Enterprise]]:
    """The entries of a part of the base, by USCC."""
    return {one.state.uscc: one for one in entries(database).select({"state.bucket": bucket})}


def opted_out(database: Database[Document], uscc: str, item_id: str) -> bool:
    """Whether an item is never to be paid to an enterprise of itself."""
    found = entry(database, uscc)
    return found is not None and item_id in found.state.opted_out


def opted_out_of(database: Database[Document], item_id: str) -> set[str]:
    """USCCs of all who opted out of an item."""
    return {one.state.uscc for one in entries(database).select({"state.opted_out": item_id})}
