"""An item as pure functions, one per act: it checks, and returns the event.

`model_evolve` turns events into state, one function per event. What it shares with entries, implementations and themes (who
may review, what may be published) is in `model_life`; splitting and merging is in `model_succession`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from chassis.errors import FAILED_PRECONDITION, Refused, Violation, invalid, require
from chassis.plain import plain
from services.catalog import model_life as life
from services.catalog.model_checks import faults
from services.catalog.model_facts import Chapter
from services.catalog.model_life import PUBLISHED, SUSPENDED, WITHDRAWN, Life, digest
from standards import lint
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as pb

# Who writes when an import does.
IMPORTER = "system:catalog"
FURTHEST = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Item:
    """The present state of an item. `definition` is the working one, as proto3 JSON; editions stand in the journal."""

    id: str
    code: str
    region: str
    department: str
    life: Life
    definition: dict[str, Any]
    # Of its address and QR, for ever.
    short_code: str
    # What it was from when on, oldest first: what lists and rates of a date are computed from. Empty = never published.
    history: list[Chapter] = field(default_factory=list)
    # When what search shows changed last: the key of the api's poll.
    listed_at: datetime | None = None
    # When a scheduled edition comes into force: the key of the worker's timer.
    due: datetime | None = None
    # Digest of the definition imported last: the same file again changes nothing, whatever officers wrote since.
    imported: str = ""
    # Faults and doubts the guide lint found in the working definition.
    findings: list[int] = field(default_factory=lambda: [0, 0])
    # Base codes of the working and of the published definition: a changed standard finds its items by them.
    base_codes: list[str] = field(default_factory=list)
    published_base_codes: list[str] = field(default_factory=list)
    # The implementation the published definition is a handling item of: it names it, or its own code goes on from it.
    implementation: str = ""
    # `<entry id>/<edition>` of the standard that the working and the published definition hold; empty = none.
    standard: str = ""
    published_standard: str = ""
    # Items it came from, items that are to take its place, those of them that are published, and those that did.
    predecessors: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    parts_published: list[str] = field(default_factory=list)
    successors: list[str] = field(default_factory=list)


def save(
    item: Item | None,
    id: str,
    definition: pb.ItemDefinition,
    seen: int = 0,
    predecessors: Sequence[str] = (),
    standard: str = "",
) -> events.ItemSaved | None:
    """The working definition, new or changed; nothing for the same one again. `seen` is the version it was read at, 0 = any.

    `standard` tells which one was merged in before (`store_directory.Standard.name`).
    """
    if found := faults(definition):
        raise invalid(*(Violation(f"definition.{one.field}", one.reason, one.message) for one in found))
    if not life.save(item.life if item else None, definition, seen):
        return None
    return saved(id, definition, predecessors=predecessors, standard=standard)


def saved(
    id: str, definition: pb.ItemDefinition, levels: Mapping[str, int] | None = None, **more: Any
) -> events.ItemSaved:
    """The event of a definition that was written, with how many faults and doubts the guide lint finds in it."""
    found = Counter(one.level for one in lint.findings(definition)) if levels is None else levels
    return events.ItemSaved(
        item_id=id, definition=definition, errors=found.get("error", 0), warnings=found.get("warning", 0), **more
    )


def review(item: Item, by: str, seen: int, note: str, no_duties: Sequence[str] = ()) -> events.ItemReviewed:
    """Approved as it stands at the version seen, by somebody who wrote none of it, when the guide lint has no fault to find.

    `no_duties` are those of its `duty_codes` that are of no implementation in force, here as in what follows.
    """
    life.review(item.life, by, seen)
    _require_faultless(item, no_duties)
    return events.ItemReviewed(item_id=item.id, note=note, digest=item.life.digest)


def give_back(item: Item, reason: str) -> events.ItemReturned:
    """Sent back to its writers."""
    life.give_back(item.life)
    return events.ItemReturned(item_id=item.id, reason=reason)


def publish(item: Item, no_duties: Sequence[str] = ()) -> events.ItemPublished:
    """The reviewed definition as the next edition; a suspended item comes back by it."""
    life.publish(item.life)
    _require_faultless(item, no_duties)
    return _edition(item, definition_of(item.definition))


def schedule(
    item: Item, effective_from: datetime, now: datetime, no_duties: Sequence[str] = ()
) -> events.ItemScheduled:
    """The reviewed definition, to come into force at an instant to come."""
    life.publish(item.life)
    _require_faultless(item, no_duties)
    if not now < effective_from <= now + FURTHEST:
        raise invalid(Violation("effective_from", "NOT_AHEAD", "生效时间应晚于现在，且不超过两年"))
    # As precise as the store is.
    return events.ItemScheduled(item_id=item.id, effective_from=effective_from.isoformat(timespec="milliseconds"))


def take_effect(item: Item, now: datetime) -> events.ItemPublished | None:
    """What a scheduled item becomes once its day has come; nothing before it, or when it was sent back meanwhile.

    What was reviewed comes into force, whatever rules the lint has learned since.
    """
    if item.due is None or item.due > now or item.life.draft != life.SCHEDULED:
        return None
    return _edition(item, definition_of(item.definition))


def suspend(item: Item, reason: str) -> events.ItemSuspended:
    """No new applications from now on; the guide stays readable."""
    life.suspend(item.life)
    return events.ItemSuspended(item_id=item.id, reason=reason)


def resume(item: Item) -> events.ItemResumed:
    """New applications again, in the edition it had."""
    life.resume(item.life, sum(life.size(asdict(chapter.facts)) for chapter in item.history[-1:]))
    return events.ItemResumed(item_id=item.id, edition=item.life.edition)


def withdraw(item: Item, reason: str, successors: Sequence[str]) -> events.ItemWithdrawn:
    """Over for ever."""
    life.withdraw(item.life)
    return events.ItemWithdrawn(item_id=item.id, reason=reason, successors=successors)


def bring(
    item: Item | None,
    id: str,
    definition: pb.ItemDefinition,
    live: bool,
    standard: str = "",
    source: str = "",
    levels: Mapping[str, int] | None = None,
) -> list[Message]:
    """What an import writes: the definition when the source changed it, published when `live` and neither suspended nor over.

    Where a standard filled it in, `standard` names that and `source` is the digest of the definition as the file has it.
    `levels` are how many findings of each level the lint had, when it was asked already.
    """
    incoming = digest(plain(definition))
    source = source or incoming
    if item is not None and item.life.status == WITHDRAWN:
        return []
    found: list[Message] = []
    if item is None or (source != item.imported and incoming != item.life.digest):
        life.save(item.life if item else None, definition)
        found.append(saved(id, definition, levels, standard=standard, imported=source))
    # What officers wrote since the last import stays theirs to publish.
    ours = bool(found) or (item is not None and item.life.digest == incoming)
    fresh = item is None or (item.life.status != SUSPENDED and item.life.published_digest != incoming)
    if live and ours and fresh:
        told = events.ItemPublished(item_id=id, edition=1, definition=definition, standard=standard)
        if item is not None:
            told.edition = item.life.edition + 1
            told.predecessors.extend(item.predecessors)
        found.append(told)
    return found


def definition_of(content: Mapping[str, Any]) -> pb.ItemDefinition:
    """A definition from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), pb.ItemDefinition(), ignore_unknown_fields=True)


def in_force(item: Item, at: datetime) -> Chapter | None:
    """What the item was at an instant; None before its first edition."""
    return next((chapter for chapter in reversed(item.history) if chapter.since <= at), None)


def require_published(item: Item) -> None:
    """FAILED_PRECONDITION NOT_PUBLISHED for what only a published item can do."""
    require(item.life.status == PUBLISHED, "NOT_PUBLISHED", "该事项未处于发布状态")


def no_duty(codes: Sequence[str]) -> list[Violation]:
    """What is wrong with a definition whose `duty_codes` name these, which no implementation in force has or had."""
    named = "、".join(codes)
    return [Violation("duty_codes", "DUTY_UNKNOWN", f"权责清单中没有在用的条目：{named}")] if codes else []


def _require_faultless(item: Item, no_duties: Sequence[str]) -> None:
    errors = (one for one in lint.findings(definition_of(item.definition)) if one.level == "error")
    found = [*(Violation(one.field, one.rule, one.message) for one in errors), *no_duty(no_duties)]
    if found:
        violations = tuple(Violation(f"definition.{one.field}", one.reason, one.message) for one in found)
        raise Refused(FAILED_PRECONDITION, "LINT_ERRORS", f"办事指南有{len(found)}处错误，请改正后再操作", violations)


def _edition(item: Item, definition: pb.ItemDefinition) -> events.ItemPublished:
    edition = item.life.edition + 1
    return events.ItemPublished(
        item_id=item.id,
        edition=edition,
        definition=definition,
        predecessors=item.predecessors,
        standard=item.standard,
    )
