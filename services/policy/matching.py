"""Matching (精准推荐): which enterprises get which items. What changed is looked at again, and nothing else: a fact that is told by the
items that read it, an item that is opened by one walk through the base, what counts days once a day.

An enterprise's matches are read before the enterprise, and written only if nobody wrote them meanwhile; then the enterprise is looked at
once more. So whoever saw the newest facts writes last.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from pymongo.database import Database

from chassis import rules
from chassis.acts import Cause, now
from chassis.errors import ABORTED, Refused
from chassis.records import MAX_ENTRIES, Record
from services.policy import model_enterprises, model_matches, store_enterprises, store_items, store_matches
from services.policy.model_enterprises import BUCKETS, Enterprise
from services.policy.model_facts import Fact
from services.policy.model_matches import Judged, Plan
from standards.workdays import local_day
from yiwang.policy.v1 import events_pb2 as events
from yiwang.policy.v1 import items_pb2 as pb

Document = dict[str, Any]
ATTEMPTS: Final = 20
# An enterprise's journal keeps so much for what it does itself.
ROOM: Final = MAX_ENTRIES // 2


class Qualifying(NamedTuple):
    """An enterprise that gets an item: `organization` is its id in identity, empty when nobody acted for it yet."""

    uscc: str
    organization: str
    name: str
    fen: int


class Plans:
    """The plan of the items that are open now; a definition is read and made ready once for each edition."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._ready: dict[tuple[str, int], Judged] = {}
        self._plan = model_matches.plan(())

    def now(self) -> Plan:
        """The plan as the items are now."""
        editions = set(store_matches.open_editions(self._database))
        if editions != {(one.id, one.edition) for one in self._plan.items.values()}:
            self._ready = {key: self._judged(key) for key in editions}
            self._plan = model_matches.plan(self._ready.values())
        return self._plan

    def _judged(self, key: tuple[str, int]) -> Judged:
        if key in self._ready:
            return self._ready[key]
        item = store_items.opened(self._database, key[0])
        return model_matches.judged(item.id, item.edition, item.definition)


def values(facts: Mapping[str, Fact], day: date) -> dict[str, Any]:
    """An enterprise's facts as rules read them on a day, with those that are worked out (model_matches.values)."""
    return model_matches.values({name: fact.value for name, fact in facts.items()}, day)


# -- what changed ------------------------------------------------------------------------------------------------------


def facts_told(database: Database[Document], plan: Plan, uscc: str, names: Collection[str], trace: str = "") -> None:
    """Facts of an enterprise were told: the items that read them are looked at again."""
    looked = model_matches.affected(plan, names)
    if looked:
        rematch(database, plan, uscc, looked, trace)


def rematch(database: Database[Document], plan: Plan, uscc: str, looked: Collection[str], trace: str = "") -> None:
    """Looks at these items again for one enterprise, and has it told of what it newly matches."""
    items = _matched(database, plan, uscc, looked)
    entry = store_enterprises.entry(database, uscc) if items else None
    if entry is not None:
        tell(database, plan, entry, items, trace)


def _matched(database: Database[Document], plan: Plan, uscc: str, looked: Collection[str]) -> Mapping[str, Any]:
    for _ in range(ATTEMPTS):
        known = store_matches.get(database, uscc)
        enterprise = store_enterprises.enterprise(database, uscc)
        if enterprise is None:
            return {}
        items = _renewed(plan, looked, known, enterprise, now())
        if items == (known["items"] if known else {}):
            return items
        written = store_matches.write(database, uscc, known, items)
        if written and store_enterprises.rev(database, uscc) == enterprise["rev"]:
            return items
    raise Refused(ABORTED, "CHANGED_MEANWHILE", "该企业的数据正被他人修改，请稍后重试")


def _renewed(
    plan: Plan, looked: Collection[str], known: Document | None, enterprise: Document, at: datetime
) -> dict[str, Any]:
    judged = [plan.items[id] for id in looked if id in plan.items]
    fresh = model_matches.outcomes(judged, enterprise["values"], enterprise["region"], local_day(at))
    return model_matches.renewed(known["items"] if known else {}, fresh, looked, plan, at)


def match_part(database: Database[Document], plan: Plan, bucket: int, looked: Collection[str]) -> int:
    """Looks at these items again for a part of the base; how many enterprises there are in it."""
    known = store_matches.of_part(database, bucket)
    # After the matches: whoever wrote them later saw no older facts.
    part, at = store_enterprises.part(database, bucket), now()
    fresh = {row["_id"]: (_renewed(plan, looked, known.get(row["_id"]), row, at), row["rev"]) for row in part}
    changed = [
        (uscc, known[uscc]["ver"] if uscc in known else 0, items)
        for uscc, (items, _) in fresh.items()
        if items != (known[uscc]["items"] if uscc in known else {})
    ]
    whole = store_matches.write_many(database, changed)
    revs = store_enterprises.revs(database, bucket) if changed else {}
    for uscc, _, _ in changed:
        if not whole or revs[uscc] != fresh[uscc][1]:
            rematch(database, plan, uscc, looked)
    for uscc, entry in store_enterprises.entries_of(database, bucket).items():
        if uscc in fresh:
            tell(database, plan, entry, fresh[uscc][0])
    return len(part)


def tell(
    database: Database[Document], plan: Plan, entry: Record[Enterprise], items: Mapping[str, Any], trace: str = ""
) -> None:
    """Has an enterprise told of the items it newly gets, each edition once, if it wants to be."""
    for id in sorted(items):
        told, item = items[id], plan.items.get(id)
        if item is None or not told["qualifies"]:
            continue
        about = (id, told["edition"], item.mode)
        if model_enterprises.wants(entry.state, *about):
            event = events.EnterpriseMatched(
                enterprise_id=entry.id,
                uscc=entry.state.uscc,
                organization_id=entry.state.organization_id,
                item_id=id,
                edition=told["edition"],
                item_title=item.title,
                mode=item.mode,  # type: ignore[arg-type]
                fen=told["fen"],
            )
            _tell(database, entry.id, event, about, trace)


def _tell(
    database: Database[Document], id: str, event: events.EnterpriseMatched, about: tuple[str, int, int], trace: str
) -> None:
    def decide(one: Enterprise) -> events.EnterpriseMatched | None:
        return event if model_enterprises.wants(one, *about) else None

    cause = Cause(key=f"matched/{about[0]}/{about[1]}", by="system:policy", trace=trace)
    try:
        store_enterprises.entries(database).change(id, cause, decide, room=ROOM)
    except Refused as refused:
        # Who was told so often finds it in his list all the same.
        if refused.reason != "JOURNAL_FULL":
            raise


# -- walks -------------------------------------------------------------------------------------------------------------


def walk(database: Database[Document], plans: Plans, day: date) -> bool:
    """One part further on every walk that is under way; whether there is any."""
    walks = store_matches.unfinished(database, day.isoformat())
    if not walks:
        return False
    # After the walks: an item whose walk began is among them.
    plan = plans.now()
    for one in walks:
        looked = [one["item"]] if one["item"] else plan.daily
        if looked:
            match_part(database, plan, one["next"], looked)
        store_matches.advance(database, one)
    return True


# -- who gets an item --------------------------------------------------------------------------------------------------


def qualifying(database: Database[Document], item_id: str, edition: int) -> Iterator[Qualifying]:
    """Every enterprise that gets an edition of an item as it was last looked at, in a fixed order. What it has already, and whether it
    opted out, is not asked."""
    for bucket in range(BUCKETS):
        rows = [
            (row["_id"], row["items"][item_id])
            for row in store_matches.qualifying(database, item_id, bucket)
            if row["items"][item_id]["edition"] == edition
        ]
        if not rows:
            continue
        entries = store_enterprises.entries_of(database, bucket)
        names = {row["_id"]: row["name"] for row in store_enterprises.part(database, bucket)}
        for uscc, told in sorted(rows):
            organization = entries[uscc].state.organization_id if uscc in entries else ""
            yield Qualifying(uscc, organization, names[uscc], told["fen"])


def count(database: Database[Document], definition: pb.PayoutItemDefinition, day: date) -> Counter[str]:
    """Who would qualify for a definition over the whole base of its region, and what it would cost (count_part, all parts together)."""
    total: Counter[str] = Counter()
    for bucket in range(BUCKETS):
        add(total, count_part(database, definition, day, bucket))
    return total


def add(total: Counter[str], more: Mapping[str, int]) -> None:
    """Adds what another part of the base counts."""
    largest = max(total["largest_fen"], more.get("largest_fen", 0))
    total.update(more)
    total["largest_fen"] = largest


def count_part(
    database: Database[Document], definition: pb.PayoutItemDefinition, day: date, bucket: int
) -> Counter[str]:
    """The figures of a part of the base: enterprises, qualifying, not_qualifying, unknown, faulty, cost_fen, largest_fen; `missing.<fact>`
    for how many a fact is missing, `fails.<leaf>` for how many nothing but one condition fails."""
    item, found = model_matches.judged("", 0, definition), Counter[str]()
    for row in store_enterprises.part(database, bucket, definition.region):
        if not model_matches.covers(definition.region, row["region"]):
            continue
        found["enterprises"] += 1
        facts = model_matches.values(row["values"], day)
        told = model_matches.outcome(item, facts, rules.context(facts), {})
        if told.fault:
            found["faulty"] += 1
        elif told.truth == rules.TRUE:
            found.update(qualifying=1, cost_fen=told.fen)
            found["largest_fen"] = max(found["largest_fen"], told.fen)
        elif told.truth == rules.UNKNOWN:
            found["unknown"] += 1
        else:
            found["not_qualifying"] += 1
            failing = model_matches.failing(definition, facts)
            if len(failing) == 1:
                found[f"fails.{failing[0]}"] += 1
        found.update(f"missing.{name}" for name in told.missing)
    return found
