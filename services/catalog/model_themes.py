"""A theme (一件事) as pure functions: one per act, one per event. What it shares with items is in `model_life`, what a definition must
be in `model_themes_checks`, and what is merged of its items in `standards.themes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from chassis import rules
from chassis.acts import Evolve, Moment
from chassis.errors import Violation, invalid
from services.catalog import model_life as life
from services.catalog.model import IMPORTER
from services.catalog.model_life import WITHDRAWN, Life, digest
from services.catalog.model_themes_checks import faults
from standards import codes, themes
from standards.themes import Known
from yiwang.catalog.v1 import events_pb2 as events
from yiwang.catalog.v1 import service_pb2
from yiwang.catalog.v1 import themes_pb2 as pb


@dataclass(frozen=True, slots=True)
class Theme:
    """The present state of one variant of a theme. `definition` is the working one, as proto3 JSON; editions stand in the journal."""

    id: str
    code: str
    region: str
    # The region without its empty levels: by it the variants nearest to a place are found.
    place: str
    name: str
    life: Life
    definition: dict[str, Any]
    # The key of the officers' list.
    changed_at: datetime
    # Digest of the definition imported last: the same file again changes nothing, whatever officers wrote since.
    imported: str = ""


def save(theme: Theme | None, id: str, definition: pb.ThemeDefinition, seen: int = 0) -> events.ThemeSaved | None:
    """The working definition, new or changed; nothing for the same one again. `seen` is the version it was read at, 0 = any."""
    if found := faults(definition):
        raise invalid(*(Violation(f"definition.{one.field}", one.reason, one.message) for one in found))
    if not life.save(theme.life if theme else None, definition, seen):
        return None
    return events.ThemeSaved(theme_id=id, definition=definition)


def review(theme: Theme, by: str, seen: int, note: str) -> events.ThemeReviewed:
    """Approved as it stands at the version seen, by somebody who wrote none of it."""
    life.review(theme.life, by, seen)
    return events.ThemeReviewed(theme_id=theme.id, note=note, digest=theme.life.digest)


def give_back(theme: Theme, reason: str) -> events.ThemeReturned:
    """Sent back to its writers."""
    life.give_back(theme.life)
    return events.ThemeReturned(theme_id=theme.id, reason=reason)


def publish(theme: Theme) -> events.ThemePublished:
    """The reviewed definition as the next edition."""
    life.publish(theme.life)
    return _edition(theme.id, theme.life.edition + 1, definition_of(theme.definition))


def withdraw(theme: Theme, reason: str) -> events.ThemeWithdrawn:
    """Over for ever."""
    life.withdraw(theme.life)
    return events.ThemeWithdrawn(theme_id=theme.id, reason=reason)


def bring(theme: Theme | None, id: str, definition: pb.ThemeDefinition, live: bool = True) -> list[Message]:
    """What an import writes: the definition when the source changed it, published when `live` and not over. Nothing for the same one
    again, and nothing over what officers wrote since. INVALID_ARGUMENT names what is wrong, as in a save."""
    incoming = digest(MessageToDict(definition))
    if theme is not None and theme.life.status == WITHDRAWN:
        return []
    found: list[Message] = []
    if theme is None or incoming not in (theme.imported, theme.life.digest):
        saved = save(theme, id, definition)
        assert saved is not None
        found.append(saved)
    ours = bool(found) or (theme is not None and theme.life.digest == incoming)
    fresh = theme is None or theme.life.published_digest != incoming
    if live and ours and fresh:
        found.append(_edition(id, theme.life.edition + 1 if theme else 1, definition))
    return found


def guide(
    definition: pb.ThemeDefinition, known: Mapping[str, Known], answers: Mapping[str, service_pb2.Answer]
) -> pb.ThemeGuide:
    """What is merged of the items of a theme under answers, `known` by their keys in it. INVALID_ARGUMENT names an answer that fits no
    question or option."""
    if wrong := themes.wrong_answers(definition, known, answers):
        raise invalid(*(Violation(*fault) for fault in wrong))
    return themes.merge(definition, known, answers, rules.judge)


def definition_of(content: Mapping[str, Any]) -> pb.ThemeDefinition:
    """A definition from its proto3 JSON; unknown fields are a newer writer's and are ignored."""
    return ParseDict(dict(content), pb.ThemeDefinition(), ignore_unknown_fields=True)


def _edition(id: str, edition: int, definition: pb.ThemeDefinition) -> events.ThemePublished:
    return events.ThemePublished(theme_id=id, edition=edition, definition=definition)


def _saved(theme: Theme | None, event: events.ThemeSaved, moment: Moment) -> Theme:
    definition, content = event.definition, MessageToDict(event.definition)
    moved = life.after_saved(theme.life if theme else None, content, moment)
    return Theme(
        id=event.theme_id,
        code=definition.code,
        region=definition.region,
        place=codes.region_prefix(definition.region),
        name=definition.name,
        life=moved,
        definition=content,
        changed_at=moment.at,
        imported=moved.digest if moment.by == IMPORTER else theme.imported if theme else "",
    )


def _reviewed(theme: Theme, _event: events.ThemeReviewed, moment: Moment) -> Theme:
    return replace(theme, life=life.after_reviewed(theme.life, moment), changed_at=moment.at)


def _returned(theme: Theme, event: events.ThemeReturned, moment: Moment) -> Theme:
    return replace(theme, life=life.after_returned(theme.life, event.reason, moment), changed_at=moment.at)


def _published(theme: Theme, event: events.ThemePublished, moment: Moment) -> Theme:
    moved = life.after_published(theme.life, event.edition, MessageToDict(event.definition), moment)
    return replace(theme, life=moved, changed_at=moment.at)


def _withdrawn(theme: Theme, event: events.ThemeWithdrawn, moment: Moment) -> Theme:
    return replace(theme, life=life.after_withdrawn(theme.life, event.reason, moment), changed_at=moment.at)


EVOLVE: Evolve = {
    events.ThemeSaved: _saved,
    events.ThemeReviewed: _reviewed,
    events.ThemeReturned: _returned,
    events.ThemePublished: _published,
    events.ThemeWithdrawn: _withdrawn,
}
