"""What each event makes of an item. Pure: one function per event, beside the acts of `model` and `model_succession`."""

from dataclasses import asdict, replace
from datetime import datetime

from chassis.acts import Evolve, Moment
from chassis.plain import plain
from services.catalog import model_life as life
from services.catalog.model import IMPORTER, Item
from services.catalog.model_facts import Chapter, facts_of
from services.catalog.model_life import PUBLISHED, Life
from services.catalog.model_standard import base_codes
from standards import item_codes
from standards.item_addresses import short_code
from yiwang.catalog.v1 import events_pb2 as events


def _saved(item: Item | None, event: events.ItemSaved, moment: Moment) -> Item:
    definition, content = event.definition, plain(event.definition)
    base = item or Item(event.item_id, definition.code, "", "", Life(), {}, short_code(event.item_id))
    moved = life.after_saved(item.life if item else None, content, moment, event.writers)
    return replace(
        base,
        region=definition.region,
        department=definition.department.code,
        life=moved,
        definition=content,
        due=None,
        imported=_imported(event, base, moved.digest, moment.by),
        predecessors=list(event.predecessors) or base.predecessors,
        base_codes=base_codes(definition),
        standard=event.standard,
        findings=[event.errors, event.warnings],
    )


def _imported(event: events.ItemSaved, item: Item, digest: str, by: str) -> str:
    # Imports of old did not say what the source had: it was the definition. A standard taken over is no import, nor is a part.
    told = event.standard or event.predecessors or by != IMPORTER
    return event.imported or (item.imported if told else digest)


def _reviewed(item: Item, _event: events.ItemReviewed, moment: Moment) -> Item:
    return replace(item, life=life.after_reviewed(item.life, moment))


def _returned(item: Item, event: events.ItemReturned, moment: Moment) -> Item:
    return replace(item, life=life.after_returned(item.life, event.reason, moment), due=None)


def _scheduled(item: Item, event: events.ItemScheduled, moment: Moment) -> Item:
    return replace(item, life=life.after_scheduled(item.life, moment), due=datetime.fromisoformat(event.effective_from))


def _published(item: Item, event: events.ItemPublished, moment: Moment) -> Item:
    moved = life.after_published(item.life, event.edition, plain(event.definition), moment)
    chapter = Chapter(event.edition, PUBLISHED, moment.at, facts_of(event.definition))
    after = replace(
        item,
        life=moved,
        # An edition beside the draft (an import, a standard taken over) leaves its day as it is.
        due=item.due if moved.draft == life.SCHEDULED else None,
        published_base_codes=base_codes(event.definition),
        implementation=event.definition.implementation_code or item_codes.implementation_of(event.definition.code),
        published_standard=event.standard,
    )
    return _turned(after, chapter)


def _suspended(item: Item, event: events.ItemSuspended, moment: Moment) -> Item:
    # What was to come into force by itself would end the suspension: it waits for a person again.
    return _ended(replace(item, life=life.after_suspended(item.life, event.reason, moment), due=None), moment)


def _resumed(item: Item, event: events.ItemResumed, moment: Moment) -> Item:
    return _ended(replace(item, life=life.after_resumed(item.life, moment)), moment)


def _withdrawn(item: Item, event: events.ItemWithdrawn, moment: Moment) -> Item:
    over = life.after_withdrawn(item.life, event.reason, moment)
    return _ended(replace(item, life=over, due=None, successors=list(event.successors)), moment)


def _ended(item: Item, moment: Moment) -> Item:
    """The same edition under another status; nothing to tell of an item that was never published."""
    if not item.history:
        return item
    now = item.life
    return _turned(
        item, Chapter(now.edition, now.status, moment.at, item.history[-1].facts, now.reason, item.successors)
    )


def _turned(item: Item, chapter: Chapter) -> Item:
    kept = life.after_kept(item.life, life.size(asdict(chapter.facts)))
    return replace(item, life=kept, history=[*item.history, chapter], listed_at=chapter.since)


def _split(item: Item, event: events.ItemSplit, moment: Moment) -> Item:
    kept = life.after_kept(life.moved(item.life, moment), life.size(plain(event.definition)))
    return replace(item, life=kept, parts=list(event.part_ids), parts_published=[])


def _part_published(item: Item, event: events.PartPublished, moment: Moment) -> Item:
    return replace(item, life=life.moved(item.life, moment), parts_published=[*item.parts_published, event.part_id])


EVOLVE: Evolve = {
    events.ItemSaved: _saved,
    events.ItemReviewed: _reviewed,
    events.ItemReturned: _returned,
    events.ItemScheduled: _scheduled,
    events.ItemPublished: _published,
    events.ItemSuspended: _suspended,
    events.ItemResumed: _resumed,
    events.ItemWithdrawn: _withdrawn,
    events.ItemSplit: _split,
    events.PartPublished: _part_published,
}
