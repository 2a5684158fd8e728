"""Entries of the basic directory and implementations as the contracts show them."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.records import Record, structure
from services.catalog import instants, model_lines, search_rows
from services.catalog.model_directory import ENTRY
from services.catalog.model_facts import Chapter
from services.catalog.model_implementations import IMPLEMENTATION
from services.catalog.model_life import RETURNED
from services.catalog.model_lines import Kind, Line
from services.catalog.store import Listed
from yiwang.catalog.v1 import directory_pb2 as pb
from yiwang.catalog.v1 import service_pb2 as items

_VIEWS: Final = {ENTRY: pb.Entry, IMPLEMENTATION: pb.Implementation}


def published(kind: Kind, record: Record[Line]) -> Any:
    """The definition in force, for everyone; of a withdrawn one the last, and why it ended."""
    line = record.state
    return _VIEWS[kind](
        **_common(record), definition=model_lines.definition_of(kind, line.published), reason=line.life.reason
    )


def draft(kind: Kind, record: Record[Line]) -> Any:
    """The working definition, for its officers; `reason` tells why it was returned, when it was."""
    line = record.state
    reason = line.life.return_reason if line.life.draft == RETURNED else line.life.reason
    definition = model_lines.definition_of(kind, line.definition)
    return _VIEWS[kind](**_common(record), definition=definition, reason=reason, draft_status=line.life.draft)


def item(id: str, state: Mapping[str, Any]) -> items.ItemHit:
    """An item of an implementation, as its newest edition is."""
    newest = structure(state["history"][-1], Chapter)
    listed = Listed(id, 0, state["short_code"], "", [newest])
    return search_rows.hit(listed, newest.edition, newest.facts)


def _common(record: Record[Line]) -> dict[str, Any]:
    life = record.state.life
    return {
        "id": record.id,
        "version": record.version,
        "edition": life.edition,
        "status": life.status,
        "published_at": instants.told(life.published_at),
    }
