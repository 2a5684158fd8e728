"""Themes as the contracts show them."""

from chassis.errors import not_found
from chassis.records import Record, Records
from services.catalog import instants, model_themes, store_themes
from services.catalog.model_themes import Theme
from yiwang.catalog.v1 import themes_pb2 as pb


def published(all: Records[Theme], record: Record[Theme]) -> pb.Theme:
    """The newest edition, for everyone; NOT_FOUND before the first."""
    found = store_themes.edition(all, record)
    if found is None:
        raise not_found()
    event, at = found
    view = _theme(record)
    view.edition = event.edition
    view.definition.CopyFrom(event.definition)
    view.published_at = instants.told(at)
    return view


def draft(record: Record[Theme]) -> pb.Theme:
    """The working definition for its officers; its edition is the newest one's, which it may differ from."""
    life = record.state.life
    view = _theme(record)
    view.edition = life.edition
    view.definition.CopyFrom(model_themes.definition_of(record.state.definition))
    view.published_at = instants.told(life.published_at)
    view.draft_status = life.draft  # type: ignore[assignment]
    view.reason = life.return_reason or life.reason
    return view


def _theme(record: Record[Theme]) -> pb.Theme:
    life = record.state.life
    return pb.Theme(id=record.id, version=record.version, status=life.status, reason=life.reason)  # type: ignore[arg-type]
