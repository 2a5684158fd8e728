"""An item as pure functions: one per act, one per event.

An act checks and returns the event; `EVOLVE` turns events into state; `visible` says whose items an officer may write.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from chassis.acts import OFFICER, Actor, Evolve, Moment
from chassis.errors import PERMISSION_DENIED, Refused, Violation, invalid, require
from services.catalog.model_checks import faults
from standards import codes
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2 as pb

DRAFT, PUBLISHED, SUSPENDED = pb.ITEM_STATUS_DRAFT, pb.ITEM_STATUS_PUBLISHED, pb.ITEM_STATUS_SUSPENDED
# Who writes when an import does.
IMPORTER = "system:catalog"
# A record keeps every definition it ever had and stays below 1 MB.
MOST_BYTES = 900_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What lists and search know of the published definition."""

    code: str
    name: str
    aliases: list[str]
    department: str
    department_name: str
    region: str
    type_code: str
    topics: list[str]
    promised: list[int]
    online: bool
    visits: int


@dataclass(frozen=True, slots=True)
class Item:
    """The present state of an item. `definition` is the working one, as proto3 JSON; editions stand in the journal."""

    id: str
    code: str
    region: str
    department: str
    status: int
    definition: dict[str, Any]
    digest: str
    # Bytes of all definitions in the journal.
    written: int
    edition: int = 0
    published_digest: str = ""
    published_at: datetime | None = None
    listing: Listing | None = None
    # When what search shows changed last: the key of the api's poll.
    listed_at: datetime | None = None
    # Digest of the definition imported last: the same file again changes nothing, whatever officers wrote since.
    imported: str = field(default="")


def visible(actor: Actor) -> dict[str, Any]:
    """The one filter of drafts and writes: officers see items of the regions theirs covers."""
    if actor.realm == OFFICER and codes.region_valid(actor.region):
        prefix = codes.region_prefix(actor.region)
        return {"state.region": {"$gte": prefix, "$lt": prefix + ":"}}
    return {"state.region": ""}


def sees(actor: Actor, item: Item) -> bool:
    """The same as `visible`, as a predicate."""
    return actor.realm == OFFICER and codes.region_covers(actor.region, item.region)


def published() -> dict[str, Any]:
    """The filter of what everyone may read: items that have an edition."""
    return {"state.edition": {"$gte": 1}}


def require_region(actor: Actor, definition: pb.ItemDefinition) -> None:
    """PERMISSION_DENIED REGION_NOT_COVERED unless the officer's region covers the definition's."""
    if not codes.region_covers(actor.region, definition.region):
        message = "事项所属区划不在您的管辖范围内"
        field = Violation("definition.region", "REGION_NOT_COVERED", message)
        raise Refused(PERMISSION_DENIED, "REGION_NOT_COVERED", message, (field,))


def save(item: Item | None, id: str, definition: pb.ItemDefinition) -> events.ItemSaved | None:
    """The working definition, new or changed; nothing for the same one again."""
    if found := faults(definition):
        raise invalid(*(Violation(f"definition.{one.field}", one.reason, one.message) for one in found))
    content = MessageToDict(definition)
    return None if item is not None and item.digest == digest(content) else _save(item, id, definition, content)


def publish(item: Item) -> events.ItemPublished:
    """The working definition as the next edition; a suspended item comes back by it."""
    fresh = item.digest != item.published_digest or item.status == SUSPENDED
    require(fresh, "NOTHING_TO_PUBLISH", "当前内容已经发布，没有可发布的修改")
    _require_room(item, item.definition)
    return events.ItemPublished(item_id=item.id, edition=item.edition + 1, definition=definition_of(item.definition))


def suspend(item: Item, reason: str) -> events.ItemSuspended:
    """No new applications from now on; the guide stays readable."""
    require(item.status == PUBLISHED, "NOT_PUBLISHED", "该事项未处于发布状态，不能暂停")
    return events.ItemSuspended(item_id=item.id, reason=reason)


def bring(item: Item | None, id: str, definition: pb.ItemDefinition, live: bool) -> list[Message]:
    """What an import writes: the definition when the source changed it, published when `live` and not suspended."""
    content = MessageToDict(definition)
    incoming = digest(content)
    found: list[Message] = []
    if item is None or incoming not in (item.imported, item.digest):
        found.append(_save(item, id, definition, content))
    # What officers wrote since the last import stays theirs to publish.
    ours = bool(found) or (item is not None and item.digest == incoming)
    fresh = item is None or (item.status != SUSPENDED and item.published_digest != incoming)
    if live and ours and fresh:
        edition = item.edition + 1 if item else 1
        found.append(events.ItemPublished(item_id=id, edition=edition, definition=definition))
    return found


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a definition's proto3 JSON with sorted keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def definition_of(content: Mapping[str, Any]) -> pb.ItemDefinition:
    """A definition from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), pb.ItemDefinition(), ignore_unknown_fields=True)


def _save(item: Item | None, id: str, definition: pb.ItemDefinition, content: Mapping[str, Any]) -> events.ItemSaved:
    _require_room(item, content)
    return events.ItemSaved(item_id=id, definition=definition)


def _require_room(item: Item | None, content: Mapping[str, Any]) -> None:
    # The new definition stands in two entries, saved and published, and in the state.
    size = len(orjson.dumps(content))
    if (item.written if item else 0) + 3 * size > MOST_BYTES:
        raise invalid(Violation("definition", "ITEM_TOO_LARGE", "事项内容连同历次版本过大，无法保存"))


def _saved(item: Item | None, event: events.ItemSaved, moment: Moment) -> Item:
    definition, content = event.definition, MessageToDict(event.definition)
    fresh = digest(content)
    imported = fresh if moment.by == IMPORTER else (item.imported if item else "")
    base = item or Item(event.item_id, definition.code, "", "", DRAFT, {}, "", 0)
    return replace(
        base,
        region=definition.region,
        department=definition.department.code,
        definition=content,
        digest=fresh,
        written=base.written + len(orjson.dumps(content)),
        imported=imported,
    )


def _published(item: Item, event: events.ItemPublished, moment: Moment) -> Item:
    content = MessageToDict(event.definition)
    return replace(
        item,
        status=PUBLISHED,
        edition=event.edition,
        published_digest=digest(content),
        published_at=moment.at,
        listing=_listing(event.definition),
        listed_at=moment.at,
        written=item.written + len(orjson.dumps(content)),
    )


def _suspended(item: Item, _event: events.ItemSuspended, moment: Moment) -> Item:
    return replace(item, status=SUSPENDED, listed_at=moment.at)


def _listing(definition: pb.ItemDefinition) -> Listing:
    return Listing(
        code=definition.code,
        name=definition.name,
        aliases=list(definition.aliases),
        department=definition.department.code,
        department_name=definition.department.name,
        region=definition.region,
        type_code=definition.type_code,
        topics=list(definition.topics),
        promised=[definition.promised_limit.amount, definition.promised_limit.unit],
        online=definition.online,
        visits=definition.visits,
    )


EVOLVE: Evolve = {
    events.ItemSaved: _saved,
    events.ItemPublished: _published,
    events.ItemSuspended: _suspended,
}
